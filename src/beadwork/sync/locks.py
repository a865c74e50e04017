"""Locks between processes: `flock` on a file in `.beads/`, held as long as the work takes."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

from beadwork.model.errors import StoreBusy, StoreReadOnly


@contextlib.contextmanager
def locked(
    path: str,
    *,
    timeout_s: float,
    store: str | None = None,
    on_wait: Callable[[], None] | None = None,
    is_shared: bool = False,
) -> Iterator[None]:
    """Hold a lock file, of the store in a folder; wait for at most `timeout_s` seconds.

    `on_wait` is called if another process has it. A shared lock keeps out only those that want
    it for themselves.

    Raises:
        StoreBusy: another process held it all the time.
        StoreReadOnly: the file can't be made, or the store is another user's.
    """
    try:
        require_own(store or os.path.dirname(path))
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreReadOnly(
            f"The store can't be written: {path}: {error.strerror}", path=path
        ) from error
    try:
        how = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        _acquire(_Wanted(descriptor, how), path, timeout_s, on_wait)
        yield
    finally:
        os.close(descriptor)


def require_own(folder: str) -> None:
    """Refuse to write into the store of another user, whose own programs would then be shut out.

    Raises:
        StoreReadOnly: it belongs to another user.
    """
    owner = os.stat(folder).st_uid
    if owner != os.geteuid():
        refuse_foreign(folder, owner)


def refuse_foreign(folder: str, owner: int) -> NoReturn:
    """Refuse the store of another user, who is named.

    Raises:
        StoreReadOnly: always.
    """
    raise StoreReadOnly(
        f"The store in {folder} belongs to {_name_of(owner)}: permission denied",
        hint=f"Run as {_name_of(owner)}, or use a clone of your own.",
        path=folder,
        owner=owner,
    )


def _name_of(uid: int) -> str:
    # Late import: only this error needs it.
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


class _Wanted(NamedTuple):
    """A lock file that is open, and how it is to be locked."""

    descriptor: int
    how: int


def _acquire(
    wanted: _Wanted, path: str, timeout_s: float, on_wait: Callable[[], None] | None
) -> None:
    if _is_taken(wanted):
        return
    if on_wait is not None:
        on_wait()
    if not _came_up(wanted, timeout_s):
        raise StoreBusy(
            f"Another process has held {os.path.basename(path)} for {timeout_s:g} s", path=path
        )


def _is_taken(wanted: _Wanted) -> bool:
    try:
        fcntl.flock(wanted.descriptor, wanted.how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _came_up(wanted: _Wanted, timeout_s: float) -> bool:
    """Stand in line for the lock, which costs nothing; tell whether our turn came in time.

    Hundreds that look again and again would take the time from the one that has it.
    """
    # Late import: only who has to wait needs it.
    import threading

    came = threading.Event()
    # It means the same open file: the lock is ours once it is granted, and free again if all
    # are closed by then.
    own = os.dup(wanted.descriptor)

    def stand() -> None:
        try:
            fcntl.flock(own, wanted.how)
            came.set()
        finally:
            os.close(own)

    try:
        threading.Thread(target=stand, name="lock", daemon=True).start()
    except RuntimeError:
        # The system allows no more threads: so much goes on that the lock counts as busy.
        os.close(own)
        return False
    return came.wait(timeout_s)
