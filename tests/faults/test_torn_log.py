"""A write-ahead log that is cut off or full of noise: all before the damage stands."""

import os
from pathlib import Path

import pytest

from beadwork.model.errors import BeadworkError
from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from tests.support import Project, query


def settled(project: Project) -> tuple[str, Path]:
    """Make an issue, and bring it into the database's own file."""
    first = project.create("in the database itself")
    project.close()
    query(project.place, "PRAGMA wal_checkpoint(TRUNCATE)")
    return first, Path(f"{project.place.database}-wal")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_torn_log_keeps_the_writes_before_the_tear(project: Project, kept: float) -> None:
    first, log = settled(project)
    ids = [project.create(f"in the log {n}") for n in range(10)]
    project.close()
    os.truncate(log, int(log.stat().st_size * kept))
    there = {row.issue.id for row in project.run(ListIssues()).issues}
    assert first in there
    found = [issue in there for issue in ids]
    assert found == sorted(found, reverse=True), "an early write is gone, a later one is there"
    assert not all(found)
    assert project.wrong_rows() == 0
    assert project.create("life goes on")


def test_a_log_full_of_noise_is_left_out(project: Project) -> None:
    first, log = settled(project)
    log.write_bytes(bytes(range(256)) * 400)
    assert [row.issue.id for row in project.run(ListIssues()).issues] == [first]
    assert project.create("life goes on")


def test_a_folder_in_the_place_of_the_database_is_an_error_of_the_store(project: Project) -> None:
    Path(project.place.database).mkdir()
    for request in (ListIssues(), CreateIssue(title="x")):
        with pytest.raises(BeadworkError) as caught:
            project.run(request)
        assert caught.value.code.startswith("store.")
