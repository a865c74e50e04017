"""Receiving: a message is handed out for a time, and acknowledged, given back, or handed out again."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.address import parse, require_agent
from beadwork.model.errors import (
    InvalidField,
    ReceiptStale,
    UnknownMessage,
    UnknownReceipt,
)
from beadwork.model.message import backoff_us, delivery_in
from beadwork.model.overriding import override
from beadwork.ops.mail import DeliveryRow
from beadwork.ops.message import (
    Delivery,
    HoldSeconds,
    Message,
    WaitSeconds,
    delivery_of,
    message_of,
)
from beadwork.ops.operation import Expected, Request, Response, Unrecorded, operation
from beadwork.ops.transaction import Transaction

ReceiptText = Annotated[
    str, Meta(description="The receipt that the message came with.", min_length=1)
]
_HELD_MAX = 20
_REASON_CHARS_MAX = 1000
_UNHEARD = "Nobody waited for it any more"


def mailboxes_of(tx: Transaction, agent: str = "") -> list[str]:
    """Return the mailboxes that somebody takes from: their own, their attempt's, their groups'."""
    actor = agent or require_agent(tx.holder.actor)
    own = [actor]
    if not agent and tx.holder.session:
        own.append(f"attempt:{tx.holder.session}")
    return own + [each for each in tx.agents.subscriptions(actor) if each.startswith("@")]


class Handed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message that was handed out: under which receipt, how often it was, until when it is held."""

    receipt: str
    message: Message
    held_until: str
    attempt: int = 1
    mailbox: str = ""


class Received(Expected):
    """What was handed out; nothing if nothing is there.

    `held`: receipts of what was handed out before and not settled; what comes after them from the
    same sender waits. `waiting`: how many wait, those included that are not due.
    """

    messages: list[Handed] = []
    held: list[str] = []
    waiting: int = 0


class ReceiveMessages(Request[Received], frozen=True):
    """Take messages for the caller, the most urgent first: its own, its attempt's, its groups'.

    Each is held for the caller for a time. Acknowledge it by its receipt, or give it back; else it
    is handed out again, until it is undeliverable. Of one sender, within a priority, the next comes
    only when the one before is settled; several may be taken at once, in order.
    """

    circumstances: ClassVar[tuple[str, ...]] = ("wait_s",)

    limit: Annotated[int, Meta(ge=1, le=limits.RECEIVED_MAX)] = 1
    hold_s: HoldSeconds = limits.HOLD_S_DEFAULT
    wait_s: WaitSeconds = None

    @override
    def leaving(self, answer: Response | None = None) -> list[Request[Any]]:
        """Give back what was handed out and nobody took."""
        handed = answer.messages if isinstance(answer, Received) else []
        return [ReturnMessage(receipt=each.receipt, reason=_UNHEARD) for each in handed]


@operation("message.receive", kind="write", raises=(InvalidField,), example={"limit": 1})
def receive_messages(request: ReceiveMessages, tx: Transaction) -> Received:
    """Take messages for the caller."""
    mailboxes = mailboxes_of(tx)
    rows = tx.deliveries.next(mailboxes, limit=request.limit)
    if rows:
        hold_us = int(request.hold_s * 1_000_000)
        return Received(messages=[_handed(tx, tx.deliveries.hold(row, hold_us)) for row in rows])
    return _nothing(tx, mailboxes)


def _nothing(tx: Transaction, mailboxes: Sequence[str]) -> Received:
    held = tx.deliveries.held(mailboxes, limit=_HELD_MAX)
    own = [row.receipt for row in held if row.holder == tx.holder.actor]
    return Received(
        held=own,
        waiting=sum(
            tx.deliveries.open_count(each) - tx.deliveries.held_count(each) for each in mailboxes
        ),
        wake_on=[f"mail:{each}" for each in mailboxes],
        wake_us=next_look_us(tx, tx.deliveries.next_due(mailboxes)),
    )


def next_look_us(tx: Transaction, due_us: int | None) -> int:
    """Return when whoever waits looks again at the latest: so they are known to be here."""
    look_us = tx.now_us + limits.PRESENCE_US // 2
    return look_us if due_us is None else min(due_us, look_us)


def _handed(tx: Transaction, row: DeliveryRow) -> Handed:
    found = tx.messages.by_number(row.seq)
    if found is None:
        raise UnknownMessage(f"The message {row.seq} is gone")
    return Handed(
        receipt=row.receipt,
        message=message_of(tx, found),
        held_until=instants.format_us(row.held_until_us or 0),
        attempt=row.attempts,
        mailbox=row.mailbox,
    )


