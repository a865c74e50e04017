"""The standard streams of a process: always there, always UTF-8, and gone without noise."""

import contextlib
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from beadwork.doors.world import Terminals
from beadwork.model.errors import FileTrouble, InvalidPath
from beadwork.model.overriding import override

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE_BYTES = 1024 * 1024


class _Again(io.RawIOBase):
    """Standard input from its start, where something was taken of it already."""

    def __init__(self, taken: bytes) -> None:
        self._taken = memoryview(taken)

    @override
    def readable(self) -> bool:
        return True

    @override
    def isatty(self) -> bool:
        return os.isatty(0)

    @override
    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        room = memoryview(buffer).cast("B")
        if not self._taken:
            return os.readv(0, [room])
        size = min(len(room), len(self._taken))
        room[:size] = self._taken[:size]
        self._taken = self._taken[size:]
        return size


def give_back(taken: bytes) -> None:
    """Let standard input begin with what somebody has taken of it."""
    again = io.BufferedReader(_Again(taken))
    sys.stdin = io.TextIOWrapper(again, encoding="utf-8", errors="surrogateescape")


class ProcessStreams:
    """The streams of this process. It satisfies `world.Streams`."""

    def __init__(self) -> None:
        self._is_dropped = False

    def settle(self) -> None:
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

    @property
    def terminals(self) -> Terminals:
        """Tell which streams lead to a terminal, and how wide it is."""
        return Terminals(
            input=_is_terminal(sys.stdin),
            output=_is_terminal(sys.stdout),
            error=_is_terminal(sys.stderr),
            width=_width(sys.stdout) or _width(sys.stderr),
        )

    @property
    def is_read(self) -> bool:
        """Tell whether there is still somebody to write to."""
        return not self._is_dropped and not _is_hung_up(sys.stdout)

    @property
    def is_taken(self) -> bool:
        """Tell whether somebody took what was written."""
        return not self._is_dropped

    def write(self, text: str) -> None:
        """Write to standard output, now. Where nobody reads any more, there is nobody to tell.

        Raises:
            FileTrouble: it can't be written, and somebody may be waiting for it.
        """
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            self.drop_output()
        except OSError as error:
            self._is_dropped = True
            _drop(sys.stdout)
            raise FileTrouble(
                f"Standard output can't be written: {error.strerror}",
                hint="What was asked for is done; only its answer is lost.",
            ) from error

    def write_error(self, text: str) -> None:
        """Write to standard error; what can't be written is lost."""
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            _drop(sys.stderr)

    def drop_output(self) -> None:
        """Let standard output lead nowhere: what it still holds can't be written."""
        self._is_dropped = True
        _drop(sys.stdout)

    def read_bytes(self) -> bytes:
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

    def pieces(self) -> Iterator[bytes]:
        """Yield standard input in pieces.

        Raises:
            InvalidPath: it can't be read.
        """
        try:
            while piece := sys.stdin.buffer.read(_PIECE_BYTES):
                yield piece
        except OSError as error:
            raise InvalidPath(
                f"Standard input can't be read: {error.strerror}", hint="Name a file."
            ) from error

    def write_bytes(self, content: bytes) -> None:
        """Write to standard output what is no text.

        Raises:
            FileTrouble: it can't be written.
        """
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            _drop(sys.stdout)
        except OSError as error:
            _drop(sys.stdout)
            raise FileTrouble(f"Standard output can't be written: {error.strerror}") from error

    def read_line(self) -> str:
        """Return the next line of standard input; empty at its end."""
        return sys.stdin.readline()


def _utf8(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        stream = io.TextIOWrapper(io.FileIO(descriptor, "w", closefd=False))
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False  # it is closed


def _is_hung_up(stream: TextIO) -> bool:
    """Tell whether a pipe has no reader any more."""
    try:
        looked = select.poll()
        looked.register(stream.fileno(), 0)
        found = looked.poll(0)
    except (OSError, ValueError):
        return False
    return any(what & (select.POLLERR | select.POLLHUP) for _, what in found)


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def _drop(stream: TextIO) -> None:
    """Let a stream lead nowhere, so that its rest does not fail at the end."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
