"""The daemon's log: a line of JSON for each thing that happened, rotated."""

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Any

import msgspec

_BYTES_MAX = 2_000_000
_KEPT = 3


class Log:
    """Lines of `{"at", "event", ...}`. What can't be written is lost: the daemon goes on."""

    def __init__(
        self,
        path: str,
        *,
        now: Callable[[], str],
        fault_log: Callable[[str, BaseException], str],
        echo: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path
        self._now = now
        self._fault_log = fault_log
        self._echo = echo
        self._lock = threading.Lock()
        self.last_error = ""
        """What went wrong last, for `health`."""

    def note(self, event: str, **facts: Any) -> None:
        """Write a line."""
        line = msgspec.json.encode({"at": self._now(), "event": event, **facts}, enc_hook=str)
        with self._lock, contextlib.suppress(OSError):
            self._rotate(len(line))
            with open(self.path, "ab", opener=_private) as file:
                file.write(line + b"\n")
        if self._echo is not None:
            self._echo(line.decode())

    def trouble(self, event: str, error: BaseException, **facts: Any) -> None:
        """Write a line of what went wrong."""
        self.last_error = f"{self._now()} {event}: {error}"
        self.note(event, error=str(error), code=getattr(error, "code", ""), **facts)

    def fault(self, what: str, error: BaseException) -> str:
        """Write down a fault of ours, with its trace; return its number."""
        number = self._fault_log(what, error)
        self.trouble("fault", error, what=what, report=number)
        return number

    def _rotate(self, more: int) -> None:
        try:
            size = os.path.getsize(self.path)
        except OSError:
            return
        if size + more <= _BYTES_MAX:
            return
        for number in range(_KEPT - 1, 0, -1):
            with contextlib.suppress(OSError):
                os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")
        os.replace(self.path, f"{self.path}.1")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
