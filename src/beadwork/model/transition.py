"""The state machine of an issue: which fields a change of state writes, and what it refuses.

Status, times and reasons are one register and always written together, so that no flag
contradicts another: `closed_at` stands exactly where the status is closed.
"""

from beadwork.model import instants, token
from beadwork.model.errors import InvalidTransition
from beadwork.model.issue import STATE_FIELDS
from beadwork.model.record import Record

Fields = dict[str, str | None]
"""Field tokens to set; None takes a field away."""


RENAMED = "Renamed to "
"""So begins the reason of a tombstone that an issue leaves which goes on under another id."""


def renamed_to(record: Record) -> str:
    """Return the id under which an issue goes on whose tombstone this is; empty if it is none."""
    reason = record.text("delete_reason") if record.status == "tombstone" else ""
    return reason.removeprefix(RENAMED) if reason.startswith(RENAMED) else ""


def _state(**values: str) -> Fields:
    fields: Fields = dict.fromkeys(STATE_FIELDS)
    fields.update({name: token.encode(value) for name, value in values.items() if value})
    return fields


def require_alive(record: Record) -> None:
    """Refuse a change of a deleted issue.

    Raises:
        InvalidTransition: the issue is deleted.
    """
    if record.status != "tombstone":
        return
    new_id = renamed_to(record)
    if new_id:
        raise InvalidTransition(
            f"The issue {record.id} is {new_id} now", hint=f"Use {new_id}.", id=record.id
        )
    raise InvalidTransition(
        f"The issue {record.id} is deleted",
        hint=f"`bd undo` of its deletion brings it back: `bd history {record.id}`.",
        id=record.id,
    )


def closed(record: Record, *, now_us: int, reason: str, session: str) -> Fields:
    """Close an issue."""
    require_alive(record)
    return _state(
        status="closed",
        closed_at=instants.format_us(now_us),
        close_reason=reason,
        closed_by_session=session,
    )


def deleted(record: Record, *, now_us: int, actor: str, reason: str) -> Fields:
    """Delete an issue: a tombstone stays, so that no old copy brings it back."""
    return _state(
        status="tombstone",
        deleted_at=instants.format_us(now_us),
        deleted_by=actor,
        delete_reason=reason,
        original_type=record.text("issue_type"),
    )


def moved(record: Record, status: str, *, is_reopening: bool) -> Fields:
    """Give an issue another status that is neither closed nor a tombstone.

    Raises:
        InvalidTransition: it is deleted, or a duplicate of another or superseded by it.
    """
    require_alive(record)
    if is_reopening:
        for target, kind in record.edges:
            if kind in ("duplicates", "supersedes"):
                verb = "a duplicate of" if kind == "duplicates" else "superseded by"
                raise InvalidTransition(
                    f"The issue {record.id} is {verb} {target}",
                    hint=f"Take that back first: `bd dep remove {record.id} {target}`.",
                    id=record.id,
                    other=target,
                )
    return _state(status=status)
