"""Writes that log no event: on a failing disk their answers agree with the rows as well (R9)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from beadwork.engine import Outcome
from beadwork.model.errors import BeadworkError, ClaimStale, StoreFull
from beadwork.ops.claim import ClaimIssue, Heartbeat, ReleaseIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.record import NoteHead
from tests.faults.failing_disk import FailingDisk, Fault, power_cuts
from tests.support import SECOND_US, Project, call, make_folder, query

# The driver reports errors of the disk that SQLite swallows, as where it only tidies up.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STEPS_MAX = 500


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an issue that alice holds, and one that bob held before he lost it."""
    project = Project(tmp_path_factory.mktemp("silent"))
    project.create("held", id="px-held")
    project.run(ClaimIssue(issue="px-held", lease_s=60))
    project.create("lost", id="px-lost")
    project.run(ClaimIssue(issue="px-lost"), actor="bob")
    project.run(ReleaseIssue(issue="px-lost", force=True))
    project.close()
    return project.root


CALLS = [
    call(Heartbeat(issue="px-held", lease_s=3600)),
    call(NoteHead(commit="abc")),
    call(CreateIssue(title="keyed"), key="its-key"),
    call(AddComment(issue="px-lost", text="too late"), actor="bob"),
]


def stored(project: Project) -> list[bool]:
    """Tell which of the calls are in the rows; of the last, whether its late result is kept."""
    ((expires_us,),) = query(
        project.place, "SELECT c.expires_us FROM claim c JOIN issue i USING (n) WHERE i.id = ?",
        "px-held",
    )  # fmt: skip
    keys = query(project.place, "SELECT 1 FROM request_key")
    titles = query(project.place, "SELECT 1 FROM issue WHERE title = 'keyed'")
    assert keys == titles, "a key is stored with what was done under it, or neither is"
    head = query(project.place, "SELECT value FROM setting WHERE name = 'head'")
    late = query(project.place, "SELECT operation FROM late_result")
    return [
        expires_us > project.clock.now_us + 1800 * SECOND_US,
        head == [("abc",)],
        bool(titles),
        late == [("comment.add",)],
    ]


def said(outcomes: list[Outcome]) -> list[bool]:
    """Tell what was answered: a stale write is refused, and what it brought is kept."""
    *plain, stale = outcomes
    return [not isinstance(each, BeadworkError) for each in plain] + [isinstance(stale, ClaimStale)]


@pytest.mark.parametrize("stays", [False, True], ids=["one step fails", "the disk dies"])
@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
def test_the_answer_to_a_silent_write_agrees_with_the_rows(
    store: Path, quick_path: Path, error: type[apsw.Error], stays: bool
) -> None:
    for at in range(1, STEPS_MAX):
        root = shutil.copytree(store, quick_path / str(at))
        disk = FailingDisk()
        project = Project(root, opener=disk.opener)
        project.create("opened")
        disk.fail(Fault(error, at, stays=stays))
        outcomes = project.engine.write_all(CALLS)
        failures = disk.failures
        project.close()
        disk.close()
        healthy = Project(root)
        in_doubt = [
            isinstance(each, BeadworkError) and "is_known" in each.data for each in outcomes
        ]
        pairs = zip(stored(healthy), said(outcomes), in_doubt, strict=True)
        assert all(is_doubted or there == told for there, told, is_doubted in pairs), at
        healthy.close()
        if not failures:
            assert at > 10
            return
    raise AssertionError("the disk failed for ever")


def test_a_full_disk_is_told_apart_from_a_broken_one(store: Path, quick_path: Path) -> None:
    disk = FailingDisk()
    project = Project(shutil.copytree(store, quick_path / "copy"), opener=disk.opener)
    project.create("opened")
    disk.fail(Fault(apsw.FullError, 1, stays=True))
    with pytest.raises(StoreFull):
        project.create("no room")
    disk.fail(None)
    assert project.create("room again")
    project.close()
    disk.close()


def test_a_key_is_asked_again_after_a_crash_behind_the_commit(quick_path: Path) -> None:
    class Crash(Exception):
        pass

    def crash_at(moment: str) -> Callable[[str], None]:
        def at(name: str) -> None:
            if name == moment:
                raise Crash

        return at

    for moment, there in (("before_commit", 0), ("after_commit", 1)):
        project = Project(quick_path, at=crash_at(moment))
        with pytest.raises(Crash):
            project.run(CreateIssue(title=moment), key="same")
        project.close()
        again = Project(quick_path)
        title = "SELECT COUNT(*) FROM issue WHERE title = ?"
        assert query(again.place, title, moment) == [(there,)]
        first = again.run(CreateIssue(title=moment), key="same").issue
        assert again.run(CreateIssue(title=moment), key="same").issue == first
        assert query(again.place, title, moment) == [(1,)]
        again.close()
        query(again.place, "DELETE FROM request_key")


def test_a_write_that_was_never_synced_would_be_missed(quick_path: Path) -> None:
    # The tests of power cuts can fail: here a disk only says that it synced.
    disk = FailingDisk(records=True)
    project = Project(quick_path / "store", opener=disk.opener)
    project.create("acknowledged")
    project.close()
    disk.close()

    def titles(number: int, *, is_honest: bool) -> list[str]:
        log = [step for step in disk.log if is_honest or step.what != "sync"]
        *_, last = power_cuts(log)
        place = make_folder(quick_path / str(number))
        last.write(Path(place.folder))
        after = Project(quick_path / str(number))
        after.engine.prepare()
        found = [title for (title,) in query(after.place, "SELECT title FROM issue")]
        after.close()
        return found

    assert titles(1, is_honest=True) == ["acknowledged"]
    assert titles(2, is_honest=False) == []
