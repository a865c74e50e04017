"""The JSON of classic `bd` (classic-bd.md 2.1 and 2.2), built from what operations answer."""

from typing import Any

import msgspec

from beadwork.model.issue import Issue
from beadwork.ops.dependency import TreeNode
from beadwork.ops.fold_report import FoldReport
from beadwork.ops.ready import BlockedIssue
from beadwork.ops.views import IssueDetails, LinkedIssue, ListedIssue

Json = dict[str, Any]

_RAW = ("dependencies", "comments")
_UNKNOWN: Json = {
    "status": "open",
    "priority": 2,
    "issue_type": "task",
    "created_at": "0001-01-01T00:00:00Z",
    "updated_at": "0001-01-01T00:00:00Z",
}
"""What is shown of an issue that this store does not know: what each issue has, and no more."""
_COUNTS = ("lines", "created", "updated", "unchanged", "markers", "doubled", "conflicts")


def issue(value: Issue, *, without: tuple[str, ...] = _RAW) -> Json:
    """Show an issue; raw edges and comments only where classic shows them."""
    shown: Json = msgspec.to_builtins(value)
    shown.update(shown.pop("*", {}))
    for name in without:
        shown.pop(name, None)
    return shown


def with_counts(row: ListedIssue, *, has_edges: bool = True) -> Json:
    """Show an issue of a list: its raw edges, true counts, its parent."""
    shown = issue(row.issue, without=("comments",) if has_edges else _RAW)
    shown["dependency_count"] = row.dependency_count
    shown["dependent_count"] = row.dependent_count
    shown["comment_count"] = row.comment_count
    if row.parent:
        shown["parent"] = row.parent
    return shown


def link(each: LinkedIssue) -> Json:
    """Show the other end of an edge as a full issue with the edge's type."""
    name = each.issue_id
    shown = issue(each.issue) if each.issue else {"id": name, "title": name, **_UNKNOWN}
    shown["dependency_type"] = each.dependency_type
    return shown


def details(value: IssueDetails) -> Json:
    """Show an issue with full issues at the other ends of its edges."""
    shown = issue(value.issue, without=("dependencies",))
    comments = shown.pop("comments", None)
    if value.dependencies:
        shown["dependencies"] = [link(each) for each in value.dependencies]
    if value.dependents:
        shown["dependents"] = [link(each) for each in value.dependents]
    if comments:
        shown["comments"] = comments
    if value.parent:
        shown["parent"] = value.parent
    if value.displaced:
        shown["displaced"] = value.displaced
    if value.claimed_by:
        shown["claimed_by"] = value.claimed_by
        shown["claim_epoch"] = value.claim_epoch
    return shown


def blocked(value: BlockedIssue) -> Json:
    """Show a blocked issue with what blocks it, itself or through its parents."""
    shown = issue(value.issue)
    shown["blocked_by_count"] = len(value.blocked_by)
    shown["blocked_by"] = value.blocked_by
    if value.blocked_through:
        shown["blocked_through"] = value.blocked_through
    if value.cycle:
        shown["cycle"] = value.cycle
    return shown


def tree_node(node: TreeNode) -> Json:
    """Show a node of the flat tree."""
    shown = issue(node.issue, without=(*_RAW, "owner", "created_by", "labels"))
    shown["depth"] = node.depth
    shown["parent_id"] = node.parent_id
    shown["truncated"] = node.truncated
    if node.dependency_type:
        shown["dependency_type"] = node.dependency_type
    return shown


def report(value: FoldReport) -> Json:
    """Show what became of the lines of a file; the counts always."""
    shown: Json = {name: getattr(value, name) for name in _COUNTS}
    shown.update(msgspec.to_builtins(value))
    return shown
