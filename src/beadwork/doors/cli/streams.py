"""The standard streams: always there, always UTF-8, and gone without noise."""

import contextlib
import io
import os
import sys
from typing import TextIO

from beadwork.model.errors import FileTrouble, InvalidPath


def settle() -> None:
    """Open what is closed, and write UTF-8 whatever the locale says.

    A closed descriptor would be given to the next file that is opened, and what is printed
    would end in that file.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # gets this number: all below it are open
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = _utf8(sys.stdout, 1)
    sys.stderr = _utf8(sys.stderr, 2)


def _utf8(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        stream = io.TextIOWrapper(io.FileIO(descriptor, "w", closefd=False))
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def write(text: str) -> None:
    """Write to standard output, now. Where nobody reads any more, there is nobody to tell.

    Raises:
        FileTrouble: it can't be written, and somebody may be waiting for it.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop(sys.stdout)
    except OSError as error:
        _drop(sys.stdout)
        raise FileTrouble(
            f"Standard output can't be written: {error.strerror}",
            hint="What was asked for is done; only its answer is lost.",
        ) from error


def write_error(text: str) -> None:
    """Write to standard error; what can't be written is lost."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)


def _drop(stream: TextIO) -> None:
    """Let a stream lead nowhere, so that its rest does not fail at the end."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def drop_output() -> None:
    """Let standard output lead nowhere: what it still holds can't be written."""
    _drop(sys.stdout)


def read_bytes() -> bytes:
    """Return all of standard input.

    Raises:
        InvalidPath: it can't be read.
    """
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InvalidPath(
            f"Standard input can't be read: {error.strerror}", hint="Name a file."
        ) from error
