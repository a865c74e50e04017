"""Events: what happened, and taking it back (R13)."""

from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta

from beadwork.model import instants, token
from beadwork.model.dependency import ORDERING_KINDS, PARENT_CHILD
from beadwork.model.errors import (
    ClaimStale,
    CursorExpired,
    UndoConflict,
    UnknownEvent,
    UnknownIssue,
)
from beadwork.model.event_kinds import LEASE_KINDS, MESSAGE_KINDS
from beadwork.model.issue import Issue
from beadwork.model.record import STATE, Change, Record, assemble, registers
from beadwork.model.transition import deleted
from beadwork.ops.claim import IssueName, end_claim, fence, give_back_claim, touched, updated
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, EventRow, Transaction
from beadwork.ops.views import shown


class FieldChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A field before and after a change; absent where it was or is not there."""

    field: str
    before: Any = None
    after: Any = None


class Event(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What happened to an issue: by whom, when, in which operation."""

    seq: int
    at: str
    actor: str
    operation: str
    kind: str
    issue_id: str
    session: str = ""
    request: int = 0
    changes: list[FieldChange] = []
    undone: bool = False


def _value(text: str | None) -> Any:  # noqa: ANN401 -- any JSON value
    return None if text is None else token.decode(text)


def _field_changes(change: Change) -> list[FieldChange]:
    name = ".".join(change.register)
    if change.register == STATE:
        before = token.members(change.before or "{}")
        after = token.members(change.after or "{}")
        return [
            FieldChange(field=key, before=_value(before.get(key)), after=_value(after.get(key)))
            for key in {**before, **after}
            if before.get(key) != after.get(key)
        ]
    if change.register[0] == "labels":
        before_label = None if change.before is None else change.register[1]
        after_label = None if change.after is None else change.register[1]
        return [FieldChange(field="labels", before=before_label, after=after_label)]
    if change.register[0] == "comments":
        name = "comments"
    elif change.register[0] == "dependencies":
        name = "dependencies"
    return [FieldChange(field=name, before=_value(change.before), after=_value(change.after))]


def event_of(row: EventRow) -> Event:
    """Show an event."""
    return Event(
        seq=row.seq,
        at=instants.format_us(row.at_us),
        actor=row.actor,
        session=row.session,
        operation=row.operation,
        request=row.request,
        kind=row.kind,
        issue_id=row.issue_id,
        changes=[each for change in row.changes for each in _field_changes(change)],
        undone=row.undone_by is not None,
    )


class Events(Response):
    """Events, in the order asked for."""

    events: list[Event]


class ShowHistory(Request[Events], frozen=True):
    """Show what happened to an issue, latest first."""

    issue: IssueName
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


