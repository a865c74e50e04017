"""A disk that fails below the daemon's one writer: every answer agrees with the rows (R9)."""

import os
import shutil
import threading
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest

from beadwork.compose.daemon import Seams
from tests.daemon.running import Line, until
from tests.doors.program import Bd
from tests.faults.daemons import END_S, inside, new_store, place_in, require_sound, titles
from tests.faults.failing_disk import FailingDisk, Fault, power_cuts
from tests.support import Project, make_folder, query

# The driver reports errors of the disk that SQLite swallows, as where it only tidies up.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STEPS_MAX = 500
EVERY = int(os.environ.get("BEADWORK_DISK_EVERY", "4"))
"""1: the disk fails at each step; else at every so many, from another one on in each test."""


@pytest.fixture
def bd(quick_path: Path) -> Bd:
    """`bd` in a folder with a store."""
    return new_store(quick_path)


# ----------------------------------------------------------------- full at each write of a batch


class Asked(NamedTuple):
    """A request of a batch, and what finds its effect in the rows."""

    operation: str
    args: dict[str, Any]
    key: str
    rows: str


BATCH = [
    *(
        Asked(
            "issue.create",
            {"title": f"new {each}", "description": "long " * 500},
            f"key {each}" if each % 2 else "",
            f"SELECT 1 FROM issue WHERE title = 'new {each}'",
        )
        for each in range(4)
    ),
    Asked(
        "issue.update",
        {"issue": "px-old", "title": "changed"},
        "",
        "SELECT 1 FROM issue WHERE title = 'changed'",
    ),
    Asked(
        "issue.claim",
        {"issue": "px-free"},
        "claim",
        "SELECT 1 FROM claim JOIN issue USING (n) WHERE id = 'px-free'",
    ),
    Asked(
        "comment.add",
        {"issue": "px-old", "text": "said"},
        "",
        "SELECT 1 FROM document WHERE body LIKE '%\"said\"%'",
    ),
    Asked("label.add", {"issue": "px-old", "labels": ["red"]}, "", "SELECT 1 FROM label"),
]


@pytest.fixture
def prepared(bd: Bd) -> Bd:
    """A store with two issues, and nothing left to write."""
    bd.ok("create", "old", "--id", "px-old")
    bd.ok("create", "free", "--id", "px-free")
    return bd


def together(daemon: Any, lines: list[Line]) -> list[dict[str, Any]]:
    """Send a batch of requests, each of its own client, so that one commit takes them all."""
    with daemon.held():
        for line, asked in zip(lines, BATCH, strict=True):
            line.request(asked.operation, asked.args, key=asked.key)
    return [line.receive() for line in lines]


@pytest.mark.parametrize("stays", [False, True], ids=["one step fails", "the disk stays so"])
@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_every_answer_of_a_batch_agrees_with_the_rows(
    prepared: Bd, quick_path: Path, error: type[apsw.Error], stays: bool
) -> None:
    first = (1 + stays + 2 * (error is apsw.IOError)) % EVERY + 1
    for at in range(first, STEPS_MAX, EVERY):
        folder = quick_path / f"{error.__name__} {stays} {at}"
        shutil.copytree(prepared.folder, folder)
        disk = FailingDisk()
        with inside(folder, prepared.home, Seams(opener=disk.opener)) as daemon:
            lines = [daemon.line() for _ in BATCH]
            assert all(line.ask("ping")["success"] for line in lines)
            disk.fail(Fault(error, at, stays=stays))
            answers = together(daemon, lines)
            failures = disk.failures
            # The daemon goes on, and says what is wrong or that all is well.
            assert daemon.ask("ping")["success"]
            disk.fail(None)
            assert daemon.ask("issue.create", {"title": "room again"})["success"]
            assert daemon.ask("metrics")["data"]["commits"]["calls"] > len(BATCH)
            for line in lines:
                line.close()
        disk.close()
        place = place_in(folder)
        for asked, answer in zip(BATCH, answers, strict=True):
            is_there = bool(query(place, asked.rows))
            is_doubted = "is_known" in answer.get("data", {}) and not answer["success"]
            assert is_doubted or is_there == answer["success"], (at, asked, answer)
        keys = {key for (key,) in query(place, "SELECT key FROM request_key")}
        told = {asked.key for asked, each in zip(BATCH, answers, strict=True) if each["success"]}
        assert told - {""} <= keys
        assert titles(place)["room again"] == 1
        require_sound(place)
        shutil.rmtree(folder)
        if not failures:
            assert at > 10
            return
    raise AssertionError("the disk failed for ever")


def test_a_full_disk_is_named_over_the_socket(prepared: Bd) -> None:
    disk = FailingDisk()
    with inside(prepared.folder, prepared.home, Seams(opener=disk.opener)) as daemon:
        disk.fail(Fault(apsw.FullError, 1, stays=True))
        answer = daemon.ask("create", {"title": "no room"})
        assert (answer["success"], answer["code"]) == (False, "store.full")
        assert answer["hint"]
        assert daemon.ask("health")["data"]["status"] == "unhealthy"
        # A command is served where the clock has the zone of the daemon, which is the test's.
        here = prepared.at(prepared.folder, TZ=os.environ.get("TZ", ""))
        done = here.run("create", "no room for a command", "--json")
        assert (done.code, done.error["code"]) == (5, "store.full")
        assert {each["title"] for each in daemon.ask("list")["data"]} == {"old", "free"}
        disk.fail(None)
        assert daemon.ask("health")["data"]["status"] == "healthy"
        assert daemon.ask("create", {"title": "room again"})["success"]
    disk.close()


# ----------------------------------------------------------------------------------- power cuts

CLIENTS = 4
WRITES = 6


@pytest.mark.parametrize(
    "survives",
    [lambda _: False, lambda number: number % 2 == 0],
    ids=["nothing unsynced", "every other write"],
)
def test_what_the_daemon_acknowledged_survives_a_power_cut(
    bd: Bd, quick_path: Path, survives: Any
) -> None:
    disk = FailingDisk(records=True)
    bd.beads.joinpath("beadwork.db").unlink(missing_ok=True)
    with inside(bd.folder, bd.home, Seams(opener=disk.opener)) as daemon:

        def write(client: int) -> None:
            with daemon.line() as line:
                for each in range(WRITES):
                    title = f"{client} {each}"
                    assert line.ask("issue.create", {"title": title})["success"]
                    disk.note(title)

        threads = [threading.Thread(target=write, args=(each,)) for each in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(END_S)
        synced = sum(step.what == "sync" for step in disk.log)
        daemon.in_loop(daemon.process._upkeep.checkpoint)
        until(lambda: sum(step.what == "sync" for step in disk.log) > synced)
        steps = [{"operation": "create", "args": {"title": f"together {n}"}} for n in range(3)]
        assert daemon.ask("batch", {"operations": steps, "atomic": True})["success"]
        disk.note("together")
    disk.close()
    assert [step.note for step in disk.log if step.note][-1] == "together"

    count = 0
    for cut in power_cuts(disk.log, every=max(1, len(disk.log) // 60), survives=survives):
        root = quick_path / f"cut {count}"
        cut.write(Path(make_folder(root).folder))
        after = Project(root)
        after.engine.prepare()
        found = titles(after.place)
        acknowledged = set(cut.notes) - {"together"}
        assert acknowledged <= set(found)
        assert set(found.values()) <= {1}
        whole = sum(title.startswith("together") for title in found)
        assert whole == 3 if "together" in cut.notes else whole in (0, 3)
        after.create("after")
        after.close()
        require_sound(after.place)
        count += 1
    assert count >= 40
