"""Sweeps: what time alone changes, each a function of its own, run before writes (R10)."""

from collections.abc import Callable
from typing import NamedTuple

from beadwork.model.transition import moved
from beadwork.ops.claim import updated
from beadwork.store import walks
from beadwork.store.transaction import StoreTransaction


def run_due(transaction: StoreTransaction) -> None:
    """Run every sweep whose outcome a request could miss."""
    for sweep in SWEEPS:
        sweep(transaction)


def tidy(transaction: StoreTransaction) -> bool:
    """Let go of some of what nobody needs any more; tell whether there is more of it."""
    transaction.keys.drop_old()
    return any(_walked_on(transaction, each) for each in WALKS)


def _walked_on(transaction: StoreTransaction, planned: "Planned") -> bool:
    walk = walks.due(transaction, planned.name, planned.period_us)
    if walk is None:
        return False
    planned.step(transaction, walk)
    walks.note(transaction, planned.name, walk)
    return bool(walk.after)


def wake_deferred(transaction: StoreTransaction) -> None:
    """Let deferred issues whose time has come be ready."""
    transaction.sleepers.open(transaction.ready.wake_due())


def expire_claims(transaction: StoreTransaction) -> None:
    """End claims that nobody renewed: the issue is open again, and its holder fenced off."""
    for n in transaction.claims.expired():
        entry = transaction.issues.by_number(n)
        transaction.claims.raise_epoch(n)
        if not entry.is_done:
            fields = moved(entry.record, "open", is_reopening=False)
            fields["assignee"] = None
            transaction.issues.write(entry, updated(transaction, entry.record, fields))


def end_deliveries(transaction: StoreTransaction) -> None:
    """Deliver again what was held and not settled in time; let go what has expired."""
    transaction.deliveries.end_due()


def expire_leases(transaction: StoreTransaction) -> None:
    """End leases whose time is over, and wishes that nobody asks for; those in line come next."""
    if transaction.has_due("leases"):
        # Late import: seldom is there any.
        from beadwork.ops.lease_line import end_over

        end_over(transaction)


SWEEPS = (wake_deferred, expire_claims, end_deliveries, expire_leases)


class Planned(NamedTuple):
    """A walk: the name it is noted under, how often it is begun, a step of it."""

    name: str
    period_us: int
    step: Callable[[StoreTransaction, walks.Walk], None]


WALKS = (
    Planned("message_walk", 600 * 1_000_000, lambda tx, walk: tx.messages.drop_some(walk)),
    Planned("retention", 86_400 * 1_000_000, lambda tx, walk: tx.retention.drop_some(walk)),
)
