"""Deferred issues whose time has come: they are open again."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from beadwork.model.transition import moved
from beadwork.ops.claim import updated

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class SleeperStore:
    """What sleeps, in one transaction."""

    def __init__(self, tx: "StoreTransaction") -> None:
        self._tx = tx

    def open(self, numbers: Iterable[int]) -> None:
        """Open those of these issues whose status is deferred: their date has come.

        Without this, only the date would pass, and nothing would ever show them as ready.
        """
        for n in numbers:
            entry = self._tx.issues.by_number(n)
            if entry.record.status == "deferred":
                fields = moved(entry.record, "open", is_reopening=False)
                fields["defer_until"] = None
                self._tx.issues.write(entry, updated(self._tx, entry.record, fields))
