"""The database as a file: copies of it, putting one in its place, and what a damaged one still says.

A copy is made by `VACUUM INTO`, in one snapshot, while others write. It is written beside its
place, checked, synced and renamed: a file with the name of a backup is a whole one.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import NamedTuple

from beadwork.model import codec
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    InvalidPath,
    StoreCorrupt,
    StoreTrouble,
)
from beadwork.ops.health import KeptClaim, KeptMemory, KeptPair
from beadwork.store.handed_out import HandedOut, go_on_after, handed_out, put_grants
from beadwork.store.migrate import migrate, newest
from beadwork.store.schema import Lack, lack, settle
from beadwork.store.session import Row
from beadwork.store.sqlite import SqliteSession, classic_issue_ids, open_reader, open_writer

_BUSY_MS = 30_000
_BESIDE = ".beadwork-backup-"
_PARTS = ("", "-wal", "-shm")
_MISSES_MAX = 5000
_TAKE_ANOTHER = "Take another: `bd backup status`."
_MISFITS = ("SQLError", "ConstraintError", "MismatchError")
"""What statements fail with that find other tables than they are made for."""
_NUMBERS_MAX = 10_000_000


class Counts(NamedTuple):
    """How much a database holds, by which a copy is held against it."""

    issues: int
    events: int
    claims: int
    last_event: int


class Salvaged(NamedTuple):
    """What a damaged database still says: records as lines, claims, what stays out of the file."""

    lines: list[str]
    claims: list[KeptClaim]
    unfiled: list[str]
    origins: dict[str, str]
    memories: list[KeptMemory]
    pairs: list[KeptPair]


class Database:
    """One database file."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Tell whether there is such a file."""
        return os.path.isfile(self.path)

    @property
    def newest(self) -> int:
        """Return the version that this program makes."""
        return newest()

    @contextlib.contextmanager
    def reading(self) -> Iterator[SqliteSession]:
        """Open the file for reading, for a while.

        Raises:
            StoreCorrupt: it is no database.
        """
        session = open_reader(self.path, busy_ms=_BUSY_MS)
        try:
            yield session
        finally:
            session.close()

    # -- looking

    def version(self) -> int:
        """Return the number of the last migration that was applied; 0 in an empty one.

        Raises:
            StoreCorrupt: the file is no database.
        """
        with self.reading() as session:
            return session.schema_version()

    def damage(self, *, is_deep: bool = False) -> list[str]:
        """Return what SQLite finds wrong with the file."""
        try:
            with self.reading() as session:
                query = "check.whole" if is_deep else "check.quick"
                return [str(row[0]) for row in session.all(query) if row[0] != "ok"]
        except StoreCorrupt as error:
            return [error.message]

    def lack(self) -> Lack:
        """Return which tables, indexes and columns of its version the database lacks.

        Raises:
            StoreCorrupt: it is damaged.
        """
        with self.reading() as session:
            return lack(session)

    def counts(self) -> Counts:
        """Return how much the database holds.

        Raises:
            StoreCorrupt: it is damaged, or no store of ours.
        """
        with self.reading() as session:
            return self._counts(session)

    def _counts(self, session: SqliteSession) -> Counts:
        row = session.one("check.counts")
        return Counts(*row) if row else Counts(0, 0, 0, 0)

    def referred_blobs(self) -> list[str]:
        """Return the digests of the blobs that something in the database refers to.

        Raises:
            StoreCorrupt: it is damaged.
        """
        with self.reading() as session:
            if session.one("check.has_blobs") is None:
                return []
            return [str(row[0]) for row in session.all("check.referred_blobs")]

    def events_beyond(self, path: str) -> int:
        """Return how many events this database has that another lacks.

        Raises:
            StoreCorrupt: one of them is damaged.
        """
        with self.reading() as mine, Database(path).reading() as theirs:
            here, there = self._counts(mine), self._counts(theirs)
            # Two lines of descent are the same up to where they part.
            low, high = 0, min(here.last_event, there.last_event)
            while low < high:
                middle = (low + high + 1) // 2
                if _is_shared(mine, theirs, middle):
                    low = middle
                else:
                    high = middle - 1
            row = mine.one("check.events_after", seq=low)
            return int(row[0]) if row else 0

    def classic_ids(self, path: str) -> set[str]:
        """Return the ids that a classic database holds (R14)."""
        return classic_issue_ids(path)

    # -- copying

    def copy_to(self, path: str) -> Counts:
        """Write a copy of the whole database; return how much it holds.

        Raises:
            StoreCorrupt: this database is damaged, or the copy is not what it should be.
            FileTrouble: the place can't be written.
        """
        beside = os.path.join(os.path.dirname(path), f"{_BESIDE}{os.getpid()}.db")
        with _mapped(path):
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            _remove(beside)
        try:
            counts = self._write_copy(beside)
            with _mapped(path):
                os.chmod(beside, 0o600)
                _sync(beside)
                os.replace(beside, path)
                _sync(os.path.dirname(path))
        finally:
            _remove(beside)
        return counts

    def _write_copy(self, beside: str) -> Counts:
        with self.reading() as session:
            session.control("BEGIN")
            before = self._counts(session)
            session.control("ROLLBACK")
            session.control("PRAGMA query_only = OFF")  # Or no copy could be written either.
            session.run("check.copy", path=beside)
        copy = Database(beside)
        found = copy.counts()
        # Others may have written between the two snapshots; what was there has to be there still.
        if copy.damage() or found.issues < before.issues or found.last_event < before.last_event:
            raise StoreCorrupt(f"The copy of {self.path} is not whole", path=self.path)
        return found

    def copy_parts(self, path: str) -> None:
        """Copy a damaged database as it is, its log included.

        Raises:
            FileTrouble: the place can't be written.
        """
        with _mapped(path):
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            for part in _PARTS[:2]:
                if os.path.exists(self.path + part):
                    shutil.copyfile(self.path + part, path + part)
                    os.chmod(path + part, 0o600)

    # -- replacing; the caller holds the write lock

    def set_aside(self, path: str) -> None:
        """Move the database away under another name, its log with it.

        Raises:
            FileTrouble: it can't be moved.
        """
        with _mapped(path):
            for part in reversed(_PARTS):
                if os.path.exists(self.path + part):
                    os.replace(self.path + part, path + part)
            _remove(f"{path}-shm")

    def put(self, source: str, *, aside: str, holder: Holder, at_us: int) -> None:
        """Put a copy of another database here, as another replica than that was (R1).

        What is here is moved aside, only once the copy stands beside it, whole and of this version.
        What it handed out is not handed out again.

        Raises:
            InvalidPath: its tables are not those that its version has.
            FileTrouble: it can't be read, or not be written here.
        """
        beside = os.path.join(os.path.dirname(self.path), f"{_BESIDE}new-{os.getpid()}.db")
        try:
            Database(source).copy_to(beside)
            Database(beside).bring_up(source)
            self._make_next(beside, holder, at_us)
            self.set_aside(aside)
            with _mapped(self.path):
                _sync(beside)
                os.replace(beside, self.path)
                _sync(os.path.dirname(self.path))
        finally:
            _remove(beside)

    def _make_next(self, path: str, holder: Holder, at_us: int) -> None:
        """Make a copy what is to come after this database."""
        before = self.handed_out()
        session = open_writer(path, busy_ms=_BUSY_MS)
        try:
            if before is not None:
                session.control("BEGIN IMMEDIATE")
                go_on_after(session, before, holder, at_us)
                session.control("COMMIT")
            session.control("PRAGMA journal_mode = DELETE")  # Or half of it stood in a log beside.
        finally:
            session.close()

    def bring_up(self, source: str) -> None:
        """Bring a copy up to this version, as another replica, and leave no log of it.

        Raises:
            InvalidPath: its tables are not those that its version has.
            StoreTrouble: it can't be written.
            StoreCorrupt: it is damaged.
        """
        session = open_writer(self.path, busy_ms=_BUSY_MS)
        try:
            migrate(session)
            lacking = lack(session)
            if not lacking.is_lossy:
                settle(session)
                session.run("setting.put", name="home", value="")
            session.control("PRAGMA wal_checkpoint(TRUNCATE)")
        except (StoreTrouble, StoreCorrupt) as error:
            if error.data.get("cause") not in _MISFITS:
                raise
            raise InvalidPath(
                f"The tables of {source} are not those of version {self.version()}",
                hint=_TAKE_ANOTHER,
                path=source,
            ) from error
        finally:
            session.close()
        if lacking.is_lossy:
            raise InvalidPath(
                f"{source} lacks {lacking.lines()[0]}", hint=_TAKE_ANOTHER, path=source
            )

    def put_back(self, aside: str) -> None:
        """Put in its place again what was moved aside; what is here goes.

        Raises:
            FileTrouble: it can't be moved.
        """
        with _mapped(self.path):
            _remove(self.path)
        Database(aside).set_aside(self.path)

    def is_same(self, path: str) -> bool:
        """Tell whether a path leads to this very file."""
        return self.exists and os.path.exists(path) and os.path.samefile(self.path, path)

    def fence_off(self, aside: str) -> None:
        """Have those who were granted an issue by a store that is gone know that this is over."""
        before = Database(aside).handed_out()
        if before is not None:
            session = open_writer(self.path, busy_ms=_BUSY_MS)
            try:
                put_grants(session, before)
            finally:
                session.close()

    def handed_out(self) -> HandedOut | None:
        """Return what the database has handed out, as far as it can be read."""
        if not self.exists:
            return None
        try:
            with self.reading() as session:
                return handed_out(session)
        except BeadworkError:
            return None  # Nothing can be read of it any more.

    def reindex(self) -> None:
        """Make every index anew.

        Raises:
            StoreCorrupt: a table is damaged too.
        """
        session = open_writer(self.path, busy_ms=_BUSY_MS)
        try:
            session.run("check.reindex")
        finally:
            session.close()

    def settle_schema(self) -> list[str]:
        """Make anew what the database lacks, empty; return what that is."""
        session = open_writer(self.path, busy_ms=_BUSY_MS)
        try:
            return settle(session)
        finally:
            session.close()

    # -- salvage

    def salvage(self) -> Salvaged:
        """Read what can be read, row by row, from a damaged database."""
        found = Salvaged([], [], [], {}, [], [])
        try:
            with self.reading() as session:
                _salvage(session, found)
                found.memories.extend(KeptMemory(*row) for row in _after(session, "memory"))
                found.pairs.extend(KeptPair(*row) for row in _after(session, "pair"))
        except BeadworkError:
            return found
        return found


