"""`bd update`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.commands.issue import failures, require_ids
from beadwork.doors.cli.fields import field_options, fields, piped
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, lease_s, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.claim import named
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_update import Updated, UpdateIssue

_PLAIN = ("title", "status", "parent")
_NOTES = ("notes", "append_notes")


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("--title", help="The title.")
@click.option("-s", "--status", help="Its status.")
@field_options
@click.option("--allow-empty-description", is_flag=True, help="A file or stream may be empty.")
@click.option("--notes", help="Put these in the place of the notes.")
@click.option("--append-notes", help="Add a line to the notes.")
@click.option("--add-label", multiple=True, help="Labels to put on it, comma separated.")
@click.option("--remove-label", multiple=True, help="Labels to take from it.")
@click.option("--set-labels", multiple=True, help="Labels in the place of those it has.")
@click.option("--set-metadata", multiple=True, help="Set one key of the metadata: key=value.")
@click.option("--unset-metadata", multiple=True, help="Take one key of the metadata away.")
@click.option("--await-id", help="What a gate waits for.")
@click.option("--parent", help='Its parent; "" for none.')
@click.option("--ephemeral", is_flag=True, help="Keep it out of the exported file.")
@click.option("--persistent", is_flag=True, help="Take it into the exported file.")
@click.option("--history", is_flag=True, hidden=True)  # What happened is always logged.
@click.option("--claim", is_flag=True, help="Take it: in_progress, under your name.")
@click.option("--lease", metavar="TIME", help="The claim ends after this time unless renewed: 30m.")
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@click.option("--session", "session_id", default="", help="The session that closes it.")
@click.option("--force", is_flag=True, help="Close it although something blocks it.")
@pass_session
def update(session: Session, /, **given: Any) -> None:
    """Change fields of one or more issues."""
    ids = require_ids(given["ids"], "bd update ID --status ...")
    for one, other in (("ephemeral", "persistent"), ("history", "no_history")):
        if given[one] and given[other]:
            raise InvalidField(
                f"--{one} and --{other.replace('_', '-')} contradict one another",
                hint="Give one of them.",
                field=one,
            )
    holder = session.caller.holder
    if given["claim"] and named(given["assignee"] or "", holder) == holder.actor:
        given["assignee"] = None  # A claim assigns it to just this name.
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


def _epoch(answer: Updated) -> dict[str, int | bool]:
    if answer.claim_epoch is None:
        return {}
    return {"claim_epoch": answer.claim_epoch, "already": answer.already}


def _line(answer: Updated) -> str:
    verb = "Updated" if answer.is_changed else "Unchanged"
    return f"{verb} {text.issue_line(answer.issue)}"


def _changes(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    changes = fields(session, given, may_be_empty=given["allow_empty_description"])
    changes |= {name: given[name] for name in _PLAIN if given[name] is not None}
    changes |= {name: piped(session, given[name]) for name in _NOTES if given[name] is not None}
    if given["await_id"] is not None:
        changes["extra"] = {"await_id": given["await_id"]}
    if given["ephemeral"] or given["persistent"]:
        changes["ephemeral"] = given["ephemeral"]
    if given["set_labels"]:
        changes["set_labels"] = split_words(given["set_labels"])
    return changes | {
        "add_labels": split_words(given["add_label"]),
        "remove_labels": split_words(given["remove_label"]),
        "set_metadata": dict(_pair(each) for each in given["set_metadata"]),
        "unset_metadata": list(given["unset_metadata"]),
        "claim": given["claim"],
        "lease_s": lease_s(given["lease"]),
        "claim_epoch": given["epoch"],
        "session": given["session_id"],
        "force": given["force"],
    }


def _pair(given: str) -> tuple[str, Any]:
    """Read `key=value`; a value that is JSON is meant as such, any other as text."""
    name, equals, value = given.partition("=")
    if not equals or not name.strip():
        raise InvalidField(
            f'"{given[:60]}" is no key=value', hint="--set-metadata key=value", field="metadata"
        )
    try:
        return name.strip(), msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return name.strip(), value
