"""Processes that are killed anywhere: what they acknowledged is there, nothing is half done."""

import json
import shutil
from pathlib import Path

import pytest

from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.ops.record import ListConflicts
from beadwork.ops.record_file import ImportFile
from tests.faults import children
from tests.support import Project, make_folder, query

pytestmark = pytest.mark.slow
CALLER = Caller(Holder("alice"))
LINES = 2_000
MOMENTS_MAX = 200


def require_sound(project: Project) -> None:
    """See to it that the database and the index of readiness are as they should be."""
    assert query(project.place, "PRAGMA integrity_check") == [("ok",)]
    assert query(project.place, "PRAGMA foreign_key_check") == []
    assert project.wrong_rows() == 0


def titles(project: Project) -> list[str]:
    """Return every title of the store, in the order in which the issues were made."""
    return [title for (title,) in query(project.place, "SELECT title FROM issue ORDER BY n")]


def exported(project: Project) -> bytes:
    """Return what the file should hold."""
    return "".join(f"{line}\n" for line in project.lines()).encode()


# ---------------------------------------------------------------------------------- writes


def test_what_a_killed_writer_acknowledged_is_there_and_nothing_half_done(
    quick_path: Path,
) -> None:
    for number in range(1, MOMENTS_MAX):
        root = quick_path / str(number)
        project = Project(root)
        project.create("old", id="px-old")
        project.close()
        acknowledged = quick_path / f"{number}.txt"
        code = children.run(children.write_until_killed, root, acknowledged, number)
        said = children.said(acknowledged)

        project = Project(root)
        project.engine.prepare()
        found = set(titles(project)) - {"old"}
        singles, batch = set(children.SINGLES), set(children.BATCH)
        assert set(said) <= found
        assert len(found & singles) - len(set(said) & singles) <= 1
        assert found & batch in (set(), batch)
        require_sound(project)
        assert project.create("after") in {json.loads(line)["id"] for line in project.lines()}
        project.close()
        if code == 0:
            assert said == [*children.SINGLES, *children.BATCH]
            assert number > 3 * len(children.SINGLES) + 2
            return
        assert code == children.KILLED
    raise AssertionError("it was killed for ever")


# ------------------------------------------------------------------------ imports of a file


def write_file(root: Path) -> None:
    """Write a file of issues that need one another, across the chunks of an import too."""
    records = make_folder(root).records
    with open(records, "w", encoding="utf-8") as file:
        for each in range(LINES):
            at = f"2026-01-01T00:{each // 60 % 60:02}:{each % 60:02}Z"
            line = {
                "id": f"px-{each:04}",
                "title": f"Issue {each}",
                "status": "closed" if each % 7 == 0 else "open",
                "priority": each % 5,
                "issue_type": "task",
                "created_at": at,
                "updated_at": at,
                "labels": [f"l{each % 3}"],
                "dependencies": [
                    {
                        "issue_id": f"px-{each:04}",
                        "depends_on_id": f"px-{(each * 7 + 13) % LINES:04}",
                        "type": "blocks",
                        "created_at": at,
                        "created_by": "ann",
                    }
                ],
            }
            if each % 7 == 0:
                line["closed_at"] = at
            file.write(json.dumps(line) + "\n")


@pytest.mark.usefixtures("small_chunks")
def test_an_import_that_was_killed_again_and_again_ends_like_an_undisturbed_one(
    quick_path: Path,
) -> None:
    write_file(quick_path / "calm")
    calm = Project(quick_path / "calm")
    whole = calm.run(ImportFile()).report
    assert (whole.lines, whole.created) == (LINES, LINES)

    root = quick_path / "killed"
    write_file(root)
    there = 0
    for number in (1, 2, 6, 11, 12, 13):
        assert children.run(children.import_until_killed, root, number) == children.KILLED
        project = Project(root)
        project.engine.prepare()
        now = len(titles(project))
        assert now >= there
        there = now
        require_sound(project)
        project.close()
    assert 0 < there < LINES

    project = Project(root)
    rest = project.run(ImportFile()).report
    assert (rest.lines, rest.created, rest.unchanged) == (LINES, LINES - there, there)
    assert (rest.updated, rest.adopted, rest.conflicts) == (0, [], 0)
    assert project.lines() == calm.lines()
    require_sound(project)
    assert project.run(ImportFile()).is_unchanged
    assert not project.engine.flush(CALLER), "nothing is left to write"
    columns = "id, own_holds, held_up, workable, filed, changed_seq > 0"
    ask = f"SELECT {columns} FROM issue ORDER BY id"
    assert query(project.place, ask) == query(calm.place, ask)
    project.close()
    calm.close()


# ---------------------------------------------------------------------------------- exports


def test_an_export_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    quick_path: Path,
) -> None:
    start = quick_path / "start"
    project = Project(start)
    project.create("first", id="px-aaa")
    project.engine.flush(CALLER)
    old = project.records.read_bytes()
    project.create("second", id="px-bbb", dependencies=["blocks:px-aaa"])
    new = exported(project)
    project.close()
    assert old != new

    seen = set()
    for number in range(1, MOMENTS_MAX):
        root = quick_path / "killed"
        shutil.copytree(start, root)
        code = children.run(children.export_until_killed, root, number)
        project = Project(root)
        found = project.records.read_bytes()
        assert found in (old, new)
        seen.add(found)
        project.engine.flush(CALLER)
        assert project.records.read_bytes() == new == exported(project)
        assert not project.run(ListConflicts()).conflicts
        assert not project.engine.flush(CALLER)
        require_sound(project)
        project.close()
        shutil.rmtree(root)
        if code == 0:
            assert number > 8
            assert seen == {old, new}
            return
        assert code == children.KILLED
    raise AssertionError("it was killed for ever")
