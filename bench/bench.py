"""Where measurements take place: folders with stores of a size, engines, processes."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import data

from beadwork.compose import open_engine
from beadwork.engine import Caller, Engine
from beadwork.model.claim import Holder
from beadwork.ops.operation import Request
from beadwork.ops.table import operation_named
from beadwork.sync.locate import Place, place_of

HERE = Path(__file__).resolve().parent
CALLER = Caller(Holder("bench"))
SETTLED_S = 0.1
"""A file younger than 50 ms is known by its content only (rule R5)."""
_HIDDEN = ("BD_", "BEADS_", "GIT_", "CLAUDE", "PYTHONDONTWRITEBYTECODE")


def environment() -> dict[str, str]:
    """Make the environment of a process: nothing of this machine's own settings of Beadwork.

    Compiled modules are kept, as in any installation: without them a command takes twice as long.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
    return kept | {"BD_ACTOR": "bench", "BEADS_NO_DAEMON": "1"}


def bd() -> str:
    """Return the path of the `bd` that belongs to this interpreter."""
    return str(Path(sys.executable).parent / "bd")


def make_folder(root: Path, content: list[str]) -> Place:
    """Make a `.beads` folder with a file of records, and no store yet."""
    folder = root / ".beads"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"issue-prefix: {data.PREFIX}\n", encoding="utf-8")
    data.write(folder / "issues.jsonl", content)
    return place_of(str(folder))


@contextmanager
def engine_on(place: Place) -> Iterator[Engine]:
    """Open the engine on a store."""
    engine = open_engine(place)
    try:
        engine.prepare()
        yield engine
    finally:
        engine.close()


def request(name: str, **fields: object) -> Request[Any]:
    """Build the request of an operation."""
    return operation_named(name).request(**fields)


@contextmanager
def bare(path: Path | str) -> Iterator[apsw.Connection]:
    """Open a database with the store's durability and nothing else of it."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(60_000)
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    try:
        yield connection
    finally:
        connection.close()


def start_child(*arguments: object) -> subprocess.Popen[bytes]:
    """Start `child.py`, which measures in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "child.py"), *map(str, arguments)],
        env=environment(),
        stdout=subprocess.PIPE,
    )


def answer_of(child: subprocess.Popen[bytes]) -> Any:  # noqa: ANN401 -- JSON
    """Wait for a child; return what it printed, as JSON.

    Raises:
        RuntimeError: it failed.
    """
    printed, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"child.py failed with exit code {child.returncode}")
    return json.loads(printed)


def run_child(*arguments: object) -> Any:  # noqa: ANN401 -- JSON
    """Run `child.py`; return what it printed, as JSON."""
    return answer_of(start_child(*arguments))


class Bench:
    """The temporary folder of one run. Stores are imported once and copied for each use."""

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self.root = root
        self.say = say
        self._count = 0

    def folder(self, name: str = "part") -> Path:
        """Return a path that nothing uses yet."""
        self._count += 1
        return self.root / f"{name}-{self._count}"

    def backlog(self, count: int) -> list[str]:
        """Return the lines of a backlog."""
        return data.lines(data.backlog(count))

    def store(self, count: int) -> Place:
        """Return a copy of a store with a backlog of so many issues."""
        origin = self.root / f"store-{count}"
        if not origin.exists():
            self.say(f"making a store of {count:,} issues")
            make_folder(origin, self.backlog(count))
            run_child("import", origin)
        root = self.folder("copy")
        shutil.copytree(origin, root)
        return place_of(str(root / ".beads"))

    def imported(self, content: list[str]) -> Place:
        """Return a store over these lines."""
        place = make_folder(self.folder(), content)
        time.sleep(SETTLED_S)
        run_child("import", Path(place.folder).parent)
        return place