def _salvage(session: SqliteSession, found: Salvaged) -> None:
    misses = 0
    for n in range(1, _last_number(session) + 1):
        row = _try(session, "check.record_at", n)
        if row is None:
            misses += 1
            if misses > _MISSES_MAX:
                return
            continue
        misses = 0
        body, stamps = row
        try:
            issue_id = codec.with_stamps(codec.decode(body), stamps).id
        except ValueError:
            continue
        found.lines.append(codec.join_line(body, stamps))
        filed = _try(session, "check.filed_at", n)
        if filed is not None and not filed[0]:
            found.unfiled.append(issue_id)
        origin = _try(session, "check.origin_at", n)
        if origin is not None:
            found.origins[issue_id] = origin[0]
        claim = _try(session, "check.claim_at", n)
        if claim is not None:
            found.claims.append(KeptClaim(*claim))


def _after(session: SqliteSession, what: str) -> Iterator[Row]:
    """Yield rows in the order of their keys, up to one that can't be read."""
    after: str | None = ""
    while after is not None:
        try:
            if what == "memory":
                row = session.one("check.memory_after", after=after)
            else:
                row = session.one("check.pair_after", after=after)
        except BeadworkError:
            return
        if row is not None:
            yield row
        after = None if row is None else str(row[0])


def _try(session: SqliteSession, query: str, n: int) -> Row | None:
    try:
        return session.one(query, n=n)
    except BeadworkError:
        return None


def _last_number(session: SqliteSession) -> int:
    try:
        row = session.one("check.last_document")
    except BeadworkError:
        return _NUMBERS_MAX
    return int(row[0]) if row else 0


def _is_shared(mine: SqliteSession, theirs: SqliteSession, seq: int) -> bool:
    # One that is in neither was dropped from both for its age.
    row = mine.one("check.shared_event", seq=seq)
    return row == theirs.one("check.shared_event", seq=seq)


@contextlib.contextmanager
def _mapped(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileTrouble(
            f"{path}: {error.strerror or error}",
            hint="Check the path, its permissions and the room on the disk.",
            path=path,
        ) from error


def _remove(path: str) -> None:
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + part)


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
