"""`bd create`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import markdown, shapes, text
from beadwork.doors.cli.commands.issue import failures
from beadwork.doors.cli.fields import field_options, fields, piped, require_only
from beadwork.doors.cli.options import ID, BeadCommand, one_of, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.dependency import Gate
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.issue import Issue
from beadwork.model.settings import parsed
from beadwork.ops.issue_create import Created, CreateIssue

_RARE = {
    "event_category": "event_kind",
    "event_actor": "actor",
    "event_target": "target",
    "event_payload": "payload",
    "mol_type": "mol_type",
    "wisp_type": "wisp_type",
    "agent_rig": "rig",
}
"""Flags of the rare fields of a record, and the fields' names."""
_WISP_TYPES = ["heartbeat", "ping", "patrol", "gc_report", "recovery", "error", "escalation"]
_BESIDE_FILE = ("file", "graph", "repo", "dry_run", "silent", "validate", "force")


@click.command(cls=BeadCommand)
@click.argument("title", required=False)
@click.option("--title", "title_flag", help="The title, if not given as the argument.")
@click.option("-f", "--file", help="Make many issues from a Markdown file; - is standard input.")
@click.option("--graph", help="Make issues with edges between them from a JSON or YAML file.")
@field_options
@click.option("--notes", help="Notes.")
@click.option("--append-notes", hidden=True)
@click.option("-l", "--labels", multiple=True, help="Labels, comma separated.")
@click.option("--label", "more_labels", multiple=True, hidden=True)
@click.option("--deps", multiple=True, help="What it needs: `id` or `type:id`, comma separated.")
@click.option("--parent", type=ID, help="Make it a child of this issue.")
@click.option("--id", "issue_id", type=ID, help="An id of your choice.")
@click.option("--prefix", default="", help="One of allowed_prefixes, for an id that begins so.")
@click.option("--repo", help="Make it in the store of another repository: its folder.")
@click.option("--rig", hidden=True)
@click.option("--waits-for", type=ID, help="Wait for the children of this issue.")
@click.option(
    "--waits-for-gate", type=click.Choice([each.value for each in Gate]), default="all-children"
)
@click.option("--ephemeral", is_flag=True, help="Keep it out of the exported file.")
@click.option("--event-category", hidden=True)
@click.option("--event-actor", hidden=True)
@click.option("--event-target", hidden=True)
@click.option("--event-payload", hidden=True)
@click.option("--mol-type", type=click.Choice(["swarm", "patrol", "work"]), hidden=True)
@click.option("--wisp-type", type=click.Choice(_WISP_TYPES), hidden=True)
@click.option("--agent-rig", hidden=True)
@click.option("--validate", is_flag=True, help="Refuse a description without its sections.")
@click.option("--force", is_flag=True, help="Take an id with a foreign prefix.")
@click.option("--silent", is_flag=True, help="Print only the id.")
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@pass_session
def create(session: Session, /, **given: Any) -> None:
    """Make an issue."""
    if given["rig"] is not None:
        raise InvalidField(
            "--rig names another store by a name of Gas Town's",
            hint="Name its folder: --repo PATH.",
            field="rig",
        )
    if given["graph"] is not None:
        require_only(_BESIDE_FILE, "--graph")
        if given["file"] is not None:
            raise InvalidField("Both --file and --graph were given", hint="Give one.", field="file")
        from beadwork.doors.cli.commands.graph_file import create_graph

        create_graph(session, given)
    elif given["file"] is not None:
        require_only(_BESIDE_FILE, "--file")
        _create_many(session, given)
    else:
        _create_one(session, given)


def _create_one(session: Session, given: dict[str, Any]) -> None:
    title = one_of({"title": given["title_flag"], "argument": given["title"]}, "title")
    if title is None:
        raise InvalidField("No title was given", hint='bd create "Title"', field="title")
    request = _request(session, title, given)
    _validate(session, request, is_asked=given["validate"])
    session.visit(given["repo"])
    issue = session.run(request).issue
    if _is_silent(session, given) and not given["dry_run"]:
        session.write(f"{issue.id}\n")
        return
    verb = "Would create" if given["dry_run"] else "Created"
    session.show(
        shapes.issue(issue),
        lambda: (
            f"{verb} {text.line(issue.id)}: {text.line(issue.title)}\n"
            f"  P{issue.priority} {text.line(issue.issue_type)}, {issue.status}"
        ),
    )


