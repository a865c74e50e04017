"""One issue has one holder; a stale epoch changes nothing (R7)."""

import pytest

from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    InvalidField,
    InvalidTransition,
)
from beadwork.ops.claim import ClaimIssue, ClaimReady, Heartbeat, ReleaseIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.issue_update import UpdateIssue
from tests.support import Project, query


def test_the_first_claimer_wins_and_the_second_learns_who_holds_it(project: Project) -> None:
    issue = project.create()
    claimed = project.run(ClaimIssue(issue=issue), actor="alice")
    assert claimed.claim_epoch == 1
    assert project.issue(issue).status == "in_progress"
    assert project.issue(issue).assignee == "alice"
    with pytest.raises(ClaimLost) as lost:
        project.run(ClaimIssue(issue=issue), actor="bob")
    assert lost.value.data["holder"] == "alice"


def test_a_repeated_claim_answers_with_the_same_epoch(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    again = project.run(ClaimIssue(issue=issue))
    assert (again.already, again.claim_epoch) == (True, 1)


def test_another_session_of_the_same_actor_does_not_hold_the_claim(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), session="one")
    with pytest.raises(ClaimLost):
        project.run(ClaimIssue(issue=issue), session="two")


def test_an_issue_assigned_to_another_can_not_be_claimed(project: Project) -> None:
    issue = project.create(assignee="carol")
    with pytest.raises(ClaimLost):
        project.run(ClaimIssue(issue=issue), actor="bob")
    assert project.run(ClaimIssue(issue=issue), actor="carol").claim_epoch == 1


def test_a_closed_issue_can_not_be_claimed(project: Project) -> None:
    issue = project.create()
    project.run(CloseIssue(issue=issue))
    with pytest.raises(InvalidTransition):
        project.run(ClaimIssue(issue=issue))


def test_who_lost_the_claim_is_refused_and_what_was_sent_is_kept(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue, lease_s=60), actor="alice")
    project.clock.advance(61)
    project.run(ClaimIssue(issue=issue), actor="bob")
    with pytest.raises(ClaimStale) as stale:
        project.run(AddComment(issue=issue, text="finished"), actor="alice")
    assert stale.value.data["holder"] == "bob"
    assert project.issue(issue).comments == []
    ((operation, request),) = query(project.place, "SELECT operation, request FROM late_result")
    assert operation == "comment.add"
    assert "finished" in request


def test_an_explicit_old_epoch_is_refused(project: Project) -> None:
    issue = project.create()
    first = project.run(ClaimIssue(issue=issue)).claim_epoch
    project.run(ReleaseIssue(issue=issue))
    project.run(ClaimIssue(issue=issue))
    with pytest.raises(ClaimStale):
        project.run(UpdateIssue(issue=issue, title="New", claim_epoch=first))
    assert project.issue(issue).title == "Work"


def test_who_gave_the_issue_back_may_still_write(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="alice")
    project.run(ReleaseIssue(issue=issue), actor="alice")
    project.run(ClaimIssue(issue=issue), actor="bob")
    project.run(AddComment(issue=issue, text="a hint"), actor="alice")
    assert [each.text for each in project.issue(issue).comments] == ["a hint"]


def test_who_never_held_it_may_write_but_not_close(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="alice")
    project.run(AddComment(issue=issue, text="me too"), actor="bob")
    with pytest.raises(ClaimLost):
        project.run(CloseIssue(issue=issue), actor="bob")
    project.run(CloseIssue(issue=issue, force=True), actor="bob")
    assert project.issue(issue).status == "closed"


def test_a_release_opens_the_issue_and_takes_the_assignee_away(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue))
    released = project.run(ReleaseIssue(issue=issue)).issue
    assert (released.status, released.assignee) == ("open", "")
    assert project.run(ClaimIssue(issue=issue), actor="bob").claim_epoch == 2


def test_only_the_holder_releases_unless_forced(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="alice")
    with pytest.raises(ClaimLost):
        project.run(ReleaseIssue(issue=issue), actor="bob")
    project.run(ReleaseIssue(issue=issue, force=True), actor="bob")
    with pytest.raises(ClaimStale):
        project.run(UpdateIssue(issue=issue, title="Mine"), actor="alice")


def test_setting_a_claimed_issue_to_open_lets_others_claim_it(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue), actor="alice")
    project.run(UpdateIssue(issue=issue, status="open"), actor="alice")
    assert project.run(ClaimIssue(issue=issue), actor="bob").claim_epoch == 2


def test_a_lease_ends_by_itself_and_the_issue_is_ready_again(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue, lease_s=60), actor="alice")
    project.clock.advance(61)
    project.create("Anything that writes")
    assert project.issue(issue).status == "open"
    assert project.show(issue).claimed_by is None


def test_a_write_renews_the_lease(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue, lease_s=60))
    project.clock.advance(50)
    project.run(AddComment(issue=issue, text="still at it"))
    project.clock.advance(50)
    project.create("Anything that writes")
    assert project.show(issue).claimed_by == "alice"


def test_a_heartbeat_renews_the_lease_of_its_holder_only(project: Project) -> None:
    issue = project.create()
    project.run(ClaimIssue(issue=issue, lease_s=60))
    project.clock.advance(30)
    beaten = project.run(Heartbeat(issue=issue))
    assert beaten.expires_us is not None
    assert beaten.expires_us > project.clock.now_us + 59_000_000
    with pytest.raises(ClaimLost):
        project.run(Heartbeat(issue=issue), actor="bob")


def test_claiming_what_is_ready_takes_the_most_urgent_free_one(project: Project) -> None:
    project.create("Someday", priority=4)
    urgent = project.create("Now", priority=0)
    project.create("Hers", priority=0, assignee="carol")
    claimed = project.run(ClaimReady(), actor="bob")
    assert claimed.issue is not None
    assert claimed.issue.id == urgent


def test_nothing_ready_to_claim_is_an_answer(project: Project) -> None:
    assert project.run(ClaimReady()).issue is None


def test_a_blocked_issue_is_not_closed_unless_forced(project: Project) -> None:
    blocker = project.create("First")
    issue = project.create("Second", dependencies=[blocker])
    with pytest.raises(CloseBlocked) as refused:
        project.run(CloseIssue(issue=issue))
    assert refused.value.data["blocked_by"] == [blocker]
    with pytest.raises(CloseBlocked):
        project.run(UpdateIssue(issue=issue, status="closed"))
    project.run(CloseIssue(issue=issue, force=True))
    assert project.issue(issue).status == "closed"


def test_a_claim_that_contradicts_itself_is_refused(project: Project) -> None:
    issue = project.create()
    for request in (
        UpdateIssue(issue=issue, claim=True, status="open"),
        UpdateIssue(issue=issue, claim=True, assignee="bob"),
    ):
        with pytest.raises(InvalidField):
            project.run(request)
    assert project.show(issue).claimed_by is None
