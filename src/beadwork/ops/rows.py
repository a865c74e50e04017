"""What the store answers in rows: events, memories, values that lost, and what came late."""

from typing import NamedTuple

from beadwork.model.record import Change


class EventRow(NamedTuple):
    """One event of the log. `changes` maps a register's name to its value before and after."""

    seq: int
    at_us: int
    actor: str
    session: str
    operation: str
    request: int
    kind: str
    n: int | None
    issue_id: str
    changes: tuple[Change, ...]
    undone_by: int | None


class LateRow(NamedTuple):
    """What was sent under a claim that had ended; `request` is JSON."""

    at_us: int
    actor: str
    session: str
    operation: str
    request: str
    issue_id: str


class MemoryRow(NamedTuple):
    """What somebody remembers under a key."""

    key: str
    text: str
    actor: str
    created_us: int
    updated_us: int


class ConflictRow(NamedTuple):
    """A value that lost a fold."""

    issue_id: str
    register: str
    value: str | None
    stamp: str
    winner: str
    at_us: int


class QuarantineRow(NamedTuple):
    """A line that could not be read."""

    line_number: int
    reason: str
    line: str
    at_us: int
