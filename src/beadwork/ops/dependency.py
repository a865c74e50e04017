"""Dependencies: an issue needs another."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model.dependency import BLOCKS, ORDERING_KINDS, RELATES_TO, require_kind
from beadwork.model.errors import (
    ClaimStale,
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    UnknownEdge,
    UnknownIssue,
)
from beadwork.model.issue import Issue
from beadwork.model.transition import require_alive
from beadwork.ops.claim import IssueName, fence, touched
from beadwork.ops.issue_fields import (
    edge_token,
    require_not_waiting,
    require_target,
)
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import LinkedIssue, linked, shown

Kind = Annotated[
    str, Meta(description="blocks, parent-child, related, discovered-from or any of your own.")
]


class EdgeOutcome(Response):
    """What became of an edge: truthful also where nothing changed."""

    issue_id: str
    depends_on_id: str
    type: str
    status: Literal["added", "present", "removed"]


class AddDependency(Request[EdgeOutcome], frozen=True):
    """Let an issue need another."""

    issue: IssueName
    needs: Annotated[str, Meta(description="Id of the issue needed, or external:project:name.")]
    kind: Kind = BLOCKS
    metadata: str = ""
    claim_epoch: int | None = None


@operation(
    "dependency.add",
    kind="write",
    raises=(UnknownIssue, DependencyCycle, InvalidField, ClaimStale, InvalidTransition),
    example={"issue": "px-a3f", "needs": "px-b7k"},
)
def add_dependency(request: AddDependency, tx: Transaction) -> EdgeOutcome:
    """Let an issue need another."""
    entry = tx.issues.require(request.issue)
    target_id, target = require_target(tx, request.needs)
    kind = require_kind(request.kind)
    fence(tx, entry, request.claim_epoch)
    require_alive(entry.record)
    if target is not None:
        require_alive(target.record)
        _require_acyclic(tx, entry, target, kind)
    is_new = (target_id, kind) not in entry.record.edges
    if is_new:
        edge = edge_token(tx, entry.id, target_id, kind, metadata=request.metadata)
        edges = {**entry.record.edges, (target_id, kind): edge}
        tx.issues.write(entry, touched(tx, entry.record._replace(edges=edges)))
    return EdgeOutcome(
        issue_id=entry.id,
        depends_on_id=target_id,
        type=kind,
        status="added" if is_new else "present",
    )


def _require_acyclic(tx: Transaction, entry: Entry, target: Entry, kind: str) -> None:
    if entry.n == target.n:
        raise DependencyCycle(
            f"{entry.id} can't need itself", hint="Name another issue.", cycle=[entry.id]
        )
    if kind not in ORDERING_KINDS:
        return
    require_not_waiting(entry.record, target.id, kind)
    cycle = tx.dependencies.would_cycle(entry.n, target.n)
    if cycle:
        raise DependencyCycle(
            f"{entry.id} can't need {target.id}, which waits for it: {' → '.join(cycle)}",
            cycle=cycle,
        )


class RemoveDependency(Request[EdgeOutcome], frozen=True):
    """Take an edge away. Without a type, every edge between the two."""

    issue: IssueName
    needs: str
    kind: str = ""
    claim_epoch: int | None = None


@operation(
    "dependency.remove",
    kind="write",
    raises=(UnknownIssue, UnknownEdge, ClaimStale),
    example={"issue": "px-a3f", "needs": "px-b7k"},
)
def remove_dependency(request: RemoveDependency, tx: Transaction) -> EdgeOutcome:
    """Take an edge away."""
    entry = tx.issues.require(request.issue)
    targets = _edge_targets(tx, entry, request.needs)
    fence(tx, entry, request.claim_epoch)
    doomed = [
        key for key in entry.record.edges if key[0] in targets and request.kind in ("", key[1])
    ]
    if not doomed:
        raise UnknownEdge(
            f"{entry.id} does not need {request.needs}",
            hint=f"See `bd dep list {entry.id}`.",
            issue_id=entry.id,
            depends_on_id=request.needs,
        )
    edges = {key: edge for key, edge in entry.record.edges.items() if key not in doomed}
    tx.issues.write(entry, touched(tx, entry.record._replace(edges=edges)))
    return EdgeOutcome(
        issue_id=entry.id, depends_on_id=doomed[0][0], type=doomed[0][1], status="removed"
    )


def _edge_targets(tx: Transaction, entry: Entry, name: str) -> set[str]:
    """Return the ids by which an edge may name a target, known here or not."""
    if any(target == name for target, _ in entry.record.edges):
        return {name}
    found = tx.issues.require(name)
    return {found.id} | {
        each.issue_id
        for each in tx.dependencies.needs(entry.n)
        if each.entry is not None and each.entry.n == found.n
    }


class Related(Response):
    """The two issues that relate to one another, or no longer do."""

    id1: str
    id2: str
    is_related: bool


class Relate(Request[Related], frozen=True):
    """Link two issues both ways, or take the link away. Neither waits for the other."""

    issue: IssueName
    other: IssueName
    remove: bool = False


@operation(
    "dependency.relate",
    kind="write",
    raises=(UnknownIssue, DependencyCycle, ClaimStale, InvalidTransition),
    example={"issue": "px-a3f", "other": "px-b7k"},
)
def relate(request: Relate, tx: Transaction) -> Related:
    """Link two issues both ways."""
    left, right = tx.issues.require(request.issue), tx.issues.require(request.other)
    if left.n == right.n:
        raise DependencyCycle(f"{left.id} can't relate to itself", cycle=[left.id])
    for entry, other in ((left, right), (right, left)):
        require_alive(entry.record)
        fence(tx, entry)
        edges = dict(entry.record.edges)
        key = (other.id, RELATES_TO)
        if request.remove:
            edges.pop(key, None)
        elif key not in edges:
            edges[key] = edge_token(tx, entry.id, other.id, RELATES_TO)
        if edges != entry.record.edges:
            tx.issues.write(entry, touched(tx, entry.record._replace(edges=edges)))
    return Related(id1=left.id, id2=right.id, is_related=not request.remove)


class Dependencies(Response):
    """The issues at the other ends of an issue's edges."""

    dependencies: list[LinkedIssue]


