"""What the workers tell one another, and the leases of what they edit.

Each asks colleagues and answers them, hands work over to the crew, of which any one takes it, and
takes a lease of a part of the project while it edits there. One of them dies in the middle.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from typing import TypeVar

from acks import AckLog
from doors import Door, Json, RefusedError

T = TypeVar("T")

CREW = "@crew"
PARTS = ("parser", "store", "web", "docs")
HELD_BY_THE_DEAD = 3
"""So many messages the one that dies holds."""
HOLD_S = 8.0
LEASE_S = 60.0
LAST_LEASE_S = 6.0
_LINE_S = 60.0
_EDIT_S = 0.01
_ASKED = 0.4
_HANDED_OVER = 0.15
_STALE = 4


def part_of(issue: str) -> str:
    """Return the part of the project that an issue is about."""
    return PARTS[sum(issue.encode()) % len(PARTS)]


class Talk:
    """The messages and leases of one worker."""

    def __init__(
        self, log: AckLog, name: str, colleagues: list[str], chance: random.Random
    ) -> None:
        self._log = log
        self._name = name
        self._colleagues = [each for each in colleagues if each != name]
        self._random = chance

    def begin(self, door: Door) -> None:
        """Be one of the crew."""
        self._log.ask(lambda: door.join(CREW))

    def say(self, door: Door, issue: str) -> None:
        """Ask a colleague something, or hand something over, now and then."""
        if self._colleagues and self._random.random() < _ASKED:
            to = self._random.choice(self._colleagues)
            self.send(door, to, "question", f"Is {issue} what you meant?")
        if self._random.random() < _HANDED_OVER:
            self.send(door, CREW, "task", f"Somebody look after {issue}", issue=issue)

    def send(self, door: Door, to: str, kind: str, text: str, *, issue: str = "") -> None:
        sent = self._log.ask(lambda: door.send(to, kind, text, issue))
        self._log.note("send", issue, door=door.name, message=sent["id"], to=to)

    def read(self, door: Door, *, limit: int = 3) -> int:
        """Deal with what has come; return how much it was."""
        found = self._log.ask(lambda: door.receive(limit, HOLD_S))
        for each in found:
            self._log.note(
                "receive", "", door=door.name, message=each["id"], receipt=each["receipt"]
            )
            try:
                self._deal_with(door, each)
            except RefusedError as error:
                # It took too long; the message has been handed out again.
                if error.code != _STALE:
                    raise
        return len(found)

    def _deal_with(self, door: Door, message: Json) -> None:
        receipt, issue = message["receipt"], message["payload"].get("issue", "")
        if message["type"] == "question":
            sent = self._log.ask(lambda: door.reply(receipt, "Yes, go on"))
            self._log.note("send", "", door=door.name, message=sent["id"], to=message["from"])
        else:
            if issue:
                text = f"Taken over: {message['id']}"
                self._log.ask(lambda: door.comment(issue, text))
                self._log.note("comment", issue, door=door.name, text=text)
            self._log.ask(lambda: door.acknowledge(receipt))
        self._log.note("settle", "", door=door.name, message=message["id"], receipt=receipt)

    def edit(self, door: Door, issue: str, work: Callable[[], T]) -> T:
        """Work under a lease of the part that an issue is about."""
        pattern = f"src/{part_of(issue)}/**"
        lease = self._log.ask(lambda: door.acquire(pattern, LEASE_S, _LINE_S))
        self._log.note(
            "lease", issue, door=door.name, path=pattern, lease=lease["lease"], dies=False
        )
        try:
            time.sleep(self._random.uniform(0, _EDIT_S))
            return work()
        finally:
            self._log.ask(lambda: door.release(lease["lease"]))
            self._log.note("release", issue, door=door.name, path=pattern, lease=lease["lease"])

    def die(self, door: Door) -> None:
        """Take what is there and a lease, and end as a power cut would."""
        while len(found := self._log.ask(lambda: door.receive(HELD_BY_THE_DEAD, HOLD_S))) == 0:
            time.sleep(_EDIT_S)
        for each in found:
            self._log.note("receive", "", message=each["id"], receipt=each["receipt"], dies=True)
        pattern = f"src/{PARTS[0]}/**"
        lease = self._log.ask(lambda: door.acquire(pattern, LAST_LEASE_S, _LINE_S))
        self._log.note("lease", "", path=pattern, lease=lease["lease"], dies=True)
        os.kill(os.getpid(), signal.SIGKILL)
