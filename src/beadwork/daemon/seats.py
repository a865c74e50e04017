"""Engines for threads: each reads on a connection of its own, and writes through the queue."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from beadwork.engine import Engine

_FREE_MAX = 64


class Seats:
    """Engines that are free, the one last used first: its pages are still in memory."""

    def __init__(self, new_engine: Callable[[], Engine]) -> None:
        self._new_engine = new_engine
        self._free: list[Engine] = []
        self._lock = threading.Lock()
        self._generation = 0

    @contextlib.contextmanager
    def taken(self) -> Iterator[Engine]:
        """Have an engine for oneself."""
        with self._lock:
            engine = self._free.pop() if self._free else None
            generation = self._generation
        engine = engine or self._new_engine()
        try:
            yield engine
        finally:
            with self._lock:
                is_kept = generation == self._generation and len(self._free) < _FREE_MAX
                if is_kept:
                    self._free.append(engine)
            if not is_kept:
                engine.shut()

    def renew(self) -> None:
        """Let go of every engine: the project's words, or the database, are others now."""
        with self._lock:
            self._generation += 1
            free, self._free = self._free, []
        for each in free:
            each.shut()
