"""How far a long piece of work is, on one line of the terminal that is gone when it is done."""

from collections.abc import Callable

from beadwork.doors.cli.views.screen import Screen

_FIRST_US = 1_000_000
"""Work that takes no longer shows nothing."""
_EVERY_US = 100_000
_BAR_MAX = 30
_BACK = "\r\x1b[K"


class Bar:
    """A bar on standard error; `clock` tells the time, `write` writes."""

    def __init__(
        self, screen: Screen, clock: Callable[[], int], write: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._clock = clock
        self._write = write
        self._next_us = clock() + _FIRST_US
        self._is_drawn = False

    def __call__(self, done: int, total: int, what: str) -> None:
        """Draw how much is done, if it is time to."""
        now_us = self._clock()
        if now_us < self._next_us:
            return
        self._next_us = now_us + _EVERY_US
        self._is_drawn = True
        self._write(_BACK + self._line(done, total, what))

    def _line(self, done: int, total: int, what: str) -> str:
        part = min(done / total, 1.0) if total > 0 else 0.0
        said = f" {part:4.0%} {done:,} of {total:,} {what}" if total > 0 else f" {done:,} {what}"
        room = min(self._screen.width - len(said) - 1, _BAR_MAX)
        full, empty = ("█", "░") if self._screen.has_signs else ("#", ".")
        filled = round(part * room)
        bar = full * filled + empty * (room - filled) if room > 3 and total > 0 else ""
        return (bar + said).strip()[: self._screen.width - 1]

    def clear(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._is_drawn = False
            self._write(_BACK)
