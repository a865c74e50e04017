"""Events as they happen, over restarts of the daemon: none is missed, none comes twice."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from beadwork.client.means import Broken, Late
from beadwork.client.socket_wire import Stream
from beadwork.model.errors import Unavailable
from beadwork.model.overriding import override
from beadwork.ops.event import Event, Events, ListEvents

PAGE = 500
LOOK_S = 0.05
"""How long to wait before the next look at a store that has no daemon."""


class Source(Protocol):
    """Where events come from: a client."""

    def call(self, request: ListEvents) -> Events:
        """Return events of the store."""

    def stream(self, since: int, issues: Sequence[str]) -> Stream | None:
        """Open a connection that tells events; None where there is no daemon."""


class Cursor:
    """How far somebody has followed, and what they follow."""

    def __init__(self, since: int, issues: Sequence[str]) -> None:
        self.seen = since
        self.issues = tuple(issues)
        self._is_first = True

    def next_page(self) -> ListEvents:
        """Return what asks for the next events; at the beginning none of them may be gone."""
        is_first, self._is_first = self._is_first, False
        return ListEvents(since=self.seen, limit=PAGE, complete=is_first)

    def fresh(self, events: Sequence[Event]) -> list[Event]:
        """Move on over events; return those that are wanted and were not seen."""
        unseen = [each for each in events if each.seq > self.seen]
        if unseen:
            self.seen = unseen[-1].seq
        return [each for each in unseen if not self.issues or each.issue_id in self.issues]


class Following(Iterator[Event]):
    """The events after a cursor. It has a connection of its own: close it, or use `with`."""

    def __init__(
        self, source: Source, since: int, issues: Sequence[str], wait_s: float | None
    ) -> None:
        self._source = source
        self._cursor = Cursor(since, issues)
        self._wait_s = wait_s
        self._stream: Stream | None = None
        self._held: deque[Event] = deque()
        self._is_over = False

    @property
    def cursor(self) -> int:
        """Return the number of the latest event that was taken, to go on from later."""
        return self._held[0].seq - 1 if self._held else self._cursor.seen

    @override
    def __next__(self) -> Event:
        """Wait for the next event.

        Raises:
            StopIteration: none came in time.
            CursorExpired: some of what happened after the cursor is not known any more.
            BeadworkError: the store can't be read.
        """
        end_s = None if self._wait_s is None else time.monotonic() + self._wait_s
        while not self._held:
            left_s = None if end_s is None else end_s - time.monotonic()
            if self._is_over or (left_s is not None and left_s <= 0):
                self.close()
                raise StopIteration
            self._held.extend(self._cursor.fresh(self._more(left_s)))
        return self._held.popleft()

    def close(self) -> None:
        """End it."""
        self._is_over = True
        self._hang_up()

    def _more(self, left_s: float | None) -> list[Event]:
        """Return events that came meanwhile, from the daemon or from the store itself."""
        if self._stream is None:
            self._stream = self._source.stream(self._cursor.seen, self._cursor.issues)
        if self._stream is None:
            return self._look(left_s)
        try:
            event = self._stream.next(left_s)
        except (Broken, Unavailable):
            self._hang_up()
            return self._look(left_s)
        except Late:
            return []
        except BaseException:
            self._hang_up()
            raise
        return [] if event is None else [event]

    def _look(self, left_s: float | None) -> list[Event]:
        events = self._source.call(self._cursor.next_page()).events
        if not events:
            time.sleep(LOOK_S if left_s is None else min(LOOK_S, left_s))
        return events

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.close()
