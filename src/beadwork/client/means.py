"""What a client is given of the world around it; `compose` builds it."""

from collections.abc import Callable
from typing import Literal, NamedTuple, NoReturn, get_args

from beadwork.engine import Caller, Engine
from beadwork.model.claim import Holder
from beadwork.model.errors import NoDaemon, Unavailable

Mode = Literal["auto", "required", "off"]
"""With the daemon where one answers; never without it; never with it."""
MODES: tuple[Mode, ...] = get_args(Mode)

_PAUSE_FIRST_S = 0.005
_PAUSE_LAST_S = 0.2
_BREAKS_MAX = 5


class Means(NamedTuple):
    """Whose client it is, of which store, and how both are reached."""

    holder: Holder
    mode: Mode
    socket: str
    database: str
    open_engine: Callable[[], Engine]
    refresh: Callable[[Engine, Caller], object]
    peek: Callable[[Engine], str]
    write_logs: Callable[[Engine, Caller], None]
    new_key: Callable[[], str]
    timeout_s: float
    """How long an answer is waited for."""
    reconnect_s: float
    """How long a daemon that went away is waited for, where there must be one."""


class Broken(Exception):
    """The connection ended before the answer came; it is not known what was done."""


class Absent(Exception):
    """No daemon that this client can talk to answers; the text says why."""


class Late(Exception):
    """Nothing came in time."""


class Patience:
    """What is tried again in one call, and for how long."""

    def __init__(self, means: Means, now_s: Callable[[], float], wait_s: float = 0.0) -> None:
        self._means = means
        self._now_s = now_s
        self._wait_s = wait_s
        """How long the call itself may wait for its answer."""
        self._begun_s = now_s()
        self._absent_s: float | None = None
        self._breaks = 0
        self._pause_s = _PAUSE_FIRST_S

    @property
    def is_spent(self) -> bool:
        """Tell whether the connection broke so often that this call is better done without it."""
        return self._breaks >= _BREAKS_MAX

    @property
    def spent_s(self) -> float:
        """Return how long the call has lasted."""
        return self._now_s() - self._begun_s

    def note_break(self, key: str) -> None:
        """Take note that the connection broke in the middle.

        Raises:
            Unavailable: it did so again and again, and there is no other way.
        """
        self._breaks += 1
        self._absent_s = None
        if self.is_spent and self._means.mode == "required":
            raise Unavailable(
                f"The daemon broke off {self._breaks} times in a row",
                hint="See its log, `.beads/daemon.log`. What was asked for may be done.",
                key=key,
            )

    def absence_s(self) -> float | None:
        """Return how long to wait for a daemon before the next look; None: no longer."""
        if self._absent_s is None:
            self._absent_s = self._now_s()
        if self._now_s() - self._absent_s >= self._means.reconnect_s:
            return None
        return self._next_pause_s()

    def refusal_s(self, error: Unavailable) -> float | None:
        """Return how long to wait before a request is repeated that was refused; None: it is not.

        A daemon with too much to do says after how long it is worth asking again.
        """
        wait_s = error.data.get("retry_ms")
        if not isinstance(wait_s, int) or isinstance(wait_s, bool) or wait_s < 0:
            return None
        self._absent_s = None
        left_s = self._means.timeout_s + self._wait_s - self.spent_s
        return wait_s / 1000 if wait_s / 1000 < left_s else None

    def _next_pause_s(self) -> float:
        pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, _PAUSE_LAST_S)
        return pause_s


def give_up(timeout_s: float, key: str) -> NoReturn:
    """Wait no longer for an answer.

    Raises:
        Unavailable: always.
    """
    raise Unavailable(
        f"The daemon did not answer within {timeout_s:g} s",
        hint="What was asked for may be done; ask again with the same key, or look first.",
        key=key,
    )


def no_daemon(absent: Absent) -> NoDaemon:
    """Return the error for a daemon that must be there and is not."""
    return NoDaemon(f"No daemon of this store answers: {absent}")
