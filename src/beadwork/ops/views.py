"""What operations answer: shapes that several of them share."""

import msgspec

from beadwork.model.issue import Issue
from beadwork.model.view import view
from beadwork.ops.transaction import Entry, Linked, Row


class ListedIssue(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """An issue in a list, with its counts and its parent's id."""

    issue: Issue
    dependency_count: int = 0
    dependent_count: int = 0
    comment_count: int = 0
    parent: str | None = None


class LinkedIssue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The issue at the other end of an edge; `issue` is absent where it is not known here."""

    issue_id: str
    dependency_type: str
    issue: Issue | None = None


class IssueDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An issue with all around it."""

    issue: Issue
    dependencies: list[LinkedIssue] = []
    dependents: list[LinkedIssue] = []
    parent: str | None = None
    displaced: list[str] = []
    """Issues that had this id until an earlier birth under it came to light."""
    claim_epoch: int | None = None
    claimed_by: str | None = None


def listed(row: Row) -> ListedIssue:
    """Show a row of a list."""
    return ListedIssue(
        issue=row.issue,
        dependency_count=row.dependency_count,
        dependent_count=row.dependent_count,
        comment_count=row.comment_count,
        parent=row.parent,
    )


def shown(entry: Entry) -> Issue:
    """Show an entry."""
    return view(entry.record, entry.body)


def linked(each: Linked) -> LinkedIssue:
    """Show the other end of an edge."""
    return LinkedIssue(
        issue_id=each.issue_id,
        dependency_type=each.kind,
        issue=None if each.entry is None else shown(each.entry),
    )
