"""Many processes on one store: nobody's work is lost, and only one wins."""

import json
from typing import Any

import pytest

from beadwork.ops.issue import ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.record import ExportFile, ImportFile
from tests.faults.processes import ending, said, start
from tests.support import Project, lines_of

PROCESSES = 8


def together(project: Project, *commands: tuple[str, ...]) -> list[list[dict[str, Any]]]:
    """Run several processes at once; return what each said."""
    processes = [start(project, *command) for command in commands]
    with ending(*processes):
        return [said(process) for process in processes]


@pytest.mark.slow
def test_eight_processes_create_a_hundred_issues_each(project: Project) -> None:
    commands = [("create", f"worker{n}", "100") for n in range(PROCESSES)]
    answers = [each for said_ in together(project, *commands) for each in said_]
    ids = [each["created"] for each in answers]
    assert len(ids) == len(set(ids)) == PROCESSES * 100
    rows = project.run(ListIssues(limit=0)).issues
    stored = {(row.issue.id, row.issue.title, row.issue.created_by) for row in rows}
    assert {each[0] for each in stored} == set(ids)
    for n in range(PROCESSES):
        mine = [title for _, title, by in stored if by == f"worker{n}"]
        assert sorted(mine) == sorted(f"issue {k}" for k in range(100))
    assert project.wrong_rows() == 0


@pytest.mark.slow
def test_no_label_of_two_hundred_changes_by_eight_processes_is_lost(project: Project) -> None:
    project.create("one", id="px-one")
    # 17 labels put on and 8 taken away by each process.
    together(project, *[("label", f"w{n}", "17") for n in range(PROCESSES)])
    expected = {f"w{n}-{k}" for n in range(PROCESSES) for k in (*range(1, 17, 2), 16)}
    assert set(project.issue("px-one").labels) == expected
    assert project.wrong_rows() == 0


@pytest.mark.slow
def test_of_twelve_claimers_exactly_one_wins(project: Project) -> None:
    project.create("one", id="px-one")
    processes = [start(project, "claim", f"worker{n}") for n in range(12)]
    with ending(*processes):
        for process in processes:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == {"ready": True}
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        answers = [said(process) for process in processes]
    winners = [f"worker{n}" for n, (answer,) in enumerate(answers) if answer.get("won") == 1]
    assert len(winners) == 1
    lost = [answer for (answer,) in answers if "lost" in answer]
    assert lost == [{"lost": "claim.lost", "holder": winners[0]}] * 11
    issue = project.show("px-one")
    assert (issue.claimed_by, issue.claim_epoch) == (winners[0], 1)
    assert (issue.issue.status, issue.issue.assignee) == ("in_progress", winners[0])


def record(n: int, title: str, ms: int) -> str:
    """Write a stamped line."""
    made = "2026-01-01T00:00:00Z"
    parts = {"id": f"px-{n}", "title": title, "created_at": made, "updated_at": made}
    needs = [{"issue_id": f"px-{n}", "depends_on_id": f"px-{n + 1}", "type": "blocks"}]
    stamps = {"*": "1000.0.aa", "title": f"{ms}.0.bb"}
    return json.dumps({**parts, "dependencies": needs, "stamps": stamps})


@pytest.mark.slow
def test_two_imports_at_once_leave_what_one_after_the_other_would(
    project: Project, quick_path: Any
) -> None:
    # Each brings later titles for every other issue.
    texts = [
        "\n".join(record(n, f"file {side}: {n}", 2000 + (n + side) % 2) for n in range(600))
        for side in (0, 1)
    ]
    files = [project.root / f"{side}.jsonl" for side in (0, 1)]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    answers = together(project, *[("take_in", str(path), "0") for path in files])
    assert [each["lines"] for (each,) in answers] == [600, 600]
    alone = Project(quick_path)
    for text in texts:
        alone.run(ImportFile(text=text))
    assert lines_of(project.place) == lines_of(alone.place)
    assert project.wrong_rows() == 0
    titles = {json.loads(line)["id"]: json.loads(line)["title"] for line in project.lines()}
    assert titles["px-4"] == "file 1: 4"
    assert titles["px-5"] == "file 0: 5"
    alone.close()


@pytest.mark.slow
def test_exports_that_race_with_writers_leave_a_file_equal_to_the_store(project: Project) -> None:
    project.create("one", id="px-one")
    commands = [("create", f"worker{n}", "40") for n in range(3)]
    commands += [("label", "w", "20"), ("export", "40"), ("export", "40")]
    together(project, *commands)
    project.run(ExportFile())
    assert project.records.read_text("utf-8").splitlines() == project.lines()
    assert len(project.lines()) == 121
    assert not project.run(ExportFile()).is_written
    leftovers = [path.name for path in project.records.parent.glob(".beadwork-*")]
    assert not leftovers


@pytest.mark.slow
def test_a_waiting_writer_is_told_who_keeps_it_waiting(project: Project, quick_path: Any) -> None:
    del quick_path
    project.create("one")
    impatient = Project(project.root, lock_timeout_s=0.05)
    with project.engine._guards.write_lock():
        (outcome,) = impatient.batch(CreateIssue(title="too late"))
    assert getattr(outcome, "code", "") == "store.busy"
    assert "write.lock" in str(outcome)
    impatient.create("in time")
    impatient.close()
