"""An issue as it was: its record with what happened since taken back."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import instants, token
from beadwork.model.errors import InvalidField, UnknownIssue
from beadwork.model.issue import Issue
from beadwork.model.record import assemble, registers
from beadwork.model.view import view
from beadwork.ops.claim import IssueName
from beadwork.ops.issue_fields import When, when
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, EventRow, Transaction

_EVENTS_MAX = 1_000_000


class PastIssue(Response):
    """The issue as it was; `since` is when its history begins here, if that is later."""

    issue: Issue
    as_of: str
    since: str = ""


class ShowPast(Request[PastIssue], frozen=True):
    """Show an issue as it was at a time. What happened before it came from a file is not known."""

    issue: IssueName
    at: Annotated[When, Meta(description="The time: RFC 3339, a date, -2d, yesterday.")]


@operation(
    "issue.past",
    kind="read",
    raises=(UnknownIssue, InvalidField),
    example={"issue": "px-a3f", "at": "tomorrow"},
)
def show_past(request: ShowPast, tx: Transaction) -> PastIssue:
    """Show an issue as it was at a time."""
    entry = tx.issues.require(request.issue)
    moment = when(tx, request.at, "at")
    at_us = instants.parse_us(moment)
    if at_us is None:
        raise InvalidField("No time was given", hint="Use 2026-01-31, or -2d.", field="at")
    if entry.record.created_ns > at_us * 1000 + 999:
        raise UnknownIssue(
            f"{entry.id} was not there yet at {moment}",
            hint=f"It was made at {entry.record.text('created_at')}.",
            id=entry.id,
        )
    rows = tx.events.of_issue(entry.n, limit=_EVENTS_MAX)
    later = [row for row in rows if row.at_us > at_us]
    arrival = next((row for row in later if row.kind == "imported"), None)
    return PastIssue(
        issue=_as_before(entry, later, rows[len(later) :]),
        as_of=moment,
        since="" if arrival is None else instants.format_us(arrival.at_us),
    )


def _as_before(entry: Entry, later: list[EventRow], earlier: list[EventRow]) -> Issue:
    """Return an issue as it was before some events, latest first."""
    if not later:
        return view(entry.record, entry.body)
    values = registers(entry.record)
    for row in later:
        for change in row.changes:
            if change.before is None:
                values.pop(change.register, None)
            else:
                values[change.register] = change.before
    identity = {k: v for k, v in entry.record.fields.items() if k == "created_at"}
    last = instants.format_us(earlier[0].at_us) if earlier else entry.record.text("created_at")
    identity["updated_at"] = token.encode(last)
    return view(assemble(entry.id, identity, values, entry.record.stamps))
