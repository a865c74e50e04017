"""What a daemon stands on is changed below it: its database, its folder, its clock."""

import itertools
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beadwork.compose.daemon import Seams
from tests.daemon.running import Daemon, running, until
from tests.doors.program import Bd
from tests.faults.daemons import END_S, inside, new_store, place_in, require_sound, titles
from tests.support import DAY_US, SECOND_US, START_US, query

pytestmark = pytest.mark.slow
OLD = ("one", "two", "three")


@pytest.fixture
def bd(quick_path: Path) -> Bd:
    """`bd` in a folder with a store of three issues, which are in the file too."""
    made = new_store(quick_path)
    for title in OLD:
        made.create(title)
    made.ok("sync")
    return made


@pytest.fixture
def daemon(bd: Bd) -> Iterator[Daemon]:
    """Its daemon, running."""
    with running(bd.folder, bd.environment) as started:
        assert {each["title"] for each in started.data("list")} == set(OLD)
        yield started


def database_files(bd: Bd) -> list[Path]:
    """Answer the database and what belongs to it."""
    return sorted(bd.beads.glob("beadwork.db*"))


# ------------------------------------------------------------------------------- the database


def ask_by_line(bd: Bd, daemon: Daemon) -> None:
    del bd
    assert daemon.data("create", {"title": "after"})


def ask_by_command(bd: Bd, daemon: Daemon) -> None:
    del daemon
    assert bd.run("create", "after").code == 0


@pytest.mark.parametrize("ask", [ask_by_line, ask_by_command])
def test_a_database_that_is_deleted_is_made_again_from_the_file(
    bd: Bd, daemon: Daemon, ask: Callable[[Bd, Daemon], None]
) -> None:
    for path in database_files(bd):
        path.unlink()
    ask(bd, daemon)
    assert {each["title"] for each in daemon.data("list")} == {*OLD, "after"}
    assert {each["title"] for each in json.loads(bd.run("list", "--json").out)} == {*OLD, "after"}
    assert daemon.stop() == 0
    assert {json.loads(line)["title"] for line in bd.lines().values()} == {*OLD, "after"}
    assert set(titles(place_in(bd.folder))) == {*OLD, "after"}
    require_sound(place_in(bd.folder))


