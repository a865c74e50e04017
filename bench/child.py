"""What is measured in a process of its own: memory of an import, writers that compete.

It prints one JSON value. The floors stand beside what they are the floors of.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from figures import clocked

from beadwork.sync.locate import place_of
from bench import CALLER, bare, engine_on, request

_FLOOR = "floor.db"


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


def main() -> None:
    mode, folder, *more = sys.argv[1:]
    if mode in ("import", "import-floor"):
        answer: object = {"import": take_in, "import-floor": take_in_floor}[mode](Path(folder))
    else:
        work = {"creates": creates, "creates-floor": creates_floor}[mode]
        start, name, count = more
        answer = work(Path(folder), float(start), name, int(count))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
