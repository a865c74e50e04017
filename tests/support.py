"""What tests of the store share: a project with a clock that they set, and the lines of its store."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from beadwork.compose import open_engine
from beadwork.engine import Call, Caller, Engine, Outcome
from beadwork.model.claim import Holder
from beadwork.model.codec import join_line
from beadwork.model.issue import Issue, Vocabulary
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import operation_of
from beadwork.ops.views import IssueDetails
from beadwork.store.sqlite import Opener
from beadwork.store.transaction import StoreTransaction
from beadwork.sync.locate import Place, place_of

R = TypeVar("R", bound=Response)

START_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
ROOT = Path(__file__).resolve().parents[1]


class SetClock:
    """A clock that stands still until a test moves it, but for a microsecond at each look."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1
        return self.now_us

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self.now_us += int(seconds * SECOND_US)


def make_folder(root: Path, prefix: str = "px") -> Place:
    """Make a `.beads` folder with a prefix."""
    folder = root / ".beads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(f"issue-prefix: {prefix}\n", encoding="utf-8")
    return place_of(str(folder))


class Project:
    """A store in a folder, asked through the engine."""

    def __init__(
        self,
        root: Path,
        *,
        clock: SetClock | None = None,
        opener: Opener | None = None,
        at: Callable[[str], None] | None = None,
        vocabulary: Vocabulary | None = None,
        lock_timeout_s: float = 30.0,
    ) -> None:
        self.root = root
        self.place = make_folder(root)
        self.clock = clock or SetClock()
        options: dict[str, Any] = {"at": at} if at else {}
        self.engine: Engine = open_engine(
            self.place,
            clock=self.clock,
            opener=opener,
            vocabulary=vocabulary,
            lock_timeout_s=lock_timeout_s,
            **options,
        )

    @property
    def records(self) -> Path:
        """The exported file."""
        return Path(self.place.records)

    def close(self) -> None:
        """Close the engine."""
        self.engine.close()

    def run(self, request: Request[R], actor: str = "alice", session: str = "", key: str = "") -> R:
        """Run a request in somebody's name."""
        return self.engine.run(request, Caller(Holder(actor, session), key))

    def create(self, title: str = "Work", actor: str = "alice", **fields: Any) -> str:
        """Make an issue; return its id."""
        return self.run(CreateIssue(title=title, **fields), actor).issue.id

    def show(self, issue: str) -> IssueDetails:
        """Show an issue with all around it."""
        return self.run(ShowIssue(issue=issue)).details

    def issue(self, issue: str) -> Issue:
        """Show an issue."""
        return self.show(issue).issue

    def batch(self, *requests: Request[Any], actor: str = "alice") -> list[Outcome]:
        """Run writes in one transaction."""
        return self.engine.write_all([call(each, actor) for each in requests])

    @contextlib.contextmanager
    def transaction(self, operation: str = "check") -> Iterator[StoreTransaction]:
        """Open a writing transaction, and take back all that was done in it."""
        self.engine.prepare()
        store = self.engine._store
        store.begin()
        try:
            yield store.writing(
                now_us=self.clock.now_us,
                holder=Holder("check"),
                vocabulary=self.engine._vocabulary,
                operation=operation,
            )
        finally:
            store.rollback()

    def wrong_rows(self) -> int:
        """Count the rows of the index of readiness that a computation from scratch contradicts."""
        with self.transaction() as tx:
            return tx.ready.recompute()

    def lines(self) -> list[str]:
        """Read every record of the store, those that the file leaves out too, by id."""
        return lines_of(self.place)


def call(request: Request[Any], actor: str = "alice", key: str = "") -> Call:
    """Make a call of a batch."""
    return Call(operation_of(type(request)), request, Caller(Holder(actor), key))


def query(place: Place, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database itself, on a connection of our own."""
    connection = apsw.Connection(place.database, flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(30_000)
        return list(connection.execute(text, values))
    finally:
        connection.close()


def lines_of(place: Place) -> list[str]:
    """Read every record of a store in its canonical form, by id."""
    rows = query(
        place, "SELECT d.body, d.stamps FROM issue i JOIN document d ON d.n = i.n ORDER BY i.id"
    )
    return [join_line(body, stamps) for body, stamps in rows]


def child_environment() -> dict[str, str]:
    """The environment of a process that runs the code under test."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "BEADS_AUTO_START_DAEMON": "false",
    }
    return {**kept, **own}


def memory_folder() -> Path:
    """Make a folder on a file system without a disk, where there is one: syncs cost nothing."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="bw-", dir=memory if os.access(memory, os.W_OK) else None))


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A folder for tests that sync a lot."""
    folder = memory_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A new project."""
    made = Project(tmp_path)
    yield made
    made.close()
