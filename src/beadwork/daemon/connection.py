"""One connection as the loop sees it: what came, what is to go, which protocol is spoken."""

import select
import socket
from collections.abc import Callable
from typing import Literal

Protocol = Literal["", "json", "frames"]
_CHUNK = 256 * 1024
_PIECE = 64 * 1024
"""So much is read at once. For more, Python asks the system for memory each time."""
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
_CHOKED_BYTES = 1024 * 1024
"""More than that is not kept for a client before its next request is begun."""


class TooMuch(Exception):
    """A client sends more than a request may have, or doesn't take its answers."""


class Connection:
    """A client. It is never waited for: what can't be sent now goes later."""

    def __init__(self, client: socket.socket, *, request_max: int, unsent_max: int) -> None:
        client.settimeout(0)
        self.client = client
        self.protocol: Protocol = ""
        self.came = bytearray()
        self.is_ended = False
        """The client sends nothing more."""
        self.is_streaming = False
        """The client follows something: it gets answers as they come."""
        self.is_busy = False
        """A request of this client is being answered."""
        self.on_close: list[Callable[[], None]] = []
        self._unsent = bytearray()
        self._searched = 0
        """So much of what came has no end of a line in it."""
        self._request_max = request_max
        self._unsent_max = unsent_max

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self.client.fileno()

    @property
    def has_unsent(self) -> bool:
        """Tell whether something waits until the client takes it."""
        return bool(self._unsent)

    @property
    def unsent(self) -> int:
        """Return how many bytes that is."""
        return len(self._unsent)

    @property
    def is_choked(self) -> bool:
        """Tell whether the client must take answers before it is given more."""
        return len(self._unsent) > _CHOKED_BYTES

    @property
    def is_ahead(self) -> bool:
        """Tell whether the client has sent so much that nothing more is read for now."""
        return self.protocol == "json" and len(self.came) > _CHUNK and self.has_line

    @property
    def is_gone(self) -> bool:
        """Tell whether the client has hung up, rather than that it only sends nothing more."""
        if self.client.fileno() < 0:
            return True
        looks = select.poll()
        looks.register(self.client, 0)
        return any(mask & _GONE for _, mask in looks.poll(0))

    @property
    def has_line(self) -> bool:
        """Tell whether a whole line came and was not taken."""
        return self._line_end() > 0

    def receive(self) -> None:
        """Take what came.

        Raises:
            TooMuch: it is longer than a request may be.
            OSError: the client is gone.
        """
        try:
            piece = self.client.recv(_PIECE)
        except BlockingIOError:
            return
        if not piece:
            self.is_ended = True
        self.came += piece
        if len(self.came) > self._request_max:
            raise TooMuch

    def line(self) -> bytes:
        """Take the next line from what came; empty if no whole one is there."""
        while end := self._line_end():
            found = bytes(self.came[: end - 1])
            del self.came[:end]
            self._searched = 0
            if found.strip():
                return found
        return b""

    def _line_end(self) -> int:
        end = self.came.find(b"\n", self._searched) + 1
        self._searched = end - 1 if end else len(self.came)
        return end

    def send(self, content: bytes) -> None:
        """Send, or keep for later what the client does not take now.

        Raises:
            TooMuch: the client takes nothing.
            OSError: it is gone.
        """
        is_behind = len(self._unsent) > self._unsent_max
        if not self._unsent:
            try:
                sent = self.client.send(content)
            except BlockingIOError:
                sent = 0
            if sent == len(content):
                return
            content = content[sent:]
        self._unsent += content
        if is_behind or (self.is_streaming and len(self._unsent) > self._unsent_max):
            raise TooMuch

    def send_rest(self) -> None:
        """Send what was kept.

        Raises:
            OSError: the client is gone.
        """
        try:
            sent = self.client.send(memoryview(self._unsent)[:_CHUNK])
        except BlockingIOError:
            return
        del self._unsent[:sent]

    def release(self) -> bytearray:
        """Give the socket away, with what came and was not read."""
        held, self.came = self.came, bytearray()
        return held

    def close(self) -> None:
        """Close the socket, and tell whoever wants to know."""
        self.client.close()
        while self.on_close:
            self.on_close.pop()()
