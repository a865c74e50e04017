"""No operation leaves an issue in a state that can't be: held by one and another's, in a circle."""

import pytest

from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    DependencyCycle,
    InvalidField,
    InvalidRequest,
    InvalidTransition,
    UndoConflict,
)
from beadwork.ops.agent import LeaveAgent
from beadwork.ops.claim import ClaimIssue, ClaimReady, ReleaseIssue
from beadwork.ops.dependency import AddDependency, FindCycles, RemoveDependency
from beadwork.ops.duplicate import MarkDuplicate
from beadwork.ops.event import ShowHistory, Undo
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import CloseIssue, DeleteIssue, ReopenIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels
from beadwork.ops.late import ListLate
from beadwork.ops.lease import AcquireLease, ListLeases
from beadwork.ops.message import SendMessage
from beadwork.ops.record import FoldLines
from beadwork.ops.record_file import ImportFile
from beadwork.ops.rename import RenamePrefix
from beadwork.ops.upkeep import CleanUp
from tests.support import Project


def status(project: Project, issue: str) -> str:
    return project.show(issue).issue.status


def held(project: Project, issue: str) -> str | None:
    return project.show(issue).claimed_by


def test_what_goes_with_an_issue_needs_it_and_is_nobodys(project: Project) -> None:
    base, pinned, others, related, needing = (
        project.create(each) for each in ("A", "B", "C", "D", "E")
    )
    project.run(UpdateIssue(issue=pinned, pinned=True))
    project.run(ClaimIssue(issue=others), actor="bob")
    for source, kind in ((pinned, "blocks"), (others, "blocks"), (needing, "blocks")):
        project.run(AddDependency(issue=source, needs=base, kind=kind))
    project.run(AddDependency(issue=related, needs=base, kind="relates-to"))
    project.run(CloseIssue(issue=base))
    assert set(project.run(CleanUp(cascade=True)).deleted) == {base, needing}
    assert held(project, others) == "bob"


def test_a_deletion_goes_where_work_waits_and_stops_at_what_another_holds(project: Project) -> None:
    base, related, needing = (project.create(each) for each in ("A", "B", "C"))
    project.run(AddDependency(issue=related, needs=base, kind="relates-to"))
    project.run(AddDependency(issue=needing, needs=base))
    project.run(ClaimIssue(issue=needing), actor="bob")
    assert set(project.run(DeleteIssue(issue=base, cascade=True, dry_run=True)).deleted) == {
        base, needing,
    }  # fmt: skip
    with pytest.raises(ClaimLost):
        project.run(DeleteIssue(issue=base, cascade=True))
    gone = project.run(DeleteIssue(issue=base, cascade=True, force=True)).deleted
    assert set(gone) == {base, needing}
    assert status(project, related) == "open"


def test_undo_closes_no_circle(project: Project) -> None:
    one, two = project.create("X"), project.create("Y")
    project.run(AddDependency(issue=one, needs=two))
    project.run(RemoveDependency(issue=one, needs=two))
    removed = project.run(ShowHistory(issue=one)).events[0].request
    project.run(AddDependency(issue=two, needs=one))
    with pytest.raises(UndoConflict):
        project.run(Undo(request=removed))
    assert not project.run(FindCycles()).cycles


def test_undo_lets_no_child_wait_for_its_parent(project: Project) -> None:
    child, parent = project.create("X"), project.create("Y")
    project.run(AddDependency(issue=child, needs=parent))
    project.run(RemoveDependency(issue=child, needs=parent))
    removed = project.run(ShowHistory(issue=child)).events[0].request
    project.run(UpdateIssue(issue=child, parent=parent))
    with pytest.raises(UndoConflict):
        project.run(Undo(request=removed))


