"""What the daemon does by itself, each a function of its own, when its time has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Chore:
    """Something to do every so many seconds; `period_s` 0: only when it is hastened."""

    name: str
    period_s: float
    work: Callable[[], None]
    next_s: float = 0.0


class Chores:
    """The list of chores. Their work must be short: what is long begins a thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        on_fault: Callable[[str, Exception], None],
    ) -> None:
        self._clock = clock
        self._on_fault = on_fault
        self._chores: dict[str, Chore] = {}

    def add(self, name: str, period_s: float, work: Callable[[], None]) -> None:
        """Do something every so many seconds, first after that time."""
        next_s = self._clock() + period_s if period_s else float("inf")
        self._chores[name] = Chore(name, period_s, work, next_s)

    def hasten(self, name: str, after_s: float = 0.0) -> None:
        """Let a chore be due soon, if it is not so anyway."""
        chore = self._chores[name]
        chore.next_s = min(chore.next_s, self._clock() + after_s)

    def postpone(self, name: str, after_s: float) -> None:
        """Let a chore be due after a time, and not before it."""
        self._chores[name].next_s = self._clock() + after_s

    def wait_s(self) -> float | None:
        """Return how long nothing is due; None: for ever."""
        first = min((each.next_s for each in self._chores.values()), default=float("inf"))
        return None if first == float("inf") else max(0.0, first - self._clock())

    def run_due(self) -> None:
        """Do what is due."""
        now = self._clock()
        for each in self._chores.values():
            if each.next_s <= now:
                each.next_s = now + each.period_s if each.period_s else float("inf")
                try:
                    each.work()
                except Exception as error:  # noqa: BLE001 -- one fails, and the daemon goes on
                    self._on_fault(each.name, error)
