"""What the daemon does by itself: each chore a method, which begins a thread where it is long."""

import time
from collections.abc import Callable
from typing import NamedTuple

from beadwork.daemon.changes import Changes
from beadwork.daemon.chores import Chores
from beadwork.daemon.log import Log
from beadwork.daemon.memory import give_back
from beadwork.daemon.seats import Seats
from beadwork.daemon.workers import Workers
from beadwork.engine import Caller, Engine
from beadwork.model import limits
from beadwork.model.errors import BeadworkError
from beadwork.ops.log import AppendLogs
from beadwork.ops.record_file import ExportFile
from beadwork.ops.search import IndexTexts

_LOOK_S = 1.0
_INDEX_AFTER_S = 1.0
_LOGS_AFTER_S = 0.5
_RETRY_FIRST_S = 5.0
_COLLECT_S = 3600.0
_GIT_PATIENCE_S = 600.0
"""So long an export waits for git to finish what it is in the middle of."""
_RETRY_LAST_S = 300.0


class Duties(NamedTuple):
    """What the chores look after."""

    writer: Engine
    seats: Seats
    readers: Workers
    changes: Changes
    log: Log
    caller: Caller
    is_current: Callable[[Engine], bool]
    """Tells whether the file is the one last seen."""
    refresh: Callable[[Engine], object]
    """Takes the file in."""
    adopt: Callable[[], bool]
    """Brings the writer to the project's words as they are now; tells whether they are others."""
    reset: Callable[[], None]
    """Forgets what was seen of the file: the database is another one."""
    lost: Callable[[], str]
    """Returns why this daemon serves nobody any more; empty if it does."""
    stop: Callable[[str], None]
    idle_s: Callable[[], float]
    """Returns how long nobody has asked for anything."""
    now: Callable[[], str]
    export_period_s: float
    idle_exit_s: float
    has_logs: Callable[[], bool]
    """Tells whether events and messages are written to files, too."""
    is_git_busy: Callable[[], bool]
    """Tells whether git is in the middle of something with the files of the project."""


