"""`bd activity --follow`: woken by commits with a daemon and without, and going on after the daemon's end."""

import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.daemon.running import Daemon, running
from tests.doors.program import TIMEOUT_S, Bd

pytestmark = pytest.mark.slow


@pytest.fixture(params=["daemon", "directly"])
def user(bd: Bd, request: pytest.FixtureRequest) -> Iterator[Bd]:
    """A user's `bd`, with a daemon and without."""
    if request.param == "directly":
        yield bd.at(bd.folder, BEADS_NO_DAEMON="1")
        return
    with running(bd.folder, bd.environment):
        yield bd.at(bd.folder, BEADS_NO_DAEMON="")


@pytest.fixture
def follower(user: Bd) -> Iterator["subprocess.Popen[str]"]:
    """Somebody who follows, and has seen the first thing that happened."""
    user.run("create", "First")
    process = user.start("activity", "--follow", "--json")
    assert next_seq(process) == 1
    yield process
    process.kill()
    process.communicate()


def next_seq(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line
    number: int = json.loads(line)["seq"]
    return number


def test_each_thing_comes_once_and_in_order(user: Bd, follower: "subprocess.Popen[str]") -> None:
    for number in range(2, 8, 2):
        user.run("create", "Through the daemon, if there is one")
        user.run("msg", "send", "--to", "bob", "Beside it", "--no-daemon")
        assert [next_seq(follower), next_seq(follower)] == [number, number + 1]


def test_an_interrupt_ends_it_quietly(follower: "subprocess.Popen[str]") -> None:
    follower.send_signal(signal.SIGINT)
    out, error = follower.communicate(timeout=TIMEOUT_S)
    assert (out, "Traceback" in error) == ("", False)
    assert follower.returncode != 0


def test_it_ends_once_nobody_reads(follower: "subprocess.Popen[str]", user: Bd) -> None:
    assert follower.stdout is not None
    assert follower.stderr is not None
    follower.stdout.close()
    user.run("create", "Nobody sees it")
    follower.wait(TIMEOUT_S)
    assert follower.stderr.read() == ""


def next_line(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_who_has_seen_something_goes_on_when_the_daemon_ends(
    bd: Bd, daemon: Daemon, how: str
) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    user.run("msg", "send", "--to", "bob", "First")
    activity = user.start("activity", "--follow", "--json")
    receiver = user.start("msg", "receive", "--follow", "--json", "--ack", "--actor", "bob")
    try:
        assert next_seq(activity) == 1
        assert next_line(receiver)["payload"] == {"text": "First"}
        getattr(daemon, how)()
        user.run("msg", "send", "--to", "bob", "Second", "--no-daemon")
        assert next_line(receiver)["payload"] == {"text": "Second"}
        told = [next_line(activity)["deed"] for _ in range(3)]
        assert told.count("sent") == 1
    finally:
        for process in (activity, receiver):
            process.kill()
            process.communicate()


def test_who_has_seen_nothing_goes_on_when_the_daemon_ends(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    process = user.start("activity", "--follow", "--json")
    try:
        daemon.stop()
        user.run("create", "First", "--no-daemon")
        assert next_seq(process) == 1
    finally:
        process.kill()
        process.communicate()


def test_a_read_only_store_is_read(bd: Bd) -> None:
    bd.create("First")
    assert [each["deed"] for each in bd.json("activity", "--readonly")] == ["created"]
