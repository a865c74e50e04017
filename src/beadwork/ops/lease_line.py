"""The line of those who wait for leases: what stands before whom, and who comes next.

First come, first served: nobody is granted what an earlier wish in line overlaps with, but where
both are shared. One exception: a wish that waits for somebody's own lease does not hold that
somebody up, or each would wait for the other.
"""

from beadwork.model.lease import Lease, State
from beadwork.ops.transaction import Transaction

_UNSEEN = "Its session was not seen for a day"


def standing_before(tx: Transaction, wanted: Lease) -> list[Lease]:
    """Return what keeps a lease from being granted: held by others first, then what is ahead."""
    others = [each for each in tx.leases.overlapping(wanted) if each.excludes(wanted)]
    held = [each for each in others if each.state == "held"]
    ahead = [
        each
        for each in others
        if each.state == "waiting"
        and (not wanted.number or each.number < wanted.number)
        and not _waits_for(tx, each, wanted)
    ]
    return held + ahead


def _waits_for(tx: Transaction, ahead: Lease, wanted: Lease) -> bool:
    """Tell whether one ahead in line waits for what the other's holder has."""
    return any(
        each.state == "held" and each.holder.is_same(wanted.holder) and each.excludes(ahead)
        for each in tx.leases.overlapping(ahead)
    )


def end(tx: Transaction, lease: Lease, state: State, why: str = "") -> Lease:
    """End a lease, or take a wish out of the line, and let those in line have what is free now."""
    ended = tx.leases.end(lease, state, why)
    waiting = {each.number: each for each in tx.leases.overlapping(ended) if _waits(each)}
    while waiting:
        wish = waiting.pop(min(waiting))
        if not standing_before(tx, wish):
            granted = tx.leases.grant(wish)
            # Those who wait for this one from now on hold its holder up no more.
            later = (each for each in tx.leases.waiting(wish.actor) if each.number > wish.number)
            waiting |= {each.number: each for each in later if each.holder.is_same(granted.holder)}
    return ended


def _waits(lease: Lease) -> bool:
    return lease.state == "waiting"


def end_session(tx: Transaction, session: str) -> list[Lease]:
    """End what a session holds and waits for: with the session, its leases end."""
    return [
        end(tx, each, "released" if each.state == "held" else "withdrawn", "Its session ended")
        for each in tx.leases.of_session(session)
    ]


def end_own(tx: Transaction) -> list[Lease]:
    """End what the caller holds and waits for in its session, or outside of any."""
    actor, session = tx.holder
    mine = [each for each in tx.leases.live(actor=actor) if each.session == session]
    return [
        end(tx, each, "released" if each.state == "held" else "withdrawn", "Its holder left")
        for each in mine
    ]


def end_over(tx: Transaction) -> None:
    """End what time alone has ended."""
    for lease in tx.leases.over():
        if lease.state == "waiting":
            end(tx, lease, "withdrawn", "Nobody asked for it any more")
        elif lease.waits_until_us is not None and lease.waits_until_us <= tx.now_us:
            end(tx, lease, "withdrawn", "Nobody came for it")
        else:
            end(tx, lease, "expired", "" if lease.expires_us else _UNSEEN)
