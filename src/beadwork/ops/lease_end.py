"""Leases: letting them run on, giving them back, breaking them."""

import contextlib
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from beadwork.model.errors import (
    InvalidField,
    InvalidPath,
    LeaseHeld,
    LeaseStale,
    MailboxFull,
    UnknownLease,
)
from beadwork.model.issue import require_text
from beadwork.model.lease import LIVE, Lease, normal_patterns
from beadwork.ops.lease import (
    LeaseEpoch,
    Leases,
    LeaseSeconds,
    Names,
    Numbers,
    Patterns,
    shown_lease,
)
from beadwork.ops.lease_line import end
from beadwork.ops.message import Posted, SendMessage, post
from beadwork.ops.operation import Request, operation
from beadwork.ops.transaction import Transaction

_SAID_CHARS_MAX = 2000


class _Choice(NamedTuple):
    """Which leases are meant: by their numbers, by what they are of."""

    leases: Sequence[int]
    patterns: Sequence[str]
    names: Sequence[str]
    lease_epoch: int | None


def _picked(tx: Transaction, choice: _Choice) -> list[Lease]:
    """Return the caller's leases that are meant."""
    epoch = choice.lease_epoch
    if epoch is not None and len(choice.leases) + len(choice.patterns) + len(choice.names) != 1:
        raise InvalidField(
            "A lease_epoch is that of one lease", hint="Name one lease.", field="lease_epoch"
        )
    found = {number: _numbered(tx, number) for number in choice.leases}
    wishes = [(each, set(normal_patterns([each])), set[str]()) for each in choice.patterns]
    wishes += [(each, set[str](), {each}) for each in choice.names]
    mine = _mine(tx) if wishes else []
    for said, patterns, names in wishes:
        named = [e for e in mine if patterns <= set(e.patterns) and names <= set(e.names)]
        if not named and epoch is not None:
            raise LeaseStale(f"Your lease of {said} has ended", yours=epoch)
        if not named:
            raise UnknownLease(f"You hold no lease of {said}", resource=said)
        found.update({each.number: each for each in named})
    for lease in found.values():
        _require_fresh(lease, epoch)
    return list(found.values())


def _numbered(tx: Transaction, number: int) -> Lease:
    lease = tx.leases.find(number)
    if lease is None:
        raise UnknownLease(f"There is no lease {number}", lease=number)
    if not lease.holder.is_same(tx.holder):
        raise LeaseHeld(
            f"Lease {number} is {lease.actor}'s",
            hint=f"Ask: `bd msg send --to {lease.actor} …`. A person may break it: "
            f"`bd lease break {number} --reason …`.",
            holder=lease.actor,
            lease=number,
        )
    return lease


def _require_fresh(lease: Lease, lease_epoch: int | None) -> None:
    if lease_epoch is not None and lease_epoch != lease.lease_epoch:
        raise LeaseStale(
            f"The epoch {lease_epoch} of lease {lease.number} is stale",
            lease=lease.number,
            lease_epoch=lease.lease_epoch,
            yours=lease_epoch,
        )


def _require_live(tx: Transaction, lease: Lease) -> None:
    if lease.is_live(tx.now_us):
        return
    state = "expired" if lease.state in LIVE else lease.state
    by = f" by {lease.ended_by}" if state == "broken" else ""
    why = f": {lease.why}" if lease.why else ""
    raise LeaseStale(
        f"Your lease {lease.number} has ended: {state}{by}{why}",
        lease=lease.number,
        lease_epoch=lease.lease_epoch,
        state=state,
        ended_by=lease.ended_by,
        why=lease.why,
    )


class RenewLeases(Request[Leases], frozen=True):
    """Let leases run on from now: those that are named, or all that the caller holds."""

    leases: Numbers = []
    patterns: Patterns = []
    names: Names = []
    lease_epoch: LeaseEpoch = None
    ttl_s: LeaseSeconds = None