class Waiting(msgspec.Struct, kw_only=True):
    """A message that waits, and how far its delivery is."""

    message: Message
    delivery: Delivery


class Waitings(Response):
    """Messages that wait, in the order in which they would be handed out."""

    messages: list[Waiting] = []


class PeekMessages(Request[Waitings], frozen=True):
    """Look at what would be handed out next; nothing is held by that."""

    limit: Annotated[int, Meta(ge=1, le=limits.RECEIVED_MAX)] = 10


@operation("message.peek", kind="read", example={})
def peek_messages(request: PeekMessages, tx: Transaction) -> Waitings:
    """Look at what would be handed out next."""
    rows = tx.deliveries.next(mailboxes_of(tx), limit=request.limit)
    return Waitings(messages=listed(tx, rows))


def listed(tx: Transaction, rows: Sequence[DeliveryRow]) -> list[Waiting]:
    """Show deliveries with their messages."""
    found = tx.messages.by_numbers([row.seq for row in rows])
    return [
        Waiting(
            message=message_of(tx, found[row.seq]),
            delivery=delivery_of(row, tx.holder.actor),
        )
        for row in rows
        if row.seq in found
    ]


# -- settling


class Settled(Unrecorded):
    """How far the delivery is now. `already`: it was so before."""

    id: str
    delivery: Delivery
    already: bool = False
    held_until: str | None = None


def require_held(tx: Transaction, receipt: str) -> DeliveryRow:
    """Return the delivery that a receipt holds.

    Raises:
        UnknownReceipt: it is none.
        ReceiptStale: it holds nothing any more.
    """
    row = require_receipt(tx, receipt)
    is_held = row.state == "held" and (row.held_until_us or 0) > tx.now_us
    if row.receipt != receipt.strip() or not is_held:
        error = _stale(tx, row, receipt.strip())
        raise error
    return row


def require_receipt(tx: Transaction, receipt: str) -> DeliveryRow:
    """Return the delivery that a receipt names, whether or not it is held by it.

    Raises:
        UnknownReceipt: it is none.
    """
    row = tx.deliveries.of_receipt(receipt)
    if row is not None:
        return row
    hint = "The receipt came with the message; `bd msg inbox` shows what is held."
    message = None if delivery_in(receipt) else tx.messages.by_id(receipt.strip().upper())
    if message is not None:
        hint = f"That is a message's id. {_receipt_hint(tx, message.seq)}"
    raise UnknownReceipt(f'There is no receipt "{receipt.strip()[:60]}"', hint=hint)


def _stands(row: DeliveryRow) -> str:
    return f"held by {row.holder} under another receipt" if row.state == "held" else row.state


def _receipt_hint(tx: Transaction, seq: int) -> str:
    own = own_receipt(tx, seq)
    return (
        f"Your receipt is {own}."
        if own
        else "You don't hold it: `bd msg receive` takes what waits."
    )


def own_receipt(tx: Transaction, seq: int) -> str:
    """Return the receipt under which the caller holds a message; empty if it is not held so."""
    rows = [each for each in tx.deliveries.of_message(seq) if each.state == "held"]
    own = [each.receipt for each in rows if each.holder == tx.holder.actor]
    return own[0] if own else ""


def _stale(tx: Transaction, row: DeliveryRow, receipt: str) -> ReceiptStale:
    name = tx.messages.id_of(row.seq)
    if receipt != row.receipt and receipt.split(".")[2] == str(row.attempts):
        # Mistyped; or from before it was replayed.
        return ReceiptStale(
            f"There is no such receipt of the message {name} now: it is {_stands(row)}",
            hint=f"Check its digits. {_receipt_hint(tx, row.seq)}",
            id=name,
            state=row.state,
            attempts=row.attempts,
        )
    return ReceiptStale(
        f"This receipt holds nothing any more: the message {name} is {_stands(row)}",
        id=name,
        state=row.state,
        attempts=row.attempts,
    )


def _settled(tx: Transaction, now: DeliveryRow, *, already: bool = False) -> Settled:
    return Settled(
        id=tx.messages.id_of(now.seq),
        delivery=delivery_of(now),
        already=already,
        held_until=None if now.state != "held" else instants.format_us(now.held_until_us or 0),
    )


class AcknowledgeMessage(Request[Settled], frozen=True):
    """Acknowledge a message: it was dealt with, and is not delivered again."""

    receipt: ReceiptText


