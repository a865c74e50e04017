"""Sweeps before writes: one that fails is taken back, and stops neither the others nor the writes."""

from collections.abc import Callable, Iterator

from beadwork.engine.parts import FaultLog
from beadwork.model import limits
from beadwork.model.errors import BeadworkError
from beadwork.store.store import SqliteStore
from beadwork.store.sweeps import SWEEPS, run_due, tidy
from beadwork.store.transaction import StoreTransaction


class Sweeping:
    """Runs the sweeps of one engine."""

    def __init__(self, store: SqliteStore, log_fault: FaultLog) -> None:
        self._store = store
        self._log_fault = log_fault
        self._logged: set[str] = set()
        self._tidied_us = 0

    def run(self, transaction: StoreTransaction) -> Iterator[Exception]:
        """Run what is due; yield why something was taken back, each time before going on."""
        try:
            if not (self._is_untidy(transaction) or transaction.has_due()):
                return
        except Exception as trouble:  # noqa: BLE001 -- which sweep it stands in the way of, is seen
            yield trouble
        error = self._taken_back(transaction, self._all)
        if error is None:
            return
        yield error
        for each in (*SWEEPS, self._tidy):
            error = self._taken_back(transaction, each)
            if error is not None:
                yield error
                self._log(error)

    def _all(self, transaction: StoreTransaction) -> None:
        if transaction.has_due():
            run_due(transaction)
        self._tidy(transaction)

    def _is_untidy(self, transaction: StoreTransaction) -> bool:
        return abs(transaction.now_us - self._tidied_us) >= limits.TIDIED_US

    def _tidy(self, transaction: StoreTransaction) -> None:
        """Let go of what nobody needs any more, now and then."""
        if self._is_untidy(transaction):
            self._tidied_us = 0 if tidy(transaction) else transaction.now_us

    def _taken_back(
        self, transaction: StoreTransaction, sweep: Callable[[StoreTransaction], None]
    ) -> Exception | None:
        try:
            with self._store.savepoint():
                sweep(transaction)
        except Exception as error:  # noqa: BLE001 -- a bug of one sweep shall not stop all writes
            return error
        return None

    def _log(self, error: Exception) -> None:
        """Log a bug, but not again with each write."""
        said = repr(error)[:1000]
        if isinstance(error, BeadworkError) or said in self._logged:
            return
        self._logged = {said, *list(self._logged)[:100]}
        self._log_fault("sweep", error)
