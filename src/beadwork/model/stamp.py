"""Hybrid logical clock stamps and the clock that makes them (rule R1)."""

from typing import NamedTuple

from beadwork.model import limits


class Stamp(NamedTuple):
    """One write of one register, ordered by wall milliseconds, then counter, then replica.

    An empty replica marks a write of an outsider, adopted from a file.
    """

    ms: int
    counter: int
    replica: str

    def after(self, replica: str) -> "Stamp":
        """Return the least stamp of `replica` that is later than this one."""
        return Stamp(self.ms, self.counter + 1, replica)

    def text(self) -> str:
        """Write the stamp as it stands in the file."""
        return f"{self.ms}.{self.counter}.{self.replica}"

    def sort_key(self) -> str:
        """Write the stamp so that the order of texts is the order of stamps."""
        return f"{self.ms:015d}.{self.counter:08d}.{self.replica}"


BEFORE_ALL = Stamp(0, 0, "")


def parse(text: str) -> Stamp:
    """Read a stamp.

    Raises:
        ValueError: the text is not a stamp.
    """
    ms, counter, replica = text.split(".", 2)
    return Stamp(int(ms), int(counter), replica)


class Clock:
    """A hybrid logical clock: never behind the wall, never behind what it has seen."""

    def __init__(self, replica: str, last: Stamp = BEFORE_ALL) -> None:
        self.replica = replica
        self.last = last

    def tick(self, now_ms: int) -> Stamp:
        """Return a stamp later than every one before it."""
        if now_ms > self.last.ms:
            self.last = Stamp(now_ms, 0, self.replica)
        else:
            self.last = Stamp(self.last.ms, self.last.counter + 1, self.replica)
        return self.last

    def observe(self, seen: Stamp, now_ms: int) -> None:
        """Move up to a stamp from elsewhere, unless it is too far ahead of the wall."""
        if self.last < seen and seen.ms <= now_ms + limits.STAMP_AHEAD_MS_MAX:
            self.last = Stamp(seen.ms, seen.counter, self.replica)
