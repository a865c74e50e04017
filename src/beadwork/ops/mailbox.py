"""Reading messages without taking them: mailboxes, threads, one message, a search."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import InvalidField, UnknownMessage
from beadwork.model.search import Term, sought, words
from beadwork.ops.delivery import Waitings, listed, mailbox_of
from beadwork.ops.message import (
    Delivery,
    Message,
    MessageName,
    delivery_of,
    message_of,
    require_message,
)
from beadwork.ops.operation import Request, Response, Unrecorded, operation
from beadwork.ops.transaction import Transaction

_INDEX_MAX = 500
_ALL = 2**31
Limit = Annotated[int, Meta(ge=1, le=1000)]
Before = Annotated[int | None, Meta(description="Only those before the message of this seq.")]


class Inbox(Waitings):
    """What is there for an agent: what it holds, what waits, or all that ever came."""

    open: int = 0


class ShowInbox(Request[Inbox], frozen=True):
    """Show what an agent holds and what waits for it, in the order of receiving."""

    agent: Annotated[str | None, Meta(description="Whose; by default the caller's.")] = None
    all: Annotated[bool, Meta(description="All that came, the latest first.")] = False
    unread: Annotated[bool, Meta(description="Only what was never shown or handed out.")] = False
    before: Before = None
    limit: Limit = 50


@operation("message.inbox", kind="read", raises=(InvalidField,), example={})
def show_inbox(request: ShowInbox, tx: Transaction) -> Inbox:
    """Show what is there for an agent."""
    mailboxes = mailbox_of(tx, request.agent)
    if request.all:
        rows = tx.deliveries.in_mailboxes(mailboxes, before=request.before, limit=request.limit)
    elif request.unread:
        waiting = tx.deliveries.waiting(mailboxes, limit=limits.MAILBOX_OPEN_MAX)
        rows = [each for each in waiting if each.shown_us is None and not each.attempts]
    else:
        rows = tx.deliveries.held(mailboxes, limit=request.limit)
        rows += tx.deliveries.waiting(mailboxes, limit=request.limit)
    count = sum(tx.deliveries.open_count(each) for each in mailboxes)
    return Inbox(messages=listed(tx, rows[: request.limit]), open=count)


class Outgoing(Response):
    """A message and how far each delivery of it is."""

    message: Message
    deliveries: list[Delivery]


class Outbox(Response):
    """What somebody sent, the latest first."""

    messages: list[Outgoing] = []


class ShowOutbox(Request[Outbox], frozen=True):
    """Show what an agent sent, the latest first, and how far each delivery is."""

    agent: Annotated[str | None, Meta(description="Whose; by default the caller's.")] = None
    before: Before = None
    limit: Limit = 50


def _outgoing(tx: Transaction, seq: int) -> Outgoing | None:
    row = tx.messages.by_number(seq)
    if row is None:
        return None
    found = [delivery_of(each) for each in tx.deliveries.of_message(seq)]
    return Outgoing(message=message_of(tx, row), deliveries=found)


@operation("message.outbox", kind="read", example={})
def show_outbox(request: ShowOutbox, tx: Transaction) -> Outbox:
    """Show what an agent sent."""
    sender = request.agent or tx.holder.actor
    seqs = tx.messages.sent_by(sender, before=request.before, limit=request.limit)
    return Outbox(messages=[each for each in (_outgoing(tx, seq) for seq in seqs) if each])


class ShowMessage(Request[Outgoing], frozen=True):
    """Show a message and how far each delivery of it is."""

    message: MessageName


@operation(
    "message.show",
    kind="read",
    raises=(UnknownMessage,),
    example={"message": "01JZ8Q4N2R0000003YB1C5T7M2"},
)
def show_message(request: ShowMessage, tx: Transaction) -> Outgoing:
    """Show a message."""
    row = require_message(tx, request.message)
    actor = tx.holder.actor
    found = [delivery_of(each, actor) for each in tx.deliveries.of_message(row.seq)]
    return Outgoing(message=message_of(tx, row), deliveries=found)


class Thread(Response):
    """The messages of a thread, in their order; `is_cut` if there are more."""

    thread: str
    messages: list[Outgoing] = []
    is_cut: bool = False


class ShowThread(Request[Thread], frozen=True):
    """Show the thread that a message belongs to, from its beginning."""

    message: MessageName
    limit: Limit = 200


@operation(
    "message.thread",
    kind="read",
    raises=(UnknownMessage,),
    example={"message": "01JZ8Q4N2R0000003YB1C5T7M2"},
)
def show_thread(request: ShowThread, tx: Transaction) -> Thread:
    """Show the thread that a message belongs to."""
    row = require_message(tx, request.message)
    first = row.seq if row.thread is None else row.thread
    seqs = tx.messages.in_thread(first, limit=request.limit + 1)
    found = [_outgoing(tx, seq) for seq in seqs[: request.limit]]
    return Thread(
        thread=tx.messages.ids([first]).get(first, ""),
        messages=[each for each in found if each],
        is_cut=len(seqs) > request.limit,
    )


class Messages(Response):
    """Messages, the latest first."""

    messages: list[Message] = []


class ListMessages(Request[Messages], frozen=True):
    """List messages, whoever they are for: the latest first, or those after a number in order."""

    since: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="After the message of this seq.")
    ] = None
    before: Before = None
    limit: Limit = 50


@operation("message.list", kind="read", example={"limit": 10})
def list_messages(request: ListMessages, tx: Transaction) -> Messages:
    """List messages."""
    if request.since is not None:
        seqs = tx.messages.since(request.since, limit=request.limit)
    else:
        seqs = tx.messages.latest(before=request.before, limit=request.limit)
    return Messages(messages=_shown(tx, seqs))


def _shown(tx: Transaction, seqs: list[int]) -> list[Message]:
    rows = tx.messages.by_numbers(seqs)
    return [message_of(tx, rows[seq]) for seq in seqs if seq in rows]


class SearchMessages(Request[Messages], frozen=True):
    """Find messages by their words: what they say, their type, sender and addresses."""

    query: Annotated[
        str,
        Meta(description='Words, "phrases", and starts of words with a star.', min_length=1),
    ]
    before: Before = None
    limit: Limit = 50


@operation("message.search", kind="read", raises=(InvalidField,), example={"query": "build red"})
def search_messages(request: SearchMessages, tx: Transaction) -> Messages:
    """Find messages; those that are not indexed yet are looked at themselves."""
    terms = sought(request.query)
    if not any(term.words for term in terms):
        raise InvalidField(
            "There is no word to search for", hint="Give letters or digits.", field="query"
        )
    fresh = [seq for seq in tx.messages.unindexed(limit=_ALL) if _fits(tx, seq, terms)]
    if request.before is not None:
        fresh = [seq for seq in fresh if seq < request.before]
    found = tx.messages.with_words(terms, before=request.before, limit=request.limit)
    return Messages(messages=_shown(tx, [*reversed(fresh), *found][: request.limit]))


def _fits(tx: Transaction, seq: int, terms: tuple[Term, ...]) -> bool:
    text = f" {' '.join(words(tx.messages.text(seq)))} "
    return all(term.phrase in text for term in terms if term.words)


class Indexed(Unrecorded):
    """How many messages were indexed; nothing is left if it is none."""

    count: int = 0


class IndexMessages(Request[Indexed], frozen=True):
    """Bring the index of messages forward by some."""


@operation("message.index", kind="write", example={})
def index_messages(request: IndexMessages, tx: Transaction) -> Indexed:
    """Bring the index of messages forward by some."""
    del request
    return Indexed(count=tx.messages.index(_INDEX_MAX))
