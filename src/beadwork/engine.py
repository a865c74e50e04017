"""The engine: one span around every call.

In this order: find the operation, open the transaction, run due sweeps, answer a repeated
key, run the handler, log late results, commit, answer. It runs in the daemon and in a direct
command alike, on the same store, under the same locks (rules R9, R10).
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from beadwork.model import limits
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    ClaimStale,
    Fault,
    InvalidRequest,
    KeyReused,
    StoreReadOnly,
    StoreTrouble,
    Unavailable,
)
from beadwork.model.issue import Vocabulary
from beadwork.ops.operation import Operation, Request, Response
from beadwork.ops.record_file import ExportFile
from beadwork.ops.table import operation_of, request_named
from beadwork.ops.transaction import WorkTree
from beadwork.store.store import VOCABULARY, SqliteStore
from beadwork.store.sweeps import is_due, run_due
from beadwork.store.transaction import StoreTransaction

R = TypeVar("R", bound=Response)
Progress = Callable[[int, int, str], None]
FaultLog = Callable[[str, BaseException], str]
"""Logs a fault of ours under the operation's name and returns its report number."""


class Caller(NamedTuple):
    """Who calls, and under which idempotency key if any."""

    holder: Holder
    key: str = ""


class Call(NamedTuple):
    """One request of a batch."""

    operation: Operation
    request: Request[Any]
    caller: Caller


Outcome = Response | BeadworkError


class _Lost(Exception):
    """The database undid the whole transaction by itself."""


class Guards(NamedTuple):
    """What the engine is given of the world: the clock, the write lock, the fault log."""

    now_us: Callable[[], int]
    write_lock: Callable[[], AbstractContextManager[None]]
    export_lock: Callable[[], AbstractContextManager[None]]
    log_fault: FaultLog
    at: Callable[[str], None]
    """Called at named moments; tests fail there."""


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
        self.export_path = export_path
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
        """Run a request and return its response.

        Raises:
            BeadworkError: whatever the operation raises; anything else comes as a Fault.
        """
        operation = operation_of(type(request))
        call = Call(operation, _checked(request), caller)
        if operation.kind == "write":
            (outcome,) = self.write_all([call])
        else:
            outcome = self._guarded(call, progress)
        if isinstance(outcome, BeadworkError):
            raise outcome
        return outcome  # type: ignore[return-value] # the table pairs requests and responses

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
            holder=Holder("beadwork"),
            vocabulary=self._vocabulary,
            operation="sweep",
        ) as transaction:
            if not is_due(transaction):
                return False
        self.write_all([])
        return True

    def flush(self, caller: Caller) -> bool:
        """Bring the project's file up to the store; tell whether it was written."""
        return self.run(ExportFile(), caller).is_written

    def _guarded(self, call: Call, progress: Progress | None) -> Outcome:
        try:
            if call.operation.kind == "job":
                desk = _Desk(self, call.caller, progress or _no_progress)
                return call.operation.handler(call.request, desk)
            with self._snapshot(call) as transaction:
                return call.operation.handler(call.request, transaction)
        except BeadworkError as error:
            return error
        except Exception as error:  # noqa: BLE001 -- the one place that turns bugs into faults
            return self._fault(call, error)

    @contextlib.contextmanager
    def _snapshot(self, call: Call) -> Iterator[StoreTransaction]:
        self._migrate_if_old()
        with self._reading(call) as transaction:
            if transaction.setting(VOCABULARY) == self._vocabulary_text:
                yield transaction
                return
        self.prepare()
        with self._reading(call) as transaction:
            yield transaction

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
                self._batch([])
            except _Lost as lost:
                cause = lost.__cause__
                error = cause if isinstance(cause, BeadworkError) else self._in_doubt()
                raise error from None

    def rehearse(self, request: Request[R], caller: Caller) -> R:
        """Run a write, take all of it back, and return what it answered.

        Raises:
            BeadworkError: whatever the operation raises.
        """
        call = Call(operation_of(type(request)), _checked(request), caller._replace(key=""))
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

    def _batch(self, calls: Sequence[Call]) -> list[Outcome]:
        now_us = self._guards.now_us()
        self._store.begin()
        try:
            self._sweep(now_us)
            outcomes = [self._one(call, now_us) for call in calls]
            mark = self._store.mark()
        except BaseException:
            self._store.rollback()
            raise
        self._commit(mark)
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
        self._guards.at("after_commit")

    def _landed(self, mark: str) -> bool:
        try:
            return self._store.has_mark(mark)
        except BeadworkError:
            return False

    def _sweep(self, now_us: int) -> None:
        transaction = self._store.writing(
            now_us=now_us,
            holder=Holder("beadwork"),
            vocabulary=self._vocabulary,
            operation="sweep",
        )
        try:
            with self._store.savepoint():
                run_due(transaction)
        except BeadworkError as error:
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
        try:
            with self._store.savepoint():
                outcome = _keyed(call, transaction)
                self._guards.at("in_request")
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
                    holder=Holder("beadwork"),
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


def _checked(request: Request[R]) -> Request[R]:
    """Hold a request that a program built against its own bounds, as one from outside is.

    Raises:
        InvalidRequest: a field lies outside them.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(request), type(request))
    except msgspec.ValidationError as error:
        name = operation_of(type(request)).name
        raise InvalidRequest(f"{name}: {error}", hint="See docs/operations.") from error


def _no_progress(done: int, total: int, what: str) -> None:
    del done, total, what


def _keyed(call: Call, transaction: StoreTransaction) -> Response:
    """Run a handler, or answer a repeated key with its first answer (R11)."""
    key = call.caller.key
    if not key:
        return call.operation.handler(call.request, transaction)
    arguments = hashlib.sha256(msgspec.json.encode(call.request)).hexdigest()
    found = transaction.keys.find(call.operation.name, key)
    if found is not None:
        if found[0] != arguments:
            raise KeyReused(f"The key {key[: limits.KEY_CHARS_MAX]} was used for something else")
        return msgspec.json.decode(found[1], type=call.operation.response)
    response = call.operation.handler(call.request, transaction)
    answer = msgspec.json.encode(response).decode()
    transaction.keys.keep(call.operation.name, key, arguments, answer)
    return response


class _Desk:
    """What a job works at: the engine under the caller's name, files, progress."""

    def __init__(self, engine: Engine, caller: Caller, progress: Progress) -> None:
        self._engine = engine
        self._caller = caller._replace(key="")
        self._progress = progress
        self.files = engine.files
        self.export_path = engine.export_path

    def call(self, request: Request[R]) -> R:
        """Run another operation."""
        return self._engine.run(request, self._caller)

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far the job is."""
        self._progress(done, total, what)

    @contextlib.contextmanager
    def exporting(self) -> Iterator[None]:
        """Hold the export lock."""
        with self._engine._guards.export_lock():  # noqa: SLF001 -- the desk is the engine's own
            yield
