"""Leases: taking paths and names, standing in line for them, giving them back (R19, R20)."""

import shlex
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from beadwork.model import globs, limits
from beadwork.model.claim import ITSELF, Holder
from beadwork.model.errors import InvalidField, InvalidPath, LeaseHeld
from beadwork.model.instants import format_us
from beadwork.model.issue import require_text
from beadwork.model.lease import (
    Cover,
    Lease,
    normal_names,
    normal_patterns,
    require_resources,
)
from beadwork.model.overriding import override
from beadwork.ops.lease_line import end, standing_before
from beadwork.ops.operation import Expected, Request, Response, Unrecorded, operation
from beadwork.ops.transaction import Transaction

Numbers = Annotated[list[int], Meta(description="Numbers of leases.")]
Patterns = Annotated[
    list[str],
    Meta(description="Globs of paths relative to the root: `*`, `?`, `[a-z]`, `**`, `{a,b}`."),
]
Names = Annotated[list[str], Meta(description="Names of anything else, compared as they are.")]
LeaseEpoch = Annotated[
    int | None, Meta(description="The lease_epoch that was granted; another one is stale.")
]
LeaseSeconds = Annotated[
    Annotated[float, Meta(gt=0, le=limits.LEASE_S_MAX)] | None,
    Meta(description="How long it holds unless renewed, in seconds; 30 days at most."),
]


