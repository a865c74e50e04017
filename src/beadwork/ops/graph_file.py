"""Making many issues with edges between them, as one."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model.dependency import ORDERING_KINDS, require_kind
from beadwork.model.errors import (
    BeadworkError,
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    IssueExists,
    PrefixMismatch,
    UnknownIssue,
)
from beadwork.model.issue import Issue
from beadwork.ops.dependency import AddDependency, add_dependency
from beadwork.ops.issue_create import CreateIssue, make_issue
from beadwork.ops.issue_fields import require_target, split_dependency
from beadwork.ops.issue_update import UpdateIssue, update_issue
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction
from beadwork.ops.views import shown

_PLANNED_MAX = 10_000


class PlannedIssue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An issue to make, and the name that the others of the graph know it by."""

    name: str
    issue: CreateIssue
    status: Annotated[str, Meta(description="Empty: open.")] = ""


class PlannedEdge(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An edge to make: `issue` needs `needs`; each is a name of the graph or an id."""

    issue: str
    needs: str
    kind: str = "blocks"


class MadeGraph(Response):
    """The ids that the issues got, by their names in the graph, and the issues.

    After a dry run there are no ids.
    """

    ids: dict[str, str]
    issues: list[Issue]


class CreateGraph(Request[MadeGraph], frozen=True):
    """Make issues that refer to one another by names of their own: all of them, or none.

    The parent, the dependencies and `waits_for` of an issue may be a name of the graph or the id
    of an issue that is there.
    """

    issues: Annotated[
        list[PlannedIssue],
        Meta(description="The issues, in any order.", min_length=1, max_length=_PLANNED_MAX),
    ]
    edges: Annotated[list[PlannedEdge], Meta(description="More edges between them.")] = []
    dry_run: Annotated[bool, Meta(description="Check everything, store nothing.")] = False


@operation(
    "issue.create_graph",
    kind="write",
    raises=(
        InvalidField, UnknownIssue, IssueExists, PrefixMismatch, InvalidTransition,
        DependencyCycle,
    ),
    example={
        "issues": [
            {"name": "design", "issue": {"title": "Design"}},
            {"name": "build", "issue": {"title": "Build", "dependencies": ["design"]}},
        ]
    },
)  # fmt: skip
def create_graph(request: CreateGraph, tx: Transaction) -> MadeGraph:
    """Make many issues with edges between them."""
    plan = _Plan(request)
    ids: dict[str, str] = {}
    late: list[PlannedEdge] = [each for each in plan.edges if each.issue not in plan.issues]
    for name in plan.in_order():
        asked, later = plan.asked(name, ids)
        late += later
        made = _made(name, asked, tx)
        _require_status(name, plan.statuses[name], tx)
        if not request.dry_run:
            ids[name] = made.id
    if request.dry_run:
        _check_late(plan, late, tx)
        return MadeGraph(ids={}, issues=[])
    for edge in late:
        source, target = (ids.get(each, each) for each in (edge.issue, edge.needs))
        add_dependency.handler(AddDependency(issue=source, needs=target, kind=edge.kind), tx)
    for name, issue_id in ids.items():
        if plan.statuses[name]:
            # The plan says how things stand, also where what is needed is not done.
            moved = UpdateIssue(issue=issue_id, status=plan.statuses[name], force=True)
            update_issue.handler(moved, tx)
    return MadeGraph(
        ids={name: ids[name] for name in plan.issues},
        issues=[shown(tx.issues.require(ids[name])) for name in plan.issues],
    )


def _made(name: str, asked: CreateIssue, tx: Transaction) -> Issue:
    try:
        return make_issue(asked, tx)
    except BeadworkError as error:
        error.message = f'In "{name}": {error.message}'
        error.data["name"] = name
        raise


def _require_status(name: str, status: str, tx: Transaction) -> None:
    if not status:
        return
    try:
        if tx.vocabulary.require_status(status) == "tombstone":
            raise InvalidField(
                "A deleted issue can't be made", hint="Leave it out.", field="status"
            )
    except InvalidField as error:
        error.message = f'In "{name}": {error.message}'
        error.data["name"] = name
        raise


def _check_late(plan: "_Plan", late: list[PlannedEdge], tx: Transaction) -> None:
    for edge in late:
        for name in (edge.issue, edge.needs):
            if name not in plan.issues:
                require_target(tx, name)


class _Plan:
    """What is to be made, by name."""

    def __init__(self, request: CreateGraph) -> None:
        self.issues: dict[str, CreateIssue] = {}
        for each in request.issues:
            if not each.name.strip() or ":" in each.name or each.name in self.issues:
                raise InvalidField(
                    f'"{each.name[:60]}" can\'t be the name of an issue here',
                    hint="Give each another name, without a colon.",
                    field="name",
                )
            self.issues[each.name] = each.issue
        self.statuses = {each.name: each.status for each in request.issues}
        self.edges = request.edges
        self._is_dry = request.dry_run
        self._needs: dict[str, list[tuple[str, str]]] = {
            name: [split_dependency(each) for each in issue.dependencies]
            for name, issue in self.issues.items()
        }
        for edge in request.edges:
            kind = require_kind(edge.kind)
            if edge.issue in self.issues:
                self._needs[edge.issue].append((kind, edge.needs))

    def asked(self, name: str, ids: dict[str, str]) -> tuple[CreateIssue, list[PlannedEdge]]:
        """Return the request for an issue, and its edges to issues that are not yet made."""
        issue = self.issues[name]
        now, later = [], []
        for kind, target in dict.fromkeys(self._needs[name]):
            if target in self.issues and target not in ids:
                later.append(PlannedEdge(issue=name, needs=target, kind=kind))
            else:
                now.append(f"{kind}:{ids.get(target, target)}")
        named = {each: ids.get(found := getattr(issue, each), found) for each in _NAMES}
        if self._is_dry:
            # Nothing is made that others could lie under or wait for.
            named = {each: "" if found in self.issues else found for each, found in named.items()}
        asked = msgspec.structs.replace(issue, dependencies=now, dry_run=self._is_dry, **named)
        return asked, later

    def in_order(self) -> Iterator[str]:
        """Yield each name after those that it lies under or waits for.

        Raises:
            DependencyCycle: some wait for one another.
        """
        done: set[str] = set()
        for first in self.issues:
            # The way from the first to where we are: a dictionary, for its order.
            way: dict[str, Iterator[str]] = {} if first in done else {first: self._before(first)}
            while way:
                name = next(reversed(way))
                following = next(way[name], None)
                if following is None:
                    del way[name]
                    done.add(name)
                    yield name
                elif following in way:
                    cycle = [*list(way)[list(way).index(following) :], following]
                    raise DependencyCycle(
                        f"They wait for one another: {' → '.join(cycle)}",
                        hint="Leave one of these edges out.",
                        cycle=cycle,
                    )
                elif following not in done:
                    way[following] = self._before(following)

    def _before(self, name: str) -> Iterator[str]:
        issue = self.issues[name]
        needs = [target for kind, target in self._needs[name] if kind in ORDERING_KINDS]
        found = [*(getattr(issue, each) for each in _NAMES), *needs]
        return iter([each for each in found if each in self.issues])


_NAMES = ("parent", "waits_for")
"""Fields of an issue that may be a name of the graph."""
