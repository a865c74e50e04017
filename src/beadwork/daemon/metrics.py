"""What the daemon counts: requests, their times, batches, connections."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

_RECENT = 1000
_BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_TIME_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


@dataclass
class Histogram:
    """How many values lie at or below each bound, their sum and their number."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0
    number: int = 0

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.bounds)

    def note(self, value: float) -> None:
        """Count a value."""
        self.total += value
        self.number += 1
        position = bisect_left(self.bounds, value)
        if position < len(self.counts):
            self.counts[position] += 1

    def cumulative(self) -> list[tuple[float, int]]:
        """Return how many values lie at or below each bound."""
        seen = 0
        found = []
        for bound, count in zip(self.bounds, self.counts, strict=True):
            seen += count
            found.append((bound, seen))
        return found


@dataclass
class Tally:
    """The requests of one operation."""

    succeeded: int = 0
    failed: int = 0
    times: Histogram = field(default_factory=lambda: Histogram(_TIME_BOUNDS_S))
    recent_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))


class Metrics:
    """Counters, from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[str, Tally] = {}
        self.batches = Histogram(_BATCH_BOUNDS)
        self.commits = Histogram(_TIME_BOUNDS_S)
        self.connections = 0
        self.rejected = 0

    def note_request(self, operation: str, seconds: float, *, has_failed: bool) -> None:
        """Count a request."""
        with self._lock:
            tally = self._tallies.get(operation)
            if tally is None:
                tally = self._tallies[operation] = Tally()
            tally.failed += has_failed
            tally.succeeded += not has_failed
            tally.times.note(seconds)
            tally.recent_s.append(seconds)

    def note_batch(self, calls: int, seconds: float) -> None:
        """Count a commit of so many calls."""
        self.batches.note(calls)
        self.commits.note(seconds)

    def note_connection(self) -> None:
        """Count a client."""
        self.connections += 1

    def note_rejected(self) -> None:
        """Count a client that was sent away."""
        self.rejected += 1

    def tallies(self) -> Mapping[str, Tally]:
        """Return the requests so far, by operation."""
        with self._lock:
            return dict(sorted(self._tallies.items()))
