"""Several writes are carried out as one, or not at all."""

from typing import Any

import pytest

from beadwork.model.errors import (
    BeadworkError,
    CloseBlocked,
    DependencyCycle,
    InvalidField,
    InvalidRequest,
    UnknownIssue,
    UnknownOperation,
)
from beadwork.ops.batch import Batched, RunBatch, Step
from beadwork.ops.event import ShowHistory, Undo
from beadwork.ops.issue import ListIssues
from tests.support import Project


def step(operation: str, **arguments: Any) -> Step:
    """Write one operation of a batch."""
    return Step(operation=operation, arguments=arguments)


def run(project: Project, *steps: Step, key: str = "") -> Batched:
    """Carry out a batch."""
    return project.run(RunBatch(operations=list(steps)), key=key)


def count(project: Project) -> int:
    """Count the issues that are not closed."""
    return len(project.run(ListIssues(limit=0)).issues)


def test_later_operations_refer_to_earlier_ones(project: Project) -> None:
    results = run(
        project,
        step("issue.create", title="Design"),
        step("issue.create", title="Build", dependencies=["$0.id", "related:$0.issue.id"]),
        step("issue.claim", issue="$0.id"),
        step("issue.close", issue="$0.id", claim_epoch="$2.claim_epoch"),
    ).results
    design, build = results[0].id, results[1].id
    assert project.issue(design).status == "closed"
    edges = {(each.depends_on_id, each.type) for each in project.issue(build).dependencies}
    assert edges == {(design, "blocks"), (design, "related")}
    assert [each.id for each in results[2:]] == [design, design]


def test_a_reference_inside_a_sentence_is_just_text(project: Project) -> None:
    results = run(project, step("issue.create", title="Pay $0.id back")).results
    assert project.issue(results[0].id).title == "Pay $0.id back"


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (step("issue.update", issue="px-nope", title="x"), UnknownIssue),
        (step("issue.update", issue="$0.id", title=" "), InvalidField),
        (step("issue.update", issue="$0.id", titel="x"), InvalidRequest),
        (step("issue.update", issue="$2.id", title="x"), InvalidField),
        (step("issue.update", issue="$0.colour", title="x"), InvalidField),
        (step("issue.close", issue="$1.id"), CloseBlocked),
        (step("dependency.add", issue="$0.id", needs="$1.id"), DependencyCycle),
        (step("issue.crate", title="x"), UnknownOperation),
        (step("issue.list"), InvalidRequest),
        (step("event.undo"), InvalidRequest),
        (step("batch.run", operations=[]), InvalidRequest),
        (step("record.note_head", commit="x"), InvalidRequest),
    ],
)
def test_if_one_fails_nothing_is_kept(
    project: Project, last: Step, error: type[BeadworkError]
) -> None:
    project.create("Before")
    before = project.lines()
    with pytest.raises(error) as failed:
        run(
            project,
            step("issue.create", title="One"),
            step("issue.create", title="Two", dependencies=["$0.id"]),
            last,
        )
    assert failed.value.data["position"] == 2
    assert failed.value.data["operation"] == last.operation
    assert failed.value.exit_code == error.exit_code
    assert project.lines() == before
    assert project.wrong_rows() == 0


def test_a_key_makes_a_batch_safe_to_repeat(project: Project) -> None:
    first = run(project, step("issue.create", title="One"), key="k")
    assert run(project, step("issue.create", title="One"), key="k") == first
    assert count(project) == 1


def test_a_batch_is_one_request_and_is_undone_as_one(project: Project) -> None:
    old = project.create("Old")
    results = run(
        project,
        step("issue.update", issue=old, title="New"),
        step("issue.create", title="More", dependencies=[old]),
        step("issue.update", issue="$1.id", priority=0),
        step("label.add", issue=old, labels=["x"]),
    ).results
    requests = {each.request for each in project.run(ShowHistory(issue=old, limit=2)).events}
    assert len(requests) == 1
    project.run(Undo())
    assert (project.issue(old).title, project.issue(old).labels) == ("Old", [])
    assert project.issue(results[1].id).status == "tombstone"


def test_a_batch_of_nothing_does_nothing(project: Project) -> None:
    assert run(project).results == []
