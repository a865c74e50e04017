"""Epics are done when all their children are."""

from beadwork.ops.claim import ClaimIssue
from beadwork.ops.epic import CloseEpics, ListEpics
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.record_file import ImportFile
from tests.support import Project


def test_an_epic_counts_its_children_without_deleted_ones(project: Project) -> None:
    epic = project.create("Epic", issue_type="epic")
    first, second = (project.create(f"Child {n}", parent=epic) for n in range(2))
    project.run(CloseIssue(issue=first))
    (status,) = project.run(ListEpics()).epics
    assert (status.total_children, status.closed_children) == (2, 1)
    assert not status.eligible_for_close
    project.run(DeleteIssue(issue=second))
    (status,) = project.run(ListEpics(eligible_only=True)).epics
    assert (status.total_children, status.closed_children) == (1, 1)


def test_only_finished_epics_are_closed_and_blocked_ones_are_named(project: Project) -> None:
    blocker = project.create("Blocker")
    done, blocked, empty = (project.create(f"Epic {n}", issue_type="epic") for n in range(3))
    held = project.create("Held epic", issue_type="epic", dependencies=[blocker])
    for epic in (done, held):
        project.run(CloseIssue(issue=project.create("Child", parent=epic), force=True))
    project.create("Open child", parent=blocked)
    answer = project.run(CloseEpics())
    assert (answer.closed, answer.refused) == ([done], [held])
    assert project.issue(empty).status == "open"


def test_closing_an_epic_ends_the_claim_of_it(project: Project) -> None:
    epic = project.create("Epic", issue_type="epic")
    project.run(CloseIssue(issue=project.create("Child", parent=epic)))
    project.run(ClaimIssue(issue=epic), actor="alice")
    assert project.run(CloseEpics(), actor="bob").refused == [epic]
    assert project.run(CloseEpics(), actor="alice").closed == [epic]
    assert project.show(epic).claimed_by is None


def test_an_import_reports_edges_that_lead_nowhere(project: Project) -> None:
    text = (
        '{"id":"px-a","title":"A","created_at":"2025-01-01T00:00:00Z","dependencies":'
        '[{"depends_on_id":"px-none","type":"blocks"},{"depends_on_id":"external:p:c"}]}'
    )
    (edge,) = project.run(ImportFile(text=text)).dangling
    assert (edge.issue_id, edge.depends_on_id, edge.type) == ("px-a", "px-none", "blocks")
