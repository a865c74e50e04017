"""Builds the daemon of one store and runs it to its end."""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from beadwork import __version__
from beadwork.compose.direct import DirectWorld
from beadwork.compose.engines import new_fault_log, now_us, open_engine, words_of
from beadwork.compose.freshness import Freshness
from beadwork.compose.served import Home, SeatEngine, serve
from beadwork.daemon.answers import JsonAnswers, Surroundings
from beadwork.daemon.changes import Changes
from beadwork.daemon.chores import Chores
from beadwork.daemon.exchange import Exchange
from beadwork.daemon.followers import Followers
from beadwork.daemon.life import LifeLock, SocketFile
from beadwork.daemon.log import Log
from beadwork.daemon.loop import Bounds, Loop, Parts
from beadwork.daemon.memory import share_arenas
from beadwork.daemon.metrics import Metrics
from beadwork.daemon.own import Facts, OwnOperations
from beadwork.daemon.seats import Seats
from beadwork.daemon.upkeep import Duties, Upkeep
from beadwork.daemon.waits import Waits
from beadwork.daemon.workers import Workers
from beadwork.daemon.writes import WriteQueue
from beadwork.doors.classic import ClassicDoor
from beadwork.doors.world import Options
from beadwork.engine import Caller, Engine
from beadwork.model.claim import ITSELF, Holder, require_holder
from beadwork.model.errors import BeadworkError, DatabaseMismatch, Fault
from beadwork.model.instants import format_us
from beadwork.ops.log import AppendLogs
from beadwork.store.sqlite import Opener
from beadwork.sync import config, git, registry
from beadwork.sync.runtime import daemon_paths, holder_of, pid_file

_CALLS_MAX = 10_000
_COMMANDS_MAX = 512
_READERS_MAX = 8
_WAITING_MAX = 1000
_THREAD_IDLE_S = 60.0
_DRAIN_S = 10.0
_DESCRIPTORS = 8192
_SEAT_CACHE_KIB = 2000
"""What a thread keeps of the database in memory; the system keeps the rest for all."""
_SWITCH_S = 0.0005
"""How long a thread may keep the interpreter from others: a long list shall not hold up writes."""
_GARBAGE = (1_000, 10, 500)
"""When Python looks for cycles: often among the new, seldom among all, which holds up writes."""
_CALLER = Caller(ITSELF)


class Wanted(NamedTuple):
    """How a daemon is to run."""

    export_period_s: float = 5.0
    idle_exit_s: float = 1800.0
    connections_max: int = 1000
    echo: Callable[[str], None] | None = None
    """Gets each line of the log too."""
    log: str = ""
    """Where the log is to be, if not beside the store."""
    on_start: Callable[[], None] = lambda: None
    """Called once it serves."""
    keeps_lock: bool = False
    """Whether the lock goes with the process, so that who waits for it knows that it is gone."""


class Seams(NamedTuple):
    """What tests replace: the time of the store, and the file system below its database."""

    clock: Callable[[], int] = now_us
    opener: Opener | None = None


