"""Starts the daemon of a store as a process of its own: detached, with nothing inherited."""

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Sequence

from beadwork.compose.engines import now_us
from beadwork.sync.locate import DATABASE, Place
from beadwork.sync.runtime import DaemonPaths, daemon_paths, failure_of, note_attempt, taken_lock

START_LOCK = 3
"""The descriptor that the daemon has the lock of its start on."""
_BEYOND = 10
_DESCRIPTORS_MAX = 4096
_DROPPED = frozenset(
    (
        *("BD_ACTOR", "BEADS_ACTOR", "BD_SESSION", "CLAUDE_SESSION_ID", "CLAUDE_CODE"),
        *("BD_AGENT_MODE", "BD_JSON", "BD_DEBUG", "BEADS_DB", "BD_DB", "BEADS_NO_DAEMON"),
        *("BD_NO_DAEMON", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"),
    )
)
"""What holds for the command that starts a daemon, and not for those that it serves."""


def start_soon(place: Place, paths: DaemonPaths) -> bool:
    """Start a daemon and don't wait for it; tell whether one was begun.

    Raises:
        OSError: it can't be.
    """
    now = now_us()
    if os.stat(place.folder).st_uid != os.geteuid() or os.path.exists(paths.stopped):
        return False
    if failure_of(paths).wait_s(now):
        return False
    lock = taken_lock(paths.start_lock)
    if lock is None:
        return False
    try:
        if failure_of(paths).wait_s(now):
            return False  # another has tried since
        spawn(place, lock, now)
    finally:
        os.close(lock)
    return True


def spawn(place: Place, lock: int, now: int, more: Sequence[str] = ()) -> int:
    """Start the process, which holds the lock of its start until it serves; return its id.

    Raises:
        OSError: it can't be started.
    """
    note_attempt(daemon_paths(place), now)
    beyond = fcntl.fcntl(lock, fcntl.F_DUPFD_CLOEXEC, _BEYOND)
    null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    try:
        return os.posix_spawn(
            sys.executable,
            command(place, "--detached", *more),
            environment(place),
            file_actions=[*null, (os.POSIX_SPAWN_DUP2, beyond, START_LOCK)],
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE),
        )
    finally:
        os.close(beyond)


def command(place: Place, *more: str) -> list[str]:
    """Return the command line of a store's daemon.

    `-P`: nothing that lies in the working folder is taken for a module.
    """
    base = os.path.basename(place.database)
    is_here = os.path.dirname(place.database) == place.folder
    database = [place.database] if is_here and base != DATABASE else []
    return [sys.executable, "-P", "-m", "beadwork", "daemon", place.folder, *database, *more]


def environment(place: Place) -> dict[str, str]:
    """Return the environment of a store's daemon."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return {**kept, "BEADS_DIR": place.folder}


def settle_environment() -> None:
    """Forget who started this process: it serves others too."""
    for name in _DROPPED & os.environ.keys():
        del os.environ[name]


def detach(folder: str) -> None:
    """Let go of all that came with the start: terminal, folder, descriptors but for the lock."""
    with contextlib.suppress(OSError):
        os.setsid()
    os.chdir(folder)
    os.closerange(START_LOCK + 1, _DESCRIPTORS_MAX)
