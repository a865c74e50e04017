"""The project's words: its statuses and types."""

import msgspec

from beadwork.model.issue import BUILT_IN_STATUSES, BUILT_IN_TYPES
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


class Word(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A status or a type; `is_done` of a status that ends the work."""

    name: str
    is_custom: bool = False
    is_done: bool = False


class Words(Response):
    """Every status and type that issues here can have."""

    statuses: list[Word]
    types: list[Word]


class ListWords(Request[Words], frozen=True):
    """List the statuses and types of this project."""


@operation("vocabulary.list", kind="read", example={})
def list_words(request: ListWords, tx: Transaction) -> Words:
    """List the statuses and types of this project."""
    del request
    words = tx.vocabulary
    return Words(
        statuses=[
            Word(
                name=name,
                is_custom=name not in BUILT_IN_STATUSES,
                is_done=words.is_done(name),
            )
            for name in dict.fromkeys(words.statuses())
        ],
        types=[
            Word(name=name, is_custom=name not in BUILT_IN_TYPES)
            for name in dict.fromkeys(words.types())
        ],
    )
