"""Tells whoever waits that something has changed."""

import threading


class Changes:
    """A number that grows with each commit, and those who wait for the next."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._number = 0
        self.is_ending = False
        """Nothing will be told any more."""

    @property
    def number(self) -> int:
        """Return the number of the latest change."""
        return self._number

    def note(self) -> None:
        """Let those who wait look."""
        with self._condition:
            self._number += 1
            self._condition.notify_all()

    def end(self) -> None:
        """Let all who wait go."""
        with self._condition:
            self.is_ending = True
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> bool:
        """Wait until there is a later change than one that was seen; tell whether there is."""
        with self._condition:
            return self._condition.wait_for(
                lambda: self.is_ending or self._number > seen, timeout_s
            )
