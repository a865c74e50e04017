"""The client for programs that wait for each answer."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from beadwork.client.direct import DirectWire
from beadwork.client.following import Following
from beadwork.client.means import Absent, Broken, Late, Means, Patience, no_daemon
from beadwork.client.messages import Keyed, Outcome
from beadwork.client.requests import (
    batch_of,
    keyed,
    only_writes,
    responses_of,
    shortened,
    write_key,
)
from beadwork.client.socket_wire import SocketWire, Stream
from beadwork.engine import patience_s
from beadwork.model.errors import Unavailable
from beadwork.ops.operation import Request, Response
from beadwork.ops.record import ShowStore
from beadwork.ops.table import request_named

R = TypeVar("R", bound=Response)
T = TypeVar("T")


class Wire(Protocol):
    """A way to the store: through the daemon, or directly."""

    def run(self, request: Request[R], key: str) -> R:
        """Carry out a request."""

    def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Carry out writes in one commit."""

    def refresh(self) -> None:
        """Take the file in."""

    def flush(self) -> bool:
        """Write the file."""

    def close(self) -> None:
        """Let go of the store."""


class Client:
    """One caller of one store: through its daemon where one answers, else in this process.

    A connection that breaks is made anew, and what was asked is asked again under its key, so
    that nothing is done twice. Several threads may share a client; they take turns.
    Build it by `beadwork.Client(path, actor=...)`.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lock = threading.Lock()
        self._socket = SocketWire(means)
        self._direct: DirectWire | None = None
        self._is_closed = False
        try:
            self._wire(None)
        except Absent as error:
            raise no_daemon(error) from error

    def call(self, request: Request[R], *, key: str = "") -> R:
        """Carry out a request; one with `wait_s` may wait so long for its answer.

        `key` makes a mutation safe to repeat: the second call gets the first one's answer.

        Raises:
            BeadworkError: whatever the operation raises.
        """
        kept = write_key(request, key, self._means.new_key)
        patience = Patience(self._means, time.monotonic, patience_s(request))
        return self._through(
            lambda wire: wire.run(shortened(request, patience.spent_s), kept), kept, patience
        )

    def call_each(self, requests: Sequence[Request[Any]]) -> list[Outcome]:
        """Carry out writes in one commit; each succeeds or fails by itself.

        Raises:
            InvalidRequest: one of them is no write; nothing is done.
        """
        only_writes(requests)
        asked = keyed(requests, self._means.new_key())
        return self._through(lambda wire: wire.run_each(asked), asked[0].key) if asked else []

    def batch(self, requests: Sequence[Request[Any]], *, key: str = "") -> list[Response]:
        """Carry out writes in order, all of them or none; `$0.id` names an earlier answer's field.

        Raises:
            BeadworkError: what the first that fails raises; `data["position"]` says which it is.
        """
        only_writes(requests)
        return responses_of(requests, self.call(batch_of(requests), key=key))

    def call_name(self, name: str, payload: dict[str, Any], *, key: str = "") -> Response:
        """Carry out an operation by name on plain values."""
        request: Request[Any] = request_named(name, payload)
        answer: Response = self.call(request, key=key)
        return answer

    def cursor(self) -> int:
        """Return the number of the latest event, after which `follow` may begin."""
        return self.call(ShowStore()).last_event

    def follow(
        self,
        since: int | None = None,
        *,
        issues: Sequence[str] = (),
        wait_s: float | None = None,
    ) -> Following:
        """Return the events after one that was seen, or from now on, each as it happens.

        `issues` leaves out what happens to others. The events end when none has come for
        `wait_s` seconds; None waits for ever. An event's `seq` is where to go on later.
        """
        start = self.cursor() if since is None else since
        return Following(self, start, issues, wait_s)

    def refresh(self) -> None:
        """Take in what others wrote into the file since it was last seen."""
        self._through(lambda wire: wire.refresh())

    def flush(self) -> bool:
        """Bring the file up to the store; tell whether it was written."""
        return self._through(lambda wire: wire.flush())

    def close(self) -> None:
        """Let go of the store; what was written in this process is flushed."""
        with self._lock:
            self._is_closed = True
            self._socket.close()
            self._leave_direct()

    def stream(self, since: int, issues: Sequence[str]) -> Stream | None:
        """Open a connection that tells events; None where there is no daemon to tell them."""
        self._require_open()
        if self._means.mode == "off":
            return None
        try:
            return Stream(self._means, since, issues)
        except (Absent, Broken, Late):
            return None

    def _through(
        self, work: Callable[[Wire], T], key: str = "", patience: Patience | None = None
    ) -> T:
        """Do something by the way that is open; by another if it closes meanwhile."""
        patience = patience or Patience(self._means, time.monotonic)
        with self._lock:
            while True:
                try:
                    return work(self._wire(patience))
                except Broken:
                    self._socket.close()
                    patience.note_break(key)
                except Absent as error:
                    _sleep(patience.absence_s(), no_daemon(error))
                except Unavailable as error:
                    _sleep(patience.refusal_s(error), error)

    def _wire(self, patience: Patience | None) -> Wire:
        self._require_open()
        is_off = self._means.mode == "off" or (patience is not None and patience.is_spent)
        if not is_off:
            try:
                self._socket.connect()
            except Absent:
                if self._means.mode == "required":
                    raise
            else:
                self._leave_direct()
                return self._socket
        if self._direct is None:
            self._direct = DirectWire(self._means)
        return self._direct

    def _require_open(self) -> None:
        if self._is_closed:
            raise Unavailable("The client is closed", hint="Make a new one.")

    def _leave_direct(self) -> None:
        direct, self._direct = self._direct, None
        if direct is not None:
            direct.close()

    def __enter__(self) -> Self:
        """Use the client in a `with` statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()


def _sleep(pause_s: float | None, error: Exception) -> None:
    if pause_s is None:
        raise error
    time.sleep(pause_s)
