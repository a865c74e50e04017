"""Deferred issues whose time has come: they are open again."""

from typing import TYPE_CHECKING

from beadwork.model import limits
from beadwork.model.transition import moved
from beadwork.ops.claim import updated
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class SleeperStore:
    """What sleeps, in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def open_due(self) -> int:
        """Open the issues of status deferred whose date has come; return how many.

        Without this, only the date would pass, and nothing would ever show them as ready.
        """
        rows = self._session.all(
            "ready.due_sleepers", now=self._tx.now_us, limit=limits.SWEEP_ROWS_MAX
        )
        count = 0
        for (n,) in rows:
            entry = self._tx.issues.by_number(n)
            if entry.record.status == "deferred":
                fields = moved(entry.record, "open", is_reopening=False)
                fields["defer_until"] = None
                self._tx.issues.write(entry, updated(self._tx, entry.record, fields))
                count += 1
        return count
