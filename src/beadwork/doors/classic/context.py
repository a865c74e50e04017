"""What classic's operations know besides their arguments: the world, who asks, and cursors."""

import threading
import time
from typing import NamedTuple

from beadwork.doors.world import Options, World

_OWNER_S = 60.0
_CURSORS_MAX = 1000


class Shared:
    """What requests share."""

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        self.cursors = Cursors()
        self._owner = ""
        self._owner_until = 0.0

    def owner(self) -> str:
        """Return the owner of new issues; it is looked up once in a while."""
        if time.monotonic() >= self._owner_until:
            self._owner = self.world.owner()
            self._owner_until = time.monotonic() + _OWNER_S
        return self._owner


class Context(NamedTuple):
    """What one request knows."""

    shared: Shared
    named_actor: str

    def actor(self) -> str:
        """Return under which name the request acts."""
        options = self.shared.options._replace(actor=self.named_actor)
        return self.shared.world.caller(options).holder.actor

    def owner(self) -> str:
        """Return the owner of new issues."""
        return self.shared.owner()


class Cursors:
    """Up to which event was told, by the time that the last one told has.

    Whoever asks for all since a time that they were told gets all after that event, also what was
    committed in the same millisecond. Of two who were told up to different events of one
    millisecond, both go on after the earlier: an event may come twice then, but none is missed.
    """

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._lock = threading.Lock()

    def after(self, since_ms: int) -> int | None:
        """Return the last event that was told with an answer that ended at this time."""
        with self._lock:
            return self._told.get(since_ms)

    def note(self, at_ms: int, seq: int) -> None:
        """Remember that an answer ended at a time, with an event."""
        with self._lock:
            known = self._told.pop(at_ms, seq)
            self._told[at_ms] = min(known, seq)
            if len(self._told) > _CURSORS_MAX:
                del self._told[next(iter(self._told))]
