"""Looking after a store as files: doctor, backup, restore. It goes on where no engine can.

What is looked at and what is mended is said elsewhere: by `ops.check`, and by what `compose`
hands in. This puts it in order: look, back up, mend, look again.
"""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from beadwork.doors.upkeep_findings import failed, other_version, whether_a_write_commits
from beadwork.doors.upkeep_parts import Backup, Counts, DatabaseFile, Parts, Salvaged, SavedBlobs
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
from beadwork.model.finding import CORE, DATA, Finding, listed
from beadwork.model.issue import nearest_hint
from beadwork.ops.check import CHECKS, CheckStore, MendStore, Recover
from beadwork.ops.compare import CompareFile
from beadwork.ops.issue import ListIssues
from beadwork.ops.log import AppendLogs
from beadwork.ops.record import FoldLines, ListQuarantine
from beadwork.ops.record_file import ExportFile, Imported, ImportFile

_FOLD_LINES = 200
_DATABASE = ("database", "integrity", "classic")
_FILE = ("file", "exported")
_WRITES = "writes"


class Mending(NamedTuple):
    """What was mended, a sentence each, and where the store is as it was before."""

    done: list[str]
    backup: str | None


class Restored(NamedTuple):
    """What a restore did: how many events went, where the former store is, what the file brought."""

    lost_events: int
    kept: str | None
    imported: Imported
    blobs: SavedBlobs
    """Those that were brought back, and those that are nowhere."""


