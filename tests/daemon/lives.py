"""Daemons that commands start by themselves, and the end of all that a test has started."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from beadwork.sync import runtime
from beadwork.sync.locate import place_of
from beadwork.sync.runtime import DaemonPaths, daemon_paths
from tests.daemon.running import Daemon, until
from tests.doors.program import Bd


def paths_of(bd: Bd) -> DaemonPaths:
    """Answer the files of the daemon of a store."""
    return daemon_paths(place_of(str(bd.beads)))


def is_alive(bd: Bd) -> bool:
    """Tell whether the store has a daemon."""
    return runtime.is_held(paths_of(bd).lock)


def pid_of(bd: Bd) -> int:
    """Answer the process of the store's daemon."""
    found: int = runtime.holder_of(paths_of(bd).lock)["pid"]
    return found


def await_start(bd: Bd) -> None:
    """Wait until the daemon that a command has begun takes commands."""
    until(lambda: is_answering(bd))
    # Whoever starts a daemon lets go of this lock once it serves.
    until(lambda: not runtime.is_held(paths_of(bd).start_lock))


def is_answering(bd: Bd) -> bool:
    """Tell whether somebody answers at the store's socket."""
    with contextlib.suppress(OSError), Daemon(bd.folder, {}).line() as line:
        return bool(line.ask("ping")["success"])
    return False


def was_begun(bd: Bd) -> bool:
    """Tell whether anybody has tried to start a daemon."""
    return os.path.exists(paths_of(bd).start_lock)


def end(bd: Bd) -> None:
    """Kill the store's daemon, if it has one or gets one right now."""
    paths = paths_of(bd)
    until(lambda: not runtime.is_held(paths.start_lock))
    if runtime.is_held(paths.lock):
        until(lambda: "pid" in runtime.holder_of(paths.lock))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid_of(bd), signal.SIGKILL)
        until(lambda: not runtime.is_held(paths.lock))


def eager(bd: Bd, **more: str) -> Bd:
    """Answer the program in an environment where commands start a daemon."""
    return bd.at(bd.folder, CI="", **more)


@contextlib.contextmanager
def held_lock(path: str, facts: bytes = b"") -> Iterator[None]:
    """Hold a lock as another program would, and write down who we are."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, facts, 0)
        yield
    finally:
        os.ftruncate(descriptor, 0)
        os.close(descriptor)


def environment_of(pid: int) -> Mapping[str, str]:
    """Answer the environment that a process was started in."""
    content = Path(f"/proc/{pid}/environ").read_bytes().decode()
    pairs: list[Any] = [each.split("=", 1) for each in content.split("\0") if "=" in each]
    return dict(pairs)
