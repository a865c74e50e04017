"""A command that finds no daemon answers, and then starts one: when, when not, and how often."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from beadwork.compose import reach
from beadwork.model.errors import NoDaemon
from beadwork.sync import config, runtime
from beadwork.sync.locate import place_of
from tests.daemon import lives
from tests.daemon.running import running, until
from tests.doors.program import Bd

pytestmark = pytest.mark.slow

MANY = "Multiple bd processes detected, consider using daemon"


@pytest.fixture
def eager(bd: Bd) -> Iterator[Bd]:
    """A store whose commands start a daemon, which is ended after the test."""
    yield lives.eager(bd)
    lives.end(bd)


def test_a_command_answers_and_the_next_goes_through_a_daemon(eager: Bd) -> None:
    first = eager.run("info", "--json")
    assert (first.code, first.err, first.json["mode"]) == (0, "", "direct")
    assert first.json["daemon_fallback_reason"] == "connect_failed"
    lives.await_start(eager)
    second = eager.run("info", "--json")
    assert (second.json["mode"], second.json["daemon_connected"]) == ("daemon", True)
    assert second.json["socket_path"] == str(eager.beads / "bd.sock")
    version = eager.run("version", "--daemon", "--json")
    assert (version.code, version.json["daemon_running"]) == (0, True)
    assert not os.path.exists(lives.paths_of(eager).error)


def test_the_daemon_keeps_nothing_of_the_command_that_started_it(eager: Bd) -> None:
    reading, writing = os.pipe()
    try:
        quoted = eager.at(eager.folder, CLAUDE_SESSION_ID="s-1", BD_JSON="1")
        process = quoted.start("list", pass_fds=[writing])
        process.communicate()
        os.close(writing)
        lives.await_start(eager)
        assert os.read(reading, 1) == b"", "it does not hold the pipe open"
    finally:
        os.close(reading)
    pid = lives.pid_of(eager)
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == str(eager.beads)
    assert {os.readlink(f"/proc/{pid}/fd/{each}") for each in (0, 1, 2)} == {os.devnull}
    found = lives.environment_of(pid)
    assert not found.keys() & {"BD_ACTOR", "CLAUDE_SESSION_ID", "BD_JSON"}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["list"], {"CI": "true"}),
        (["list"], {"CI": "1"}),
        (["list"], {"BEADS_NO_DAEMON": "1"}),
        (["list"], {"BEADS_AUTO_START_DAEMON": "false"}),
        (["list"], {"BD_DAEMON": "off"}),
        (["list", "--no-daemon"], {}),
        (["list", "--sandbox"], {}),
        (["list", "--readonly"], {}),
        (["doctor"], {}),
        (["export"], {}),
        (["version"], {}),
        (["daemon", "status"], {}),
        (["--help"], {}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "".join(given),
)
def test_none_is_started(eager: Bd, words: list[str], more: dict[str, str]) -> None:
    answer = eager.at(eager.folder, **more).run(*words)
    assert (answer.code in (0, 1), answer.err) == (True, "")
    assert not lives.was_begun(eager)


@pytest.mark.parametrize("line", ["daemon: off", "no-daemon: true", "auto-start-daemon: false"])
def test_none_is_started_where_the_settings_say_so(eager: Bd, line: str) -> None:
    with (eager.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    assert eager.run("list").code == 0
    assert not lives.was_begun(eager)


def test_none_is_started_outside_a_store_nor_by_init(bare: Bd) -> None:
    eager = lives.eager(bare)
    assert eager.run("list").code == 3
    assert eager.run("init").code == 0
    assert not lives.was_begun(eager)


def test_after_stop_none_is_started_until_start(eager: Bd) -> None:
    assert eager.run("daemon", "start").code == 0
    assert eager.run("daemon", "stop").code == 0
    assert eager.run("daemon", "status", "--json").json["issue"]
    os.unlink(lives.paths_of(eager).start_lock)
    assert eager.run("list").code == 0
    assert not lives.was_begun(eager)
    assert eager.run("daemon", "start").code == 0
    os.kill(lives.pid_of(eager), signal.SIGKILL)
    until(lambda: not lives.is_alive(eager))
    assert eager.run("list").code == 0
    lives.await_start(eager)


def test_after_a_kill_the_next_command_works_and_starts_another(eager: Bd) -> None:
    eager.run("daemon", "start")
    before = eager.run("create", "Acknowledged", "--silent").out.strip()
    first = lives.pid_of(eager)
    os.kill(first, signal.SIGKILL)
    until(lambda: not lives.is_alive(eager))
    assert before in eager.run("list").out
    lives.await_start(eager)
    assert lives.pid_of(eager) != first


def test_many_commands_at_once_on_a_cold_store_start_one(eager: Bd) -> None:
    crowd = [eager.start("list") for _ in range(12)]
    said = [each.communicate() for each in crowd]
    assert {each.returncode for each in crowd} == {0}, said
    lives.await_start(eager)
    log = (eager.beads / "daemon.log").read_text(encoding="utf-8")
    assert log.count("daemon.started") == 1


def noted(
    paths: runtime.DaemonPaths, is_meant: Callable[[runtime.Failure], bool]
) -> runtime.Failure:
    """Wait until a failure is noted; answer it."""
    until(lambda: is_meant(runtime.failure_of(paths)))
    return runtime.failure_of(paths)


def test_starts_that_fail_are_tried_ever_more_rarely(eager: Bd) -> None:
    paths = lives.paths_of(eager)
    os.mkdir(paths.lock)  # nobody can open it as a file
    try:
        assert eager.run("list").code == 0
        failure = noted(paths, lambda each: each.error.startswith("[Errno"))
        assert failure.count == 1
        assert eager.run("list").code == 0
        until(lambda: not runtime.is_held(paths.start_lock))
        assert runtime.failure_of(paths) == failure, "it is not tried again so soon"
        status = eager.run("daemon", "status", "--json").json
        assert "directory" in status["issue"]
        assert 0 < status["retry_seconds"] <= 5
        [finding] = eager.run("doctor", "--check", "daemon", "--json").json["checks"]
        assert finding["status"] == "warning"
        earlier = failure.at_us - 6_000_000
        with open(paths.error, "w", encoding="utf-8") as file:
            json.dump({"count": 1, "at_us": earlier, "since_us": earlier, "error": "old"}, file)
        assert eager.run("list").code == 0
        again = noted(paths, lambda each: each.count == 2 and each.error != "old")
        assert (again.count, again.since_us) == (2, earlier)
        explicit = eager.run("daemon", "start", "--json")
        assert (explicit.code, explicit.error["code"]) == (5, "daemon.failed")
        assert "directory" in explicit.error["error"]
    finally:
        os.rmdir(paths.lock)
    assert eager.run("daemon", "start").code == 0
    assert runtime.failure_of(paths) == runtime.Failure()


def test_the_waits_after_failures_double_up_to_five_minutes() -> None:
    waits = [runtime.Failure(count=n, at_us=10, since_us=10).wait_s(10) for n in range(10)]
    assert waits == [0, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert runtime.Failure(count=10**6, at_us=10).wait_s(10) == 300
    assert runtime.Failure(count=3, at_us=10).wait_s(10 + 20_000_000) == 0
    assert runtime.Failure(count=3, at_us=10).wait_s(9) == 0, "the clock was set back"


# -- required and off


def test_where_it_is_required_a_command_without_it_is_refused(bd: Bd) -> None:
    bd.ok("config", "set", "daemon", "required")
    for words in (["list"], ["create", "Refused"], ["ready"]):
        answer = bd.run(*words, "--json")
        assert (answer.code, answer.out, answer.error["code"]) == (5, "", "daemon.required")
        assert "bd daemon start" in answer.error["error"]
    for words in (["doctor"], ["export"], ["daemon", "status"], ["hooks", "run", "pre-commit"]):
        assert bd.run(*words).code in (0, 1)
    assert bd.run("list", "--no-daemon").code == 0, "who says so knows what he does"
    with running(bd.folder, bd.environment):
        assert bd.run("create", "Written").code == 0
        assert bd.run("info", "--json").json["mode"] == "daemon"
        assert bd.run("list", "--lock-timeout", "1s").code == 0, "handed back by the daemon"


def test_a_required_one_is_started_for_the_next_command(eager: Bd) -> None:
    eager.ok("config", "set", "daemon", "required", BEADS_NO_DAEMON="1")
    assert eager.run("list").code == 5
    lives.await_start(eager)
    assert eager.run("list").code == 0


def test_where_it_is_off_none_starts_and_one_that_runs_is_not_used(bd: Bd) -> None:
    with running(bd.folder, bd.environment):
        bd.ok("config", "set", "daemon", "off")
        shown = bd.run("info", "--json").json
        assert (shown["mode"], shown["daemon_fallback_reason"]) == ("direct", "flag_no_daemon")
    refused = bd.run("daemon", "start", "--json")
    assert (refused.code, refused.error["code"]) == (2, "field.invalid")


# -- several processes


def test_a_direct_commit_pokes_the_daemon(bd: Bd) -> None:
    paths = lives.paths_of(bd)
    facts = json.dumps({"pid": os.getpid(), "version": "0", "socket": paths.socket}).encode()
    with lives.held_lock(paths.lock, facts), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(paths.socket)
        listener.listen()
        process = bd.start("create", "Poke", "--no-daemon")
        client, _ = listener.accept()
        with client, client.makefile("rb") as sent:
            content = sent.read()
        assert process.wait() == 0
        process.communicate()
    assert content.startswith(b"H")
    assert content.endswith(b"P\0\0\0\0")


def test_a_direct_command_waits_no_longer_than_the_settings_bear(bd: Bd) -> None:
    bd.ok("config", "set", "daemon.contention_limit", "0.01s")
    with lives.held_lock(str(bd.beads / "write.lock")):
        answer = bd("create", "Refused", "--json")
    assert (answer.code, answer.error["code"]) == (5, "daemon.required")
    assert bd("create", "Written").code == 0


def test_who_met_others_while_writing_is_told_once(bd: Bd) -> None:
    place = place_of(str(bd.beads))
    settings = config.load(place.folder)
    watch = reach.Contention(0.01)
    with (
        lives.held_lock(place.lock_path("write.lock")),
        pytest.raises(NoDaemon),
        watch.locked(place.lock_path("write.lock"), timeout_s=1, store=place.folder),
    ):
        pass
    assert watch.was_met
    used = reach.Used(place, settings, watch)
    auto = reach.wish(settings, {"CI": "true"}, alone=False)
    assert reach.last_act(used, auto, is_bound=False) == MANY
    alone = reach.wish(settings, {}, alone=True)
    assert reach.last_act(used, alone, is_bound=False) == ""
    calm = used._replace(contention=reach.Contention())
    assert reach.last_act(calm, auto, is_bound=False) == ""
