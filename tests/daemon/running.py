"""A daemon as a process of its own, and a plain client of its socket, as tests use them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0
ANSWER_S = 60.0
"""No test waits for these: they end what would hang for ever."""
_CHUNK = 1 << 16


def until(condition: Callable[[], T], timeout_s: float = START_S) -> T:
    """Wait until something holds; answer it."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.002)
    return found


class Line:
    """A connection that speaks lines of JSON, and knows nothing of Beadwork."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(ANSWER_S)
        try:
            # A path too long for a socket is a link to a shorter one.
            self._socket.connect(os.readlink(path) if path.is_symlink() else str(path))
        except BaseException:
            self._socket.close()
            raise
        self._reader = self._socket.makefile("rb")

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(content)

    def request(self, operation: str, args: Any = None, **more: Any) -> None:
        """Send a request, and wait for nothing."""
        self.send(json.dumps({"operation": operation, "args": args or {}, **more}).encode() + b"\n")

    def receive(self) -> Any:
        """Answer the next line; fails where the other side has closed."""
        line = self._reader.readline()
        if not line:
            raise ConnectionError("the daemon closed the connection")
        return json.loads(line)

    def is_ended(self) -> bool:
        """Read what is left, and tell whether the other side has closed."""
        try:
            while self._reader.read(_CHUNK):
                pass
        except ConnectionError:
            return True
        return True

    def ask(self, operation: str, args: Any = None, **more: Any) -> Any:
        """Send a request; answer its response."""
        self.request(operation, args, **more)
        return self.receive()

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self._socket.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Daemon:
    """The daemon of the store in a folder, as a process of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None

    @property
    def beads(self) -> Path:
        """The folder of the store."""
        return self.folder / ".beads"

    @property
    def socket_path(self) -> Path:
        """Where it listens."""
        return self.beads / "bd.sock"

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> "Daemon":
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "beadwork", "daemon", str(self.folder)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            until(self._answers)
        except BaseException:
            self.kill()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended: {self._said()}")
        try:
            with self.line() as line:
                found: bool = line.ask("ping")["success"]
                return found
        except OSError:
            return False

    def _said(self) -> str:
        assert self.process is not None
        assert self.process.stderr is not None
        return self.process.stderr.read().decode(errors="replace")

    def stop(self) -> int:
        """Ask it to end in good order, by SIGTERM; answer its exit code."""
        return self._end(lambda process: process.terminate())

    def kill(self) -> int:
        """End it as a power cut would."""
        return self._end(lambda process: process.kill())

    def wait(self) -> int:
        """Wait until it has ended by itself; answer its exit code."""
        return self._end(lambda _: None)

    def _end(self, act: Callable[[subprocess.Popen[bytes]], None]) -> int:
        self.hang_up()
        process = self.process
        if process is None:
            return 0
        act(process)
        try:
            code = process.wait(START_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stderr is not None:
                process.stderr.close()
            self.process = None
        return code

    def line(self) -> Line:
        """Open a connection of one's own."""
        return Line(self.socket_path)

    def hang_up(self) -> None:
        """Close the kept connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def ask(self, operation: str, args: Any = None, **more: Any) -> dict[str, Any]:
        """Send a request over the kept connection; answer its response."""
        if self._line is None:
            self._line = self.line()
        answer: dict[str, Any] = self._line.ask(operation, args, **more)
        return answer

    def data(self, operation: str, args: Any = None, **more: Any) -> Any:
        """Send a request that succeeds; answer its data."""
        answer = self.ask(operation, args, **more)
        assert answer["success"] is True, answer
        return answer.get("data")


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[Daemon]:
    """Run the daemon of a store; whatever happens, none is left."""
    daemon = Daemon(folder, environment)
    try:
        yield daemon.start()
    finally:
        daemon.kill()
