"""What handlers of messages may touch. The store satisfies these protocols."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from beadwork.model.search import Term


class Draft(NamedTuple):
    """A message as it is to be sent. `thread` and `reply_to` are numbers of messages."""

    addresses: list[str]
    type: str
    priority: int
    thread: int | None
    reply_to: int | None
    hops: int
    not_before_us: int | None
    expires_us: int | None
    payload: str | None
    blob: str | None
    blob_bytes: int | None
    head: str | None
    key: str
    git_state: str | None


class MessageRow(NamedTuple):
    """A message as the store has it."""

    seq: int
    id: str
    at_us: int
    sender: str
    session: str
    addresses: list[str]
    type: str
    priority: int
    thread: int | None
    reply_to: int | None
    hops: int
    not_before_us: int | None
    expires_us: int | None
    payload: str | None
    blob: str | None
    blob_bytes: int | None
    head: str | None
    key: str
    git_state: str | None


class DeliveryRow(NamedTuple):
    """One recipient's copy of a message."""

    seq: int
    place: int
    mailbox: str
    address: str
    sender: str
    priority: int
    state: str
    due_us: int = 0
    expires_us: int | None = None
    attempts: int = 0
    attempts_max: int = 1
    receipt: str = ""
    holder: str = ""
    holder_session: str = ""
    held_until_us: int | None = None
    shown_us: int | None = None
    changed_us: int = 0
    reason: str = ""


class Parcel(NamedTuple):
    """A copy that is to be delivered: to whom, and by which of the message's addresses."""

    mailbox: str
    address: str
    attempts_max: int


class Messages(Protocol):
    """The messages."""

    def add(self, draft: Draft) -> MessageRow: ...
    def by_number(self, seq: int) -> MessageRow | None: ...
    def by_numbers(self, seqs: Sequence[int]) -> dict[int, MessageRow]: ...
    def by_id(self, message_id: str) -> MessageRow | None: ...
    def with_key(self, key: str) -> MessageRow | None: ...
    def ids(self, seqs: Sequence[int]) -> dict[int, str]: ...
    def id_of(self, seq: int) -> str: ...
    def in_thread(self, thread: int, *, limit: int) -> list[int]: ...
    def sent_by(self, sender: str, *, before: int | None, limit: int) -> list[int]: ...
    def latest(self, *, before: int | None, limit: int) -> list[int]: ...
    def since(self, seq: int, *, limit: int) -> list[int]: ...
    def unindexed(self, *, limit: int) -> list[int]: ...
    def index(self, limit: int) -> int: ...
    def text(self, seq: int) -> str: ...
    def with_words(
        self, terms: Sequence["Term"], *, before: int | None, limit: int
    ) -> list[int]: ...


class Deliveries(Protocol):
    """Who gets which message, and how far that is."""

    def add(self, message: MessageRow, place: int, parcel: Parcel) -> DeliveryRow | None: ...
    def of_message(self, seq: int) -> list[DeliveryRow]: ...
    def of_receipt(self, receipt: str) -> DeliveryRow | None: ...
    def at(self, seq: int, place: int) -> DeliveryRow: ...
    def next(
        self, mailboxes: Sequence[str], *, limit: int, reply_to: int | None = None
    ) -> list[DeliveryRow]: ...
    def next_due(self, mailboxes: Sequence[str]) -> int | None: ...
    def held(self, mailboxes: Sequence[str], *, limit: int) -> list[DeliveryRow]: ...
    def held_count(self, mailbox: str) -> int: ...
    def waiting(self, mailboxes: Sequence[str], *, limit: int) -> list[DeliveryRow]: ...
    def unseen(
        self, mailboxes: Sequence[str], *, last: int | None, limit: int
    ) -> list[DeliveryRow]: ...
    def unseen_count(self, mailboxes: Sequence[str], *, last: int | None) -> tuple[int, int]: ...
    def in_mailboxes(
        self, mailboxes: Sequence[str], *, before: int | None, limit: int
    ) -> list[DeliveryRow]: ...
    def dead(self, *, before: int | None, limit: int) -> list[DeliveryRow]: ...
    def open_count(self, mailbox: str) -> int: ...
    def states(self, seq: int) -> dict[str, int]: ...
    def hold(self, delivery: DeliveryRow, hold_us: int) -> DeliveryRow: ...
    def extend(self, delivery: DeliveryRow, hold_us: int) -> DeliveryRow: ...
    def give_back(self, delivery: DeliveryRow, delay_us: int, reason: str) -> DeliveryRow: ...
    def settle(self, delivery: DeliveryRow, state: str, reason: str = "") -> DeliveryRow: ...
    def renew(self, delivery: DeliveryRow) -> bool: ...
    def show(self, mailboxes: Sequence[str], *, last: int, as_of_us: int) -> None: ...
    def end_mailbox(self, mailbox: str, reason: str) -> int: ...


class AgentRow(NamedTuple):
    """Who has been here; `since_us` is when the present stay began."""

    agent: str
    session: str
    first_us: int
    since_us: int
    seen_us: int
    operation: str
    left_us: int | None


class Agents(Protocol):
    """Those who exchange messages: who is here, and who gets what."""

    def all(self) -> list[AgentRow]: ...
    def is_known(self, agent: str) -> bool: ...
    def held_issues(self, agent: str) -> list[str]: ...
    def has_ended(self, session: str) -> bool: ...
    def is_in_session(self, session: str) -> bool: ...
    def leave(self, *, stays: bool) -> None: ...
    def subscribe(self, address: str, agent: str) -> bool: ...
    def unsubscribe(self, address: str, agent: str) -> bool: ...
    def subscribers(self, address: str) -> list[str]: ...
    def subscriptions(self, agent: str) -> list[str]: ...
    def addresses(self) -> list[tuple[str, str, int]]: ...
