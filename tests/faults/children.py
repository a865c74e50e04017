"""Processes of the tests: each opens the store by itself, and some kill themselves.

They come from a fork server that has imported all this, so that starting one costs little.
"""

import itertools
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from beadwork.compose import open_engine
from beadwork.engine import Caller
from beadwork.model import limits
from beadwork.model.claim import Holder
from beadwork.model.errors import BeadworkError
from beadwork.ops.claim import ClaimIssue
from beadwork.ops.issue import Listed
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.label import AddLabels, RemoveLabels
from beadwork.ops.log import AppendLogs
from beadwork.ops.message import SendMessage
from beadwork.ops.ready import ListReady
from beadwork.ops.record_file import ImportFile
from beadwork.sync import log_files
from beadwork.sync.locate import place_of
from tests.support import Project, SetClock

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.children"])
KILLED = -signal.SIGKILL
LOGGED = 6
LOG_BYTES = 500


def start(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a process that calls a function."""
    process = CONTEXT.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def run(target: Callable[..., None], *args: Any) -> int:
    """Call a function in a process of its own; return the exit code."""
    process = start(target, *args)
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def run_all(targets: Sequence[tuple[Any, ...]]) -> None:
    """Call functions at the same time, each in a process of its own; all have to end well."""
    processes = [start(*each) for each in targets]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)


def say(path: Path, text: str) -> None:
    """Acknowledge something, past every buffer of ours."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def said(path: Path) -> list[str]:
    """Return what was acknowledged."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def kill_at(number: int) -> Callable[[str], None]:
    """Return a callback that kills its process when it is called for the n-th time."""
    calls = itertools.count(1)

    def at(moment: str) -> None:
        del moment
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return at


# --------------------------------------------------------------------- what the processes do


SINGLES = ("single 0", "single 1", "single 2")
BATCH = ("together 0", "together 1", "together 2")


def write_until_killed(root: Path, acknowledged: Path, number: int) -> None:
    """Make issues one by one, then some in a batch; say what was answered ok."""
    project = Project(root, at=kill_at(number), clock=SetClock())
    for title in SINGLES:
        project.create(title, dependencies=["blocks:px-old"])
        say(acknowledged, title)
    outcomes = project.batch(
        CreateIssue(title=BATCH[0], labels=["red"]),
        CreateIssue(title=BATCH[1], parent="px-old"),
        UpdateIssue(issue="px-none", title="never"),
        UpdateIssue(issue="px-old", title=BATCH[2], status="closed"),
    )
    assert [isinstance(each, BeadworkError) for each in outcomes] == [False, False, True, False]
    for title in BATCH:
        say(acknowledged, title)
    project.close()


def import_until_killed(root: Path, number: int) -> None:
    """Import the project's file, a first time in as many steps as any other."""
    limits.IMPORT_FIRST_CHUNK_LINES = limits.IMPORT_CHUNK_LINES
    project = Project(root, at=kill_at(number))
    project.run(ImportFile())
    project.close()


def export_until_killed(root: Path, number: int) -> None:
    """Export; die at the n-th of many moments, around each touch of the file and each commit."""
    at = kill_at(number)

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            at("before")
            result = real(*args)
            at("after")
            return result

        return call

    project = Project(root, at=at)
    for name in ("fchmod", "fsync", "replace"):
        setattr(os, name, deadly(getattr(os, name)))
    project.engine.flush(_caller(0))
    project.close()


def log_until_killed(root: Path, number: int) -> None:
    """Append to the logs, and rotate them; die at the n-th of many moments, within a write too."""
    at, write = kill_at(number), os.write

    def torn(descriptor: int, content: bytes) -> int:
        at("before")
        half = write(descriptor, content[: len(content) // 2])
        at("half")
        whole = half + write(descriptor, content[half:])
        at("after")
        return whole

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            at("before")
            result = real(*args)
            at("after")
            return result

        return call

    log_files.ROTATED_BYTES = LOG_BYTES
    project = Project(root)
    project.engine.prepare()
    os.write = torn  # type: ignore[assignment] # it takes what is needed
    for name in ("replace", "truncate", "ftruncate"):
        setattr(os, name, deadly(getattr(os, name)))
    for _ in range(LOGGED):
        project.run(SendMessage(to=["bob"], payload="Hello"))
        project.run(AppendLogs())
    project.close()


def _caller(number: int) -> Caller:
    return Caller(Holder(f"worker-{number}"))


def create_many(root: Path, acknowledged: Path, number: int, count: int) -> None:
    """Make issues; say their ids."""
    project = Project(root)
    for each in range(count):
        request = CreateIssue(title="Same work", description=f"{number} {each}")
        answer = project.engine.run(request, _caller(number))
        say(acknowledged, answer.issue.id)
    project.close()


def change_labels(root: Path, issue: str, added: list[str], removed: list[str]) -> None:
    """Put labels on an issue and take others away, in turn."""
    project = Project(root)
    for new, old in zip(added, removed, strict=True):
        project.run(AddLabels(issue=issue, labels=[new]))
        project.run(RemoveLabels(issue=issue, labels=[old]))
    project.close()


def claim(root: Path, answers: Path, issue: str, number: int) -> None:
    """Claim an issue; say how it went."""
    project = Project(root)
    try:
        answer = project.engine.run(ClaimIssue(issue=issue), _caller(number))
        say(answers, f"{number} {answer.claim_epoch}")
    except BeadworkError as error:
        say(answers, f"{number} {error.code}")
    project.close()


def import_once(root: Path, answers: Path) -> None:
    """Import the project's file; say how many issues it made."""
    project = Project(root)
    say(answers, str(project.run(ImportFile(force=True)).report.created))
    project.close()


def export_until(root: Path, stop: Path) -> None:
    """Export again and again until a file appears."""
    project = Project(root)
    while not stop.exists():
        project.engine.flush(_caller(99))
    project.close()


# ------------------------------------------------------------------ other users, small files


NOBODY = 65534


def become_nobody(warm_up: Path) -> None:
    """Turn into a user who may not write what root made; all code is loaded before."""
    project = Project(warm_up)
    project.create("warm")
    project.engine.flush(_caller(0))
    project.run(ListReady())
    project.close()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def read_and_try_to_write(root: Path, warm_up: Path, answers: Path) -> None:
    """As another user: list what is ready, then try to write, and say how both went."""
    say(answers, "")
    answers.chmod(0o666)
    become_nobody(warm_up)
    place = place_of(str(root / ".beads"))
    engine = open_engine(place, lock_timeout_s=1.0)
    for request in (ListReady(limit=0), CreateIssue(title="not mine")):
        try:
            answer = engine.run(request, _caller(0))
            issues = answer.issues if isinstance(answer, Listed) else []
            say(answers, " ".join(["ok", *(row.issue.id for row in issues)]))
        except BeadworkError as error:
            say(answers, f"{error.code} {bool(error.hint)}")
    engine.close()


def export_with_files_of_at_most(root: Path, answers: Path, size: int) -> None:
    """Export where no file may grow beyond a size, as on a full disk; say how it went."""
    project = Project(root)
    project.engine.prepare()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        project.engine.flush(_caller(0))
        say(answers, "ok")
    except BeadworkError as error:
        say(answers, f"{error.code} {bool(error.hint)}")
    project.close()


def create_until_full(root: Path, acknowledged: Path, size: int) -> None:
    """Make issues where no file may grow beyond a size; say which were made, then what failed."""
    project = Project(root)
    project.engine.prepare()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    for each in range(10_000):
        try:
            say(acknowledged, project.create(f"issue {each}", description="long " * 400))
        except BeadworkError as error:
            say(acknowledged, f"{error.code} {bool(error.hint)}")
            break
    project.close()
