"""Claims: taking an issue, giving it back, showing that it is still worked on (R7)."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import limits, token
from beadwork.model.claim import Claim, Holder
from beadwork.model.errors import (
    AmbiguousId,
    ClaimLost,
    ClaimStale,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.instants import format_seconds
from beadwork.model.issue import Issue
from beadwork.model.record import Record
from beadwork.model.transition import Fields, moved, require_alive
from beadwork.ops.filtered import Filtered, ready_filter
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import shown

IssueName = Annotated[
    str, Meta(description="Id of the issue, or the unique start of its hash.", min_length=1)
]
Epoch = Annotated[
    int | None,
    Meta(description="The claim_epoch that the caller was granted; by default its last one."),
]
LeaseSeconds = Annotated[
    Annotated[float, Meta(gt=0, le=limits.LEASE_S_MAX)] | None,
    Meta(description="The claim ends after this time unless renewed, in seconds."),
]


def fence(tx: Transaction, entry: Entry, claim_epoch: int | None = None) -> Claim | None:
    """Refuse a write under a claim that has ended; renew a live one.

    Who never held the issue may write. Returns the present claim.

    Raises:
        ClaimStale: the caller's epoch is not the present one.
    """
    claim = tx.claims.of(entry.n)
    if claim is None and claim_epoch is None:
        return None
    claim = claim or Claim(claim_epoch=0)  # What names an epoch was granted one, elsewhere.
    epoch = claim_epoch
    if epoch is None:
        epoch = tx.claims.granted_epoch(entry.n, tx.holder)
    if epoch is not None and epoch != claim.claim_epoch:
        message, hint = _ended(tx, entry, claim)
        raise ClaimStale(
            message,
            hint=f"{hint} What you sent is kept: `bd late {entry.id}`.",
            id=entry.id,
            holder=claim.actor,
            claim_epoch=claim.claim_epoch,
            yours=epoch,
        )
    if claim.is_by(tx.holder) and claim.expires_us is not None:
        return tx.claims.renew(entry.n, None)
    return claim


def _ended(tx: Transaction, entry: Entry, claim: Claim) -> tuple[str, str]:
    """Say that the caller's claim has ended, and which way there is from here."""
    assignee = entry.record.text("assignee")
    if claim.is_held:
        now, way = f"{claim.actor} holds it now", "Stop work on it."
    elif entry.is_done:
        now = f"it is {entry.record.status}"
        way = f"`bd reopen {entry.id}` if it is to go on, else `bd release {entry.id}`."
    elif assignee and assignee != tx.holder.actor:
        now = f"it is assigned to {assignee}"
        way = f"Stop work on it, and `bd release {entry.id}`."
    else:
        now, way = "nobody holds it now", f"`bd claim {entry.id}` again to go on with it."
    return f"Your claim of {entry.id} has ended; {now}", way


def named_holder(claim: Claim, tx: Transaction) -> str:
    """Say who holds an issue; by the session too where the name is the caller's own."""
    if claim.actor != tx.holder.actor:
        return claim.actor
    return f"{claim.actor} in session {claim.session}" if claim.session else claim.actor


def take_note(tx: Transaction, entry: Entry, claim_epoch: int | None) -> bool:
    """Let who lost a claim that nobody has now be like one who never held it; tell whether so.

    To reopen an issue or to give it back is to know of it. Who names an epoch does not.
    """
    claim = tx.claims.of(entry.n)
    if claim is None or claim.is_held or claim_epoch is not None:
        return False
    if tx.claims.granted_epoch(entry.n, tx.holder) in (None, claim.claim_epoch):
        return False
    tx.claims.let_go(entry.n, tx.holder)
    return True


def updated(tx: Transaction, record: Record, fields: Fields) -> Record:
    """Return a record with fields set or taken away, changed at the transaction's time."""
    tokens = dict(record.fields)
    for name, value in fields.items():
        if value is None:
            tokens.pop(name, None)
        else:
            tokens[name] = value
    return touched(tx, record._replace(fields=tokens))


