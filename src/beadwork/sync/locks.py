"""Locks between processes: `flock` on a file in `.beads/`, held as long as the work takes."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from beadwork.model.errors import StoreBusy, StoreReadOnly

_FIRST_WAIT_S = 0.0005
_LONGEST_WAIT_S = 0.002


@contextlib.contextmanager
def locked(path: str, *, timeout_s: float) -> Iterator[None]:
    """Hold a lock file; wait for at most `timeout_s` seconds.

    Raises:
        StoreBusy: another process held it all the time.
        StoreReadOnly: the file can't be made.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreReadOnly(
            f"The store can't be written: {path}: {error.strerror}", path=path
        ) from error
    try:
        _acquire(descriptor, path, timeout_s)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: str, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    wait = _FIRST_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StoreBusy(
                    f"Another process has held {os.path.basename(path)} for {timeout_s:g} s",
                    path=path,
                ) from None
            time.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT_S)
        else:
            return