@operation("event.history", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def show_history(request: ShowHistory, tx: Transaction) -> Events:
    """Show what happened to an issue."""
    n = tx.issues.number_of(request.issue)
    return Events(events=[event_of(row) for row in tx.events.of_issue(n, limit=request.limit)])


class ListEvents(Request[Events], frozen=True):
    """List what happened after an event, earliest first. A cursor is an event's number."""

    since: Annotated[int, Meta(ge=0, description="Number of the last event seen.")] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    complete: Annotated[
        bool,
        Meta(description="Refuse if some of what came after has been let go for its age."),
    ] = False


@operation("event.list", kind="read", raises=(CursorExpired,), example={"since": 0, "limit": 10})
def list_events(request: ListEvents, tx: Transaction) -> Events:
    """List what happened after an event."""
    require_cursor(tx, request.since)
    if request.complete and 0 < request.since < tx.events.gone_to():
        _expire(
            f"Some of what happened after event {request.since} has been let go", tx, request.since
        )
    rows = tx.events.since(request.since, limit=request.limit)
    return Events(events=[event_of(row) for row in rows])


def require_cursor(tx: Transaction, cursor: int) -> None:
    """Refuse a cursor that is of another store's past.

    Raises:
        CursorExpired: there was no such event yet.
    """
    if cursor > tx.events.last_seq():
        _expire(
            f"There is no event {cursor} yet: this is another database than it was of", tx, cursor
        )


def _expire(message: str, tx: Transaction, cursor: int) -> NoReturn:
    last = tx.events.last_seq()
    hint = f"Look at how everything is now, and go on after event {last}."
    raise CursorExpired(message, hint=hint, cursor=cursor, last=last)


_LATEST = 1_000
"""So many of the latest events of an issue are looked at before its creation is undone."""


class Undone(Response):
    """The issues as they are again, and the request that was taken back."""

    request: int
    issues: list[Issue]


class Undo(Request[Undone], frozen=True):
    """Take a change back: by its request's number, or the latest, of an issue or of the caller.

    What was created is deleted. Nothing is taken back if any of it was changed since.
    """

    request: Annotated[int | None, Meta(description="The `request` of an event.")] = None
    issue: Annotated[str | None, Meta(description="The latest change of this issue.")] = None
    anyone: Annotated[bool, Meta(description="The latest change, whoever made it.")] = False


@operation(
    "event.undo",
    kind="write",
    raises=(UnknownEvent, UnknownIssue, UndoConflict, ClaimStale),
    example={},
)
def undo(request: Undo, tx: Transaction) -> Undone:
    """Take a change back."""
    number = request.request
    if number is None:
        n = None if request.issue is None else tx.issues.number_of(request.issue)
        actor = None if request.anyone or n is not None else tx.holder.actor
        number = tx.events.last_request(actor=actor, n=n)
    rows = [] if number is None else tx.events.of_request(number)
    if number is None or not rows:
        raise UnknownEvent("There is no change to take back", hint="See `bd history ID`.")
    _require_undoable(rows)
    restored = {row.n: _take_back(tx, row) for row in rows}
    tx.events.mark_undone(number)
    return Undone(request=number, issues=[shown(entry) for entry in restored.values()])


def _require_undoable(rows: Sequence[EventRow]) -> None:
    for row in rows:
        if row.undone_by is not None:
            raise UndoConflict(
                f"The change of {row.issue_id} has been taken back already",
                hint="Undo the undo instead: its request is in `bd history`.",
                id=row.issue_id,
            )
        if row.kind in MESSAGE_KINDS | LEASE_KINDS:
            raise UndoConflict(
                "It was done in one with a message or a lease, which can't be taken back",
                hint="Change the fields by hand, and tell those whom it concerns.",
            )
        if row.kind not in ("created", "updated", "undone"):
            raise UndoConflict(
                f"A change of kind {row.kind} can't be taken back",
                hint=_contrary(row),
                id=row.issue_id,
            )
        _require_there(row)


def _contrary(row: EventRow) -> str:
    if row.kind == "moved":
        return f"Give {row.issue_id} another id: `bd rename`."
    return "It came from a file; change the fields by hand." if row.issue_id else "Do the contrary."


def _require_there(row: EventRow) -> None:
    if row.n is None:
        raise UndoConflict(
            f"{row.issue_id} is not here any more",
            hint="It was taken out with its repository: `bd repo sync` brings it back.",
            id=row.issue_id,
        )


def _require_untouched(tx: Transaction, row: EventRow) -> None:
    """Refuse to delete what others have written to since it was made, or has children."""
    if tx.ready.kids(row.n or 0).total:
        raise UndoConflict(
            f"{row.issue_id} has children by now",
            hint=f"`bd delete {row.issue_id} --cascade --force` deletes it, with them.",
            id=row.issue_id,
        )
    since = tx.events.of_issue(row.n or 0, limit=_LATEST)
    for each in since:
        is_over = each.undone_by is not None or each.kind == "undone"
        if each.seq > row.seq and each.request != row.request and not is_over:
            raise UndoConflict(
                f"{row.issue_id} has been changed since it was made",
                hint=f"`bd delete {row.issue_id} --force` deletes it, with what others wrote.",
                id=row.issue_id,
            )


def _take_back(tx: Transaction, row: EventRow) -> Entry:
    entry = tx.issues.by_number(row.n or 0)
    fence(tx, entry)
    if row.kind == "created":
        _require_untouched(tx, row)
        fields = deleted(
            entry.record, now_us=tx.now_us, actor=tx.holder.actor, reason="Creation undone"
        )
        end_claim(tx, entry)
        return tx.issues.write(entry, updated(tx, entry.record, fields), kind="undone")
    values = registers(entry.record)
    for change in row.changes:
        if values.get(change.register) != change.after:
            name = ".".join(change.register)
            raise UndoConflict(
                f"{name} of {entry.id} has been changed since", id=entry.id, field=name
            )
        if change.before is None:
            values.pop(change.register, None)
        else:
            values[change.register] = change.before
    after = _rebuilt(entry.record, values)
    _require_acyclic(tx, entry, after)
    _settle_claim(tx, entry, after)
    return tx.issues.write(entry, touched(tx, after), kind="undone")


def _require_acyclic(tx: Transaction, entry: Entry, after: Record) -> None:
    """Refuse that an edge comes back which closes a circle by now."""
    for target_id, kind in after.edges.keys() - entry.record.edges.keys():
        target = tx.issues.by_id(target_id) if kind in ORDERING_KINDS else None
        if target is None:
            continue
        is_parents = kind != PARENT_CHILD and (target_id, PARENT_CHILD) in after.edges
        if is_parents or tx.dependencies.would_cycle(entry.n, target.n):
            raise UndoConflict(
                f"{entry.id} would need {target_id}, which waits for it by now",
                hint=f"Take that away first: `bd dep remove {target_id} {entry.id}`.",
                id=entry.id,
            )


def _settle_claim(tx: Transaction, entry: Entry, after: Record) -> None:
    """Let whoever a record names hold the issue, or nobody: see the claims (R7).

    Raises:
        UndoConflict: another holds it now.
    """
    claim, assignee = tx.claims.of(entry.n), after.text("assignee")
    if (after.status, assignee) == (entry.record.status, entry.record.text("assignee")):
        return
    if after.status != "in_progress" or not assignee:
        end_claim(tx, entry)
    elif claim is not None and not claim.is_held:
        give_back_claim(tx, entry, assignee)
    elif claim is not None and claim.actor != assignee:
        raise UndoConflict(
            f"{claim.actor} holds {entry.id} now",
            hint=f"Leave it to its holder, or end the claim: `bd release {entry.id} --force`.",
            id=entry.id,
        )


def _rebuilt(record: Record, values: dict[tuple[str, ...], str]) -> Record:
    identity: dict[str, str] = {
        k: record.fields[k] for k in ("created_at", "updated_at") if k in record.fields
    }
    return assemble(record.id, identity, values, record.stamps)