class ListDependencies(Request[Dependencies], frozen=True):
    """List what an issue needs (`down`) or what needs it (`up`)."""

    issue: IssueName
    direction: Literal["down", "up"] = "down"
    kind: Annotated[str, Meta(description="Only edges of this type.")] = ""


@operation("dependency.list", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def list_dependencies(request: ListDependencies, tx: Transaction) -> Dependencies:
    """List what an issue needs, or what needs it."""
    n = tx.issues.number_of(request.issue)
    found = (
        tx.dependencies.needs(n) if request.direction == "down" else tx.dependencies.needed_by(n)
    )
    return Dependencies(
        dependencies=[linked(each) for each in found if request.kind in ("", each.kind)]
    )


class TreeNode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An issue in a tree; its parent there, and whether the tree goes on below it."""

    issue: Issue
    depth: int
    parent_id: str
    dependency_type: str = ""
    truncated: bool = False


class Tree(Response):
    """The tree in depth-first order, root first."""

    nodes: list[TreeNode]


class ShowTree(Request[Tree], frozen=True):
    """Show what an issue needs, all the way down, or what needs it, all the way up."""

    issue: IssueName
    direction: Literal["down", "up", "both"] = "down"
    max_depth: Annotated[int, Meta(ge=1)] = 50
    show_all_paths: Annotated[
        bool, Meta(description="Repeat an issue that is reached on several ways.")
    ] = False
    kind: str = ""


@operation("dependency.tree", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def show_tree(request: ShowTree, tx: Transaction) -> Tree:
    """Show the tree of an issue."""
    root = tx.issues.require(request.issue)
    nodes: list[TreeNode] = []
    for direction in ("down", "up") if request.direction == "both" else (request.direction,):
        found = _grow(tx, root, direction, request)
        nodes += found[1:] if nodes else found
    return Tree(nodes=nodes)


def _grow(tx: Transaction, root: Entry, direction: str, request: ShowTree) -> list[TreeNode]:
    step = tx.dependencies.needs if direction == "down" else tx.dependencies.needed_by
    nodes: list[TreeNode] = []
    seen: set[int] = set()
    waiting: list[tuple[Entry, int, str, str, tuple[int, ...]]] = [(root, 0, root.id, "", ())]
    while waiting:
        entry, depth, parent_id, kind, way = waiting.pop()
        if entry.n in way or (entry.n in seen and not request.show_all_paths):
            continue
        seen.add(entry.n)
        found = [
            each
            for each in step(entry.n)
            if each.entry is not None
            and each.kind != RELATES_TO
            and request.kind in ("", each.kind)
            and each.entry.record.status != "tombstone"
        ]
        is_cut = depth >= request.max_depth and bool(found)
        nodes.append(
            TreeNode(
                issue=shown(entry),
                depth=depth,
                parent_id=parent_id,
                dependency_type=kind,
                truncated=is_cut,
            )
        )
        if not is_cut and len(nodes) < limits.TREE_NODES_MAX:
            waiting += [
                (each.entry, depth + 1, entry.id, each.kind, (*way, entry.n))
                for each in reversed(found)
                if each.entry is not None
            ]
    return nodes


class Cycles(Response):
    """Cycles of issues, each of which waits for the next."""

    cycles: list[list[Issue]]


class FindCycles(Request[Cycles], frozen=True):
    """Find issues that wait for one another; imports can bring such knots."""


@operation("dependency.cycles", kind="read", example={})
def find_cycles(request: FindCycles, tx: Transaction) -> Cycles:
    """Find issues that wait for one another."""
    del request
    return Cycles(
        cycles=[
            [shown(tx.issues.by_number(n)) for n in cycle] for cycle in tx.dependencies.cycles()
        ]
    )
