"""Stores that are damaged, empty, or not ours to write: said plainly, and never made worse."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beadwork.model.errors import BeadworkError, StoreCorrupt
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.record import ExportFile, ImportFile
from tests.faults.processes import run
from tests.support import Project, lines_of, query

ISSUES = 300


def database(project: Project) -> Path:
    """The database's file."""
    return Path(project.place.database)


def settled(project: Project) -> Path:
    """Fill a store, export it, and bring all of it into the database's own file."""
    project.batch(*(CreateIssue(title=f"issue {n}", description="x" * 300) for n in range(ISSUES)))
    project.run(ExportFile())
    project.close()
    query(project.place, "PRAGMA wal_checkpoint(TRUNCATE)")
    return database(project)


def overwrite_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"this is not a database at all" * 4)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 17)


def overwrite_pages(path: Path) -> None:
    """Leave the first pages, with the schema, as they are."""
    with path.open("r+b") as file:
        file.seek(4096)
        size = path.stat().st_size - 4096
        file.write(b"\xa5" * size)


DAMAGES = [overwrite_header, cut_in_half, overwrite_pages]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_called_so_and_can_be_rebuilt_from_the_file(
    project: Project, damage: Callable[[Path], None]
) -> None:
    path = settled(project)
    lines = lines_of(project.place)
    damage(path)
    damaged = path.read_bytes()
    file = project.records.read_bytes()
    requests: list[Any] = [ListIssues(all=True, limit=0), CreateIssue(title="more"), ExportFile()]
    for request in requests:
        with pytest.raises(StoreCorrupt) as caught:
            project.run(request)
        assert (caught.value.code, caught.value.exit_code) == ("store.corrupt", 70)
        assert "bd init" in caught.value.hint
        project.close()
    assert path.read_bytes() == damaged, "a damaged database is evidence"
    assert project.records.read_bytes() == file
    # The hint's way out.
    for each in path.parent.glob(f"{path.name}*"):
        each.rename(each.with_name(f"aside-{each.name}"))
    project.run(ImportFile())
    assert lines_of(project.place) == lines
    assert project.create("life goes on")


def test_an_empty_database_is_filled_from_the_file(project: Project) -> None:
    path = settled(project)
    lines = lines_of(project.place)
    path.write_bytes(b"")
    assert project.run(ListIssues()).issues == []
    assert not project.run(ExportFile()).is_written, "the file says more than the store"
    assert lines_of(project.place) == lines
    assert project.wrong_rows() == 0


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_torn_log_keeps_the_writes_before_the_tear(project: Project, kept: float) -> None:
    first = project.create("in the database itself")
    project.close()
    query(project.place, "PRAGMA wal_checkpoint(TRUNCATE)")
    ids = [project.create(f"in the log {n}") for n in range(10)]
    project.close()
    log = Path(f"{project.place.database}-wal")
    os.truncate(log, int(log.stat().st_size * kept))
    there = {row.issue.id for row in project.run(ListIssues()).issues}
    assert first in there
    found = [issue in there for issue in ids]
    assert found == sorted(found, reverse=True), "an early write is gone, a later one is there"
    assert not all(found)
    assert project.wrong_rows() == 0
    assert project.create("life goes on")


def test_a_log_full_of_noise_is_left_out(project: Project) -> None:
    first = project.create("in the database itself")
    project.close()
    query(project.place, "PRAGMA wal_checkpoint(TRUNCATE)")
    log = Path(f"{project.place.database}-wal")
    log.write_bytes(bytes(range(256)) * 400)
    assert [row.issue.id for row in project.run(ListIssues()).issues] == [first]
    assert project.create("life goes on")


def test_a_folder_in_the_place_of_the_database_is_an_error_of_ours(project: Project) -> None:
    database(project).mkdir()
    for request in (ListIssues(), CreateIssue(title="x")):
        with pytest.raises(BeadworkError) as caught:
            project.run(request)
        assert caught.value.code.startswith("store."), caught.value.code


def test_a_copied_store_makes_stamps_of_its_own(project: Project, quick_path: Path) -> None:
    # Two folders with one replica would make equal stamps for different writes (R1).
    project.create("before", id="px-one")
    project.close()
    shutil.copytree(project.root, quick_path / "copy")
    other = Project(quick_path / "copy")
    for each in (project, other):
        each.create("afterwards")
    replica = "SELECT value FROM setting WHERE name = 'replica'"
    assert query(project.place, replica) != query(other.place, replica)
    other.close()


# ------------------------------------------------------------------ another user's store

as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0,
    reason="only root can become another user: not on this platform",
)


def facts(folder: Path) -> list[tuple[Any, ...]]:
    """Read what a read must not change."""
    return sorted(
        (path.name, path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
        for path in folder.iterdir()
        if path.is_file() and not path.name.endswith(("-shm", ".cache"))
    )


def close_folder(folder: Path, mode: int, file_mode: int) -> None:
    """Let others in, as far as the modes say."""
    for path in folder.iterdir():
        path.chmod(file_mode)
    folder.chmod(mode)
    for above in (folder.parent, folder.parent.parent):
        above.chmod(0o755)


PLACES = {
    "a read-only folder": (0o555, 0o444),
    "read-only files in an open folder": (0o777, 0o444),
}


@as_root
@pytest.mark.slow
@pytest.mark.parametrize("has_log", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_who_may_not_write_reads_all_and_changes_nothing(
    quick_path: Path, place: str, has_log: bool
) -> None:
    project = Project(quick_path / "theirs")
    (quick_path / "warm" / ".beads").mkdir(parents=True)
    for n in range(3):
        project.create(f"issue {n}")
    project.run(ExportFile())
    project.close()
    if not has_log:
        query(project.place, "PRAGMA wal_checkpoint(TRUNCATE)")
    folder = Path(project.place.folder)
    close_folder(folder, *PLACES[place])
    before = facts(folder)
    answers = {each["asked"]: each for each in run(project, "powerless") if "asked" in each}
    assert answers["ListIssues"] == {"asked": "ListIssues", "issues": 3}
    assert answers["ListReady"] == {"asked": "ListReady", "issues": 3}
    for asked in ("CreateIssue", "ExportFile"):
        assert answers[asked]["refused"] == "store.readonly", answers[asked]
    assert facts(folder) == before


@as_root
@pytest.mark.slow
def test_a_store_that_may_not_even_be_read_is_refused_by_name(quick_path: Path) -> None:
    project = Project(quick_path / "theirs")
    (quick_path / "warm" / ".beads").mkdir(parents=True)
    project.create("secret")
    project.close()
    close_folder(Path(project.place.folder), 0o755, 0o600)
    Path(project.place.folder, "config.yaml").chmod(0o644)
    answers = [each for each in run(project, "powerless") if "asked" in each]
    assert {each["refused"] for each in answers} == {"store.readonly"}
    assert all(project.place.folder in each["message"] for each in answers)
