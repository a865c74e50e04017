"""A client may say at any time that nobody reads its output."""

import contextlib
import socket

from beadwork.daemon.exchange import Exchange
from beadwork.daemon.frames import Command, frame

COMMAND = Command("key", "/", (False, False, False), 80, 0o22, {}, ["list"])


def test_who_says_that_nobody_reads_is_still_there() -> None:
    ours, theirs = socket.socketpair()
    with contextlib.closing(ours), contextlib.closing(theirs):
        exchange = Exchange(ours, COMMAND, bytearray(), lambda _: True)
        theirs.sendall(frame(b"U"))
        assert not exchange.is_read
        theirs.sendall(frame(b"E", b"32"))
        assert not exchange.is_taken()
        assert exchange.is_there
        exchange.leave(0)
        assert theirs.recv(100) == frame(b"q") + frame(b"x", b"\0")
