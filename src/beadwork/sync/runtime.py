"""Where the files of a running daemon are: its lock, its socket, its log (classic-bd.md 5.2)."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from beadwork.sync.locate import DATABASE, Place

_FIRST_WAIT_S = 5.0
_LAST_WAIT_S = 300.0
_DOUBLINGS_MAX = 10
MARK = ".beadwork-mark-"
"""How a mark is named while it is written; the number of the process follows."""


class DaemonPaths(NamedTuple):
    """The files of the daemon of one store, all in the store's folder."""

    lock: str
    socket: str
    log: str
    pid: str
    start_lock: str
    error: str
    stopped: str


def daemon_paths(place: Place) -> DaemonPaths:
    """Return where the files of a store's daemon are; databases in one folder have their own."""
    base = os.path.basename(place.database)
    is_here = os.path.dirname(place.database) == place.folder
    start = "" if base == DATABASE or not is_here else f"{base}."

    def at(name: str) -> str:
        return os.path.join(place.folder, start + name)

    return DaemonPaths(
        lock=at("daemon.lock"),
        socket=at("bd.sock"),
        log=at("daemon.log"),
        pid=at("daemon.pid"),
        start_lock=at("start.lock"),
        error=at("daemon-error"),
        stopped=at("daemon.stopped"),
    )


class Failure(msgspec.Struct, frozen=True):
    """Starts of a daemon that failed, one after the other."""

    count: int = 0
    at_us: int = 0
    """When the last of them was."""
    since_us: int = 0
    error: str = ""

    def wait_s(self, now_us: int) -> float:
        """Return how long no other start is to be tried; 0: it may be now.

        A time that lies ahead comes of a clock that was set back, and counts for nothing.
        """
        if not self.count or self.at_us > now_us:
            return 0.0
        whole_s = min(_FIRST_WAIT_S * float(2 ** min(self.count - 1, _DOUBLINGS_MAX)), _LAST_WAIT_S)
        return max(0.0, whole_s - (now_us - self.at_us) / 1_000_000)


def failure_of(paths: DaemonPaths) -> Failure:
    """Return what is noted of failed starts."""
    try:
        with open(paths.error, "rb") as file:
            return msgspec.json.decode(file.read(), type=Failure)
    except (OSError, msgspec.MsgspecError):
        return Failure()


def note_attempt(paths: DaemonPaths, now_us: int) -> None:
    """Note a start as failed until it succeeds: whoever dies on the way can't note it.

    Raises:
        OSError: it can't be noted.
    """
    before = failure_of(paths)
    noted = Failure(
        count=before.count + 1,
        at_us=now_us,
        since_us=before.since_us or now_us,
        error=before.error or "it was begun and did not come up",
    )
    _write(paths.error, msgspec.json.encode(noted))


def note_reason(paths: DaemonPaths, reason: str, now_us: int) -> None:
    """Note why a start failed; what can't be noted is lost."""
    before = failure_of(paths)
    noted = Failure(max(before.count, 1), now_us, before.since_us or now_us, reason)
    with contextlib.suppress(OSError):
        _write(paths.error, msgspec.json.encode(noted))


def forget(path: str) -> None:
    """Remove a mark, if it is there."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def put_mark(path: str, text: str = "") -> None:
    """Leave a mark; where that can't be done, there is none."""
    with contextlib.suppress(OSError):
        _write(path, text.encode())


@contextlib.contextmanager
def pid_file(path: str) -> Iterator[None]:
    """Have a file say which process this is, as classic's does, as long as it runs."""
    put_mark(path, f"{os.getpid()}\n")
    try:
        yield
    finally:
        forget(path)


def _write(path: str, content: bytes) -> None:
    """Replace a small file, so that nobody reads half of it."""
    beside = os.path.join(os.path.dirname(path), f"{MARK}{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.closing(os.fdopen(descriptor, "wb")) as file:
            file.write(content)
        os.replace(beside, path)
    except OSError:
        # On a full disk an empty file would stay for each process.
        forget(beside)
        raise


def holder_of(path: str) -> dict[str, Any]:
    """Return what the holder of a daemon's lock wrote down; empty if nothing can be read."""
    try:
        with open(path, "rb") as file:
            found = msgspec.json.decode(file.read())
    except (OSError, msgspec.MsgspecError):
        return {}
    return found if isinstance(found, dict) else {}


def is_held(path: str) -> bool:
    """Tell whether a process holds the lock of a daemon."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_alive(path: str) -> bool:
    """Tell whether a daemon lives; a look that seldom touches the lock of one that begins."""
    try:
        is_empty = os.stat(path).st_size == 0
    except OSError:
        return False
    return not is_empty and is_held(path)


def taken_lock(path: str) -> int | None:
    """Take a lock if it is free; return the descriptor that holds it.

    Raises:
        OSError: there can't be one.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
