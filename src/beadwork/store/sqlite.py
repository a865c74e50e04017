"""The embedded database: connections, transactions, and its errors mapped to ours, once.

An acknowledged write survives a power cut: WAL with `synchronous=FULL`. A connection never
checkpoints when it closes, so a read leaves every file as it was (R15).
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

import apsw

from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    InvalidPath,
    StoreBusy,
    StoreCorrupt,
    StoreFull,
    StoreReadOnly,
    StoreTrouble,
)
from beadwork.store.load import statement
from beadwork.store.session import Parameters, Row

_ERRORS: tuple[tuple[type[apsw.Error], type[BeadworkError], str], ...] = (
    (apsw.BusyError, StoreBusy, "The store is locked by another process"),
    (apsw.LockedError, StoreBusy, "The store is locked by another process"),
    (apsw.FullError, StoreFull, "The disk is full"),
    (apsw.ReadOnlyError, StoreReadOnly, "The store is read-only"),
    (apsw.PermissionsError, StoreReadOnly, "The store may not be opened"),
    (apsw.CantOpenError, StoreReadOnly, "The store can't be opened"),
    (apsw.CorruptError, StoreCorrupt, "The database is damaged"),
    (apsw.NotADBError, StoreCorrupt, "The database is damaged: the file is no database"),
)
_CHECKPOINT_PAGES = 1000
_CHECKPOINT_COMMITS = 20
_LONG_LOG_PAGES = 4000
_HUGE_LOG_PAGES = 20_000
CACHE_KIB = 16_000
APPLICATION_ID = int.from_bytes(b"bead")
"""Says in a database that it is ours."""
_TABLES_LEAST = 4
"""So many of the tables of `schema.whose` tell one of ours that does not say so yet."""


def translated(error: apsw.Error) -> BeadworkError:
    """Return our error for one of the driver's."""
    for theirs, ours, message in _ERRORS:
        if isinstance(error, theirs):
            return ours(message, cause=type(error).__name__)
    return StoreTrouble(f"The database failed: {type(error).__name__}", cause=type(error).__name__)


def _raise(error: apsw.Error | OverflowError) -> NoReturn:
    if isinstance(error, OverflowError):
        raise InvalidField(
            "A number is too large", hint="Use numbers of at most 18 digits."
        ) from error
    raise translated(error) from error


class SqliteSession:
    """One connection. Queries are called by name; every error of the driver becomes ours."""

    def __init__(self, connection: apsw.Connection, log: "_Checkpoints | None" = None) -> None:
        self._connection = connection
        self._execute = connection.cursor().execute
        """One cursor for all: nothing is left unread, so nothing is held open."""
        self._log = log

    def all(self, query: str, /, **parameters: object) -> list[Row]:
        """Return every row of a query."""
        text, values = statement(query)
        try:
            return self._execute(text, values(parameters)).fetchall()
        except (apsw.Error, OverflowError) as error:
            _raise(error)

    def one(self, query: str, /, **parameters: object) -> Row | None:
        """Return the first row of a query, or None; it finds few."""
        rows = self.all(query, **parameters)
        return rows[0] if rows else None

    def run(self, query: str, /, **parameters: object) -> None:
        """Carry out a query that answers nothing."""
        text, values = statement(query)
        try:
            self._execute(text, values(parameters))
        except (apsw.Error, OverflowError) as error:
            _raise(error)

    def many(self, query: str, /, rows: Iterable[Parameters]) -> None:
        """Carry out a query once for each set of parameters."""
        text, values = statement(query)
        try:
            self._connection.executemany(text, map(values, rows))
        except apsw.Error as error:
            _raise(error)

    def changed(self) -> int:
        """Return how many rows the last query changed."""
        return self._connection.changes()

    def changed_ever(self) -> int:
        """Return how many rows this connection has changed, also what was taken back."""
        return self._connection.total_changes()

    def script(self, text: str) -> None:
        """Run the statements of a migration."""
        try:
            self._execute(text)
        except apsw.Error as error:
            _raise(error)

    control = script
    """Run a statement that steers the transaction."""

    @property
    def is_in_transaction(self) -> bool:
        """Tell whether a transaction is open; the database may have rolled it back (R9)."""
        return self._connection.in_transaction

    def data_version(self) -> int:
        """Return a number that differs once another connection has committed."""
        return int(self._connection.pragma("data_version"))

    @property
    def log_pages(self) -> int:
        """Return how long the log was after the last commit of this connection."""
        return self._log.pages if self._log else 0

    def schema_version(self) -> int:
        """Return the number of the last migration that was applied."""
        try:
            return int(self._connection.pragma("user_version"))
        except apsw.Error as error:
            _raise(error)

    def close(self) -> None:
        """Close the connection, leaving the write-ahead log as it is."""
        _close(self._connection)


