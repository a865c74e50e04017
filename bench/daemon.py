"""The daemon: commands through it, durable writes over its socket, what it costs to have it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from figures import Figure, clocked, median

from beadwork.sync.locate import Place
from bench import HERE, Bench, bare, bd, environment

_ROUNDS = 25
_SIZES = (1_000, 10_000, 100_000)
_CREATES = 3_000
_READY_TARGET_S = 0.005
_CREATE_TARGET_S = 0.006
_MEMORY_TARGET_MB = 60
_RATE_TARGET = 5_000
_P99_TARGET_S = 0.010
_P99_BESIDE_TARGET_S = 0.025
_NO_DAEMON_TARGET_S = 0.250
_BIG = 100_000


class Daemon:
    """A daemon as a process, and a connection to it."""

    def __init__(self, place: Place) -> None:
        self.root = Path(place.folder).parent
        self.environment = environment() | {"BEADS_NO_DAEMON": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "beadwork", "daemon", str(self.root)], env=self.environment
        )
        self.path = str(Path(place.folder) / "bd.sock")
        self.connection = self._connected()
        self._reader = self.connection.makefile("rb")

    def _connected(self) -> socket.socket:
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(self.path)
            except OSError:
                connection.close()
                time.sleep(0.01)
            else:
                return connection

    def ask(self, operation: str, **args: object) -> Any:  # noqa: ANN401 -- JSON
        line = json.dumps({"operation": operation, "args": args, "actor": "bench"})
        self.connection.sendall(line.encode() + b"\n")
        answer = json.loads(self._reader.readline())
        if not answer["success"]:
            raise RuntimeError(answer)
        return answer.get("data")

    def run(self, *words: str) -> None:
        subprocess.run(
            [bd(), *words],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def end(self) -> None:
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@contextlib.contextmanager
def daemon_on(place: Place) -> Iterator[Daemon]:
    daemon = Daemon(place)
    try:
        daemon.ask("health")
        yield daemon
    finally:
        daemon.end()


def measure(bench: Bench) -> Iterator[Figure]:
    for size in _SIZES:
        with daemon_on(bench.store(size)) as daemon:
            yield from _commands(daemon, size)
            if size == _SIZES[1]:
                yield _memory(daemon, size)
                yield from _crowds(bench, daemon)
            if size == _BIG:
                yield _beside_a_list(daemon)
    yield _no_daemon(bench)


def _commands(daemon: Daemon, size: int) -> Iterator[Figure]:
    """The whole process, beside an interpreter that does nothing, turn by turn."""
    runs = {
        "pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "ready": partial(daemon.run, "ready", "--json"),
        "create": partial(daemon.run, "create", "A new one", "--json"),
    }
    taken: dict[str, list[float]] = {what: [] for what in runs}
    for each in range(_ROUNDS + 2):
        for what, run in runs.items():
            seconds = clocked(run)
            if each > 1:  # the first rounds warm up
                taken[what].append(seconds)
    floor = median(taken["pass"])
    for what, more in (("ready", _READY_TARGET_S), ("create", _CREATE_TARGET_S)):
        yield Figure(
            what=f"bd {what} --json through the daemon, {size:,} issues",
            median=median(taken[what]),
            worst=max(taken[what]),
            floor=floor,
            floor_is="python -c pass",
            target=floor + more,
        )


def _memory(daemon: Daemon, size: int) -> Figure:
    return Figure(
        what=f"memory of the daemon, {size:,} issues",
        median=daemon.ask("health")["memory_alloc_mb"],
        unit=" MB",
        target=_MEMORY_TARGET_MB,
    )


def _crowds(bench: Bench, daemon: Daemon) -> Iterator[Figure]:
    """Clients that create as fast as they are answered, each a process of its own."""
    floor = bare_row_s(bench)
    for clients in (1, 8, 64):
        lasted, each = crowd(daemon, clients, "daemon_client.py", str(_CREATES // clients))
        times = sorted(seconds for some in each for seconds in some)
        p99 = times[int(len(times) * 0.99)]
        rate = len(times) / lasted
        yield Figure(
            what=f"durable creates over the socket, {clients} clients: together",
            median=rate,
            floor=1 / floor,
            floor_is="bare durable rows, one client",
            unit="/s",
            is_more_better=True,
            target=_RATE_TARGET if clients == 8 else None,
        )
        yield Figure(
            what=f"likewise, {clients} clients: one create, median and p99",
            median=median(times),
            worst=p99,
            floor=floor,
            floor_is="a bare durable row",
            target=_P99_TARGET_S if clients == 8 else None,
        )
        rates = [len(some) / sum(some) for some in each]
        yield Figure(
            what=f"likewise, {clients} clients: the slowest client's share of the mean",
            median=min(rates) / (sum(rates) / len(rates)),
            unit="",
            is_more_better=True,
            target=0.5,
        )


def bare_row_s(bench: Bench) -> float:
    """Return how long a durable row takes, and nothing else."""
    with bare(bench.folder("floor")) as connection:
        connection.execute("CREATE TABLE line (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
        return median([clocked(partial(_one_row, connection)) for _ in range(200)])


def _one_row(connection: Any) -> None:  # noqa: ANN401 -- the driver's
    connection.execute("INSERT INTO line (text) VALUES ('A row of some length')")


def crowd(daemon: Daemon, clients: int, *words: str) -> tuple[float, list[list[float]]]:
    """Let clients begin at once, each a process; return how long all took, and each of them.

    `words`: the script of the client, and what it is given beside the socket.
    """
    script, *given = words
    children = [
        subprocess.Popen(
            [sys.executable, str(HERE / script), daemon.path, *given],
            env=daemon.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(clients)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()  # It is connected.
    begun = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    answers = [json.loads(child.communicate()[0]) for child in children]
    return time.perf_counter() - begun, answers


def _beside_a_list(daemon: Daemon) -> Figure:
    """Creates while another client is given a list of everything."""
    listing = subprocess.Popen(
        [bd(), "list", "--all", "--limit", "0", "--json"],
        cwd=daemon.root,
        env=daemon.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    times = []
    while listing.poll() is None:
        times.append(clocked(partial(daemon.ask, "issue.create", title=f"New {len(times)}")))
    times.sort()
    return Figure(
        what=f"a create while a list of {_BIG:,} runs, median and p99",
        median=median(times),
        worst=times[int(len(times) * 0.99)],
        target=_P99_BESIDE_TARGET_S,
    )


def _no_daemon(bench: Bench) -> Figure:
    """A command where the daemon was killed: its socket is there, and nobody answers."""
    place = bench.store(_SIZES[1])
    with daemon_on(place) as daemon:
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
        words = environment() | {"BEADS_NO_DAEMON": "", "CI": "true"}
        taken = [
            clocked(
                partial(
                    subprocess.run,
                    [bd(), "ready", "--json"],
                    cwd=daemon.root,
                    env=words,
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
            )
            for _ in range(_ROUNDS)
        ]
    floor = median(
        [clocked(partial(subprocess.run, [sys.executable, "-c", "pass"])) for _ in taken]
    )
    return Figure(
        what="bd ready --json where the daemon is gone, 10,000 issues",
        median=median(taken),
        worst=max(taken),
        floor=floor,
        floor_is="python -c pass",
        target=_NO_DAEMON_TARGET_S,
    )
