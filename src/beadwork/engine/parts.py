"""What the engine is asked with, and what it is given of the world."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from beadwork.model.claim import Holder
from beadwork.ops.log_files import LogFolder
from beadwork.ops.operation import Operation, Request
from beadwork.ops.operation import Progress as Progress

if TYPE_CHECKING:
    from beadwork.engine import Engine

FaultLog = Callable[[str, BaseException], str]
"""Logs a fault of ours under the operation's name and returns its report number."""


class Caller(NamedTuple):
    """Who calls, and under which idempotency key if any."""

    holder: Holder
    key: str = ""


class Call(NamedTuple):
    """One request of a batch."""

    operation: Operation
    request: Request[Any]
    caller: Caller
    is_staged: bool = False
    """What is too large for the database has been put aside."""
    progress: Progress | None = None
    """Told how far a long piece of work is."""
    is_joined: bool = False
    """One command with the call before it: in the log both are one request, undone together."""


class Ear(Protocol):
    """Listens for what somebody waits for, until the time for it is over."""

    def wait(self, look_s: float | None) -> bool:
        """Wait until there may be something, at most so long; tell whether to look again."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


Listen = Callable[["Engine", Sequence[str], float], Ear]
"""Begins to listen for names, for so many seconds."""


class Guards(NamedTuple):
    """What the engine is given of the world: the clock, locks, the fault log, the logs."""

    now_us: Callable[[], int]
    write_lock: Callable[[], AbstractContextManager[None]]
    export_lock: Callable[[], AbstractContextManager[None]]
    log_fault: FaultLog
    at: Callable[[str], None]
    """Called at named moments; tests fail there."""
    listen: Listen
    logs: LogFolder
