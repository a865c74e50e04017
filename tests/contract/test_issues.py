"""Making, finding and changing issues, and the state machine that stays whole."""

from typing import Any

import pytest

from beadwork.model.errors import (
    AmbiguousId,
    BeadworkError,
    ClockWrong,
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    IssueExists,
    KeyReused,
    NothingToDo,
    PrefixMismatch,
    UnknownIssue,
)
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.dependency import AddDependency, RemoveDependency, ShowTree
from beadwork.ops.issue import CountIssues, ListIssues
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import CloseIssue, DeleteIssue, ReopenIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels, ListLabels, RemoveLabels
from beadwork.ops.operation import Request
from beadwork.ops.query import QueryIssues
from beadwork.ops.ready import ExplainIssue, ListReady
from beadwork.ops.record import FoldLines
from beadwork.ops.rename import RenameIssue
from beadwork.ops.search import SearchIssues
from tests.support import DAY_US, START_US, Project


def ready(project: Project) -> list[str]:
    return [each.issue.id for each in project.run(ListReady(limit=0)).issues]


# -- ids


def test_children_get_the_next_number_of_their_parent(project: Project) -> None:
    parent = project.create("Epic", issue_type="epic")
    assert project.create("One", parent=parent) == f"{parent}.1"
    assert project.create("Two", parent=parent) == f"{parent}.2"
    assert project.create("Deeper", parent=f"{parent}.1") == f"{parent}.1.1"


def test_the_number_of_a_deleted_child_is_never_given_again(project: Project) -> None:
    parent = project.create()
    child = project.create("One", parent=parent)
    project.run(DeleteIssue(issue=child))
    assert project.create("Two", parent=parent) == f"{parent}.2"


def test_children_that_came_before_their_parent_are_counted(project: Project) -> None:
    lines = [f'{{"id":"{each}","title":"Work"}}' for each in ("px-a.3", "px-a.3.9", "px-a")]
    project.run(FoldLines(lines=lines))
    assert project.create("Next", parent="px-a") == "px-a.4"


def test_a_fourth_level_of_numbers_is_refused(project: Project) -> None:
    issue = project.create()
    for _ in range(3):
        issue = project.create("Deeper", parent=issue)
    with pytest.raises(InvalidField):
        project.create("Too deep", parent=issue)


def test_an_id_is_found_by_the_unique_start_of_its_hash_never_by_its_middle(
    project: Project,
) -> None:
    project.create("One", id="px-abcd")
    project.create("Two", id="px-abxy")
    assert project.issue("abc").id == "px-abcd"
    assert project.issue("px-abx").id == "px-abxy"
    with pytest.raises(AmbiguousId) as several:
        project.issue("ab")
    assert several.value.data["candidates"] == ["px-abcd", "px-abxy"]
    with pytest.raises(UnknownIssue):
        project.issue("bcd")


def test_a_hash_is_found_by_its_start_behind_a_hyphen_too(project: Project) -> None:
    project.create("One", id="px-wisp-abcd")
    for name in ("px-wisp-ab", "wisp-abcd", "wisp-ab"):
        assert project.issue(name).id == "px-wisp-abcd"


def test_the_start_of_a_hash_finds_children_too(project: Project) -> None:
    project.create("One", id="px-abcd")
    child = project.create("Child", parent="px-abcd")
    assert project.issue("abc.1").id == child
    assert project.issue("abc").id == "px-abcd"


def test_who_made_it_is_the_caller_unless_somebody_else_is_named(project: Project) -> None:
    assert project.issue(project.create("One", "ann")).created_by == "ann"
    made = project.create("Two", extra={"created_by": "zoe"})
    assert project.issue(made).created_by == "zoe"


def test_an_explicit_id_is_checked(project: Project) -> None:
    project.create("One", id="px-mine")
    with pytest.raises(IssueExists):
        project.create("Two", id="px-mine")
    with pytest.raises(PrefixMismatch):
        project.create("Three", id="other-1")
    with pytest.raises(InvalidField):
        project.create("Four", id="no id at all")
    assert project.create("Five", id="other-1", force=True) == "other-1"


