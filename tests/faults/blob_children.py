"""Processes that put, keep and collect blobs; some are killed on the way."""

import contextlib
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from beadwork.compose.engines import now_us
from beadwork.model.errors import BeadworkError, UnknownBlob
from beadwork.ops.blob import PutBlob
from beadwork.ops.blob_upkeep import GcBlobs
from beadwork.store.transaction import StoreTransaction
from beadwork.sync import blobs
from tests.faults import children
from tests.support import DAY_US, Project, SetClock

CONTENT = "x" * 4_000_000
ROUNDS = 150


def die(*given: Any) -> NoReturn:
    """Be killed here."""
    del given
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def put_until_killed(root: Path, moment: str) -> None:
    """Put a blob, and die at a moment of it."""

    def at(where: str) -> None:
        if where == moment:
            die()

    if moment in {"sync_descriptor", "sync_folder"}:
        setattr(blobs, moment, die)
    project = Project(root, at=at, clock=SetClock())
    project.run(PutBlob(text=CONTENT))


def put_with_files_of_at_most(root: Path, answers: Path, size: int) -> None:
    """Put a blob where no file can grow beyond a size, then one that fits; say how it went."""
    project = Project(root)
    project.engine.prepare()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    for text in (CONTENT, "short"):
        try:
            children.say(answers, str(project.run(PutBlob(text=text)).size_bytes))
        except BeadworkError as error:
            children.say(answers, f"{error.code} {bool(error.hint)}")
    project.close()


@contextlib.contextmanager
def _writing(project: Project) -> Iterator[StoreTransaction]:
    with project.engine._guards.write_lock(), project.transaction() as tx:
        yield tx
        project.engine._store.commit()


def refer_and_release(root: Path, number: int) -> None:
    """Let an old blob that nothing refers to be referred to again, over and over."""
    project = Project(root)
    files = project.engine.blob_files
    content = f"content {number}".encode() * 500
    digest = files.put(content)
    path = Path(project.place.blob_folder, digest[:2], digest)
    for _ in range(ROUNDS):
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (1, 1))
        try:
            files.keep(digest)
        except UnknownBlob:
            assert files.put(content) == digest
        with _writing(project) as tx:
            tx.blobs.refer(digest, len(content))
        # Something refers to it: from now on it must be there.
        assert files.read(digest) == content
        with _writing(project) as tx:
            tx.blobs.release(digest)
    files.put(content)
    with _writing(project) as tx:
        tx.blobs.refer(digest, len(content))
    project.close()


def collect_over_and_over(root: Path, done: Path) -> None:
    """Collect, for whom it is two days later, until told to end."""
    project = Project(root, clock=SetClock(now_us() + 2 * DAY_US))
    project.run(GcBlobs())
    done.with_name("begun").touch()
    while not done.exists():
        project.run(GcBlobs())
    project.close()
