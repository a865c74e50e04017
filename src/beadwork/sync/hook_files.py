"""The files in a folder of hooks: written, renamed and removed, so that none of others is lost."""

import contextlib
import os
from collections.abc import Iterator

from beadwork.model.errors import FileTrouble

_TOLD_LINES = 3
"""By so many lines at its beginning a script tells which program wrote it."""


def is_active(path: str) -> bool:
    """Tell whether git would run a hook."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def is_alike(path: str, other: str) -> bool:
    """Tell whether two scripts begin as if one program wrote them."""
    try:
        with open(path, "rb") as one, open(other, "rb") as two:
            return all(one.readline() == two.readline() for _ in range(_TOLD_LINES))
    except OSError:
        return False


def is_same(path: str, other: str) -> bool:
    """Tell whether two files hold the same."""
    try:
        with open(path, "rb") as one, open(other, "rb") as two:
            return one.read() == two.read()
    except OSError:
        return False


def put_aside(path: str, ending: str) -> str:
    """Give a hook another name, that of no other file; return its path."""
    aside = f"{path}{ending}"
    number = 1
    while os.path.lexists(aside) and not is_same(path, aside):
        number += 1
        aside = f"{path}{ending}.{number}"
    rename(path, aside)
    return aside


def write(path: str, text: str) -> None:
    """Put a script in the place of a hook.

    Raises:
        FileTrouble: it can't be written.
    """
    beside = f"{path}.{os.getpid()}"
    with _mapped(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(beside, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o755)
                file.write(text)
            os.replace(beside, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside)


def rename(path: str, to: str) -> None:
    """Give a hook another name.

    Raises:
        FileTrouble: it can't be renamed.
    """
    with _mapped(path):
        os.replace(path, to)


def remove(path: str) -> None:
    """Remove a hook.

    Raises:
        FileTrouble: it can't be removed.
    """
    with _mapped(path):
        os.unlink(path)


@contextlib.contextmanager
def _mapped(path: str) -> Iterator[None]:
    """Turn what the system refuses into our errors."""
    try:
        yield
    except OSError as error:
        raise FileTrouble(
            f"{path} can't be changed: {error.strerror}",
            hint="Check the permissions of the hooks' folder.",
            path=path,
        ) from error
