"""What happened can be told, and taken back."""

import pytest

from beadwork.model import limits
from beadwork.model.errors import CursorExpired, UndoConflict, UnknownEvent
from beadwork.ops.activity import ListActivity
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.dependency import AddDependency
from beadwork.ops.event import ListEvents, ShowHistory, Undo
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from beadwork.ops.issue_update import UpdateIssue
from tests.support import Project


def test_history_tells_who_changed_what_latest_first(project: Project) -> None:
    issue = project.create("Old")
    project.run(UpdateIssue(issue=issue, title="New", add_labels=["x"]), actor="bob")
    latest, first = project.run(ShowHistory(issue=issue)).events
    assert (latest.actor, latest.operation) == ("bob", "issue.update")
    assert {(c.field, c.before, c.after) for c in latest.changes} == {
        ("title", "Old", "New"),
        ("labels", None, "x"),
    }
    assert first.kind == "created"


def test_events_follow_a_cursor_without_a_gap(project: Project) -> None:
    for n in range(5):
        project.create(f"Issue {n}")
    first = project.run(ListEvents(limit=2)).events
    rest = project.run(ListEvents(since=first[-1].seq)).events
    assert [each.seq for each in first + rest] == [1, 2, 3, 4, 5]


def test_a_cursor_beyond_the_last_event_has_expired(project: Project) -> None:
    project.create("One")
    assert project.run(ListEvents(since=1)).events == []
    for request in (ListEvents(since=2), ListActivity(since=2)):
        with pytest.raises(CursorExpired) as refused:
            project.run(request)
        assert refused.value.data == {"cursor": 2, "last": 1}


def test_a_cursor_after_which_events_were_let_go_has_expired_for_who_wants_all(
    project: Project,
) -> None:
    issue = project.create("One")
    for title in ("Two", "Three", "Four"):
        project.run(UpdateIssue(issue=issue, title=title))
    project.clock.advance(limits.EVENT_KEPT_US / 1_000_000 + 1)
    project.create("Another")
    assert [each.seq for each in project.run(ListEvents(since=1)).events] == [4, 5]
    assert project.run(ListEvents(since=0, complete=True)).events, "from the beginning"
    assert project.run(ListEvents(since=3, complete=True)).events[0].seq == 4
    with pytest.raises(CursorExpired):
        project.run(ListEvents(since=1, complete=True))


def test_a_long_value_is_told_whole(project: Project) -> None:
    issue = project.create(description="a" * 10_000)
    project.run(UpdateIssue(issue=issue, description="b" * 10_000))
    change = project.run(ShowHistory(issue=issue)).events[0].changes[0]
    assert (change.before, change.after) == ("a" * 10_000, "b" * 10_000)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda issue, other: UpdateIssue(
            issue=issue,
            title="New",
            description="More",
            priority=0,
            assignee="bob",
            due_at="2027-01-01",
            metadata={"a": 1},
            set_labels=["z"],
            estimated_minutes=5,
        ),
        lambda issue, other: CloseIssue(issue=issue, reason="Done"),
        lambda issue, other: DeleteIssue(issue=issue),
        lambda issue, other: AddDependency(issue=issue, needs=other),
        lambda issue, other: ClaimIssue(issue=issue),
        lambda issue, other: UpdateIssue(issue=issue, parent=other),
    ],
)
def test_undo_brings_back_what_was(project: Project, request_of) -> None:
    issue, other = project.create("Issue", labels=["a"], metadata={"b": 2}), project.create("Other")
    before = project.issue(issue)
    project.run(request_of(issue, other))
    assert project.issue(issue) != before
    restored = project.run(Undo()).issues[0]
    restored.updated_at = before.updated_at
    assert restored == before
    assert project.wrong_rows() == 0


def test_undoing_a_creation_deletes(project: Project) -> None:
    issue = project.create()
    project.run(Undo())
    assert project.issue(issue).status == "tombstone"


def test_undo_takes_back_ones_own_change_not_that_of_another(project: Project) -> None:
    mine, hers = project.create("Mine"), project.create("Hers")
    project.run(UpdateIssue(issue=mine, title="Changed"), actor="alice")
    project.run(UpdateIssue(issue=hers, title="Changed"), actor="bob")
    assert [each.id for each in project.run(Undo(), actor="alice").issues] == [mine]
    assert project.issue(hers).title == "Changed"


def test_what_was_changed_since_is_not_taken_back_at_all(project: Project) -> None:
    issue = project.create("Old")
    project.run(UpdateIssue(issue=issue, title="Mine", notes="Mine"), actor="alice")
    project.run(UpdateIssue(issue=issue, title="Hers"), actor="bob")
    with pytest.raises(UndoConflict):
        project.run(Undo(), actor="alice")
    shown = project.issue(issue)
    assert (shown.title, shown.notes) == ("Hers", "Mine")


def test_an_undo_can_be_undone_once(project: Project) -> None:
    issue = project.create("Old")
    project.run(UpdateIssue(issue=issue, title="New"))
    project.run(Undo())
    undoing = project.run(ShowHistory(issue=issue)).events[0]
    assert undoing.kind == "undone"
    project.run(Undo(request=undoing.request))
    assert project.issue(issue).title == "New"
    with pytest.raises(UndoConflict):
        project.run(Undo(request=undoing.request))


def test_nothing_to_undo_is_said(project: Project) -> None:
    with pytest.raises(UnknownEvent):
        project.run(Undo())


def test_what_others_wrote_to_since_is_not_deleted_by_undoing_its_creation(
    project: Project,
) -> None:
    issue = project.create("One", "ann")
    project.run(AddComment(issue=issue, text="work"), "bob")
    with pytest.raises(UndoConflict):
        project.run(Undo(), "ann")
    assert project.issue(issue).status == "open"
    project.run(Undo(), "bob")
    project.run(Undo(), "ann")
    assert project.issue(issue).status == "tombstone"
