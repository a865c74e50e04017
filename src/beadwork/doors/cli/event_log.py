"""Events as lines of `.beads/events.jsonl`, in classic's form: `bd export --events`."""

from collections.abc import Iterable
from typing import Any

import msgspec

from beadwork.ops.event import Event, FieldChange

_MADE = ("created", "imported")
_SETS = ("labels", "dependencies", "comments")


class _Last(msgspec.Struct):
    """What is read of a line: the number of its event."""

    id: int


def last_number(content: bytes) -> int | None:
    """Return the number of the last event in a log; 0 of an empty one, None if it is no log."""
    lines = content.rstrip(b"\n").rsplit(b"\n", 1)
    if not lines[-1]:
        return 0
    try:
        return msgspec.json.decode(lines[-1], type=_Last).id
    except msgspec.MsgspecError:
        return None


def line(event: Event) -> str:
    """Show an event as a line: what the fields were and became stands there as JSON in a text."""
    shown: dict[str, Any] = {
        "id": event.seq,
        "issue_id": event.issue_id,
        "event_type": _kind(event),
        "actor": event.actor,
    }
    before = _values((each.field, each.before) for each in event.changes)
    after = _values((each.field, each.after) for each in event.changes)
    for name, values in (("old_value", before), ("new_value", after)):
        if values:
            shown[name] = msgspec.json.encode(values).decode()
    shown["created_at"] = event.at
    return msgspec.json.encode(shown).decode()


def _values(said: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return what fields are said to be, without those that are nothing; of sets all members."""
    found: dict[str, Any] = {}
    for field, value in said:
        if value is None:
            continue
        if field in _SETS:
            found.setdefault(field, []).append(value)
        else:
            found[field] = value
    return found


def _kind(event: Event) -> str:
    """Return classic's word for what happened."""
    if event.kind in _MADE:
        return "created"
    changed = {each.field: each for each in event.changes}
    if "status" in changed:
        return _kind_of_status(changed["status"])
    for field, gone, came in (
        ("dependencies", "dependency_removed", "dependency_added"),
        ("labels", "label_removed", "label_added"),
    ):
        if field in changed:
            return gone if changed[field].after is None else came
    if "comments" in changed:
        return "commented"
    return "compacted" if event.operation == "issue.compact" else "updated"


def _kind_of_status(change: FieldChange) -> str:
    if change.after in ("closed", "tombstone"):
        return "closed" if change.after == "closed" else "deleted"
    return "reopened" if change.before == "closed" else "status_changed"
