"""What the noun modules need of a database: a few methods, whichever database it is."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

import msgspec

Row = tuple[Any, ...]
Parameters = Mapping[str, object]


class Session(Protocol):
    """One connection inside one transaction. Queries are called by their dotted names."""

    def all(self, query: str, /, **parameters: object) -> list[Row]: ...
    def one(self, query: str, /, **parameters: object) -> Row | None: ...
    def run(self, query: str, /, **parameters: object) -> None: ...
    def many(self, query: str, /, rows: Iterable[Parameters]) -> None: ...
    def changed(self) -> int: ...
    def control(self, command: str) -> None: ...
    @property
    def is_in_transaction(self) -> bool: ...


def listed(values: Collection[str] | Collection[int]) -> str:
    """Spell a list as a query takes it; also names that are no Unicode, which nothing has."""
    try:
        return msgspec.json.encode(values).decode()
    except UnicodeEncodeError:
        # Late import: nobody has such names but by mistake.
        import json

        return json.dumps(list(values))