class DaemonProcess:
    """The daemon of one store, in this process."""

    def __init__(
        self,
        world: DirectWorld,
        options: Options,
        wanted: Wanted,
        seams: Seams = Seams(),  # noqa: B008 -- it can't be changed
    ) -> None:
        self._seams = seams
        self._place = world.place(options)
        self._paths = daemon_paths(self._place)
        self._wanted = wanted
        self._world = world
        self._settings = config.load(self._place.folder, world.environ)
        self._changes = Changes()
        self._chores = Chores(on_fault=self._note_fault)
        self._metrics = Metrics()
        self._queue = WriteQueue(calls_max=_CALLS_MAX)
        self._commands = _workers("command", _COMMANDS_MAX)
        self._readers = _workers("reader", _READERS_MAX)
        self._freshness = Freshness(world.peek)
        self._seats = Seats(self._new_seat)
        self._writer = open_engine(
            self._place,
            clock=seams.clock,
            opener=seams.opener,
            settings=self._settings,
            current=lambda: self._settings,
            has_checkpoints=False,
        )
        self._writer.on_woken = self._changes.tell
        self._started_at = format_us(now_us())
        self._client_s = time.monotonic()
        self._client_us = now_us()
        self.log = Log(
            wanted.log or self._paths.log,
            now=_now,
            fault_log=new_fault_log(self._place.folder),
            echo=wanted.echo,
        )
        self._words_from = self._settings.sources
        self._lock = LifeLock(self._paths.lock, holder_of)
        self._socket_path = world.environ.get("BD_SOCKET") or self._paths.socket
        self._socket = SocketFile(self._socket_path)

    def run(self) -> None:
        """Hold the lock, serve, and end when there is a reason to.

        Raises:
            DaemonRunning: another process serves this store.
            ForeignDaemon: another program does.
        """
        self._lock.hold(self._facts())
        entry = registry.Listed(self._place.folder, self._place.database, os.getpid())
        try:
            with (
                contextlib.closing(self._socket.listen()) as listener,
                registry.listed(entry, self._world.environ),
                pid_file(self._paths.pid),
            ):
                self._serve(listener)
        finally:
            self._lock.release(keeps_lock=self._wanted.keeps_lock)

    def _facts(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "parent_pid": os.getppid(),
            "database": self._place.database,
            "version": __version__,
            "started_at": self._started_at,
            "socket": self._socket_path,
        }

    def _serve(self, listener: socket.socket) -> None:
        self._connections_max = min(self._wanted.connections_max, _descriptor_limit() // 4)
        sys.setswitchinterval(_SWITCH_S)
        share_arenas()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        self._writer.prepare()
        loop = self._built(listener)
        with _signals(loop):
            self.log.note("daemon.started", pid=os.getpid(), version=__version__)
            self._wanted.on_start()
            try:
                loop.run()
            finally:
                self._end(loop)

    def _end(self, loop: Loop) -> None:
        """Answer what has begun, write the file, let go of everything."""
        self._socket.unlink()
        self.log.note("daemon.ending", reason=loop.stop_reason)
        self._changes.end()
        loop.drain(_DRAIN_S)
        with self._at_end("the file"):
            # Under the hands of git it is left to the next command.
            if not git.is_busy(self._place.folder):
                self._writer.flush(_CALLER)
        with self._at_end("the logs"):
            if self._has_logs():
                self._writer.run(AppendLogs(), _CALLER)
        with self._at_end("the log of the database"):
            self._writer.checkpoint()
        loop.close()
        self._seats.renew()
        self._writer.close()
        self.log.note("daemon.ended", pid=os.getpid())

    @contextlib.contextmanager
    def _at_end(self, what: str) -> Iterator[None]:
        try:
            yield
        except BeadworkError as error:
            self.log.trouble("end.failed", error, what=what)

    # -- the parts

    def _built(self, listener: socket.socket) -> Loop:
        answers = self._answers()
        loop = Loop(
            Parts(
                listener=listener,
                writer=self._writer,
                queue=self._queue,
                commands=self._commands,
                run_command=self._run_command,
                answers=answers,
                chores=self._chores,
                metrics=self._metrics,
                log=self.log,
                on_commit=lambda: self._upkeep.committed(),
                on_request=self._note_client,
                version=__version__,
                on_version=self._serves,
                bounds=Bounds(connections_max=self._connections_max),
            )
        )
        self._loop = loop
        self._upkeep = Upkeep(self._duties(loop), self._chores)
        own = self._own_operations(loop)
        answers.own.update(own.at_once())
        answers.slow.update(own.in_thread())
        answers.in_batches.update(own.in_batches())
        answers.streams["event.follow"] = Followers(
            self._seats, self._changes, loop.post, self.log
        ).begin
        return loop

    def _answers(self) -> JsonAnswers:
        around = Surroundings(
            writer=self._writer,
            queue=self._queue,
            seats=self._seats,
            readers=self._readers,
            post=lambda work: self._loop.post(work),
            metrics=self._metrics,
            log=self.log,
            caller=self._caller,
            check_database=self._check_database,
            is_current=self._freshness.is_current,
            refresh=self._refresh,
            waits=Waits(
                self._queue,
                self._changes,
                self._chores,
                post=lambda work: self._loop.post(work),
                left_s=self._writer.left_s,
            ),
        )
        return JsonAnswers(around, ClassicDoor(self._world, Options()))

    def _refresh(self, engine: Engine) -> object:
        return self._freshness.refresh(engine, _CALLER)

    def _duties(self, loop: Loop) -> Duties:
        return Duties(
            writer=self._writer,
            seats=self._seats,
            readers=self._readers,
            changes=self._changes,
            log=self.log,
            caller=_CALLER,
            is_current=self._freshness.is_current,
            refresh=self._refresh,
            adopt=self._adopt_now,
            reset=self._freshness.reset,
            lost=self._lost,
            stop=loop.stop,
            idle_s=lambda: self._idle_s(loop),
            now=_now,
            export_period_s=self._wanted.export_period_s,
            idle_exit_s=self._wanted.idle_exit_s,
            has_logs=self._has_logs,
            is_git_busy=lambda: git.is_busy(self._place.folder),
        )

    def _note_fault(self, chore: str, error: Exception) -> None:
        if isinstance(error, BeadworkError):
            self.log.note("chore.failed", chore=chore, error=error.message)
        else:
            self.log.fault(f"the chore {chore}", error)

    def _has_logs(self) -> bool:
        return config.load(self._place.folder, self._world.environ).has_logs

    def _own_operations(self, loop: Loop) -> OwnOperations:
        facts = Facts(
            version=__version__,
            workspace=self._place.work_tree or os.path.dirname(self._place.folder),
            database=self._place.database,
            socket=self._socket_path,
            log_path=self.log.path,
            started_at=self._started_at,
            export_period_s=self._wanted.export_period_s,
            connections_max=self._connections_max,
            connections=lambda: loop.connections,
            client_at=lambda: format_us(self._client_us),
            exported_at=lambda: self._upkeep.exported_at,
            committed_at=lambda: self._upkeep.committed_at,
        )
        return OwnOperations(
            facts,
            queue=self._queue,
            workers={"commands": self._commands, "readers": self._readers},
            metrics=self._metrics,
            log=self.log,
            stop=loop.stop,
        )

    def _new_seat(self) -> Engine:
        seat = open_engine(
            self._place,
            clock=self._seams.clock,
            opener=self._seams.opener,
            settings=self._settings,
            vocabulary=self._writer.vocabulary,
            kind=SeatEngine,
            cache_kib=_SEAT_CACHE_KIB,
        )
        if isinstance(seat, SeatEngine):
            seat.submit = self._queue.submit
            seat.words = lambda: self._writer.vocabulary
        return seat

    # -- clients

    def _run_command(self, exchange: Exchange) -> None:
        begun = time.perf_counter()
        home = Home(
            self._place, os.environ.get("TZ", ""), self._freshness, self._changes, self._adopt
        )
        try:
            with self._seats.taken() as engine:
                code = serve(home, exchange, engine)
        except Exception as error:  # noqa: BLE001 -- one command fails, and the daemon goes on
            number = self.log.fault("a command", error)
            said = f"Error: Beadwork failed (report {number})\n"
            exchange.error_output(said.encode())
            code = Fault.exit_code
            exchange.leave(code)
        seconds = time.perf_counter() - begun
        self._metrics.note_request("command", seconds, has_failed=code != 0)

    def _adopt(self, engine: Engine, settings: config.Settings) -> None:
        """Bring an engine, and the writer first, to the project's words as they are now."""
        if settings.sources != self._words_from:
            self._loop.ask(lambda: self._adopt_in_loop(settings))
        if engine.vocabulary != self._writer.vocabulary:
            engine.adopt(self._writer.vocabulary)

    def _adopt_now(self) -> bool:
        """Look at the settings; tell whether the writer has other words because of them."""
        return self._adopt_in_loop(config.load(self._place.folder, self._world.environ))

    def _adopt_in_loop(self, settings: config.Settings) -> bool:
        if settings.sources == self._words_from:
            return False
        self._words_from = settings.sources
        self._settings = settings
        words = words_of(self._place, settings)
        is_other = words != self._writer.vocabulary
        if is_other:
            self._writer.adopt(words)
        # Also where the words are the same: the seats know other settings too.
        self._seats.renew()
        return is_other

    def _caller(self, actor: str, session: str, key: str) -> Caller:
        actor = actor or self._world.caller(Options()).holder.actor
        return Caller(require_holder(Holder(actor, session)), key)

    def _check_database(self, path: str) -> None:
        """Refuse a request that is meant for another store; any file of this folder will do."""
        folder = os.path.dirname(os.path.realpath(path.replace("\0", "")))
        own = {os.path.realpath(self._place.folder), os.path.dirname(self._place.database)}
        if folder not in own:
            raise DatabaseMismatch(
                f"database mismatch: this daemon serves {self._place.database}, not {path}",
                path=path,
            )

    def _serves(self, version: str) -> bool:
        """Tell whether a client of a version is served; for a newer one this daemon makes room."""
        if _key_of(version) > _key_of(__version__):
            self._loop.stop(f"a client of version {version} makes room for its own")
            return False
        return True

    def _note_client(self) -> None:
        self._client_s = time.monotonic()
        self._client_us = now_us()

    def _idle_s(self, loop: Loop) -> float:
        if loop.connections or self._commands.busy:
            return 0.0
        return time.monotonic() - self._client_s

    def _lost(self) -> str:
        """Return why nobody can find this daemon any more; empty if they can."""
        if not os.path.isdir(self._place.folder):
            return "the folder of the store is gone"
        if not self._lock.is_in_place():
            return "the lock file is another one"
        if not self._socket.is_in_place():
            return "the socket is gone"
        return ""


def _now() -> str:
    return format_us(now_us())


def _workers(name: str, threads_max: int) -> Workers:
    return Workers(name, threads_max=threads_max, waiting_max=_WAITING_MAX, idle_s=_THREAD_IDLE_S)


def _key_of(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by; what is no version is older than all."""
    parts = version.split(".")
    return tuple(int(each) for each in parts) if all(each.isdigit() for each in parts) else ()


def _descriptor_limit() -> int:
    """Return how many descriptors we may have, after asking for many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft


@contextlib.contextmanager
def _signals(loop: Loop) -> Iterator[None]:
    """End in good order at SIGTERM and SIGINT; go on when a terminal closes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        loop.stop(f"signal {signal.Signals(number).name}")

    before = [
        (each, signal.signal(each, handler))
        for each, handler in (
            (signal.SIGTERM, end),
            (signal.SIGINT, end),
            (signal.SIGHUP, signal.SIG_IGN),
        )
    ]
    waker = signal.set_wakeup_fd(loop.wake_descriptor, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(waker)
        for each, handler in before:
            signal.signal(each, handler)
