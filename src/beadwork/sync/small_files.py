"""Reading small files that people may have put there: never a pipe, which would be waited for."""

import errno
import os
import stat


def read_regular(path: str, bytes_max: int | None = None) -> bytes:
    """Return what a regular file holds.

    Raises:
        OSError: there is none, it is something else, it is too large, or it can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "It is no regular file", path)
        if bytes_max is not None and facts.st_size > bytes_max:
            raise OSError(errno.EFBIG, f"It has more than {bytes_max} bytes", path)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def first_line(path: str) -> str | None:
    """Return the first line of a file; None if there is none that can be read."""
    try:
        content = read_regular(path)
    except (OSError, ValueError):  # A zero byte can be in no path.
        return None
    return content.partition(b"\n")[0].decode("utf-8", "replace").strip()
