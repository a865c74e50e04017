"""How far a long piece of work is, on one line of the terminal that is gone when it is done.

Work that can't tell how far it is shows for how long it has gone on: somebody who waits sees that
something still happens.
"""

import threading
from collections.abc import Callable

from beadwork.doors.cli.views.screen import Screen

_FIRST_US = 1_000_000
"""Work that takes no longer shows nothing."""
_EVERY_US = 100_000
_BEAT_S = 0.2
_SILENCE_US = 2_000_000
"""After so long without a word of the work, the time that it has taken is shown."""
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
        self._begun_us = self._told_us = clock()
        self._next_us = self._begun_us + _FIRST_US
        self._is_told = False
        self._is_drawn = False
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._heart: threading.Thread | None = None

    def start(self) -> None:
        """Show the time that it takes wherever the work says nothing, until `clear`."""
        self._heart = threading.Thread(target=self._beat_on, daemon=True)
        self._heart.start()

    def _beat_on(self) -> None:
        while not self._end.wait(_BEAT_S):
            self.beat()

    def beat(self) -> None:
        """Draw for how long the work has gone on, if it says nothing itself."""
        now_us = self._clock()
        if not self._is_told or now_us - self._told_us >= _SILENCE_US:
            self._draw(now_us, f"working, {(now_us - self._begun_us) // 1_000_000} s")

    def __call__(self, done: int, total: int, what: str) -> None:
        """Draw how much is done, if it is time to."""
        self._is_told = True
        self._told_us = self._clock()
        self._draw(self._told_us, self._line(done, total, what))

    def _draw(self, now_us: int, line: str) -> None:
        with self._lock:
            if now_us < self._next_us:
                return
            self._next_us = now_us + _EVERY_US
            self._is_drawn = True
            self._write(_BACK + line[: self._screen.width - 1])

    def _line(self, done: int, total: int, what: str) -> str:
        part = min(done / total, 1.0) if total > 0 else 0.0
        said = f" {part:4.0%} {done:,} of {total:,} {what}" if total > 0 else f" {done:,} {what}"
        room = min(self._screen.width - len(said) - 1, _BAR_MAX)
        full, empty = ("█", "░") if self._screen.has_signs else ("#", ".")
        filled = round(part * room)
        bar = full * filled + empty * (room - filled) if room > 3 and total > 0 else ""
        return (bar + said).strip()[: self._screen.width - 1]

    def clear(self) -> None:
        """Take the line away, and let no other come."""
        self._end.set()
        if self._heart is not None:
            self._heart.join()
        if self._is_drawn:
            self._is_drawn = False
            self._write(_BACK)