class Upkeep:
    """The chores of one daemon."""

    def __init__(self, duties: Duties, chores: Chores) -> None:
        self._duties = duties
        self._chores = chores
        self._is_running: set[str] = set()
        self._retry_s = _RETRY_FIRST_S
        self._version = -1
        self._database = ""
        self._has_verified_logs = False
        self._held_s: float | None = None
        """Since when an export has been held back."""
        self.exported_at = ""
        self.committed_at = ""
        chores.add("watch", _LOOK_S, self.watch)
        chores.add("export", 0, self.export)
        chores.add("index", 0, self.index)
        chores.add("logs", 0, self.logs)
        chores.add("checkpoint", 0, self.checkpoint)
        chores.add("blobs", _COLLECT_S, self.collect_blobs)
        # What a daemon left that was killed.
        chores.hasten("export", duties.export_period_s)
        chores.hasten("index", _INDEX_AFTER_S)
        chores.hasten("logs")

    def committed(self) -> None:
        """Take note of a commit: what it changed is written to the file soon."""
        duties = self._duties
        self.committed_at = duties.now()
        duties.changes.note()
        self._chores.hasten("export", duties.export_period_s)
        self._chores.hasten("logs", _LOGS_AFTER_S)
        self._chores.postpone("index", _INDEX_AFTER_S)  # A search does it too, if it is asked for.
        if duties.writer.wants_checkpoint():
            self._chores.hasten("checkpoint")

    def watch(self) -> None:
        """Look at what others may have done: to the store, to the file, to us."""
        duties = self._duties
        reason = duties.lost()
        if not reason and duties.idle_s() > duties.idle_exit_s:
            reason = f"nobody asked for anything for {duties.idle_exit_s:g} s"
        if reason:
            duties.stop(reason)
            return
        try:
            self._look_at_store()
            if duties.adopt():
                duties.log.note("settings.changed")
                duties.seats.renew()
            if duties.writer.sweep_due():
                self.committed()
        except BeadworkError as error:
            duties.log.trouble("watch.failed", error)
        except Exception as error:  # noqa: BLE001 -- the daemon goes on
            duties.log.fault("watch", error)
        if not duties.is_current(duties.writer):
            self._begin("refresh", duties.refresh)

    def _look_at_store(self) -> None:
        """See whether another process wrote to the store, or put another one in its place."""
        duties = self._duties
        database = duties.writer.identity()
        if database != self._database:
            if self._database:
                duties.log.note("store.replaced")
                duties.seats.renew()
                duties.reset()
                duties.changes.tell_all()
            self._database = database
        version = duties.writer.foreign_version()
        if version != self._version:
            is_first, self._version = self._version < 0, version
            if not is_first:
                duties.changes.note()
                duties.changes.tell_all()
                self._chores.hasten("export", duties.export_period_s)
                self._chores.hasten("logs", _LOGS_AFTER_S)

    def export(self) -> None:
        """Write what has changed to the file, but for a while not under the hands of git."""
        now_s = time.monotonic()
        if not self._duties.is_git_busy():
            self._held_s = None
        elif now_s - (self._held_s or now_s) < _GIT_PATIENCE_S:
            self._held_s = self._held_s or now_s
            self._chores.hasten("export", _LOOK_S)
            return
        self._begin("export", self._export)

    def _export(self, engine: Engine) -> None:
        duties = self._duties
        answer = engine.run(ExportFile(), duties.caller)
        self._retry_s = _RETRY_FIRST_S
        if answer.is_written:
            self.exported_at = duties.now()
            duties.log.note("file.written", records=answer.exported, path=answer.path)
            give_back()

    def index(self) -> None:
        """Bring the index of texts up to date."""
        self._begin("index", lambda engine: engine.run(IndexTexts(), self._duties.caller))

    def logs(self) -> None:
        """Bring the logs up to the store; the first time, verify them before."""
        if self._duties.has_logs():
            self._begin("logs", self._append_logs)

    def _append_logs(self, engine: Engine) -> None:
        request = AppendLogs(verify=not self._has_verified_logs)
        answer = engine.run(request, self._duties.caller)
        self._has_verified_logs = True
        self._retry_s = _RETRY_FIRST_S
        for each in answer.mended:
            self._duties.log.note("log.mended", what=each)

    def collect_blobs(self) -> None:
        """Let the contents go that nothing has referred to for a long time."""
        self._begin("blobs", self._collect_blobs)

    def _collect_blobs(self, engine: Engine) -> None:
        # Late import: it is done once an hour.
        from beadwork.ops.blob_upkeep import GcBlobs

        request = GcBlobs(older_than_s=limits.BLOB_KEPT_S)
        answer = engine.run(request, self._duties.caller)
        if answer.digests:
            count, freed = len(answer.digests), answer.freed_bytes
            self._duties.log.note("blobs.collected", blobs=count, freed_bytes=freed)

    def checkpoint(self) -> None:
        """Move the log of the database into it."""
        self._begin("checkpoint", lambda engine: engine.checkpoint())

    def _begin(self, name: str, work: Callable[[Engine], object]) -> None:
        """Do something in a thread, unless it is being done; what fails is tried again later."""
        if name in self._is_running:
            self._chores.hasten(name if name != "refresh" else "watch", _LOOK_S)
            return
        self._is_running.add(name)

        def run() -> None:
            try:
                with self._duties.seats.taken() as engine:
                    work(engine)
            except BeadworkError as error:
                self._duties.log.trouble(f"{name}.failed", error, retry_s=self._retry_s)
                self._retry(name)
            except Exception as error:  # noqa: BLE001 -- a thread of ours ends with a line in the log
                self._duties.log.fault(name, error)
                self._retry(name)
            finally:
                self._is_running.discard(name)

        if not self._duties.readers.begin(run):
            self._is_running.discard(name)
            self._retry(name)

    def _retry(self, name: str) -> None:
        if name in ("export", "index", "logs"):
            self._chores.hasten(name, self._retry_s)
            self._retry_s = min(self._retry_s * 2, _RETRY_LAST_S)
