"""What is shown of a daemon: metrics, log, units."""

import plistlib
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.daemon.running import Daemon
from tests.doors.program import Bd


def test_the_metrics_are_what_prometheus_reads(bd: Bd, daemon: Daemon) -> None:
    daemon.data("create", {"title": "Counted", "issue_type": "task", "priority": 2})
    answer = bd("daemon", "metrics")
    assert answer.code == 0
    found = {each.name: each for each in text_string_to_metric_families(answer.out)}
    requests = found["beadwork_requests"].samples
    assert [
        (each.labels, each.value) for each in requests if each.labels["operation"] == "create"
    ] == [
        ({"operation": "create", "result": "success"}, 1.0),
        ({"operation": "create", "result": "error"}, 0.0),
    ]
    buckets = [
        each for each in found["beadwork_batch_size"].samples if each.name.endswith("_bucket")
    ]
    assert [each.value for each in buckets] == sorted(each.value for each in buckets)
    assert buckets[-1].labels == {"le": "+Inf"}
    assert found["beadwork_memory_bytes"].samples[0].value > 1_000_000
    assert bd.json("daemon", "metrics")["commits"]["count"] >= 1
    assert bd("daemon", "--metrics").out.startswith("# HELP")


def test_without_a_daemon_there_are_no_metrics(bd: Bd) -> None:
    answer = bd("daemon", "metrics", "--json")
    assert (answer.code, answer.out, answer.error["code"]) == (5, "", "unavailable")


def test_the_last_lines_of_the_log_are_shown(bd: Bd, daemon: Daemon) -> None:
    daemon.data("ping")
    assert '"daemon.started"' in bd.ok("daemon", "logs", "-n", "1").out
    assert bd.ok("daemon", "logs", str(daemon.pid), "-n", "0").out == ""
    assert bd.ok("daemon", "logs", str(bd.folder)).out.count("\n") >= 1


def test_without_a_log_it_is_said_where_it_would_be(bd: Bd) -> None:
    answer = bd("daemon", "logs", "--json")
    assert (answer.code, answer.out) == (5, "")
    assert str(bd.beads / "daemon.log") in answer.error["error"]


def test_one_target_that_is_not_there_is_not_found(bd: Bd) -> None:
    for act in ("stop", "restart", "logs"):
        for target in ("4194304", "nowhere"):
            answer = bd("daemon", act, target, "--json")
            assert (answer.code, answer.out) == (3, ""), (act, target)


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_a_unit_is_written_shown_and_removed(bd: Bd, home: Path, kind: str) -> None:
    shown = bd.json("daemon", "install", "--kind", kind, "--print")
    path = Path(shown["path"])
    assert path.is_relative_to(home)
    assert not path.exists()
    written = bd.json("daemon", "install", "--kind", kind)
    assert (written["path"], path.read_text()) == (shown["path"], shown["content"])
    assert path.stem in written["next"]
    assert bd.json("daemon", "install", "--kind", kind, "--remove")["removed"] is True
    assert not path.exists()
    assert bd.json("daemon", "install", "--kind", kind, "--remove")["removed"] is False


def test_a_unit_runs_the_daemon_of_this_store_whatever_its_path(bare: Bd) -> None:
    folder = bare.folder / 'odd %n $HOME "name"'
    folder.mkdir()
    bd = bare.at(folder)
    bd.ok("init", "--prefix", "px", "--quiet")
    text = bd.json("daemon", "install", "--kind", "systemd", "--print")["content"]
    start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert r'odd %%n $$HOME \"name\"/.beads"' in start
    made = bd.json("daemon", "install", "--kind", "launchd", "--print")["content"]
    command = plistlib.loads(made.encode())["ProgramArguments"]
    assert command[1:] == ["-P", "-m", "beadwork", "daemon", str(bd.beads), "--idle-exit=0"]


def test_the_flags_of_dolt_are_refused_and_those_of_git_have_no_effect(bd: Bd) -> None:
    for flag in ("--federation", "--federation-port=1", "--remotesapi-port=1"):
        answer = bd("daemon", "start", flag, "--json")
        assert (answer.code, answer.error["code"]) == (2, "field.invalid")
    assert bd("daemon", "start", "--interval", "soon").code == 2
    assert bd("daemon", "--start", "--stop").code == 2
    assert bd("daemon", "nonsense").code == 2
    assert "Usage:" in bd("daemon").out
