"""Closing an issue and taking the next one, in one transaction."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.issue import Issue
from beadwork.ops.claim import ClaimReady, Epoch, IssueName, LeaseSeconds
from beadwork.ops.issue_state import Closed, CloseIssue
from beadwork.ops.operation import Request, operation
from beadwork.ops.transaction import Transaction
from beadwork.ops.within import ask


class ClosedAndClaimed(Closed):
    """The closed issue, and the one taken after it; `claimed` is absent if nothing was ready."""

    claimed: Issue | None = None
    claim_epoch: int | None = None


class CloseAndClaim(Request[ClosedAndClaimed], frozen=True):
    """Close an issue, and take the most urgent ready one."""

    issue: IssueName
    reason: str = "Closed"
    session: str = ""
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Although it is blocked, or another holds it.")] = False
    lease_s: LeaseSeconds = None


@operation(
    "issue.close_claim",
    kind="write",
    raises=(UnknownIssue, CloseBlocked, ClaimStale, ClaimLost, InvalidTransition, InvalidField),
    example={"issue": "px-a3f", "reason": "Done"},
)
def close_and_claim(request: CloseAndClaim, tx: Transaction) -> ClosedAndClaimed:
    """Close an issue, and take the most urgent ready one."""
    done = ask(
        tx,
        CloseIssue(
            issue=request.issue,
            reason=request.reason,
            session=request.session,
            claim_epoch=request.claim_epoch,
            force=request.force,
        ),
    )
    taken = ask(tx, ClaimReady(lease_s=request.lease_s))
    return ClosedAndClaimed(
        issue=done.issue,
        unblocked=done.unblocked,
        already=done.already,
        claimed=taken.issue,
        claim_epoch=taken.claim_epoch if taken.issue is not None else None,
    )
