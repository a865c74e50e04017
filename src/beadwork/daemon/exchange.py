"""One command line over one connection, in a thread of its own: output out, input and files in."""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable

from beadwork.daemon.frames import BadFrame, Command, Frame, frame, take

_CHUNK = 256 * 1024
_PIECE = 64 * 1024
"""So much is read at once. For more, Python asks the system for memory each time."""
_UNREAD = b"U"
"""Sent by a client whose output nobody reads any more."""
_LOOK_S = 1.0
"""So often it is asked whether there is room for a client that takes nothing."""


class Gone(Exception):
    """The client is not there any more, or takes nothing."""


class Exchange:
    """What the thread of a command sends to its client and asks it for."""

    def __init__(
        self,
        connection: socket.socket,
        command: Command,
        held: bytearray,
        has_patience: Callable[[float], bool],
    ) -> None:
        self.command = command
        self._has_patience = has_patience
        """Tells whether to wait on for a client that has taken nothing for so many seconds."""
        self._connection = connection
        self._held = held
        self._sending = threading.Lock()  # How far a job is, is told by another thread.
        self._is_gone = False
        self.has_output = False
        """Whether the client has copied output, so that the command can't be run elsewhere."""
        self._is_unread = False
        self._unsaid: bytearray | None = bytearray()
        """What is to be said on standard error once it is sure that the command is run here."""
        connection.settimeout(_LOOK_S)

    def settle(self) -> None:
        """Take it that the command is run here: say what was held back."""
        unsaid, self._unsaid = self._unsaid, None
        if unsaid:
            self._stream(b"e", bytes(unsaid))

    @property
    def is_there(self) -> bool:
        """Tell whether the client is still there."""
        if not self._is_gone:
            readable, _, _ = select.select([self._connection], [], [], 0)
            if readable:
                self._is_gone = not self._peek()
        return not self._is_gone

    @property
    def is_read(self) -> bool:
        """Tell whether the client is there, and somebody reads what it is told."""
        return self.is_there and not self._is_unread

    def _peek(self) -> bool:
        try:
            kind = self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            self._is_unread |= kind == _UNREAD
            return bool(kind)
        except BlockingIOError:
            return True
        except OSError:
            return False

    # -- to the client

    def output(self, content: bytes) -> None:
        """Write to standard output there."""
        self.settle()
        self.has_output = True
        self._stream(b"o", content)

    def error_output(self, content: bytes) -> None:
        """Write to standard error there."""
        if self._unsaid is None:
            self._stream(b"e", content)
        else:
            self._unsaid += content

    def leave(self, exit_code: int) -> None:
        """End the command there with an exit code."""
        self.settle()
        with contextlib.suppress(Gone):
            self._send(b"x", bytes([exit_code & 0xFF]))

    def hand_back(self) -> None:
        """Let the client run the command itself."""
        with contextlib.suppress(Gone):
            self._send(b"L")

    def _stream(self, kind: bytes, content: bytes) -> None:
        for start in range(0, len(content), _CHUNK):
            with contextlib.suppress(Gone):  # What nobody reads is lost, as in a closed pipe.
                self._send(kind, content[start : start + _CHUNK])

    def _send(self, kind: bytes, payload: bytes = b"") -> None:
        if self._is_gone:
            raise Gone
        try:
            with self._sending:
                self._send_all(frame(kind, payload))
        except OSError as error:
            self._is_gone = True
            raise Gone from error

    def _send_all(self, content: bytes) -> None:
        rest = memoryview(content)
        waited_s = 0.0
        while rest:
            try:
                rest = rest[self._connection.send(rest) :]
                waited_s = 0.0
            except TimeoutError:
                # A person may be reading in a pager.
                waited_s += _LOOK_S
                if not self._has_patience(waited_s):
                    raise

    # -- from the client

    def input(self) -> bytes:
        """Return all of standard input there.

        Raises:
            OSError: it can't be read.
            Gone: the client went away.
        """
        return self._asked(b"i")

    def input_line(self) -> bytes:
        """Return a line of standard input there; empty at its end.

        Raises:
            OSError: it can't be read.
            Gone: the client went away.
        """
        self.settle()  # It may be the question.
        return self._asked(b"l")

    def is_taken(self) -> bool:
        """Tell whether the client could write what it was sent so far.

        Raises:
            Gone: the client went away.
        """
        try:
            self._asked(b"q")
        except OSError:
            return False
        return True

    def read_file(self, path: str) -> bytes:
        """Return what a file holds, as the client may read it.

        Raises:
            OSError: it can't.
            Gone: the client went away.
        """
        return self._asked(b"r", os.fsencode(path))

    def write_file(self, path: str, content: bytes) -> None:
        """Let the client put a content into a file.

        Raises:
            OSError: it can't.
            Gone: the client went away.
        """
        self._asked(b"w", os.fsencode(path) + b"\0" + content)

    def _asked(self, kind: bytes, payload: bytes = b"") -> bytes:
        self._send(kind, payload)
        self._connection.settimeout(None)  # A person may be typing.
        try:
            parts = []
            while piece := self._piece():
                parts.append(piece)
            return b"".join(parts)
        finally:
            self._connection.settimeout(_LOOK_S)

    def _piece(self) -> bytes:
        found = self._receive()
        while found.kind == _UNREAD:
            self._is_unread = True
            found = self._receive()
        if found.kind == b"E":
            errno = int(found.payload or b"0")
            raise OSError(errno, os.strerror(errno))
        return found.payload

    def _receive(self) -> Frame:
        while True:
            try:
                for found in take(self._held):
                    return found
                came = self._connection.recv(_PIECE)
            except (OSError, BadFrame) as error:
                self._is_gone = True
                raise Gone from error
            if not came:
                self._is_gone = True
                raise Gone
            self._held += came
