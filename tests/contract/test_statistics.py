"""Counts: they agree with what the lists show."""

from typing import Any

from beadwork.ops.claim import ClaimIssue
from beadwork.ops.dependency import AddDependency
from beadwork.ops.issue_state import CloseIssue, DeleteIssue, ReopenIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.ready import ListBlocked, ListReady
from beadwork.ops.record_file import ImportFile
from beadwork.ops.stats import Activity, Summarize, Summary
from tests.support import DAY_US, Project


def summary(project: Project, **given: Any) -> Summary:
    return project.run(Summarize(**given)).summary


def activity(project: Project, hours: int = 24) -> dict[str, int]:
    found = project.run(Summarize(hours=hours)).activity
    assert isinstance(found, Activity)
    return {
        name: getattr(found, f"issues_{name}")
        for name in ("created", "closed", "updated", "reopened")
    }


def test_an_empty_store_counts_nothing(project: Project) -> None:
    found = summary(project)
    assert {getattr(found, name) for name in found.__struct_fields__} == {0}


def test_every_issue_is_counted_where_it_stands(project: Project) -> None:
    one, two, three, gone, epic = (project.create(each) for each in ("1", "2", "3", "4", "5"))
    project.run(UpdateIssue(issue=epic, issue_type="epic"))
    project.run(AddDependency(issue=three, needs=epic, kind="parent-child"))
    project.run(AddDependency(issue=one, needs=two))
    project.run(ClaimIssue(issue=two))
    project.clock.advance(7200)
    project.run(CloseIssue(issue=three))
    project.run(DeleteIssue(issue=gone))
    found = summary(project)
    assert found.total_issues == 4
    assert (found.open_issues, found.in_progress_issues, found.closed_issues) == (2, 1, 1)
    assert (found.blocked_issues, found.ready_issues, found.tombstone_issues) == (1, 1, 1)
    assert found.epics_eligible_for_closure == 1
    assert round(found.average_lead_time_hours, 3) == 2.0


def test_ready_and_blocked_are_as_many_as_are_listed(project: Project) -> None:
    names = [project.create(f"Issue {i}") for i in range(8)]
    project.run(AddDependency(issue=names[0], needs=names[1]))
    project.run(AddDependency(issue=names[2], needs=names[0], kind="parent-child"))
    project.run(AddDependency(issue=names[3], needs="external:other:thing"))
    project.run(UpdateIssue(issue=names[4], status="blocked"))
    project.run(UpdateIssue(issue=names[5], issue_type="epic", status="deferred"))
    project.run(UpdateIssue(issue=names[6], defer_until="2026-01-01T01:00:00Z"))
    for _ in range(2):
        found = summary(project)
        assert found.ready_issues == len(project.run(ListReady(limit=0)).issues)
        assert found.blocked_issues == len(project.run(ListBlocked()).issues)
        project.clock.advance(7200)  # the deferred one is due, and nothing was written since


def test_one_assignee_is_counted_alone(project: Project) -> None:
    mine, theirs = project.create("Mine"), project.create("Theirs")
    project.run(ClaimIssue(issue=mine), "ann")
    project.run(ClaimIssue(issue=theirs), "bob")
    found = summary(project, assignee="ann")
    assert (found.total_issues, found.in_progress_issues) == (1, 1)


def test_what_happened_is_told_by_the_log(project: Project) -> None:
    old = project.create("Old")
    project.clock.advance(2 * DAY_US // 1_000_000)
    new = project.create("New")
    project.run(CloseIssue(issue=old))
    project.run(ReopenIssue(issue=old))
    project.run(UpdateIssue(issue=new, title="Newer"))
    assert activity(project) == {"created": 1, "closed": 1, "updated": 1, "reopened": 1}
    project.run(CloseIssue(issue=old))
    project.run(DeleteIssue(issue=old))  # That opens nothing.
    assert activity(project) == {"created": 1, "closed": 2, "updated": 2, "reopened": 1}
    assert activity(project, hours=100)["created"] == 2
    project.clock.advance(2 * DAY_US // 1_000_000)
    assert set(activity(project).values()) == {0}


def test_what_a_file_brings_was_made_when_it_says(project: Project) -> None:
    line = (
        '{{"id":"px-{0}","title":"{0}","status":"open","priority":2,"issue_type":"task",'
        '"created_at":"{1}","updated_at":"{1}"}}'
    )
    lines = [line.format("a", "2020-01-01T00:00:00Z"), line.format("b", "2026-01-01T00:00:00Z")]
    project.run(ImportFile(text="\n".join(lines)))
    assert activity(project)["created"] == 1
