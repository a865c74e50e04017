"""The files of the logs, as jobs see them; `sync` satisfies these protocols."""

# ruff: noqa: D102 -- protocols: their classes say what for, `sync` says how

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol


class LogEnd(NamedTuple):
    """The last line of a log: its number and its time; 0 if the log has none."""

    seq: int
    at: str


class LogFile(Protocol):
    """A log: lines that are only appended, each bound to the one before by its checksum."""

    def resume(self) -> LogEnd: ...
    def append(self, lines: Sequence[bytes]) -> None: ...
    def rotate(self) -> None: ...


class LogFolder(Protocol):
    """The logs of a store."""

    @property
    def events(self) -> LogFile: ...
    @property
    def messages(self) -> LogFile: ...
    def writing(self) -> AbstractContextManager[None]: ...
    def mend(self) -> list[str]: ...
