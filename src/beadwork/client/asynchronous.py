"""The client for programs with an event loop."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar

from beadwork.client.async_wire import AsyncSocketWire, AsyncStream
from beadwork.client.direct import DirectWire
from beadwork.client.following import LOOK_S, Cursor
from beadwork.client.means import Absent, Broken, Late, Means, Patience, no_daemon
from beadwork.client.messages import Keyed, Outcome
from beadwork.client.requests import (
    at_most,
    batch_of,
    keyed,
    only_writes,
    responses_of,
    shortened,
    write_key,
)
from beadwork.engine import patience_s
from beadwork.model.errors import NoDaemon, Unavailable
from beadwork.model.overriding import override
from beadwork.ops.event import Event
from beadwork.ops.operation import Expected, Request, Response
from beadwork.ops.record import ShowStore
from beadwork.ops.table import request_named

R = TypeVar("R", bound=Response)
T = TypeVar("T")

_SLICE_S = 0.25
"""So long a thread of ours waits at once."""


class AsyncWire(Protocol):
    """A way to the store: through the daemon, or directly."""

    async def run(self, request: Request[R], key: str) -> R:
        """Carry out a request."""

    async def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Carry out writes in one commit."""

    async def refresh(self) -> None:
        """Take the file in."""

    async def flush(self) -> bool:
        """Write the file."""

    async def close(self) -> None:
        """Let go of the store."""


