"""Looking over issues: what their texts lack."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model.errors import InvalidField, UnknownIssue
from beadwork.model.issue import Issue
from beadwork.model.sections import missing_sections
from beadwork.ops.issue_fields import meant_types, require_known_statuses, require_known_types
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Transaction
from beadwork.ops.views import shown


class Lacking(msgspec.Struct, kw_only=True):
    """An issue, and the sections that its description lacks."""

    id: str
    title: str
    type: str
    missing: list[str]


class Linted(Response):
    """How many issues were looked at, and which of them lack something."""

    checked: int
    results: list[Lacking]


class LintIssues(Request[Linted], frozen=True):
    """Find issues whose description lacks the sections that their type should have."""

    ids: Annotated[list[str], Meta(description="Only these; by default all that are open.")] = []
    status: Annotated[str, Meta(description="Those of this status; `all` for any.")] = "open"
    issue_type: Annotated[str, Meta(description="Only this type.")] = ""


@operation(
    "issue.lint", kind="read", raises=(UnknownIssue, InvalidField), example={"issue_type": "bug"}
)
def lint_issues(request: LintIssues, tx: Transaction) -> Linted:
    """Find issues whose description lacks sections."""
    issues = [shown(tx.issues.require(each)) for each in request.ids] or _chosen(request, tx)
    results = [
        Lacking(id=each.id, title=each.title, type=each.issue_type, missing=missing)
        for each in issues
        if (missing := missing_sections(each.issue_type, each.description, _criteria(each)))
    ]
    return Linted(checked=len(issues), results=results)


def _criteria(issue: Issue) -> str:
    return issue.acceptance_criteria


def _chosen(request: LintIssues, tx: Transaction) -> list[Issue]:
    types = [request.issue_type] if request.issue_type else []
    statuses = () if request.status == "all" else (request.status,)
    require_known_statuses(tx, statuses)
    require_known_types(tx, types)
    wanted = Filter(statuses=statuses, types=meant_types(types))
    rows = tx.issues.select(wanted, sort="id", is_reversed=False, limit=0)
    return [row.issue for row in rows]
