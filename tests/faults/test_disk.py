"""The disk fails, fills up, or loses its power: every answer agrees with what is stored (R9)."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from beadwork.engine import Outcome
from beadwork.model.errors import BeadworkError, StoreFull, UnknownIssue
from beadwork.ops.claim import ClaimIssue, Claimed, Heartbeat
from beadwork.ops.comment import AddComment
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.label import AddLabels
from beadwork.ops.record import ImportFile, NoteHead, ShowStore
from tests.faults.disk import Disk
from tests.support import Project, SetClock, call, query

IOERR_WRITE, IOERR_SYNC = apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_FSYNC
MODES = {
    "a write fails": ({"write"}, IOERR_WRITE, False),
    "writes fail from then on": ({"write"}, IOERR_WRITE, True),
    "a sync fails": ({"sync"}, IOERR_SYNC, False),
    "syncs fail from then on": ({"sync"}, IOERR_SYNC, True),
    "the disk is full for a write": ({"write"}, apsw.SQLITE_FULL, False),
    "the disk stays full": ({"write"}, apsw.SQLITE_FULL, True),
}
STEPS_MAX = 2_000

# SQLite ignores some failures, as while it rolls back; apsw mentions them as unraisable.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk that can fail."""
    made = Disk()
    yield made
    made.unregister()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an issue to work on and one that alice holds."""
    root = tmp_path_factory.mktemp("template")
    project = Project(root)
    project.create("seed", id="px-seed")
    project.create("held", id="px-held")
    project.run(ClaimIssue(issue="px-held", lease_s=60))
    project.close()
    return root


def copy_of(template: Path, root: Path) -> Path:
    """Copy a project."""
    shutil.copytree(template, root)
    return root


class Batch:
    """Eight writes of every kind, and how to see whether each is stored."""

    def __init__(self, bulk: int = 0) -> None:
        text = "x" * bulk
        self.calls = [
            call(CreateIssue(title="first", description=text, labels=["a", "b"])),
            call(AddLabels(issue="px-seed", labels=["new"])),
            call(Heartbeat(issue="px-held", lease_s=3600)),
            call(CreateIssue(title="second", description=text), key="its-key"),
            call(CloseIssue(issue="px-none")),
            call(AddComment(issue="px-seed", text=f"A remark. {text}")),
            call(NoteHead(commit="abc")),
            call(CreateIssue(title="third", description=text, parent="px-seed")),
        ]

    def stored(self, project: Project) -> list[bool]:
        """Tell which of them are stored."""
        rows = project.run(ListIssues(all=True, limit=0)).issues
        titles = {row.issue.title for row in rows}
        seed = project.issue("px-seed")
        ((expires_us,),) = query(project.place, "SELECT expires_us FROM claim")
        keys = query(project.place, "SELECT key FROM request_key")
        assert bool(keys) == ("second" in titles), "a key is stored with its answer or not at all"
        return [
            "first" in titles,
            seed.labels == ["new"],
            expires_us > project.clock.now_us + 1800 * 1_000_000,
            "second" in titles,
            False,
            len(seed.comments) == 1,
            project.run(ShowStore()).settings.get("head") == "abc",
            "third" in titles,
        ]

    def check(self, outcomes: list[Outcome], project: Project) -> None:
        """Compare the answers with a fresh and healthy read."""
        answered = [not isinstance(each, BeadworkError) for each in outcomes]
        assert isinstance(outcomes[4], UnknownIssue) or not any(answered)
        assert self.stored(project) == answered, [str(each) for each in outcomes]
        assert project.wrong_rows() == 0
        assert query(project.place, "PRAGMA integrity_check") == [("ok",)]


def is_exhausted(root: Path, disk: Disk, batch: Batch, arm: Callable[[], None]) -> bool:
    """Run a batch on a disk that is about to fail; tell whether it came through without."""
    clock = SetClock()
    project = Project(root, opener=disk.opener, clock=clock)
    project.create("warm-up")
    arm()
    outcomes = project.engine.write_all(batch.calls)
    has_failed = disk.has_failed
    disk.mend()
    project.close()  # the stale connection is gone: what is read now is what the file holds
    healthy = Project(root, clock=clock)
    batch.check(outcomes, healthy)
    healthy.create("afterwards")
    healthy.close()
    return not has_failed


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_every_answer_agrees_with_the_rows_whichever_step_fails(
    template: Path, quick_path: Path, disk: Disk, mode: str
) -> None:
    kinds, code, lasting = MODES[mode]
    for nth in range(1, STEPS_MAX):
        root = copy_of(template, quick_path / str(nth))
        batch = Batch()
        done = is_exhausted(
            root, disk, batch, lambda k=nth: disk.fail(kinds, k, code, lasting=lasting)
        )
        shutil.rmtree(root)
        if done:
            assert nth > 1, "nothing ever failed"
            return
    pytest.fail("it never came through")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_batch_too_large_for_memory_agrees_with_the_rows(
    template: Path, quick_path: Path, disk: Disk, mode: str
) -> None:
    # Pages are written while the transaction is open: the database may undo it all by itself.
    kinds, code, lasting = MODES[mode]
    for nth in (1, 2, 50, 1000, 2400):
        root = copy_of(template, quick_path / str(nth))
        arm: Callable[[], None] = lambda k=nth: disk.fail(kinds, k, code, lasting=lasting)  # noqa: E731
        is_exhausted(root, disk, Batch(bulk=1_000_000), arm)
        shutil.rmtree(root)


def test_an_engine_goes_on_after_each_failed_step(
    template: Path, quick_path: Path, disk: Disk
) -> None:
    project = Project(copy_of(template, quick_path / "p"), opener=disk.opener)
    project.create("warm-up")
    for nth in range(1, 12):
        disk.fail({"write", "sync"}, nth, IOERR_WRITE, lasting=False)
        project.batch(CreateIssue(title=f"try {nth}"))
        disk.mend()
        assert project.create(f"then {nth}")
    titles = [row.issue.title for row in project.run(ListIssues(limit=0)).issues]
    assert {f"then {nth}" for nth in range(1, 12)} <= set(titles)
    assert len(titles) == len(set(titles))
    project.close()


def test_a_full_disk_is_told_apart(template: Path, quick_path: Path, disk: Disk) -> None:
    project = Project(copy_of(template, quick_path / "p"), opener=disk.opener)
    project.create("warm-up")
    disk.fail({"write"}, 1, apsw.SQLITE_FULL, lasting=True)
    with pytest.raises(StoreFull):
        project.create("no room")
    disk.mend()
    project.create("room again")
    project.close()


@pytest.mark.slow
def test_a_store_whose_making_fails_at_any_step_can_be_made_again(
    quick_path: Path, disk: Disk
) -> None:
    for nth in range(1, STEPS_MAX):
        root = quick_path / str(nth)
        project = Project(root, opener=disk.opener)
        disk.fail({"write", "sync"}, nth, IOERR_WRITE, lasting=False)
        (first,) = project.batch(CreateIssue(title="first"))
        has_failed = disk.has_failed
        disk.mend()
        # The same engine, and another one, find a store that works.
        project.create("second")
        replicas = query(project.place, "SELECT value FROM setting WHERE name = 'replica'")
        project.close()
        other = Project(root)
        other.create("third")
        titles = {row.issue.title for row in other.run(ListIssues()).issues}
        assert ("first" in titles) == (not isinstance(first, BeadworkError))
        assert {"second", "third"} <= titles
        assert len(replicas) == 1, "stamps need a replica of their own"
        other.close()
        shutil.rmtree(root)
        if not has_failed:
            return
    pytest.fail("it never came through")


# ------------------------------------------------------------------------------ power cuts


def titles_in(folder: Path) -> set[str]:
    """Open what a power cut left, and list its issues."""
    project = Project(folder.parent)
    try:
        found = {row.issue.title for row in project.run(ListIssues(limit=0)).issues}
        assert query(project.place, "PRAGMA integrity_check") == [("ok",)]
        assert project.wrong_rows() == 0
        project.create("goes on")
    finally:
        project.close()
    return found


def check_cut(disk: Disk, length: int, root: Path, keep: Callable[[int], bool]) -> None:
    """Cut the power, open what is left, and look for all that was acknowledged."""
    folder = root / ".beads"
    folder.mkdir(parents=True)
    disk.after_cut(length, folder, keep)
    missing = set(disk.acknowledged(length)) - titles_in(folder)
    assert not missing, f"cut behind step {length} of {len(disk.journal)}"
    shutil.rmtree(root)


WAYS: dict[str, Callable[[int], bool]] = {
    "nothing unsynced is kept": lambda _: False,
    "every other unsynced write is kept": lambda place: place % 2 == 0,
    "one of three unsynced writes is lost": lambda place: place % 3 != 0,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    quick_path: Path, disk: Disk, way: str
) -> None:
    project = Project(quick_path / "p", opener=disk.opener)
    for n in range(3):
        project.create(f"issue {n}")
        disk.acknowledge(f"issue {n}")
    outcomes = project.batch(*(CreateIssue(title=f"batch {n}") for n in range(4)))
    assert not any(isinstance(each, BeadworkError) for each in outcomes)
    for n in range(4):
        disk.acknowledge(f"batch {n}")
    project.close()
    for length in disk.cuts():
        check_cut(disk, length, quick_path / str(length), WAYS[way])


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_what_was_acknowledged_survives_a_power_cut_during_a_checkpoint(
    quick_path: Path, disk: Disk, way: str
) -> None:
    project = Project(quick_path / "p", opener=disk.opener)
    lines = [
        f'{{"id":"px-{n}","title":"line {n}","description":"{"x" * 20_000}",'
        f'"created_at":"2026-01-01T00:00:00Z"}}'
        for n in range(300)
    ]
    project.run(ImportFile(text="\n".join(lines[:150])))
    for n in range(150):
        disk.acknowledge(f"line {n}")
    project.run(ImportFile(text="\n".join(lines[150:])))
    project.create("the last")
    disk.acknowledge("the last")
    project.close()
    name = os.path.basename(project.place.database)
    checkpoints = [
        place
        for place, step in enumerate(disk.journal, start=1)
        if os.path.basename(step.path) == name and step.what in ("write", "sync", "truncate")
    ]
    assert len(checkpoints) > 100, "no checkpoint took place"
    chosen = [*checkpoints[:: len(checkpoints) // 12], checkpoints[-1], len(disk.journal)]
    for length in chosen:
        check_cut(disk, length, quick_path / str(length), WAYS[way])


def test_a_disk_that_only_says_it_synced_is_found_out(quick_path: Path, disk: Disk) -> None:
    # The tests above would see a lost write: here the syncs are struck from the journal.
    project = Project(quick_path / "p", opener=disk.opener)
    project.create("issue")
    disk.acknowledge("issue")
    project.close()
    disk.journal = [step for step in disk.journal if step.what != "sync"]
    with pytest.raises(AssertionError, match="cut behind"):
        check_cut(disk, len(disk.journal), quick_path / "q", lambda _: False)


def test_a_renewed_claim_whose_commit_fails_is_not_called_renewed(
    template: Path, quick_path: Path, disk: Disk
) -> None:
    # A heartbeat logs no event, so the log can't tell whether it is stored.
    project = Project(copy_of(template, quick_path / "p"), opener=disk.opener)
    project.create("warm-up")
    disk.fail({"write"}, 1, IOERR_WRITE, lasting=True)
    (outcome,) = project.batch(Heartbeat(issue="px-held", lease_s=3600))
    disk.mend()
    assert isinstance(outcome, BeadworkError)
    assert isinstance(project.run(Heartbeat(issue="px-held", lease_s=3600)), Claimed)
    project.close()