class AsyncDirectWire:
    """The engine in a thread of this process, one piece of work after the other."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beadwork")
        self._wire: DirectWire | None = None

    async def open(self) -> None:
        """Open the store."""
        try:
            self._wire = await self._done(lambda: DirectWire(self._means))
        except BaseException:
            self._thread.shutdown(wait=False)
            raise

    async def run(self, request: Request[R], key: str) -> R:
        """Carry out a request; one that waits does so for a short while, again and again.

        A thread can't be interrupted: so a wait that is cancelled is over soon, and what it brought
        is given back.

        Raises:
            CancelledError: nobody waits for it any more.
        """
        begun_s = time.monotonic()
        while True:
            left = shortened(request, time.monotonic() - begun_s)
            asked = at_most(left, _SLICE_S)
            work = self._thread.submit(self._run, asked, key)
            try:
                answer: R = await asyncio.shield(asyncio.wrap_future(work))
            except asyncio.CancelledError:
                self._thread.submit(self._give_back, request, work)
                raise
            if asked is left or not (isinstance(answer, Expected) and answer.is_pending):
                return answer

    def _run(self, request: Request[R], key: str) -> R:
        return self._opened.run(request, key)

    def _give_back(self, request: Request[Any], work: "Future[Any]") -> None:
        """Let go of what a wait brought that was cancelled; in the thread, after it."""
        with contextlib.suppress(Exception):
            for each in request.leaving(work.result()):
                self._opened.run(each, "")

    async def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Carry out writes in one commit; each succeeds or fails by itself."""
        return await self._done(lambda: self._opened.run_each(asked))

    async def refresh(self) -> None:
        """Take in what others wrote into the file."""
        await self._done(lambda: self._opened.refresh())

    async def flush(self) -> bool:
        """Bring the file up to the store; tell whether it was written."""
        return await self._done(lambda: self._opened.flush())

    async def close(self) -> None:
        """Flush what was written and close the store."""
        try:
            await self._done(lambda: self._opened.close())
        finally:
            self._thread.shutdown(wait=False)

    @property
    def _opened(self) -> DirectWire:
        if self._wire is None:
            raise Broken
        return self._wire

    async def _done(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class AsyncClient:
    """One caller of one store: through its daemon where one answers, else in a thread of ours.

    A connection that breaks is made anew, and what was asked is asked again under its key, so
    that nothing is done twice. Several tasks may share a client; they take turns.
    Build it by `async with beadwork.AsyncClient(path, actor=...) as client`.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lock = asyncio.Lock()
        self._socket = AsyncSocketWire(means)
        self._direct: AsyncDirectWire | None = None
        self._is_closed = False

    async def call(self, request: Request[R], *, key: str = "") -> R:
        """Carry out a request; one with `wait_s` may wait so long for its answer.

        `key` makes a mutation safe to repeat: the second call gets the first one's answer.

        Raises:
            BeadworkError: whatever the operation raises.
        """
        kept = write_key(request, key, self._means.new_key)
        patience = Patience(self._means, time.monotonic, patience_s(request))
        return await self._through(
            lambda wire: wire.run(shortened(request, patience.spent_s), kept), kept, patience
        )

    async def call_each(self, requests: Sequence[Request[Any]]) -> list[Outcome]:
        """Carry out writes in one commit; each succeeds or fails by itself.

        Raises:
            InvalidRequest: one of them is no write; nothing is done.
        """
        only_writes(requests)
        asked = keyed(requests, self._means.new_key())
        if not asked:
            return []
        return await self._through(lambda wire: wire.run_each(asked), asked[0].key)

    async def batch(self, requests: Sequence[Request[Any]], *, key: str = "") -> list[Response]:
        """Carry out writes in order, all of them or none; `$0.id` names an earlier answer's field.

        Raises:
            BeadworkError: what the first that fails raises; `data["position"]` says which it is.
        """
        only_writes(requests)
        return responses_of(requests, await self.call(batch_of(requests), key=key))

    async def call_name(self, name: str, payload: dict[str, Any], *, key: str = "") -> Response:
        """Carry out an operation by name on plain values."""
        request: Request[Any] = request_named(name, payload)
        answer: Response = await self.call(request, key=key)
        return answer

    async def cursor(self) -> int:
        """Return the number of the latest event, after which `follow` may begin."""
        return (await self.call(ShowStore())).last_event

    def follow(
        self,
        since: int | None = None,
        *,
        issues: Sequence[str] = (),
        wait_s: float | None = None,
    ) -> "AsyncFollowing":
        """Return the events after one that was seen, each as it happens.

        Without `since` they begin with the first wait; to miss nothing before, take `cursor()`.
        `issues` leaves out what happens to others. The events end when none has come for
        `wait_s` seconds; None waits for ever. An event's `seq` is where to go on later.
        """
        return AsyncFollowing(self, since, issues, wait_s)

    async def refresh(self) -> None:
        """Take in what others wrote into the file since it was last seen."""
        await self._through(lambda wire: wire.refresh())

    async def flush(self) -> bool:
        """Bring the file up to the store; tell whether it was written."""
        return await self._through(lambda wire: wire.flush())

    async def close(self) -> None:
        """Let go of the store; what was written in this process is flushed."""
        async with self._lock:
            self._is_closed = True
            await self._socket.close()
            await self._leave_direct()

    async def stream(self, since: int, issues: Sequence[str]) -> AsyncStream | None:
        """Open a connection that tells events; None where there is no daemon to tell them."""
        self._require_open()
        if self._means.mode == "off":
            return None
        try:
            return await AsyncStream.open(self._means, since, issues)
        except (Absent, Broken, Late):
            return None

    async def _through(
        self,
        work: Callable[[AsyncWire], Awaitable[T]],
        key: str = "",
        patience: Patience | None = None,
    ) -> T:
        """Do something by the way that is open; by another if it closes meanwhile."""
        patience = patience or Patience(self._means, time.monotonic)
        async with self._lock:
            while True:
                try:
                    return await work(await self._wire(patience))
                except Broken:
                    await self._socket.close()
                    patience.note_break(key)
                except Absent as error:
                    await _sleep(patience.absence_s(), no_daemon(error))
                except Unavailable as error:
                    await _sleep(patience.refusal_s(error), error)

    async def _wire(self, patience: Patience | None) -> AsyncWire:
        self._require_open()
        is_off = self._means.mode == "off" or (patience is not None and patience.is_spent)
        if not is_off:
            try:
                await self._socket.connect()
            except Absent:
                if self._means.mode == "required":
                    raise
            else:
                await self._leave_direct()
                return self._socket
        if self._direct is None:
            direct = AsyncDirectWire(self._means)
            await direct.open()
            self._direct = direct
        return self._direct

    def _require_open(self) -> None:
        if self._is_closed:
            raise Unavailable("The client is closed", hint="Make a new one.")

    async def _leave_direct(self) -> None:
        direct, self._direct = self._direct, None
        if direct is not None:
            await direct.close()

    async def __aenter__(self) -> Self:
        """Reach the store.

        Raises:
            NoDaemon: there is no daemon, and there must be one.
        """
        async with self._lock:
            try:
                await self._wire(None)
            except Absent as error:
                _refuse(no_daemon(error))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.close()


class AsyncFollowing(AsyncIterator[Event]):
    """The events after a cursor. It has a connection of its own: close it, or use `async with`."""

    def __init__(
        self,
        client: AsyncClient,
        since: int | None,
        issues: Sequence[str],
        wait_s: float | None,
    ) -> None:
        self._client = client
        self._since = since
        self._issues = issues
        self._wait_s = wait_s
        self._cursor: Cursor | None = None
        self._stream: AsyncStream | None = None
        self._held: deque[Event] = deque()
        self._is_over = False

    @override
    async def __anext__(self) -> Event:
        """Wait for the next event.

        Raises:
            StopAsyncIteration: none came in time.
            BeadworkError: the store can't be read.
        """
        cursor = await self._begun()
        end_s = None if self._wait_s is None else time.monotonic() + self._wait_s
        while not self._held:
            left_s = None if end_s is None else end_s - time.monotonic()
            if self._is_over or (left_s is not None and left_s <= 0):
                await self.close()
                raise StopAsyncIteration
            self._held.extend(cursor.fresh(await self._more(cursor, left_s)))
        return self._held.popleft()

    async def close(self) -> None:
        """End it."""
        self._is_over = True
        await self._hang_up()

    async def _begun(self) -> Cursor:
        if self._cursor is None:
            since = await self._client.cursor() if self._since is None else self._since
            self._cursor = Cursor(since, self._issues)
        return self._cursor

    async def _more(self, cursor: Cursor, left_s: float | None) -> list[Event]:
        """Return events that came meanwhile, from the daemon or from the store itself."""
        if self._stream is None:
            self._stream = await self._client.stream(cursor.seen, cursor.issues)
        if self._stream is None:
            return await self._look(cursor, left_s)
        try:
            event = await self._stream.next(left_s)
        except (Broken, Unavailable):
            await self._hang_up()
            return await self._look(cursor, left_s)
        except Late:
            return []
        except BaseException:
            await self._hang_up()
            raise
        return [] if event is None else [event]

    async def _look(self, cursor: Cursor, left_s: float | None) -> list[Event]:
        events = (await self._client.call(cursor.next_page())).events
        if not events:
            await asyncio.sleep(LOOK_S if left_s is None else min(LOOK_S, left_s))
        return events

    async def _hang_up(self) -> None:
        if self._stream is not None:
            await self._stream.close()
            self._stream = None

    async def __aenter__(self) -> Self:
        """Use it in an `async with` statement."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        await self.close()


def _refuse(error: NoDaemon) -> NoReturn:
    raise error


async def _sleep(pause_s: float | None, error: Exception) -> None:
    if pause_s is None:
        raise error
    await asyncio.sleep(pause_s)
