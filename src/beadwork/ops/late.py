"""Late results: what was sent under a claim that had ended was refused, and kept (R7)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from beadwork.model import instants
from beadwork.model.errors import AmbiguousId, UnknownIssue
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


class LateResult(msgspec.Struct, kw_only=True):
    """What was sent, and by whom. `request` holds the arguments of the operation.

    Of a request of over 64 KB long arguments are cut, and say so. After 180 days it goes.
    """

    at: str
    actor: str
    session: str
    operation: str
    issue_id: str
    request: dict[str, Any]


class LateResults(Response):
    """Late results, the latest first."""

    results: list[LateResult]


class ListLate(Request[LateResults], frozen=True):
    """List what was sent under claims that had ended, latest first."""

    issue: Annotated[str | None, Meta(description="Only what this issue was sent.")] = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


@operation(
    "issue.late", kind="read", raises=(UnknownIssue, AmbiguousId), example={"issue": "px-a3f"}
)
def list_late(request: ListLate, tx: Transaction) -> LateResults:
    """List what was sent under claims that had ended."""
    issue_id = None if request.issue is None else tx.issues.resolve(request.issue)
    rows = tx.claims.late(issue_id, limit=request.limit)
    return LateResults(
        results=[
            LateResult(
                at=instants.format_us(row.at_us),
                actor=row.actor,
                session=row.session,
                operation=row.operation,
                issue_id=row.issue_id,
                request=msgspec.json.decode(row.request),
            )
            for row in rows
        ]
    )
