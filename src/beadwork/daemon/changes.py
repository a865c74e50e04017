"""Tells whoever waits that something has changed: anything, or what they listen for."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence


class Parked:
    """Somebody who listens for names."""

    __slots__ = ("names", "wake")

    def __init__(self, names: Sequence[str], wake: Callable[[], None]) -> None:
        self.names = tuple(names)
        self.wake = wake


class Changes:
    """A number that grows with each commit, and those who wait for the next."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._number = 0
        self._parked: dict[str, set[Parked]] = {}
        self.is_ending = False
        """Nothing will be told any more."""

    @property
    def number(self) -> int:
        """Return the number of the latest change."""
        return self._number

    @property
    def parked(self) -> int:
        """Return how many names are listened for."""
        return len(self._parked)

    def note(self) -> None:
        """Let those who wait for any change look."""
        with self._condition:
            self._number += 1
            self._condition.notify_all()

    def tell(self, names: Iterable[str]) -> None:
        """Wake those who listen for one of these names."""
        with self._condition:
            woken = {each for name in names for each in self._parked.get(name, ())}
        for each in woken:
            each.wake()

    def tell_all(self) -> None:
        """Wake all who listen: nobody knows what has changed."""
        self.tell(list(self._parked))

    def park(self, names: Sequence[str], wake: Callable[[], None]) -> Parked:
        """Listen for names; `wake` is called in the thread that tells of them."""
        parked = Parked(names, wake)
        with self._condition:
            for name in parked.names:
                self._parked.setdefault(name, set()).add(parked)
        return parked

    def leave(self, parked: Parked) -> None:
        """Listen no more."""
        with self._condition:
            for name in parked.names:
                others = self._parked.get(name, set())
                others.discard(parked)
                if not others:
                    self._parked.pop(name, None)

    def end(self) -> None:
        """Let all who wait go."""
        with self._condition:
            self.is_ending = True
            self._condition.notify_all()
        self.tell_all()

    def wait(self, seen: int, timeout_s: float) -> bool:
        """Wait until there is a later change than one that was seen; tell whether there is."""
        with self._condition:
            return self._condition.wait_for(
                lambda: self.is_ending or self._number > seen, timeout_s
            )


class Ear:
    """Listens for names in a thread that may sleep meanwhile."""

    def __init__(
        self,
        changes: Changes,
        names: Sequence[str],
        wait_s: float,
        is_wanted: Callable[[], bool],
    ) -> None:
        self._changes = changes
        self._is_wanted = is_wanted
        self._end_s = time.monotonic() + wait_s
        self._woken = threading.Event()
        self._parked = changes.park(names, self._woken.set)

    def wait(self, look_s: float | None) -> bool:
        """Wait until there may be something, at most so long; tell whether to look again."""
        look_at_s = self._end_s if look_s is None else time.monotonic() + look_s
        while not self._woken.is_set():
            now_s = time.monotonic()
            if not self._is_wanted() or now_s >= self._end_s or self._changes.is_ending:
                return False
            if now_s >= look_at_s:
                return True
            self._woken.wait(min(look_at_s - now_s, self._end_s - now_s, _WANTED_S))
        self._woken.clear()
        return self._is_wanted() and not self._changes.is_ending

    def close(self) -> None:
        """Listen no more."""
        self._changes.leave(self._parked)


_WANTED_S = 1.0
"""So often it is asked whether somebody still waits."""
