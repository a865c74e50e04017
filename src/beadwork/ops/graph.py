"""Graphs: what waits for what, in layers of what can be done at the same time."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model.dependency import BLOCKS, CONDITIONAL, WAITS_FOR
from beadwork.model.errors import UnknownIssue
from beadwork.model.issue import Issue
from beadwork.model.layers import Placed, components, placed
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Link, Transaction

_LAYERED = frozenset({BLOCKS, CONDITIONAL, WAITS_FOR})
"""Kinds that put an issue into a later layer. A parent and its children can be worked on together."""


class GraphNode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An issue in a graph: its layer, its place in it, and what of the graph it waits for."""

    issue: Issue
    layer: int
    position: int
    needs: list[str]
    is_ready: bool = False


class GraphEdge(msgspec.Struct, kw_only=True):
    """An edge between two issues of a graph."""

    issue_id: str
    depends_on_id: str
    type: str


class Graph(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Issues that hang together. `is_cut` if there were too many."""

    root: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    is_cut: bool = False


class Graphs(Response):
    """The graph that was asked for, or one for each group of issues that hang together."""

    graphs: list[Graph]


class ShowGraph(Request[Graphs], frozen=True):
    """Show what waits for an issue, and what those wait for; without an issue, all live issues."""

    issue: Annotated[str | None, Meta(description="Id, or part of it; absent: all.")] = None


@operation("graph.show", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def show_graph(request: ShowGraph, tx: Transaction) -> Graphs:
    """Show what waits for what."""
    if request.issue is not None:
        n = tx.issues.number_of(request.issue)
        numbers = [n, *(each for each in tx.graphs.around(n) if each != n)]
    else:
        numbers = tx.graphs.live()
    is_cut = len(numbers) > limits.GRAPH_NODES_MAX
    numbers = numbers[: limits.GRAPH_NODES_MAX]
    issues = {issue.id: issue for issue in tx.graphs.issues(numbers)}
    links = tx.graphs.links(numbers)
    ready = set(tx.graphs.workable(numbers))
    if request.issue is not None:
        root = tx.issues.by_number(numbers[0]).id
        return Graphs(graphs=[_graph(root, issues, links, ready, is_cut=is_cut)])
    return Graphs(graphs=_parts(issues, links, ready, is_cut=is_cut))


def _parts(
    issues: dict[str, Issue], links: list[Link], ready: set[str], *, is_cut: bool
) -> list[Graph]:
    groups = components(issues, [(each.source_id, each.target_id) for each in links])
    group_of = {member: i for i, group in enumerate(groups) for member in group}
    links_of: list[list[Link]] = [[] for _ in groups]
    for link in links:
        links_of[group_of[link.source_id]].append(link)
    return [
        _graph(
            min(group, key=lambda each: _rank(issues[each])),
            {each: issues[each] for each in group},
            links_of[i],
            ready,
            is_cut=is_cut,
        )
        for i, group in enumerate(groups)
    ]


def _rank(issue: Issue) -> tuple[bool, int, str, str]:
    """Sort what a graph is named after: epics first, then the most urgent, then the oldest."""
    priority = limits.PRIORITY_DEFAULT if issue.priority is None else issue.priority
    return issue.issue_type != "epic", priority, issue.created_at, issue.id


def _graph(
    root: str, issues: dict[str, Issue], links: list[Link], ready: set[str], *, is_cut: bool
) -> Graph:
    needs = [(each.source_id, each.target_id) for each in links if each.kind in _LAYERED]
    places = placed(issues, needs)
    return Graph(
        root=root,
        nodes=[_node(issue, places[issue.id], issue.id in ready) for issue in issues.values()],
        edges=[
            GraphEdge(issue_id=each.source_id, depends_on_id=each.target_id, type=each.kind)
            for each in links
        ],
        is_cut=is_cut,
    )


def _node(issue: Issue, place: Placed, is_ready: bool) -> GraphNode:  # noqa: FBT001
    return GraphNode(
        issue=issue,
        layer=place.layer,
        position=place.position,
        needs=list(place.needs),
        is_ready=is_ready,
    )
