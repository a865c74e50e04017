"""Files of the user's, not of the store: written where a command is asked to, and taken back."""

import contextlib
import os
from collections.abc import Iterable, Iterator

from beadwork.model.errors import FileTrouble, InvalidPath
from beadwork.sync.files import Files

_PIECE_BYTES = 1024 * 1024


def put(path: str, content: bytes) -> None:
    """Put a content into a file, and make the folders that it needs.

    Raises:
        FileTrouble: it can't be written.
    """
    put_pieces(path, [content])


def put_pieces(path: str, pieces: Iterable[bytes]) -> int:
    """Put what comes in pieces into a file, as `put`, but at once; return its size in bytes.

    Raises:
        InvalidPath: it is a folder or a device.
        FileTrouble: it can't be written.
    """
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        is_new = not os.path.exists(target)
        if not is_new and not os.path.isfile(target):
            raise InvalidPath(f"{path} is no ordinary file", hint="Name a file.", path=path)
        if is_new:
            # With the permissions that the user's new files have.
            open(target, "xb").close()
    except OSError as error:
        raise FileTrouble(f"{path}: {error.strerror}", path=path) from error
    try:
        Files().replace_by(target, pieces)
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                os.unlink(target)
        raise
    return os.stat(target).st_size


def pieces(path: str) -> Iterator[bytes]:
    """Yield what a file holds, in pieces.

    Raises:
        InvalidPath: it can't be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise InvalidPath(
            f"{path}: {error.strerror}", hint="Name a file that can be read.", path=path
        ) from error


def drop(path: str, until: str) -> None:
    """Remove a file, and the folders below `until` that are empty without it.

    Raises:
        FileTrouble: it can't be removed.
    """
    try:
        os.unlink(path)
    except OSError as error:
        raise FileTrouble(f"{path}: {error.strerror}", path=path) from error
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError):
        while folder.startswith(f"{until}{os.sep}"):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
