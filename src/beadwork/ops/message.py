"""Messages: what a message shows, and sending one."""

from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.address import parse, require_agent
from beadwork.model.errors import (
    BeadworkError,
    InvalidField,
    KeyReused,
    MailboxFull,
    NoSuchRecipient,
    RepliesLoop,
    UnknownBlob,
    UnknownMessage,
)
from beadwork.model.message import (
    CORE_TYPES,
    NORMAL,
    PRIORITIES,
    GitState,
    Priority,
    require_payload,
    require_priority,
    require_type,
    summary,
)
from beadwork.ops.mail import DeliveryRow, Draft, MessageRow, Parcel
from beadwork.ops.operation import BlobFiles, Request, Unrecorded, operation
from beadwork.ops.recipients import recipients
from beadwork.ops.transaction import Transaction

_SEQ_DIGITS_MAX = 15
_FIELDS_HINT = "Payloads hold JSON. For a file: `bd blob put FILE`, then send with --blob DIGEST."

MessageName = Annotated[
    str, Meta(description="Id of the message, or its number (seq).", min_length=1)
]
MessageType = Annotated[str, Meta(description=f"{', '.join(CORE_TYPES)}, or a word of your own.")]
SenderState = Annotated[
    GitState | None, Meta(description="How the work tree of the sender stands.")
]
HoldSeconds = Annotated[
    Annotated[float, Meta(gt=0, le=limits.HOLD_S_MAX)],
    Meta(description="How long the message is held, in seconds, before others may have it."),
]
WaitSeconds = Annotated[
    Annotated[float, Meta(ge=0, le=limits.WAIT_S_MAX)] | None,
    Meta(description="Wait so many seconds for something to come."),
]


class BlobRef(msgspec.Struct, kw_only=True):
    """A content kept in a file, by its SHA-256."""

    digest: str
    size_bytes: int


