"""The embedded store: its connections, and the transactions that the engine opens on it."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from beadwork.model import limits
from beadwork.model.claim import Holder
from beadwork.model.issue import Vocabulary
from beadwork.ops.blob_files import BlobFolder
from beadwork.store.migrate import check, migrate, newest
from beadwork.store.sqlite import (
    CACHE_KIB,
    Opener,
    SqliteSession,
    checkpoint,
    needs_checkpoint,
    open_reader,
    open_writer,
)
from beadwork.store.transaction import CaseBlind, Counters, Outside, StoreTransaction

_HOME = "home"
_MARK = "mark"
_REPLICA = "replica"
VOCABULARY = "vocabulary"


def _identity(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


class _Savepoint:
    """A savepoint as long as it is entered."""

    def __init__(self, session: SqliteSession) -> None:
        self._session = session

    def __enter__(self) -> None:
        """Begin it."""
        self._session.control("SAVEPOINT request")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Keep what was done; or undo it, unless the database has done so already (R9)."""
        if kind is not None:
            if not self._session.is_in_transaction:
                return
            self._session.control("ROLLBACK TO request")
        self._session.control("RELEASE request")


class SqliteStore:
    """A store in one SQLite file. One writer connection, opened when first needed."""

    def __init__(  # noqa: PLR0913 -- what compose and the tests choose, each by name
        self,
        path: str,
        *,
        busy_ms: int,
        new_replica: Callable[[], str],
        blob_files: BlobFolder,
        outside: Outside = lambda _: False,
        case_blind: CaseBlind = lambda: False,
        opener: Opener | None = None,
        has_checkpoints: bool = True,
        cache_kib: int = CACHE_KIB,
    ) -> None:
        self.path = path
        self.blob_files = blob_files
        self._busy_ms = busy_ms
        self._new_replica = new_replica
        self._outside = outside
        self._case_blind = case_blind
        self._opener = {"opener": opener} if opener else {}
        self._cache_kib = cache_kib
        self._has_checkpoints = has_checkpoints
        self._writer: SqliteSession | None = None
        self._reader: SqliteSession | None = None
        self._counters: Counters | None = None
        self._changed_before = 0
        self._file: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None

    # -- connections

    def follow(self) -> None:
        """Let go of a file that has been deleted or replaced under its connections, or its log.

        What is committed into a deleted log is gone: nobody else can find it.
        """
        if self._writer is None and self._reader is None:
            return
        log = _identity(f"{self.path}-wal")
        is_log_another = self._log is not None and self._log != log
        if is_log_another or self._file != _identity(self.path):
            self.close()
        else:
            self._log = log

    def writer(self) -> SqliteSession:
        """Return the writing connection, on a database of the present version.

        The caller holds the write lock.
        """
        if self._writer is None:
            session = open_writer(
                self.path,
                busy_ms=self._busy_ms,
                has_checkpoints=self._has_checkpoints,
                **self._opener,
            )
            try:
                migrate(session)
                self._settle_replica(session)
            except BaseException:
                session.close()
                raise
            self._writer = session
            self._file = _identity(self.path)
        return self._writer

    def _reading(self) -> SqliteSession:
        if self._reader is None:
            session = open_reader(
                self.path, busy_ms=self._busy_ms, cache_kib=self._cache_kib, **self._opener
            )
            try:
                check(session)
            except BaseException:
                session.close()
                raise
            self._reader = session
            self._file = _identity(self.path)
        return self._reader

    def _settle_replica(self, session: SqliteSession) -> None:
        """Take a new replica id where the database is new, moved or a copy (R1)."""
        facts = os.stat(self.path)
        home = f"{os.path.realpath(self.path)}:{facts.st_ino}"
        found = session.one("setting.get", name=_HOME)
        if found is None or found[0] != home:
            session.control("BEGIN IMMEDIATE")
            session.run("setting.put", name=_HOME, value=home)
            session.run("setting.put", name=_REPLICA, value=self._new_replica())
            session.control("COMMIT")

    def needs_migration(self) -> bool:
        """Tell whether the file is absent, or of an older version than this program's."""
        if self._reader is not None:
            return False
        if not os.path.exists(self.path):
            return True
        session = open_reader(
            self.path, busy_ms=self._busy_ms, cache_kib=self._cache_kib, **self._opener
        )
        try:
            is_old = check(session) < newest()
        except BaseException:
            session.close()
            raise
        if is_old:
            session.close()
        else:
            self._reader = session
            self._file = _identity(self.path)
        return is_old

    def identity(self) -> str:
        """Return what tells one database file from another in its place; empty: there is none."""
        found = _identity(self.path)
        return "" if found is None else f"{found[0]}:{found[1]}"

    def foreign_version(self) -> int:
        """Return a number that differs once another than the writing connection has committed."""
        return self._writer.data_version() if self._writer is not None else 0

    def wants_checkpoint(self) -> bool:
        """Tell whether the log should be moved into the database, by `checkpoint`."""
        return self._writer is not None and needs_checkpoint(self._writer.log_pages)

    def checkpoint(self) -> None:
        """Move the log into the database, on a connection of its own."""
        checkpoint(self.path, **self._opener)

    def close(self) -> None:
        """Close every connection."""
        for session in (self._writer, self._reader):
            if session is not None:
                session.close()
        self._writer = self._reader = self._log = None

    def reopen(self) -> None:
        """Drop the writing connection: after a failed commit it is not to be trusted (R9)."""
        if self._writer is not None:
            session, self._writer = self._writer, None
            session.close()

    # -- transactions

    def begin(self) -> None:
        """Open the one writing transaction."""
        session = self.writer()
        session.control("BEGIN IMMEDIATE")
        self._counters = Counters(session)
        self._changed_before = session.changed_ever()

    def has_changes(self) -> bool:
        """Tell whether something may have been changed in the open transaction."""
        return self.writer().changed_ever() != self._changed_before

    def commit(self) -> None:
        """Make the transaction durable."""
        if self._counters is not None:
            self._counters.settle()
        self.writer().control("COMMIT")

    def woken(self) -> frozenset[str]:
        """Return what the last transaction has woken."""
        return frozenset(self._counters.woken) if self._counters is not None else frozenset()

    def note_holder(self, holder: Holder, now_us: int, operation: str) -> None:
        """Note, in the open transaction, that somebody is here and what they do."""
        self.writer().run(
            "agent.seen",
            agent=holder.actor,
            session=holder.session,
            now_us=now_us,
            absent_us=now_us - limits.PRESENCE_US,
            operation=operation,
        )
        if holder.session:
            self.writer().run("agent.go_on", session=holder.session, now_us=now_us)

    def rollback(self) -> None:
        """Undo the transaction, if it is still open."""
        if self._writer is not None and self._writer.is_in_transaction:
            self._writer.control("ROLLBACK")

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what is done inside if it fails, and only that."""
        return _Savepoint(self.writer())

    @property
    def is_in_transaction(self) -> bool:
        """Tell whether the writing transaction still stands (R9)."""
        return self._writer is not None and self._writer.is_in_transaction

    def mark(self) -> str:
        """Write a mark into the open transaction, by which it is known again."""
        mark = self._new_replica()
        self.writer().run("setting.put", name=_MARK, value=mark)
        return mark

    def has_mark(self, mark: str) -> bool:
        """Tell whether the transaction with this mark is durable, as a reader sees it.

        A new writer might read the log anew, and take for durable what was never synced.
        """
        row = self._reading().one("setting.get", name=_MARK)
        return row is not None and row[0] == mark

    def writing(
        self,
        *,
        now_us: int,
        holder: Holder,
        vocabulary: Vocabulary,
        operation: str,
    ) -> StoreTransaction:
        """Return a view of the open transaction for one request."""
        return StoreTransaction(
            self.writer(),
            outside=self._outside,
            blob_files=self.blob_files,
            case_blind=self._case_blind,
            counters=self._counters,
            now_us=now_us,
            holder=holder,
            vocabulary=vocabulary,
            operation=operation,
        )

    @contextlib.contextmanager
    def reading(
        self, *, now_us: int, holder: Holder, vocabulary: Vocabulary, operation: str
    ) -> Iterator[StoreTransaction]:
        """Open a snapshot that no writer disturbs."""
        session = self._reading()
        session.control("BEGIN")
        try:
            yield StoreTransaction(
                session,
                now_us=now_us,
                holder=holder,
                vocabulary=vocabulary,
                operation=operation,
                outside=self._outside,
                blob_files=self.blob_files,
                case_blind=self._case_blind,
            )
        finally:
            if session.is_in_transaction:
                session.control("ROLLBACK")

    def data_version(self) -> int:
        """Return a number that differs once another connection has committed."""
        return self._reading().data_version()

    # -- the project's words

    def noted_vocabulary(self) -> str | None:
        """Return the vocabulary that the flags of all issues were set by."""
        session = self._writer or self._reading()
        row = session.one("setting.get", name=VOCABULARY)
        return None if row is None else str(row[0])

    def note_vocabulary(self, text: str, transaction: StoreTransaction) -> None:
        """Set every issue's flags by a new vocabulary, inside the open transaction."""
        transaction.put_setting(VOCABULARY, text)
        transaction.readiness.reflag()
