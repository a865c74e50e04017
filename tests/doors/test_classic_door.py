"""Classic's operations as the door plans them, without a socket: mutations, and what is planned."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from beadwork.compose import DirectWorld
from beadwork.doors.classic import ClassicDoor, mutations
from beadwork.doors.classic.context import Cursors
from beadwork.doors.world import Options
from beadwork.ops.table import operation_of
from tests.support import Project, project

__all__ = ["project"]

_PAGE = 10
_WRITES = ("create", "update", "close", "delete", "dep_add", "dep_remove", "label_add",
           "label_remove", "comment_add")  # fmt: skip


@pytest.fixture
def door(project: Project) -> ClassicDoor:
    """The door of the store of `project`."""
    return ClassicDoor(DirectWorld({}, str(project.root)), Options())


class Reader:
    """A client that asks what happened, again and again, by the time of the last it was told."""

    def __init__(self, project: Project, door: ClassicDoor) -> None:
        self._project = project
        self._door = door
        self.since = 0

    def read(self) -> list[str]:
        """Ask once; answer the ids."""
        work = self._door.plan("get_mutations", {"since": self.since}, "").work
        assert work is not None
        found: list[dict[str, Any]] = work(self._project.run)
        if found:
            moment = datetime.fromisoformat(found[-1]["Timestamp"])
            self.since = int(moment.timestamp() * 1_000_000) // 1000
        return [each["IssueID"] for each in found]

    def read_all(self) -> list[str]:
        """Ask until there is nothing new."""
        told: list[str] = []
        while found := self.read():
            told += found
        return told


def test_each_mutation_is_told_once_page_by_page(
    project: Project, door: ClassicDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutations, "_PAGE", _PAGE)
    made = []
    for _ in range(4):
        made += [project.create() for _ in range(2 * _PAGE + 3)]
        project.clock.advance(1)
    reader = Reader(project, door)
    assert len(reader.read()) == 2 * _PAGE + 3, "one millisecond is not torn apart"
    assert reader.read_all() == made[2 * _PAGE + 3 :]
    assert reader.read() == []


def test_none_is_missed_where_two_commits_share_a_millisecond(
    project: Project, door: ClassicDoor
) -> None:
    reader = Reader(project, door)
    made, told = [], []
    for _ in range(5):
        made.append(project.create())  # The clock of the tests moves by a microsecond.
        told += reader.read()
    assert list(dict.fromkeys(told)) == made
    project.clock.advance(1)
    made.append(project.create())
    told += reader.read()
    assert list(dict.fromkeys(told)) == made
    assert reader.read() == []


def test_none_is_missed_when_the_clock_is_set_back(project: Project, door: ClassicDoor) -> None:
    reader = Reader(project, door)
    made = [project.create() for _ in range(3)]
    told = reader.read()
    project.clock.advance(-3600)
    made += [project.create() for _ in range(3)]
    told += reader.read()
    project.clock.advance(1)
    made.append(project.create())
    told += reader.read()
    assert list(dict.fromkeys(told)) == made


def test_who_asks_by_a_clock_of_its_own_begins_at_that_millisecond(
    project: Project, door: ClassicDoor
) -> None:
    for _ in range(20):
        project.create("Before")
        project.clock.advance(1)
    since = project.clock.now_us // 1000
    made = [project.create("After") for _ in range(3)]
    reader = Reader(project, door)
    reader.since = since
    assert reader.read() == made
    reader.since = since + 60_000
    assert reader.read() == []


def test_a_deleted_issue_is_told_of(project: Project, door: ClassicDoor) -> None:
    name = project.create("Gone")
    request = door.plan("delete", {"ids": [name], "force": True}, "").request
    assert request is not None
    project.run(request)
    work = door.plan("get_mutations", {}, "").work
    assert work is not None
    assert [(each["Type"], each["Title"]) for each in work(project.run)] == [
        ("create", "Gone"), ("delete", "Gone"),
    ]  # fmt: skip


def test_cursors_are_bounded_and_go_on_after_the_earlier() -> None:
    cursors = Cursors()
    cursors.note(1, 10)
    cursors.note(1, 12)
    assert cursors.after(1) == 10
    for at_ms in range(2, 2000):
        cursors.note(at_ms, at_ms)
    assert cursors.after(1) is None
    assert cursors.after(1999) == 1999


def test_a_write_is_one_request_and_goes_with_the_next_commit(door: ClassicDoor) -> None:
    args = {
        "id": "px-1", "ids": ["px-1"], "title": "T", "from_id": "px-1", "to_id": "px-2",
        "label": "l", "text": "t",
    }  # fmt: skip
    for operation in _WRITES:
        request = door.plan(operation, args, "ann").request
        assert request is not None, operation
        assert operation_of(type(request)).kind == "write", operation


def test_the_names_are_classics(door: ClassicDoor) -> None:
    assert set(door.names) == {
        "create", "update", "close", "delete", "list", "count", "show", "resolve_id", "ready",
        "blocked", "stale", "stats", "dep_add", "dep_remove", "dep_tree", "label_add",
        "label_remove", "comment_list", "comment_add", "export", "import", "epic_status",
        "get_mutations", "get_molecule_progress", "get_worker_status", "mol_stale", "get_config",
        "gate_create", "gate_list", "gate_show", "gate_close", "gate_wait", "compact",
        "compact_stats",
    }  # fmt: skip
    assert len(door.names) == len(set(door.names))


def test_a_relative_path_is_one_of_the_project(
    project: Project, door: ClassicDoor, tmp_path: Path
) -> None:
    project.create()
    request = door.plan("export", {"jsonl_path": "copy.jsonl"}, "").request
    assert request is not None
    project.run(request)
    assert (tmp_path / "copy.jsonl").read_text(encoding="utf-8").count("\n") == 1
    own = door.plan("export", {"jsonl_path": f"{tmp_path}/./.beads/issues.jsonl"}, "").request
    assert own is not None
    assert own.path == ""  # type: ignore[attr-defined] # that of the project, however it is spelled
