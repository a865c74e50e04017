"""Messages between processes: woken by the commit, with the daemon and without, whatever dies."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.daemon.running import Daemon, running, until
from tests.doors.program import TIMEOUT_S, Answer, Bd

pytestmark = pytest.mark.slow

WAIT = "60s"
"""No test waits for it: it ends what would hang for ever."""


@pytest.fixture(params=["daemon", "directly"])
def user(bd: Bd, request: pytest.FixtureRequest) -> Iterator[Bd]:
    """A user's `bd`, with a daemon and without."""
    if request.param == "directly":
        yield bd.at(bd.folder, BEADS_NO_DAEMON="1")
        return
    with running(bd.folder, bd.environment):
        yield bd.at(bd.folder, BEADS_NO_DAEMON="")


def waiting(user: Bd, actor: str, *words: str) -> subprocess.Popen[str]:
    """Start somebody who waits for a message; answer once they do."""
    process = user.start("msg", "receive", "--wait", WAIT, "--json", "--actor", actor, *words)
    until(lambda: is_here(user, actor))
    return process


def is_here(user: Bd, actor: str) -> bool:
    return any(each["name"] == actor for each in user.json("msg", "agents"))


def ended(process: subprocess.Popen[str]) -> Answer:
    out, err = process.communicate(timeout=TIMEOUT_S)
    return Answer(process.returncode, out, err)


def send(user: Bd, to: str, text: str, *words: str) -> str:
    answer = user.run("msg", "send", "--to", to, text, "--json", *words)
    assert answer.code == 0, answer
    message: str = answer.json["id"]
    return message


def test_who_waits_is_woken_by_the_message_of_another_process(user: Bd) -> None:
    process = waiting(user, "bob")
    message = send(user, "bob", "Hello")
    answer = ended(process)
    assert (answer.code, answer.err) == (0, "")
    assert [each["id"] for each in answer.json] == [message]


def test_a_question_is_answered_by_another_process(user: Bd) -> None:
    asking = user.start("msg", "request", "--to", "bob", "Which?", "--wait", WAIT, "--json")
    asked = user.run("msg", "receive", "--wait", WAIT, "--json", "--actor", "bob").json[0]
    assert (asked["type"], asked["payload"]) == ("question", {"text": "Which?"})
    assert user.run("msg", "reply", asked["receipt"], "This", "--actor", "bob").code == 0
    answer = ended(asking)
    assert answer.code == 0, answer
    assert answer.json["request"] == asked["id"]
    assert answer.json["reply"]["payload"] == {"text": "This"}
    assert answer.json["reply"]["reply_to"] == asked["id"]
    assert user.run("msg", "inbox", "--json").json == []


def lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def test_who_follows_is_shown_each_as_it_comes(user: Bd) -> None:
    process = user.start("msg", "receive", "--follow", "--ack", "--json", "--actor", "bob")
    try:
        came = lines(process)
        for number in range(3):
            message = send(user, "bob", f"m{number}")
            got = next(came)
            assert (got["id"], got["payload"]) == (message, {"text": f"m{number}"})
        until(lambda: user.run("msg", "inbox", "--agent", "bob", "--json").json == [])
    finally:
        process.send_signal(signal.SIGINT)
        error = ended(process).err
    assert "Traceback" not in error


def test_who_follows_without_acknowledging_gets_the_next_once_they_do(user: Bd) -> None:
    process = user.start("msg", "receive", "--follow", "--json", "--actor", "bob")
    try:
        came = lines(process)
        for number in range(3):
            send(user, "bob", f"m{number}")
        for number in range(3):
            got = next(came)
            assert got["payload"] == {"text": f"m{number}"}
            assert user.run("msg", "ack", got["receipt"], "--actor", "bob").code == 0
    finally:
        process.kill()
        process.communicate()


def test_what_nobody_reads_comes_again(user: Bd) -> None:
    process = user.start("msg", "receive", "--follow", "--ack", "--json", "--actor", "bob")
    first = send(user, "bob", "One")
    assert next(lines(process))["id"] == first
    assert process.stdout is not None
    process.stdout.close()
    second = send(user, "bob", "Two")
    assert process.wait(TIMEOUT_S) == 0
    (again,) = user.run("msg", "receive", "--json", "--actor", "bob").json
    assert again["id"] == second
    if process.stderr is not None:
        process.stderr.close()


@pytest.mark.parametrize("end", [Daemon.stop, Daemon.kill], ids=["stopped", "killed"])
@pytest.mark.parametrize("is_back", [True, False], ids=["and started", "for good"])
def test_who_waits_outlasts_the_daemon(
    bd: Bd, daemon: Daemon, end: Callable[[Daemon], int], *, is_back: bool
) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    process = waiting(user, "bob")
    end(daemon)
    if is_back:
        daemon.start()
    message = send(user, "bob", "Hello")
    answer = ended(process)
    assert answer.code == 0, answer
    assert [each["id"] for each in answer.json] == [message]


@pytest.mark.parametrize("end", [Daemon.stop, Daemon.kill], ids=["stopped", "killed"])
def test_who_asks_outlasts_the_daemon(bd: Bd, daemon: Daemon, end: Callable[[Daemon], int]) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    asking = user.start("msg", "request", "--to", "bob", "Which?", "--wait", WAIT, "--json")
    (asked,) = user.run("msg", "receive", "--wait", WAIT, "--json", "--actor", "bob").json
    end(daemon)
    daemon.start()
    assert user.run("msg", "reply", asked["receipt"], "This", "--actor", "bob").code == 0
    answer = ended(asking)
    assert answer.code == 0, answer
    assert answer.json["reply"]["payload"] == {"text": "This"}
    assert len(user.json("msg", "list")) == 2


def test_a_group_takes_each_message_once(user: Bd) -> None:
    members = [f"m-{number}" for number in range(12)]
    for member in members:
        user.ok("msg", "groups", "join", "reviewers", "--actor", member)
    started = [
        user.start("msg", "receive", "--follow", "--ack", "--json", "--actor", member)
        for member in members
    ]
    try:
        sent = [send(user, "@reviewers", f"Review {number}") for number in range(30)]
        until(lambda: user.json("msg", "groups")[0]["open"] == 0, TIMEOUT_S)
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
        outs = [process.communicate(timeout=TIMEOUT_S)[0] for process in started]
    taken = [json.loads(line) for out in outs for line in out.splitlines()]
    assert sorted(each["id"] for each in taken) == sorted(sent)
    assert {each["attempt"] for each in taken} == {1}


def test_what_a_dead_receiver_held_comes_again_after_its_hold(user: Bd) -> None:
    process = user.start("msg", "receive", "--follow", "--hold", "1s", "--json", "--actor", "bob")
    message = send(user, "bob", "Hello")
    assert next(lines(process))["id"] == message
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (again,) = ended(waiting(user, "bob")).json
    assert (again["id"], again["attempt"]) == (message, 2)


def test_the_hook_shows_each_message_once_from_whichever_process(user: Bd) -> None:
    send(user, "bob", "Hello")
    answer = user.run("msg", "hook", "--event", "Stop", "--actor", "bob")
    assert "Hello" in answer.json["reason"]
    assert user.run("msg", "hook", "--event", "Stop", "--actor", "bob") == (0, "", "")
