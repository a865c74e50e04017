"""The daemon, over its socket, for programs with an event loop."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self, TypeVar

from beadwork.client.means import Absent, Broken, Late, Means, give_up
from beadwork.client.messages import (
    ANSWER_BYTES_MAX,
    STREAM_BYTES_MAX,
    Keyed,
    Messages,
    Outcome,
    refuse_long_answer,
)
from beadwork.client.socket_wire import HELLO_S, reachable
from beadwork.engine import patience_s
from beadwork.ops.event import Event
from beadwork.ops.operation import Request, Response
from beadwork.ops.record_file import ExportFile, ImportFile

R = TypeVar("R", bound=Response)


class AsyncConnection:
    """One connection to a daemon that has said who it is."""

    def __init__(
        self, means: Means, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.messages = Messages(means)
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, means: Means, bytes_max: int | None = None) -> Self:
        """Connect. `bytes_max` is how long a line may be, if less than any answer.

        Raises:
            Absent: there is no daemon to talk to.
        """
        try:
            async with asyncio.timeout(HELLO_S):
                streams = await asyncio.open_unix_connection(
                    reachable(means.socket), limit=bytes_max or ANSWER_BYTES_MAX
                )
        except OSError as error:
            raise Absent(str(error) or "nobody answers at the socket") from error
        connection = cls(means, *streams)
        try:
            line = await connection.exchange(connection.messages.hello(), HELLO_S)
            connection.messages.require_friend(line)
        except (Broken, Late) as error:
            await connection.close()
            raise Absent("nobody answers at the socket") from error
        except BaseException:
            await connection.close()
            raise
        return connection

    async def exchange(self, line: bytes, timeout_s: float) -> bytes:
        """Send a line and return the one that answers it.

        Raises:
            Broken: the daemon went away before.
            Late: nothing came in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self.send(line)
                return await self._line()
        except TimeoutError as error:
            raise Late from error

    async def send(self, line: bytes) -> None:
        """Send a line.

        Raises:
            Broken: the daemon is gone.
        """
        try:
            self._writer.write(line)
            await self._writer.drain()
        except OSError as error:
            raise Broken from error

    async def line(self, timeout_s: float | None) -> bytes:
        """Return the next line; None waits as long as it takes.

        Raises:
            Broken: the daemon is gone.
            Late: none came in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._line()
        except TimeoutError as error:
            raise Late from error

    async def _line(self) -> bytes:
        """Return the next line.

        Raises:
            Broken: the daemon is gone.
            Unavailable: it is too long.
        """
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            refuse_long_answer()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Broken from error

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class AsyncSocketWire:
    """Carries requests to the daemon. It connects anew after the connection broke."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._connection: AsyncConnection | None = None

    async def connect(self) -> None:
        """Connect, unless it is connected.

        Raises:
            Absent: there is no daemon to talk to.
        """
        if self._connection is None:
            self._connection = await AsyncConnection.open(self._means)

    async def run(self, request: Request[R], key: str) -> R:
        """Let the daemon carry out a request."""
        connection = self._connected()
        asked = connection.messages.request(request, key)
        line = await self._exchange(asked, key, patience_s(request))
        return connection.messages.response(request, line)

    async def run_each(self, asked: Sequence[Keyed]) -> list[Outcome]:
        """Let the daemon carry out writes in one commit; each succeeds or fails by itself."""
        connection = self._connected()
        line = await self._exchange(connection.messages.each(asked), asked[0].key)
        return connection.messages.outcomes(asked, line)

    async def refresh(self) -> None:
        """Let the daemon take in what others wrote into the file."""
        await self.run(ImportFile(), "")

    async def flush(self) -> bool:
        """Let the daemon bring the file up to the store; tell whether it was written."""
        return (await self.run(ExportFile(), "")).is_written

    async def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _connected(self) -> AsyncConnection:
        if self._connection is None:
            raise Broken
        return self._connection

    async def _exchange(self, line: bytes, key: str, wait_s: float = 0.0) -> bytes:
        """Ask and be answered. What is interrupted hangs up: the answer would be another's.

        The daemon may wait for `wait_s` seconds before it answers.

        Raises:
            Unavailable: nothing came in time.
        """
        timeout_s = self._means.timeout_s + wait_s
        try:
            return await self._connected().exchange(line, timeout_s)
        except Late:
            await self.close()
            give_up(timeout_s, key)
        except BaseException:
            await self.close()
            raise


class AsyncStream:
    """A connection on which the daemon tells what happens."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, means: Means, since: int, issues: Sequence[str]) -> Self:
        """Begin to be told."""
        connection = await AsyncConnection.open(means, STREAM_BYTES_MAX)
        try:
            await connection.send(connection.messages.follow(since, issues))
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def next(self, timeout_s: float | None) -> Event | None:
        """Return the next event, or None at a line that holds none."""
        return self._connection.messages.told(await self._connection.line(timeout_s))

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()
