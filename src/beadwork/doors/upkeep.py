"""Looking after a store as files: doctor, backup, restore. It goes on where no engine can.

What is looked at and what is mended is said elsewhere: by `ops.check`, and by what `compose`
hands in. This puts it in order: look, back up, mend, look again.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from beadwork.doors.upkeep_findings import (
    failed,
    other_version,
    schema_finding,
    shut,
    whether_a_write_commits,
)
from beadwork.doors.upkeep_mending import FILE, Mender, Mending, Naming, save_blobs
from beadwork.doors.upkeep_parts import Backup, Counts, DatabaseFile, Parts, SavedBlobs
from beadwork.engine import Engine, Progress
from beadwork.model import instants
from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    InvalidPath,
    NoStore,
    RestoreLoses,
    StoreCorrupt,
    StoreNewer,
)
from beadwork.model.finding import CORE, DATA, Finding, fine, listed
from beadwork.model.issue import nearest_hint
from beadwork.ops.check import CHECKS, CheckStore
from beadwork.ops.compare import CompareFile
from beadwork.ops.issue import ListIssues
from beadwork.ops.record_file import Imported, ImportFile

_DATABASE = ("database", "integrity", "schema", "classic")
_WRITES = "writes"
_NOTED = "store-settings"
_ROUNDS_MAX = 5


class Mended(NamedTuple):
    """What is left after mending, and what was done."""

    left: list[Finding]
    mending: Mending


class Restored(NamedTuple):
    """What a restore did: how many events went, where the former store is, what the file brought."""

    lost_events: int
    kept: str | None
    imported: Imported
    blobs: SavedBlobs
    """Those that were brought back, and those that are nowhere."""


Look = Callable[[], list[Finding]]
"""Looks again, as before."""
Choose = Callable[[list[Finding]], list[Finding]]
"""Chooses what is to be mended."""


class Upkeep:
    """Looks after one store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database = parts.database
        self._naming = Naming(parts)
        self._is_copied_raw = False
        """The database can't be copied in one moment: it is damaged, or of another version."""

    @property
    def names(self) -> list[str]:
        """Return the names of all checks."""
        stored = [check.name for check in CHECKS]
        return [*_DATABASE, *self._parts.around.names, *stored, *FILE, _WRITES]

    @property
    def folder(self) -> str:
        """Return the folder of the project."""
        return self._parts.folder.removesuffix("/.beads")

    @property
    def now_text(self) -> str:
        """Return the time as RFC 3339 text."""
        return instants.format_us(self._parts.now_us())

    def require_names(self, names: Sequence[str]) -> None:
        """Refuse the name of a check that there is not.

        Raises:
            InvalidField: there is no such check.
        """
        for name in names:
            if name not in self.names:
                hint = nearest_hint(name, self.names)
                raise InvalidField(f'There is no check "{name[:60]}"', hint=hint, field="check")

    # -- looking

    def look(
        self,
        names: Sequence[str] = (),
        *,
        is_deep: bool = False,
        is_tried: bool = True,
        progress: Progress | None = None,
    ) -> list[Finding]:
        """Carry out the checks of these names, or all; nothing is changed.

        Unless it is not to be tried, a transaction of nothing is committed.

        Raises:
            NoStore: there is nothing to look at.
            InvalidPath: it is no store of ours.
        """
        self.require_names(names)
        self._parts.require_store()
        found = self._look_at_database(is_deep=is_deep)
        is_usable = all(each.status == "ok" for each in found)
        found += self._parts.around.look()
        if is_usable:
            found += self._look_inside(names, progress or _tell_nobody, is_tried=is_tried)
        return [each for each in found if not names or each.name in names]

    def _look_at_database(self, *, is_deep: bool) -> list[Finding]:
        self._is_copied_raw = False
        if self._parts.around.is_shut:
            return [shut(self._parts.folder)]
        if not self._database.exists:
            return [
                Finding(
                    name="database",
                    category=CORE,
                    status="warning",
                    message="There is no database",
                    fix="Make it from the file; the next command does it too.",
                    can_mend=True,
                )
            ]
        try:
            version = self._database.version()
        except StoreCorrupt as error:
            return [self._damaged([error.message])]
        except BeadworkError as error:
            return [failed("database", error)]
        known = self._database.newest
        if version != known:
            self._is_copied_raw = True
            return [other_version(version, known)]
        opened = f"the database can be opened, and has version {known}"
        return [fine("database", CORE, opened), *self._look_at_pages(is_deep=is_deep)]

    def _look_at_pages(self, *, is_deep: bool) -> list[Finding]:
        """Look at the schema first: without a piece of it, SQLite can't look at the rest."""
        try:
            schema = schema_finding(self._database.lack())
            self._is_copied_raw = schema.status != "ok"
            if self._is_copied_raw:
                return [schema]
            damage = self._database.damage(is_deep=is_deep)
        except StoreCorrupt as error:
            return [self._damaged([error.message])]
        except BeadworkError as error:
            return [failed("integrity", error)]
        if damage:
            return [self._damaged(damage)]
        pages = "every page, index and value" if is_deep else "every page"
        return [fine("integrity", CORE, f"{pages} is as it should be"), schema]

    def _damaged(self, lines: list[str]) -> Finding:
        self._is_copied_raw = True
        return Finding(
            name="integrity",
            category=CORE,
            status="error",
            message="The database is damaged",
            detail=listed(lines),
            fix="Make it anew of what can be read, and of the file; the old one is kept beside.",
            can_mend=True,
        )

    def _look_inside(
        self, names: Sequence[str], progress: Progress, *, is_tried: bool
    ) -> list[Finding]:
        stored = [check.name for check in CHECKS if not names or check.name in names]
        try:
            engine = self._parts.open_engine()
        except BeadworkError as error:
            return [failed("database", error)]
        caller = self._parts.caller
        found: list[Finding] = []
        try:
            # One at a time, so that somebody who waits sees how far it is.
            for done, name in enumerate(stored):
                progress(done, len(stored), "checks")
                found += engine.run(CheckStore(names=[name]), caller).findings
            progress(len(stored), len(stored), "checks")
            if any(each.name == _NOTED and each.status != "ok" for each in found):
                return found  # All else would fail by that.
            if not names or set(names) & set(FILE):
                found += engine.run(CompareFile(), caller).findings
            if not names or "classic" in names:
                found.append(self._look_at_classic(engine))
            if is_tried and (not names or _WRITES in names):
                # Last: those before tell how the store was found.
                found.append(whether_a_write_commits(engine, caller))
        except BeadworkError as error:
            found.append(failed("database", error))
        finally:
            engine.close()
        return found

    def _look_at_classic(self, engine: Engine) -> Finding:
        path = self._parts.around.classic_database
        if path is None:
            return Finding(
                name="classic", category=DATA, status="ok", message="there is no classic database"
            )
        everything = ListIssues(all=True, limit=0, include_gates=True, include_templates=True)
        known = {each.issue.id for each in engine.run(everything, self._parts.caller).issues}
        lacking = sorted(self._database.classic_ids(path) - known)
        if not lacking:
            return Finding(
                name="classic",
                category=DATA,
                status="ok",
                message="the classic database holds nothing that is not here",
            )
        return Finding(
            name="classic",
            category=DATA,
            status="warning",
            message=f"The classic database holds {len(lacking)} issues that are not here",
            detail=listed(lacking),
            fix="Export them with the classic program, then `bd import`.",
        )

    # -- mending

    def mend(self, found: Sequence[Finding], look: Look, choose: Choose) -> Mended:
        """Mend what is chosen, look again, and go on until nothing is left or nothing changes.

        A mend may bring to light what could not be looked at before. The one backup is of the
        store as it was before the first mend that needs one.
        """
        mender = Mender(self._parts, self._naming)
        done: list[str] = []
        backup, now = None, list(found)
        for _ in range(_ROUNDS_MAX):
            ready = choose([each for each in now if each.can_mend and each.status != "ok"])
            if not ready:
                break
            mending = mender.mend(ready, is_copied_raw=self._is_copied_raw, backup=backup)
            done += [each for each in mending.done if each not in done]
            backup, before, now = mending.backup, now, look()
            if now == before:
                break
        return Mended(now, Mending(done, backup))

    # -- backup

    def backup_path(self, what: str = "", ending: str = "db") -> str:
        """Return a path for a new backup that nothing lies at."""
        return self._naming.backup_path(what, ending)

    def back_up(self, path: str, *, is_forced: bool = False) -> tuple[Counts, SavedBlobs]:
        """Copy the database to a path, checked and synced, and the blobs it refers to beside it.

        Return how much it holds, and how many of the blobs.

        Raises:
            NoStore: there is no database.
            InvalidPath: something lies there, or it is the database itself.
        """
        self._parts.require_store()
        if not self._database.exists:
            raise NoStore(f"There is no database {self._database.path}")
        if path == self._database.path:
            raise InvalidPath("A store is no backup of itself", hint="Name another file.")
        if self._parts.around.is_file(path) and not is_forced:
            raise InvalidPath(
                f"{path} is there already", hint="Name another file, or pass --force.", path=path
            )
        counts = self._database.copy_to(path)
        digests = self._parts.database_at(path).referred_blobs()
        return counts, self._parts.blobs.save(digests, path)

    def backups(self) -> Sequence[Backup]:
        """Return the backups that `bd` made, latest first."""
        return self._parts.around.backups()

    def drop_old(self, keep: int) -> list[str]:
        """Remove the oldest of the dated backups; return which."""
        dropped = [each.path for each in self.backups() if is_dated(each.path)][keep:]
        for path in dropped:
            self._parts.around.remove(path)
        return dropped

    # -- restore

    def restore(self, path: str, *, is_forced: bool) -> Restored:
        """Put a backup in the place of the store, which is kept beside; then fold the file in.

        Raises:
            InvalidPath: it is no backup, or the store itself.
            RestoreLoses: the present store knows more.
            BeadworkError: the file can't be taken in; the store is as it was.
        """
        if self._database.exists:
            self._parts.require_store()
        if self._database.is_same(path):
            raise InvalidPath("A store is no backup of itself", hint="See `bd backup status`.")
        backup = self._parts.database_at(path)
        _require_backup(backup)
        lost, kept, aside = 0, None, self._naming.aside("before-restore")
        # Before there is a row that refers to one.
        blobs = self._parts.blobs.bring(backup.referred_blobs(), path)
        with self._parts.write_lock():
            if self._database.exists:
                lost = self._lost_by(path, is_forced=is_forced)
                kept = aside
            self._put(path, aside)
        if kept:
            save_blobs(self._parts, kept)
        try:
            imported = self._take_in_file()
        except BeadworkError:
            if kept:
                with self._parts.write_lock():
                    self._database.put_back(kept)
                self._parts.around.remove(kept)
            raise
        if kept:
            # Again, for the issues that only the file brought back.
            with self._parts.write_lock():
                self._database.fence_off(kept)
        return Restored(lost, kept, imported, blobs)

    def _take_in_file(self) -> Imported:
        engine, caller = self._parts.open_engine(), self._parts.caller
        try:
            engine.prepare()
            imported = engine.run(ImportFile(force=True), caller)
            engine.flush(caller, is_whole=True)
        finally:
            engine.close()
        return imported

    def _put(self, path: str, aside: str) -> None:
        holder, at_us = self._parts.caller.holder, self._parts.now_us()
        self._database.put(path, aside=aside, holder=holder, at_us=at_us)

    def leave(self, *, is_dry: bool) -> list[str]:
        """Take the store out of the repository; return what goes.

        Raises:
            InvalidPath: the store lies in a folder that holds other things.
        """
        if is_dry:
            return self._parts.around.leave(is_dry=True)
        with self._parts.write_lock():
            return self._parts.around.leave(is_dry=False)

    def _lost_by(self, path: str, *, is_forced: bool) -> int:
        try:
            lost = self._database.events_beyond(path)
        except BeadworkError:
            return 0  # Nothing can be read of it any more.
        if lost and not is_forced:
            raise RestoreLoses(
                f"The store has {lost} events that {path} lacks", path=path, events=lost
            )
        return lost


def _tell_nobody(done: int, total: int, what: str) -> None:
    del done, total, what


def is_dated(path: str) -> bool:
    """Tell whether `bd backup` gave a backup its name."""
    name = path.rpartition("/")[2]
    return name[:8].isdigit() and name[8:9] == "T"


def _require_backup(backup: DatabaseFile) -> None:
    if not backup.exists:
        raise InvalidPath(f"There is no file {backup.path}", hint="See `bd backup status`.")
    try:
        version = backup.version()
        damage = backup.damage()
        if not damage and version <= backup.newest:
            backup.counts()
    except BeadworkError as error:
        raise InvalidPath(
            f"{backup.path} is no backup of a Beadwork store",
            hint="See `bd backup status`; a file of records is taken in by `bd import`.",
        ) from error
    if damage:
        raise InvalidPath(f"{backup.path} is damaged", hint="Take another: `bd backup status`.")
    if version > backup.newest:
        raise StoreNewer(f"{backup.path} was made by a newer Beadwork", version=version)
