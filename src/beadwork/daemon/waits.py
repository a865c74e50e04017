"""Requests at the socket that wait for an answer, without a thread for each."""

import contextlib
import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from beadwork.daemon.changes import Changes, Parked
from beadwork.daemon.chores import Chores
from beadwork.daemon.connection import Connection
from beadwork.daemon.writes import WriteQueue
from beadwork.engine import Call, Outcome, patience_s
from beadwork.model.errors import BeadworkError, Unavailable
from beadwork.ops.operation import Expected, Response
from beadwork.ops.table import operation_of

_CHORE = "waits"
_SPENT_MAX = 100


@dataclass(eq=False)
class _Waiting:
    call: Call
    connection: Connection
    answer: Callable[[Outcome], None]
    end_s: float
    leave: Callable[[], None] = lambda: None
    """Ends it where the connection is closed."""
    parked: Parked | None = None
    is_asking: bool = False
    is_called: bool = False
    """Something came while it was being asked."""
    is_over: bool = False
    alarm_s: float = float("inf")
    last: Outcome | None = None


class Waits:
    """All that wait. Everything runs in the loop's thread, but for being woken."""

    def __init__(
        self,
        queue: WriteQueue,
        changes: Changes,
        chores: Chores,
        *,
        post: Callable[[Callable[[], None]], None],
        left_s: Callable[[Expected], float | None],
    ) -> None:
        self._queue = queue
        self._changes = changes
        self._chores = chores
        self._post = post
        self._left_s = left_s
        self._alarms: list[tuple[float, int, _Waiting]] = []
        self._spent = 0
        """So many alarms, at most, are of those who wait no more."""
        self._numbers = itertools.count()
        chores.add(_CHORE, 0, self._ring)

    def taken(
        self, call: Call, connection: Connection, answer: Callable[[Outcome], None]
    ) -> Callable[[Outcome], None]:
        """Return what takes the first outcome of a call: it answers, or waits for a better one."""
        end_s = time.monotonic() + patience_s(call.request)
        waiting = _Waiting(call, connection, answer, end_s)

        def take(outcome: Outcome) -> None:
            if isinstance(outcome, Expected) and outcome.is_pending:
                waiting.leave = lambda: self._leave(waiting)
                connection.on_close.append(waiting.leave)
            self._take(waiting, outcome)

        return take

    def _take(self, waiting: _Waiting, outcome: Outcome) -> None:
        waiting.is_asking = False
        if waiting.is_over:
            if isinstance(outcome, Response):
                self._give_up(waiting.call, outcome)
            return
        if self._changes.is_ending and isinstance(outcome, Expected) and outcome.is_pending:
            outcome = Unavailable("The daemon is about to end", hint="Try again.", retry_ms=200)
        is_late = time.monotonic() >= waiting.end_s
        if not isinstance(outcome, Expected) or not outcome.is_pending or is_late:
            self._let_go(waiting, outcome)
            return
        waiting.last = outcome
        if waiting.parked is None:
            waiting.parked = self._changes.park(outcome.wake_on, lambda: self._call(waiting))
            # Once at once: it may have come in the same commit, before we listened.
            waiting.is_called = True
        if waiting.is_called:
            self._ask(waiting)
            return
        left_s = self._left_s(outcome)
        look_s = waiting.end_s if left_s is None else time.monotonic() + left_s
        self._alarm(waiting, min(look_s, waiting.end_s))

    def _leave(self, waiting: _Waiting) -> None:
        """End the wait of one who went away, and let go of what it stood in line for."""
        if waiting.is_over:
            return
        self._end(waiting)
        if not waiting.is_asking:
            self._give_up(waiting.call)

    def _give_up(self, call: Call, answer: Response | None = None) -> None:
        """Let go of what a call stood in line for, or was handed when nobody was there any more."""
        caller = call.caller._replace(key="")
        for request in call.request.leaving(answer):
            leaving = Call(operation_of(type(request)), request, caller)
            # Where no more is written, it is forgotten in time.
            with contextlib.suppress(BeadworkError):
                self._queue.put([leaving], lambda _: None)

    def _let_go(self, waiting: _Waiting, outcome: Outcome) -> None:
        """Answer one: it waits no more."""
        self._end(waiting)
        waiting.answer(outcome)

    def _alarm(self, waiting: _Waiting, at_s: float) -> None:
        if at_s >= waiting.alarm_s:
            return
        waiting.alarm_s = at_s
        heapq.heappush(self._alarms, (at_s, next(self._numbers), waiting))
        self._chores.hasten(_CHORE, max(0.0, self._alarms[0][0] - time.monotonic()))

    def _call(self, waiting: _Waiting) -> None:
        """Let one look again; called in whatever thread has news."""
        self._post(lambda: self._ask(waiting))

    def _ask(self, waiting: _Waiting) -> None:
        if waiting.is_over:
            return
        if waiting.is_asking:
            waiting.is_called = True
            return
        if waiting.last is not None and waiting.connection.is_gone:
            # It would be handed out to nobody. The answer finds that out, and all is let go.
            self._leave(waiting)
            waiting.answer(waiting.last)
            return
        waiting.is_asking, waiting.is_called = True, False
        try:
            self._queue.put([waiting.call], lambda outcomes: self._take(waiting, outcomes[0]))
        except BeadworkError as error:
            self._take(waiting, error)

    def _ring(self) -> None:
        """Let those look whose time has come; answer those whose time is over."""
        now_s = time.monotonic()
        while self._alarms and self._alarms[0][0] <= now_s:
            at_s, _, waiting = heapq.heappop(self._alarms)
            if at_s > waiting.alarm_s:
                continue  # There was an earlier one since.
            waiting.alarm_s = float("inf")
            if waiting.is_over or waiting.is_asking:
                continue
            if now_s >= waiting.end_s and waiting.last is not None:
                self._take(waiting, waiting.last)
            else:
                self._ask(waiting)
        if self._alarms:
            self._chores.hasten(_CHORE, max(0.0, self._alarms[0][0] - now_s))

    def _end(self, waiting: _Waiting) -> None:
        if waiting.is_over:
            return
        waiting.is_over = True
        if waiting.parked is not None:
            self._changes.leave(waiting.parked)
            waiting.parked = None
        with contextlib.suppress(ValueError):
            waiting.connection.on_close.remove(waiting.leave)
        self._spent += 1
        if self._spent > max(_SPENT_MAX, len(self._alarms) // 2):
            self._forget()

    def _forget(self) -> None:
        """Let the alarms go of those who wait no more: each would stay as long as it might wait."""
        self._alarms = [each for each in self._alarms if not each[2].is_over]
        heapq.heapify(self._alarms)
        self._spent = 0