def touched(tx: Transaction, record: Record) -> Record:
    """Return a record as changed at the transaction's time."""
    return record._replace(fields={**record.fields, "updated_at": token.encode(tx.now_text)})


class Claimed(Response):
    """The claim that the caller holds. `already`: it held the issue before."""

    issue: Issue | None = None
    claim_epoch: int = 0
    expires_us: int | None = None
    already: bool = False


class ClaimIssue(Request[Claimed], frozen=True):
    """Take an issue: it goes to in_progress under the caller's name, with a new epoch.

    Of several who try, one wins. A repeated claim by its holder answers with the same epoch.
    """

    issue: IssueName
    lease_s: LeaseSeconds = None


@operation(
    "issue.claim",
    kind="write",
    raises=(UnknownIssue, ClaimLost, InvalidTransition),
    example={"issue": "px-a3f"},
)
def claim_issue(request: ClaimIssue, tx: Transaction) -> Claimed:
    """Take an issue."""
    return take(tx, tx.issues.require(request.issue), request.lease_s)


def take(tx: Transaction, entry: Entry, lease_s: float | None) -> Claimed:
    """Grant an entry to the caller.

    Raises:
        ClaimLost: another holds it, or it is assigned to another.
        InvalidTransition: it is closed or deleted.
    """
    require_alive(entry.record)
    if entry.is_done:
        raise InvalidTransition(
            f"The issue {entry.id} is {entry.record.status}",
            hint=f"Reopen it first: `bd reopen {entry.id}`.",
            id=entry.id,
        )
    lease_us = _lease_us(tx, lease_s)
    claim = tx.claims.of(entry.n)
    if claim is not None and claim.is_by(tx.holder):
        claim = tx.claims.renew(entry.n, lease_us)
        return Claimed(
            issue=shown(entry),
            claim_epoch=claim.claim_epoch,
            expires_us=claim.expires_us,
            already=True,
        )
    _require_free(tx, entry, claim)
    claim = tx.claims.grant(entry.n, tx.holder, lease_us)
    fields = moved(entry.record, "in_progress", is_reopening=False)
    fields["assignee"] = token.encode(tx.holder.actor)
    entry = tx.issues.write(entry, updated(tx, entry.record, fields))
    return Claimed(issue=shown(entry), claim_epoch=claim.claim_epoch, expires_us=claim.expires_us)


def _lease_us(tx: Transaction, lease_s: float | None) -> int | None:
    length_s = tx.vocabulary.claim_lease_s if lease_s is None else lease_s
    return None if length_s is None else int(length_s * 1_000_000)


def give_back_claim(tx: Transaction, entry: Entry, actor: str) -> None:
    """Grant an issue anew to who held it before; in whatever session, if that is another."""
    holder = tx.holder if tx.holder.actor == actor else Holder(actor)
    tx.claims.let_go(entry.n, holder)
    tx.claims.grant(entry.n, holder, _lease_us(tx, None))


def _require_free(tx: Transaction, entry: Entry, claim: Claim | None) -> None:
    assignee = entry.record.text("assignee")
    if claim is not None and claim.is_held:
        holder, what = named_holder(claim, tx), "is held by"
        until = f" until {format_seconds(claim.expires_us)}" if claim.expires_us else ""
    elif assignee and assignee != tx.holder.actor:
        holder, what, until = assignee, "is assigned to", ""
    else:
        return
    raise ClaimLost(
        f"The issue {entry.id} {what} {holder}{until}",
        id=entry.id,
        holder=claim.actor if claim is not None and claim.is_held else assignee,
        claim_epoch=claim.claim_epoch if claim else 0,
    )


_FIRST_TRIES = 20


class ClaimReady(Filtered[Claimed], frozen=True):
    """Take the most urgent ready issue. Nothing ready is an answer: `issue` is absent then."""

    lease_s: LeaseSeconds = None
    unassigned: Annotated[bool, Meta(description="Only nobody's.")] = False
    parent: Annotated[str | None, Meta(description="Only what lies under this issue.")] = None


