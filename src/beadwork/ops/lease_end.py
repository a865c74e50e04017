"""Leases: letting them run on, giving them back, breaking them."""

import contextlib
import shlex
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple, NoReturn

from msgspec import Meta

from beadwork.model import globs, limits
from beadwork.model.errors import (
    InvalidField,
    InvalidPath,
    LeaseHeld,
    LeaseStale,
    MailboxFull,
    UnknownLease,
)
from beadwork.model.issue import require_text
from beadwork.model.lease import LIVE, Lease, normal_names, normal_patterns
from beadwork.ops.lease import (
    LeaseEpoch,
    Leases,
    LeaseSeconds,
    Names,
    Numbers,
    Patterns,
    length_us_of,
    shown_lease,
)
from beadwork.ops.lease_line import end
from beadwork.ops.message import Posted, SendMessage, post
from beadwork.ops.operation import Request, operation
from beadwork.ops.transaction import Transaction

_SAID_CHARS_MAX = 2000
_SHOWN_MAX = 3
_LOST_MAX = 200
"""So many of somebody's latest leases are looked at for what they lost."""


class _Choice(NamedTuple):
    """Which leases are meant: by their numbers, by what they are of."""

    leases: Sequence[int]
    patterns: Sequence[str]
    names: Sequence[str]
    lease_epoch: int | None


def _picked(tx: Transaction, choice: _Choice, *, is_exact: bool = False) -> list[Lease]:
    """Return the caller's leases that are meant; of what is named and no more with `is_exact`."""
    epoch = choice.lease_epoch
    if epoch is not None and len(choice.leases) + len(choice.patterns) + len(choice.names) != 1:
        raise InvalidField(
            "A lease_epoch is that of one lease", hint="Name one lease.", field="lease_epoch"
        )
    found = {number: _numbered(tx, number) for number in choice.leases}
    wishes = [(each, _things([each], ())) for each in choice.patterns]
    wishes += [(each, _things((), [each])) for each in choice.names]
    mine = _mine(tx) if wishes else []
    every = frozenset[_Thing]().union(*(things for _, things in wishes))
    for said, things in wishes:
        named = [each for each in mine if things <= _things_of(each)]
        if not named:
            _refuse_absent(tx, said, things, epoch)
        if is_exact:
            named = [each for each in named if _things_of(each) <= every] or _refuse_more(
                named[0], every
            )
        found.update({each.number: each for each in named})
    for lease in found.values():
        _require_fresh(lease, epoch)
    return list(found.values())


_Thing = tuple[str, str]
"""A path or a name: which of the two, and its text, `src` for `src/**`."""


def _things(patterns: Iterable[str], names: Iterable[str]) -> frozenset[_Thing]:
    return _told_apart(normal_patterns(patterns), normal_names(names))


def _things_of(lease: Lease) -> frozenset[_Thing]:
    return _told_apart(lease.patterns, lease.names)


def _told_apart(patterns: Iterable[str], names: Iterable[str]) -> frozenset[_Thing]:
    paths = (("path", globs.brief(each)) for each in patterns)
    return frozenset((*paths, *(("name", each) for each in names)))


def _refuse_absent(
    tx: Transaction, said: str, things: frozenset[_Thing], epoch: int | None
) -> NoReturn:
    """Say that the caller has no lease of something: what became of it, or what is like it."""
    lost = next((each for each in _lost(tx) if things <= _things_of(each)), None)
    if lost is not None and epoch in (None, lost.lease_epoch):
        _require_live(tx, lost)
    if epoch is not None:
        raise LeaseStale(f"Your lease of {said} has ended", yours=epoch)
    wide = next((each for each in _mine(tx) if _covers(tx, each, things)), None)
    hint = "" if wide is None else f"Name lease {wide.number} of {_shown(wide.resources)}."
    raise UnknownLease(f"You hold no lease of {said}", hint=hint or None, resource=said)


def _covers(tx: Transaction, lease: Lease, things: frozenset[_Thing]) -> bool:
    return any(
        kind == "path" and globs.overlaps(text, each, is_case_blind=tx.is_case_blind)
        for kind, text in things
        for each in lease.patterns
    )


def _refuse_more(lease: Lease, named: frozenset[_Thing]) -> NoReturn:
    paths = [each for each in lease.patterns if ("path", globs.brief(each)) not in named]
    more = _shown([*paths, *(each for each in lease.names if ("name", each) not in named)])
    raise InvalidField(
        f"Lease {lease.number} also covers {more}",
        hint=f"To give all of it back: `bd lease release {lease.number}`.",
        field="leases",
        lease=lease.number,
    )


def _shown(things: Sequence[str]) -> str:
    shown = ", ".join(map(globs.unquoted, things[:_SHOWN_MAX]))
    return f"{shown}, …" if len(things) > _SHOWN_MAX else shown


def _lost(tx: Transaction) -> list[Lease]:
    """Return the caller's leases that ended without its doing within a day, the latest first."""
    since_us = tx.now_us - limits.LEASE_TOLD_US
    found = [
        each
        for each in tx.leases.latest(actor=tx.holder.actor, limit=_LOST_MAX)
        if each.holder.is_same(tx.holder) and _is_lost(each, tx.now_us)
    ]
    recent = [each for each in found if _ended_us(each) > since_us]
    return sorted(recent, key=_ended_us, reverse=True)


def _is_lost(lease: Lease, now_us: int) -> bool:
    is_over = lease.state == "held" and not lease.is_live(now_us)
    return is_over or lease.state in ("broken", "expired")