# -- fields


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": " \t"},
        {"title": "x" * 501},
        {"title": "with\0nul"},
        {"priority": 5},
        {"priority": -1},
        {"issue_type": "tusk"},
        {"labels": [" "]},
        {"due_at": "some day"},
        {"description": "\ud800"},
        {"dependencies": ["blocks:px-none"]},
        {"parent": "px-none"},
        {"extra": {"no_such_field": 1}},
        {"extra": {"timeout": "long"}},
        {"dependencies": ["external:half"]},
    ],
)
def test_bad_input_creates_nothing(project: Project, fields: dict[str, object]) -> None:
    with pytest.raises(BeadworkError) as refused:
        project.create(**{"title": "Fine", **fields})  # type: ignore[arg-type]
    assert refused.value.exit_code in (2, 3)
    assert project.run(ListIssues(all=True)).issues == []


def test_an_alias_of_a_type_is_its_type(project: Project) -> None:
    assert project.issue(project.create(issue_type="feat")).issue_type == "feature"


def test_a_mistyped_status_gets_the_nearest_right_one(project: Project) -> None:
    issue = project.create()
    with pytest.raises(InvalidField, match="in_progres") as refused:
        project.run(UpdateIssue(issue=issue, status="in_progres"))
    assert "in_progress" in refused.value.hint


def test_an_update_without_a_change_is_refused(project: Project) -> None:
    issue = project.create()
    with pytest.raises(NothingToDo):
        project.run(UpdateIssue(issue=issue))


def test_an_update_to_the_same_value_changes_nothing(project: Project) -> None:
    issue = project.create(priority=1)
    before = project.lines()
    assert not project.run(UpdateIssue(issue=issue, priority=1)).is_changed
    assert project.lines() == before


def test_an_empty_text_takes_a_field_away(project: Project) -> None:
    issue = project.create(assignee="bob", notes="old")
    project.run(UpdateIssue(issue=issue, assignee="", append_notes="new"))
    shown = project.issue(issue)
    assert (shown.assignee, shown.notes) == ("", "old\nnew")


def test_ten_megabytes_of_text_are_kept(project: Project) -> None:
    text = "ab\n\u2028<é" * 1_500_000
    issue = project.create(description=text)
    assert project.issue(issue).description == text
    project.run(UpdateIssue(issue=issue, priority=0))
    assert project.issue(issue).description == text


def test_labels_answer_truthfully(project: Project) -> None:
    issue = project.create(labels=["b", "a"])
    added = project.run(AddLabels(issue=issue, labels=["a", "c"])).outcomes
    assert [each.status for each in added] == ["present", "added"]
    removed = project.run(RemoveLabels(issue=issue, labels=["a", "x"])).outcomes
    assert [each.status for each in removed] == ["removed", "absent"]
    assert project.issue(issue).labels == ["b", "c"]
    counts = project.run(ListLabels()).labels
    assert [(each.label, each.count) for each in counts] == [("b", 1), ("c", 1)]


def test_equal_comments_at_one_moment_are_two(project: Project) -> None:
    issue = project.create()
    first = project.run(AddComment(issue=issue, text="same")).comment
    second = project.run(AddComment(issue=issue, text="same")).comment
    assert first.id != second.id
    assert [each.text for each in project.issue(issue).comments] == ["same", "same"]
    with pytest.raises(InvalidField):
        project.run(AddComment(issue=issue, text=" "))


# -- the state machine


def test_closed_at_stands_exactly_where_the_status_is_closed(project: Project) -> None:
    issue = project.create()
    closed = project.run(CloseIssue(issue=issue, reason="Done")).issue
    assert closed.closed_at
    assert closed.close_reason == "Done"
    opened = project.run(UpdateIssue(issue=issue, status="in_progress")).issue
    assert (opened.closed_at, opened.close_reason) == ("", "")


def test_closing_again_changes_nothing(project: Project) -> None:
    issue = project.create()
    first = project.run(CloseIssue(issue=issue, reason="Done")).issue
    again = project.run(CloseIssue(issue=issue, reason="Really"))
    assert again.already
    assert again.issue == first


