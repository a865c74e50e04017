"""A disk without room: the error says so, the old file stands, the store is as it was."""

from pathlib import Path

import pytest

from beadwork.model.errors import BeadworkError, StoreFull
from beadwork.ops.ready import ListReady
from tests.faults import children
from tests.faults.test_damage import fold_log
from tests.faults.test_kill import CALLER, exported, require_sound
from tests.support import Project, query

pytestmark = pytest.mark.slow
LONG = "long text " * 100


def leftovers(project: Project) -> list[str]:
    """Return the names of half-written files."""
    return [path.name for path in project.records.parent.glob(".beadwork-*")]


def test_an_export_without_room_leaves_the_old_file_and_the_store(quick_path: Path) -> None:
    root, answers = quick_path / "store", quick_path / "answers"
    project = Project(root)
    for each in range(40):
        project.create(f"old {each}", description=LONG * 10)
    project.engine.flush(CALLER)
    old = project.records.read_bytes()
    for each in range(40):
        project.create(f"new {each}", description=LONG * 10)
    rows = project.lines()
    noted = "SELECT * FROM setting WHERE name IN ('exported_to', 'file_state', 'plain_digest')"
    settings = query(project.place, noted)
    project.close()
    fold_log(root)

    # There is room for a few notes in the log, but not for the file.
    size = len(old) + len(LONG)
    assert children.run(children.export_with_files_of_at_most, root, answers, size) == 0
    assert children.said(answers) in (["store.full True"], ["file.trouble True"])
    assert project.records.read_bytes() == old
    assert leftovers(project) == []
    assert project.lines() == rows
    assert query(project.place, noted) == settings

    assert project.engine.flush(CALLER)
    assert project.records.read_bytes() == exported(project)
    require_sound(project)
    project.close()


def test_a_store_that_can_not_grow_keeps_all_it_acknowledged(quick_path: Path) -> None:
    root, acknowledged = quick_path / "store", quick_path / "acknowledged"
    project = Project(root)
    project.create("first", id="px-first")
    size = 2_000_000
    assert children.run(children.create_until_full, root, acknowledged, size) == 0
    *made, failed = children.said(acknowledged)
    assert len(made) > 20
    assert failed.split()[0].startswith("store.")
    rows = query(project.place, "SELECT id FROM issue WHERE id <> 'px-first'")
    assert {issue for (issue,) in rows} == set(made)
    project.create("after")
    require_sound(project)
    project.close()


def test_a_full_file_system_is_named_and_work_goes_on_when_there_is_room(
    small_disk: Path,
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    project = Project(small_disk)
    first = project.create("first")
    project.engine.flush(CALLER)
    old = project.records.read_bytes()
    made = [first]
    with pytest.raises(StoreFull) as full:
        made.extend(project.create(f"issue {each}", description=LONG) for each in range(10_000))
    assert full.value.hint
    assert {issue for (issue,) in query(project.place, "SELECT id FROM issue")} == set(made)
    assert project.run(ListReady(limit=0)).issues
    with pytest.raises(BeadworkError) as refused:
        project.engine.flush(CALLER)
    assert isinstance(refused.value, StoreFull)
    assert project.records.read_bytes() == old
    assert leftovers(project) == []

    ballast.unlink()
    made.append(project.create("after"))
    assert {issue for (issue,) in query(project.place, "SELECT id FROM issue")} == set(made)
    assert project.engine.flush(CALLER)
    assert project.records.read_bytes() == exported(project)
    require_sound(project)
    project.close()
