"""Counting issues and events."""

from typing import TYPE_CHECKING

import msgspec

from beadwork.ops.transaction import Happened, Tally
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_CHANGES = msgspec.json.Decoder(list[tuple[list[str], str | None, str | None]])
_MADE = ("created", "imported")
_CLOSED = "closed"
_TOMBSTONE = "tombstone"


class _State(msgspec.Struct):
    status: str = "open"


class StatisticsStore:
    """The counts of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def tally(self, assignee: str | None) -> Tally:
        """Count the issues by where they stand, of one assignee or of all."""
        now = self._tx.now_us
        row = self._session.one("stats.tally", assignee=assignee, now=now)
        found = Tally(*(int(each) for each in row or ()))
        waiting = self._session.all("stats.waiting_outside", assignee=assignee, now=now)
        for n, is_ready, is_blocked in waiting:
            if all(map(self._tx.is_provided, self._tx.ready.outside_targets(n))):
                found = found._replace(
                    ready=found.ready + is_ready, blocked=found.blocked - is_blocked
                )
        return found

    def happened(self, since_us: int) -> Happened:
        """Count the events since a time."""
        counts = dict.fromkeys(Happened._fields, 0)
        rows = self._session.all("stats.happened", seq=self._first_since(since_us), since=since_us)
        for kind, changes, count in rows:
            counts[_what(kind, changes)] += count
        return Happened(**counts)

    def _first_since(self, since_us: int) -> int:
        """Return the number of the first event since a time; they are logged in order."""
        low, high = 0, self._tx.events.last_seq() + 1
        while low < high:
            middle = (low + high) // 2
            row = self._session.one("stats.moment", seq=middle)
            if row is not None and row[0] < since_us:
                low = middle + 1
            else:
                high = middle
        return low


def _what(kind: str, changes: str | None) -> str:
    """Tell what became of an issue, from an event's kind and its changes."""
    if changes is None:
        return "created" if kind in _MADE else "updated"
    for name, before, after in _CHANGES.decode(changes):
        if name == ["status"]:
            was, is_now = _status(before), _status(after)
            if was != is_now and _CLOSED in (was, is_now) and is_now != _TOMBSTONE:
                return "closed" if is_now == _CLOSED else "reopened"
    return "updated"


def _status(token: str | None) -> str:
    try:
        return msgspec.json.decode(token or "{}", type=_State).status
    except msgspec.MsgspecError:
        return ""