def _ended_us(lease: Lease) -> int:
    return lease.ended_us or lease.expires_us or lease.asked_us


def _numbered(tx: Transaction, number: int) -> Lease:
    lease = tx.leases.find(number)
    if lease is None:
        raise UnknownLease(f"There is no lease {number}", lease=number)
    if not lease.holder.is_same(tx.holder):
        is_own = lease.actor == tx.holder.actor
        where = f", of the session {lease.session}" if is_own else ""
        raise LeaseHeld(
            f"Lease {number} is {lease.actor}'s{where}",
            hint=f"Ask: `bd msg send --to {shlex.quote(lease.actor)} …`. A person may break it: "
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
    if not lease.is_live(tx.now_us):
        raise _stale(lease, f"Your {_fate(lease)}")


def _fate(lease: Lease) -> str:
    """Say what became of a lease."""
    state = "expired" if lease.state in LIVE else lease.state
    by = f" by {lease.ended_by}" if state == "broken" else ""
    why = f": {lease.why}" if lease.why else ""
    return f"lease {lease.number} of {_shown(lease.resources)} has ended: {state}{by}{why}"


def _stale(lease: Lease, message: str) -> LeaseStale:
    return LeaseStale(
        message,
        lease=lease.number,
        lease_epoch=lease.lease_epoch,
        state="expired" if lease.state in LIVE else lease.state,
        ended_by=lease.ended_by,
        why=lease.why,
    )


def _refuse_none(tx: Transaction) -> NoReturn:
    """Say that there is nothing to renew, and what the caller lost, if it did not give it back."""
    lost = _lost(tx)[:_SHOWN_MAX]
    if not lost:
        raise UnknownLease("You hold no lease", hint="See `bd lease list`.")
    raise _stale(lost[0], "You hold no lease: your " + "; your ".join(map(_fate, lost)))


class RenewLeases(Request[Leases], frozen=True):
    """Let leases run on from now: those that are named, or all that the caller holds.

    Where it holds none, it is told which ones it lost within a day.
    """

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
    if not found:
        _refuse_none(tx)
    for lease in found:
        _require_live(tx, lease)
    held = [each for each in found if each.state == "held"]
    return Leases(leases=[shown_lease(_renewed(tx, each, request.ttl_s)) for each in held])


def _mine(tx: Transaction) -> list[Lease]:
    return [
        each for each in tx.leases.live(actor=tx.holder.actor) if each.holder.is_same(tx.holder)
    ]


def _renewed(tx: Transaction, lease: Lease, ttl_s: float | None) -> Lease:
    length_us = lease.length_us if ttl_s is None else length_us_of(ttl_s)
    ends_us = None if length_us is None else tx.now_us + length_us
    return tx.leases.renew(lease, ends_us, length_us)


class ReleaseLeases(Request[Leases], frozen=True):
    """Give leases back, or leave the line: those that are named, or all of the caller's.

    A lease goes as a whole: by patterns and names only where all of its own are among them.
    """

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
        raise InvalidField(
            "No lease was named",
            hint="Name some, or `bd lease release --all`.",
            field="leases",
        )
    found = _mine(tx) if request.all else _picked(tx, choice, is_exact=True)
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

    reason: Annotated[str, Meta(description="Why; its holder reads it.")]
    lease: Annotated[
        int | None, Meta(description="Its number; without one, what it is of names it.")
    ] = None
    patterns: Patterns = []
    names: Names = []


@operation(
    "lease.break",
    kind="write",
    raises=(InvalidField, InvalidPath, UnknownLease, LeaseStale),
    example={"lease": 3, "reason": "Its worker is gone"},
)
def break_lease(request: BreakLease, tx: Transaction) -> Leases:
    """End another's lease."""
    reason = require_text(request.reason.strip(), "reason")
    if not reason:
        raise InvalidField(
            "A lease is not broken without a reason", hint="Say why.", field="reason"
        )
    lease = _to_break(request, tx)
    if not lease.is_live(tx.now_us):
        state = "expired" if lease.state in LIVE else lease.state
        raise LeaseStale(
            f"Lease {lease.number} has ended already: {state}", hint="", lease=lease.number
        )
    broken = end(tx, lease, "broken", reason)
    _tell_holder(tx, broken)
    return Leases(leases=[shown_lease(broken)])


def _to_break(request: BreakLease, tx: Transaction) -> Lease:
    """Return the lease that is named: by its number, or as the only live one of something."""
    things = _things(request.patterns, request.names)
    if (request.lease is None) != bool(things):
        raise InvalidField(
            "One lease is broken at a time",
            hint="Give its number, or what it is of.",
            field="lease",
        )
    if request.lease is not None:
        lease = tx.leases.find(request.lease)
        if lease is None:
            raise UnknownLease(f"There is no lease {request.lease}", lease=request.lease)
        return lease
    said = _shown([*request.patterns, *request.names])
    found = [each for each in tx.leases.live() if things <= _things_of(each)]
    found = [each for each in found if each.state == "held"] or found
    if not found:
        raise UnknownLease(f"There is no lease of {said}", resource=said)
    if len(found) > 1:
        numbers = ", ".join(str(each.number) for each in found)
        raise InvalidField(
            f"There are several leases of {said}: {numbers}",
            hint=f"Give a number: `bd lease break {found[0].number} --reason …`.",
            field="lease",
        )
    return found[0]


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
