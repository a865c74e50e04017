"""The world of a command that the daemon runs for a client."""

import errno
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from beadwork.compose import reach
from beadwork.compose.direct import DirectWorld
from beadwork.compose.freshness import Freshness
from beadwork.daemon.changes import Changes, Ear
from beadwork.daemon.exchange import Exchange, Gone
from beadwork.doors.cli.main import run
from beadwork.doors.world import Options, RunHere, Terminals
from beadwork.engine import Call, Caller, Engine, Outcome, Progress
from beadwork.model.errors import FileTrouble, InvalidPath, StoreFull, Unavailable
from beadwork.model.issue import Vocabulary
from beadwork.model.overriding import override
from beadwork.ops.record_file import Imported
from beadwork.sync import config
from beadwork.sync.locate import Place

_LOOK_S = 1.0
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SeatEngine(Engine):
    """An engine that reads by itself and lets the daemon's one writer write.

    It is lent to one command after the other: none closes it.
    """

    submit: Callable[[Sequence[Call]], list[Outcome]]
    words: Callable[[], Vocabulary]
    """Returns the words that the writer knows: it alone notes them in the store."""

    @override
    def prepare(self) -> None:
        """Take the writer's words, and let it bring the store to them, if need be."""
        self.adopt(self.words())
        self.submit([])

    @override
    def write_staged(self, calls: Sequence[Call]) -> list[Outcome]:
        """Let calls be written together with those of others, and wait until they are.

        The thread that writes tells nobody how far it is: it would have to wait for a client.
        """
        return self.submit([each._replace(progress=None) for each in calls])

    @override
    def close(self) -> None:
        """Stay open for the next command."""


class ServedStreams:
    """The streams of a client. It satisfies `world.Streams`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        command = exchange.command
        inside, output, error = command.is_terminal
        self.terminals = Terminals(inside, output, error, command.width)

    @property
    def is_read(self) -> bool:
        """Tell whether the client is still there, and its output read."""
        return self._exchange.is_read

    @property
    def is_taken(self) -> bool:
        """Tell whether somebody took what was written."""
        try:
            return self._exchange.is_taken()
        except Gone:
            return False

    def settle(self) -> None:
        """Leave the streams as the client has them."""

    def write(self, text: str) -> None:
        """Write to standard output."""
        self._exchange.output(text.encode("utf-8", "backslashreplace"))

    def write_error(self, text: str) -> None:
        """Write to standard error."""
        self._exchange.error_output(text.encode("utf-8", "backslashreplace"))

    def drop_output(self) -> None:
        """Leave it to the client what becomes of output that nobody takes."""

    def read_bytes(self) -> bytes:
        """Return all of standard input.

        Raises:
            InvalidPath: it can't be read.
        """
        try:
            return self._exchange.input()
        except OSError as error:
            raise InvalidPath(
                f"Standard input can't be read: {error.strerror}", hint="Name a file."
            ) from error

    def pieces(self) -> Iterator[bytes]:
        """Yield standard input."""
        yield self.read_bytes()

    def write_bytes(self, content: bytes) -> None:
        """Write to standard output what is no text."""
        self._exchange.output(content)

    def read_line(self) -> str:
        """Return the next line of standard input; empty at its end."""
        return self._exchange.input_line().decode("utf-8", "surrogateescape")


class Home(NamedTuple):
    """What commands share: the daemon's store, and what it knows."""

    place: Place
    zone: str
    """TZ of the daemon."""
    freshness: Freshness
    changes: Changes
    adopt: Callable[[Engine, config.Settings], None]
    """Brings an engine, and the writer, to the words of the project as they are now."""


