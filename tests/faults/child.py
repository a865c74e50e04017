"""A process that uses a store, tells line by line what it was told, and may kill itself.

    python -m tests.faults.child FOLDER COMMAND [ARGUMENT ...]

Every answer goes to standard output at once, so that what was acknowledged is known whatever
becomes of the process.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from beadwork.compose import open_engine
from beadwork.engine import Call, Caller, Engine
from beadwork.model.claim import Holder
from beadwork.model.errors import BeadworkError
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.label import AddLabels, RemoveLabels
from beadwork.ops.operation import Request
from beadwork.ops.record import ExportFile, ImportFile
from beadwork.ops.table import BY_REQUEST
from beadwork.sync.locate import place_of


def say(**what: object) -> None:
    """Tell the parent something."""
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def killer(nth: int) -> Callable[[str], None]:
    """Return a callback that kills this process at the nth moment; 0 means never."""
    moments = iter(range(1, nth + 1)) if nth else iter(())

    def at(moment: str) -> None:
        if nth and next(moments, None) == nth:
            say(killed_at=moment)
            os.kill(os.getpid(), signal.SIGKILL)

    return at


class Worker:
    """One process at work on a store."""

    def __init__(self, folder: str, nth: int = 0, name: str = "worker") -> None:
        self.engine: Engine = open_engine(place_of(folder), at=killer(nth))
        self.caller = Caller(Holder(name))

    def run(self, request: Request[Any]) -> Any:
        """Ask the engine."""
        return self.engine.run(request, self.caller)

    def create(self, title: str) -> None:
        """Make an issue, and tell so."""
        say(created=self.run(CreateIssue(title=title)).issue.id, title=title)


def everything(folder: str, nth: str) -> None:
    """Make, change, close, batch and export, until killed."""
    worker = Worker(folder, int(nth))
    for n in range(3):
        worker.create(f"issue {n}")
    first = worker.run(CreateIssue(title="to change", id="px-change")).issue.id
    say(created=first, title="to change")
    worker.run(AddLabels(issue=first, labels=["kept"]))
    say(labelled=first)
    requests = [CreateIssue(title=f"batch {n}") for n in range(4)]
    calls = [Call(BY_REQUEST[CreateIssue], each, worker.caller) for each in requests]
    for request, outcome in zip(requests, worker.engine.write_all(calls), strict=True):
        if not isinstance(outcome, BeadworkError):
            say(created=outcome.issue.id, title=request.title)  # type: ignore[attr-defined]
    worker.run(ExportFile())
    say(exported=True)
    worker.run(CloseIssue(issue=first))
    say(closed=first)
    worker.run(ExportFile())
    say(exported=True)
    say(done=True)


def take_in(folder: str, path: str, nth: str) -> None:
    """Import a file, until killed."""
    worker = Worker(folder, int(nth))
    report = worker.run(ImportFile(path=path)).report
    say(done=True, lines=report.lines, quarantined=len(report.quarantined))


def create_and_export(folder: str) -> None:
    """Make issues and export after each, for ever."""
    worker = Worker(folder)
    n = 0
    while True:
        n += 1
        worker.create(f"issue {n}")
        worker.run(ExportFile())


def create(folder: str, name: str, count: str) -> None:
    """Make issues; the same titles as everybody else, so that ids are likely to collide."""
    worker = Worker(folder, name=name)
    for n in range(int(count)):
        worker.create(f"issue {n}")


def keyed(folder: str, key: str, nth: str) -> None:
    """Make an issue under a key."""
    worker = Worker(folder, int(nth))
    caller = worker.caller._replace(key=key)
    say(created=worker.engine.run(CreateIssue(title="once"), caller).issue.id)


def label(folder: str, name: str, count: str) -> None:
    """Put labels of our own on the one issue, and take every other one away again."""
    worker = Worker(folder, name=name)
    for n in range(int(count)):
        worker.run(AddLabels(issue="px-one", labels=[f"{name}-{n}"]))
        if n % 2:
            worker.run(RemoveLabels(issue="px-one", labels=[f"{name}-{n - 1}"]))
    say(done=True)


def claim(folder: str, name: str) -> None:
    """Claim the one issue, once the parent says so."""
    worker = Worker(folder, name=name)
    say(ready=True)
    sys.stdin.readline()
    try:
        say(won=worker.run(ClaimIssue(issue="px-one")).claim_epoch)
    except BeadworkError as error:
        say(lost=error.code, holder=error.data.get("holder"))


def export(folder: str, count: str) -> None:
    """Export again and again."""
    worker = Worker(folder)
    for _ in range(int(count)):
        worker.run(ExportFile())
    say(done=True)


def small_files(folder: str, limit: str) -> None:
    """Export with a limit on the size of files, as on a full disk; then without it."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    worker = Worker(folder)
    worker.create("the last straw")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), hard))
    for _ in range(2):
        try:
            worker.run(ExportFile())
        except BeadworkError as error:
            say(refused=error.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    say(left=sorted(os.listdir(folder)))
    say(exported=worker.run(ExportFile()).is_written)


def small_files_for_ever(folder: str, limit: str) -> None:
    """Export with a limit on the size of files, and end with it."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    worker = Worker(folder)
    worker.create("the last straw")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        worker.run(ExportFile())
    except BeadworkError as error:
        say(refused=error.code)


def powerless(folder: str) -> None:
    """Read and write as a user who may not write there."""
    warm = Worker(str(Path(folder).parents[1] / "warm" / ".beads"))
    warm.create("what is read from files is read now, while it may be")
    requests: list[Request[Any]] = [*_reads(), CreateIssue(title="not here"), ExportFile()]
    for request in requests[:-2]:
        warm.run(request)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    worker = Worker(folder)
    for request in requests:
        try:
            answer = worker.run(request)
        except BeadworkError as error:
            say(asked=type(request).__name__, refused=error.code, message=error.message)
        else:
            say(asked=type(request).__name__, issues=_count(answer))


def _reads() -> Iterator[Request[Any]]:
    from beadwork.ops.issue import ListIssues
    from beadwork.ops.ready import ListReady

    yield ListIssues()
    yield ListReady()


def _count(answer: Any) -> int | None:
    issues = getattr(answer, "issues", None)
    return None if issues is None else len(issues)


COMMANDS: dict[str, Callable[..., None]] = {
    each.__name__: each
    for each in (
        everything, take_in, create_and_export, create, keyed, label, claim, export, small_files,
        small_files_for_ever, powerless,
    )
}  # fmt: skip

if __name__ == "__main__":
    COMMANDS[sys.argv[2]](sys.argv[1], *sys.argv[3:])
