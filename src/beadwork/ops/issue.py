"""Issues: showing and listing them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import AmbiguousId, InvalidField, UnknownIssue
from beadwork.model.issue import nearest_hint
from beadwork.ops.claim import IssueName
from beadwork.ops.filtered import Filtered, meant, require_limit, require_sort
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction
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


class ListIssues(Filtered[Listed], frozen=True):
    """List issues. Without a status: all that are not closed or deleted."""

    sort: Annotated[
        str,
        Meta(
            description="priority, created, updated, closed, status, id, title, type or assignee."
        ),
    ] = "priority"
    reverse: bool = False
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT


_SORTS = (
    "priority", "created", "updated", "closed", "status", "id", "title", "type", "assignee",
)  # fmt: skip


@operation(
    "issue.list",
    kind="read",
    raises=(UnknownIssue, AmbiguousId, InvalidField),
    example={"statuses": ["open"], "limit": 10},
)
def list_issues(request: ListIssues, tx: Transaction) -> Listed:
    """List issues."""
    sort = require_sort(request.sort, _SORTS)
    limit = require_limit(request.limit)
    rows = tx.issues.select(
        meant(request, tx),
        sort=sort,
        is_reversed=request.reverse,
        limit=limit + 1 if limit else 0,
    )
    kept = rows[:limit] if limit else rows
    return Listed(issues=[listed(row) for row in kept], is_cut=len(rows) > len(kept))


class Group(msgspec.Struct, kw_only=True):
    """How many issues have one value in common."""

    group: str
    count: int


class Counted(Response):
    """How many issues there are; with `by` also in groups, in the order of their names."""

    count: int
    groups: list[Group] | None = None


class CountIssues(Filtered[Counted], frozen=True):
    """Count issues: those that `issue.list` would list, without a limit."""

    by: Annotated[
        str | None, Meta(description="In groups: by status, priority, type, assignee or label.")
    ] = None


_GROUPINGS = ("status", "priority", "type", "assignee", "label")


@operation(
    "issue.count",
    kind="read",
    raises=(UnknownIssue, AmbiguousId, InvalidField),
    example={"by": "status"},
)
def count_issues(request: CountIssues, tx: Transaction) -> Counted:
    """Count issues."""
    if request.by is not None and request.by not in _GROUPINGS:
        raise InvalidField(
            f'Issues are not counted by "{request.by[:60]}"',
            hint=nearest_hint(request.by, _GROUPINGS),
            field="by",
        )
    total, found = tx.issues.count(meant(request, tx), request.by)
    groups = [Group(group=name, count=count) for name, count in found]
    return Counted(count=total, groups=groups if request.by else None)
