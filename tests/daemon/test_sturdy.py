"""The daemon goes on, whatever one client, one file or one chore does."""

import concurrent.futures
import json
import os
from pathlib import Path

import pytest

from tests.daemon.running import Daemon, until
from tests.doors.program import Bd


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("levels", [100, 970, 982, 990, 5000])
def test_an_id_that_is_nested_deeply_ends_nobody(daemon: Daemon, levels: int) -> None:
    with daemon.line() as line:
        line.send(b'{"operation":"ping","request_id":' + nested(levels) + b"}\n")
        assert line._reader.readline().startswith(b'{"success":')
        line.send(b'{"operation":"none","request_id":' + nested(levels) + b"}\n")
        assert line._reader.readline().startswith(b'{"success":false')
    assert daemon.ask("ping", request_id={"a": [1, None]})["request_id"] == {"a": [1, None]}
    assert "request_id" not in daemon.ask("ping", request_id=None)


@pytest.mark.parametrize("content", [b": : [", b"\xff\xfe: \xff"])
def test_settings_that_cannot_be_read_end_nobody(daemon: Daemon, content: bytes) -> None:
    path = daemon.beads / "config.yaml"
    before = path.read_bytes()
    path.write_bytes(before + b"\n" + content)
    for number in range(3):
        daemon.data("create", {"title": f"Issue {number}"})
        until(lambda: "chore.failed" in (daemon.beads / "daemon.log").read_text(encoding="utf-8"))
    path.write_bytes(before)
    assert daemon.data("create", {"title": "Later"})


def test_new_words_are_known_to_every_reader_and_stay(bd: Bd, daemon: Daemon) -> None:
    def statuses(_: int) -> set[str]:
        with daemon.line() as line:
            found = line.ask("vocabulary.list")["data"]["statuses"]
            return {each["name"] for each in found}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all("archived" not in each for each in pool.map(statuses, range(24)))
        user = bd.at(bd.folder, BEADS_NO_DAEMON="")
        user.run("config", "set", "status.custom", "reviewing,archived:done")
        user.run("ready")
        for _ in range(3):
            assert all("archived" in each for each in pool.map(statuses, range(24)))
    user.run("create", "One", "--id", "px-one")
    assert "archived" in user.run("update", "px-one", "--status", "archived", "--json").out
    assert daemon.data("issue.list", {"statuses": ["archived"]})["issues"]


def test_what_another_project_provides_is_seen_at_once(
    bd: Bd, daemon: Daemon, tmp_path: Path
) -> None:
    other = bd.at(tmp_path / "lib")
    os.makedirs(other.folder)
    other.ok("init", "--prefix", "lib")
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    user.run("config", "set", "external_projects.lib", str(other.folder))
    issue = user.run(
        "create", "Needs a login", "--deps", "external:lib:login", "--silent"
    ).out.strip()
    assert issue not in user.run("ready").out
    assert daemon.data("issue.explain", {"issue": issue})["ready"] is False
    work = other.json("create", "Login", "-l", "export:login")["id"]
    other.ok("close", work)
    other.ok("ship", "login")
    assert issue in user.run("ready").out
    assert daemon.data("issue.explain", {"issue": issue})["ready"] is True
    assert issue in user.run("ready", "--claim").out


def test_only_what_there_is_is_counted(daemon: Daemon) -> None:
    for number in range(30):
        daemon.ask(f"nonsense{number}", expected_db="/nowhere/x.db")
        daemon.ask(f"nonsense{number}")
    assert "nonsense" not in json.dumps(daemon.data("metrics"))


def test_many_writes_at_once_let_others_have_their_turn(daemon: Daemon) -> None:
    steps = [{"operation": "issue.create", "args": {"title": f"T {n}"}} for n in range(450)]
    before = daemon.data("metrics")
    results = daemon.data("each", {"operations": steps})["results"]
    assert len({each["data"]["issue"]["id"] for each in results}) == 450
    after = daemon.data("metrics")
    assert after["commits"]["count"] - before["commits"]["count"] >= 3
