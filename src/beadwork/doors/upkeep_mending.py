"""How doctor mends what it found: a backup first, then what lies around, the database, the rows."""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from beadwork.doors.upkeep_parts import Parts, Salvaged
from beadwork.engine import Engine
from beadwork.model import instants
from beadwork.model.errors import BeadworkError, StoreCorrupt, StoreTrouble
from beadwork.model.finding import Finding
from beadwork.ops.check import CHECKS, MendStore, Recover
from beadwork.ops.log import AppendLogs
from beadwork.ops.record import FoldLines, ListQuarantine
from beadwork.ops.record_file import ExportFile, ImportFile

FILE = ("file", "exported")
"""The checks of the file of records."""
_FOLD_LINES = 200
_BEFORE_THE_FILE = ("store-settings", "change-numbers", "documents", "orphans")


class Mending(NamedTuple):
    """What was mended, a sentence each, and where the store is as it was before."""

    done: list[str]
    backup: str | None


class Naming:
    """Names for what is put beside the store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def aside(self, what: str) -> str:
        """Return a path for a database that gives way."""
        stem = self._parts.database.path.removesuffix(".db")
        return self._free(f"{stem}-{what}-{self._stamp()}", "db")

    def backup_path(self, what: str = "", ending: str = "db") -> str:
        """Return a path for a new backup."""
        name = f"{what}-" if what else ""
        return self._free(f"{self._parts.folder}/backups/{name}{self._stamp()}", ending)

    def _free(self, stem: str, ending: str) -> str:
        """Return a path that nothing lies at."""
        path, count = f"{stem}.{ending}", 1
        while self._parts.around.is_file(path):
            count += 1
            path = f"{stem}-{count}.{ending}"
        return path

    def _stamp(self) -> str:
        text = instants.format_us(self._parts.now_us()).partition(".")[0].removesuffix("Z")
        return text.replace("-", "").replace(":", "") + "Z"


def save_blobs(parts: Parts, path: str) -> None:
    """Put the blobs of a copy beside it, as far as can be: it is worth something without, too."""
    with contextlib.suppress(BeadworkError):
        parts.blobs.save(parts.database_at(path).referred_blobs(), path)


class Mender:
    """Mends what one look found."""

    def __init__(self, parts: Parts, naming: Naming) -> None:
        self._parts = parts
        self._naming = naming
        self._database = parts.database

    def mend(self, found: Sequence[Finding], *, is_copied_raw: bool, backup: str | None) -> Mending:
        """Mend what was found, after a backup of the store as it is unless there is one."""
        names = [each.name for each in found]
        around = [name for name in names if name in self._parts.around.names]
        done = self._mend_around(around)
        rest = [name for name in names if name not in around]
        if not rest:
            return Mending(done, backup)
        backup = backup or self._back_up_first(is_copied_raw=is_copied_raw)
        if "integrity" in rest:
            done.append(f"integrity: {self._rebuild()}")
        elif "database" in rest:
            done.append(f"database: {self._settle_database()}")
        elif "schema" in rest:
            done += self._settle_schema()
        stored = [name for name in rest if name in {check.name for check in CHECKS}]
        is_file_meant = bool(set(rest) & set(FILE))
        if stored or is_file_meant:
            done += self._mend_inside(stored, is_file_meant=is_file_meant)
        return Mending(done, backup)

    def _mend_around(self, names: list[str]) -> list[str]:
        """Mend what lies around; where one thing can't be, the others are."""
        done = []
        for name in names:
            try:
                self._parts.around.mend(name)
            except BeadworkError as error:
                done.append(f"{name}: not, {error.message}")
            else:
                done.append(f"{name}: done")
        if "logs" in names:
            self._refill_logs()
        return done

    def _back_up_first(self, *, is_copied_raw: bool) -> str | None:
        if not self._database.exists:
            return None
        if is_copied_raw:
            path = self._naming.backup_path("as-it-was")
            self._database.copy_parts(path)
            return path
        path = self._naming.backup_path("doctor")
        self._database.copy_to(path)
        save_blobs(self._parts, path)
        return path

    def _refill_logs(self) -> None:
        """Write what the logs lack now; where the store can't be read, that is left for later."""
        with contextlib.suppress(BeadworkError):
            engine = self._parts.open_engine()
            try:
                engine.run(AppendLogs(verify=True), self._parts.caller)
            finally:
                engine.close()

    def _bring_up(self) -> None:
        engine = self._parts.open_engine()
        try:
            engine.prepare()
            engine.run(ImportFile(), self._parts.caller)
            engine.flush(self._parts.caller)
        finally:
            engine.close()

    def _settle_database(self) -> str:
        """Make it, or bring it up to this version; one that has not the tables of its own, anew."""
        try:
            self._bring_up()
        except StoreTrouble as error:
            if error.data.get("cause") != "SQLError":
                raise
            return self._remake()
        return "it is there, of this version"

    def _settle_schema(self) -> list[str]:
        """Make anew what is lacking; where that can't be, the whole database."""
        try:
            with self._parts.write_lock():
                made = self._database.settle_schema()
        except (StoreCorrupt, StoreTrouble):
            return [f"schema: {self._rebuild()}"]
        return [f"schema: made anew: {each}" for each in made]

    def _mend_inside(self, stored: list[str], *, is_file_meant: bool) -> list[str]:
        engine, caller = self._parts.open_engine(), self._parts.caller
        first = [name for name in stored if name in _BEFORE_THE_FILE]
        rest = [name for name in stored if name not in _BEFORE_THE_FILE]
        try:
            counts: dict[str, int] = {}
            if first:
                # First of all: what can't be read here may stand in the file.
                counts = dict(engine.run(MendStore(names=first), caller).counts)
            if is_file_meant or counts:
                # What can't be read of it goes to quarantine.
                self._settle_file(engine)
            if "quarantine" in stored:
                self._keep_quarantine(engine)
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
        path = self._naming.backup_path("quarantine", "log")
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
        copy = self._parts.database_at(self._naming.aside("mended"))
        try:
            self._database.copy_to(copy.path)
            if not copy.damage(is_deep=True) and not copy.lack().is_lossy:
                with self._parts.write_lock():
                    self._database.put(
                        copy.path,
                        aside=self._naming.aside("damaged"),
                        holder=self._parts.caller.holder,
                        at_us=self._parts.now_us(),
                    )
                self._bring_up()
                return "copied what is in it into a new database"
        except (StoreCorrupt, StoreTrouble):
            pass  # So much is damaged that it can only be read row by row.
        finally:
            self._parts.around.remove(copy.path)
        return self._remake()

    def _remake(self) -> str:
        """Make a database of the rows that can be read, and of the file."""
        found = self._database.salvage()
        with self._parts.write_lock():
            self._database.set_aside(self._naming.aside("damaged"))
        claims = self._refill(found)
        self._bring_up()
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
