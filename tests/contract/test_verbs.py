"""The small operations on issues: what they change, and what they refuse."""

import json

import pytest

from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    Conflict,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.ops.capability import ShipCapability
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.close_next import CloseAndClaim
from beadwork.ops.deferral import DeferIssue, UndeferIssue
from beadwork.ops.dependency import AddDependency, RemoveDependency
from beadwork.ops.duplicate import MarkDuplicate, SupersedeIssue
from beadwork.ops.epic import ListEpics
from beadwork.ops.issue_state import CloseIssue, DeleteIssue, ReopenIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label_propagate import PropagateLabel
from beadwork.ops.lint import LintIssues
from beadwork.ops.mentioned import FindMentioned
from beadwork.ops.promotion import PromoteIssue
from beadwork.ops.ready import ListReady
from beadwork.ops.record_file import ExportFile
from beadwork.ops.state import ListStates, SetState
from beadwork.ops.vocabulary import ListWords
from tests.support import DAY_US, SECOND_US, Project

DAY_S = DAY_US // SECOND_US


def ready(project: Project) -> list[str]:
    """The ids of what is ready."""
    return [row.issue.id for row in project.run(ListReady()).issues]


# -- closing and taking the next


def test_closing_takes_the_next_in_the_same_transaction(project: Project) -> None:
    first, second = project.create("First", priority=0), project.create("Second")
    done = project.run(CloseAndClaim(issue=first))
    assert done.claimed is not None
    assert (done.issue.status, done.claimed.id, done.claim_epoch) == ("closed", second, 1)
    assert project.issue(second).assignee == "alice"
    assert project.run(CloseAndClaim(issue=second)).claimed is None


def test_what_the_closing_frees_can_be_taken_next(project: Project) -> None:
    blocker = project.create("Blocker")
    waiting = project.create("Waiting", dependencies=[blocker])
    done = project.run(CloseAndClaim(issue=blocker))
    assert [each.id for each in done.unblocked] == [waiting]
    assert done.claimed is not None
    assert done.claimed.id == waiting


def test_a_refused_closing_takes_nothing(project: Project) -> None:
    blocker = project.create("Blocker")
    waiting = project.create("Waiting", dependencies=[blocker])
    with pytest.raises(CloseBlocked):
        project.run(CloseAndClaim(issue=waiting))
    assert project.issue(blocker).status == "open"


# -- putting off


def test_what_is_put_off_comes_up_again_in_time(project: Project) -> None:
    issue = project.create()
    answer = project.run(DeferIssue(issue=issue, until="2026-01-03T00:00:00Z"))
    assert (answer.issue.status, answer.already) == ("deferred", False)
    assert ready(project) == []
    project.clock.advance(3 * DAY_S)
    project.create("Another")
    assert issue in ready(project)
    assert (project.issue(issue).status, project.issue(issue).defer_until) == ("open", "")
    assert project.wrong_rows() == 0


def test_what_is_put_off_without_a_date_stays_so_until_it_is_taken_up(project: Project) -> None:
    issue = project.create()
    project.run(DeferIssue(issue=issue))
    assert project.run(DeferIssue(issue=issue)).already
    project.clock.advance(1000 * DAY_S)
    project.create("Another")
    assert issue not in ready(project)
    assert project.run(UndeferIssue(issue=issue)).issue.status == "open"
    assert project.run(UndeferIssue(issue=issue)).already


def test_a_date_alone_is_taken_back_too(project: Project) -> None:
    issue = project.create(defer_until="2026-02-01T00:00:00Z")
    project.run(UndeferIssue(issue=issue))
    assert project.issue(issue).defer_until == ""


