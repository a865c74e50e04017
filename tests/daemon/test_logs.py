"""The logs are written with the daemon and without it, and both write the same."""

import json
from pathlib import Path

import pytest

import beadwork
from beadwork.ops.issue_create import CreateIssue
from tests.daemon.running import Daemon, running, until
from tests.doors.program import Bd

pytestmark = pytest.mark.slow


def seqs(bd: Bd, name: str = "events") -> list[int]:
    path = bd.beads / "log" / f"{name}.jsonl"
    content = path.read_bytes() if path.exists() else b""
    return [json.loads(line)["seq"] for line in content.splitlines() if line.endswith(b"}")]


def has_sound_logs(bd: Bd) -> bool:
    return all(
        each["status"] == "ok"
        for each in bd("doctor", "--check", "logs", "--json").json["checks"]
        if each["name"] == "logs"
    )


def test_a_command_writes_them_at_its_end(bd: Bd) -> None:
    bd.create()
    assert seqs(bd) == [1]
    bd.ok("msg", "send", "--to", "everyone", "--priority", "urgent", "Stop")
    assert (seqs(bd), seqs(bd, "messages")) == ([1, 2], [2])
    before = (bd.beads / "log" / "events.jsonl").stat().st_mtime_ns
    bd.ok("list")
    assert (bd.beads / "log" / "events.jsonl").stat().st_mtime_ns == before


def test_what_an_import_brings_is_there_too(bd: Bd) -> None:
    bd.create("Old")
    text = bd.records.read_text(encoding="utf-8")
    bd.records.write_text(text.replace('"title":"Old"', '"title":"New"'), encoding="utf-8")
    bd.ok("list")
    assert seqs(bd) == [1, 2]


def test_a_setting_switches_them_off(bd: Bd) -> None:
    (bd.beads / "local.yaml").write_text("log:\n  files: false\n", encoding="utf-8")
    bd.create()
    assert not (bd.beads / "log").exists()
    with running(bd.folder, bd.environment):
        bd.at(bd.folder, BEADS_NO_DAEMON="").run("create", "Through the daemon")
    assert not (bd.beads / "log").exists()


def test_the_daemon_writes_them_soon(bd: Bd, daemon: Daemon) -> None:
    user = bd.at(bd.folder, BEADS_NO_DAEMON="")
    user.run("create", "Through the daemon")
    until(lambda: seqs(bd) == [1])
    bd.at(bd.folder, BEADS_NO_DAEMON="1").run("msg", "send", "--to", "bob", "Beside it")
    user.run("create", "Again")
    until(lambda: seqs(bd) == [1, 2, 3])
    assert seqs(bd, "messages") == [2]
    daemon.stop()
    assert has_sound_logs(bd)


def test_the_daemon_leaves_nothing_out_when_it_ends(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        bd.at(bd.folder, BEADS_NO_DAEMON="").run("create", "The last")
        daemon.stop()
    assert seqs(bd) == [1]


@pytest.mark.parametrize("damage", [b"created", b"seq"])
def test_the_daemon_verifies_and_mends_them_when_it_starts(bd: Bd, damage: bytes) -> None:
    for _ in range(3):
        bd.create()
    path = bd.beads / "log" / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(damage, damage.upper(), 1))
    with running(bd.folder, bd.environment):
        until(lambda: path.read_bytes() == whole)
        until(lambda: "log.mended" in (bd.beads / "daemon.log").read_text(encoding="utf-8"))


def test_what_a_killed_daemon_tore_is_mended_by_the_next(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        user = bd.at(bd.folder, BEADS_NO_DAEMON="")
        user.run("create", "First")
        until(lambda: seqs(bd) == [1])
        user.run("create", "Second")
        daemon.kill()
    _append(bd.beads / "log" / "events.jsonl", b'{"seq":2,"at":"20')
    with running(bd.folder, bd.environment):
        until(lambda: seqs(bd) == [1, 2])
    assert has_sound_logs(bd)


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def test_a_client_without_a_daemon_writes_them_when_it_is_closed(bd: Bd) -> None:
    with beadwork.Client(str(bd.folder), actor="ann", daemon="off") as client:
        client.call(CreateIssue(title="From a program"))
    assert seqs(bd) == [1]


def test_a_log_that_can_not_be_written_fails_no_command(bd: Bd) -> None:
    (bd.beads / "log").write_text("in the way", encoding="utf-8")
    answer = bd("create", "Work", "--json")
    assert (answer.code, answer.json["title"]) == (0, "Work")
    assert "the logs were not written" in answer.err


def test_the_file_is_not_written_under_the_hands_of_git(bd: Bd) -> None:
    bd.ok("config", "set", "daemon.export-interval", "0.1s")
    bd.git("init", "--quiet")
    with running(bd.folder, bd.environment) as daemon:
        user = bd.at(bd.folder, BEADS_NO_DAEMON="")
        first = user.create("First")
        until(lambda: first in bd.records.read_text(encoding="utf-8"))
        merging = bd.folder / ".git" / "MERGE_HEAD"
        merging.write_text("", encoding="utf-8")
        with daemon.line() as line:
            second = line.ask("issue.create", {"title": "Second"})["data"]["issue"]["id"]
        # The log of events is written later than the file would have been.
        until(lambda: second in (bd.beads / "log" / "events.jsonl").read_text(encoding="utf-8"))
        assert second not in bd.records.read_text(encoding="utf-8")
        merging.unlink()
        until(lambda: second in bd.records.read_text(encoding="utf-8"))
