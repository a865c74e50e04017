"""The engine: one span around every call.

In this order: find the operation, open the transaction, run due sweeps, answer a repeated
key, run the handler, log late results, commit, answer. It runs in the daemon and in a direct
command alike, on the same store, under the same locks (rules R9, R10).
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

import msgspec

from beadwork.engine.calls import checked, keyed
from beadwork.engine.calls import patience_s as patience_s
from beadwork.engine.desk import Desk
from beadwork.engine.parts import Call as Call
from beadwork.engine.parts import Caller as Caller
from beadwork.engine.parts import Ear as Ear
from beadwork.engine.parts import FaultLog as FaultLog
from beadwork.engine.parts import Guards as Guards
from beadwork.engine.parts import Listen as Listen
from beadwork.engine.parts import Progress as Progress
from beadwork.engine.presence import Presence
from beadwork.engine.sweeping import Sweeping
from beadwork.model import limits as limits
from beadwork.model.claim import ITSELF
from beadwork.model.errors import (
    BeadworkError,
    ClaimStale,
    Fault,
    StoreReadOnly,
    StoreTrouble,
    Unavailable,
)
from beadwork.model.issue import Vocabulary
from beadwork.ops.operation import Expected, Request, Response, tell_nobody
from beadwork.ops.operation import Operation as Operation
from beadwork.ops.record_file import ExportFile
from beadwork.ops.table import operation_of, request_named
from beadwork.ops.transaction import WorkTree
from beadwork.store.store import VOCABULARY, SqliteStore
from beadwork.store.transaction import StoreTransaction

R = TypeVar("R", bound=Response)
Outcome = Response | BeadworkError


class _Lost(Exception):
    """The database undid the whole transaction by itself."""


class Engine:
    """Answers every operation of the table, on one store."""

    def __init__(
        self,
        store: SqliteStore,
        *,
        vocabulary: Vocabulary,
        guards: Guards,
        files: WorkTree,
        export_path: str,
    ) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._vocabulary_text = msgspec.json.encode(vocabulary).decode()
        self._guards = guards
        self.files = files
        self.blob_files = store.blob_files
        self.export_path = export_path
        self.logs = guards.logs
        self.listen = guards.listen
        self.on_woken: Callable[[frozenset[str]], None] = lambda _: None
        """Told, after each commit, what has something new."""
        self._presence = Presence()
        self._sweeping = Sweeping(store, guards.log_fault)
        self._last_request: int | None = None
        """The request as which the log has the last call; None if it logged nothing."""
        self._is_in_doubt = False
        """A commit failed so late that a restart may find it in the log, whole."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Return the project's words, as this engine knows them."""
        return self._vocabulary

    def adopt(self, vocabulary: Vocabulary) -> None:
        """Take other words for the project's; the store is brought to them when next used."""
        self._vocabulary = vocabulary
        self._vocabulary_text = msgspec.json.encode(vocabulary).decode()

    def close(self) -> None:
        """Close the store, or give the engine back to whoever lent it."""
        self.shut()

    def shut(self) -> None:
        """Close the store."""
        self._store.close()

    # -- asking

    def call(self, name: str, payload: bytes | Mapping[str, Any], caller: Caller) -> Response:
        """Run an operation by name on a JSON payload.

        Raises:
            UnknownOperation: there is none of this name.
            InvalidRequest: the payload does not fit it.
            BeadworkError: whatever the operation raises.
        """
        answer: Response = self.run(self.request(name, payload), caller)
        return answer

    def request(self, name: str, payload: bytes | Mapping[str, Any]) -> Request[Any]:
        """Build the request of an operation from a JSON payload."""
        return request_named(name, payload)

    def run(self, request: Request[R], caller: Caller, progress: Progress | None = None) -> R:
        """Run a request and return its response; one with `wait_s` waits until it is there.

        Raises:
            BeadworkError: whatever the operation raises; anything else comes as a Fault.
        """
        operation = operation_of(type(request))
        call = Call(operation, checked(request), caller, progress=progress)
        outcome = self._outcome(call)
        if isinstance(outcome, Expected) and outcome.is_pending and patience_s(request):
            outcome = self._awaited(call, outcome, patience_s(request))
        if isinstance(outcome, BeadworkError):
            raise outcome
        return outcome  # type: ignore[return-value] # the table pairs requests and responses

    def _outcome(self, call: Call) -> Outcome:
        if call.operation.kind == "write":
            return self.write_all([call])[0]
        return self._guarded(call)

    def _awaited(self, call: Call, expected: Expected, wait_s: float) -> Outcome:
        """Ask again whenever there may be an answer, until it is there or the time is over."""
        try:
            return self._looked_for(call, expected, wait_s)
        except BeadworkError:
            raise
        except (Exception, KeyboardInterrupt, SystemExit):
            self._leave(call)
            raise

    def _leave(self, call: Call) -> None:
        """Let go of what whoever waited stood in line for."""
        for request in call.request.leaving():
            self.run(request, call.caller._replace(key=""))

    def _looked_for(self, call: Call, expected: Expected, wait_s: float) -> Outcome:
        outcome: Outcome = expected
        with contextlib.closing(self.listen(self, expected.wake_on, wait_s)) as ear:
            # Once at once: it may have come before we listened.
            look_s: float | None = 0.0
            while isinstance(outcome, Expected) and outcome.is_pending and ear.wait(look_s):
                outcome = self._outcome(call)
                if isinstance(outcome, Expected):
                    look_s = self.left_s(outcome)
        return outcome

    def left_s(self, expected: Expected) -> float | None:
        """Return after how long to look again for an answer, if time alone may bring it."""
        if expected.wake_us is None:
            return None
        return max(0.0, (expected.wake_us - self._guards.now_us()) / 1_000_000)

    def data_version(self) -> int:
        """Return a number that differs once another connection has written to the store."""
        self._migrate_if_old()
        return self._store.data_version()

    def identity(self) -> str:
        """Return what tells the database file from another in its place."""
        return self._store.identity()

    def foreign_version(self) -> int:
        """Return a number that differs once another engine than this one has written."""
        return self._store.foreign_version()

    def wants_checkpoint(self) -> bool:
        """Tell whether the database's log has grown so long that it should be shortened."""
        return self._store.wants_checkpoint()

    def checkpoint(self) -> None:
        """Shorten the database's log, beside whoever writes."""
        self._store.checkpoint()

    def sweep_due(self) -> bool:
        """Do what time alone asks for, if anything does; tell whether there was something."""
        self._migrate_if_old()
        with self._store.reading(
            now_us=self._guards.now_us(),
            holder=ITSELF,
            vocabulary=self._vocabulary,
            operation="sweep",
        ) as transaction:
            if not transaction.has_due():
                return False
        self.write_all([])
        return True

    def flush(self, caller: Caller, *, is_whole: bool = False) -> bool:
        """Bring the project's file up to the store; tell whether it was written.

        `is_whole`: also where the file alone is another, put back to an older one.
        """
        return self.run(ExportFile(whole=is_whole), caller).is_written

    def _guarded(self, call: Call) -> Outcome:
        try:
            if call.operation.kind == "job":
                tell = call.progress or tell_nobody
                desk = Desk(self, self._guards.export_lock, call.caller, tell)
                return call.operation.handler(call.request, desk)
            return self._read(call)
        except BeadworkError as error:
            return error
        except Exception as error:  # noqa: BLE001 -- the one place that turns bugs into faults
            return self._fault(call, error)

    def _read(self, call: Call) -> Outcome:
        self._migrate_if_old()
        with self._reading(call) as transaction:
            if transaction.setting(VOCABULARY) == self._vocabulary_text:
                return call.operation.handler(call.request, transaction)
        self.prepare()
        with self._reading(call) as transaction:
            return call.operation.handler(call.request, transaction)

    def _reading(self, call: Call) -> AbstractContextManager[StoreTransaction]:
        return self._store.reading(
            now_us=self._guards.now_us(),
            holder=call.caller.holder,
            vocabulary=self._vocabulary,
            operation=call.operation.name,
        )

    def _fault(self, call: Call, error: BaseException) -> Fault:
        number = self._guards.log_fault(call.operation.name, error)
        return Fault(
            f"Beadwork failed in {call.operation.name} (report {number})",
            hint="The log holds the details; please report it.",
            report=number,
        )

    # -- writing

    def write_all(self, calls: Sequence[Call]) -> list[Outcome]:
        """Put aside what writes bring that is too large for the database, and carry them out."""
        found = self.stage(calls)
        ready = [each for each in found if isinstance(each, Call)]
        if len(ready) == len(calls):
            return self.write_staged(ready)
        done = iter(self.write_staged(ready) if ready else [])
        return [next(done) if isinstance(each, Call) else each for each in found]

    def stage(self, calls: Sequence[Call]) -> list[Call | BeadworkError]:
        """Put aside what is too large for the database; a call that fails so is answered by it."""
        return [self._staged(call) for call in calls]

    def _staged(self, call: Call) -> Call | BeadworkError:
        stage = call.operation.stage
        if stage is None or call.is_staged:
            return call
        try:
            return call._replace(request=stage(call.request, self.blob_files), is_staged=True)
        except BeadworkError as error:
            return error
        except Exception as error:  # noqa: BLE001 -- see _guarded
            return self._fault(call, error)

    def write_staged(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run writes in one transaction, each in a savepoint, and answer after the commit.

        A failed one rolls back alone. Where the database undid the whole transaction by
        itself, each runs again in one of its own and is answered by its own result (R9).
        """
        try:
            with self._guards.write_lock():
                self._prepare_locked()
                try:
                    return self._batch(calls)
                except _Lost as lost:
                    if len(calls) == 1:
                        return self._settled([self._as_outcome(calls[0], lost.__cause__)])
                    return self._settled([self._alone(call) for call in calls])
        except BeadworkError as error:
            return [error for _ in calls]

    def probe(self) -> None:
        """Commit a transaction of nothing, to see whether one can be.

        Raises:
            BeadworkError: it can't.
        """
        with self._guards.write_lock():
            self._prepare_locked()
            try:
                self._batch([], has_sweep=False)
            except _Lost as lost:
                cause = lost.__cause__
                error = cause if isinstance(cause, BeadworkError) else self._in_doubt()
                raise error from None

    def rehearse(self, request: Request[R], caller: Caller) -> R:
        """Run a write, take all of it back, and return what it answered.

        Raises:
            BeadworkError: whatever the operation raises.
        """
        asked = Call(operation_of(type(request)), checked(request), caller._replace(key=""))
        call = self._staged(asked)
        if isinstance(call, BeadworkError):
            raise call
        with self._guards.write_lock():
            self._prepare_locked()
            self._store.begin()
            try:
                outcome = self._one(call, self._guards.now_us())
            except _Lost as lost:
                outcome = self._as_outcome(call, lost.__cause__)
            finally:
                self._store.rollback()
        if isinstance(outcome, BeadworkError):
            raise outcome
        return cast("R", outcome)

    def _settled(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Write over what a failed commit left in the log; say so where even that fails."""
        if self._is_in_doubt:
            try:
                self._batch([])
            except (BeadworkError, _Lost):
                return [self._in_doubt() if _is_trouble(each) else each for each in outcomes]
        return outcomes

    def _in_doubt(self) -> StoreTrouble:
        return StoreTrouble(
            "The disk fails; it is not known whether this was stored",
            hint="Once the disk works, look whether it is there before you try again.",
            is_known=False,
        )

    def _as_outcome(self, call: Call, cause: BaseException | None) -> Outcome:
        if isinstance(cause, BeadworkError):
            return cause
        return self._fault(call, cause or RuntimeError("the transaction was lost"))

    def _alone(self, call: Call) -> Outcome:
        try:
            return self._batch([call])[0]
        except _Lost as lost:
            return self._as_outcome(call, lost.__cause__)
        except BeadworkError as error:
            return error

    def _batch(self, calls: Sequence[Call], *, has_sweep: bool = True) -> list[Outcome]:
        now_us = self._guards.now_us()
        self._store.begin()
        try:
            if has_sweep:
                self._sweep(now_us)
            outcomes = [self._one(call, now_us) for call in calls]
            signs = self._presence.signs(calls, outcomes, now_us)
            for each in signs:
                if each.operation:
                    self._store.note_holder(each.holder, now_us, each.operation)
            if calls and not self._is_in_doubt and not self._store.has_changes():
                # No commit: it would wake all who wait without a daemon, and each looks by a write.
                self._store.rollback()
                return outcomes
            mark = self._store.mark()
        except BaseException:
            self._store.rollback()
            raise
        self._commit(mark)
        self._presence.keep(signs, now_us)
        return outcomes

    def _commit(self, mark: str) -> None:
        """Commit. After a failure, what readers see decides, not the error (R9)."""
        self._guards.at("before_commit")
        try:
            self._store.commit()
        except BeadworkError as error:
            self._store.rollback()
            is_landed = self._landed(mark)
            self._store.reopen()
            if not is_landed:
                self._is_in_doubt |= isinstance(error, StoreTrouble)
                raise _Lost from error
        self._is_in_doubt = False
        woken = self._store.woken()
        if woken:
            self.on_woken(woken)
        self._guards.at("after_commit")

    def _landed(self, mark: str) -> bool:
        try:
            return self._store.has_mark(mark)
        except BeadworkError:
            return False

    def _sweep(self, now_us: int) -> None:
        transaction = self._store.writing(
            now_us=now_us,
            holder=ITSELF,
            vocabulary=self._vocabulary,
            operation="sweep",
        )
        for error in self._sweeping.run(transaction):
            self._require_standing(error)

    def _require_standing(self, error: BaseException) -> None:
        if not self._store.is_in_transaction:
            raise _Lost from error

    def _one(self, call: Call, now_us: int) -> Outcome:
        transaction = self._store.writing(
            now_us=now_us,
            holder=call.caller.holder,
            vocabulary=self._vocabulary,
            operation=call.operation.name,
        )
        if call.progress is not None:
            transaction.tell = call.progress
        self._last_request = self._last_request if call.is_joined else None
        transaction.request_seq = self._last_request
        try:
            with self._store.savepoint():
                outcome = keyed(call, transaction)
                self._guards.at("in_request")
            self._last_request = transaction.request_seq
            return outcome
        except ClaimStale as error:
            self._require_standing(error)
            self._keep_late(call, transaction, error)
            return error
        except BeadworkError as error:
            self._require_standing(error)
            return error
        except Exception as error:  # noqa: BLE001 -- see _guarded
            self._require_standing(error)
            return self._fault(call, error)

    def _keep_late(self, call: Call, transaction: StoreTransaction, error: ClaimStale) -> None:
        transaction.claims.keep_late(
            operation=call.operation.name,
            request=msgspec.json.encode(call.request).decode(),
            issue_id=str(error.data.get("id", "")),
        )

    # -- the store's own upkeep

    def prepare(self) -> None:
        """Bring the database to this program's version and this project's words, if need be."""
        self._migrate_if_old()
        if not self._knows_vocabulary():
            # Where nothing can be written, reads go on by the words of the last writer.
            with contextlib.suppress(StoreReadOnly), self._guards.write_lock():
                self._prepare_locked()

    def _migrate_if_old(self) -> None:
        self._store.follow()
        if self._store.needs_migration():
            with self._guards.write_lock():
                self._prepare_locked()

    def _knows_vocabulary(self) -> bool:
        return self._store.noted_vocabulary() == self._vocabulary_text

    def _prepare_locked(self) -> None:
        self._store.follow()
        self._store.writer()
        if self._knows_vocabulary():
            return
        self._store.begin()
        try:
            self._store.note_vocabulary(
                self._vocabulary_text,
                self._store.writing(
                    now_us=self._guards.now_us(),
                    holder=ITSELF,
                    vocabulary=self._vocabulary,
                    operation="prepare",
                ),
            )
            self._store.commit()
        except BaseException:
            self._store.rollback()
            raise


def _is_trouble(outcome: Outcome) -> bool:
    return isinstance(outcome, (StoreTrouble, Unavailable))
