"""The daemons of this user as others see them: asked, started, stopped, listed (rules R10, R14)."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

import msgspec

from beadwork.compose import reach, starting
from beadwork.compose.engines import now_us
from beadwork.compose.places import require_store
from beadwork.doors.world import Starting
from beadwork.model.errors import (
    BeadworkError,
    DaemonFailed,
    DaemonRunning,
    ForeignDaemon,
    InvalidField,
    NotFound,
    Unavailable,
)
from beadwork.model.instants import duration_s
from beadwork.sync import config, registry, runtime
from beadwork.sync.daemon_log import added_lines, last_lines
from beadwork.sync.locate import Place, locate, place_of
from beadwork.sync.locks import refuse_foreign

_ANSWER_S = 30.0
_HELLO_S = 2.0
_START_S = 30.0
_STOP_S = 60.0
_LOOK_S = 0.005
_CHUNK = 1 << 16
_NOTHING: Mapping[str, str] = MappingProxyType({})

Become = Callable[[Place, Starting], None]
"""Serves a store from this process."""


class AroundDaemons(Protocol):
    """What of the world matters here."""

    environ: Mapping[str, str]
    is_served: bool
    become_daemon: Become

    def full_path(self, path: str) -> str:
        """Return the absolute path of what the user named."""

    def wish(self, settings: config.Settings) -> reach.Wish:
        """Return what is wished of daemons."""


class StoreDaemon:
    """The daemon of one store, whether or not it runs. It satisfies `world.Daemon`."""

    def __init__(self, place: Place, environ: Mapping[str, str], become: Become) -> None:
        self._become = become
        self._place = place
        self._environ = environ
        paths = runtime.daemon_paths(place)
        named = environ.get("BD_SOCKET", "")
        self._paths = paths._replace(socket=named) if named else paths
        self.folder = place.folder
        self.workspace = place.work_tree or os.path.dirname(place.folder)
        self.database = place.database

    @property
    def command(self) -> list[str]:
        """Return the command line that runs it."""
        return starting.command(self._place)

    @property
    def log_path(self) -> str:
        """Return where its log is."""
        return self._paths.log

    @property
    def holder(self) -> Mapping[str, Any]:
        """Return what the process that holds its lock says of itself; empty if none does."""
        found = runtime.holder_of(self._paths.lock)
        return found if runtime.is_held(self._paths.lock) else {}

    @property
    def socket_path(self) -> str:
        """Return where it listens."""
        return str(self.holder.get("socket") or self._paths.socket)

    @property
    def is_alive(self) -> bool:
        """Tell whether a process holds its lock."""
        return runtime.is_held(self._paths.lock)

    @property
    def is_foreign(self) -> bool:
        """Tell whether it is classic's: ours writes its socket into the lock."""
        holder = self.holder
        return bool(holder) and "socket" not in holder

    @property
    def is_starting(self) -> bool:
        """Tell whether somebody starts it right now."""
        return runtime.is_held(self._paths.start_lock)

    @property
    def is_stopped(self) -> bool:
        """Tell whether it was stopped, and is not to be started by commands."""
        return os.path.exists(self._paths.stopped)

    @property
    def failure(self) -> str:
        """Return why it could not be started the last time; empty if it could."""
        return runtime.failure_of(self._paths).error

    @property
    def retry_s(self) -> float:
        """Return how long commands will not try to start it."""
        return runtime.failure_of(self._paths).wait_s(now_us())

    # -- asking

    def ask(self, operation: str) -> dict[str, Any] | None:
        """Ask for one of its own operations; None if it doesn't answer.

        Raises:
            Unavailable: it answers with an error.
        """
        try:
            line = self._exchange(operation)
        except OSError:
            return None
        try:
            answer = msgspec.json.decode(line)
        except msgspec.MsgspecError:
            return None
        if not isinstance(answer, dict) or not answer.get("success"):
            said = answer.get("error") if isinstance(answer, dict) else ""
            raise Unavailable(f"The daemon refused `{operation}`: {said}")
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _exchange(self, operation: str) -> bytes:
        path = self.socket_path
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(_HELLO_S)
            client.connect(os.readlink(path) if os.path.islink(path) else path)
            client.settimeout(self._answer_s())
            client.sendall(msgspec.json.encode({"operation": operation, "args": {}}) + b"\n")
            came = b""
            while not came.endswith(b"\n"):
                part = client.recv(_CHUNK)
                if not part:
                    raise ConnectionError
                came += part
        return came

    def _answer_s(self) -> float:
        """Return how long an answer is waited for: classic's BEADS_DAEMON_REQUEST_TIMEOUT."""
        with contextlib.suppress(BeadworkError):
            return duration_s(self._environ.get("BEADS_DAEMON_REQUEST_TIMEOUT", "")) or _ANSWER_S
        return _ANSWER_S

    # -- starting

    def _require_startable(self) -> None:
        """Refuse to start a daemon where there is to be none, or where there is one.

        Raises:
            InvalidField: the settings switch it off.
            DaemonRunning: it runs.
            ForeignDaemon: classic's does.
            NoStore: there is no store.
            InvalidPath: the database is another program's.
        """
        place = self._place
        require_store(place)
        owner = os.stat(place.folder).st_uid
        if owner != os.geteuid():
            refuse_foreign(place.folder, owner)
        settings = config.load(place.folder)
        if reach.mode_of(settings) == "off":
            raise InvalidField(
                "The settings switch the daemon off",
                hint="`bd config set daemon auto` lets it run; see also no-daemon.",
                field="daemon",
            )
        if self.is_foreign:
            _refuse_classic(self.holder)
        if self.is_alive:
            pid = self.holder.get("pid")
            raise DaemonRunning(f"A daemon of this store is running already (pid {pid})", pid=pid)

    def start(self, wanted: Starting) -> None:
        """Start it, and wait until it serves.

        Raises:
            DaemonFailed: it can't be started.
        """
        self._require_startable()
        lock = self._start_lock()
        try:
            self._require_startable()  # somebody else may have started it
            runtime.forget(self._paths.stopped)
            runtime.forget(self._paths.error)
            pid = starting.spawn(self._place, lock, now_us(), _words(wanted))
        except OSError as error:
            raise DaemonFailed(f"The daemon could not be started: {error.strerror}") from error
        finally:
            os.close(lock)
        self._await_start(pid)

    def _start_lock(self) -> int:
        """Take the lock of a start; wait for one that is under way.

        Raises:
            DaemonFailed: it can't be had.
        """
        end = time.monotonic() + _START_S
        try:
            while (lock := runtime.taken_lock(self._paths.start_lock)) is None:
                if time.monotonic() >= end:
                    raise DaemonFailed("Another start of the daemon takes too long")
                time.sleep(_LOOK_S)
        except OSError as error:
            raise DaemonFailed(
                f"The daemon could not be started: {self.folder}: {error.strerror}"
            ) from error
        return lock

    def _await_start(self, pid: int) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            if self.holder.get("pid") == pid and self._is_answering():
                return
            ended, _ = os.waitpid(pid, os.WNOHANG)
            if ended:
                if self.is_alive and self._is_answering():
                    return  # another was faster
                raise DaemonFailed(f"The daemon could not be started: {self.failure}")
            time.sleep(_LOOK_S)
        raise DaemonFailed(f"The daemon does not answer (pid {pid})", pid=pid)

    def _is_answering(self) -> bool:
        with contextlib.suppress(BeadworkError):
            return self.ask("hello") is not None
        return False

    def run(self, wanted: Starting) -> None:
        """Be it, until it ends.

        Raises:
            BeadworkError: it can't be.
        """
        self._require_startable()
        runtime.forget(self._paths.stopped)
        starting.settle_environment()
        self._become(self._place, wanted)

    # -- stopping

    def stop(self, *, is_forced: bool = False, is_final: bool = True) -> bool:
        """End it, and return when its process is gone; tell whether there was one.

        `is_final`: commands don't start it again.

        Raises:
            ForeignDaemon: it is classic's.
            Unavailable: it does not end.
        """
        if self.is_foreign:
            _refuse_classic(self.holder)
        if is_final:
            runtime.put_mark(self._paths.stopped)
        if not self.is_alive:
            return False
        pid = self._pid()
        if not self._was_asked_to_end():
            self._signal(pid, signal.SIGTERM)
        if self._is_gone_within(_STOP_S):
            return True
        if is_forced and self._signal(pid, signal.SIGKILL) and self._is_gone_within(_STOP_S):
            return True
        raise Unavailable(
            f"The daemon (pid {pid}) does not end",
            hint="`bd daemon killall --force` kills it: what was acknowledged is kept.",
            pid=pid,
        )

    def _pid(self) -> int:
        found = self.holder.get("pid")
        return found if isinstance(found, int) else 0

    def _was_asked_to_end(self) -> bool:
        with contextlib.suppress(BeadworkError):
            return self.ask("shutdown") is not None
        return False

    def _signal(self, pid: int, number: int) -> bool:
        """Signal the process, if it can be told to be the daemon."""
        if pid <= 1 or not _is_daemon(pid):
            return False
        with contextlib.suppress(OSError):
            os.kill(pid, number)
            return True
        return False

    def _is_gone_within(self, limit_s: float) -> bool:
        """Wait for its lock, which it keeps as long as it lives."""
        end = time.monotonic() + limit_s
        while runtime.is_held(self._paths.lock):
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK_S)
        return True

    # -- its log

    def log_lines(self, count: int) -> list[str]:
        """Return the last lines of its log.

        Raises:
            FileTrouble: there is none.
        """
        return last_lines(self.log_path, count)

    def log_follow(self) -> Iterator[str]:
        """Yield the lines that are added to its log, for ever."""
        return added_lines(self.log_path)


