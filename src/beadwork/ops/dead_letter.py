"""Dead letters: what could not be delivered, and why; to be delivered again, or dropped."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.address import parse
from beadwork.model.errors import Conflict, InvalidField, MailboxFull, UnknownMessage
from beadwork.model.message import DEAD
from beadwork.ops.delivery import Waitings, listed
from beadwork.ops.mail import DeliveryRow
from beadwork.ops.mailbox import Before, Limit
from beadwork.ops.message import Delivery, MessageName, delivery_of, require_message
from beadwork.ops.operation import Request, Unrecorded, operation
from beadwork.ops.transaction import Transaction

Recipient = Annotated[
    str | None, Meta(description="Only the delivery to this recipient; by default all dead ones.")
]


class ListDeadLetters(Request[Waitings], frozen=True):
    """List what could not be delivered, the latest first, each with the reason."""

    before: Before = None
    limit: Limit = 50


@operation("dead_letter.list", kind="read", example={})
def list_dead_letters(request: ListDeadLetters, tx: Transaction) -> Waitings:
    """List what could not be delivered."""
    return Waitings(
        messages=listed(tx, tx.deliveries.dead(before=request.before, limit=request.limit))
    )


class DeadLetters(Unrecorded):
    """The deliveries as they are now."""

    id: str
    deliveries: list[Delivery]


def _require_dead(tx: Transaction, message: str, recipient: str | None) -> list[DeliveryRow]:
    seq = require_message(tx, message).seq
    mailbox = None if recipient is None else parse(recipient).text
    rows = [
        each
        for each in tx.deliveries.of_message(seq)
        if each.state in DEAD and mailbox in (None, each.mailbox)
    ]
    if not rows:
        raise Conflict(
            f"No delivery of {message.strip()} is dead",
            hint="See `bd msg dead list`, and `bd msg show` for how far each is.",
            id=message.strip(),
        )
    return rows


class ReplayDeadLetter(Request[DeadLetters], frozen=True):
    """Deliver a dead letter again, as if it had never been handed out; it expires no more."""

    message: MessageName
    recipient: Recipient = None


@operation(
    "dead_letter.replay",
    kind="write",
    raises=(UnknownMessage, Conflict, InvalidField, MailboxFull),
    example={"message": "01JZ8Q4N2R0000003YB1C5T7M2"},
)
def replay_dead_letter(request: ReplayDeadLetter, tx: Transaction) -> DeadLetters:
    """Deliver a dead letter again."""
    rows = _require_dead(tx, request.message, request.recipient)
    for row in rows:
        if not tx.deliveries.renew(row):
            raise MailboxFull(f"{row.mailbox} takes no more", recipient=row.mailbox)
    return _now(tx, request.message, rows)


class DropDeadLetter(Request[DeadLetters], frozen=True):
    """Drop a dead letter: nobody is to get it. The message can still be shown."""

    message: MessageName
    recipient: Recipient = None


@operation(
    "dead_letter.drop",
    kind="write",
    raises=(UnknownMessage, Conflict, InvalidField),
    example={"message": "01JZ8Q4N2R0000003YB1C5T7M2"},
)
def drop_dead_letter(request: DropDeadLetter, tx: Transaction) -> DeadLetters:
    """Drop a dead letter."""
    rows = _require_dead(tx, request.message, request.recipient)
    for row in rows:
        tx.deliveries.settle(row, "dropped", f"Dropped by {tx.holder.actor}: {row.reason}")
    return _now(tx, request.message, rows)


def _now(tx: Transaction, message: str, rows: list[DeliveryRow]) -> DeadLetters:
    found = [delivery_of(tx.deliveries.at(row.seq, row.place)) for row in rows]
    return DeadLetters(id=require_message(tx, message).id, deliveries=found)