class ServedWorld(DirectWorld):
    """What a command finds: the client's folder, environment and streams, the daemon's store."""

    def __init__(self, home: Home, exchange: Exchange, engine: Engine) -> None:
        command = exchange.command
        super().__init__(command.environ, command.folder)
        self.is_served = True
        self.streams = ServedStreams(exchange)
        self._home = home
        self._exchange = exchange
        self._engine = engine

    @override
    def require_here(self) -> None:
        """Let the client run a command that needs its own process.

        Raises:
            RunHere: always.
        """
        raise RunHere

    @override
    def open(self, options: Options) -> Engine:
        """Return the engine, if the store that is meant is the daemon's.

        Raises:
            RunHere: it is another, or the client's clock has another zone.
        """
        place, settings = self._find(options)
        is_same = place.database == self._home.place.database
        if not is_same or self.environ.get("TZ", "") != self._home.zone:
            raise RunHere
        if reach.mode_of(settings) == "off":
            raise RunHere
        if options.lock_timeout_s is not None:
            raise RunHere
        # The daemon waits for nobody; what is no length of time is refused all the same.
        settings.seconds("lock-timeout")
        self._exchange.settle()
        self._home.adopt(self._engine, settings)
        self._engine.listen = self._listen
        return self._engine

    def _listen(self, engine: Engine, names: Sequence[str], wait_s: float) -> Ear:
        """Listen as long as the client is there."""
        del engine
        return Ear(self._home.changes, names, wait_s, self._is_waiting)

    def _is_waiting(self) -> bool:
        """Tell whether the client still waits for what only it can tell.

        Raises:
            RunHere: the daemon ends, and the client waits on by itself.
            Unavailable: it ends, and the client has shown something.
        """
        if self._home.changes.is_ending:
            if not self._exchange.has_output:
                raise RunHere
            raise Unavailable("The daemon ends", hint="Run the command again; nothing is lost.")
        return self.streams.is_read

    @override
    def refresh(
        self, engine: Engine, caller: Caller, progress: Progress | None = None
    ) -> Imported | None:
        """Take in what others wrote into the file, or committed, since it was last seen."""
        return self._home.freshness.refresh(engine, caller, progress)

    @override
    def write_file(self, engine: Engine, caller: Caller) -> None:
        """Leave the file to the daemon, which writes it soon."""

    @override
    def write_logs(self, options: Options, engine: Engine, caller: Caller) -> None:
        """Leave the logs to the daemon, which writes them soon."""

    @override
    def catch_up(self, engine: Engine, caller: Caller) -> None:
        """Write the file now: the command looks at it."""
        engine.flush(caller)

    @override
    def glimpse(self, engine: Engine) -> str:
        """Return what differs once the store, its file or HEAD has changed."""
        return f"{self._home.changes.number} {self.peek(engine)}"

    @override
    def await_change(self, engine: Engine, seen: str, timeout_s: float | None) -> bool:
        """Wait until a glimpse is another than one that was seen; tell whether it is.

        Raises:
            RunHere: the daemon ends, and the client waits on by itself.
        """
        number = int(seen.partition(" ")[0])
        left_s = float("inf") if timeout_s is None else timeout_s
        while self.glimpse(engine) == seen:
            if self._home.changes.is_ending:
                if not self._exchange.has_output:
                    raise RunHere
                return False
            if left_s <= 0 or not self.streams.is_read:
                return False
            self._home.changes.wait(number, min(left_s, _LOOK_S))
            left_s -= _LOOK_S
        return True

    # -- files of the client's, which it reads and writes itself

    @override
    def read_file(self, path: str) -> bytes:
        """Return what a file holds that the user named.

        Raises:
            FileTrouble: it can't be read.
        """
        try:
            return self._exchange.read_file(self.full_path(path))
        except IsADirectoryError as error:
            raise FileTrouble(f"{path} is a folder", hint="Name a file.", path=path) from error
        except OSError as error:
            raise FileTrouble(
                f"{self.full_path(path)}: {error.strerror}",
                hint="Check the path and its permissions.",
                path=self.full_path(path),
            ) from error

    @override
    def put_file(self, path: str, content: bytes) -> None:
        """Write a file that the user named.

        Raises:
            StoreFull: the disk is full.
            FileTrouble: it can't be written.
        """
        full = self.full_path(path)
        try:
            self._exchange.write_file(full, content)
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise StoreFull(f"The disk is full: {full} was not written", path=full) from error
            raise FileTrouble(f"{full}: {error.strerror}", path=full) from error


def serve(home: Home, exchange: Exchange, engine: Engine) -> int:
    """Run a command line for a client, or let it run it itself; return the exit code."""
    try:
        arguments = exchange.command.arguments
        code = run(arguments, ServedWorld(home, exchange, engine), key=exchange.command.key)
    except RunHere:
        exchange.hand_back()
        return 0
    except Gone:
        return 0
    exchange.leave(code)
    return code
