"""What the tests of the Python client share: a store with or without a daemon, killed at will."""

import contextlib
import os
import threading
from collections.abc import Iterator, Sized
from typing import Any

import pytest

from beadwork import Client
from beadwork.client import Client as ClientClass
from beadwork.ops.issue import ListIssues
from tests.daemon.running import Daemon, running
from tests.doors.program import Bd

MODES = ("daemon", "off")


class Site:
    """A store, perhaps with its daemon, and clients of it."""

    def __init__(self, bd: Bd, daemon: Daemon | None) -> None:
        self.bd = bd
        self._daemon = daemon

    @property
    def daemon(self) -> Daemon:
        """The daemon, where there is one."""
        assert self._daemon is not None
        return self._daemon

    @property
    def way(self) -> Any:
        """How clients are to reach the store."""
        return "required" if self._daemon else "off"

    @property
    def path(self) -> str:
        """The folder."""
        return str(self.bd.folder)

    def client(self, **more: Any) -> ClientClass:
        """Make a client, which must use the daemon where there is one."""
        return Client(self.path, **{"actor": "agent-1", "daemon": self.way, **more})


@contextlib.contextmanager
def site_of(bd: Bd, way: str) -> Iterator[Site]:
    """Have a store, with a daemon or without."""
    if way == "off":
        yield Site(bd, None)
        return
    with running(bd.folder, bd.environment) as daemon:
        yield Site(bd, daemon)


def titles(client: ClientClass) -> list[str]:
    """Answer the titles of all issues, sorted."""
    return sorted(each.issue.title for each in client.call(ListIssues(limit=0)).issues)


@contextlib.contextmanager
def killed_again_and_again(daemon: Daemon, rounds: int, done: Sized) -> Iterator[threading.Event]:
    """Kill a daemon and start it, beside the test, each time once more has been done.

    The event is set once all rounds are over.
    """
    is_over, may_stop = threading.Event(), threading.Event()

    def run() -> None:
        try:
            for number in range(rounds):
                while len(done) <= number and not may_stop.wait(0.005):
                    pass
                # A moment that differs from round to round, as a power cut comes.
                may_stop.wait(int.from_bytes(os.urandom(1), "big") / 2000)
                daemon.kill()
                daemon.start()
        finally:
            is_over.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield is_over
    finally:
        may_stop.set()
        thread.join()


def both_ways(function: Any) -> Any:
    """Run a test with the daemon and without."""
    return pytest.mark.parametrize("way", MODES)(function)
