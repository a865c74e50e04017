"""The loop: owns the socket and the one writer (rule R9).

It takes what the clients sent, puts it where it belongs, and commits all writes that wait in one
transaction before it answers any. It never waits for a client, nor for anything slow: that is
done by `workers`.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from beadwork.daemon.chores import Chores
from beadwork.daemon.connection import Connection, TooMuch
from beadwork.daemon.exchange import Exchange
from beadwork.daemon.frames import PROTOCOL, BadFrame, Frame, command_of, frame, take
from beadwork.daemon.log import Log
from beadwork.daemon.metrics import Metrics
from beadwork.daemon.peer import is_own
from beadwork.daemon.protocols import Answers
from beadwork.daemon.workers import Workers
from beadwork.daemon.writes import Submission, WriteQueue
from beadwork.engine import Engine, Outcome
from beadwork.model.errors import BeadworkError, Fault

_BATCH_CALLS_MAX = 256
_GATHER_S = 0.0003
_ACCEPTS_MAX = 64
_PATIENCE_S = 30.0
"""A client that takes nothing for so long is dropped, where threads are scarce."""
_LAST_PATIENCE_S = 2.0
"""The same, when the daemon ends."""
_JSON_STARTS = (bytearray(b"{"), bytearray(b"\n"))
_READ = selectors.EVENT_READ


class Bounds(NamedTuple):
    """How much of everything."""

    connections_max: int = 1000
    request_bytes_max: int = 64 * 1024 * 1024
    unsent_bytes_max: int = 64 * 1024 * 1024


class Parts(NamedTuple):
    """What the loop is made of."""

    listener: socket.socket
    writer: Engine
    queue: WriteQueue
    commands: Workers
    run_command: Callable[[Exchange], None]
    answers: Answers
    chores: Chores
    metrics: Metrics
    log: Log
    on_commit: Callable[[], None]
    on_request: Callable[[], None]
    version: str
    on_version: Callable[[str], bool]
    """Tells whether a client of a version is served; if it is newer, the daemon makes room."""
    bounds: Bounds = Bounds()


class Loop:
    """The thread of the writer. Only `post`, `wake` and `stop` may be called from others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._posted: deque[Callable[[], None]] = deque()
        self._sleeper, self._waker = socket.socketpair()
        self._is_woken = False
        self._last_calls = 0
        self._is_accepting = True
        self.stop_reason = ""
        """Why the loop is to end; empty as long as it goes on."""
        for each in (self._sleeper, self._waker, parts.listener):
            each.settimeout(0)
        self._selector.register(self._sleeper, _READ, self._on_woken)
        self._selector.register(parts.listener, _READ, self._on_client)
        parts.queue.wake = self.wake

    @property
    def connections(self) -> int:
        """Return how many clients are connected and not handed to a command."""
        return len(self._connections)

    @property
    def wake_descriptor(self) -> int:
        """Return where a byte wakes the loop; signals are told there."""
        return self._waker.fileno()

    def wake(self) -> None:
        """Let the loop look at what waits."""
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(BlockingIOError):
                self._waker.send(b"\0")

    def post(self, work: Callable[[], None]) -> None:
        """Let the loop do something in its own thread."""
        self._posted.append(work)
        self.wake()

    def ask(self, work: Callable[[], object]) -> None:
        """Let the loop do something in its own thread, and wait until it is done."""
        done = threading.Event()

        def asked() -> None:
            try:
                work()
            finally:
                done.set()

        self.post(asked)
        done.wait()

    def stop(self, reason: str) -> None:
        """Let the loop end."""
        self.stop_reason = self.stop_reason or reason
        self.wake()

    def run(self) -> None:
        """Serve until there is a reason to stop."""
        while not self.stop_reason:
            self._round(self._parts.chores.wait_s())
            self._parts.chores.run_due()

    def drain(self, timeout_s: float) -> None:
        """Refuse what is new, and finish what has begun."""
        self._is_accepting = False
        self._parts.answers.end()
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._parts.listener)
        # Who has knocked and was not let in is told at once, and goes on without a daemon.
        self._parts.listener.close()
        end = time.monotonic() + timeout_s
        unsent, moved = -1, 0.0
        while (now := time.monotonic()) < end:
            before, unsent = unsent, sum(each.unsent for each in self._connections)
            moved = now if unsent != before else moved
            if not self._has_work(is_taken=now - moved < _LAST_PATIENCE_S):
                break
            self._round(0.01)
        self._parts.queue.close()
        while self._parts.queue.depth:
            self._write()
        self._run_posted()

    def close(self) -> None:
        """Let every client go."""
        for each in list(self._connections):
            self._drop(each)
        self._selector.close()
        self._sleeper.close()
        self._waker.close()

    def _has_work(self, *, is_taken: bool) -> bool:
        parts = self._parts
        has_commands = bool(parts.commands.busy or parts.commands.waiting)
        is_answering = any(
            (each.has_unsent and is_taken) or (each.is_busy and not each.is_streaming)
            for each in self._connections
        )
        return has_commands or is_answering or bool(parts.queue.depth or self._posted)

    def _round(self, timeout_s: float | None) -> None:
        # What was posted while nobody slept is not waited for.
        wait_s = 0 if self._posted or self._parts.queue.depth else timeout_s
        for key, mask in self._selector.select(wait_s):
            key.data(mask)
        self._run_posted()
        self._write()

    def _run_posted(self) -> None:
        while self._posted:
            work = self._posted.popleft()
            try:
                work()
            except Exception as error:  # noqa: BLE001 -- whose it was is lost, and the loop goes on
                self._parts.log.fault("posted work", error)

    # -- the one writer

    def _write(self) -> None:
        """Commit what waits, together; wait a moment for as many as there were last time."""
        batch = self._parts.queue.take(_BATCH_CALLS_MAX)
        if not batch:
            return
        end = time.monotonic() + _GATHER_S
        calls = sum(len(each.calls) for each in batch)
        while calls < min(self._last_calls, _BATCH_CALLS_MAX) and time.monotonic() < end:
            for key, mask in self._selector.select(0):
                key.data(mask)
            more = self._parts.queue.take(_BATCH_CALLS_MAX - calls)
            batch += more
            calls += sum(len(each.calls) for each in more)
        self._last_calls = calls
        self._commit(batch, calls)

    def _commit(self, batch: list[Submission], calls: int) -> None:
        begun = time.perf_counter()
        outcomes = self._outcomes(batch)
        self._parts.metrics.note_batch(calls, time.perf_counter() - begun)
        self._parts.on_commit()
        for each in batch:
            count = len(each.calls)
            try:
                each.done(outcomes[:count] if count else self._probed())
            except Exception as error:  # noqa: BLE001 -- the others of the batch get their answers
                self._parts.log.fault("an answer", error)
            del outcomes[:count]

    def _outcomes(self, batch: list[Submission]) -> list[Outcome]:
        calls = [call for each in batch for call in each.calls]
        try:
            return self._parts.writer.write_all(calls)
        except Exception as error:  # noqa: BLE001 -- the daemon goes on, whatever one batch did
            number = self._parts.log.fault("the writer", error)
            said = f"Beadwork failed while it wrote (report {number})"
            return [Fault(said, report=number) for _ in calls]

    def _probed(self) -> list[Outcome]:
        """Return what stands in the way of a commit, if anything."""
        try:
            self._parts.writer.probe()
        except BeadworkError as error:
            return [error]
        except Exception as error:  # noqa: BLE001 -- who asked is told, and the daemon goes on
            return [Fault(report=self._parts.log.fault("the writer", error))]
        return []

    # -- clients

    def _on_woken(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._sleeper.recv(4096)
        # Last: a byte that is sent from here on is not taken away with those that were there.
        self._is_woken = False

    def _on_client(self, _: int) -> None:
        for _attempt in range(_ACCEPTS_MAX):
            try:
                client, _address = self._parts.listener.accept()
            except OSError:
                return
            self._welcome(client)

    def _welcome(self, client: socket.socket) -> None:
        bounds = self._parts.bounds
        commands = self._parts.commands.busy + self._parts.commands.waiting
        is_full = len(self._connections) + commands >= bounds.connections_max
        if is_full or not self._is_accepting or not is_own(client):
            self._parts.metrics.note_rejected()
            client.close()
            return
        connection = Connection(
            client, request_max=bounds.request_bytes_max, unsent_max=bounds.unsent_bytes_max
        )
        self._connections.add(connection)
        self._parts.metrics.note_connection()
        self._selector.register(client, _READ, lambda mask: self._on_ready(connection, mask))

    def _on_ready(self, connection: Connection, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                connection.send_rest()
                self._go_on(connection)
            if mask & _READ:
                connection.receive()
                self._read(connection)
        except (TooMuch, BadFrame) as error:
            self._parts.log.note("client.dropped", reason=type(error).__name__)
            self._refuse(connection, "The request is too long, or none at all")
        except OSError:
            self._drop(connection)
        except Exception as error:  # noqa: BLE001 -- a bug drops one client, and the loop goes on
            self._parts.log.fault("a client", error)
            self._drop(connection)

    def _read(self, connection: Connection) -> None:
        if not connection.protocol and connection.came:
            connection.protocol = "json" if connection.came[:1] in _JSON_STARTS else "frames"
        if connection.protocol == "json":
            self._answer(connection)
        elif connection.protocol == "frames":
            self._read_frames(connection)
        if connection not in self._connections:
            return
        is_idle = not connection.is_busy and not connection.has_unsent
        # Who has hung up gets nothing that is still to come, least of all a message.
        if connection.is_ended and (is_idle or connection.is_gone):
            self._drop(connection)
        elif connection.is_ended or connection.is_ahead:
            self._watch(connection)

    def _refuse(self, connection: Connection, message: str) -> None:
        with contextlib.suppress(OSError, TooMuch):
            if connection.protocol == "json":
                connection.send(self._parts.answers.refusal(message))
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(connection.client)
            connection.close()

    def _watch(self, connection: Connection) -> None:
        """Look for what this client is due next; nothing is read of one that ended or is ahead."""
        wanted = 0 if connection.is_ended or connection.is_ahead else _READ
        wanted |= selectors.EVENT_WRITE if connection.has_unsent else 0
        with contextlib.suppress(KeyError, ValueError):
            known = self._selector.get_map().get(connection.client)
            if known is None:
                if wanted:
                    self._selector.register(
                        connection.client, wanted, lambda mask: self._on_ready(connection, mask)
                    )
            elif not wanted:
                self._selector.unregister(connection.client)
            elif known.events != wanted:
                self._selector.modify(connection.client, wanted, known.data)

    # -- JSON

    def _answer(self, connection: Connection) -> None:
        """Answer the next request of a client; one at a time, so that answers keep its order."""
        while not connection.is_busy and not connection.is_choked:
            line = connection.line()
            if not line:
                return
            connection.is_busy = True
            self._parts.on_request()
            self._parts.answers.begin(
                connection, line, lambda content: self._tell(connection, content)
            )

    def _go_on(self, connection: Connection) -> None:
        """See what is next for a client that has taken something, or was answered."""
        self._answer(connection)
        if connection not in self._connections:
            return
        if connection.is_ended and not connection.is_busy and not connection.has_unsent:
            self._drop(connection)
        else:
            self._watch(connection)

    def _tell(self, connection: Connection, content: bytes) -> None:
        """Send an answer; called in this thread."""
        if connection not in self._connections:
            return
        if not connection.is_streaming:
            connection.is_busy = False
        try:
            connection.send(content)
        except (OSError, TooMuch):
            self._drop(connection)
            return
        if connection.has_unsent:
            self._watch(connection)
        if connection.has_line or (connection.is_ended and not connection.is_busy):
            self.post(lambda: self._go_on(connection))

    # -- frames

    def _read_frames(self, connection: Connection) -> None:
        for found in take(connection.came):
            if not self._act(connection, found):
                return

    def _act(self, connection: Connection, found: Frame) -> bool:
        """Act on a frame; tell whether the loop still owns the connection."""
        if found.kind == b"H":
            return self._greet(connection, found.payload)
        if found.kind == b"C":
            self._begin_command(connection, found)
            return False
        if found.kind == b"P":
            self._parts.chores.hasten("watch")
            return True
        raise BadFrame

    def _greet(self, connection: Connection, payload: bytes) -> bool:
        protocol, _, version = payload.partition(b"\0")
        is_served = protocol == PROTOCOL and self._parts.on_version(
            version.decode("utf-8", "replace").strip()
        )
        kind = b"h" if is_served and not self.stop_reason else b"n"
        connection.send(frame(kind, self._parts.version.encode()))
        return True

    def _begin_command(self, connection: Connection, found: Frame) -> None:
        """Hand the connection to a thread that runs the command."""
        command = command_of(found.payload)
        self._parts.on_request()
        self._connections.discard(connection)
        self._selector.unregister(connection.client)
        held = connection.release()
        client = connection.client
        exchange = Exchange(client, command, held, self._has_patience)

        def work() -> None:
            with contextlib.closing(client):
                self._parts.run_command(exchange)

        if not self._parts.commands.begin(work):
            self._parts.metrics.note_rejected()
            with contextlib.closing(client):
                exchange.error_output(self._too_busy())
                exchange.leave(5)

    def _has_patience(self, waited_s: float) -> bool:
        """Tell whether a command waits on for a client that has taken nothing for so long."""
        if self.stop_reason:
            return waited_s < _LAST_PATIENCE_S
        return waited_s < _PATIENCE_S or not self._parts.commands.is_scarce

    def _too_busy(self) -> bytes:
        return (
            b"Error: The daemon has too much to do\n"
            b"  Try again in a second; `bd daemon status` shows how much is waiting.\n"
        )
