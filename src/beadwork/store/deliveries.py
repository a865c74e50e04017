"""Deliveries: each recipient's copy of a message, from waiting to the end (R20).

Every change of a state is logged, keeps count of what is open in a mailbox, and wakes whoever
listens there.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beadwork.model import limits, token
from beadwork.model.message import OPEN, Receipt, backoff_us, delivery_in
from beadwork.model.record import Change
from beadwork.ops.mail import DeliveryRow, MessageRow, Parcel
from beadwork.store.load import with_parts
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_NEWEST = 2**62


def mailbox_name(mailbox: str) -> str:
    """Return the name that is listened for by whoever waits for messages."""
    return f"mail:{mailbox}"


def _by_urgency(row: DeliveryRow) -> tuple[int, int, int]:
    return row.priority, row.seq, row.place


class DeliveryStore:
    """The deliveries of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def add(self, message: MessageRow, place: int, parcel: Parcel) -> DeliveryRow | None:
        """Deliver a message to a mailbox; None if there was no room in it."""
        if not self._grow(parcel.mailbox):
            return None
        row = DeliveryRow(
            message.seq,
            place,
            *parcel[:2],
            sender=message.sender,
            priority=message.priority,
            state="waiting",
            due_us=message.not_before_us or 0,
            expires_us=message.expires_us,
            attempts_max=parcel.attempts_max,
            changed_us=self._tx.now_us,
        )
        self._session.run("delivery.insert", **row._asdict())
        self._tx.notify(mailbox_name(parcel.mailbox))
        return row

    def _grow(self, mailbox: str) -> bool:
        row = self._session.one("delivery.grow", mailbox=mailbox)
        if row is not None and row[0] > limits.MAILBOX_OPEN_MAX:
            self._session.run("delivery.shrink", mailbox=mailbox)
            return False
        return True

    # -- finding

    def at(self, seq: int, place: int) -> DeliveryRow:
        """Return one delivery."""
        row = self._session.one("delivery.of", seq=seq, place=place)
        if row is None:
            raise LookupError((seq, place))
        return DeliveryRow._make(row)

    def of_message(self, seq: int) -> list[DeliveryRow]:
        """Return the deliveries of a message."""
        return [DeliveryRow._make(row) for row in self._session.all("delivery.of_message", seq=seq)]

    def of_receipt(self, receipt: str) -> DeliveryRow | None:
        """Return the delivery that a receipt names, whether or not it still holds."""
        named = delivery_in(receipt)
        if named is None:
            return None
        row = self._session.one("delivery.of", seq=named[0], place=named[1])
        return None if row is None else DeliveryRow._make(row)

    def next(
        self, mailboxes: Sequence[str], *, limit: int, reply_to: int | None = None
    ) -> list[DeliveryRow]:
        """Return what may be handed out now, the most urgent first, then in order.

        A group's messages go to whichever member asks, and don't wait for one another.
        """
        found: list[DeliveryRow] = []
        for mailbox in mailboxes:
            parts = {"any_order" if mailbox.startswith("@") else "ordered"}
            asked: dict[str, object] = {"mailbox": mailbox, "limit": limit}
            if reply_to is not None:
                parts, asked["reply_to"] = {"reply"}, reply_to
            rows = self._session.all(
                with_parts("delivery.next", parts), now_us=self._tx.now_us, **asked
            )
            found += [DeliveryRow._make(row) for row in rows]
        return sorted(found, key=_by_urgency)[:limit]

    def next_due(self, mailboxes: Sequence[str]) -> int | None:
        """Return when time alone brings something that is not there now."""
        found = [
            self._session.one("delivery.next_due", mailbox=each, now_us=self._tx.now_us)
            for each in mailboxes
        ]
        return min((row[0] for row in found if row and row[0] is not None), default=None)

    def held(self, mailboxes: Sequence[str], *, limit: int) -> list[DeliveryRow]:
        """Return what is held of these mailboxes."""
        return self._listed("delivery.held", mailboxes, limit)

    def held_count(self, mailbox: str) -> int:
        """Return how much is held of a mailbox."""
        row = self._session.one("delivery.held_count", mailbox=mailbox)
        return int(row[0]) if row else 0

    def waiting(self, mailboxes: Sequence[str], *, limit: int) -> list[DeliveryRow]:
        """Return what waits in these mailboxes, the most urgent first."""
        found = self._listed("delivery.waiting", mailboxes, limit)
        return sorted(found, key=_by_urgency)[:limit]

    def unseen(
        self, mailboxes: Sequence[str], *, last: int | None, limit: int
    ) -> list[DeliveryRow]:
        """Return what waits in these mailboxes and was never shown, up to a message."""
        more = {"now_us": self._tx.now_us, "last": last or _NEWEST}
        found = self._listed("delivery.unseen", mailboxes, limit, **more)
        return sorted(found, key=_by_urgency)[:limit]

    def unseen_count(self, mailboxes: Sequence[str], *, last: int | None) -> tuple[int, int]:
        """Return how much waits in these mailboxes and was never shown, and the highest number."""
        more = {"now_us": self._tx.now_us, "last": last or _NEWEST}
        rows = [
            self._session.one("delivery.unseen_count", mailbox=each, **more) for each in mailboxes
        ]
        found = [(int(row[0]), int(row[1])) for row in rows if row]
        return sum(count for count, _ in found), max((top for _, top in found), default=0)

    def in_mailboxes(
        self, mailboxes: Sequence[str], *, before: int | None, limit: int
    ) -> list[DeliveryRow]:
        """Return all that came for these mailboxes, the latest first."""
        found = self._listed("delivery.in_mailbox", mailboxes, limit, before=before or _NEWEST)
        return sorted(found, key=lambda each: -each.seq)[:limit]

    def dead(self, *, before: int | None, limit: int) -> list[DeliveryRow]:
        """Return what could not be delivered, the latest first."""
        rows = self._session.all("delivery.dead", before=before or _NEWEST, limit=limit)
        return [DeliveryRow._make(row) for row in rows]

    def _listed(
        self, query: str, mailboxes: Sequence[str], limit: int, **more: object
    ) -> list[DeliveryRow]:
        return [
            DeliveryRow._make(row)
            for mailbox in mailboxes
            for row in self._session.all(query, mailbox=mailbox, limit=limit, **more)
        ]

    def open_count(self, mailbox: str) -> int:
        """Return how many messages wait in a mailbox, or are held of it."""
        row = self._session.one("delivery.open_count", mailbox=mailbox)
        return int(row[0]) if row else 0

    def states(self, seq: int) -> dict[str, int]:
        """Return how many deliveries of a message stand where."""
        return dict(self._session.all("delivery.states", seq=seq))

    # -- changing

    def hold(self, delivery: DeliveryRow, hold_us: int) -> DeliveryRow:
        """Hand a delivery out to the caller for a time, under a new receipt."""
        tx = self._tx
        receipt = Receipt(delivery.seq, delivery.place, delivery.attempts + 1, tx.now_us).text
        self._session.run(
            "delivery.hold",
            seq=delivery.seq,
            place=delivery.place,
            receipt=receipt,
            holder=tx.holder.actor,
            holder_session=tx.holder.session,
            held_until_us=tx.now_us + hold_us,
            now_us=tx.now_us,
        )
        held = delivery._replace(
            state="held",
            attempts=delivery.attempts + 1,
            receipt=receipt,
            holder=tx.holder.actor,
            holder_session=tx.holder.session,
            held_until_us=tx.now_us + hold_us,
        )
        self._log("received", delivery, "held")
        return held

    def extend(self, delivery: DeliveryRow, hold_us: int) -> DeliveryRow:
        """Let a hold run on for a time from now."""
        until_us = self._tx.now_us + hold_us
        self._session.run(
            "delivery.extend",
            seq=delivery.seq,
            place=delivery.place,
            held_until_us=until_us,
            now_us=self._tx.now_us,
        )
        return delivery._replace(held_until_us=until_us)

    def give_back(self, delivery: DeliveryRow, delay_us: int, reason: str) -> DeliveryRow:
        """Let a delivery wait again, not before a delay is over."""
        due_us = self._tx.now_us + delay_us if delay_us else 0
        return self._wait(delivery, due_us, "returned", reason)

    def _wait(self, delivery: DeliveryRow, due_us: int, kind: str, reason: str) -> DeliveryRow:
        self._session.run(
            "delivery.wait",
            seq=delivery.seq,
            place=delivery.place,
            due_us=due_us,
            reason=reason,
            now_us=self._tx.now_us,
        )
        self._changed(kind, delivery, "waiting")
        return delivery._replace(state="waiting", due_us=due_us, reason=reason, held_until_us=None)

    def settle(self, delivery: DeliveryRow, state: str, reason: str = "") -> DeliveryRow:
        """Bring a delivery to a state in which it stays."""
        self._session.run(
            "delivery.settle",
            seq=delivery.seq,
            place=delivery.place,
            state=state,
            reason=reason,
            now_us=self._tx.now_us,
        )
        if delivery.state in OPEN:
            self._session.run("delivery.shrink", mailbox=delivery.mailbox)
        self._changed(state, delivery, state)
        return delivery._replace(state=state, reason=reason, held_until_us=None)

    def renew(self, delivery: DeliveryRow) -> bool:
        """Let a dead letter wait anew; tell whether there was room for it."""
        if not self._grow(delivery.mailbox):
            return False
        self._session.run(
            "delivery.renew", seq=delivery.seq, place=delivery.place, now_us=self._tx.now_us
        )
        self._changed("replayed", delivery, "waiting")
        return True

    def show(self, mailboxes: Sequence[str], *, last: int, as_of_us: int) -> None:
        """Note that what was due at a moment was shown, up to a message; it is not acknowledged."""
        for each in mailboxes:
            self._session.run(
                "delivery.show",
                mailbox=each,
                last=last,
                as_of_us=as_of_us,
                now_us=self._tx.now_us,
            )

    def end_mailbox(self, mailbox: str, reason: str) -> int:
        """Deliver nothing more of a mailbox; return how many it had."""
        most = limits.MAILBOX_OPEN_MAX
        rows = self.held([mailbox], limit=most) + self.waiting([mailbox], limit=most)
        for row in rows:
            self.settle(row, "undeliverable", reason)
        return len(rows)

    def _changed(self, kind: str, delivery: DeliveryRow, state: str) -> None:
        self._log(kind, delivery, state)
        self._tx.notify(mailbox_name(delivery.mailbox))

    def _log(self, kind: str, delivery: DeliveryRow, state: str) -> None:
        register = ("delivery", str(delivery.seq), delivery.mailbox)
        change = Change(register, token.encode(delivery.state), token.encode(state))
        self._tx.log(kind, None, "", [change])

    # -- time

    def end_due(self) -> None:
        """End what has run out of time: holds that nobody settled, messages nobody took."""
        now_us, most = self._tx.now_us, limits.SWEEP_ROWS_MAX
        if self._is_ahead():
            self._session.run("delivery.bound_holds", now_us=now_us)
            self._session.run("delivery.bound_waits", now_us=now_us)
        for row in self._session.all("delivery.ended_holds", now_us=now_us, limit=most):
            self._end_hold(DeliveryRow._make(row))
        for row in self._session.all("delivery.ended", now_us=now_us, limit=most):
            said = "It expired before anybody took it"
            self.settle(DeliveryRow._make(row), "expired", said)

    def _is_ahead(self) -> bool:
        """Tell whether the clock went back since something was handed out, or given back."""
        return self._tx.has_due("ahead")

    def _end_hold(self, delivery: DeliveryRow) -> None:
        if delivery.expires_us is not None and delivery.expires_us <= self._tx.now_us:
            self.settle(delivery, "expired", "It expired while it was held")
        elif delivery.attempts >= delivery.attempts_max:
            said = f"Handed out {delivery.attempts} times and never acknowledged"
            self.settle(delivery, "undeliverable", said)
        else:
            reason = f"{delivery.holder} did not acknowledge it in time"
            due_us = (delivery.held_until_us or 0) + backoff_us(delivery.attempts)
            self._wait(delivery, due_us, "hold.ended", reason)
