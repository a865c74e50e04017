"""How long events are kept: 180 days, and the last change of each register always (R13).

A request's events go together or not at all, so that an undo takes back all of it or nothing.
What made an issue, and what made its text small, stays. Once a day the log is gone through, some
requests with each write, so that no write waits for it.
"""

import re
from typing import TYPE_CHECKING

import msgspec

from beadwork.model import limits
from beadwork.model.lease import EVENT_KINDS as LEASE_KINDS
from beadwork.model.message import EVENT_KINDS as MESSAGE_KINDS
from beadwork.store.session import Row, Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_SETTING = "retention"
_DAY_US = 86_400 * 1_000_000
_PASSING = frozenset({"updated", "folded", "undone"})
_KEPT_OPERATIONS = frozenset({"issue.compact"})
_OWN_KINDS = MESSAGE_KINDS | LEASE_KINDS
"""Kinds of events that tell of no issue, and of nothing that is not over by itself."""
_CHANGES = msgspec.json.Decoder(list[tuple[list[str], str | None, str | None]])
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class _Progress(msgspec.Struct, array_like=True):
    """When the log was last gone through, how far that is (0: to the end), what went."""

    began_us: int = 0
    after: int = 0
    dropped: int = 0


class Retention:
    """The old events of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx
        self._last: dict[int, dict[tuple[str, ...], int]] = {}

    def drop_due(self) -> bool:
        """Go on through the log, if it is time; tell whether there is more to go through."""
        noted = self._tx.setting(_SETTING)
        progress = msgspec.json.decode(noted, type=_Progress) if noted else _Progress()
        if not progress.after:
            if self._tx.now_us - progress.began_us < _DAY_US:
                return False
            progress = _Progress(began_us=self._tx.now_us)
            self._tx.leases.drop_old(self._tx.now_us - limits.LEASE_KEPT_US)
        self._step(progress)
        self._tx.put_setting(_SETTING, msgspec.json.encode(progress).decode())
        return bool(progress.after)

    def _step(self, progress: _Progress) -> None:
        before = self._tx.now_us - limits.EVENT_KEPT_US
        oldest = self._session.one("retention.first")
        rows: list[Row] = []
        if oldest is not None and oldest[0] < before:
            rows = self._session.all(
                "retention.requests", after=progress.after, limit=limits.SWEEP_REQUESTS_MAX
            )
        old = [row[0] for row in rows if row[1] < before]
        gone = [request for request in old if self._may_go(request)]
        self._session.many("retention.drop", [{"request": each} for each in gone])
        progress.dropped += len(gone)
        if len(old) == limits.SWEEP_REQUESTS_MAX:
            progress.after = old[-1]
            return
        if progress.dropped:
            self._drop_values()
        progress.after = progress.dropped = 0

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
