"""How long events are kept: 180 days, and the last change of each register always (R13).

A request's events go together or not at all, so that an undo takes back all of it or nothing.
What made an issue, and what made its text small, stays. Once a day the log is gone through, some
requests with each write, so that no write waits for it.
"""

from typing import TYPE_CHECKING

import msgspec

from beadwork.model import limits
from beadwork.model.event_kinds import LEASE_KINDS, MESSAGE_KINDS
from beadwork.model.pattern import pattern
from beadwork.store.session import Row, Session
from beadwork.store.walks import Walk

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_PASSING = frozenset({"updated", "folded", "undone"})
_KEPT_OPERATIONS = frozenset({"issue.compact"})
_OWN_KINDS = MESSAGE_KINDS | LEASE_KINDS
"""Kinds of events that tell of no issue, and of nothing that is not over by itself."""
_CHANGES = msgspec.json.Decoder(list[tuple[list[str], str | None, str | None]])
_DIGEST = pattern(r"sha256:([0-9a-f]{64})")


class Retention:
    """The old events of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx
        self._last: dict[int, dict[tuple[str, ...], int]] = {}

    def drop_some(self, walk: Walk) -> None:
        """Go on through the log, and let go what may go there."""
        if not walk.after:
            self._tx.leases.drop_old(self._tx.now_us - limits.LEASE_KEPT_US)
            self._tx.claims.drop_late(self._tx.now_us - limits.EVENT_KEPT_US)
        before = self._tx.now_us - limits.EVENT_KEPT_US
        oldest = self._session.one("retention.first")
        rows: list[Row] = []
        if oldest is not None and oldest[0] < before:
            rows = self._session.all(
                "retention.requests", after=walk.after, limit=limits.SWEEP_REQUESTS_MAX
            )
        old = [row[0] for row in rows if row[1] < before]
        gone = [request for request in old if self._may_go(request)]
        if gone:
            self._tx.events.note_gone(self._last_of(gone[-1]))
        self._session.many("retention.drop", [{"request": each} for each in gone])
        walk.dropped += len(gone)
        if len(old) == limits.SWEEP_REQUESTS_MAX:
            walk.after = old[-1]
            return
        if walk.dropped:
            self._drop_values()
        walk.after = walk.dropped = 0

    def _last_of(self, request: int) -> int:
        rows = self._session.all("retention.of_request", request=request)
        return max(int(row[0]) for row in rows)

    def _may_go(self, request: int) -> bool:
        """Tell whether all that a request changed has been overwritten since."""
        for seq, n, kind, operation, changes in self._session.all(
            "retention.of_request", request=request
        ):
            if n is None and kind in _OWN_KINDS:
                continue
            if n is None or kind not in _PASSING or operation in _KEPT_OPERATIONS:
                return False
            last = self._last_changes(n)
            if any(last[tuple(names)] == seq for names, _, _ in _CHANGES.decode(changes or "[]")):
                return False
        return True

    def _last_changes(self, n: int) -> dict[tuple[str, ...], int]:
        """Return the event that changed each register of an issue last."""
        if n not in self._last:
            last: dict[tuple[str, ...], int] = {}
            for seq, changes in self._session.all("retention.of_issue", n=n):
                last.update({tuple(names): seq for names, _, _ in _CHANGES.decode(changes)})
            self._last[n] = last
        return self._last[n]

    def _drop_values(self) -> None:
        named = {
            digest
            for (changes,) in self._session.all("retention.long_changes")
            for digest in _DIGEST.findall(changes)
        }
        gone = [row[0] for row in self._session.all("retention.values") if row[0] not in named]
        self._session.many("retention.drop_value", [{"digest": each} for each in gone])
