"""`bd create`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import markdown, shapes, text, times
from beadwork.doors.cli.commands.issue import failures
from beadwork.doors.cli.options import (
    COUNT,
    ID,
    PRIORITY,
    BeadCommand,
    one_of,
    pass_session,
    split_words,
)
from beadwork.doors.cli.session import Session
from beadwork.model.dependency import Gate
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_create import Created, CreateIssue

_DESCRIPTIONS = ("description", "body", "message", "body_file", "description_file", "stdin")
_DESIGNS = ("design", "design_file")
_ACCEPTANCES = ("acceptance", "acceptance_criteria")
_NOTES = ("notes", "append_notes")
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


def one_text(session: Session, given: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the one text that was given under one of several names, or from a file.

    Raises:
        InvalidField: two different texts were given.
    """
    texts: dict[str, str | None] = {}
    for name in names:
        value = given.get(name)
        if name == "stdin":
            texts[name] = session.read_text("-") if value else None
        elif value is not None and name.endswith("_file"):
            texts[name] = session.read_text(value)
        else:
            texts[name] = value
    return one_of(texts, names[0])


def json_value(given: str | None, field: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read a JSON argument.

    Raises:
        InvalidField: it is no JSON.
    """
    if given is None:
        return None
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError as error:
        raise InvalidField(
            f"The {field} is not JSON: {error}", hint='Use {"key": "value"}.', field=field
        ) from error


def warn_if_past(session: Session, moment: str) -> None:
    """Tell that something put off to a past time is not put off."""
    if times.is_past(moment):
        session.warn("Warning: --defer names a time that has passed; nothing is put off.")


@click.command(cls=BeadCommand)
@click.argument("title", required=False)
@click.option("--title", "title_flag", help="The title, if not given as the argument.")
@click.option("-f", "--file", help="Make many issues from a Markdown file; - is standard input.")
@click.option("-d", "--description", help="What it is about (Markdown).")
@click.option("--body", hidden=True)
@click.option("--message", hidden=True)
@click.option("--body-file", help="Read the description from a file; - is standard input.")
@click.option("--description-file", hidden=True)
@click.option("--stdin", is_flag=True, hidden=True)
@click.option("--design", help="How it is to be done.")
@click.option("--design-file", help="Read the design from a file; - is standard input.")
@click.option("--acceptance", help="When it is done.")
@click.option("--acceptance-criteria", hidden=True)
@click.option("--notes", help="Notes.")
@click.option("--append-notes", hidden=True)
@click.option("-t", "--type", "issue_type", default="task", show_default=True, help="Its type.")
@click.option("-p", "--priority", type=PRIORITY, default="2", show_default=True, help="0-4.")
@click.option("-a", "--assignee", default="", help="Who should do it.")
@click.option("-l", "--labels", multiple=True, help="Labels, comma separated.")
@click.option("--label", "more_labels", multiple=True, hidden=True)
@click.option("--deps", multiple=True, help="What it needs: `id` or `type:id`, comma separated.")
@click.option("--parent", type=ID, help="Make it a child of this issue.")
@click.option("--id", "issue_id", type=ID, help="An id of your choice.")
@click.option("--external-ref", default="", help="What it is called elsewhere.")
@click.option("--spec-id", default="", help="The specification that it belongs to.")
@click.option("-e", "--estimate", type=COUNT, help="Minutes of work.")
@click.option("--due", default="", help="When it is due: 2026-01-31, +2d, tomorrow.")
@click.option("--defer", default="", help="Hide it from `bd ready` until then.")
@click.option("--waits-for", type=ID, help="Wait for the children of this issue.")
@click.option(
    "--waits-for-gate", type=click.Choice([each.value for each in Gate]), default="all-children"
)
@click.option("--metadata", help="A JSON object to keep with it.")
@click.option("--ephemeral", is_flag=True, help="Keep it out of the exported file.")
@click.option("--event-category", hidden=True)
@click.option("--event-actor", hidden=True)
@click.option("--event-target", hidden=True)
@click.option("--event-payload", hidden=True)
@click.option("--mol-type", type=click.Choice(["swarm", "patrol", "work"]), hidden=True)
@click.option("--wisp-type", hidden=True)
@click.option("--agent-rig", hidden=True)
@click.option("--validate", is_flag=True, help="Refuse a description without its sections.")
@click.option("--force", is_flag=True, help="Take an id with a foreign prefix.")
@click.option("--silent", is_flag=True, help="Print only the id.")
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@pass_session
def create(session: Session, /, **given: Any) -> None:
    """Make an issue."""
    title = one_of({"title": given["title_flag"], "argument": given["title"]}, "title")
    if given["file"] is not None:
        if title is not None:
            raise InvalidField("Both a title and a file were given", hint="Give one.", field="file")
        _create_many(session, markdown.requests(session.read_text(given["file"])))
        return
    if title is None:
        raise InvalidField("No title was given", hint='bd create "Title"', field="title")
    request = _request(session, title, given)
    warn_if_past(session, request.defer_until)
    issue = session.run(request).issue
    if given["silent"] and not given["dry_run"]:
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


def _create_many(session: Session, requests: list[CreateIssue]) -> None:
    answers = session.run_each(requests)
    done = [each.issue for each in answers if isinstance(each, Created)]
    if done:
        session.show(
            [shapes.issue(each) for each in done],
            lambda: "\n".join(f"Created {text.line(e.id)}: {text.line(e.title)}" for e in done),
        )
    failed = failures([each.title for each in requests], answers)
    for title, error in failed:
        error.message = f'In "{title}": {error.message}'
    session.fail_each(failed)


def _request(session: Session, title: str, given: dict[str, Any]) -> CreateIssue:
    description = one_text(session, given, _DESCRIPTIONS) or ""
    acceptance = one_text(session, given, _ACCEPTANCES) or ""
    if given["validate"]:
        markdown.require_sections(given["issue_type"], f"{description}\n{acceptance}")
    return CreateIssue(
        title=title,
        description=description,
        design=one_text(session, given, _DESIGNS) or "",
        acceptance_criteria=acceptance,
        notes=one_text(session, given, _NOTES) or "",
        spec_id=given["spec_id"],
        issue_type=given["issue_type"],
        priority=given["priority"],
        assignee=given["assignee"],
        owner=session.world.owner(),
        labels=split_words(given["labels"] + given["more_labels"]),
        dependencies=split_words(given["deps"]),
        parent=given["parent"] or "",
        id=given["issue_id"] or "",
        external_ref=given["external_ref"],
        estimated_minutes=given["estimate"],
        due_at=times.given_time(given["due"], "due"),
        defer_until=times.given_time(given["defer"], "defer"),
        waits_for=given["waits_for"] or "",
        waits_for_gate=Gate(given["waits_for_gate"]),
        ephemeral=given["ephemeral"],
        metadata=json_value(given["metadata"], "metadata"),
        extra={field: given[flag] for flag, field in _RARE.items() if given[flag] is not None},
        force=given["force"],
        dry_run=given["dry_run"],
    )
