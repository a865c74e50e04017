"""Real processes on one store at the same time (R10)."""

from pathlib import Path

import pytest

from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.ops.record_file import ImportFile
from tests.faults import children
from tests.faults.test_kill import LINES, exported, require_sound, titles, write_file
from tests.support import Project, query

pytestmark = pytest.mark.slow
CALLER = Caller(Holder("alice"))
PROCESSES = 8


def test_eight_processes_create_at_once_and_every_id_is_its_own(quick_path: Path) -> None:
    acknowledged = quick_path / "acknowledged"
    root = quick_path / "store"
    children.run_all(
        [(children.create_many, root, acknowledged, each, 100) for each in range(PROCESSES)]
    )
    said = children.said(acknowledged)
    project = Project(root)
    rows = query(project.place, "SELECT id FROM issue")
    assert len(said) == len(set(said)) == PROCESSES * 100
    assert {issue for (issue,) in rows} == set(said)
    events = query(project.place, "SELECT COUNT(*), COUNT(DISTINCT n), MAX(seq) FROM event")
    assert events == [(PROCESSES * 100,) * 3], "one event each, and no number twice"
    require_sound(project)
    project.close()


def test_of_two_hundred_label_changes_by_eight_processes_none_is_lost(quick_path: Path) -> None:
    old = [f"old-{each}" for each in range(100)]
    new = [f"new-{each}" for each in range(100)]
    project = Project(quick_path)
    issue = project.create(labels=old)
    children.run_all(
        [
            (children.change_labels, quick_path, issue, new[i::PROCESSES], old[i::PROCESSES])
            for i in range(PROCESSES)
        ]
    )
    assert project.issue(issue).labels == sorted(new)
    rows = query(project.place, "SELECT label FROM label ORDER BY label")
    assert [label for (label,) in rows] == sorted(new)
    project.close()


def test_of_twelve_claimers_one_wins_and_the_others_are_told(quick_path: Path) -> None:
    project = Project(quick_path / "store")
    issue = project.create()
    answers = quick_path / "answers"
    children.run_all(
        [(children.claim, project.root, answers, issue, number) for number in range(12)]
    )
    said = dict(line.split(" ") for line in children.said(answers))
    winners = [number for number, answer in said.items() if answer == "1"]
    assert len(said) == 12
    assert len(winners) == 1
    assert sorted(said.values()) == ["1"] + ["claim.lost"] * 11
    claims = query(project.place, "SELECT claim_epoch, actor FROM claim")
    assert claims == [(1, f"worker-{winners[0]}")]
    assert project.issue(issue).assignee == f"worker-{winners[0]}"
    project.close()


def test_two_imports_of_one_file_at_once_make_every_issue_once(quick_path: Path) -> None:
    write_file(quick_path / "calm")
    calm = Project(quick_path / "calm")
    calm.run(ImportFile())
    root, answers = quick_path / "both", quick_path / "answers"
    write_file(root)
    children.run_all([(children.import_once, root, answers)] * 2)
    project = Project(root)
    assert sum(map(int, children.said(answers))) == LINES
    assert project.lines() == calm.lines()
    require_sound(project)
    assert project.run(ImportFile()).is_unchanged
    project.close()
    calm.close()


def test_exports_while_others_write_lose_no_acknowledged_issue(quick_path: Path) -> None:
    root, stop = quick_path / "store", quick_path / "stop"
    acknowledged = quick_path / "acknowledged"
    project = Project(root)
    project.create("first", id="px-first")
    exporters = [children.start(children.export_until, root, stop) for _ in range(2)]
    children.run_all([(children.create_many, root, acknowledged, each, 40) for each in range(4)])
    stop.touch()
    for exporter in exporters:
        exporter.join()
    assert [exporter.exitcode for exporter in exporters] == [0, 0]
    project.engine.flush(CALLER)
    assert project.records.read_bytes() == exported(project)
    said = children.said(acknowledged)
    assert len(said) == len(set(said)) == 4 * 40
    assert len(titles(project)) == 1 + 4 * 40
    text = project.records.read_text(encoding="utf-8")
    assert all(f'"id":"{issue}"' in text for issue in said)
    assert not project.engine.flush(CALLER)
    require_sound(project)
    project.close()
