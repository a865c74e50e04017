"""Issues: showing and listing them."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.errors import (
    InvalidField,
    UnknownIssue,
)
from beadwork.ops.claim import IssueName
from beadwork.ops.issue_fields import (
    When,
    meant_types,
    require_known_statuses,
    require_known_types,
    when,
)
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Transaction
from beadwork.ops.views import IssueDetails, ListedIssue, linked, listed, shown


class Shown(Response):
    """The issue with its edges, comments and claim."""

    details: IssueDetails


class ShowIssue(Request[Shown], frozen=True):
    """Show an issue with all around it."""

    issue: IssueName


@operation("issue.show", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def show_issue(request: ShowIssue, tx: Transaction) -> Shown:
    """Show an issue with all around it."""
    entry = tx.issues.require(request.issue)
    claim = tx.claims.of(entry.n)
    parent = tx.dependencies.parent_of(entry.n)
    return Shown(
        details=IssueDetails(
            issue=shown(entry),
            dependencies=[
                linked(each)
                for each in tx.dependencies.needs(entry.n)
                if each.entry is None or each.entry.record.status != "tombstone"
            ],
            dependents=[
                linked(each)
                for each in tx.dependencies.needed_by(entry.n)
                if each.entry is None or each.entry.record.status != "tombstone"
            ],
            parent=parent.id if parent else None,
            displaced=tx.issues.displaced_from(entry.id),
            claim_epoch=claim.claim_epoch if claim else None,
            claimed_by=claim.actor or None if claim else None,
        )
    )


class Listed(Response):
    """The issues found; `is_cut` if the limit left some out."""

    issues: list[ListedIssue]
    is_cut: bool = False


class ListIssues(Request[Listed], frozen=True):
    """List issues. Without a status: all that are not closed or deleted."""

    statuses: Annotated[list[str], Meta(description="Any of these.")] = []
    all: Annotated[bool, Meta(description="Closed ones too.")] = False
    issue_types: Annotated[list[str], Meta(description="Any of these.")] = []
    priority: int | None = None
    priority_min: int | None = None
    priority_max: int | None = None
    assignee: str | None = None
    no_assignee: bool = False
    labels: Annotated[list[str], Meta(description="All of these.")] = []
    labels_any: Annotated[list[str], Meta(description="Any of these.")] = []
    no_labels: bool = False
    ids: list[str] = []
    title_contains: str | None = None
    parent: Annotated[str | None, Meta(description="Children of this issue.")] = None
    pinned: bool | None = None
    created_after: When | None = None
    created_before: When | None = None
    updated_after: When | None = None
    updated_before: When | None = None
    closed_after: When | None = None
    closed_before: When | None = None
    sort: Annotated[
        str,
        Meta(
            description="priority, created, updated, closed, status, id, title, type or assignee."
        ),
    ] = "priority"
    reverse: bool = False
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT
    include_gates: bool = False
    include_templates: bool = False


_SORTS = (
    "priority", "created", "updated", "closed", "status", "id", "title", "type", "assignee",
)  # fmt: skip


@operation(
    "issue.list",
    kind="read",
    raises=(UnknownIssue, InvalidField),
    example={"statuses": ["open"], "limit": 10},
)
def list_issues(request: ListIssues, tx: Transaction) -> Listed:
    """List issues."""
    if request.sort not in _SORTS:
        raise InvalidField(
            f'There is no sort "{request.sort[:60]}"',
            hint=f"Use one of: {', '.join(_SORTS)}.",
            field="sort",
        )
    wanted = list_filter(request, tx)
    limit = request.limit + 1 if request.limit else 0
    rows = tx.issues.select(wanted, sort=request.sort, is_reversed=request.reverse, limit=limit)
    if not rows:
        require_known_types(tx, request.issue_types)
    kept = rows[: request.limit] if request.limit else rows
    return Listed(issues=[listed(row) for row in kept], is_cut=len(rows) > len(kept))


def list_filter(request: ListIssues, tx: Transaction) -> Filter:
    """Turn a request into the filter of the store.

    Raises:
        InvalidField: an unknown status, or a range that nothing can lie in.
    """
    require_known_statuses(tx, request.statuses)
    times = {
        name: None if text is None else instants.parse_us(when(tx, text, name))
        for name in _RANGES
        if (text := getattr(request, name)) is not None
    }
    for noun in ("created", "updated", "closed"):
        _require_range(times.get(f"{noun}_after"), times.get(f"{noun}_before"), noun)
    _require_range(request.priority_min, request.priority_max, "priority")
    parent = None if request.parent is None else tx.issues.number_of(request.parent)
    is_any = request.all or bool(request.statuses)
    hides = not (request.include_gates or request.issue_types)
    return Filter(
        statuses=tuple(request.statuses),
        is_open_only=not is_any,
        types=meant_types(request.issue_types),
        hidden_types=("gate",) if hides else (),
        priority=request.priority,
        priority_min=request.priority_min,
        priority_max=request.priority_max,
        assignee=request.assignee,
        has_no_assignee=request.no_assignee,
        labels=tuple(request.labels),
        labels_any=tuple(request.labels_any),
        has_no_labels=request.no_labels,
        ids=tuple(request.ids),
        title_contains=request.title_contains,
        parent=parent,
        is_pinned=request.pinned,
        has_templates=request.include_templates,
        has_tombstones="tombstone" in request.statuses,
        **{f"{name}_us": value for name, value in times.items()},
    )


_RANGES = tuple(
    f"{noun}_{side}" for noun in ("created", "updated", "closed") for side in ("after", "before")
)


def _require_range(low: int | None, high: int | None, noun: str) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidField(
            f"The {noun} range ends before it begins", hint="Swap the two.", field=noun
        )