class ShownLease(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A lease. `expires_at` is absent where it holds until its session ends."""

    lease: int
    actor: str
    session: str = ""
    state: str
    exclusive: bool
    patterns: list[str] = []
    names: list[str] = []
    reason: str = ""
    lease_epoch: int = 0
    asked_at: str
    granted_at: str = ""
    expires_at: str = ""
    ended_at: str = ""
    ended_by: str = ""
    why: str = ""


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A lease that keeps another from being granted. `resources`: what the two have in common."""

    lease: int
    holder: str
    session: str = ""
    state: str
    exclusive: bool
    resources: list[str]
    reason: str = ""
    since: str
    until: str = ""


def shown_lease(lease: Lease) -> ShownLease:
    """Show a lease."""
    return ShownLease(
        lease=lease.number,
        actor=lease.actor,
        session=lease.session,
        state=lease.state,
        exclusive=lease.is_exclusive,
        patterns=list(lease.patterns),
        names=list(lease.names),
        reason=lease.reason,
        lease_epoch=lease.lease_epoch,
        asked_at=format_us(lease.asked_us),
        granted_at=_time(lease.granted_us),
        expires_at=_time(lease.expires_us),
        ended_at=_time(lease.ended_us),
        ended_by=lease.ended_by,
        why=lease.why,
    )


def _time(instant_us: int | None) -> str:
    return "" if instant_us is None else format_us(instant_us)


class Leases(Unrecorded):
    """Leases, in the order asked for."""

    leases: list[ShownLease]


# -- acquiring


class Acquired(Expected, kw_only=True):
    """The lease, held or waiting. `already`: the caller held it before; it was renewed.

    While it is waiting, `held_by` tells what stands before it, the first twenty.
    """

    lease: ShownLease
    already: bool = False
    held_by: list[Standing] = []


class AcquireLease(Request[Acquired], frozen=True):
    """Take a lease of paths and names, exclusive or shared.

    All of it is granted, or nothing. A repeat by its holder answers `already`, and renews it.
    With `wait_s` whoever asks stands in line: first come, first served. A lease holds for its
    time, or with `until_session_ends` as long as the session of its holder.
    """

    circumstances: ClassVar[tuple[str, ...]] = ("wait_s",)

    patterns: Patterns = []
    names: Names = []
    shared: Annotated[bool, Meta(description="Others may share it; nobody may exclude it.")] = False
    ttl_s: LeaseSeconds = None
    until_session_ends: Annotated[
        bool, Meta(description="It holds as long as the session of its holder, whatever the time.")
    ] = False
    reason: Annotated[str, Meta(description="What for; shown to those who meet it.")] = ""
    wait_s: Annotated[
        Annotated[float, Meta(ge=0, le=limits.LEASE_WAIT_S_MAX)] | None,
        Meta(description="How long to stand in line, in seconds."),
    ] = None

    @override
    def leaving(self, answer: Response | None = None) -> list[Request[Any]]:
        """Leave the line, and give back what was granted and nobody heard of."""
        granted = answer if isinstance(answer, Acquired) and not answer.is_pending else None
        if granted is not None and granted.already:
            return []
        return [
            WithdrawLease(
                patterns=self.patterns,
                names=self.names,
                shared=self.shared,
                granted=granted is not None,
            )
        ]


@operation(
    "lease.acquire",
    kind="write",
    raises=(InvalidField, InvalidPath, LeaseHeld),
    example={"patterns": ["src/parser/**"], "ttl_s": 1800, "reason": "Rewriting the parser"},
)
def acquire_lease(request: AcquireLease, tx: Transaction) -> Acquired:
    """Take a lease."""
    wanted = _wanted(request, tx)
    mine = tx.leases.same(wanted)
    if mine is not None and mine.state == "held":
        return _repeated(tx, mine, wanted)
    if mine is not None:
        wanted = msgspec.structs.replace(
            mine, length_us=wanted.length_us, reason=wanted.reason or mine.reason
        )
    before = standing_before(tx, wanted)
    if not before:
        # Whoever asks is here: it need not be kept for them.
        granted = tx.leases.grant(wanted)
        lease = tx.leases.renew(granted, granted.expires_us, granted.length_us)
        return Acquired(lease=shown_lease(lease))
    standing = [_standing(tx, each, wanted) for each in before[: limits.LEASES_STANDING_MAX]]
    if not request.wait_s:
        raise held_error(wanted.resources, standing, holder=tx.holder)
    patience_us = min(
        limits.LEASE_UNASKED_US, int((request.wait_s + limits.LEASE_LATE_S) * 1_000_000)
    )
    lease = tx.leases.stand(wanted, tx.now_us + patience_us)
    return Acquired(
        lease=shown_lease(lease),
        held_by=standing,
        wake_on=[f"lease:{lease.number}"],
        wake_us=tx.now_us + limits.LEASE_ASKED_US,
    )


def _wanted(request: AcquireLease, tx: Transaction) -> Lease:
    patterns, names = normal_patterns(request.patterns), normal_names(request.names)
    require_resources(patterns, names)
    if request.until_session_ends and request.ttl_s is not None:
        raise InvalidField(
            "A lease until its session ends has no length",
            hint="Give one of the two.",
            field="ttl_s",
        )
    if request.until_session_ends and not tx.holder.session:
        raise InvalidField(
            "There is no session that the lease could end with",
            hint="Set BD_SESSION, or give a length: `--ttl 30m`.",
            field="until_session_ends",
        )
    length_us = length_us_of(limits.LEASE_S_DEFAULT if request.ttl_s is None else request.ttl_s)
    return Lease(
        number=0,
        actor=tx.holder.actor,
        session=tx.holder.session,
        is_exclusive=not request.shared,
        patterns=patterns,
        names=names,
        reason=require_text(request.reason, "reason"),
        asked_us=tx.now_us,
        length_us=None if request.until_session_ends else length_us,
    )


def length_us_of(ttl_s: float) -> int:
    """Return the length of a lease.

    Raises:
        InvalidField: it is too long.
    """
    if ttl_s > limits.LEASE_TTL_S_MAX:
        most = int(limits.LEASE_TTL_S_MAX // 86400)
        raise InvalidField(
            f"A lease of more than {most} days is too long",
            hint=f"Take it for `--ttl {most}d` or less, and renew it.",
            field="ttl_s",
        )
    return int(ttl_s * 1_000_000)


def _repeated(tx: Transaction, mine: Lease, wanted: Lease) -> Acquired:
    """Answer whoever holds just this already, or was granted it from the line meanwhile."""
    is_new = mine.waits_until_us is not None
    ends_us = None if wanted.length_us is None else tx.now_us + wanted.length_us
    if ends_us is not None and mine.expires_us is not None:
        ends_us = max(ends_us, mine.expires_us)
    lease = tx.leases.renew(mine, ends_us, wanted.length_us)
    return Acquired(lease=shown_lease(lease), already=not is_new)


def _standing(tx: Transaction, other: Lease, wanted: Lease) -> Standing:
    return Standing(
        lease=other.number,
        holder=other.actor,
        session=other.session,
        state=other.state,
        exclusive=other.is_exclusive,
        resources=other.shared_with(wanted, is_case_blind=tx.is_case_blind),
        reason=other.reason,
        since=_time(other.granted_us or other.asked_us),
        until=_time(other.expires_us),
    )


def held_error(
    resources: Sequence[str],
    standing: Sequence[Standing],
    *,
    holder: Holder = ITSELF,
    waited: str = "",
) -> LeaseHeld:
    """Return the error for what others hold, or wait for in line before the caller.

    `waited`: for how long that was waited for.
    """
    first = standing[0]
    shown = list(map(globs.unquoted, first.resources))
    what = ", ".join(shown[:3]) + (", …" if len(shown) > 3 else "")
    doing = "holds" if first.state == "held" else "waits for"
    until = f" until {first.until[:19]}Z" if first.until else ""
    why = f": {first.reason}" if first.reason else ""
    is_own = bool(first.session) and first.holder == holder.actor
    who = f"{first.holder}, in session {first.session}," if is_own else first.holder
    to = f"attempt:{first.session}" if is_own else first.holder
    after = f"Waited {waited} in vain: " if waited else ""
    wait = "Wait for longer" if waited else "Stand in line"
    return LeaseHeld(
        f"{after}{who} {doing} {what} (lease {first.lease}{until}){why}",
        hint=f'{wait}: `--wait 10m`. Or ask: `bd msg send --to {shlex.quote(to)} "When will you be done?"`.',
        holder=first.holder,
        lease=first.lease,
        wanted=list(resources),
        resources=first.resources,
        until=first.until,
        reason=first.reason,
        held_by=[msgspec.to_builtins(each) for each in standing],
    )


class WithdrawLease(Request[Leases], frozen=True):
    """Leave the line: for just these patterns and names.

    What was granted meanwhile, and the caller was not told of, is given back.
    """

    patterns: Patterns = []
    names: Names = []
    shared: Annotated[bool, Meta(description="Whether a shared lease was asked for.")] = False
    granted: Annotated[
        bool, Meta(description="Also what was granted, and the caller was told of in vain.")
    ] = False


@operation(
    "lease.withdraw",
    kind="write",
    raises=(InvalidField, InvalidPath),
    example={"patterns": ["src/parser/**"]},
)
def withdraw_lease(request: WithdrawLease, tx: Transaction) -> Leases:
    """Leave the line."""
    wanted = Lease(
        number=0,
        actor=tx.holder.actor,
        session=tx.holder.session,
        is_exclusive=not request.shared,
        patterns=normal_patterns(request.patterns),
        names=normal_names(request.names),
    )
    mine = tx.leases.same(wanted)
    is_told = mine is not None and mine.state == "held" and mine.waits_until_us is None
    if mine is None or (is_told and not request.granted):
        return Leases(leases=[])
    return Leases(leases=[shown_lease(end(tx, mine, "withdrawn", "Its holder left the line"))])


# -- looking


class ListLeases(Request[Leases], frozen=True):
    """List leases: those that are held and waited for, in the order they were asked for."""

    mine: Annotated[bool, Meta(description="Only the caller's.")] = False
    holder: Annotated[str, Meta(description="Only this actor's.")] = ""
    path: Annotated[str, Meta(description="Only those that cover this path.")] = ""
    all: Annotated[bool, Meta(description="Also those that have ended, latest first.")] = False
    limit: Annotated[int, Meta(ge=0, le=100_000, description="At most so many; 0: all.")] = 0


@operation(
    "lease.list", kind="read", raises=(InvalidPath,), example={"path": "src/parser/lexer.py"}
)
def list_leases(request: ListLeases, tx: Transaction) -> Leases:
    """List leases."""
    actor = tx.holder.actor if request.mine else request.holder or None
    if request.all:
        found = tx.leases.latest(actor=actor, limit=limits.LEASES_LISTED_MAX)
    else:
        found = tx.leases.live(actor=actor)
    if request.mine:
        found = [each for each in found if each.holder.is_same(tx.holder)]
    if request.path:
        cover = Cover(found, is_case_blind=tx.is_case_blind)
        found = [lease for lease, _ in cover.of(globs.require_path(request.path))]
    return Leases(leases=[shown_lease(each) for each in found[: request.limit or None]])


class Covered(msgspec.Struct, kw_only=True):
    """A path, and the lease of another that covers it, by which of its patterns."""

    path: str
    pattern: str
    lease: ShownLease


class Coverage(Response):
    """What others' leases cover of the paths."""

    covered: list[Covered]


class CheckLeases(Request[Coverage], frozen=True):
    """Tell which paths the caller had better not write: a lease of another covers them."""

    paths: Annotated[list[str], Meta(description="Paths relative to the root.")]
    only_exclusive: Annotated[bool, Meta(description="Leave out shared ones.")] = False


@operation(
    "lease.check", kind="read", raises=(InvalidPath,), example={"paths": ["src/parser/lexer.py"]}
)
def check_leases(request: CheckLeases, tx: Transaction) -> Coverage:
    """Tell which paths leases of others cover."""
    others = [
        each
        for each in tx.leases.live()
        if each.state == "held"
        and not each.holder.is_same(tx.holder)
        and (each.is_exclusive or not request.only_exclusive)
    ]
    cover = Cover(others, is_case_blind=tx.is_case_blind)
    return Coverage(
        covered=[
            Covered(path=path, pattern=pattern, lease=shown_lease(lease))
            for path in map(globs.require_path, request.paths)
            for lease, pattern in cover.of(path)
        ]
    )