def test_a_duplicate_is_not_reopened_while_it_is_one(project: Project) -> None:
    original, issue = project.create("One"), project.create("Two")
    project.run(AddDependency(issue=issue, needs=original, kind="duplicates"))
    project.run(CloseIssue(issue=issue))
    with pytest.raises(InvalidTransition):
        project.run(ReopenIssue(issue=issue))
    with pytest.raises(InvalidTransition):
        project.run(UpdateIssue(issue=issue, status="open"))
    project.run(RemoveDependency(issue=issue, needs=original))
    assert project.run(ReopenIssue(issue=issue)).issue.status == "open"


def test_reopening_a_deferred_issue_makes_it_ready(project: Project) -> None:
    issue = project.create(defer_until="2030-01-01")
    assert ready(project) == []
    project.run(ReopenIssue(issue=issue, reason="It came back"))
    assert ready(project) == [issue]
    assert "It came back" in project.issue(issue).comments[0].text


def test_no_child_gets_above_its_parent(project: Project) -> None:
    parent = project.create("Parent")
    child = project.create("Child", parent=parent)
    for request in (
        UpdateIssue(issue=parent, parent=child),
        UpdateIssue(issue=parent, parent=parent),
    ):
        with pytest.raises(DependencyCycle):
            project.run(request)
    with pytest.raises(DependencyCycle):
        project.run(AddDependency(issue=parent, needs=child, kind="parent-child"))


def test_a_new_parent_takes_the_place_of_the_old_one(project: Project) -> None:
    old, new = project.create("Old"), project.create("New")
    child = project.create("Child", parent=old)
    project.run(UpdateIssue(issue=child, parent=new))
    assert project.show(child).parent == new
    project.run(UpdateIssue(issue=child, parent=""))
    assert project.show(child).parent is None


def test_no_child_is_made_under_a_closed_parent(project: Project) -> None:
    parent = project.create()
    project.run(CloseIssue(issue=parent))
    with pytest.raises(InvalidTransition):
        project.create("Child", parent=parent)
    assert project.create("Child", parent=parent, force=True) == f"{parent}.1"


def test_a_deleted_issue_stays_as_a_tombstone_and_refuses_changes(project: Project) -> None:
    blocker = project.create("First")
    issue = project.create("Second", dependencies=[blocker])
    deleted = project.run(DeleteIssue(issue=blocker, reason="wrong"))
    assert (deleted.deleted, deleted.dependencies_removed) == ([blocker], 1)
    tombstone = project.issue(blocker)
    assert (tombstone.status, tombstone.original_type) == ("tombstone", "task")
    assert ready(project) == [issue]
    with pytest.raises(InvalidTransition):
        project.run(UpdateIssue(issue=blocker, title="Back"))
    assert project.run(DeleteIssue(issue=blocker)).already == [blocker]


def test_a_cascade_deletes_all_that_needs_it(project: Project) -> None:
    root = project.create("Root")
    middle = project.create("Middle", dependencies=[root])
    leaf = project.create("Leaf", dependencies=[middle])
    planned = project.run(DeleteIssue(issue=root, cascade=True, dry_run=True)).deleted
    assert set(planned) == {root, middle, leaf}
    assert project.issue(leaf).status == "open"
    project.run(DeleteIssue(issue=root, cascade=True))
    assert project.issue(leaf).status == "tombstone"


# -- dependencies and readiness


@pytest.mark.parametrize("kind", ["blocks", "conditional-blocks", "waits-for", "parent-child"])
def test_no_edge_closes_a_cycle(project: Project, kind: str) -> None:
    first, second = project.create("One"), project.create("Two")
    project.run(AddDependency(issue=second, needs=first, kind=kind))
    with pytest.raises(DependencyCycle) as refused:
        project.run(AddDependency(issue=first, needs=second))
    assert refused.value.data["cycle"] == [first, second, first]
    with pytest.raises(DependencyCycle):
        project.run(AddDependency(issue=first, needs=first, kind=kind))


