"""What is measured in a process of its own: memory of an import, writers that compete.

It prints one JSON value. The floors stand beside what they are the floors of.
"""

import contextlib
import hashlib
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from figures import clocked

from beadwork.compose.direct import DirectWorld
from beadwork.compose.entry import tune_garbage
from beadwork.doors.cli.main import run
from beadwork.sync.locate import place_of
from bench import CALLER, bare, engine_on, environment, request

_FLOOR = "floor.db"
_PIECE_BYTES = 1 << 20


def peak_bytes() -> int:
    """Return the most memory that this process had.

    On Linux `getrusage` may name the parent's from before `exec`; the kernel's own count does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def take_in(folder: Path) -> dict[str, float]:
    """Import the file of a folder into its store."""
    with engine_on(place_of(str(folder / ".beads"))) as engine:
        begun = time.process_time()
        seconds = clocked(lambda: engine.run(request("record.import"), CALLER))
        cpu = time.process_time() - begun
    return {"seconds": seconds, "cpu": cpu, "peak": peak_bytes()}


def take_in_floor(folder: Path) -> dict[str, float]:
    """Read the same file, decode every line, put the lines into one table."""
    with bare(folder / _FLOOR) as connection:
        connection.execute("CREATE TABLE line (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")

        def work() -> None:
            content = (folder / ".beads" / "issues.jsonl").read_bytes()
            rows = []
            for line in content.splitlines():
                msgspec.json.decode(line)
                rows.append((line.decode(),))
            with connection:
                connection.executemany("INSERT INTO line (text) VALUES (?)", rows)

        begun = time.process_time()
        seconds = clocked(work)
        cpu = time.process_time() - begun
    return {"seconds": seconds, "cpu": cpu, "peak": peak_bytes()}


def put_blob(folder: Path) -> dict[str, float]:
    """Put a file among the blobs, by the command."""
    seconds = clocked(lambda: _command(folder, "blob", "put", "source"))
    return {"seconds": seconds, "peak": peak_bytes()}


def get_blob(folder: Path) -> dict[str, float]:
    """Write the one blob to a file, by the command."""
    (blob,) = (folder / ".beads" / "blobs").glob("??/*")
    seconds = clocked(lambda: _command(folder, "blob", "get", blob.name, "-o", "target"))
    return {"seconds": seconds, "peak": peak_bytes()}


def _command(folder: Path, *words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(list(words), DirectWorld(environment(), str(folder)))
    if code:
        raise RuntimeError(f"bd {' '.join(words)} failed with exit code {code}")


def copy_floor(folder: Path) -> dict[str, float]:
    """Copy the same file, with its SHA-256 and a sync."""

    def work() -> None:
        digest = hashlib.sha256()
        with (
            open(folder / "source", "rb", buffering=0) as source,
            open(folder / "copy", "wb", buffering=0) as target,
        ):
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                target.write(piece)
            os.fsync(target.fileno())

    return {"seconds": clocked(work), "peak": peak_bytes()}


def _at(start: float, work: Callable[[int], object], count: int) -> dict[str, object]:
    """Begin at a moment that all children were given; note how long each call took."""
    time.sleep(max(0.0, start - time.time()))
    begun = time.time()
    each = [clocked(partial(work, n)) for n in range(count)]
    return {"begun": begun, "ended": time.time(), "each": each}


def creates(folder: Path, start: float, name: str, count: int) -> dict[str, object]:
    """Create issues, one commit each, while others do too."""
    with engine_on(place_of(str(folder / ".beads"))) as engine:
        return _at(
            start, lambda n: engine.run(request("issue.create", title=f"{name} {n}"), CALLER), count
        )


def creates_floor(folder: Path, start: float, name: str, count: int) -> dict[str, object]:
    """Insert bare rows, one durable commit each, while others do too."""
    with bare(folder / _FLOOR) as connection:

        def work(n: int) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO line (text) VALUES (?)", (f"{name} {n}",))
            connection.execute("COMMIT")

        return _at(start, work, count)


_ALONE = {
    "import": take_in,
    "import-floor": take_in_floor,
    "blob-put": put_blob,
    "blob-get": get_blob,
    "blob-floor": copy_floor,
}


def main() -> None:
    tune_garbage()
    mode, folder, *more = sys.argv[1:]
    if mode in _ALONE:
        answer: object = _ALONE[mode](Path(folder))
    else:
        work = {"creates": creates, "creates-floor": creates_floor}[mode]
        start, name, count = more
        answer = work(Path(folder), float(start), name, int(count))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
