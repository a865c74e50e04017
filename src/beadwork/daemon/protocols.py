"""What the parts of the daemon expect of one another, and of the doors that it is given."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from beadwork.daemon.connection import Connection
from beadwork.ops.plan import Plan


class Answers(Protocol):
    """Answers JSON requests: `tell` is called once for each, or more often for a stream."""

    def begin(self, connection: Connection, line: bytes, tell: Callable[[bytes], None]) -> None: ...
    def refusal(self, message: str) -> bytes: ...
    def end(self) -> None: ...


class Classic(Protocol):
    """The operations of classic's socket."""

    @property
    def names(self) -> Sequence[str]: ...
    def plan(self, operation: str, arguments: Mapping[str, Any], actor: str) -> Plan: ...