class UserDaemons:
    """The daemons of this user. It satisfies `world.Daemons`."""

    def __init__(self, world: AroundDaemons, place: Callable[[], Place]) -> None:
        self._world = world
        self._place = place

    @property
    def is_served(self) -> bool:
        """Tell whether this command runs in the daemon."""
        return self._world.is_served

    @property
    def reason(self) -> str:
        """Return why this command does not run in the daemon, in classic's word."""
        if self.is_served:
            return "none"
        settings = config.load(self._place().folder, self._world.environ)
        why = self._world.wish(settings).why
        if why == "flag_no_daemon" or self.own().is_alive:
            return why or "connect_failed"
        return why or ("auto_start_failed" if self.own().failure else "connect_failed")

    def own(self) -> StoreDaemon:
        """Return that of the store that is meant.

        Raises:
            NoStore: there is none.
        """
        return self._daemon(self._place(), self._world.environ)

    def _daemon(self, place: Place, environ: Mapping[str, str] = _NOTHING) -> StoreDaemon:
        return StoreDaemon(place, environ, self._world.become_daemon)

    def named(self, target: str) -> StoreDaemon:
        """Return that of a folder, or of a process.

        Raises:
            NotFound: there is none.
        """
        if target.isdigit() and not os.path.exists(self._world.full_path(target)):
            for each in self.known():
                if each.holder.get("pid") == int(target):
                    return each
            raise NotFound(f"No daemon runs as process {target}", hint="See `bd daemon list`.")
        folder = self._world.full_path(target)
        if not os.path.isdir(folder):
            raise NotFound(f"There is no folder {target}", hint="See `bd daemon list`.")
        if os.path.basename(folder) == ".beads":
            return self._daemon(place_of(folder))
        environ = {"HOME": self._world.environ.get("HOME", "")}
        place = locate(folder, environ)
        path = config.load(place.folder).text("store.path")
        return self._daemon(place.with_path(path, environ))

    def known(self, *, roots: Sequence[str] = (), is_cleaned: bool = True) -> list[StoreDaemon]:
        """Return those that are listed, this store's, and those below some folders, if they run."""
        found: dict[str, StoreDaemon] = {}
        environ = self._world.environ
        for entry in registry.all_listed(environ):
            try:
                daemon = self._daemon(place_of(entry.listed.folder, entry.listed.database))
            except BeadworkError:
                continue  # What is wrong with the store is told by its own commands.
            if daemon.is_alive:
                found[daemon.database] = daemon
            elif is_cleaned:
                registry.drop(entry)
        with contextlib.suppress(BeadworkError):
            own = self.own()
            if own.is_alive:
                found.setdefault(own.database, own)
        for root in roots:
            for folder in registry.stores_below(self._world.full_path(root)):
                with contextlib.suppress(BeadworkError):
                    daemon = self._daemon(place_of(folder))
                    if daemon.is_alive:
                        found.setdefault(daemon.database, daemon)
        return [found[each] for each in sorted(found)]


def _refuse_classic(holder: Mapping[str, Any]) -> NoReturn:
    """Refuse what can't be done beside a classic daemon (R14).

    Raises:
        ForeignDaemon: always.
    """
    raise ForeignDaemon(
        f"A classic daemon (pid {holder.get('pid')}, version {holder.get('version')}) "
        "serves this folder",
        pid=holder.get("pid"),
    )


def _is_daemon(pid: int) -> bool:
    """Tell whether a process is a daemon, and not one that got its number since."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"daemon" in file.read()
    except OSError:
        return not os.path.isdir("/proc/self")


def _words(wanted: Starting) -> list[str]:
    """Return what a daemon's command line says of how it is to run."""
    given = {"--interval": wanted.interval, "--idle-exit": wanted.idle_exit, "--log": wanted.log}
    return [f"{name}={value}" for name, value in given.items() if value]
