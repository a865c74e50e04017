"""Commands that wait: they are woken by a change, with and without the daemon, and by its end."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.daemon.running import Daemon, running
from tests.doors.program import TIMEOUT_S, Bd

pytestmark = pytest.mark.slow
_UPDATES_MAX = 100


@pytest.fixture(params=["daemon", "directly"])
def user(bd: Bd, request: pytest.FixtureRequest) -> Iterator[Bd]:
    """A user's `bd`, with a daemon and without."""
    if request.param == "directly":
        yield bd.at(bd.folder, BEADS_NO_DAEMON="1")
        return
    with running(bd.folder, bd.environment):
        yield bd.at(bd.folder, BEADS_NO_DAEMON="")


def line_of(process: subprocess.Popen[str], text: str) -> str:
    """Answer the next line that holds a text; ends with the process."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"{text} did not come")


def test_a_watched_list_is_shown_anew(user: Bd) -> None:
    user.run("create", "First")
    person = user.at(user.folder, FORCE_COLOR="1", NO_COLOR="1")
    process = person.start("list", "--watch")
    try:
        line_of(process, "First")
        user.run("create", "Second")
        line_of(process, "Second")
        user.run("create", "Third")
        line_of(process, "Third")
    finally:
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=TIMEOUT_S)
    assert "Traceback" not in error


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_list_is_watched_on_a_terminal_only(user: Bd, more: tuple[str, ...]) -> None:
    answer = user.run("list", "--watch", *more)
    assert (answer.code, answer.out) == (2, "")
    assert "bd watch" in answer.err


def test_who_waits_goes_on_when_the_daemon_ends(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    made = user.run("create", "First", "--silent").out.strip()
    process = user.start("watch", made)
    try:
        daemon.stop()
        # Until it watches, however slowly it starts.
        for number in range(_UPDATES_MAX):
            user.run("update", made, "--title", f"Second {number}", "--no-daemon")
            if process.poll() is not None:
                break
        assert "Second" in process.communicate(timeout=TIMEOUT_S)[0]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