Opener = Callable[[str, int], apsw.Connection]
"""Opens a file with these flags; tests give one whose file system fails."""


def _open(path: str, flags: int) -> apsw.Connection:
    return apsw.Connection(path, flags=flags, statementcachesize=200)


def _close(connection: apsw.Connection) -> None:
    # What was committed is durable, and the rest is undone, also where closing fails.
    with contextlib.suppress(apsw.Error):
        connection.close()


def _is_marked(connection: apsw.Connection, path: str, busy_ms: int) -> bool:
    """Tell whether a database says that it is ours; the first versions did not.

    Raises:
        InvalidPath: it is another program's.
    """
    connection.set_busy_timeout(busy_ms)
    # What another program left in its log stays there; else closing takes away what looking made.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(os.path.exists(f"{path}-wal")))
    mark = connection.pragma("application_id")
    if mark == APPLICATION_ID:
        return True
    version = connection.pragma("user_version")
    tables, known = connection.execute(statement("schema.whose").text).fetchall()[0]
    is_ours = int(known or 0) >= _TABLES_LEAST if version else not tables
    if mark or not is_ours:
        raise InvalidPath(
            f"{path} is a database of another program",
            hint="Check --db, BEADS_DB and BEADS_DIR, or move that file aside.",
            path=path,
        )
    return False


def _prepare(
    connection: apsw.Connection,
    *,
    busy_ms: int,
    log: "_Checkpoints | None",
    cache_kib: int = CACHE_KIB,
) -> None:
    connection.set_busy_timeout(busy_ms)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    # A plan follows from the query alone. Else SQLite plans anew at each call, for its values.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.execute(f"PRAGMA cache_size = {-cache_kib}")
    connection.execute("PRAGMA foreign_keys = ON")
    if log is None:
        connection.execute("PRAGMA query_only = ON")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.set_wal_hook(log)


class _Checkpoints:
    """Moves the log into the database as it grows: seldom where commits are large.

    A run of large ones, an import for one, writes the same pages again and again. The next small
    one catches up, so that who opens the store next has a short log to read.
    """

    def __init__(self, busy_ms: int, *, is_own: bool) -> None:
        self._busy_ms = busy_ms
        self._is_own = is_own
        self.pages = 0

    def __call__(self, connection: apsw.Connection, _: str, pages: int) -> int:
        """Take note of a commit that made the log so many pages long."""
        written = pages - self.pages if pages > self.pages else pages
        self.pages = pages
        if self._is_own and pages >= max(_CHECKPOINT_PAGES, written * _CHECKPOINT_COMMITS):
            self._checkpoint(connection, is_long=pages >= _LONG_LOG_PAGES)
        return apsw.SQLITE_OK

    def _checkpoint(self, connection: apsw.Connection, *, is_long: bool) -> None:
        """Move what nobody reads any more; give a long log's room back."""
        mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if is_long else apsw.SQLITE_CHECKPOINT_PASSIVE
        connection.set_busy_timeout(0)
        # The commit is durable already; the next one tries again.
        with contextlib.suppress(apsw.Error):
            connection.wal_checkpoint(mode=mode)
        connection.set_busy_timeout(self._busy_ms)


