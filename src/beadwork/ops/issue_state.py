"""Closing, reopening and deleting issues."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.dependency import ORDERING_KINDS
from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.issue import (
    Issue,
    require_text,
)
from beadwork.model.transition import closed, deleted, moved, require_alive
from beadwork.ops.claim import Epoch, IssueName, end_claim, fence, named_holder, take_note, updated
from beadwork.ops.holding import require_not_others
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import shown


def require_closable(tx: Transaction, entry: Entry, *, is_forced: bool) -> None:
    """Refuse to close what is blocked or held by another.

    Raises:
        CloseBlocked: an edge holds the issue.
        ClaimLost: another holds it.
    """
    if is_forced:
        return
    claim = tx.claims.of(entry.n)
    if claim is not None and claim.is_held and not claim.is_by(tx.holder):
        raise ClaimLost(
            f"The issue {entry.id} is held by {named_holder(claim, tx)}",
            hint="Let its holder close it, or pass --force.",
            id=entry.id,
            holder=claim.actor,
        )
    if tx.ready.standing(entry.n).own_holds:
        edges = tx.dependencies.edges_of(entry.n)
        blockers = [each.target_id for each in edges if each.is_holding]
        raise CloseBlocked(
            f"The issue {entry.id} is blocked by {', '.join(blockers[:10])}",
            id=entry.id,
            blocked_by=blockers,
        )


class Closed(Response):
    """The closed issue, and what can be worked on now because of it."""

    issue: Issue
    unblocked: list[Issue] = []
    already: bool = False


class CloseIssue(Request[Closed], frozen=True):
    """Close an issue. Closing it again changes nothing."""

    issue: IssueName
    reason: str = "Closed"
    session: str = ""
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Although it is blocked, or another holds it.")] = False


@operation(
    "issue.close",
    kind="write",
    raises=(UnknownIssue, CloseBlocked, ClaimStale, ClaimLost, InvalidTransition, InvalidField),
    example={"issue": "px-a3f", "reason": "Done"},
)
def close_issue(request: CloseIssue, tx: Transaction) -> Closed:
    """Close an issue."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    if not request.force:
        fence(tx, entry, request.claim_epoch)
    if entry.record.status == "closed":
        return Closed(issue=shown(entry), already=True)
    require_closable(tx, entry, is_forced=request.force)
    reason = require_text(request.reason, "reason").strip() or "Closed"
    session = require_text(request.session or tx.holder.session, "session")
    fields = closed(entry.record, now_us=tx.now_us, reason=reason, session=session)
    end_claim(tx, entry)
    entry = tx.issues.write(entry, updated(tx, entry.record, fields))
    return Closed(issue=shown(entry), unblocked=[shown(each) for each in tx.ready.freed()])


class Reopened(Response):
    """The issue, open."""

    issue: Issue
    already: bool = False


class ReopenIssue(Request[Reopened], frozen=True):
    """Open a closed, deferred or set-aside issue again; its defer date goes."""

    issue: IssueName
    reason: str = ""
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Also if another holds it.")] = False


@operation(
    "issue.reopen",
    kind="write",
    raises=(UnknownIssue, InvalidTransition, ClaimStale, ClaimLost, InvalidField),
    example={"issue": "px-a3f", "reason": "It came back"},
)
def reopen_issue(request: ReopenIssue, tx: Transaction) -> Reopened:
    """Open an issue again."""
    entry = tx.issues.require(request.issue)
    take_note(tx, entry, request.claim_epoch)
    fence(tx, entry, request.claim_epoch)
    if entry.record.status == "open" and "defer_until" not in entry.record.fields:
        return Reopened(issue=shown(entry), already=True)
    require_not_others(tx, entry, is_forced=request.force)
    fields = moved(entry.record, "open", is_reopening=True)
    fields["defer_until"] = None
    claim = tx.claims.of(entry.n)
    if claim is not None and claim.is_held and claim.actor == entry.record.text("assignee"):
        fields["assignee"] = None  # Else nobody but who held it could claim it.
    end_claim(tx, entry)
    record = updated(tx, entry.record, fields)
    if request.reason.strip():
        # Late import: comments build on issues.
        from beadwork.ops.comment import commented

        record = commented(tx, record, f"Reopened: {require_text(request.reason, 'reason')}")
    return Reopened(issue=shown(tx.issues.write(entry, record)))


class Deleted(Response):
    """What was deleted, and how many edges of others no longer count."""

    deleted: list[str]
    dependencies_removed: int = 0
    already: list[str] = []


class DeleteIssue(Request[Deleted], frozen=True):
    """Delete an issue. A tombstone stays, so that no old copy brings it back."""

    issue: IssueName
    reason: str = ""
    cascade: Annotated[bool, Meta(description="And all that needs it, all the way.")] = False
    force: Annotated[bool, Meta(description="Also what another holds.")] = False
    dry_run: Annotated[bool, Meta(description="Only say what would be deleted.")] = False
    claim_epoch: Epoch = None


@operation(
    "issue.delete",
    kind="write",
    raises=(UnknownIssue, ClaimStale, ClaimLost, InvalidField),
    example={"issue": "px-a3f", "dry_run": True},
)
def delete_issue(request: DeleteIssue, tx: Transaction) -> Deleted:
    """Delete an issue."""
    reason = require_text(request.reason, "reason")
    first = tx.issues.require(request.issue)
    doomed = {first.n: first}
    waiting = [first]
    while waiting:
        entry = waiting.pop()
        fence(tx, entry, request.claim_epoch if entry is first else None)
        require_not_others(tx, entry, is_forced=request.force or request.dry_run)
        for each in tx.dependencies.needed_by(entry.n) if request.cascade else ():
            is_new = each.entry is not None and each.entry.n not in doomed
            if each.entry is not None and is_new and each.kind in ORDERING_KINDS:
                doomed[each.entry.n] = each.entry
                waiting.append(each.entry)
    alive = [e for e in doomed.values() if e.record.status != "tombstone"]
    edges = {(source, target) for e in alive for source, target in _edges_around(tx, e)}
    for entry in () if request.dry_run else alive:
        actor = tx.holder.actor
        fields = deleted(entry.record, now_us=tx.now_us, actor=actor, reason=reason)
        end_claim(tx, entry)
        tx.issues.write(entry, updated(tx, entry.record, fields))
    return Deleted(
        deleted=[e.id for e in alive],
        dependencies_removed=len(edges),
        already=[e.id for e in doomed.values() if e.record.status == "tombstone"],
    )


def _edges_around(tx: Transaction, entry: Entry) -> list[tuple[str, str]]:
    around = [(entry.id, each.issue_id) for each in tx.dependencies.needs(entry.n)]
    return around + [(each.issue_id, entry.id) for each in tx.dependencies.needed_by(entry.n)]
