"""The main job on a backlog made for it: take it in, work it off with several processes, prove it.

    make demo ARGS="--issues 400 --workers 8"

Everything happens in a temporary folder, on the embedded store: agents, each a process of its own,
call `bd` and `beadwork.Client`, and the daemon of the store answers them. The exit code is 0 only
if every check of the proof holds.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple, cast

import backlog
import figures
from acks import read_all
from doors import environment, find_bd
from evidence import BACKLOG, HEAD, LOGS, PROJECT, git
from talk import HELD_BY_THE_DEAD, HOLD_S

HERE = Path(__file__).resolve().parent
TEAM = "agent-"
LIMIT_S = 3600.0
"""A job that takes longer has failed."""
_LOOK_S = 0.2
_LINE_EVERY_S = 3.0
_BAR_CHARS = 32


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Work off a backlog, and prove that all is well.")
    parser.add_argument("--issues", type=int, default=400, help="size of the backlog (400)")
    parser.add_argument("--workers", type=int, default=8, help="processes that work it off (8)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another backlog (1)")
    parser.add_argument(
        "--shell-every", type=int, default=2, help="every so many issues go through `bd` (2)"
    )
    parser.add_argument("--direct", action="store_true", help="without the daemon")
    parser.add_argument("--kill", action="store_true", help="kill the daemon in the middle")
    parser.add_argument("--keep", action="store_true", help="leave the folder, to look at it")
    given = parser.parse_args()
    if given.issues < 20 or given.workers < 1 or given.shell_every < 1:
        parser.error("at least 20 issues, 1 worker, and 1 for --shell-every")
    return given


class Job(NamedTuple):
    """What the workers are told."""

    race: str
    """The issue that all claim first."""
    types: str
    closable: int
    """How many issues of the backlog they will have closed in the end."""


def say(text: str = "") -> None:
    print(text, flush=True)


def bd(project: Path, *words: str, is_direct: bool = False, is_shown: bool = True) -> str:
    """Run a `bd` command for people, show it, and return what it printed."""
    if is_shown:
        say(f"$ bd {' '.join(words)}")
    done = subprocess.run(
        [find_bd(), *words],
        cwd=project,
        env=environment("demo", is_direct=is_direct),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"It failed with exit code {done.returncode}: {done.stdout}")
    return done.stdout


def prepare(root: Path, given: argparse.Namespace) -> Job:
    """Make a git repository with the backlog of a classic program; take it in with `bd init`."""
    project = root / PROJECT
    (project / ".beads").mkdir(parents=True)
    (root / LOGS).mkdir()
    records = backlog.make(given.issues, given.seed)
    content = backlog.as_file(records)
    (root / BACKLOG).write_text(content, encoding="utf-8")
    (project / ".beads" / "issues.jsonl").write_text(content, encoding="utf-8")
    (project / "README.md").write_text("# A project with a backlog\n", encoding="utf-8")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    identity = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com")
    git(project, *identity, "commit", "--quiet", "--message", "A project")
    (root / HEAD).write_text(git(project, "rev-parse", "HEAD"), encoding="utf-8")
    edges = sum(len(each.get("dependencies", ())) for each in records)
    say(f"A git repository with a classic issues.jsonl: {len(records)} issues, {edges} edges")
    shown = bd(project, "init", is_direct=True).replace(str(project), ".")
    say("".join(f"  {line}\n" for line in shown.splitlines()))
    say(
        "".join(
            f"  {line}\n" for line in bd(project, "ready", "-n", "5", is_direct=True).splitlines()
        )
    )
    race = next(each["id"] for each in records if backlog.RACE_LABEL in each.get("labels", ()))
    types = sorted({each["issue_type"] for each in records} & set(backlog.WORKED_TYPES))
    return Job(race, ",".join(types), backlog.closable(records))


def start(root: Path, job: Job, given: argparse.Namespace) -> list[subprocess.Popen[bytes]]:
    """Start the workers, each a process of its own."""
    return [
        subprocess.Popen(
            [
                sys.executable,
                str(HERE / "worker.py"),
                str(root / PROJECT),
                str(root / LOGS / f"{name}.jsonl"),
                f"--name={name}",
                f"--others={TEAM}",
                f"--seed={given.seed}",
                f"--race={job.race}",
                f"--types={job.types}",
                f"--shell-every={given.shell_every}",
                f"--colleagues={','.join(names(given))}",
                *(["--dies"] if name == doomed(given) else []),
                *(["--direct"] if given.direct else []),
            ],
            env=environment(name, is_direct=given.direct),
        )
        for name in names(given)
    ]


def names(given: argparse.Namespace) -> list[str]:
    """Return the names of the workers."""
    return [f"{TEAM}{number}" for number in range(1, given.workers + 1)]


def doomed(given: argparse.Namespace) -> str:
    """Return the worker that dies in the middle; one alone does not."""
    return names(given)[-1] if given.workers > 1 else ""


def brief(project: Path, given: argparse.Namespace) -> None:
    """Tell the worker that will die what it will never deal with."""
    if not doomed(given):
        return
    for number in range(1, HELD_BY_THE_DEAD + 1):
        text = f"Note {number}: mind the parser"
        words = ("msg", "send", "--to", doomed(given), "--priority", "urgent", text)
        bd(project, *words, is_direct=given.direct, is_shown=number == 1)
    say(f"  and {HELD_BY_THE_DEAD - 1} more; it will die while it holds them\n")


def bury(project: Path, given: argparse.Namespace) -> None:
    """Put what nobody will deal with any more among the dead letters, as a person would."""
    if doomed(given):
        say(f"  {doomed(given)} was killed; what it held comes back when its time is over")
    for name in names(given):
        wait = "0s" if name != doomed(given) else f"{HOLD_S + 2:g}s"
        while found := json.loads(
            bd(project, *_taking(name, wait), is_direct=given.direct, is_shown=False)
        ):
            receipts = [each["receipt"] for each in found]
            reason = ("--dead", "--reason", f"{name} is gone")
            words = ("msg", "nack", *receipts, *reason, "--actor", name)
            bd(project, *words, is_direct=given.direct, is_shown=False)
            wait = "0s"
    shown = bd(project, "msg", "dead", "list", "-n", "3", is_direct=given.direct)
    say("".join(f"  {line}\n" for line in shown.splitlines()))


def _taking(name: str, wait: str) -> tuple[str, ...]:
    return ("msg", "receive", "--json", "-n", "100", "--actor", name, "--wait", wait)


class Progress:
    """One line that is written anew on a terminal; else a line every few seconds."""

    def __init__(self, logs: Path, total: int) -> None:
        self._logs = logs
        self._total = total
        self._begun = self._said = time.monotonic()

    def show(self, *, is_last: bool = False) -> Counter[str]:
        counts = Counter(each["what"] for each in read_all(self._logs))
        now = time.monotonic()
        total = self._total + counts["create"]
        text = (
            f"{counts['close']:>5} of {total} issues closed, {counts['comment']} comments, "
            f"{counts['create']} found on the way, {now - self._begun:.0f} s"
        )
        if sys.stdout.isatty():
            bar = "█" * (_BAR_CHARS * counts["close"] // total)
            print(f"\r  {bar:░<{_BAR_CHARS}} {text}", end="\n" if is_last else "", flush=True)
        elif is_last or now - self._said >= _LINE_EVERY_S:
            self._said = now
            say(f"  {text}")
        return counts


def work_off(root: Path, job: Job, given: argparse.Namespace) -> Counter[str]:
    """Let the workers work until all of them are through."""
    say(f"{given.workers} processes work it off; all claim {job.race} at once, to begin with")
    workers = start(root, job, given)
    progress = Progress(root / LOGS, job.closable)
    until = time.monotonic() + LIMIT_S
    is_killed = False
    try:
        while any(each.poll() is None for each in workers):
            if any(_has_failed(each) for each in workers):
                break
            if time.monotonic() > until:
                raise SystemExit(f"The workers are not through after {LIMIT_S:.0f} s")
            time.sleep(_LOOK_S)
            counts = progress.show()
            if given.kill and not is_killed and counts["close"] > job.closable // 2:
                is_killed = kill_daemon(root / PROJECT)
    finally:
        for each in workers:
            if each.poll() is None:
                each.kill()
            each.wait()
    counts = progress.show(is_last=True)
    failed = [each.returncode for each in workers if _has_failed(each)]
    if failed:
        raise SystemExit(f"{len(failed)} workers failed")
    return counts


def _has_failed(worker: subprocess.Popen[bytes]) -> bool:
    """Tell whether a worker has ended as none should; one of them is to die by a signal."""
    is_doomed = "--dies" in cast("list[str]", worker.args)
    return bool(worker.returncode) and not (is_doomed and worker.returncode == -signal.SIGKILL)


def daemon_pid(project: Path) -> int:
    """Return the number of the daemon's process; 0 if there is none."""
    told = json.loads(bd(project, "daemon", "status", "--json", is_shown=False))
    return int(told.get("pid", 0))


