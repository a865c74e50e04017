"""Keeping an issue that was made to pass."""

from beadwork.model.errors import ClaimStale, InvalidField, InvalidTransition, UnknownIssue
from beadwork.model.issue import Issue, require_text
from beadwork.model.transition import require_alive
from beadwork.ops.claim import Epoch, IssueName, fence, updated
from beadwork.ops.comment import commented
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction
from beadwork.ops.views import shown


class Promoted(Response):
    """The issue, no longer ephemeral; `already` if it was not before."""

    issue: Issue
    already: bool = False


class PromoteIssue(Request[Promoted], frozen=True):
    """Keep an ephemeral issue: it goes into the file from now on, and a comment says why."""

    issue: IssueName
    reason: str = ""
    claim_epoch: Epoch = None


@operation(
    "issue.promote",
    kind="write",
    raises=(UnknownIssue, InvalidField, InvalidTransition, ClaimStale),
    example={"issue": "px-a3f", "reason": "Worth keeping"},
)
def promote_issue(request: PromoteIssue, tx: Transaction) -> Promoted:
    """Keep an ephemeral issue."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    fence(tx, entry, request.claim_epoch)
    if entry.record.fields.get("ephemeral") != "true":
        return Promoted(issue=shown(entry), already=True)
    reason = require_text(request.reason, "reason").strip()
    said = f"Promoted: {reason}" if reason else "Promoted"
    record = commented(tx, updated(tx, entry.record, {"ephemeral": None}), said)
    return Promoted(issue=shown(tx.issues.write(entry, record)))
