"""What each worker was told: a line in its own file for every answer that it got.

An entry stands for an acknowledged write, so the proof may hold the store to it.
`asked` and `answered` are readings of the one monotonic clock of the machine.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

Ack = dict[str, Any]
T = TypeVar("T")


class AckLog:
    """The file of one worker."""

    def __init__(self, file: TextIO, worker: str) -> None:
        self._file = file
        self._worker = worker
        self._asked = self._answered = 0

    def ask(self, question: Callable[[], T]) -> T:
        """Ask, and note when the question was sent and when its answer was there."""
        self._asked = time.monotonic_ns()
        try:
            return question()
        finally:
            self._answered = time.monotonic_ns()

    def note(self, what: str, issue: str, **facts: Any) -> None:
        """Write down what the last answer said."""
        entry = {"worker": self._worker, "what": what, "issue": issue, **facts}
        entry |= {"asked": self._asked, "answered": self._answered}
        self._file.write(f"{json.dumps(entry, ensure_ascii=False)}\n")
        self._file.flush()


def read_all(folder: Path) -> Iterator[Ack]:
    """Read the files of all workers; a line that is still being written is left out."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)
