"""Activity: events and messages in one list, in their order, as people want to read them."""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from beadwork.model import instants
from beadwork.model.errors import CursorExpired, InvalidField, UnknownIssue
from beadwork.model.event_kinds import LEASE_KINDS, MESSAGE_KINDS
from beadwork.model.issue import nearest_hint
from beadwork.ops.event import Event, event_of, require_cursor
from beadwork.ops.message import Message, message_of
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import EventRow, Transaction

SENT = "sent"
_CLAIMS = ("issue.claim", "issue.claim_ready", "issue.close_claim")
_PAGE = 500
_PAGES_MAX = 100
"""So many pages of events one request looks at; whoever wants more asks again."""
_NEWEST = 2**62

KINDS = MESSAGE_KINDS | LEASE_KINDS | {
    "created", "updated", "imported", "folded", "moved", "undone", "claimed", "released", "closed",
    "reopened", "deleted", "commented", "labelled", "unlabelled", "linked", "unlinked", "assigned",
    "remembered", "forgotten", "set", "cleared", "restored",
}  # fmt: skip
"""What deeds are called."""


class Deed(Event):
    """What somebody did: an event, what it is called, and the title of the issue or the message."""

    deed: str
    title: str = ""
    message: Message | None = None


class Activity(Response):
    """What happened, in its order. `cursor`: after which number it goes on.

    `is_cut`: there may be more, after `cursor`, or before `first` where the latest were asked for.
    """

    deeds: list[Deed]
    cursor: int
    first: int = 0
    is_cut: bool = False


class ListActivity(Request[Activity], frozen=True):
    """List what happened, events and messages in one: the latest, or what came after a number."""

    since: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="Number of the last one seen.")
    ] = None
    since_time: Annotated[str, Meta(description="Since this time (RFC 3339).")] = ""
    before: Annotated[
        int | None, Meta(description="Of the latest, only those before this number.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    actor: Annotated[str, Meta(description="Only what this one did.")] = ""
    issue: Annotated[str, Meta(description="Only what happened to this issue.")] = ""
    kinds: Annotated[
        list[str], Meta(description=f"Only these kinds: {', '.join(sorted(KINDS))}.")
    ] = []
    only: Annotated[
        Literal["", "messages", "events"], Meta(description="Only messages, or all but them.")
    ] = ""


@operation(
    "activity.list",
    kind="read",
    raises=(InvalidField, UnknownIssue, CursorExpired),
    example={"limit": 10},
)
def list_activity(request: ListActivity, tx: Transaction) -> Activity:
    """List what happened."""
    for kind in request.kinds:
        if kind not in KINDS:
            raise InvalidField(
                f'Nothing is of kind "{kind[:60]}"',
                hint=f"Use {', '.join(sorted(KINDS))}. {nearest_hint(kind, sorted(KINDS))}".strip(),
                field="kinds",
            )
    since = _start(request, tx)
    require_cursor(tx, request.since or 0)
    return _latest(request, tx) if since is None else _after(request, tx, since)


def _start(request: ListActivity, tx: Transaction) -> int | None:
    """Return the number to go on after; None: the latest are wanted."""
    if not request.since_time:
        return request.since
    at_us = instants.parse_us(request.since_time)
    if at_us is None:
        raise InvalidField(
            f'"{request.since_time[:60]}" is no instant',
            hint="Use 2026-01-31T09:00:00Z.",
            field="since_time",
        )
    return max(tx.events.first_at(at_us) - 1, request.since or 0)


def _after(request: ListActivity, tx: Transaction, since: int) -> Activity:
    teller = _Teller(request, tx)
    cursor = since
    for _ in range(_PAGES_MAX):
        rows = tx.events.found_after(cursor, actor=teller.actor, n=teller.n, limit=_PAGE)
        cursor = teller.tell(rows, cursor)
        if teller.is_full:
            return Activity(deeds=teller.deeds, cursor=cursor, is_cut=True)
        if len(rows) < _PAGE:
            # What the filters kept back needs no second look.
            return Activity(deeds=teller.deeds, cursor=max(cursor, tx.events.last_seq()))
    return Activity(deeds=teller.deeds, cursor=cursor, is_cut=True)


def _latest(request: ListActivity, tx: Transaction) -> Activity:
    teller = _Teller(request, tx)
    first, is_cut = _NEWEST if request.before is None else request.before, True
    for _ in range(_PAGES_MAX):
        rows = tx.events.found_before(first, actor=teller.actor, n=teller.n, limit=_PAGE)
        first = teller.tell(rows, first)
        is_cut = teller.is_full or len(rows) == _PAGE
        if teller.is_full or not is_cut:
            break
    cursor = tx.events.last_seq()
    return Activity(deeds=teller.deeds[::-1], cursor=cursor, first=first, is_cut=is_cut)


class _Teller:
    """Tells of events what was done, as far as it is asked for."""

    def __init__(self, request: ListActivity, tx: Transaction) -> None:
        self._request = request
        self._tx = tx
        self._titles: dict[int | None, str] = {None: ""}
        self.actor = request.actor or None
        self.n = tx.issues.number_of(request.issue) if request.issue else None
        self.deeds: list[Deed] = []

    @property
    def is_full(self) -> bool:
        """Tell whether as much is told as was asked for."""
        return len(self.deeds) == self._request.limit

    def tell(self, rows: Iterable[EventRow], seq: int) -> int:
        """Tell of events until that is enough; return the number of the last, or the one given."""
        for row in rows:
            seq = row.seq
            deed = self._told(row)
            self.deeds += [deed] if deed else []
            if self.is_full:
                break
        return seq

    def _told(self, row: EventRow) -> Deed | None:
        asked = self._request
        is_message = row.kind == SENT
        if asked.only and is_message != (asked.only == "messages"):
            return None
        event = event_of(row)
        deed = deed_of(event)
        if asked.kinds and not {deed, event.kind} & set(asked.kinds):
            return None
        return Deed(
            **{name: getattr(event, name) for name in event.__struct_fields__},
            deed=deed,
            title=self._title(row.n),
            message=self._message(row.seq) if is_message else None,
        )

    def _title(self, n: int | None) -> str:
        if n not in self._titles:
            try:
                self._titles[n] = self._tx.issues.by_number(n or 0).record.text("title")
            except UnknownIssue:
                self._titles[n] = ""
        return self._titles[n]

    def _message(self, seq: int) -> Message | None:
        row = self._tx.messages.by_number(seq)
        return None if row is None else message_of(self._tx, row)


def deed_of(event: Event) -> str:
    """Return what an event is called: claimed, closed, commented, ..."""
    if event.kind != "updated":
        return event.kind
    changed = {each.field: each for each in event.changes}
    if event.operation in _CLAIMS and "assignee" in changed:
        return "claimed"
    if event.operation == "issue.release":
        return "released"
    if "status" in changed:
        return _deed_of_status(changed["status"].before, changed["status"].after)
    for field, came, gone in (
        ("comments", "commented", "updated"),
        ("dependencies", "linked", "unlinked"),
        ("labels", "labelled", "unlabelled"),
    ):
        if field in changed:
            return gone if changed[field].after is None else came
    return "assigned" if "assignee" in changed else "updated"


def _deed_of_status(before: object, after: object) -> str:
    if after in ("closed", "tombstone"):
        return "closed" if after == "closed" else "deleted"
    return "reopened" if before in ("closed", "tombstone") else "updated"