@operation(
    "issue.claim_ready",
    kind="write",
    raises=(UnknownIssue, AmbiguousId, InvalidField),
    example={},
)
def claim_ready(request: ClaimReady, tx: Transaction) -> Claimed:
    """Take the most urgent ready issue."""
    if set(request.statuses) - {"open"}:
        raise InvalidField(
            "Only what is open can be claimed so", hint="Leave the status out.", field="statuses"
        )
    wanted = ready_filter(request, tx)
    if request.unassigned:
        wanted = wanted._replace(is_unassigned=True)
    for limit in (_FIRST_TRIES, 0):
        rows, has_more = tx.ready.ready(wanted, sort="hybrid", limit=limit)
        for row in rows:
            try:
                return take(tx, tx.issues.require(row.issue.id), request.lease_s)
            except ClaimLost:
                # It is assigned to another: a wish that `ready` shows and a claim respects.
                continue
        if not has_more:
            break
    return Claimed()


class Released(Response):
    """The issue, open and nobody's."""

    issue: Issue


class ReleaseIssue(Request[Released], frozen=True):
    """Give an issue back: it is open again and nobody's."""

    issue: IssueName
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Also if another holds it.")] = False


@operation(
    "issue.release",
    kind="write",
    raises=(UnknownIssue, ClaimStale, ClaimLost, InvalidTransition),
    example={"issue": "px-a3f"},
)
def release_issue(request: ReleaseIssue, tx: Transaction) -> Released:
    """Give an issue back."""
    entry = tx.issues.require(request.issue)
    claim = tx.claims.of(entry.n)
    is_lost = take_note(tx, entry, request.claim_epoch)
    if is_lost and (entry.is_done or entry.record.text("assignee") != tx.holder.actor):
        return Released(issue=shown(entry))
    if not request.force:
        claim = fence(tx, entry, request.claim_epoch)
        if claim is not None and claim.is_held and not claim.is_by(tx.holder):
            raise ClaimLost(
                f"The issue {entry.id} is held by {named_holder(claim, tx)}",
                hint="Only its holder gives it back; --force overrides that.",
                id=entry.id,
                holder=claim.actor,
            )
    fields = moved(entry.record, "open", is_reopening=entry.is_done)
    fields["assignee"] = None
    end_claim(tx, entry)
    return Released(issue=shown(tx.issues.write(entry, updated(tx, entry.record, fields))))


def end_claim(tx: Transaction, entry: Entry) -> None:
    """Let nobody hold an issue; another than the caller is fenced off."""
    claim = tx.claims.of(entry.n)
    if claim is None or not claim.is_held:
        return
    if claim.is_by(tx.holder):
        tx.claims.end(entry.n)
    else:
        tx.claims.raise_epoch(entry.n)


class Heartbeat(Request[Claimed], frozen=True):
    """Renew the caller's claim of an issue."""

    issue: IssueName
    claim_epoch: Epoch = None
    lease_s: LeaseSeconds = None


@operation(
    "issue.heartbeat",
    kind="write",
    raises=(UnknownIssue, ClaimStale, ClaimLost),
    example={"issue": "px-a3f"},
)
def heartbeat(request: Heartbeat, tx: Transaction) -> Claimed:
    """Renew a claim."""
    entry = tx.issues.require(request.issue)
    claim = fence(tx, entry, request.claim_epoch)
    if claim is None or not claim.is_by(tx.holder):
        raise ClaimLost(f"You don't hold {entry.id}", hint="Claim it first.", id=entry.id)
    lease_us = None if request.lease_s is None else int(request.lease_s * 1_000_000)
    claim = tx.claims.renew(entry.n, lease_us)
    return Claimed(
        issue=shown(entry),
        claim_epoch=claim.claim_epoch,
        expires_us=claim.expires_us,
        already=True,
    )