@operation(
    "lease.renew",
    kind="write",
    raises=(InvalidField, InvalidPath, UnknownLease, LeaseHeld, LeaseStale),
    example={"leases": [3], "ttl_s": 1800},
)
def renew_leases(request: RenewLeases, tx: Transaction) -> Leases:
    """Let leases run on."""
    choice = _Choice(request.leases, request.patterns, request.names, request.lease_epoch)
    found = _picked(tx, choice) if any(choice) else _mine(tx)
    for lease in found:
        _require_live(tx, lease)
    held = [each for each in found if each.state == "held"]
    return Leases(leases=[shown_lease(_renewed(tx, each, request.ttl_s)) for each in held])


def _mine(tx: Transaction) -> list[Lease]:
    return [
        each for each in tx.leases.live(actor=tx.holder.actor) if each.holder.is_same(tx.holder)
    ]


def _renewed(tx: Transaction, lease: Lease, ttl_s: float | None) -> Lease:
    length_us = lease.length_us if ttl_s is None else int(ttl_s * 1_000_000)
    ends_us = None if length_us is None else tx.now_us + length_us
    return tx.leases.renew(lease, ends_us, length_us)


class ReleaseLeases(Request[Leases], frozen=True):
    """Give leases back, or leave the line: those that are named, or all of the caller's."""

    leases: Numbers = []
    patterns: Patterns = []
    names: Names = []
    all: Annotated[bool, Meta(description="All that the caller holds and waits for.")] = False
    lease_epoch: LeaseEpoch = None


@operation(
    "lease.release",
    kind="write",
    raises=(InvalidField, InvalidPath, UnknownLease, LeaseHeld, LeaseStale),
    example={"patterns": ["src/parser/**"]},
)
def release_leases(request: ReleaseLeases, tx: Transaction) -> Leases:
    """Give leases back."""
    choice = _Choice(request.leases, request.patterns, request.names, request.lease_epoch)
    if not (request.all or any(choice)):
        raise InvalidField("No lease was named", hint="Name some, or all.", field="leases")
    found = _mine(tx) if request.all else _picked(tx, choice)
    return Leases(leases=[shown_lease(_released(tx, each)) for each in found])


def _released(tx: Transaction, lease: Lease) -> Lease:
    if lease.state in ("released", "withdrawn"):
        return lease
    if lease.state == "waiting":
        return end(tx, lease, "withdrawn", "Its holder left the line")
    _require_live(tx, lease)
    return end(tx, lease, "released")


class BreakLease(Request[Leases], frozen=True):
    """End another's lease. It stays on record who did so and why, and its holder is told."""

    lease: Annotated[int, Meta(description="Its number.")]
    reason: Annotated[str, Meta(description="Why; its holder reads it.")]


@operation(
    "lease.break",
    kind="write",
    raises=(InvalidField, UnknownLease, LeaseStale),
    example={"lease": 3, "reason": "Its worker is gone"},
)
def break_lease(request: BreakLease, tx: Transaction) -> Leases:
    """End another's lease."""
    reason = require_text(request.reason.strip(), "reason")
    if not reason:
        raise InvalidField(
            "A lease is not broken without a reason", hint="Say why.", field="reason"
        )
    lease = tx.leases.find(request.lease)
    if lease is None:
        raise UnknownLease(f"There is no lease {request.lease}", lease=request.lease)
    if not lease.is_live(tx.now_us):
        state = "expired" if lease.state in LIVE else lease.state
        raise LeaseStale(
            f"Lease {lease.number} has ended already: {state}", hint="", lease=lease.number
        )
    broken = end(tx, lease, "broken", reason)
    _tell_holder(tx, broken)
    return Leases(leases=[shown_lease(broken)])


def _tell_holder(tx: Transaction, broken: Lease) -> None:
    """Send a holder the news that the lease is broken; a full mailbox does not keep it standing."""
    if broken.actor == tx.holder.actor:
        return
    what = ", ".join(broken.resources)
    said = f"{tx.holder.actor} has broken your lease {broken.number} of {what}: {broken.why}"
    alert = SendMessage(
        to=[f"agent:{broken.actor}"],
        type="alert",
        priority="high",
        payload={"text": said[:_SAID_CHARS_MAX], "lease": broken.number},
    )
    with contextlib.suppress(MailboxFull):
        post(tx, alert, Posted())
