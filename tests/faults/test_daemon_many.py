"""Much of everything: commands at once, calls one after the other, and one that takes long."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.running import Daemon, Line, running, until
from tests.doors.program import Bd
from tests.faults.daemons import END_S, new_store, place_in, require_sound, titles

pytestmark = pytest.mark.slow
CALLS = int(os.environ.get("BEADWORK_CALLS", "5000"))
COMMANDS = int(os.environ.get("BEADWORK_COMMANDS", "100"))
WARM_UP = 1000
BOMB = int(os.environ.get("BEADWORK_BOMB", "200"))
BIG = 4000
GROWN_MB = 8
"""So much the memory may move without growing."""


@pytest.fixture
def bd(quick_path: Path) -> Iterator[Bd]:
    """`bd` in a folder with a store; a daemon that starts itself ends with the test."""
    made = new_store(quick_path)
    try:
        yield made
    finally:
        _end_daemon(made)


def _end_daemon(bd: Bd) -> None:
    with contextlib.suppress(OSError):
        with Line(bd.beads / "bd.sock") as line:
            pid = line.ask("ping") and line.ask("status")["data"]["pid"]
        os.kill(pid, signal.SIGTERM)
        until(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended, and that nobody has asked about yet, is gone too.
    stat = Path(f"/proc/{pid}/stat")
    return (
        not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    )


# ------------------------------------------------------------------------- many commands at once


def test_two_hundred_commands_at_once_on_a_cold_store_all_succeed(bd: Bd) -> None:
    start = bd.at(bd.folder, BEADS_AUTO_START_DAEMON="true")
    processes = [
        start.start("create", f"issue {each}", "--silent", stdout=subprocess.DEVNULL)
        for each in range(BOMB)
    ]
    failed = []
    for each in processes:
        _, said = each.communicate(timeout=4 * END_S)
        if each.returncode:
            failed.append((each.returncode, said))
    assert failed == []
    found = titles(place_in(bd.folder))
    assert found == {f"issue {each}": 1 for each in range(BOMB)}
    assert start.run("list").code == 0
    log = bd.beads / "daemon.log"
    assert _events(log, "daemon.started") - _events(log, "daemon.ended") <= 1
    require_sound(place_in(bd.folder))


def _events(log: Path, name: str) -> int:
    if not log.exists():
        return 0
    lines = log.read_text(encoding="utf-8").splitlines()
    return sum(json.loads(line)["event"] == name for line in lines)


# ------------------------------------------------------------------------------ call after call


def _ask_much(daemon: Daemon, bd: Bd, numbers: range, commands: int) -> None:
    for start in range(numbers.start, numbers.stop, 500):
        with daemon.line() as line:
            for each in range(start, min(start + 500, numbers.stop)):
                _ask_something(line, each)
    _commands(bd, commands)


def _ask_something(line: Line, number: int) -> None:
    """Ask for this and that; the store keeps its size."""
    kind = number % 5
    requests: list[tuple[str, dict[str, Any]]] = [
        ("update", {"id": "px-it", "title": f"it {number}"}),
        ("show", {"id": "px-it"}),
        ("list", {"limit": 10}),
        ("update", {"id": "px-none", "title": "nothing"}),
        (f"no operation {number}", {}),
    ]
    answer = line.ask(*requests[kind])
    assert answer["success"] is (kind < 3), answer


def _commands(bd: Bd, count: int) -> None:
    for each in range(count):
        words = ("show", "px-it") if each % 2 else ("update", "px-it", "--title", f"c {each}")
        assert bd.run(*words).code == 0


def _use(daemon: Daemon) -> tuple[int, int, float]:
    with daemon.line() as line:
        until(lambda: line.ask("status")["data"]["active_connections"] == 1)
        health = line.ask("health")["data"]
    return health["descriptors"], health["threads"], health["memory_alloc_mb"]


def test_descriptors_threads_and_memory_stay_as_they_are(bd: Bd) -> None:
    bd.ok("create", "it", "--id", "px-it")
    with running(bd.folder, bd.environment) as daemon:
        _ask_much(daemon, bd, range(WARM_UP), 20)
        before = _use(daemon)
        _ask_much(daemon, bd, range(WARM_UP, WARM_UP + CALLS), COMMANDS)
        after = _use(daemon)
        sys.stdout.write(
            f"{CALLS} calls and {COMMANDS} commands: descriptors, threads, MB {before} -> {after}\n"
        )
        assert after[0] <= before[0] + 4
        assert after[1] <= before[1] + 2
        assert after[2] <= before[2] + GROWN_MB
        assert daemon.stop() == 0


# ------------------------------------------------------------------------------ one takes long


def test_a_long_list_does_not_hold_up_the_writes_of_others(bd: Bd) -> None:
    with running(bd.folder, bd.environment) as daemon:
        steps = [
            {"operation": "create", "args": {"title": f"{each}", "description": "long " * 50}}
            for each in range(BIG)
        ]
        daemon.data("batch", {"operations": steps, "atomic": True})
        written = 0
        lists = [
            threading.Thread(target=bd.run, args=("list", "--limit", "0", "--json"))
            for _ in range(2)
        ]
        with daemon.line() as other, daemon.line() as line:
            for each in lists:
                each.start()
            until(lambda: other.ask("status")["data"]["commands"] == len(lists))
            while other.ask("status")["data"]["commands"] == len(lists):
                assert line.ask("create", {"title": "meanwhile"})["success"]
                written += 1
            for each in lists:
                each.join(END_S)
        # A write takes its turn among the steps of a list; it does not wait for its end.
        assert written >= 10
        assert daemon.stop() == 0
    require_sound(place_in(bd.folder))
