"""Questions and answers: replying to a message, and waiting for the reply to one."""

import shlex
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.errors import (
    InvalidField,
    KeyReused,
    MailboxFull,
    MessageExpired,
    ReceiptStale,
    RepliesLoop,
    UnknownBlob,
    UnknownMessage,
    UnknownReceipt,
)
from beadwork.model.message import NORMAL, PRIORITIES, Priority, delivery_in
from beadwork.ops.delivery import (
    mailboxes_of,
    next_look_us,
    own_receipt,
    require_held,
    require_receipt,
)
from beadwork.ops.mail import MessageRow
from beadwork.ops.message import (
    Message,
    MessageName,
    MessageType,
    Posted,
    SenderState,
    SendMessage,
    Sent,
    WaitSeconds,
    message_of,
    post,
    require_message,
    stage_payload,
)
from beadwork.ops.operation import BlobFiles, Expected, Request, operation
from beadwork.ops.transaction import Transaction


class ReplyMessage(Request[Sent], frozen=True):
    """Answer a message: to its sender, in its thread. If the caller holds it, it is acknowledged."""

    circumstances: ClassVar[tuple[str, ...]] = ("git_state",)

    message: Annotated[
        str, Meta(description="Id of the message, or the receipt that it came with.", min_length=1)
    ]
    payload: Annotated[Any, Meta(description="Any JSON; or the text of a core type.")] = None
    type: MessageType = "answer"
    priority: Priority = PRIORITIES[NORMAL]
    key: Annotated[
        str,
        Meta(
            description="A repeat under the key of a message sends nothing: it is the first one.",
            max_length=limits.KEY_CHARS_MAX,
        ),
    ] = ""
    git_state: SenderState = None
    blob: Annotated[str | None, Meta(description="Digest of a blob that belongs to it.")] = None
    blob_bytes: Annotated[int | None, Meta(description="How large that is; set by itself.")] = None


def stage_reply(request: ReplyMessage, blobs: BlobFiles) -> ReplyMessage:
    """Put a payload aside that is too large for the database."""
    asked = stage_payload(_sending(request, "beadwork"), blobs)
    return msgspec.structs.replace(
        request, payload=asked.payload, blob=asked.blob, blob_bytes=asked.blob_bytes
    )


def _sending(request: ReplyMessage, to: str) -> SendMessage:
    return SendMessage(
        to=[to],
        payload=request.payload,
        type=request.type,
        priority=request.priority,
        key=request.key,
        git_state=request.git_state,
        blob=request.blob,
        blob_bytes=request.blob_bytes,
    )


def answer(tx: Transaction, request: ReplyMessage, row: MessageRow) -> Sent:
    """Send what answers a message.

    Raises:
        MessageExpired: its time is over.
    """
    is_over = row.expires_us is not None and row.expires_us <= tx.now_us
    if is_over and not _is_said(tx, request) and not _is_replayed(tx, row):
        raise MessageExpired(
            f"The message {row.id} expired at {instants.format_seconds(row.expires_us or 0)}",
            hint=f"Nobody waits for an answer any more. To tell it all the same: "
            f"`bd msg send --to {shlex.quote(row.sender)}`.",
            id=row.id,
        )
    thread = row.seq if row.thread is None else row.thread
    place = Posted(thread=thread, reply_to=row.seq, hops=row.hops + 1)
    return post(tx, _sending(request, f"agent:{row.sender}"), place)


def _is_said(tx: Transaction, request: ReplyMessage) -> bool:
    """Tell whether this very answer has been given before."""
    return bool(request.key) and tx.messages.with_key(request.key) is not None


def _is_replayed(tx: Transaction, row: MessageRow) -> bool:
    """Tell whether a message was delivered to the caller again, after its time: it may be answered."""
    own = mailboxes_of(tx)
    found = tx.deliveries.of_message(row.seq)
    return any(each.mailbox in own and each.expires_us is None for each in found)


@operation(
    "message.reply",
    kind="write",
    raises=(
        UnknownMessage,
        UnknownReceipt,
        ReceiptStale,
        MessageExpired,
        InvalidField,
        KeyReused,
        MailboxFull,
        UnknownBlob,
        RepliesLoop,
    ),
    example={"message": "1042.0.1.2f1a", "payload": "Yes"},
    stage=stage_reply,
)
def reply_message(request: ReplyMessage, tx: Transaction) -> Sent:
    """Answer a message; what the caller holds of it is acknowledged in the same breath."""
    earlier = tx.messages.with_key(request.key) if request.key else None
    if delivery_in(request.message) is None:
        found: MessageRow | None = require_message(tx, request.message)
        receipt = own_receipt(tx, found.seq) if found is not None else ""
    else:
        receipt = request.message
        found = tx.messages.by_number(require_receipt(tx, receipt).seq)
    if found is None:
        raise UnknownMessage(f'The message of "{request.message[:60]}" is gone')
    if receipt and earlier is None:
        tx.deliveries.settle(require_held(tx, receipt), "acknowledged")
    sent = answer(tx, request, found)
    sent.acknowledged = bool(receipt) if earlier is None else _is_settled(tx, found)
    return sent


def _is_settled(tx: Transaction, row: MessageRow) -> bool:
    own = mailboxes_of(tx)
    found = tx.deliveries.of_message(row.seq)
    return any(each.mailbox in own and each.state == "acknowledged" for each in found)


class Replied(Expected):
    """The answer to a message of the caller's; nothing if it is not there."""

    reply: Message | None = None
    expired: bool = False


class AwaitReply(Request[Replied], frozen=True):
    """Take the answer to a message of the caller's, and acknowledge it. Others stay."""

    circumstances: ClassVar[tuple[str, ...]] = ("wait_s",)

    message: MessageName
    wait_s: WaitSeconds = None


@operation(
    "message.await_reply",
    kind="write",
    raises=(UnknownMessage,),
    example={"message": "01JZ8Q4N2R0000003YB1C5T7M2"},
)
def await_reply(request: AwaitReply, tx: Transaction) -> Replied:
    """Take the answer to a message of the caller's."""
    asked = require_message(tx, request.message)
    mailboxes = mailboxes_of(tx)
    rows = tx.deliveries.next(mailboxes, limit=1, reply_to=asked.seq)
    if rows:
        found = tx.messages.by_number(rows[0].seq)
        tx.deliveries.settle(tx.deliveries.hold(rows[0], 1), "acknowledged")
        return Replied(reply=None if found is None else message_of(tx, found))
    if asked.expires_us is not None and asked.expires_us <= tx.now_us:
        return Replied(expired=True)
    return Replied(
        wake_on=[f"mail:{each}" for each in mailboxes],
        wake_us=next_look_us(tx, asked.expires_us),
    )
