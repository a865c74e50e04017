"""Threads for what takes longer than a write: command lines, reads, jobs. Bounded."""

import threading
from collections import deque
from collections.abc import Callable

Work = Callable[[], None]


class Workers:
    """At most so many threads; each ends when it had nothing to do for a while."""

    def __init__(self, name: str, *, threads_max: int, waiting_max: int, idle_s: float) -> None:
        self._name = name
        self._threads_max = threads_max
        self._waiting_max = waiting_max
        self._idle_s = idle_s
        self._waiting: deque[Work] = deque()
        self._changed = threading.Condition()
        self._idle = 0
        self.threads = 0
        """How many threads there are."""

    @property
    def waiting(self) -> int:
        """Return how much waits for a thread."""
        return len(self._waiting)

    @property
    def busy(self) -> int:
        """Return how many threads work."""
        return self.threads - self._idle

    @property
    def is_scarce(self) -> bool:
        """Tell whether most of the threads there may be are at work."""
        return self.busy > self._threads_max // 2

    def begin(self, work: Work) -> bool:
        """Let a thread do a piece of work; tell whether there is room for it."""
        with self._changed:
            if len(self._waiting) >= self._waiting_max:
                return False
            self._waiting.append(work)
            if self._idle >= len(self._waiting):
                self._changed.notify()
            elif self.threads < self._threads_max and not self._has_started() and not self.threads:
                self._waiting.pop()
                return False
        return True

    def _has_started(self) -> bool:
        """Start a thread; tell whether the system lets us have one more."""
        try:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        except RuntimeError:
            return False
        self.threads += 1
        return True

    def _work(self) -> None:
        try:
            while (work := self._next()) is not None:
                work()
        except BaseException:
            with self._changed:
                self.threads -= 1
            raise

    def _next(self) -> Work | None:
        with self._changed:
            self._idle += 1
            try:
                if not self._waiting:
                    self._changed.wait(self._idle_s)
                if self._waiting:
                    return self._waiting.popleft()
                self.threads -= 1
                return None
            finally:
                self._idle -= 1
