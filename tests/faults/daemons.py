"""What tests of a daemon under faults share: a daemon inside the test, writers, and the proof."""

import contextlib
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from beadwork.compose import DirectWorld
from beadwork.compose.daemon import DaemonProcess, Seams, Wanted
from beadwork.doors.world import Options
from beadwork.sync.locate import Place, place_of
from tests.daemon.running import Daemon, Line, until
from tests.doors.program import Bd, environment, install
from tests.support import Project, query

END_S = 60.0
"""No test waits for it: it ends what would hang for ever."""


def new_store(root: Path) -> Bd:
    """Make a store in a folder; answer `bd` there."""
    home, folder = root / "home", root / "px"
    home.mkdir()
    folder.mkdir()
    install(home)
    bd = Bd(folder, home)
    bd.ok("init", "--quiet", "--prefix", "px")
    return bd


def place_in(folder: Path) -> Place:
    """Answer where the store of a folder is."""
    return place_of(str(folder / ".beads"))


class Inside:
    """A daemon in a thread of the test, which can look into it."""

    def __init__(self, folder: Path, home: Path, seams: Seams) -> None:
        world = DirectWorld(environment(home), str(folder))
        self.process = DaemonProcess(world, Options(), Wanted(), seams)
        self.socket_path = folder / ".beads" / "bd.sock"
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.process.run()
        except BaseException as error:  # the test tells of it
            self.failure = error
            raise

    def line(self) -> Line:
        """Open a connection."""
        return Line(self.socket_path)

    def ask(self, operation: str, args: Any = None, **more: Any) -> dict[str, Any]:
        """Send one request; answer its response."""
        with self.line() as line:
            found: dict[str, Any] = line.ask(operation, args, **more)
            return found

    def in_loop(self, work: Callable[[], None]) -> None:
        """Let the loop do something in its own thread, and wait for it."""
        self.process._loop.ask(work)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let the loop do nothing: what is sent meanwhile is taken at once afterwards."""
        begun, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            begun.set()
            go_on.wait(END_S)

        self.process._loop.post(hold)
        assert begun.wait(END_S)
        try:
            yield
        finally:
            go_on.set()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._thread.start()
        until(self._answers)

    def _answers(self) -> bool:
        assert self.failure is None, self.failure
        with contextlib.suppress(OSError):
            return bool(self.ask("ping")["success"])
        return False

    def stop(self) -> None:
        """Let it end in good order."""
        if self._thread.is_alive():
            self.process._loop.stop("the test ends")
            self._thread.join(END_S)
            assert not self._thread.is_alive()


@contextlib.contextmanager
def inside(folder: Path, home: Path, seams: Seams | None = None) -> Iterator[Inside]:
    """Run the daemon of a store in a thread."""
    daemon = Inside(folder, home, seams or Seams())
    before = sys.getswitchinterval()
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        sys.setswitchinterval(before)


# ------------------------------------------------------------------------------------ writers


class Going:
    """Threads that go on whatever happens to the daemon, and note what was acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join(END_S)
            assert not each.is_alive()

    def wait_for_more(self, count: int) -> None:
        """Wait until so much more was acknowledged."""
        goal = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= goal, END_S)


class Load(Going):
    """Writers of issues; what was acknowledged are the titles that a writer was told of."""

    def __init__(self, bd: Bd, *, lines: int, programs: int) -> None:
        super().__init__()
        self.bd = bd
        self.refused: list[str] = []
        """What was answered to a request that failed."""
        self.lost_answers = 0
        """How often a program was not told whether its issue was made."""
        self._threads = [
            *(threading.Thread(target=self._by_line, args=(each,)) for each in range(lines)),
            *(threading.Thread(target=self._by_program, args=(each,)) for each in range(programs)),
        ]

    def _by_line(self, number: int) -> None:
        """Make issues over the socket; what was not answered is asked again, under its key."""
        line: Line | None = None
        count = 0
        while True:
            title = f"line {number} {count}"
            try:
                line = line or Line(self.bd.beads / "bd.sock")
                answer = line.ask("issue.create", {"title": title}, key=f"key {title}")
            except (OSError, ValueError):
                # Nobody is there, or went away, perhaps in the middle of a line.
                if line is not None:
                    line.close()
                line = None
                if self._stop.wait(0.002):
                    return
                continue
            if answer["success"]:
                self.acknowledged.append(title)
                count += 1
            elif answer["code"] == "unavailable":
                line.close()
                line = None
            else:
                self.refused.append(str(answer))
                count += 1
            if self._stop.is_set():
                break
        if line is not None:
            line.close()

    def _by_program(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            title = f"program {number} {count}"
            answer = self.bd.run("create", title, "--silent")
            if answer.code == 0:
                self.acknowledged.append(title)
            elif answer.code == 5 and "in the middle" in answer.err:
                self.lost_answers += 1
            else:
                self.refused.append(str(answer))
            count += 1


def spin(seconds: float) -> None:
    """Let some time go by, exactly."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def some_moment(chance: random.Random) -> None:
    """Let a random time go by, in which a few writes go through several stages."""
    spin(chance.random() * 0.01)


# -------------------------------------------------------------------------------------- proof


def titles(place: Place) -> Counter[str]:
    """Count the issues of each title."""
    return Counter(title for (title,) in query(place, "SELECT title FROM issue"))


def require_all(load: Load, place: Place) -> None:
    """See to it that what was acknowledged is there, nothing twice, and the store is sound."""
    assert load.refused == []
    found = titles(place)
    assert set(load.acknowledged) <= set(found)
    assert [title for title, count in found.items() if count > 1] == []
    assert len(set(load.acknowledged)) == len(load.acknowledged)
    require_sound(place)


def require_sound(place: Place) -> None:
    """See to it that the database and the index of readiness are as they should be."""
    assert query(place, "PRAGMA integrity_check") == [("ok",)]
    assert query(place, "PRAGMA foreign_key_check") == []
    project = Project(Path(place.folder).parent)
    try:
        assert project.wrong_rows() == 0
    finally:
        project.close()


def require_file(bd: Bd, place: Place) -> None:
    """See to it that the file, once it is written, holds the issues of the store."""
    bd.ok("export", "-o", str(bd.records))
    rows = query(place, "SELECT id FROM issue")
    assert set(bd.lines()) == {issue for (issue,) in rows}


def served(daemon: Daemon | Inside, count: int = 20) -> None:
    """See to it that a client is served as if nothing else happened."""
    with daemon.line() as line:
        for each in range(count):
            assert line.ask("issue.create", {"title": f"served {each}"})["success"]
        assert line.ask("list", {"limit": 5})["success"]