def kill_daemon(project: Path) -> bool:
    """End the daemon as a power cut would; the agents go on."""
    say(f"\n  The daemon is killed (kill -9 {(pid := daemon_pid(project))}); the agents go on")
    os.kill(pid, signal.SIGKILL)
    return True


def show_commits(project: Path) -> None:
    """Print what the daemon counted, if it is still the one that was there."""
    if daemon_pid(project):
        told = bd(project, "daemon", "--metrics", "--json", is_shown=False)
        figures.show_commits(json.loads(told))


def end_daemon(project: Path) -> None:
    """Leave no daemon behind, whatever happened."""
    if (project / ".beads").exists():
        command = [str(find_bd()), "daemon", "stop"]
        subprocess.run(command, cwd=project, capture_output=True, check=False)


def prove(root: Path) -> int:
    """Let a new process read everything anew and check it."""
    say("The proof, from the store and the file as a new process reads them")
    return subprocess.run(
        [sys.executable, str(HERE / "proof.py"), str(root)], check=False
    ).returncode


def main() -> int:
    given = arguments()
    root = Path(tempfile.mkdtemp(prefix="beadwork-demo-"))
    begun = time.monotonic()
    try:
        job = prepare(root, given)
        if not given.direct:
            say(f"  {bd(root / PROJECT, 'daemon', 'start').strip()}\n")
        brief(root / PROJECT, given)
        worked = time.monotonic()
        counts = work_off(root, job, given)
        lasted = time.monotonic() - worked
        bury(root / PROJECT, given)
        figures.show(root / LOGS, lasted)
        if not given.direct:
            show_commits(root / PROJECT)
            say(f"  {bd(root / PROJECT, 'daemon', 'stop').strip()}\n")
        lines = (
            (root / PROJECT / ".beads" / "issues.jsonl").read_text(encoding="utf-8").splitlines()
        )
        statuses = Counter(json.loads(line)["status"] for line in lines)
        say(f"  {', '.join(f'{count} {name}' for name, count in sorted(statuses.items()))}")
        say()
        code = prove(root)
        writes = sum(counts.values()) - counts["lost"]
        say(f"{writes:,} acknowledged writes in {time.monotonic() - begun:.0f} s")
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        if not given.direct:
            end_daemon(root / PROJECT)
        if given.keep:
            say(f"Everything is left in {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
