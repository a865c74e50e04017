"""Reads the log of a daemon, as it is and as it grows."""

import os
import time
from collections.abc import Iterator

from beadwork.model.errors import FileTrouble

_TAIL_BYTES = 256 * 1024
_LOOK_S = 0.2


def last_lines(path: str, count: int) -> list[str]:
    """Return the last lines of a log.

    Raises:
        FileTrouble: there is none.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            content = file.read()
    except OSError as error:
        raise FileTrouble(
            f"{path}: {error.strerror}",
            hint="The daemon writes it; `bd daemon start` starts one.",
            path=path,
        ) from error
    lines = content.decode("utf-8", "replace").splitlines()
    whole = lines[1:] if size > _TAIL_BYTES else lines
    return whole[-count:] if count else []


def added_lines(path: str) -> Iterator[str]:
    """Yield the lines that are added to a log, for ever; also after it was rotated."""
    file = open(path, "rb")  # noqa: SIM115 -- another takes its place when it is rotated
    try:
        file.seek(0, os.SEEK_END)
        while True:
            line = file.readline()
            if line:
                yield line.decode("utf-8", "replace").rstrip("\n")
            elif os.path.getsize(file.fileno()) < file.tell():
                file.seek(0)
            elif _is_another(file.fileno(), path):
                file.close()
                file = open(path, "rb")  # noqa: SIM115
            else:
                time.sleep(_LOOK_S)
    finally:
        file.close()


def _is_another(descriptor: int, path: str) -> bool:
    try:
        return not os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
