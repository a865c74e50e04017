"""Files of the user's, not of the store: written where a command is asked to, and taken back."""

import contextlib
import os

from beadwork.model.errors import FileTrouble
from beadwork.sync.files import Files


def put(path: str, content: bytes) -> None:
    """Put a content into a file, and make the folders that it needs.

    Raises:
        FileTrouble: it can't be written.
    """
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            # With the permissions that the user's new files have.
            open(target, "xb").close()
    except OSError as error:
        raise FileTrouble(f"{path}: {error.strerror}", path=path) from error
    Files().replace(target, content)


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