def test_undo_leaves_nobody_to_hold_what_is_anothers(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    project.run(UpdateIssue(issue=issue, assignee="bob"))
    passed_on = project.run(ShowHistory(issue=issue)).events[0].request
    project.run(ClaimIssue(issue=issue), actor="bob")
    with pytest.raises((UndoConflict, ClaimStale)):
        project.run(Undo(request=passed_on))
    assert held(project, issue) == project.show(issue).issue.assignee == "bob"


def test_who_takes_back_a_close_goes_on_with_it(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    project.run(CloseIssue(issue=issue))
    project.run(Undo(issue=issue))
    assert (status(project, issue), held(project, issue)) == ("in_progress", "alice")
    with pytest.raises(ClaimLost):
        project.run(CloseIssue(issue=issue), actor="bob")


def test_what_another_closed_comes_back_with_its_claim(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="bob")
    project.run(CloseIssue(issue=issue), actor="bob")
    project.run(Undo(issue=issue))
    assert (status(project, issue), held(project, issue)) == ("in_progress", "bob")
    project.run(UpdateIssue(issue=issue, notes="On with it"), actor="bob")
    project.run(CloseIssue(issue=issue), actor="bob")


def test_a_creation_is_not_taken_back_from_under_its_children(project: Project) -> None:
    parent = project.create()
    made = project.run(ShowHistory(issue=parent)).events[-1].request
    project.create("Child", parent=parent)
    with pytest.raises(UndoConflict):
        project.run(Undo(request=made))


def test_only_who_holds_an_issue_opens_it_again(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    with pytest.raises(ClaimLost):
        project.run(ReopenIssue(issue=issue), actor="bob")
    project.run(ReopenIssue(issue=issue, force=True), actor="bob")
    assert (status(project, issue), project.show(issue).issue.assignee) == ("open", "")
    project.run(ClaimIssue(issue=issue), actor="bob")


def test_no_child_is_made_that_waits_for_its_own_parent(project: Project) -> None:
    parent = project.create("Parent")
    for fields in (
        {"parent": parent, "waits_for": parent},
        {"parent": parent, "dependencies": [parent]},
        {"dependencies": [f"parent-child:{parent}", f"blocks:{parent}"]},
    ):
        with pytest.raises(DependencyCycle):
            project.run(CreateIssue(title="Child", **fields))
    child = CreateIssue(title="Child", parent=parent, dependencies=[f"parent-child:{parent}"])
    assert project.run(child).issue.id == f"{parent}.1"


def test_an_id_that_is_waited_for_closes_no_circle(project: Project) -> None:
    line = (
        '{"id":"px-one","title":"One","created_at":"2025-01-01T00:00:00Z","dependencies":'
        '[{"issue_id":"px-one","depends_on_id":"px-two","type":"blocks"}]}'
    )
    project.run(ImportFile(text=line))
    with pytest.raises(DependencyCycle):
        project.run(CreateIssue(title="Two", id="px-two", dependencies=["px-one"]))
    project.run(CreateIssue(title="Two", id="px-two"))


def test_an_epoch_that_was_never_granted_is_stale(project: Project) -> None:
    with pytest.raises(ClaimStale):
        project.run(UpdateIssue(issue=project.create(), title="New", claim_epoch=99))


def test_what_lies_outside_of_all_bounds_is_refused(project: Project) -> None:
    issue = project.create()
    edge = "9999-12-31T23:59:59-23:00"
    for request in (
        UpdateIssue(issue=issue, due_at=edge),
        CreateIssue(title="T", defer_until=edge),
        FoldLines(lines=["{}"], numbers=[1, 2]),
        ClaimReady(statuses=["deferred"]),
    ):
        with pytest.raises(InvalidField):
            project.run(request)


def test_prefixes_that_are_joined_leave_each_issue_an_id_of_its_own(project: Project) -> None:
    for issue_id in ("px-abc", "px-d.1", "other-abc", "other-d.1"):
        project.run(CreateIssue(title=issue_id, id=issue_id, force=True))
    moves = project.run(RenamePrefix(prefix="web", repair=True)).moves
    assert len({each.new_id for each in moves}) == len(moves) == 4


def test_who_leaves_takes_nothing_of_others_of_the_session(project: Project) -> None:
    project.run(AcquireLease(names=["db"]), actor="bob", session="S")
    project.run(AcquireLease(names=["web"]), actor="alice", session="S")
    project.run(SendMessage(to=["attempt:S"], payload="Hi"), actor="carol")
    left = project.run(LeaveAgent(), actor="alice", session="S")
    assert (len(left.leases), left.undeliverable) == (1, 0)
    assert [each.actor for each in project.run(ListLeases()).leases] == ["bob"]
    last = project.run(LeaveAgent(), actor="bob", session="S")
    assert (len(last.leases), last.undeliverable) == (1, 1)


def test_a_label_that_is_named_twice_is_put_on_once(project: Project) -> None:
    outcomes = project.run(AddLabels(issue=project.create(), labels=["q", "q"])).outcomes
    assert [each.label for each in outcomes] == ["q"]


def test_a_key_has_its_bound(project: Project) -> None:
    with pytest.raises(InvalidRequest):
        project.run(CreateIssue(title="T"), key="k" * 1000)


def test_three_issues_are_no_duplicates_of_one_another(project: Project) -> None:
    one, two, three = (project.create(each) for each in ("A", "B", "C"))
    project.run(MarkDuplicate(issue=one, canonical=two))
    project.run(MarkDuplicate(issue=two, canonical=three))
    with pytest.raises(InvalidTransition):
        project.run(MarkDuplicate(issue=three, canonical=one))
    assert status(project, three) == "open"


def test_of_what_came_late_the_long_is_cut_and_the_old_goes(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    project.run(ReleaseIssue(issue=issue, force=True), actor="boss")
    with pytest.raises(ClaimStale):
        project.run(UpdateIssue(issue=issue, title="Kept", notes="x" * 1_000_000))
    (late,) = project.run(ListLate(issue=issue)).results
    assert late.request["title"] == "Kept"
    assert "cut: it had 1000002 bytes" in late.request["notes"]
    assert len(late.request["notes"]) < 70_000
