"""Short commands that change one thing of an issue: `bd q`, `bd assign`, `bd note` and others."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text, times
from beadwork.doors.cli.commands.issue import failures, require_ids
from beadwork.doors.cli.options import ID, PRIORITY, BeadCommand, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_update import Updated, UpdateIssue
from beadwork.ops.operation import Request


@click.command(cls=BeadCommand)
@click.argument("words", metavar="TITLE", nargs=-1)
@click.option("-t", "--type", "issue_type", default="task", show_default=True, help="Its type.")
@click.option("-p", "--priority", type=PRIORITY, default="2", show_default=True, help="0-4.")
@click.option("-l", "--labels", multiple=True, help="Labels, comma separated.")
@click.option("--label", "more_labels", multiple=True, hidden=True)
@click.option("-d", "--description", default="", help="What it is about (Markdown).")
@click.option("--parent", type=ID, help="Make it a child of this issue.")
@pass_session
def q(session: Session, /, **given: Any) -> None:
    """Make an issue and print nothing but its id."""
    if not given["words"]:
        raise InvalidField("No title was given", hint='bd q "Title"', field="title")
    request = CreateIssue(
        title=" ".join(given["words"]),
        description=given["description"],
        issue_type=given["issue_type"],
        priority=given["priority"],
        labels=split_words(given["labels"] + given["more_labels"]),
        parent=given["parent"] or "",
        owner=session.world.owner(),
    )
    session.write(f"{session.run(request).issue.id}\n")


def change_each(
    session: Session, ids: Sequence[str], requests: Sequence[Request[Any]], verb: str
) -> None:
    """Carry out one change for each issue, and show the issues as they are now."""
    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Updated)]
    if done:
        session.show(
            [shapes.issue(each.issue) for each in done],
            lambda: "\n".join(
                f"{verb if each.is_changed else 'Unchanged'} {text.issue_line(each.issue)}"
                for each in done
            ),
        )
    session.fail_each(failures(ids, answers))


@click.command(cls=BeadCommand)
@click.argument("words", metavar="ID... NAME", nargs=-1)
@click.option("--to", help="The name, if not given as the last word.")
@pass_session
def assign(session: Session, words: tuple[str, ...], to: str | None) -> None:
    """Say who should do an issue; "" for nobody."""
    names, assignee = (words, to) if to is not None else (words[:-1], "".join(words[-1:]))
    if not names:
        raise InvalidField(
            "An issue and a name are needed", hint="bd assign ID NAME", field="assignee"
        )
    ids = require_ids(tuple(ID.convert(each, None, None) for each in names), "bd assign ID NAME")
    change_each(
        session, ids, [UpdateIssue(issue=each, assignee=assignee) for each in ids], "Assigned"
    )


@click.command(cls=BeadCommand)
@click.argument("words", metavar="ID... PRIORITY", nargs=-1)
@pass_session
def priority(session: Session, words: tuple[str, ...]) -> None:
    """Set how urgent issues are: 0 (critical) to 4 (backlog)."""
    if len(words) < 2:
        raise InvalidField(
            "An issue and a priority are needed", hint="bd priority ID 1", field="priority"
        )
    number = PRIORITY.convert(words[-1], None, None)
    ids = require_ids(tuple(ID.convert(each, None, None) for each in words[:-1]), "")
    change_each(session, ids, [UpdateIssue(issue=each, priority=number) for each in ids], "Updated")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("words", metavar="TEXT", nargs=-1)
@click.option("-f", "--file", help="Read the text from a file; - is standard input.")
@click.option("--stdin", is_flag=True, hidden=True)
@pass_session
def note(session: Session, /, **given: Any) -> None:
    """Add a line to the notes of an issue; TEXT - reads standard input."""
    words = given["words"]
    sources = [bool(words), given["file"] is not None, given["stdin"]]
    if sum(sources) > 1:
        raise InvalidField("Several texts were given", hint="Give one.", field="text")
    if given["stdin"] or words == ("-",):
        content = session.read_text("-")
    elif given["file"] is not None:
        content = session.read_text(given["file"])
    else:
        content = " ".join(words)
    if not content.strip():
        raise InvalidField("The note is empty", hint='bd note ID "text"', field="text")
    name = given["issue_id"]
    change_each(session, [name], [UpdateIssue(issue=name, append_notes=content)], "Noted on")


@click.command("tag", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("labels", metavar="LABEL...", nargs=-1)
@pass_session
def put_labels(session: Session, issue_id: str, labels: tuple[str, ...]) -> None:
    """Put labels on an issue."""
    # Late import: each of these commands needs one operation.
    from beadwork.ops.label import AddLabels

    if not labels:
        raise InvalidField("No label was given", hint="bd tag ID LABEL", field="label")
    found = session.run(AddLabels(issue=issue_id, labels=list(labels))).outcomes
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: "\n".join(
            f"{text.line(each.issue_id)}: {text.line(each.label)} {each.status}" for each in found
        ),
    )


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("needed", metavar="NEEDED_ID", type=ID)
@click.option("-t", "--type", "kind", default="blocks", show_default=True, help="Kind of edge.")
@pass_session
def link(session: Session, issue_id: str, needed: str, kind: str) -> None:
    """Let the first issue need the second; the same as `bd dep add`."""
    from beadwork.doors.cli.edge_lines import told
    from beadwork.ops.dependency import AddDependency

    found = session.run(AddDependency(issue=issue_id, needs=needed, kind=kind))
    session.show(msgspec.to_builtins(found), lambda: told(found))


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("--until", default="", help="When it comes up again: 2026-01-31, +2d, tomorrow.")
@click.option("-f", "--force", is_flag=True, help="Also if another holds it.")
@pass_session
def defer(session: Session, ids: tuple[str, ...], until: str, force: bool) -> None:
    """Put issues off."""
    from beadwork.ops.deferral import DeferIssue

    ids = require_ids(ids, "bd defer ID --until +2d")
    if times.is_past(times.given_time(until, "until")):
        session.warn("Warning: --until names a time that has passed.")
    # As it was typed: so a repeat under a key says the same.
    zone = times.zone_offset_s() if until else 0
    requests = [
        DeferIssue(issue=each, until=until, zone_offset_s=zone, force=force) for each in ids
    ]
    _put_off(session, ids, requests, ("Deferred", "Deferred already:"))


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@pass_session
def undefer(session: Session, ids: tuple[str, ...]) -> None:
    """Take up issues that were put off."""
    from beadwork.ops.deferral import UndeferIssue

    ids = require_ids(ids, "bd undefer ID")
    requests = [UndeferIssue(issue=each) for each in ids]
    _put_off(session, ids, requests, ("Open again:", "Not deferred:"))


def _put_off(
    session: Session, ids: Sequence[str], requests: Sequence[Request[Any]], verbs: tuple[str, str]
) -> None:
    from beadwork.ops.deferral import Deferred

    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Deferred)]
    if done:
        session.show(
            [shapes.issue(each.issue) for each in done],
            lambda: "\n".join(f"{verbs[each.already]} {_with_date(each.issue)}" for each in done),
        )
    session.fail_each(failures(ids, answers))


def _with_date(issue: Any) -> str:  # noqa: ANN401 -- an Issue; its module is not needed else
    until = f" (until {times.shown(issue.defer_until)})" if issue.defer_until else ""
    return f"{text.issue_line(issue)}{text.line(until)}"


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("-r", "--reason", default="", help="Why; it goes into a comment.")
@pass_session
def promote(session: Session, issue_id: str, reason: str) -> None:
    """Keep an ephemeral issue: it goes into the exported file from now on."""
    from beadwork.ops.promotion import PromoteIssue

    found = session.run(PromoteIssue(issue=issue_id, reason=reason))
    verb = "Not ephemeral:" if found.already else "Promoted"
    session.show(shapes.issue(found.issue), lambda: f"{verb} {text.issue_line(found.issue)}")


def _replace(session: Session, request: Request[Any], names: tuple[str, str], said: str) -> None:
    found = session.run(request)
    verb = "is already" if found.already else "is closed as"
    lines = [f"{text.line(found.issue.id)} {verb} {said} {text.line(found.other)}"]
    lines += [f"  ready now: {text.issue_line(each)}" for each in found.unblocked]
    session.show(
        {names[0]: found.issue.id, names[1]: found.other, "status": found.issue.status},
        "\n".join(lines),
    )


def _require_one(given: tuple[str, ...], option: str, usage: str) -> str:
    if len(set(given)) != 1:
        what = "No issue was named" if not given else "Several were named"
        raise InvalidField(f"{what} with {option}", hint=usage, field=option.strip("-"))
    return given[0]


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--of", "others", type=ID, multiple=True, help="The issue that stays.")
@click.option("-f", "--force", is_flag=True, help="Also if another holds it.")
@pass_session
def duplicate(session: Session, issue_id: str, others: tuple[str, ...], force: bool) -> None:
    """Close an issue as a duplicate of another."""
    from beadwork.ops.duplicate import MarkDuplicate

    canonical = _require_one(others, "--of", "bd duplicate ID --of CANONICAL_ID")
    request = MarkDuplicate(issue=issue_id, canonical=canonical, force=force)
    _replace(session, request, ("duplicate", "canonical"), "a duplicate of")


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--with", "others", type=ID, multiple=True, help="The issue that replaces it.")
@click.option("-f", "--force", is_flag=True, help="Also if another holds it.")
@pass_session
def supersede(session: Session, issue_id: str, others: tuple[str, ...], force: bool) -> None:
    """Close an issue because another replaces it."""
    from beadwork.ops.duplicate import SupersedeIssue

    replacement = _require_one(others, "--with", "bd supersede ID --with NEW_ID")
    request = SupersedeIssue(issue=issue_id, replacement=replacement, force=force)
    _replace(session, request, ("superseded", "replacement"), "superseded by")
