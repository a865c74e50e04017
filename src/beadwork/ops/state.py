"""What state an issue is in beside its status: labels of the form `dimension:value`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import ids, limits
from beadwork.model.errors import ClaimStale, InvalidField, InvalidTransition, UnknownIssue
from beadwork.model.issue import require_label, require_text
from beadwork.model.transition import closed, require_alive
from beadwork.ops.claim import Epoch, IssueName, fence, touched, updated
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.within import ask

_EVENT_PRIORITY = 4
_RECORDS = "tracks"
"""How an event names its issue. As a child it would count as work done under it."""


class StateDimension(msgspec.Struct, kw_only=True):
    """One dimension and its value."""

    dimension: str
    value: str


class States(Response):
    """The dimensions of an issue that have a value, by name."""

    issue_id: str
    states: list[StateDimension]


class ListStates(Request[States], frozen=True):
    """List the state of an issue in every dimension."""

    issue: IssueName


def _parts(label: str) -> tuple[str, str] | None:
    dimension, colon, value = label.partition(":")
    return (dimension, value) if colon and dimension and value else None


@operation("state.list", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def list_states(request: ListStates, tx: Transaction) -> States:
    """List the state of an issue in every dimension."""
    entry = tx.issues.require(request.issue)
    found = dict(filter(None, map(_parts, reversed(entry.record.labels))))
    return States(
        issue_id=entry.id,
        states=[StateDimension(dimension=name, value=found[name]) for name in sorted(found)],
    )


class StateSet(Response):
    """The value before and after, and the event that records the change if there was one."""

    issue_id: str
    dimension: str
    new_value: str
    changed: bool
    old_value: str | None = None
    event_id: str | None = None


class SetState(Request[StateSet], frozen=True):
    """Set the state of an issue in one dimension, and record it as an issue of type event."""

    issue: IssueName
    dimension: Annotated[str, Meta(description="What the label begins with: mode.")]
    value: Annotated[str, Meta(description="What it ends with: degraded.")]
    reason: str = ""
    claim_epoch: Epoch = None


@operation(
    "state.set",
    kind="write",
    raises=(UnknownIssue, InvalidField, InvalidTransition, ClaimStale),
    example={"issue": "px-a3f", "dimension": "mode", "value": "degraded"},
)
def set_state(request: SetState, tx: Transaction) -> StateSet:
    """Set the state of an issue in one dimension."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    fence(tx, entry, request.claim_epoch)
    label = _require_state(request.dimension, request.value)
    start = f"{label.partition(':')[0]}:"
    dimension, value = start[:-1], label.removeprefix(start)
    had = [each for each in entry.record.labels if each.startswith(start)]
    before = had[0].removeprefix(start) if had else None
    if had == [label]:
        return StateSet(
            issue_id=entry.id, dimension=dimension, old_value=value, new_value=value, changed=False
        )
    event_id = _record(tx, entry, _told(dimension, before, value, request.reason))
    labels = tuple(sorted({*entry.record.labels} - {*had} | {label}))
    entry = tx.issues.by_number(entry.n)
    tx.issues.write(entry, touched(tx, entry.record._replace(labels=labels)))
    return StateSet(
        issue_id=entry.id,
        dimension=dimension,
        old_value=before,
        new_value=value,
        event_id=event_id,
        changed=True,
    )


def _require_state(dimension: str, value: str) -> str:
    dimension, value = dimension.strip(), value.strip()
    if not dimension or not value or ":" in dimension or "=" in dimension:
        raise InvalidField(
            f'"{dimension[:40]}={value[:40]}" is no state',
            hint="Use dimension=value: mode=degraded.",
            field="state",
        )
    return require_label(f"{dimension}:{value}")


def _told(dimension: str, before: str | None, value: str, reason: str) -> tuple[str, str]:
    said = f"Set {dimension} to {value}"
    if before is not None:
        said = f"Changed {dimension} from {before} to {value}"
    why = require_text(reason, "reason").strip()
    title = f"State change: {dimension} -> {value}"
    return title[: limits.TITLE_CHARS_MAX], f"{said}\n\nReason: {why}" if why else said


def _record(tx: Transaction, entry: Entry, told: tuple[str, str]) -> str:
    """Make the event, closed from the start; it is numbered like a child, where it can be."""
    issue_id = ""
    if ids.level(entry.id) < limits.CHILD_LEVELS_MAX:
        issue_id = f"{entry.id}.{tx.issues.next_child_number(entry.n)}"
        while tx.issues.is_taken(issue_id):
            issue_id = f"{entry.id}.{tx.issues.next_child_number(entry.n)}"
    title, description = told
    made = ask(
        tx,
        CreateIssue(
            id=issue_id,
            force=True,
            title=title,
            description=description,
            issue_type="event",
            priority=_EVENT_PRIORITY,
            dependencies=[f"{_RECORDS}:{entry.id}"],
            ephemeral=entry.record.fields.get("ephemeral") == "true",
        ),
    ).issue
    event = tx.issues.require(made.id)
    session = tx.holder.session
    fields = closed(event.record, now_us=tx.now_us, reason="Recorded", session=session)
    return tx.issues.write(event, updated(tx, event.record, fields)).id
