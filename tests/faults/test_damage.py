"""Stores that are damaged, newer, not ours to write, or gone: an error that helps, or the content."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from beadwork.model.errors import BeadworkError, StoreCorrupt, StoreNewer
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.ready import ListReady
from beadwork.ops.record_file import ImportFile
from tests.faults import children
from tests.faults.test_kill import CALLER, exported, require_sound
from tests.support import Project, query

PAGE = 4096


def fill(root: Path, *, count: int = 60) -> list[str]:
    """Make a store with its file, all of the log folded back; return its lines."""
    project = Project(root)
    for each in range(count):
        project.create(f"issue {each}", id=f"px-{each:03}", description="text " * 50)
    project.engine.flush(CALLER)
    lines = project.lines()
    project.close()
    return lines


def fold_log(root: Path) -> Path:
    """Fold the log back into the database, so that all stands in one file; return that."""
    database = root / ".beads" / "beadwork.db"
    connection = apsw.Connection(str(database))
    connection.execute("SELECT 1 FROM issue").fetchall()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    assert not database.with_name("beadwork.db-wal").exists()
    return database


def errors_of(root: Path) -> list[BeadworkError]:
    """Return what reads and writes answer."""
    found = []
    for request in (ListReady(), ShowIssue(issue="px-001"), CreateIssue(title="new")):
        project = Project(root)
        with pytest.raises(BeadworkError) as refused:
            project.run(request)
        found.append(refused.value)
        project.close()
    return found


# ---------------------------------------------------------------------------------- damage


def _overwrite_header(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(b"not a database at all, truly not" + content[32:])


def _truncate(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def _put_garbage(database: Path) -> None:
    content = database.read_bytes()
    garbage = bytes(each % 251 for each in range(len(content) - PAGE))
    database.write_bytes(content[:PAGE] + garbage)


@pytest.mark.parametrize("damage", [_overwrite_header, _truncate, _put_garbage])
def test_a_damaged_database_is_named_and_can_be_made_again_from_the_file(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    lines = fill(tmp_path)
    database = fold_log(tmp_path)
    damage(database)
    content = database.read_bytes()
    for error in errors_of(tmp_path):
        assert isinstance(error, StoreCorrupt)
        assert "bd init" in error.hint
    assert database.read_bytes() == content, "the evidence stays"

    for path in database.parent.glob("beadwork.db*"):
        path.unlink()
    project = Project(tmp_path)
    project.run(ImportFile())
    assert project.lines() == lines
    require_sound(project)
    project.close()


def test_an_empty_database_file_is_filled_from_the_project_file(tmp_path: Path) -> None:
    lines = fill(tmp_path)
    database = fold_log(tmp_path)
    database.write_bytes(b"")
    project = Project(tmp_path)
    assert project.run(ListReady()).issues == []
    project.run(ImportFile())
    assert project.lines() == lines
    require_sound(project)
    project.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    fill(tmp_path, count=2)
    database = fold_log(tmp_path)
    connection = apsw.Connection(str(database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    database = fold_log(tmp_path)
    content = database.read_bytes()
    for error in errors_of(tmp_path):
        assert isinstance(error, StoreNewer)
        assert error.code == "store.newer"
        assert "Upgrade" in error.hint
    assert database.read_bytes() == content


def test_a_database_deleted_under_an_engine_loses_no_later_answer(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.create("early", id="px-early")
    project.engine.flush(CALLER)
    for path in Path(project.place.folder).glob("beadwork.db*"):
        path.unlink()
    late = project.create("late")
    rows = query(project.place, "SELECT id FROM issue")
    assert (late,) in rows, "an acknowledged issue stands in the file that others open"
    project.run(ImportFile())
    assert {issue for (issue,) in query(project.place, "SELECT id FROM issue")} == {
        "px-early",
        late,
    }
    project.engine.flush(CALLER)
    assert project.records.read_bytes() == exported(project)
    require_sound(project)
    project.close()


def test_a_database_that_was_replaced_under_an_engine_is_the_one_it_reads(tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.create("other", id="px-other")
    other.close()
    source = fold_log(tmp_path / "other")
    project = Project(tmp_path / "store")
    project.create("old", id="px-old")
    for path in Path(project.place.folder).glob("beadwork.db*"):
        path.unlink()
    source.rename(project.place.database)
    assert [row.issue.id for row in project.run(ListReady()).issues] == ["px-other"]
    project.close()


# ------------------------------------------------------------------------------ not ours


@pytest.fixture
def foreign(quick_path: Path) -> Iterator[Path]:
    """A folder that nobody may enter, but not write."""
    quick_path.chmod(0o755)
    root = quick_path / "store"
    fill(root, count=3)
    (root / ".beads" / "issues.jsonl").chmod(0o644)
    (root / ".beads" / "config.yaml").chmod(0o644)
    for path in (root / ".beads").glob("beadwork.db*"):
        path.chmod(0o644)
    yield root
    (root / ".beads").chmod(0o755)


def answers_of_nobody(root: Path) -> list[str]:
    """Let another user read and try to write; see to it that nothing of the store changes."""
    folder = root / ".beads"
    names = ("beadwork.db", "beadwork.db-wal", "issues.jsonl")
    before = [(folder / name).read_bytes() for name in names if (folder / name).exists()]
    answers = root.parent / "answers"
    warm_up = root.parent / "warm-up"
    code = children.run(children.read_and_try_to_write, root, warm_up, answers)
    assert code == 0
    kept = [(folder / name).read_bytes() for name in names if (folder / name).exists()]
    # A reader in a folder that takes writes makes an empty log.
    before, kept = [each for each in before if each], [each for each in kept if each]
    assert kept == before
    return children.said(answers)[1:]


READY = "ok px-000 px-001 px-002"


@pytest.mark.parametrize("has_index", [True, False], ids=["with its index", "without"])
def test_a_log_left_in_a_folder_that_takes_no_write_is_read(foreign: Path, has_index: bool) -> None:
    folder = foreign / ".beads"
    assert (folder / "beadwork.db-wal").stat().st_size > 0
    if not has_index:
        (folder / "beadwork.db-shm").unlink(missing_ok=True)
    (folder / "write.lock").unlink(missing_ok=True)
    folder.chmod(0o555)
    assert answers_of_nobody(foreign) == [READY, "store.readonly True"]


def test_a_store_without_log_in_a_folder_that_takes_no_write_is_read(foreign: Path) -> None:
    fold_log(foreign)
    folder = foreign / ".beads"
    (folder / "write.lock").unlink(missing_ok=True)
    folder.chmod(0o555)
    assert answers_of_nobody(foreign) == [READY, "store.readonly True"]


def test_a_database_file_that_takes_no_write_is_read(foreign: Path) -> None:
    database = fold_log(foreign)
    (foreign / ".beads" / "write.lock").unlink(missing_ok=True)
    database.parent.chmod(0o777)
    database.chmod(0o444)
    assert answers_of_nobody(foreign) == [READY, "store.readonly True"]
