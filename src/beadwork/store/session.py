"""What the noun modules need of a database: five methods, whichever database it is."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

Row = tuple[Any, ...]
Parameters = Mapping[str, object]


class Session(Protocol):
    """One connection inside one transaction. Queries are called by their dotted names."""

    def all(self, query: str, /, **parameters: object) -> list[Row]: ...
    def one(self, query: str, /, **parameters: object) -> Row | None: ...
    def run(self, query: str, /, **parameters: object) -> None: ...
    def many(self, query: str, /, rows: Iterable[Parameters]) -> None: ...
    def changed(self) -> int: ...
