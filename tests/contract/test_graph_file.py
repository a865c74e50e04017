"""Many issues with edges between them are made as one, or not at all."""

from typing import Any

import pytest

from beadwork.model.errors import BeadworkError, DependencyCycle, InvalidField, UnknownIssue
from beadwork.ops.graph_file import CreateGraph, MadeGraph, PlannedEdge, PlannedIssue
from beadwork.ops.issue_create import CreateIssue
from tests.support import Project


def planned(name: str, **fields: Any) -> PlannedIssue:
    """Plan an issue that is titled by its name."""
    return PlannedIssue(name=name, issue=CreateIssue(title=name.title(), **fields))


def make(project: Project, *issues: PlannedIssue, **more: Any) -> MadeGraph:
    """Make a graph."""
    return project.run(CreateGraph(issues=list(issues), **more))


def edges(project: Project, issue: str) -> set[tuple[str, str]]:
    """Answer what an issue needs."""
    return {(each.depends_on_id, each.type) for each in project.issue(issue).dependencies}


def test_names_may_be_used_before_they_are_made(project: Project) -> None:
    there = project.create("There")
    ids = make(
        project,
        planned("build", dependencies=["design", there], parent="epic"),
        planned("design", parent="epic", dependencies=["related:build"]),
        planned("epic", issue_type="epic"),
    ).ids
    assert list(ids) == ["build", "design", "epic"]
    assert edges(project, ids["build"]) == {
        (ids["design"], "blocks"),
        (there, "blocks"),
        (ids["epic"], "parent-child"),
    }
    assert edges(project, ids["design"]) == {
        (ids["build"], "related"),
        (ids["epic"], "parent-child"),
    }
    assert ids["build"].startswith(f"{ids['epic']}.")
    assert project.wrong_rows() == 0


def test_edges_may_lead_from_issues_that_are_there(project: Project) -> None:
    there = project.create("There")
    found = make(
        project,
        planned("a"),
        planned("b"),
        edges=[PlannedEdge(issue=there, needs="a"), PlannedEdge(issue="b", needs="a")],
    )
    assert edges(project, there) == {(found.ids["a"], "blocks")}
    assert edges(project, found.ids["b"]) == {(found.ids["a"], "blocks")}


@pytest.mark.parametrize(
    ("issues", "error"),
    [
        ([planned("a", dependencies=["b"]), planned("b", dependencies=["a"])], DependencyCycle),
        ([planned("a", parent="b"), planned("b", parent="a")], DependencyCycle),
        ([planned("a", dependencies=["a"])], DependencyCycle),
        ([planned("a"), planned("b", dependencies=["c"])], UnknownIssue),
        ([planned("a"), planned("b", issue_type="bogus")], InvalidField),
        ([planned("a"), planned("a")], InvalidField),
        ([planned("a"), planned("blocks:a")], InvalidField),
    ],
)
@pytest.mark.parametrize("is_dry", [False, True])
def test_if_one_is_wrong_none_is_made(
    project: Project, issues: list[PlannedIssue], error: type[BeadworkError], is_dry: bool
) -> None:
    with pytest.raises(error):
        make(project, *issues, dry_run=is_dry)
    assert project.lines() == []


def test_a_dry_run_makes_nothing(project: Project) -> None:
    found = make(project, planned("a", parent="b"), planned("b"), dry_run=True)
    assert found.ids == {}
    assert project.lines() == []


def test_long_chains_are_no_trouble(project: Project) -> None:
    issues = [planned(f"n{n}", dependencies=[f"n{n + 1}"]) for n in range(300)]
    ids = make(project, *issues, planned("n300")).ids
    assert edges(project, ids["n0"]) == {(ids["n1"], "blocks")}
