"""Putting issues off, and taking them up again."""

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta

from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.issue import Issue
from beadwork.model.transition import moved, require_alive
from beadwork.ops.claim import Epoch, IssueName, end_claim, fence, updated
from beadwork.ops.holding import require_not_others
from beadwork.ops.issue_fields import When, ZoneOffset
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction
from beadwork.ops.views import shown
from beadwork.ops.within import ask


class Deferred(Response):
    """The issue, put off or taken up again; `already` if it was so before."""

    issue: Issue
    already: bool = False


class DeferIssue(Request[Deferred], frozen=True):
    """Put an issue off, perhaps to a time. Who held it gives it back."""

    circumstances: ClassVar[tuple[str, ...]] = ("zone_offset_s",)

    issue: IssueName
    until: Annotated[When, Meta(description="When it is to come up again; never if empty.")] = ""
    zone_offset_s: ZoneOffset = 0
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Also if another holds it.")] = False


@operation(
    "issue.defer",
    kind="write",
    raises=(UnknownIssue, InvalidTransition, InvalidField, ClaimStale, ClaimLost),
    example={"issue": "px-a3f", "until": "2026-03-01"},
)
def defer_issue(request: DeferIssue, tx: Transaction) -> Deferred:
    """Put an issue off."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    if entry.is_done:
        raise InvalidTransition(
            f"The issue {entry.id} is {entry.record.status}",
            hint=f"Reopen it first: `bd reopen {entry.id}`.",
            id=entry.id,
        )
    if not request.force:
        fence(tx, entry, request.claim_epoch)
    require_not_others(tx, entry, is_forced=request.force)
    claim = tx.claims.of(entry.n)
    holder = claim.actor if claim is not None and claim.is_held else None
    is_holders = holder is not None and holder == entry.record.text("assignee")
    end_claim(tx, entry)
    ended = tx.claims.of(entry.n)
    answer = ask(
        tx,
        UpdateIssue(
            issue=entry.id,
            status="deferred",
            defer_until=request.until or UNSET,
            zone_offset_s=request.zone_offset_s,
            # Else nobody but its holder could claim it later.
            assignee="" if is_holders else UNSET,
            claim_epoch=ended.claim_epoch if ended else None,
        ),
    )
    return Deferred(issue=answer.issue, already=not answer.is_changed)


class UndeferIssue(Request[Deferred], frozen=True):
    """Take up an issue that was put off: it is open, and its date is gone."""

    issue: IssueName
    claim_epoch: Epoch = None


@operation(
    "issue.undefer",
    kind="write",
    raises=(UnknownIssue, InvalidTransition, ClaimStale),
    example={"issue": "px-a3f"},
)
def undefer_issue(request: UndeferIssue, tx: Transaction) -> Deferred:
    """Take up an issue that was put off."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    fence(tx, entry, request.claim_epoch)
    is_deferred = entry.record.status == "deferred"
    if entry.is_done or not (is_deferred or "defer_until" in entry.record.fields):
        return Deferred(issue=shown(entry), already=True)
    fields = moved(entry.record, "open", is_reopening=False) if is_deferred else {}
    fields["defer_until"] = None
    return Deferred(issue=shown(tx.issues.write(entry, updated(tx, entry.record, fields))))
