"""Standard streams as odd parents leave them: closed, or not waiting; with the daemon or not."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.daemon.running import Daemon, until
from tests.doors.program import SCRIPT, TIMEOUT_S, Bd

LONG = "x" * 5_000_000


@pytest.fixture(params=["daemon", "direct"])
def user(request: pytest.FixtureRequest, bd: Bd, daemon: Daemon) -> Bd:
    """`bd` as its user calls it, through the daemon and without one."""
    return bd.at(bd.folder, BEADS_NO_DAEMON="" if request.param == "daemon" else "1")


def closed(user: Bd, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `bd` is the program."""
    return ended(user, ["sh", "-c", line.replace("bd ", f"{sys.executable} {SCRIPT} ")])


def ended(
    user: Bd, command: list[str], before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command where a user is, after `before` in its process."""
    return subprocess.run(
        command,
        cwd=user.folder,
        env=user.environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        preexec_fn=before,
    )


@pytest.mark.parametrize("closing", ["<&-", "<&- >&-", "<&- >&- 2>&-", ">&-", "2>&-"])
def test_a_closed_stream_is_an_empty_one(user: Bd, closing: str) -> None:
    assert closed(user, f"bd create Work --body-file - </dev/null {closing}").returncode == 0
    assert [each["title"] for each in user.at(user.folder).json("list")] == ["Work"]


def test_a_long_answer_into_a_closed_stream_ends(user: Bd) -> None:
    issue = user.create("Long")
    user.ok("update", issue, "--stdin", given=LONG)
    assert closed(user, f"bd show {issue} >&-").returncode == 0


def test_an_answer_is_written_whole_to_whoever_does_not_wait(user: Bd) -> None:
    issue = user.create("Long")
    user.ok("update", issue, "--stdin", given=LONG[:200_000])
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = user.start("show", issue, "--json", stdout=writer, stderr=subprocess.DEVNULL)
    os.close(writer)
    with open(reader, "rb") as file:
        assert len(file.read()) > 200_000
    assert process.wait(TIMEOUT_S) == 0


def test_input_that_has_not_come_yet_is_waited_for(user: Bd) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    process = user.start("create", "T", "--stdin", "--json", stdin=reader)
    os.close(reader)
    until(lambda: is_reading(process.pid))
    os.write(writer, b"hello")
    os.close(writer)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, err) == (0, "")
    assert '"description":"hello"' in out.replace(": ", ":")


def is_reading(pid: int) -> bool:
    """Tell whether a process waits in a call to the system; where nobody says, that it may."""
    try:
        with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
            return "pipe" in file.read()
    except OSError:
        return True


def restore_interrupts() -> None:
    """Let an interrupt interrupt, also where the tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_is_no_fault_however_early(bd: Bd) -> None:
    alone = bd.at(bd.folder, BEADS_NO_DAEMON="1")
    for modules in ("beadwork.compose", "beadwork.doors.cli.main", "beadwork.store.sqlite"):
        code = (
            "import builtins, os, signal, sys\n"
            "true_import = builtins.__import__\n"
            "def interrupted(name, *rest, **more):\n"
            f"    if name == {modules!r}:\n"
            "        builtins.__import__ = true_import\n"
            "        os.kill(os.getpid(), signal.SIGINT)\n"
            "    return true_import(name, *rest, **more)\n"
            "builtins.__import__ = interrupted\n"
            "sys.argv = ['bd', 'list']\n"
            "from beadwork.thin import main\n"
            "main()\n"
        )
        done = ended(alone, [sys.executable, "-c", code], restore_interrupts)
        assert (done.returncode, done.stderr) == (130, ""), modules