def test_who_puts_an_issue_off_gives_it_back(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    with pytest.raises(ClaimLost):
        project.run(DeferIssue(issue=issue), actor="bob")
    project.run(DeferIssue(issue=issue))
    project.run(UndeferIssue(issue=issue), actor="bob")
    project.run(ClaimIssue(issue=issue), actor="bob")


def test_by_force_another_puts_it_off_and_its_holder_is_fenced_off(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    project.run(DeferIssue(issue=issue, force=True), actor="bob")
    with pytest.raises(ClaimStale):
        project.run(UpdateIssue(issue=issue, notes="done"))


def test_what_is_done_is_neither_put_off_nor_taken_up(project: Project) -> None:
    issue = project.create()
    project.run(CloseIssue(issue=issue))
    with pytest.raises(InvalidTransition):
        project.run(DeferIssue(issue=issue))
    assert project.run(UndeferIssue(issue=issue)).already
    assert project.issue(issue).status == "closed"


# -- replacing


def test_a_duplicate_is_closed_and_names_what_stays(project: Project) -> None:
    stays = project.create("Stays")
    double = project.create("Double", dependencies=[project.create("Blocker")])
    waiting = project.create("Waiting", dependencies=[double])
    answer = project.run(MarkDuplicate(issue=double, canonical=stays))
    assert (answer.issue.status, answer.other) == ("closed", stays)
    assert answer.issue.close_reason == f"Duplicate of {stays}"
    assert [each.id for each in answer.unblocked] == [waiting]
    assert (stays, "duplicates") in {
        (each.depends_on_id, each.type) for each in project.issue(double).dependencies
    }
    again = project.run(MarkDuplicate(issue=double, canonical=stays))
    assert again.already


def test_a_replaced_issue_opens_again_when_the_edge_is_gone(project: Project) -> None:
    old, new = project.create("Old"), project.create("New")
    project.run(SupersedeIssue(issue=old, replacement=new))
    assert project.issue(old).close_reason == f"Superseded by {new}"
    with pytest.raises(InvalidTransition):
        project.run(ReopenIssue(issue=old))
    project.run(RemoveDependency(issue=old, needs=new))
    assert project.run(ReopenIssue(issue=old)).issue.status == "open"


def test_replacements_that_make_no_sense_are_refused(project: Project) -> None:
    one, two, three = (project.create(f"Issue {n}") for n in range(3))
    with pytest.raises(InvalidField):
        project.run(MarkDuplicate(issue=one, canonical=one))
    with pytest.raises(UnknownIssue):
        project.run(MarkDuplicate(issue=one, canonical="px-none"))
    project.run(MarkDuplicate(issue=one, canonical=two))
    with pytest.raises(InvalidTransition):
        project.run(MarkDuplicate(issue=two, canonical=one))
    with pytest.raises(InvalidTransition):
        project.run(SupersedeIssue(issue=one, replacement=three))
    project.run(DeleteIssue(issue=three))
    with pytest.raises(InvalidTransition):
        project.run(MarkDuplicate(issue=two, canonical=three))
    assert project.issue(two).status == "open"


def test_what_another_holds_is_a_duplicate_only_by_force(project: Project) -> None:
    double, stays = project.create("Double"), project.create("Stays")
    project.run(ClaimIssue(issue=double), actor="bob")
    with pytest.raises(ClaimLost):
        project.run(MarkDuplicate(issue=double, canonical=stays))
    project.run(MarkDuplicate(issue=double, canonical=stays, force=True))
    assert project.issue(double).status == "closed"


# -- state


def test_setting_a_state_replaces_the_label_and_leaves_an_event(project: Project) -> None:
    issue = project.create(labels=["mode:normal", "docs"])
    answer = project.run(SetState(issue=issue, dimension="mode", value="broken", reason="fire"))
    assert (answer.old_value, answer.new_value, answer.changed) == ("normal", "broken", True)
    assert project.issue(issue).labels == ["docs", "mode:broken"]
    assert answer.event_id == f"{issue}.1"
    event = project.issue(answer.event_id)
    assert (event.issue_type, event.status, event.priority) == ("event", "closed", 4)
    assert event.title == "State change: mode -> broken"
    assert event.description == "Changed mode from normal to broken\n\nReason: fire"
    states = project.run(ListStates(issue=issue)).states
    assert [(each.dimension, each.value) for each in states] == [("mode", "broken")]


def test_setting_the_same_state_again_changes_nothing(project: Project) -> None:
    issue = project.create()
    project.run(SetState(issue=issue, dimension="mode", value="on"))
    before = project.issue(issue)
    answer = project.run(SetState(issue=issue, dimension="mode", value="on"))
    assert (answer.changed, answer.event_id, answer.old_value) == (False, None, "on")
    assert project.issue(issue) == before


def test_an_event_is_no_work_done_under_an_epic(project: Project) -> None:
    epic = project.create("Epic", issue_type="epic")
    project.run(SetState(issue=epic, dimension="phase", value="one"))
    (status,) = project.run(ListEpics()).epics
    assert (status.total_children, status.eligible_for_close) == (0, False)


@pytest.mark.parametrize(
    ("dimension", "value"), [("", "x"), ("a:b", "x"), ("a", " "), ("a=b", "x")]
)
def test_a_state_needs_a_dimension_and_a_value(
    project: Project, dimension: str, value: str
) -> None:
    issue = project.create()
    with pytest.raises(InvalidField):
        project.run(SetState(issue=issue, dimension=dimension, value=value))
    assert project.issue(issue).labels == []


# -- the others


def test_promotion_brings_an_issue_into_the_file(project: Project) -> None:
    issue = project.create(ephemeral=True)
    project.run(ExportFile())
    assert not project.records.exists() or issue not in project.records.read_text()
    answer = project.run(PromoteIssue(issue=issue, reason="worth it"))
    assert [each.text for each in answer.issue.comments] == ["Promoted: worth it"]
    project.run(ExportFile())
    assert json.loads(project.records.read_text())["id"] == issue
    assert project.run(PromoteIssue(issue=issue)).already
    assert len(project.issue(issue).comments) == 1


def test_a_label_goes_to_all_children_that_lack_it(project: Project) -> None:
    parent = project.create("Parent")
    has, lacks = (
        project.create("A", parent=parent, labels=["x"]),
        project.create("B", parent=parent),
    )
    grandchild = project.create("C", parent=lacks)
    found = project.run(PropagateLabel(issue=parent, label="x")).outcomes
    assert [(each.issue_id, each.status) for each in found] == [(has, "present"), (lacks, "added")]
    assert project.issue(grandchild).labels == []


def test_a_capability_is_shipped_by_the_one_closed_issue_that_announces_it(
    project: Project,
) -> None:
    with pytest.raises(UnknownIssue):
        project.run(ShipCapability(capability="login"))
    issue = project.create(labels=["export:login"])
    with pytest.raises(InvalidTransition):
        project.run(ShipCapability(capability="login"))
    project.run(CloseIssue(issue=issue))
    assert project.run(ShipCapability(capability="login", dry_run=True)).status == "dry_run"
    assert project.issue(issue).labels == ["export:login"]
    assert project.run(ShipCapability(capability="login")).status == "shipped"
    assert project.run(ShipCapability(capability="login")).status == "already_shipped"
    project.create("Another", labels=["export:login"])
    with pytest.raises(Conflict):
        project.run(ShipCapability(capability="login"))


def test_lint_looks_at_open_issues_unless_told_otherwise(project: Project) -> None:
    bare, whole = project.create("Bare"), project.create("Whole", acceptance_criteria="It works")
    bug = project.create("Bug", issue_type="bug", description="Steps to reproduce: none")
    project.create("Chore", issue_type="chore")
    found = project.run(LintIssues())
    assert found.checked == 4
    assert {each.id: each.missing for each in found.results} == {
        bare: ["Acceptance Criteria"],
        bug: ["Acceptance Criteria"],
    }
    project.run(CloseIssue(issue=bare))
    assert bare not in {each.id for each in project.run(LintIssues()).results}
    assert bare in {each.id for each in project.run(LintIssues(status="all")).results}
    assert project.run(LintIssues(ids=[whole])).results == []
    with pytest.raises(InvalidField):
        project.run(LintIssues(status="opne"))


def test_only_whole_ids_of_open_issues_are_mentioned(project: Project) -> None:
    issue, done = project.create("Open"), project.create("Done")
    project.run(CloseIssue(issue=done))
    words = [issue, done, issue[:-1], "well-known"]
    assert [each.id for each in project.run(FindMentioned(words=words)).issues] == [issue]
    assert project.run(FindMentioned(words=[])).issues == []


def test_the_words_of_the_project_are_listed(project: Project) -> None:
    words = project.run(ListWords())
    assert {"open", "closed"} <= {each.name for each in words.statuses}
    assert [each.name for each in words.statuses if each.is_done] == ["closed", "tombstone"]
    assert not any(each.is_custom for each in words.types)


def test_edges_of_a_replaced_issue_keep_the_index_right(project: Project) -> None:
    one, two, three = (project.create(f"Issue {n}") for n in range(3))
    project.run(AddDependency(issue=three, needs=one))
    project.run(MarkDuplicate(issue=one, canonical=two))
    assert project.wrong_rows() == 0