@pytest.mark.parametrize("kind", ["blocks", "conditional-blocks", "waits-for"])
def test_no_child_waits_for_its_own_parent(project: Project, kind: str) -> None:
    parent = project.create("Parent")
    child, other = project.create("Child", parent=parent), project.create("Other")
    with pytest.raises(DependencyCycle, match="own parent"):
        project.run(AddDependency(issue=child, needs=parent, kind=kind))
    with pytest.raises(DependencyCycle, match="own parent"):
        project.create("Child", parent=parent, dependencies=[f"{kind}:{parent}"])
    project.run(AddDependency(issue=other, needs=parent, kind=kind))
    for request in (
        AddDependency(issue=other, needs=parent, kind="parent-child"),
        UpdateIssue(issue=other, parent=parent),
    ):
        with pytest.raises(DependencyCycle, match="own parent"):
            project.run(request)
    project.run(AddDependency(issue=child, needs=parent, kind="related"))


def test_nothing_new_waits_for_what_is_deleted(project: Project) -> None:
    gone, waiting = project.create("Gone"), project.create("Waiting")
    project.run(DeleteIssue(issue=gone))
    with pytest.raises(InvalidTransition):
        project.run(AddDependency(issue=waiting, needs=gone))
    for given in ({"dependencies": [gone]}, {"waits_for": gone}):
        with pytest.raises(InvalidTransition):
            project.create("New", **given)


def test_what_was_renamed_is_told_by_its_new_name(project: Project) -> None:
    old = project.create("Work")
    project.run(RenameIssue(issue=old, new_id="px-new"))
    for request in (UpdateIssue(issue=old, priority=1), ClaimIssue(issue=old)):
        with pytest.raises(InvalidTransition) as refused:
            project.run(request)
        assert refused.value.hint == "Use px-new."


def test_what_is_deleted_is_not_claimed_and_not_said_to_be_closed(project: Project) -> None:
    gone = project.create("Gone")
    project.run(DeleteIssue(issue=gone))
    with pytest.raises(InvalidTransition) as refused:
        project.run(ClaimIssue(issue=gone))
    assert "bd undo" in refused.value.hint


def test_an_edge_that_stands_is_said_to_stand(project: Project) -> None:
    first, second = project.create("One"), project.create("Two")
    request = AddDependency(issue=second, needs=first)
    assert project.run(request).status == "added"
    assert project.run(request).status == "present"


def test_closing_says_what_it_frees(project: Project) -> None:
    blocker = project.create("First")
    issue = project.create("Second", dependencies=[blocker])
    child = project.create("Child", parent=issue)
    assert ready(project) == [blocker]
    closed = project.run(CloseIssue(issue=blocker))
    assert [each.id for each in closed.unblocked] == [issue]
    assert set(ready(project)) == {issue, child}


def test_an_explanation_names_who_is_to_blame(project: Project) -> None:
    blocker = project.create("Blocker")
    epic = project.create("Epic", dependencies=[blocker])
    child = project.create("Child", parent=epic)
    reasons = project.run(ExplainIssue(issue=child)).reasons
    assert [(each.code, each.by) for each in reasons] == [("parent.blocked", [epic])]
    assert project.run(ExplainIssue(issue=epic)).reasons[0].by == [blocker]
    assert project.run(ExplainIssue(issue=blocker)).ready


def test_a_deferred_issue_wakes_at_its_time_even_before_any_write(project: Project) -> None:
    issue = project.create(defer_until="2026-01-02T00:00:00Z")
    assert ready(project) == []
    project.clock.now_us += 2 * DAY_US
    assert ready(project) == [issue]


def test_the_hybrid_order_puts_recent_ones_by_priority_before_old_ones_by_age(
    project: Project,
) -> None:
    old = [project.create(f"Old {n}", priority=n) for n in (4, 0)]
    project.clock.now_us += 3 * DAY_US
    new = {n: project.create(f"New {n}", priority=n) for n in (3, 1, 2)}
    assert ready(project) == [new[1], new[2], new[3], *old]
    first = project.run(ListReady(limit=2))
    assert [each.issue.id for each in first.issues] == [new[1], new[2]]
    assert first.is_cut


