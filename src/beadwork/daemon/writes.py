"""The queue in front of the one writer: threads put writes in and wait until they are durable."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from beadwork.engine import Call, Outcome
from beadwork.model.errors import Unavailable

Done = Callable[[list[Outcome]], None]
"""Called with the outcomes, in the thread of the writer, once they are durable."""
_BUSY_HINT = "Try again in a second; `bd daemon status` shows how much is waiting."


class Submission:
    """Some writes of one caller, and who is told."""

    __slots__ = ("calls", "done")

    def __init__(self, calls: Sequence[Call], done: Done) -> None:
        self.calls = calls
        self.done = done


class WriteQueue:
    """What is waiting to be written, bounded by a number of calls."""

    def __init__(self, *, calls_max: int) -> None:
        self._calls_max = calls_max
        self._waiting: deque[Submission] = deque()
        self._lock = threading.Lock()
        self._is_open = True
        self.depth = 0
        """How many calls are waiting."""
        self.wake: Callable[[], None] = lambda: None
        """Lets the writer look; set by whoever owns it."""

    def put(self, calls: Sequence[Call], done: Done) -> None:
        """Let calls be written together with whatever else is waiting.

        Raises:
            Unavailable: too much is waiting, or the daemon is about to end.
        """
        with self._lock:
            if not self._is_open:
                raise Unavailable("The daemon is about to end", hint="Try again.", retry_ms=200)
            if self.depth + len(calls) > self._calls_max and self.depth:
                raise Unavailable("Too many writes are waiting", hint=_BUSY_HINT, retry_ms=1000)
            self.depth += len(calls)
            self._waiting.append(Submission(calls, done))

    def probe(self, done: Done) -> None:
        """Let a commit be made, whether or not there is something to write.

        Raises:
            Unavailable: too much is waiting, or the daemon is about to end.
        """
        self.put([], done)
        self.wake()

    def submit(self, calls: Sequence[Call]) -> list[Outcome]:
        """Let calls be written, and wait for their outcomes."""
        answers: list[Outcome] = []
        is_done = threading.Lock()
        is_done.acquire()

        def done(outcomes: list[Outcome]) -> None:
            answers.extend(outcomes)
            is_done.release()

        try:
            self.put(calls, done)
        except Unavailable as error:
            return [error for _ in calls]
        self.wake()
        is_done.acquire()
        return answers

    def take(self, calls_max: int) -> list[Submission]:
        """Take what is waiting, up to a number of calls but at least one submission."""
        taken: list[Submission] = []
        count = 0
        with self._lock:
            while self._waiting and (not taken or count < calls_max):
                one = self._waiting.popleft()
                count += len(one.calls)
                taken.append(one)
            self.depth -= count
        return taken

    def close(self) -> None:
        """Take nothing more; what is waiting is still written."""
        with self._lock:
            self._is_open = False