@operation(
    "message.ack",
    kind="write",
    raises=(UnknownReceipt, ReceiptStale),
    example={"receipt": "1042.0.1.2f1a"},
)
def acknowledge_message(request: AcknowledgeMessage, tx: Transaction) -> Settled:
    """Acknowledge a message; a repeat of the same receipt changes nothing."""
    row = require_receipt(tx, request.receipt)
    if row.state == "acknowledged" and row.receipt == request.receipt.strip():
        return _settled(tx, row, already=True)
    row = require_held(tx, request.receipt)
    return _settled(tx, tx.deliveries.settle(row, "acknowledged"))


class ReturnMessage(Request[Settled], frozen=True):
    """Give a message back: it is delivered again, after a while, or is undeliverable at once."""

    receipt: ReceiptText
    delay_s: Annotated[
        Annotated[float, Meta(ge=0, le=limits.LEASE_S_MAX)] | None,
        Meta(description="Not before so many seconds; by default longer each time."),
    ] = None
    reason: Annotated[str, Meta(max_length=_REASON_CHARS_MAX)] = ""
    dead: Annotated[bool, Meta(description="Nobody can deal with it: no further try.")] = False


@operation(
    "message.nack",
    kind="write",
    raises=(UnknownReceipt, ReceiptStale),
    example={"receipt": "1042.0.1.2f1a", "delay_s": 30, "reason": "busy"},
)
def return_message(request: ReturnMessage, tx: Transaction) -> Settled:
    """Give a message back."""
    row = require_held(tx, request.receipt)
    said = f": {request.reason}" if request.reason else ""
    if request.dead:
        row = tx.deliveries.settle(row, "undeliverable", f"Refused by {tx.holder.actor}{said}")
    elif row.attempts >= row.attempts_max:
        why = f"Given back {row.attempts} times, last by {tx.holder.actor}{said}"
        row = tx.deliveries.settle(row, "undeliverable", why)
    else:
        delay_us = backoff_us(row.attempts)
        if request.delay_s is not None:
            delay_us = int(request.delay_s * 1_000_000)
        row = tx.deliveries.give_back(row, delay_us, f"Given back by {tx.holder.actor}{said}")
    return _settled(tx, row)


class ExtendHold(Request[Settled], frozen=True):
    """Hold a message for longer: so many seconds from now."""

    receipt: ReceiptText
    hold_s: HoldSeconds = limits.HOLD_S_DEFAULT


@operation(
    "message.extend",
    kind="write",
    raises=(UnknownReceipt, ReceiptStale),
    example={"receipt": "1042.0.1.2f1a", "hold_s": 600},
)
def extend_hold(request: ExtendHold, tx: Transaction) -> Settled:
    """Hold a message for longer."""
    row = require_held(tx, request.receipt)
    return _settled(tx, tx.deliveries.extend(row, int(request.hold_s * 1_000_000)))


# -- at the end of an agent's turn


class Shown(Unrecorded):
    """What is new for the caller, and how many more there are.

    `last`: the highest seq of all; `as_of`: when it was looked, in microseconds.
    """

    messages: list[Waiting] = []
    more: int = 0
    last: int = 0
    as_of: int = 0


class ShowNew(Request[Shown], frozen=True):
    """Show what waits for the caller and was not shown before. It is not acknowledged by that.

    All of it counts as shown from then on, those too that are only counted. Who is not sure that
    it can be read looks first, and marks it then by the answer's `last` and `as_of`.
    """

    limit: Annotated[int, Meta(ge=1, le=limits.RECEIVED_MAX)] = 10
    only_look: Annotated[bool, Meta(description="Mark nothing as shown.")] = False
    last: Annotated[int | None, Meta(description="Only messages up to this seq.")] = None
    as_of: Annotated[
        int | None, Meta(description="Mark what was due at this moment, in microseconds.")
    ] = None


@operation("message.hook", kind="write", example={})
def show_new(request: ShowNew, tx: Transaction) -> Shown:
    """Show what is new, and note that it was shown."""
    mailboxes = mailboxes_of(tx)
    count, last = tx.deliveries.unseen_count(mailboxes, last=request.last)
    if not count:
        return Shown()
    rows = tx.deliveries.unseen(mailboxes, last=request.last, limit=request.limit)
    if not request.only_look:
        as_of_us = tx.now_us if request.as_of is None else min(request.as_of, tx.now_us)
        tx.deliveries.show(mailboxes, last=last, as_of_us=as_of_us)
    more = count - len(rows)
    return Shown(messages=listed(tx, rows), more=more, last=last, as_of=tx.now_us)


def mailbox_of(tx: Transaction, agent: str | None) -> list[str]:
    """Return the mailboxes of the caller, or those of an agent, or a group's alone."""
    if agent is None:
        return mailboxes_of(tx)
    address = parse(agent)
    return mailboxes_of(tx, address.name) if address.kind == "agent" else [address.text]
