"""Fixtures of the tests of the daemon: a store, and its daemon as a process of its own."""

from collections.abc import Iterator

import pytest

from tests.daemon.clients import MODES, Site, site_of
from tests.daemon.running import Daemon, running
from tests.doors.conftest import bare as bare
from tests.doors.conftest import bd as bd
from tests.doors.conftest import home as home
from tests.doors.program import Bd


@pytest.fixture
def daemon(bd: Bd) -> Iterator[Daemon]:
    """The daemon of the store of `bd`, running."""
    with running(bd.folder, bd.environment) as started:
        yield started


@pytest.fixture(params=MODES)
def site(bd: Bd, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A store, with a daemon and without."""
    with site_of(bd, request.param) as found:
        yield found


@pytest.fixture
def served(bd: Bd) -> Iterator[Site]:
    """A store with a daemon."""
    with site_of(bd, "daemon") as found:
        yield found