def open_writer(
    path: str, *, busy_ms: int, opener: Opener = _open, has_checkpoints: bool = True
) -> SqliteSession:
    """Open the store for writing, and make its file if there is none.

    Without `has_checkpoints` somebody else moves its log into it: see `checkpoint`.

    Raises:
        InvalidPath: the file is another program's database.
        StoreReadOnly: the file or its folder can't be written.
        StoreCorrupt: the file is no database.
    """
    try:
        if not os.path.exists(path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = opener(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            if connection.readonly("main"):
                raise StoreReadOnly(f"The store {path} is read-only", path=path)
            if not _is_marked(connection, path, busy_ms):
                # Before there is a log: so the file itself says it from the first.
                connection.pragma("application_id", APPLICATION_ID)
            log = _Checkpoints(busy_ms, is_own=has_checkpoints)
            _prepare(connection, busy_ms=busy_ms, log=log)
        except BaseException:
            _close(connection)
            raise
    except apsw.Error as error:
        _raise(error)
    except OSError as error:
        raise StoreReadOnly(
            f"The store {path} can't be written: {error.strerror}", path=path
        ) from error
    return SqliteSession(connection, log)


def needs_checkpoint(pages: int) -> bool:
    """Tell whether a log is so long that it should be moved into the database."""
    return pages >= _CHECKPOINT_PAGES


def checkpoint(path: str, *, opener: Opener = _open) -> None:
    """Move the log into the database beside its writer, who is held up only at the very end."""
    try:
        connection = opener(path, apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.execute("PRAGMA synchronous = FULL")
            pages, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            # The log begins anew in the room that it has: to write over is faster than to append.
            mode = apsw.SQLITE_CHECKPOINT_RESTART
            if pages >= _HUGE_LOG_PAGES:
                mode = apsw.SQLITE_CHECKPOINT_TRUNCATE
            # Where somebody reads or writes just now, the next one does it.
            with contextlib.suppress(apsw.BusyError):
                connection.wal_checkpoint(mode=mode)
        finally:
            _close(connection)
    except apsw.Error as error:
        _raise(error)


def open_reader(
    path: str, *, busy_ms: int, opener: Opener = _open, cache_kib: int = CACHE_KIB
) -> SqliteSession:
    """Open the store for reading, wherever it lies.

    Raises:
        InvalidPath: the file is another program's database.
        StoreReadOnly: it can't even be read.
        StoreCorrupt: the file is no database.
    """
    try:
        flags = apsw.SQLITE_OPEN_READONLY
        if os.access(os.path.dirname(path) or ".", os.W_OK) and os.access(path, os.W_OK):
            # A reader of a WAL database takes part in its shared memory file.
            flags = apsw.SQLITE_OPEN_READWRITE
        connection = opener(path, flags)
        try:
            _is_marked(connection, path, busy_ms)
            _prepare(connection, busy_ms=busy_ms, log=None, cache_kib=cache_kib)
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except BaseException:
            _close(connection)
            raise
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        return _open_unwritable(path, opener)
    except apsw.Error as error:
        _raise(error)
    return SqliteSession(connection)


def open_memory() -> SqliteSession:
    """Open a database that is gone when it is closed."""
    return SqliteSession(_open(":memory:", apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE))


def _open_unwritable(path: str, opener: Opener) -> SqliteSession:
    """Open a store on a medium that takes no write (R15).

    `immutable=1` is safe only without a write-ahead log; else a copy is read.

    Raises:
        StoreReadOnly: it can't even be read.
    """
    # Late imports: such a medium is rare.
    import shutil
    import tempfile

    log = f"{path}-wal"
    try:
        if not os.path.exists(log) or os.path.getsize(log) == 0:
            flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
            quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
            connection = opener(f"file:{quoted}?immutable=1", flags)
        else:
            with tempfile.TemporaryDirectory(prefix="beadwork-") as folder:
                copy = os.path.join(folder, "copy.db")
                shutil.copyfile(path, copy)
                shutil.copyfile(log, f"{copy}-wal")
                connection = opener(copy, apsw.SQLITE_OPEN_READWRITE)
                connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        _is_marked(connection, path, 0)
        connection.execute("PRAGMA query_only = ON")
    except apsw.Error as error:
        _raise(error)
    except OSError as error:
        raise StoreReadOnly(f"The store {path} can't be read: {error.strerror}") from error
    return SqliteSession(connection)


def classic_issue_ids(path: str) -> set[str]:
    """Return the ids in a classic database, or nothing if it can't be read (R14)."""
    try:
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            rows = connection.execute("SELECT id FROM issues WHERE status <> 'tombstone'")
            return {str(issue_id) for (issue_id,) in rows}
        finally:
            connection.close()
    except apsw.Error:
        return set()
