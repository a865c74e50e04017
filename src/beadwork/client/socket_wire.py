"""The daemon, over its socket."""

import os
import socket
import time
from collections.abc import Sequence
from typing import TypeVar

from beadwork.client.means import Absent, Broken, Late, Means, give_up
from beadwork.client.messages import (
    ANSWER_BYTES_MAX,
    Keyed,
    Messages,
    Outcome,
    refuse_long_answer,
)
from beadwork.engine import patience_s
from beadwork.ops.event import Event
from beadwork.ops.operation import Request, Response
from beadwork.ops.record_file import ExportFile, ImportFile

R = TypeVar("R", bound=Response)

HELLO_S = 2.0
"""A daemon that does not say who it is by then counts as none."""
_PIECE = 64 * 1024
"""So much is read at once. For more, Python asks the system for memory each time."""
_PATH_BYTES_MAX = 100


def reachable(path: str) -> str:
    """Return the path to connect to: one too long for a socket is a link to a shorter.

    Raises:
        OSError: it is no link.
    """
    return os.readlink(path) if len(os.fsencode(path)) > _PATH_BYTES_MAX else path


class Connection:
    """One connection to a daemon that has said who it is."""

    def __init__(self, means: Means) -> None:
        self.messages = Messages(means)
        self._came = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(HELLO_S)
            self._socket.connect(reachable(means.socket))
            line = self.exchange(self.messages.hello(), HELLO_S)
            self.messages.require_friend(line)
        except (OSError, Broken, Late) as error:
            self.close()
            raise Absent(str(error) or "nobody answers at the socket") from error
        except BaseException:
            self.close()
            raise

    def exchange(self, line: bytes, timeout_s: float) -> bytes:
        """Send a line and return the one that answers it.

        Raises:
            Broken: the daemon went away before.
            Late: nothing came in time.
        """
        self.send(line, timeout_s)
        return self.line(timeout_s)

    def send(self, line: bytes, timeout_s: float) -> None:
        """Send a line.

        Raises:
            Broken: the daemon is gone.
            Late: it did not take it in time.
        """
        self._socket.settimeout(timeout_s)
        try:
            self._socket.sendall(line)
        except TimeoutError as error:
            raise Late from error
        except OSError as error:
            raise Broken from error

    def line(self, timeout_s: float | None) -> bytes:
        """Return the next line; None waits as long as it takes.

        Raises:
            Broken: the daemon is gone.
            Late: none came in time.
            Unavailable: it is too long.
        """
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        looked = 0
        while (end := self._came.find(b"\n", looked)) < 0:
            looked = len(self._came)
            if looked > ANSWER_BYTES_MAX:
                refuse_long_answer()
            self._came += self._piece(end_s)
        line = bytes(self._came[: end + 1])
        del self._came[: end + 1]
        return line

    def _piece(self, end_s: float | None) -> bytes:
        left_s = None if end_s is None else end_s - time.monotonic()
        if left_s is not None and left_s <= 0:
            raise Late
        self._socket.settimeout(left_s)
        try:
            piece = self._socket.recv(_PIECE)
        except TimeoutError as error:
            raise Late from error
        except OSError as error:
            raise Broken from error
        if not piece:
            raise Broken
        return piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class SocketWire:
    """Carries requests to the daemon. It connects anew after the connection broke."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._connection: Connection | None = None

    def connect(self) -> None:
        """Connect, unless it is connected.

        Raises:
            Absent: there is no daemon to talk to.
        """
        if self._connection is None:
            self._connection = Connection(self._means)

    def run(self, request: Request[R], key: str) -> R:
        """Let the daemon carry out a request."""
        connection = self._connected()
        asked = connection.messages.request(request, key)
        line = self._exchange(asked, key, patience_s(request))
        return connection.messages.response(request, line)

    def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Let the daemon carry out writes in one commit; each succeeds or fails by itself."""
        connection = self._connected()
        line = self._exchange(connection.messages.each(asked), asked[0].key)
        return connection.messages.outcomes(asked, line)

    def refresh(self) -> None:
        """Let the daemon take in what others wrote into the file."""
        self.run(ImportFile(), "")

    def flush(self) -> bool:
        """Let the daemon bring the file up to the store; tell whether it was written."""
        return self.run(ExportFile(), "").is_written

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection:
        if self._connection is None:
            raise Broken
        return self._connection

    def _exchange(self, line: bytes, key: str, wait_s: float = 0.0) -> bytes:
        """Ask and be answered. What is interrupted hangs up: the answer would be another's.

        The daemon may wait for `wait_s` seconds before it answers.

        Raises:
            Unavailable: nothing came in time.
        """
        timeout_s = self._means.timeout_s + wait_s
        try:
            return self._connected().exchange(line, timeout_s)
        except Late:
            self.close()
            give_up(timeout_s, key)
        except BaseException:
            self.close()
            raise


class Stream:
    """A connection on which the daemon tells what happens."""

    def __init__(self, means: Means, since: int, issues: Sequence[str]) -> None:
        self._connection = Connection(means)
        try:
            line = self._connection.messages.follow(since, issues)
            self._connection.send(line, means.timeout_s)
        except BaseException:
            self.close()
            raise

    def next(self, timeout_s: float | None) -> Event | None:
        """Return the next event, or None at a line that holds none.

        Raises:
            Broken: the daemon is gone.
            Late: nothing came in time.
        """
        return self._connection.messages.told(self._connection.line(timeout_s))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
