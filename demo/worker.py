"""One worker: an operating system's process that claims what is ready, works on it, closes it.

Every so many issues go through real `bd` processes, the others through `beadwork.Client`.
"""

import argparse
import random
import time
from pathlib import Path

from acks import AckLog
from doors import Door, Json, Library, RefusedError, Shell
from talk import Talk

from beadwork import Client

_CONFLICT = 4
_FOUND = "Found while at"
_WORK_S = 0.02
_IDLE_S = 0.05
_LAST_TURNS = 3


class Worker:
    """Works until nothing is ready and nobody works."""

    def __init__(self, log: AckLog, given: argparse.Namespace) -> None:
        self._log = log
        self._random = random.Random(f"{given.seed} {given.name}")
        self._others = given.others
        self.talk = Talk(log, given.name, given.colleagues.split(","), self._random)
        self._types = given.types.split(",")

    def race(self, shell: Shell, issue: str) -> None:
        """Claim one certain issue, as all do at this moment. One wins, the others are told so."""
        try:
            won = self._log.ask(lambda: shell.claim(issue))
        except RefusedError as error:
            if error.code != _CONFLICT:
                raise
            self._log.note("lost", issue)
            return
        self._log.note("claim", issue, door=shell.name, epoch=won["claim_epoch"], race=True)
        self.work_on(shell, won)

    def turn(self, door: Door) -> bool:
        """Claim an issue and work on it; tell whether there may be more."""
        issue = self._log.ask(lambda: door.claim_ready(self._types))
        if issue is None and self._is_team_busy(door):
            time.sleep(_IDLE_S)
            return True
        if issue is None:
            # Nobody works now; what was made ready before that is there at a second look.
            issue = self._log.ask(lambda: door.claim_ready(self._types))
        if issue is None:
            return False
        self._log.note("claim", issue["id"], door=door.name, epoch=issue["claim_epoch"])
        self.work_on(door, issue)
        return True

    def _is_team_busy(self, door: Door) -> bool:
        """Tell whether anybody works, and so may make something ready."""
        return any(each["assignee"].startswith(self._others) for each in door.in_progress())

    def work_on(self, door: Door, issue: Json) -> None:
        """Say something, find something at times, close it."""
        name = issue["id"]
        time.sleep(self._random.uniform(0, _WORK_S))
        text = f"Looked into {name}: <done> & dusted"
        self._log.ask(lambda: door.comment(name, text))
        self._log.note("comment", name, door=door.name, text=text)
        if self._random.random() < 0.12 and not issue["title"].startswith(_FOUND):
            self.discover(door, name)
        done = [name]
        if "epic" in issue.get("metadata", {}):
            done.append(issue["metadata"]["epic"])
        self.talk.say(door, name)
        self.talk.edit(door, name, lambda: self.close(door, done, f"Worked off as {name}"))

    def close(self, door: Door, issues: list[str], reason: str) -> None:
        for closed in self._log.ask(lambda: door.close(issues, reason)):
            self._log.note("close", closed["id"], door=door.name, reason=reason)

    def discover(self, door: Door, source: str) -> None:
        """Write down what was found on the way; at times under the same epic."""
        epic, dot, _ = source.rpartition(".")
        parent = epic if dot and self._random.random() < 0.5 else ""
        title = f"{_FOUND} {source}"
        made = self._log.ask(lambda: door.create(title, source=source, parent=parent))
        self._log.note(
            "create", made["id"], door=door.name, title=title, source=source, parent=parent
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A worker of the demo; see run.py.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--others", required=True, help="How the names of all workers begin.")
    parser.add_argument("--types", required=True, help="What to take, comma separated.")
    parser.add_argument("--colleagues", required=True, help="All workers, comma separated.")
    parser.add_argument("--dies", action="store_true", help="End as by a power cut, soon.")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--race", required=True, help="The issue that all claim first.")
    parser.add_argument("--shell-every", type=int, required=True)
    parser.add_argument("--direct", action="store_true", help="Without the daemon.")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    shell = Shell(given.folder, given.name, is_direct=given.direct)
    with given.log.open("a", encoding="utf-8") as file:
        worker = Worker(AckLog(file, given.name), given)
        worker.race(shell, given.race)
        mode = "off" if given.direct else "auto"
        with Client(str(given.folder), actor=given.name, daemon=mode) as client:
            library = Library(client)
            worker.talk.begin(library)
            turns = 1
            while worker.turn(door := library if turns % given.shell_every else shell):
                turns += 1
                if not given.dies:
                    worker.talk.read(door)
                elif turns > _LAST_TURNS:
                    worker.talk.die(library)
            while worker.talk.read(library):
                pass


if __name__ == "__main__":
    main()
