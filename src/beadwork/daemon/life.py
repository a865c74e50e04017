"""The lock and the socket of a daemon, for as long as it lives (rules R10, R14)."""

import contextlib
import errno
import fcntl
import hashlib
import os
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

import msgspec

from beadwork.model.errors import DaemonRunning, ForeignDaemon

_PATH_BYTES_MAX = 100
_BACKLOG = 512
_PROBE_S = 0.5
_LOOKERS_S = 1.0
_LOOK_S = 0.002


class LifeLock:
    """A file whose lock is held for life, so that there is no second daemon.

    It is classic's `daemon.lock`, in classic's form: neither program starts beside the other.
    """

    def __init__(self, path: str, holder_of: Callable[[str], dict[str, Any]]) -> None:
        self.path = path
        self._holder_of = holder_of
        self._descriptor = -1

    def hold(self, facts: dict[str, Any]) -> None:
        """Take the lock, and write down who has it.

        Raises:
            DaemonRunning: another process holds it.
            ForeignDaemon: a classic daemon does.
        """
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            self._acquire(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(facts) + b"\n", 0)

    def _acquire(self, descriptor: int) -> None:
        """Lock the file; who only looks whether it is locked holds it for a moment."""
        end = time.monotonic() + _LOOKERS_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self._holder_of(self.path)
                if _lives(holder.get("pid")) or time.monotonic() >= end:
                    raise _refusal(holder) from None
                time.sleep(_LOOK_S)
            else:
                return

    def is_in_place(self) -> bool:
        """Tell whether the file is still the one that was locked."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self._descriptor))
        except OSError:
            return False

    def release(self, *, keeps_lock: bool = False) -> None:
        """Let the lock go. The file stays, empty: to remove it would let two have it.

        `keeps_lock`: the system takes it from the process when that is gone.
        """
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        if not keeps_lock:
            os.close(self._descriptor)


def _lives(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _refusal(holder: dict[str, Any]) -> DaemonRunning | ForeignDaemon:
    """Return why there can't be a second daemon; ours writes its socket into the lock."""
    if holder and "socket" not in holder:
        return ForeignDaemon(
            f"A classic daemon (pid {holder.get('pid')}) serves this folder",
            holder=holder,
        )
    return DaemonRunning(holder=holder)


class SocketFile:
    """The socket of a store. Where its path is too long for one, it is a link to a shorter."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._bound = ""
        self._identity: tuple[int, int] | None = None

    def listen(self) -> socket.socket:
        """Bind the socket; a stale one gives way. The life lock is held.

        Raises:
            ForeignDaemon: another program answers there.
            OSError: it can't be bound.
        """
        _require_silent(self.path)
        before = os.umask(0o077)
        try:
            listener = self._bind()
        finally:
            os.umask(before)
        os.chmod(self._bound, 0o600)
        facts = os.stat(self._bound)
        self._identity = (facts.st_dev, facts.st_ino)
        listener.listen(_BACKLOG)
        return listener

    def _bind(self) -> socket.socket:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._bound = self.path
        if len(os.fsencode(self.path)) > _PATH_BYTES_MAX:
            self._bound = _short_path(self.path)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._bound)
            os.symlink(self._bound, self.path)
        try:
            listener.bind(self._bound)
        except OSError:
            listener.close()
            raise
        return listener

    def is_in_place(self) -> bool:
        """Tell whether the path still leads to our socket."""
        try:
            facts = os.stat(self.path)
        except OSError:
            return False
        return (facts.st_dev, facts.st_ino) == self._identity

    def unlink(self) -> None:
        """Remove the socket, if it is ours."""
        if not self.is_in_place():
            return
        for path in {self.path, self._bound}:
            with contextlib.suppress(OSError):
                os.unlink(path)
        if self._bound != self.path:
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(self._bound))


def _short_path(path: str) -> str:
    """Return classic's place for a socket whose own path is too long."""
    workspace = os.path.realpath(os.path.dirname(os.path.dirname(path)))
    name = hashlib.sha256(os.fsencode(workspace)).hexdigest()[:8]
    folder = os.path.join(tempfile.gettempdir(), f"beads-{name}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.lstat(folder).st_uid != os.geteuid():
        raise OSError(errno.EACCES, "the runtime folder is another user's", folder)
    return os.path.join(folder, os.path.basename(path))


def _require_silent(path: str) -> None:
    """Refuse a socket at which somebody answers: we hold the lock, so it is not ours."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(os.readlink(path) if os.path.islink(path) else path)
        except OSError:
            return
    raise ForeignDaemon(
        f"Another program listens on {path}",
        path=path,
    )
