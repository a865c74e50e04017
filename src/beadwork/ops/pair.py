"""Pairs of a key and a value that programs keep in the store; they are in no file."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.errors import InvalidField
from beadwork.model.issue import require_text
from beadwork.ops.memory import require_key
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction

Key = Annotated[str, Meta(description="The key, whole.")]


class Pair(Response):
    """A pair; without a value there is none of this key."""

    key: str
    value: str | None = None


class GetPair(Request[Pair], frozen=True):
    """Get the value of a key."""

    key: Key


@operation("pair.get", kind="read", raises=(InvalidField,), example={"key": "branch"})
def get_pair(request: GetPair, tx: Transaction) -> Pair:
    """Get the value of a key."""
    key = require_key(request.key, "pair")
    return Pair(key=key, value=tx.memories.pair(key))


class SetPair(Request[Pair], frozen=True):
    """Set the value of a key."""

    key: Key
    value: Annotated[str, Meta(description="Any text, an empty one too.")]


@operation(
    "pair.set", kind="write", raises=(InvalidField,), example={"key": "branch", "value": "main"}
)
def set_pair(request: SetPair, tx: Transaction) -> Pair:
    """Set the value of a key."""
    key = require_key(request.key, "pair")
    value = require_text(request.value, "value")
    if tx.memories.pair(key) != value:
        tx.memories.put_pair(key, value)
    return Pair(key=key, value=value)


class Pairs(Response):
    """Every pair, by key."""

    pairs: dict[str, str]


class ListPairs(Request[Pairs], frozen=True):
    """List every pair."""


@operation("pair.list", kind="read", example={})
def list_pairs(request: ListPairs, tx: Transaction) -> Pairs:
    """List every pair."""
    del request
    return Pairs(pairs=tx.memories.pairs())


class Cleared(Response):
    """Whether there was such a pair."""

    key: str
    deleted: bool


class ClearPair(Request[Cleared], frozen=True):
    """Take a pair away."""

    key: Key


@operation("pair.clear", kind="write", raises=(InvalidField,), example={"key": "branch"})
def clear_pair(request: ClearPair, tx: Transaction) -> Cleared:
    """Take a pair away."""
    key = require_key(request.key, "pair")
    is_there = tx.memories.pair(key) is not None
    if is_there:
        tx.memories.drop_pair(key)
    return Cleared(key=key, deleted=is_there)