class Upkeep:
    """Looks after one store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database = parts.database
        self._is_copied_raw = False
        """The database can't be copied in one moment: it is damaged, or of another version."""

    @property
    def names(self) -> list[str]:
        """Return the names of all checks."""
        stored = [check.name for check in CHECKS]
        return [*_DATABASE, *self._parts.around.names, *stored, *_FILE, _WRITES]

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
        """
        self.require_names(names)
        found = self._look_at_database(is_deep=is_deep)
        is_usable = all(each.status == "ok" for each in found)
        found += self._parts.around.look()
        if is_usable:
            found += self._look_inside(names, progress or _tell_nobody, is_tried=is_tried)
        return [each for each in found if not names or each.name in names]

    def _look_at_database(self, *, is_deep: bool) -> list[Finding]:
        self._is_copied_raw = False
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
        fine = Finding(
            name="database",
            category=CORE,
            status="ok",
            message=f"the database can be opened, and has version {known}",
        )
        damage = self._database.damage(is_deep=is_deep)
        if damage:
            return [fine, self._damaged(damage)]
        pages = "every page, index and value" if is_deep else "every page"
        whole = Finding(
            name="integrity", category=CORE, status="ok", message=f"{pages} is as it should be"
        )
        return [fine, whole]

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
            if not names or set(names) & set(_FILE):
                found += engine.run(CompareFile(), caller).findings
            if not names or "classic" in names:
                found.append(self._look_at_classic(engine))
            if is_tried and (not names or _WRITES in names):
                # Last: those before tell how the store was found.
                found.append(whether_a_write_commits(engine))
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

    def mend(self, found: Sequence[Finding]) -> Mending:
        """Mend what can be, after a backup of the store as it is."""
        names = [each.name for each in found if each.can_mend and each.status != "ok"]
        around = [name for name in names if name in self._parts.around.names]
        done = []
        for name in around:
            self._parts.around.mend(name)
            done.append(f"{name}: done")
        if "logs" in around:
            self._refill_logs()
        rest = [name for name in names if name not in around]
        if not rest:
            return Mending(done, None)
        backup = self._back_up_first()
        if "integrity" in rest:
            done.append(f"integrity: {self._rebuild()}")
        elif "database" in rest:
            self._bring_up()
            done.append("database: it is there, of this version")
        stored = [name for name in rest if name in {check.name for check in CHECKS}]
        if stored or set(rest) & set(_FILE):
            done += self._mend_inside(stored, is_file_meant=bool(set(rest) & set(_FILE)))
        return Mending(done, backup)

    def _refill_logs(self) -> None:
        """Write what the logs lack now; where the store can't be read, that is left for later."""
        with contextlib.suppress(BeadworkError):
            engine = self._parts.open_engine()
            try:
                engine.run(AppendLogs(verify=True), self._parts.caller)
            finally:
                engine.close()

    def _back_up_first(self) -> str | None:
        if not self._database.exists:
            return None
        if self._is_copied_raw:
            path = self.backup_path("as-it-was")
            self._database.copy_parts(path)
            return path
        path = self.backup_path("doctor")
        self._database.copy_to(path)
        self._save_blobs(path)
        return path

    def _save_blobs(self, path: str) -> None:
        """Put the blobs of a copy beside it, as far as can be: it is worth something without, too."""
        with contextlib.suppress(BeadworkError):
            self._parts.blobs.save(self._parts.database_at(path).referred_blobs(), path)

    def _bring_up(self) -> None:
        engine = self._parts.open_engine()
        try:
            engine.prepare()
            engine.run(ImportFile(), self._parts.caller)
            engine.flush(self._parts.caller)
        finally:
            engine.close()

    def _mend_inside(self, stored: list[str], *, is_file_meant: bool) -> list[str]:
        engine, caller = self._parts.open_engine(), self._parts.caller
        try:
            counts: dict[str, int] = {}
            if "documents" in stored:
                # First of all: what can't be read here may stand in the file.
                counts = dict(engine.run(MendStore(names=["documents"]), caller).counts)
            if is_file_meant or counts:
                # What can't be read of it goes to quarantine.
                self._settle_file(engine)
            if "quarantine" in stored:
                self._keep_quarantine(engine)
            rest = [name for name in stored if name != "documents"]
            if rest:
                counts |= engine.run(MendStore(names=rest), caller).counts
            engine.flush(caller)
        finally:
            engine.close()
        said = [f"{name}: {count} mended" for name, count in counts.items()]
        return said + ["file: read, and written anew"] * is_file_meant

    def _settle_file(self, engine: Engine) -> None:
        engine.run(ImportFile(force=True), self._parts.caller)
        engine.run(ExportFile(force=True), self._parts.caller)

    def _keep_quarantine(self, engine: Engine) -> None:
        lines = engine.run(ListQuarantine(), self._parts.caller).lines
        path = self.backup_path("quarantine", "log")
        self._parts.around.keep_lines(path, [each.line for each in lines])

    def _rebuild(self) -> str:
        """Make a damaged database anew: its indexes, else a copy, else of the rows and the file."""
        try:
            with self._parts.write_lock():
                self._database.reindex()
                if not self._database.damage(is_deep=True):
                    return "made the indexes anew"
        except BeadworkError:
            pass  # The tables are damaged too.
        copy = self._parts.database_at(self._aside("mended"))
        try:
            self._database.copy_to(copy.path)
            is_whole = not copy.damage(is_deep=True)
        except BeadworkError:
            is_whole = False
        found = self._database.salvage()
        with self._parts.write_lock():
            if is_whole:
                self._put(copy.path, self._aside("damaged"))
            else:
                self._database.set_aside(self._aside("damaged"))
        self._parts.around.remove(copy.path)
        claims = self._refill(found) if not is_whole else 0
        self._bring_up()
        if is_whole:
            return "copied what is in it into a new database"
        return (
            f"made a new one of {len(found.lines)} readable records, {claims} claims and the file; "
            "the history is in the old one"
        )

    def _refill(self, found: Salvaged) -> int:
        engine, caller = self._parts.open_engine(), self._parts.caller
        try:
            engine.prepare()
            engine.run(ImportFile(force=True), caller)
            for start in range(0, len(found.lines), _FOLD_LINES):
                engine.run(FoldLines(lines=found.lines[start : start + _FOLD_LINES]), caller)
            kept = Recover(
                claims=found.claims,
                memories=found.memories,
                pairs=found.pairs,
                unfiled=found.unfiled,
                origins=found.origins,
            )
            return engine.run(kept, caller).claims
        finally:
            engine.close()

    def _aside(self, what: str) -> str:
        stem = self._database.path.removesuffix(".db")
        return f"{stem}-{what}-{self._stamp()}.db"

    def _stamp(self) -> str:
        text = self.now_text.partition(".")[0].removesuffix("Z")
        return text.replace("-", "").replace(":", "") + "Z"

    # -- backup

    def backup_path(self, what: str = "", ending: str = "db") -> str:
        """Return a path for a new backup that nothing lies at."""
        stem = f"{self._parts.folder}/backups/{f'{what}-' if what else ''}{self._stamp()}"
        path, count = f"{stem}.{ending}", 1
        while self._parts.around.is_file(path):
            count += 1
            path = f"{stem}-{count}.{ending}"
        return path

    def back_up(self, path: str, *, is_forced: bool = False) -> tuple[Counts, SavedBlobs]:
        """Copy the database to a path, checked and synced, and the blobs it refers to beside it.

        Return how much it holds, and how many of the blobs.

        Raises:
            NoStore: there is no database.
            InvalidPath: something lies there, or it is the database itself.
        """
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
            InvalidPath: it is no backup.
            RestoreLoses: the present store knows more.
        """
        backup = self._parts.database_at(path)
        _require_backup(backup)
        lost, kept, aside = 0, None, self._aside("before-restore")
        # Before there is a row that refers to one.
        blobs = self._parts.blobs.bring(backup.referred_blobs(), path)
        with self._parts.write_lock():
            if self._database.exists:
                lost = self._lost_by(path, is_forced=is_forced)
                kept = aside
            self._put(path, aside)
        if kept:
            self._save_blobs(kept)
        engine, caller = self._parts.open_engine(), self._parts.caller
        try:
            engine.prepare()
            imported = engine.run(ImportFile(force=True), caller)
            engine.flush(caller, is_whole=True)
        finally:
            engine.close()
        if kept:
            # Again, for the issues that only the file brought back.
            with self._parts.write_lock():
                self._database.fence_off(kept)
        return Restored(lost, kept, imported, blobs)

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