def test_a_tree_shows_each_issue_once_unless_all_ways_are_asked_for(project: Project) -> None:
    base = project.create("Base")
    left = project.create("Left", dependencies=[base])
    right = project.create("Right", dependencies=[base])
    top = project.create("Top", dependencies=[left, right])
    nodes = project.run(ShowTree(issue=top)).nodes
    assert [node.depth for node in nodes if node.issue.id == base] == [2]
    every = project.run(ShowTree(issue=top, show_all_paths=True)).nodes
    assert len([node for node in every if node.issue.id == base]) == 2
    cut = project.run(ShowTree(issue=top, max_depth=1)).nodes
    assert [node.truncated for node in cut] == [False, True, True]


# -- keys


def test_a_repeated_key_gets_the_first_answer(project: Project) -> None:
    request = CreateIssue(title="Once")
    first = project.run(request, key="k1").issue
    assert project.run(request, key="k1").issue == first
    assert len(project.run(ListIssues()).issues) == 1
    with pytest.raises(KeyReused):
        project.run(CreateIssue(title="Else"), key="k1")
    assert project.run(request, actor="bob", key="k1").issue.id != first.id


def test_a_failure_is_not_kept_under_its_key(project: Project) -> None:
    with pytest.raises(UnknownIssue):
        project.run(CloseIssue(issue="px-late"), key="k1")
    project.create("Late", id="px-late")
    assert project.run(CloseIssue(issue="px-late"), key="k1").issue.status == "closed"


def test_a_failed_request_of_a_batch_leaves_the_others_alone(project: Project) -> None:
    good, bad, also = project.batch(
        CreateIssue(title="One"), CreateIssue(title=""), CreateIssue(title="Two")
    )
    assert isinstance(bad, InvalidField)
    assert not isinstance(good, BeadworkError)
    assert not isinstance(also, BeadworkError)
    titles = {each.issue.title for each in project.run(ListIssues()).issues}
    assert titles == {"One", "Two"}


def test_comments_of_one_second_stay_in_the_order_of_their_writing(project: Project) -> None:
    issue = project.create()
    texts = [f"c{n}" for n in range(8)]
    for text in texts:
        project.run(AddComment(issue=issue, text=text))
    assert [each.text for each in project.issue(issue).comments] == texts


def test_a_number_that_no_column_holds_is_a_bad_request(project: Project) -> None:
    with pytest.raises(InvalidField):
        project.run(ListReady(limit=10**30))


@pytest.mark.parametrize("change", ["create", "update", "list"])
def test_a_clock_beyond_all_records_is_named_and_nothing_is_stored(
    project: Project, change: str
) -> None:
    issue = project.create("one")
    project.clock.now_us = 253_402_300_800_000_000
    request: Request[Any] = {
        "create": CreateIssue(title="two"),
        "update": UpdateIssue(issue=issue, title="two"),
        "list": ListIssues(),
    }[change]
    with pytest.raises(ClockWrong) as caught:
        project.run(request)
    assert (caught.value.exit_code, "clock" in caught.value.hint) == (5, True)
    project.clock.now_us = START_US + 2 * DAY_US
    assert [row.issue.title for row in project.run(ListIssues()).issues] == ["one"]


def test_me_is_who_asks_in_what_is_sought_and_what_is_written(project: Project) -> None:
    mine = project.create("work of mine", "alice", assignee="me")
    his = project.create("work of his", "alice", assignee="bob")
    project.run(UpdateIssue(issue=his, assignee="me"), actor="bob")
    assert [project.issue(each).assignee for each in (mine, his)] == ["alice", "bob"]
    for actor, expected in (("alice", mine), ("bob", his)):
        for request in (
            ListIssues(assignee="me"),
            ListReady(assignee="me"),
            SearchIssues(query="work", assignee="me"),
            QueryIssues(expression="assignee=me"),
        ):
            answer: Any = project.run(request, actor=actor)
            assert [row.issue.id for row in answer.issues] == [expected], request
        assert project.run(CountIssues(assignee="me"), actor=actor).count == 1
    assert len(project.run(QueryIssues(expression="created_by=me")).issues) == 2
