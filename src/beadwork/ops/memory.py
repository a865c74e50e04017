"""What agents remember from one session to the next; it stays in the store, in no file."""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from beadwork.model import instants
from beadwork.model.errors import InvalidField, UnknownMemory
from beadwork.model.issue import require_text
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import MemoryRow, Transaction

_KEY_WORDS = 8
_KEY_CHARS = 60
_GIVEN_KEY_CHARS = 200


class Memory(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A text that is remembered, and by whom it was given last."""

    key: str
    text: str
    actor: str
    created_at: str
    updated_at: str


class Remembered(Response):
    """The memory's key, and whether it is new."""

    key: str
    text: str
    action: Literal["remembered", "updated", "unchanged"]


class Remember(Request[Remembered], frozen=True):
    """Remember a text. Without a key it gets one of its first words, numbered if need be."""

    text: str
    key: Annotated[str, Meta(description="What to recall it by; one that is there is changed.")] = (
        ""
    )


@operation(
    "memory.remember",
    kind="write",
    raises=(InvalidField,),
    example={"text": "The tests need a PostgreSQL", "key": "tests"},
)
def remember(request: Remember, tx: Transaction) -> Remembered:
    """Remember a text."""
    text = require_text(request.text.strip(), "text")
    if not text:
        raise InvalidField("There is nothing to remember", hint='bd remember "Text"', field="text")
    key = require_key(request.key, "memory") if request.key else _own_key(tx, text)
    if not key:
        raise InvalidField("No key can be made of this text", hint="Pass --key NAME.", field="key")
    before = tx.memories.find(key)
    if before != text:
        tx.memories.put(key, text)
    action: Literal["remembered", "updated", "unchanged"] = (
        "remembered" if before is None else "unchanged" if before == text else "updated"
    )
    return Remembered(key=key, text=text, action=action)


def _own_key(tx: Transaction, text: str) -> str:
    """Return the key that a text has, or one of its first words that no other text has."""
    key = wanted = key_of(text)
    number = 1
    while wanted and tx.memories.find(key) not in (None, text):
        number += 1
        key = f"{wanted}-{number}"
    return key


def key_of(text: str) -> str:
    """Return a key made of the first words of a text; it may be empty."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words[:_KEY_WORDS])[:_KEY_CHARS].rstrip("-")


def require_key(key: str, what: str) -> str:
    """Return a key that a memory or a pair may have.

    Raises:
        InvalidField: it is empty, too long, or has other than letters in it.
    """
    name = key.strip()
    if not name or len(name) > _GIVEN_KEY_CHARS or not name.isprintable():
        raise InvalidField(
            f'"{name[:60]}" can\'t be the key of a {what}',
            hint=f"Use 1 to {_GIVEN_KEY_CHARS} letters on one line.",
            field="key",
        )
    return name


class Memories(Response):
    """What was found, by key."""

    memories: list[Memory]


class ListMemories(Request[Memories], frozen=True):
    """List what is remembered."""

    words: Annotated[
        list[str], Meta(description="Only where each of these is in the key or the text.")
    ] = []


@operation("memory.list", kind="read", example={"words": ["tests"]})
def list_memories(request: ListMemories, tx: Transaction) -> Memories:
    """List what is remembered."""
    wanted = [word.casefold() for word in request.words]
    return Memories(
        memories=[
            _shown(row)
            for row in tx.memories.all()
            if all(word in f"{row.key}\n{row.text}".casefold() for word in wanted)
        ]
    )


def _shown(row: MemoryRow) -> Memory:
    return Memory(
        key=row.key,
        text=row.text,
        actor=row.actor,
        created_at=instants.format_us(row.created_us),
        updated_at=instants.format_us(row.updated_us),
    )


class Recall(Request[Memories], frozen=True):
    """Recall what has just this key, or else what has all of its words."""

    key: Annotated[str, Meta(description="A key, or words of what is sought.")]


@operation("memory.recall", kind="read", raises=(InvalidField,), example={"key": "tests"})
def recall(request: Recall, tx: Transaction) -> Memories:
    """Recall what has a key, or else words."""
    if not request.key.strip():
        raise InvalidField("No key was given", hint="bd recall KEY", field="key")
    found = [row for row in tx.memories.all() if row.key == request.key.strip()]
    if found:
        return Memories(memories=[_shown(row) for row in found])
    return list_memories.handler(ListMemories(words=request.key.split()), tx)  # type: ignore[return-value]


class Forgotten(Response):
    """What was forgotten."""

    key: str
    text: str


class Forget(Request[Forgotten], frozen=True):
    """Forget what a key has."""

    key: Annotated[str, Meta(description="The key, whole.")]


@operation("memory.forget", kind="write", raises=(UnknownMemory,), example={"key": "tests"})
def forget(request: Forget, tx: Transaction) -> Forgotten:
    """Forget what a key has."""
    key = request.key.strip()
    text = tx.memories.find(key)
    if text is None:
        raise UnknownMemory(f'Nothing is remembered under "{key[:60]}"', key=key[:200])
    tx.memories.drop(key)
    return Forgotten(key=key, text=text)