class Message(msgspec.Struct, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """A message as it was sent. `damaged` says why its payload can't be shown.

    `aside`: the blob holds the payload, and is no other that belongs to the message. `head` is how
    the payload begins, where it is too long to be shown, or damaged.
    """

    seq: int
    id: str
    ts: str
    from_: str
    to: list[str]
    type: str
    thread: str
    session: str = ""
    payload: Any = None
    reply_to: str | None = None
    priority: str = PRIORITIES[NORMAL]
    not_before: str | None = None
    expires: str | None = None
    key: str = ""
    git_state: GitState | None = None
    blob: BlobRef | None = None
    aside: bool = False
    head: str = ""
    damaged: str = ""


class Delivery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far one recipient's copy is: waiting, held, acknowledged, expired, undeliverable, dropped.

    `note`: nobody of that name was here when it was sent. `receipt`: that of the caller, who holds it.
    """

    recipient: str
    state: str
    address: str = ""
    attempts: int = 0
    holder: str = ""
    held_until: str | None = None
    due: str | None = None
    shown: bool = False
    reason: str = ""
    note: str = ""
    receipt: str = ""


def message_of(tx: Transaction, row: MessageRow) -> Message:
    """Show a message; a payload that lies in a blob as far as it is whole and not too large."""
    known = tx.messages.ids([each for each in (row.thread, row.reply_to) if each is not None])
    payload, damaged = _payload(tx, row)
    blob = None
    if row.blob is not None:
        blob = BlobRef(digest=row.blob, size_bytes=row.blob_bytes or 0)
    return Message(
        id=row.id,
        seq=row.seq,
        ts=instants.format_us(row.at_us),
        from_=row.sender,
        session=row.session,
        to=row.addresses,
        type=row.type,
        payload=payload,
        thread=row.id if row.thread is None else known.get(row.thread, ""),
        reply_to=None if row.reply_to is None else known.get(row.reply_to),
        priority=PRIORITIES[row.priority],
        not_before=_moment(row.not_before_us),
        expires=_moment(row.expires_us),
        key=row.key,
        git_state=msgspec.json.decode(row.git_state, type=GitState) if row.git_state else None,
        blob=blob,
        aside=row.payload is None,
        head=(row.head or "") if payload is None else "",
        damaged=damaged,
    )


def _payload(tx: Transaction, row: MessageRow) -> tuple[Any, str]:
    """Return what a message says, or why that can't be told."""
    if row.payload is not None:
        return msgspec.json.decode(row.payload), ""
    if row.blob is None or (row.blob_bytes or 0) > limits.PAYLOAD_SHOWN_BYTES_MAX:
        return None, ""
    try:
        return msgspec.json.decode(tx.blob_files.read(row.blob)), ""
    except BeadworkError as error:
        return None, error.message
    except msgspec.MsgspecError:
        return None, f"The blob {row.blob[:12]} holds no payload"


def _moment(at_us: int | None) -> str | None:
    return None if at_us is None else instants.format_us(at_us)


def delivery_of(row: DeliveryRow, caller: str = "") -> Delivery:
    """Show a delivery; to whoever holds it with the receipt."""
    is_held = row.state == "held"
    return Delivery(
        recipient=row.mailbox,
        state=row.state,
        address=row.address if row.address != row.mailbox else "",
        attempts=row.attempts,
        holder=row.holder if is_held else "",
        held_until=_moment(row.held_until_us) if is_held else None,
        due=_moment(row.due_us or None) if row.state == "waiting" else None,
        shown=row.shown_us is not None,
        reason=row.reason,
        receipt=row.receipt if is_held and row.holder == caller else "",
    )


def require_message(tx: Transaction, message_id: str) -> MessageRow:
    """Return a message by its id, or its number.

    Raises:
        UnknownMessage: there is none.
    """
    name = message_id.strip()
    number = name.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= _SEQ_DIGITS_MAX:
        found = tx.messages.by_number(int(number))
    else:
        found = tx.messages.by_id(name.upper())
    if found is None:
        raise UnknownMessage(f'There is no message "{message_id.strip()[:60]}"')
    return found


# -- sending


class Sent(Unrecorded):
    """The message, and what became of it for each recipient.

    A recipient that was left out has the state `skipped`, and a reason. `acknowledged`: the
    message that was answered, which the caller held, was acknowledged with it.
    """

    id: str
    seq: int
    thread: str
    deliveries: list[Delivery]
    already: bool = False
    acknowledged: bool = False


class SendMessage(Request[Sent], frozen=True):
    """Send a message. Whoever gets it must acknowledge it, or it is delivered again.

    An unknown recipient's messages wait until it appears. What is sent to `everyone` goes to those
    who were here within a day. Of a core type (task, result, question, answer, state, review,
    note, alert) the payload has a form; a bare text is its `text`. A large payload is put aside as
    a blob.
    """

    circumstances: ClassVar[tuple[str, ...]] = ("git_state", "not_before", "expires")

    to: Annotated[
        list[str],
        Meta(
            description="Agents, @groups, #topics, attempt:ids, or everyone.",
            min_length=1,
            max_length=limits.RECIPIENTS_MAX,
        ),
    ]
    payload: Annotated[Any, Meta(description="Any JSON; or the text of a core type.")] = None
    type: MessageType = "note"
    priority: Priority = PRIORITIES[NORMAL]
    thread: Annotated[str | None, Meta(description="Id of any message of the thread.")] = None
    not_before: Annotated[str | None, Meta(description="Deliver not before (RFC 3339).")] = None
    expires: Annotated[str | None, Meta(description="Deliver only until (RFC 3339).")] = None
    delay_s: Annotated[
        Annotated[float, Meta(ge=0, le=limits.LEASE_S_MAX)] | None,
        Meta(description="Deliver not before so many seconds."),
    ] = None
    ttl_s: Annotated[
        Annotated[float, Meta(gt=0, le=limits.LEASE_S_MAX)] | None,
        Meta(description="Deliver only within so many seconds."),
    ] = None
    key: Annotated[
        str,
        Meta(
            description="A repeat under the key of a message sends nothing: it is the first one.",
            max_length=limits.KEY_CHARS_MAX,
        ),
    ] = ""
    must_exist: Annotated[bool, Meta(description="Refuse recipients that nobody knows.")] = False
    attempts_max: Annotated[
        int,
        Meta(
            ge=1, le=limits.ATTEMPTS_MAX, description="So often it is handed out, then it is dead."
        ),
    ] = limits.ATTEMPTS_DEFAULT
    git_state: SenderState = None
    blob: Annotated[str | None, Meta(description="Digest of a blob that belongs to it.")] = None
    blob_bytes: Annotated[int | None, Meta(description="How large that is; set by itself.")] = None


class Posted(NamedTuple):
    """What a message is an answer to, if it is one, and how it goes on from there."""

    thread: int | None = None
    reply_to: int | None = None
    hops: int = 0


def stage_payload(request: SendMessage, blobs: BlobFiles) -> SendMessage:
    """Put a payload aside that is too large for the database, before the message is written.

    Raises:
        InvalidField: the payload is too large, or there is another blob beside a large one.
    """
    if request.blob is not None:
        size = blobs.keep(request.blob)
        staged = msgspec.structs.replace(request, blob_bytes=size)
        return _require_small(staged)
    if len(msgspec.json.encode(request.payload)) < limits.BLOB_FROM_BYTES - _TEXT_AROUND:
        return request
    encoded = msgspec.json.encode(require_payload(request.type, request.payload))
    if len(encoded) <= limits.BLOB_FROM_BYTES:
        return request
    if len(encoded) > limits.PAYLOAD_BYTES_MAX:
        raise InvalidField(
            f"The payload has {len(encoded)} bytes; {limits.PAYLOAD_BYTES_MAX} are allowed",
            hint=_FIELDS_HINT,
            field="payload",
        )
    head = summary(require_payload(request.type, request.payload), chars=limits.HEAD_CHARS)
    return msgspec.structs.replace(
        request, payload=f"{_ASIDE}{head}", blob=blobs.put(encoded), blob_bytes=len(encoded)
    )


_TEXT_AROUND = 20
"""More than the bytes around a bare text, once it is the `text` of a payload."""
_ASIDE = "\0aside"
"""What the payload of a request begins with whose payload was put aside; its head follows."""


def _head(request: SendMessage) -> str | None:
    """Return how a payload begins that was put aside; None if it was not."""
    said = request.payload
    is_aside = isinstance(said, str) and said.startswith(_ASIDE) and request.blob is not None
    return said.removeprefix(_ASIDE) if is_aside else None


def _require_small(request: SendMessage) -> SendMessage:
    if _head(request) is None and request.payload is not None:
        size = len(msgspec.json.encode(request.payload))
        if size > limits.BLOB_FROM_BYTES:
            raise InvalidField(
                f"Beside a blob, a payload may have {limits.BLOB_FROM_BYTES} bytes; it has {size}",
                hint="Send the two as messages of one thread.",
                field="payload",
            )
    return request


@operation(
    "message.send",
    kind="write",
    raises=(
        InvalidField, KeyReused, NoSuchRecipient, MailboxFull, UnknownMessage, UnknownBlob,
        RepliesLoop,
    ),
    example={"to": ["bob", "#build"], "type": "note", "payload": {"text": "The build is red"}},
    stage=stage_payload,
)  # fmt: skip
def send_message(request: SendMessage, tx: Transaction) -> Sent:
    """Send a message."""
    thread = None
    if request.thread is not None:
        began = require_message(tx, request.thread)
        thread = began.seq if began.thread is None else began.thread
    return post(tx, request, Posted(thread=thread))


def post(tx: Transaction, request: SendMessage, place: Posted) -> Sent:
    """Write a message and a delivery for each recipient.

    Raises:
        KeyReused: another message was sent under its key.
        NoSuchRecipient: nobody knows a recipient that must exist.
        MailboxFull: too much waits for a recipient.
    """
    addresses = list(dict.fromkeys(parse(each) for each in request.to))
    earlier = tx.messages.with_key(request.key) if request.key else None
    if earlier is not None:
        _require_same(earlier, request, [each.text for each in addresses], place)
        return _sent_before(tx, earlier)
    require_agent(tx.holder.actor)
    draft = _draft(tx, request, [each.text for each in addresses], place)
    round_ = recipients(tx, addresses, must_exist=request.must_exist)
    skipped = [
        Delivery(recipient=each, state="skipped", reason=why) for each, why in round_.skipped
    ]
    row = tx.messages.add(draft)
    delivered: list[Delivery] = []
    for number, (mailbox, address) in enumerate(round_.mailboxes.items()):
        parcel = Parcel(mailbox, address, request.attempts_max)
        added = tx.deliveries.add(row, number, parcel)
        if added is None:
            skipped.append(_full(parcel))
        else:
            shown = delivery_of(added)
            shown.note = round_.notes.get(mailbox, "")
            delivered.append(shown)
    return _sent(tx, row, [*delivered, *skipped])


def _require_same(
    earlier: MessageRow, request: SendMessage, addresses: list[str], place: Posted
) -> None:
    """Refuse another message under a key: it would be taken for sent."""
    said, _ = _said(request)
    asked = (addresses, require_type(request.type), said, request.blob, place.reply_to)
    if asked != (earlier.addresses, earlier.type, earlier.payload, earlier.blob, earlier.reply_to):
        raise KeyReused(
            f"The key {request.key} was used for another message", id=earlier.id, seq=earlier.seq
        )


def _sent_before(tx: Transaction, row: MessageRow) -> Sent:
    found = [delivery_of(each) for each in tx.deliveries.of_message(row.seq)]
    sent = _sent(tx, row, found)
    sent.already = True
    return sent


def _sent(tx: Transaction, row: MessageRow, deliveries: list[Delivery]) -> Sent:
    thread = row.id if row.thread is None else tx.messages.id_of(row.thread)
    return Sent(id=row.id, seq=row.seq, thread=thread, deliveries=deliveries)


def _said(request: SendMessage) -> tuple[str | None, str | None]:
    """Return the payload as JSON; or None, and how it begins, where it was put aside."""
    head = _head(request)
    message_type = require_type(request.type)
    if head is not None:
        return None, head
    payload = None
    # A blob alone says enough.
    if request.payload is not None or request.blob is None:
        payload = require_payload(message_type, request.payload)
    return msgspec.json.encode(payload).decode(), None


def _draft(tx: Transaction, request: SendMessage, addresses: list[str], place: Posted) -> Draft:
    payload, head = _said(request)
    if place.hops > limits.HOPS_MAX:
        raise RepliesLoop(f"This would be reply {place.hops} in a row of one thread")
    not_before_us = _when(tx, request.not_before, request.delay_s, "not_before")
    expires_us = _when(tx, request.expires, request.ttl_s, "expires")
    if expires_us is not None and expires_us <= max(tx.now_us, not_before_us or 0):
        raise InvalidField(
            "The message would expire before it could be delivered",
            hint="Give it more time, or leave the time out.",
            field="expires",
        )
    state = request.git_state
    return Draft(
        addresses=addresses,
        type=require_type(request.type),
        priority=require_priority(request.priority),
        thread=place.thread,
        reply_to=place.reply_to,
        hops=place.hops,
        not_before_us=not_before_us if (not_before_us or 0) > tx.now_us else None,
        expires_us=expires_us,
        payload=payload,
        blob=request.blob,
        blob_bytes=request.blob_bytes,
        head=head,
        key=request.key,
        git_state=None if state is None else msgspec.json.encode(state).decode(),
    )


def _when(tx: Transaction, moment: str | None, seconds: float | None, field: str) -> int | None:
    if seconds is not None and moment is not None:
        raise InvalidField(
            f"{field} was given twice: as a moment, and as seconds", hint="Give one.", field=field
        )
    if seconds is not None:
        return tx.now_us + int(seconds * 1_000_000)
    if moment is None:
        return None
    found = instants.parse_us(moment)
    if found is None:
        raise InvalidField(
            f'"{moment[:60]}" is no instant', hint="Use 2026-01-31T09:00:00Z.", field=field
        )
    return found


def _full(parcel: Parcel) -> Delivery:
    reason = f"{limits.MAILBOX_OPEN_MAX} messages wait for {parcel.mailbox}"
    if parcel.address in (parcel.mailbox, ""):
        raise MailboxFull(f"{reason}; it takes no more", recipient=parcel.mailbox)
    return Delivery(recipient=parcel.mailbox, state="skipped", reason=reason)