@pytest.mark.parametrize("ask", [ask_by_line, ask_by_command])
def test_a_database_that_is_replaced_is_the_one_that_is_served(
    bd: Bd, daemon: Daemon, quick_path: Path, ask: Callable[[Bd, Daemon], None]
) -> None:
    other = quick_path / "other.db"
    saved = quick_path / "saved"
    shutil.copytree(bd.folder, saved, ignore=shutil.ignore_patterns("*.sock", "daemon.*"))
    there = bd.at(saved, BEADS_NO_DAEMON="1")
    there.create("elsewhere")
    there.ok("sync")
    query(place_in(saved), "PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(saved / ".beads" / "beadwork.db", other)
    os.replace(saved / ".beads" / "issues.jsonl", bd.records)
    for path in database_files(bd)[1:]:
        path.unlink()
    os.replace(other, bd.beads / "beadwork.db")
    ask(bd, daemon)
    expected = {*OLD, "elsewhere", "after"}
    assert {each["title"] for each in daemon.data("list")} == expected
    assert daemon.stop() == 0
    assert {json.loads(line)["title"] for line in bd.lines().values()} == expected
    require_sound(place_in(bd.folder))


def test_a_daemon_whose_database_is_deleted_under_load_goes_on(bd: Bd, daemon: Daemon) -> None:
    stop = threading.Event()
    answers: list[bool] = []

    def write() -> None:
        with daemon.line() as line:
            for each in itertools.count():
                answers.append(line.ask("create", {"title": f"new {each}"})["success"])
                if stop.is_set():
                    return

    def wait_for(more: int) -> None:
        until(lambda: len(answers) >= more)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for each in writers:
        each.start()
    try:
        for _ in range(3):
            count = len(answers)
            wait_for(count + 10)
            for path in database_files(bd):
                path.unlink(missing_ok=True)
    finally:
        count = len(answers)
        # At once some may be refused: the database has gone under them.
        until(lambda: sum(answers[count:]) >= 10)
        stop.set()
        for each in writers:
            each.join(END_S)
    # What is in the file is never lost for want of a database.
    assert {*OLD} <= {each["title"] for each in daemon.data("list", {"limit": 0})}
    assert daemon.stop() == 0
    assert {*OLD} <= {json.loads(line)["title"] for line in bd.lines().values()}
    require_sound(place_in(bd.folder))


# --------------------------------------------------------------------------------- the folder


def test_a_daemon_whose_folder_is_removed_ends_and_leaves_nothing_there(
    bd: Bd, daemon: Daemon
) -> None:
    with daemon.line() as line:
        assert line.ask("ping")["success"]
        shutil.rmtree(bd.beads.rename(bd.folder / "gone"), ignore_errors=True)
        assert daemon.wait() == 0
    assert not bd.beads.exists()


def test_a_folder_that_is_removed_and_made_again_gets_a_new_store(bd: Bd, daemon: Daemon) -> None:
    shutil.rmtree(bd.beads.rename(bd.folder / "gone"), ignore_errors=True)
    assert bd.run("init", "--quiet", "--prefix", "px").code == 0
    assert bd.run("create", "new").code == 0
    assert daemon.wait() == 0
    assert [each["title"] for each in bd.json("list")] == ["new"]
    require_sound(place_in(bd.folder))


# ---------------------------------------------------------------------------------- the clock


class JumpingClock:
    """A clock that jumps both ways, further at each look than anything takes."""

    def __init__(self) -> None:
        self.offset_us = 0
        self._ticks = itertools.count()

    def __call__(self) -> int:
        return START_US + self.offset_us + next(self._ticks)


JUMPS_US = (0, -3600 * SECOND_US, 30 * DAY_US, -400 * DAY_US, 3600 * SECOND_US, -1, 0)


def test_a_clock_that_jumps_both_ways_confuses_nothing(bd: Bd) -> None:
    clock = JumpingClock()
    made = []
    with inside(bd.folder, bd.home, Seams(clock=clock)) as daemon, daemon.line() as line:
        follow = daemon.line()
        follow.request("event.follow", {})
        cursors = [follow.receive()["data"]["cursor"]]
        for number, jump_us in enumerate(JUMPS_US):
            clock.offset_us = jump_us
            found = line.ask("issue.create", {"title": f"at {number}"}, key=f"key {number}")
            assert found["success"], found
            made.append(found["data"]["issue"]["id"])
            again = line.ask("issue.create", {"title": f"at {number}"}, key=f"key {number}")
            assert again["data"] == found["data"]
            changed = {"issue": made[0], "title": f"changed at {number}"}
            assert line.ask("issue.update", changed)["success"]
            shown = line.ask("show", {"id": made[0]})["data"]
            # What was written last holds, whatever the clock said.
            assert shown["title"] == f"changed at {number}"
            daemon.in_loop(daemon.process._upkeep.watch)
            assert line.ask("health")["data"]["status"] == "healthy"
        assert daemon.ask("ready", {"limit": 0})["success"]
        while cursors[-1] < daemon.ask("record.store")["data"]["last_event"]:
            cursors.append(follow.receive()["data"]["cursor"])
        follow.close()
        assert cursors == sorted(set(cursors)), "events come in order, each once"
    assert set(made) <= set(bd.lines())
    require_sound(place_in(bd.folder))


def test_a_claim_is_not_lost_by_a_clock_that_goes_back(bd: Bd) -> None:
    clock = JumpingClock()
    with inside(bd.folder, bd.home, Seams(clock=clock)) as daemon, daemon.line() as line:
        made = line.ask("issue.create", {"title": "mine"})["data"]["issue"]["id"]
        claim = {"issue": made, "lease_s": 600}
        assert line.ask("issue.claim", claim, actor="ann")["success"]
        clock.offset_us = -3600 * SECOND_US
        daemon.in_loop(daemon.process._upkeep.watch)
        taken = line.ask("issue.claim", {"issue": made}, actor="bob")
        assert (taken["success"], taken["code"][:5]) == (False, "claim")
        assert line.ask("issue.heartbeat", claim, actor="ann")["success"]
        # Once it has run out it is free, however far the clock has jumped.
        clock.offset_us = 30 * DAY_US
        daemon.in_loop(daemon.process._upkeep.watch)
        assert line.ask("issue.claim", {"issue": made}, actor="bob")["success"]
    require_sound(place_in(bd.folder))


# ------------------------------------------------------------------------------------- the log


def test_a_daemon_whose_new_log_is_deleted_goes_on(bd: Bd, daemon: Daemon) -> None:
    """As where somebody removes the three files one after the other, and it is quicker."""
    for path in database_files(bd):
        path.unlink()
    assert daemon.ask("create", {"title": "between"})["success"]
    for name in ("-shm", "-wal"):
        (bd.beads / f"beadwork.db{name}").unlink()
    daemon.ask("create", {"title": "after"})
    until(lambda: daemon.ask("create", {"title": "later"})["success"])
    user = bd.at(bd.folder, BEADS_NO_DAEMON="1")
    assert user.run("list").code == 0
    assert {*OLD, "later"} <= {each["title"] for each in daemon.data("list", {"limit": 0})}
    assert daemon.stop() == 0
    assert {*OLD, "later"} <= {json.loads(line)["title"] for line in bd.lines().values()}
    require_sound(place_in(bd.folder))
