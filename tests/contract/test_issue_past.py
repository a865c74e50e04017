"""An issue can be shown as it was."""

import pytest

from beadwork.model import instants
from beadwork.model.errors import InvalidField, UnknownIssue
from beadwork.ops.comment import AddComment
from beadwork.ops.dependency import AddDependency
from beadwork.ops.event import Undo
from beadwork.ops.issue_past import ShowPast
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.record_file import ImportFile
from tests.support import Project


def now(project: Project) -> str:
    """Answer the time, and move the clock on."""
    moment = instants.format_us(project.clock.now_us)
    project.clock.advance(10)
    return moment


def test_every_state_of_an_issue_comes_back(project: Project) -> None:
    other = project.create("Other")
    issue = project.create("One", metadata={"a": 1})
    moments = [(now(project), project.issue(issue))]
    for request in (
        UpdateIssue(issue=issue, title="Two", description="d" * 10_000, add_labels=["x"]),
        UpdateIssue(issue=issue, set_metadata={"b": 2}, unset_metadata=["a"], status="in_progress"),
        AddDependency(issue=issue, needs=other),
        AddComment(issue=issue, text="Said"),
        CloseIssue(issue=issue, reason="Done", force=True),
        Undo(issue=issue),
    ):
        project.run(request)
        moments.append((now(project), project.issue(issue)))
    for moment, then in moments:
        assert project.run(ShowPast(issue=issue, at=moment)).issue == then


def test_before_it_was_made_there_was_nothing(project: Project) -> None:
    before = now(project)
    issue = project.create()
    with pytest.raises(UnknownIssue):
        project.run(ShowPast(issue=issue, at=before))


def test_what_came_from_a_file_is_known_from_then_on(project: Project) -> None:
    project.records.write_text(
        '{"id":"px-a","title":"A","status":"open","priority":1,"issue_type":"task",'
        '"created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:00Z"}\n'
    )
    project.run(ImportFile())
    past = project.run(ShowPast(issue="px-a", at="2021-01-01"))
    assert past.issue.title == "A"
    assert past.since
    assert not project.run(ShowPast(issue="px-a", at=now(project))).since


def test_a_time_is_needed(project: Project) -> None:
    with pytest.raises(InvalidField):
        project.run(ShowPast(issue=project.create(), at=""))