def _is_silent(session: Session, given: dict[str, Any]) -> bool:
    """Tell whether ids are all that is to be said."""
    return given["silent"] or (session.flags.is_quiet and not session.flags.is_json)


def _validate(session: Session, request: CreateIssue, *, is_asked: bool) -> None:
    """Hold a description against what the project asks of one."""
    options = session.flags.options
    is_required = session.world.setting(options, "create.require-description")
    if parsed("create.require-description", is_required or "false") and not request.description:
        raise InvalidField(
            "An issue needs a description here",
            hint="Pass -d; the setting create.require-description asks for it.",
            field="description",
        )
    mode = "error" if is_asked else session.world.setting(options, "validation.on-create")
    if mode not in ("warn", "error"):
        return
    written = f"{request.description}\n{request.acceptance_criteria}"
    try:
        markdown.require_sections(request.issue_type, written)
    except InvalidField as error:
        if mode == "error":
            raise
        session.warn(f"Warning: {error.message}. {error.hint}")


def _create_many(session: Session, given: dict[str, Any]) -> None:
    requests = markdown.requests(session.read_text(given["file"]))
    for each in requests:
        _validate(session, each, is_asked=given["validate"])
    shared = {"owner": session.world.owner()} | {n: given[n] for n in ("dry_run", "force")}
    requests = [msgspec.structs.replace(each, **shared) for each in requests]
    session.visit(given["repo"])
    done = _tried(session, requests) if given["dry_run"] else _made(session, requests)
    verb = "Would create" if given["dry_run"] else "Created"
    if done and _is_silent(session, given):
        session.write("".join(f"{each.id}\n" for each in done))
    elif done:
        session.show(
            [shapes.issue(each) for each in done],
            lambda: "\n".join(f"{verb} {text.line(e.id)}: {text.line(e.title)}" for e in done),
        )


def _made(session: Session, requests: list[CreateIssue]) -> list[Issue]:
    """Make the issues of a file, all of them or none."""
    from beadwork.ops.graph_file import CreateGraph, PlannedIssue

    names = {f"#{n}": each for n, each in enumerate(requests, start=1)}
    planned = [PlannedIssue(name=name, issue=each) for name, each in names.items()]
    try:
        return session.run(CreateGraph(issues=planned)).issues
    except BeadworkError as error:
        name = error.data.pop("name", "")
        if name in names:
            error.message = error.message.replace(name, names[name].title, 1)
        raise


def _tried(session: Session, requests: list[CreateIssue]) -> list[Issue]:
    """Return the issues of a file as they would be made; show what stands against them."""
    answers = session.run_each(requests)
    failed = failures([each.title for each in requests], answers)
    for title, error in failed:
        error.message = f'In "{title}": {error.message}'
    session.fail_each(failed)
    return [] if failed else [each.issue for each in answers if isinstance(each, Created)]


def _request(session: Session, title: str, given: dict[str, Any]) -> CreateIssue:
    texts = {name: piped(session, given[name]) for name in ("notes", "append_notes")}
    notes = one_of(texts, "notes")
    return CreateIssue(
        title=title,
        notes=notes or "",
        owner=session.world.owner(),
        labels=split_words(given["labels"] + given["more_labels"]),
        dependencies=split_words(given["deps"]),
        parent=given["parent"] or "",
        id=given["issue_id"] or "",
        prefix=given["prefix"],
        waits_for=given["waits_for"] or "",
        waits_for_gate=Gate(given["waits_for_gate"]),
        ephemeral=given["ephemeral"],
        extra=_rare(given),
        force=given["force"],
        dry_run=given["dry_run"],
        **fields(session, given),
    )


def _rare(given: dict[str, Any]) -> dict[str, str]:
    found = {field: given[flag] for flag, field in _RARE.items() if given[flag] is not None}
    if given["issue_type"] != "event" and any(
        flag.startswith("event_") and given[flag] is not None for flag in _RARE
    ):
        raise InvalidField(
            "Only an event has a category, an actor, a target and a payload",
            hint="Pass --type event.",
            field="issue_type",
        )
    return found
