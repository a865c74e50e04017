"""`bd update`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text, times
from beadwork.doors.cli.commands.create import json_value, one_text, warn_if_past
from beadwork.doors.cli.commands.issue import failures, require_ids
from beadwork.doors.cli.options import (
    COUNT,
    ID,
    NUMBER,
    PRIORITY,
    BeadCommand,
    pass_session,
    split_words,
)
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_update import Updated, UpdateIssue

_DESCRIPTIONS = ("description", "body", "message", "body_file", "description_file", "stdin")
_DESIGNS = ("design", "design_file")
_ACCEPTANCES = ("acceptance", "acceptance_criteria")
_PLAIN = {
    "title": "title",
    "notes": "notes",
    "append_notes": "append_notes",
    "spec_id": "spec_id",
    "status": "status",
    "priority": "priority",
    "issue_type": "issue_type",
    "assignee": "assignee",
    "external_ref": "external_ref",
    "estimate": "estimated_minutes",
    "parent": "parent",
}


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("--title", help="The title.")
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
@click.option("--notes", help="Put these in the place of the notes.")
@click.option("--append-notes", help="Add a line to the notes.")
@click.option("-s", "--status", help="Its status.")
@click.option("-p", "--priority", type=PRIORITY, help="0-4.")
@click.option("-t", "--type", "issue_type", help="Its type.")
@click.option("-a", "--assignee", help='Who should do it; "" for nobody.')
@click.option("--add-label", multiple=True, help="Labels to put on it, comma separated.")
@click.option("--remove-label", multiple=True, help="Labels to take from it.")
@click.option("--set-labels", multiple=True, help="Labels in the place of those it has.")
@click.option("--external-ref", help="What it is called elsewhere.")
@click.option("--spec-id", help="The specification that it belongs to.")
@click.option("-e", "--estimate", type=COUNT, help="Minutes of work.")
@click.option("--due", help='When it is due; "" for never.')
@click.option("--defer", help='Hide it from `bd ready` until then; "" shows it again.')
@click.option("--metadata", help="A JSON object in the place of the one kept with it.")
@click.option("--await-id", help="What a gate waits for.")
@click.option("--parent", help='Its parent; "" for none.')
@click.option("--ephemeral", is_flag=True, help="Keep it out of the exported file.")
@click.option("--persistent", is_flag=True, help="Take it into the exported file.")
@click.option("--claim", is_flag=True, help="Take it: in_progress, under your name.")
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@click.option("--session", "session_id", default="", help="The session that closes it.")
@click.option("--force", is_flag=True, help="Close it although something blocks it.")
@pass_session
def update(session: Session, /, **given: Any) -> None:
    """Change fields of one or more issues."""
    ids = given["ids"]
    require_ids(ids, "bd update ID --status ...")
    if given["ephemeral"] and given["persistent"]:
        raise InvalidField("It can't be both ephemeral and persistent", field="ephemeral")
    if given["claim"] and given["assignee"] not in (None, session.caller.holder.actor):
        raise InvalidField(
            "A claim assigns the issue itself",
            hint="Leave out --assignee, or --claim.",
            field="assignee",
        )
    changes = _changes(session, given)
    requests = [UpdateIssue(issue=name, **changes) for name in ids]
    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Updated)]
    if done:
        session.show(
            [shapes.issue(each.issue) | _epoch(each) for each in done],
            lambda: "\n".join(_line(each) for each in done),
        )
    session.fail_each(failures(ids, answers))


def _epoch(answer: Updated) -> dict[str, int]:
    return {} if answer.claim_epoch is None else {"claim_epoch": answer.claim_epoch}


def _line(answer: Updated) -> str:
    verb = "Updated" if answer.is_changed else "Unchanged"
    return f"{verb} {text.issue_line(answer.issue)}"


def _changes(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {
        field: given[name] for name, field in _PLAIN.items() if given[name] is not None
    }
    for names, field in (
        (_DESCRIPTIONS, "description"),
        (_DESIGNS, "design"),
        (_ACCEPTANCES, "acceptance_criteria"),
    ):
        content = one_text(session, given, names)
        if content is not None:
            changes[field] = content
    for flag, field in (("due", "due_at"), ("defer", "defer_until")):
        if given[flag] is not None:
            changes[field] = times.given_time(given[flag], flag)
    warn_if_past(session, changes.get("defer_until", ""))
    if given["metadata"] is not None:
        changes["metadata"] = json_value(given["metadata"], "metadata")
    if given["await_id"] is not None:
        changes["extra"] = {"await_id": given["await_id"]}
    if given["ephemeral"] or given["persistent"]:
        changes["ephemeral"] = given["ephemeral"]
    changes["add_labels"] = split_words(given["add_label"])
    changes["remove_labels"] = split_words(given["remove_label"])
    if given["set_labels"]:
        changes["set_labels"] = split_words(given["set_labels"])
    return changes | {
        "claim": given["claim"],
        "claim_epoch": given["epoch"],
        "session": given["session_id"],
        "force": given["force"],
    }
