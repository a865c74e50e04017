"""What the proof looks at, each read anew and by other means than those that wrote it.

The file is parsed as plain JSON; the store is read by new `bd` processes that don't look at the
file; the order of events comes from the store's log.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from acks import Ack, read_all
from backlog import DONE, Record
from doors import Json, Shell, environment

from beadwork.compose import open_engine
from beadwork.engine import Caller
from beadwork.model.claim import Holder
from beadwork.sync.locate import place_of

PROJECT, LOGS, BACKLOG, HEAD = "project", "acknowledged", "backlog.jsonl", "head"
_SHOWN_AT_ONCE = 100
_EVENTS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Evidence:
    """All that was read."""

    backlog: dict[str, str]
    """The lines that were there at first, by id."""
    acks: list[Ack]
    lines: list[str]
    """The lines of the file."""
    file: dict[str, Record]
    unreadable: list[str]
    store: dict[str, Json]
    """What `bd show` says of each issue."""
    events: list[Json]
    changed_paths: list[str]
    """What git sees as changed."""
    head_before: str
    head_after: str

    def acked(self, what: str) -> list[Ack]:
        return [each for each in self.acks if each["what"] == what]

    def was_done_at_first(self, issue: str) -> bool:
        line = self.backlog.get(issue)
        return line is not None and json.loads(line)["status"] in DONE


def collect(root: Path) -> Evidence:
    """Read everything under the demo's folder."""
    project = root / PROJECT
    content = (project / ".beads" / "issues.jsonl").read_text(encoding="utf-8")
    lines = content.splitlines(keepends=True)
    file, unreadable = parse(lines)
    backlog = (root / BACKLOG).read_text(encoding="utf-8").splitlines(keepends=True)
    return Evidence(
        backlog={json.loads(line)["id"]: line for line in backlog},
        acks=list(read_all(root / LOGS)),
        lines=lines,
        file=file,
        unreadable=unreadable,
        store=read_store(project, set(file)),
        events=list(read_events(project)),
        changed_paths=[line[3:] for line in git(project, "status", "--porcelain").splitlines()],
        head_before=(root / HEAD).read_text(encoding="utf-8"),
        head_after=git(project, "rev-parse", "HEAD"),
    )


def parse(lines: list[str]) -> tuple[dict[str, Record], list[str]]:
    """Read each line as JSON; of several with one id the last counts here."""
    found: dict[str, Record] = {}
    unreadable = []
    for line in lines:
        try:
            record = json.loads(line)
            found[record["id"]] = record
        except (ValueError, KeyError, TypeError):
            unreadable.append(line)
    return found, unreadable


def read_store(project: Path, named: set[str]) -> dict[str, Json]:
    """Ask new processes for every issue, listed or named; the file is not read."""
    shell = Shell(project, "auditor", is_direct=True)
    everything = ("list", "--all", "--limit", "0", "--include-gates", "--include-templates")
    listed = {each["id"] for each in shell.run(*everything, "--no-auto-import")}
    names = sorted(listed | named)
    found: dict[str, Json] = {}
    for start in range(0, len(names), _SHOWN_AT_ONCE):
        some = names[start : start + _SHOWN_AT_ONCE]
        found |= {each["id"]: each for each in _shown(shell, some)}
    return found


def _shown(shell: Shell, names: list[str]) -> list[Json]:
    answer: list[Json] = shell.run("show", *names, "--no-auto-import", is_partial=True)
    return answer


def read_events(project: Path) -> Iterator[Json]:
    """Read the store's log, in its order."""
    engine = open_engine(place_of(str(project / ".beads")))
    try:
        since = 0
        while True:
            request = {"since": since, "limit": _EVENTS_AT_ONCE}
            answer = engine.call("event.list", request, Caller(Holder("auditor")))
            found = msgspec.to_builtins(answer)["events"]
            yield from found
            if len(found) < _EVENTS_AT_ONCE:
                return
            since = found[-1]["seq"]
    finally:
        engine.close()


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; return what it printed."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment("auditor", is_direct=True),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
