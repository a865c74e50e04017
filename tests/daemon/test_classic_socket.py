"""x"""

from tests.daemon.running import Daemon


def test_ping(daemon: Daemon) -> None:
    assert daemon.data("ping")
    assert daemon.stop() == 0
