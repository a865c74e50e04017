"""What the proof looks at, each read anew and by other means than those that wrote it.

The file is parsed as plain JSON; the store is read by new `bd` processes that don't look at the
file; the order of events comes from the store's log.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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
_MESSAGES = ("msg", "list", "-n", "1000")


@dataclass
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
    messages: dict[str, list[Json]]
    """The deliveries of each message, by its id."""
    senders: dict[int, tuple[str, str]]
    """The id and the sender of each message, by its number."""
    dead: set[str]
    """The messages among the dead letters."""
    leases: list[Json]
    message_log: list[str]
    log_faults: list[str]

    def acked(self, what: str) -> list[Ack]:
        return [each for each in self.acks if each["what"] == what]

    def delivery_events(self, message: str) -> list[Json]:
        """Return what the log tells of the deliveries of a message."""
        return self._by_message.get(message, [])

    @cached_property
    def _by_message(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for event in self.events:
            number = _delivered(event)
            if number in self.senders:
                found.setdefault(self.senders[number][0], []).append(event)
        return found

    def first_handed(self) -> Iterator[tuple[int, str, str, bool]]:
        """Yield each handing out: the message's number, the mailbox, its sender, if the first."""
        seen: set[tuple[int, str]] = set()
        for event in self.events:
            number = _delivered(event)
            if event["kind"] == "received" and number in self.senders:
                mailbox = event["changes"][0]["field"].split(".", 2)[2]
                yield number, mailbox, self.senders[number][1], (number, mailbox) not in seen
                seen.add((number, mailbox))

    def was_done_at_first(self, issue: str) -> bool:
        line = self.backlog.get(issue)
        return line is not None and json.loads(line)["status"] in DONE


def _delivered(event: Json) -> int:
    """Return the number of the message whose delivery an event tells of; 0: of none."""
    field = event["changes"][0]["field"] if event.get("changes") else ""
    return int(field.split(".")[1]) if field.startswith("delivery.") else 0


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
        **_read_talk(project),
    )


def _read_talk(project: Path) -> dict[str, Any]:
    """Read the messages with their deliveries, the leases, and the log file of messages."""
    shell = Shell(project, "auditor", is_direct=True)
    listed: list[Json] = []
    while page := shell.run(*_MESSAGES, "--since", str(listed[-1]["seq"] if listed else 0)):
        listed += page
    dead = shell.run("msg", "dead", "list", "-n", "1000")
    lines, faults = read_log(project / ".beads" / "log" / "messages.jsonl")
    return {
        "messages": _deliveries(project, listed),
        "senders": {each["seq"]: (each["id"], each["from"]) for each in listed},
        "dead": {each["id"] for each in dead},
        "leases": shell.run("lease", "list", "--all", "-n", "0"),
        "message_log": lines,
        "log_faults": faults,
    }


def _deliveries(project: Path, messages: list[Json]) -> dict[str, list[Json]]:
    """Ask the store itself for the deliveries of each message; a process for each is too many."""
    engine = open_engine(place_of(str(project / ".beads")))
    try:
        return {
            each["id"]: msgspec.to_builtins(
                engine.call("message.show", {"message": each["id"]}, Caller(Holder("auditor")))
            )["deliveries"]
            for each in messages
        }
    finally:
        engine.close()


def read_log(path: Path) -> tuple[list[str], list[str]]:
    """Read a log file; name the lines whose checksum is not that of the line and of the last."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    before, faults = "", []
    for number, line in enumerate(lines, start=1):
        body, _, end = line.rpartition(',"sum":"')
        found = hashlib.sha256((before + body + "}").encode()).hexdigest()[:16]
        if found != end.removesuffix('"}'):
            faults.append(f"line {number} of {path.name} does not follow from the one before")
        before = end.removesuffix('"}')
    return lines, faults


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
