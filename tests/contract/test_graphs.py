"""Graphs: what is in them, and in which layer it stands."""

import pytest

from beadwork.model.errors import UnknownIssue
from beadwork.ops.dependency import AddDependency
from beadwork.ops.graph import Graph, ShowGraph
from beadwork.ops.issue_state import CloseIssue, DeleteIssue
from tests.support import Project


def graph(project: Project, issue: str) -> Graph:
    (found,) = project.run(ShowGraph(issue=issue)).graphs
    return found


def layers(found: Graph) -> dict[str, int]:
    return {node.issue.id: node.layer for node in found.nodes}


def test_a_graph_holds_what_waits_for_an_issue_and_what_those_wait_for(project: Project) -> None:
    epic = project.create("Epic", issue_type="epic")
    child, outside, last, other = (
        project.create(each) for each in ("Child", "Out", "Last", "Other")
    )
    project.run(AddDependency(issue=child, needs=epic, kind="parent-child"))
    project.run(AddDependency(issue=child, needs=outside))
    project.run(AddDependency(issue=last, needs=child))
    found = graph(project, epic)
    assert layers(found) == {epic: 0, outside: 0, child: 1, last: 2}
    assert found.root == epic
    assert [node.needs for node in found.nodes if node.issue.id == child] == [[outside]]
    assert {(e.issue_id, e.depends_on_id, e.type) for e in found.edges} == {
        (child, epic, "parent-child"),
        (child, outside, "blocks"),
        (last, child, "blocks"),
    }
    assert {node.issue.id for node in found.nodes if node.is_ready} == {epic, outside}
    assert layers(graph(project, other)) == {other: 0}


def test_all_live_issues_come_in_groups_the_largest_first(project: Project) -> None:
    one, two, alone, closed = (project.create(each) for each in ("One", "Two", "Alone", "Closed"))
    project.run(AddDependency(issue=two, needs=one))
    project.run(AddDependency(issue=closed, needs=alone))
    project.run(CloseIssue(issue=closed, force=True))
    found = project.run(ShowGraph()).graphs
    assert [layers(each) for each in found] == [{one: 0, two: 1}, {alone: 0}]
    assert [each.root for each in found] == [one, alone]


def test_a_group_is_named_after_its_epic(project: Project) -> None:
    urgent = project.create("Urgent", priority=0)
    epic = project.create("Epic", issue_type="epic", priority=3)
    project.run(AddDependency(issue=urgent, needs=epic, kind="parent-child"))
    assert [each.root for each in project.run(ShowGraph()).graphs] == [epic]


def test_deleted_issues_are_in_no_graph(project: Project) -> None:
    issue, gone = project.create("Stays"), project.create("Goes")
    project.run(AddDependency(issue=gone, needs=issue))
    project.run(DeleteIssue(issue=gone))
    assert layers(graph(project, issue)) == {issue: 0}


def test_an_unknown_issue_has_no_graph(project: Project) -> None:
    with pytest.raises(UnknownIssue):
        project.run(ShowGraph(issue="px-none"))


def test_an_empty_store_has_no_graphs(project: Project) -> None:
    assert project.run(ShowGraph()).graphs == []
