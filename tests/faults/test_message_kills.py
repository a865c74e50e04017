"""The daemon and its clients are killed while messages go round: none is lost, none settled twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.running import Daemon, Line, until
from tests.doors.program import Bd
from tests.faults.daemons import END_S, Going, new_store, place_in, some_moment
from tests.support import query

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("BEADWORK_KILLS", "12"))
SEED = int(os.environ.get("BEADWORK_KILLS_SEED", "1"))
RECEIVERS = ("ann", "bob")
HOLD_S = 0.4


@pytest.fixture
def bd(quick_path: Path) -> Bd:
    """`bd` in a folder with a store, where syncs cost nothing."""
    return new_store(quick_path)


class Round(Going):
    """Senders and receivers over the socket; what was acknowledged are ids of messages."""

    def __init__(self, bd: Bd) -> None:
        super().__init__()
        self.path = bd.beads / "bd.sock"
        self.sent: list[str] = []
        """Ids of messages that a sender was told of."""
        self.seen_after: list[str] = []
        """Ids of messages that were handed out after that."""
        self.order: dict[str, list[int]] = {each: [] for each in RECEIVERS}
        """What each took and settled: the numbers of the messages of one sender."""
        self._threads = [
            *(threading.Thread(target=self._send, args=(each,)) for each in RECEIVERS),
            *(threading.Thread(target=self._receive, args=(each,)) for each in RECEIVERS),
        ]

    def _going_on(self, step: Callable[[Line, int], bool]) -> None:
        """Do something again and again; where the answer is lost, ask again under the same key."""
        line: Line | None = None
        count = 0
        while not self._stop.is_set():
            try:
                line = line or Line(self.path)
                count += step(line, count)
            except (OSError, ValueError):
                if line is not None:
                    line.close()
                line = None
                self._stop.wait(0.002)
        if line is not None:
            line.close()

    def _send(self, to: str) -> None:
        def step(line: Line, count: int) -> bool:
            args = {"to": [to], "payload": {"text": f"{to} {count}"}}
            answer = line.ask("message.send", args, actor=f"to {to}", key=f"send {to} {count}")
            return self._noted(answer, lambda data: self.sent.append(data["id"]))

        self._going_on(step)

    def _receive(self, who: str) -> None:
        def step(line: Line, count: int) -> bool:
            args = {"hold_s": 5, "wait_s": 0.2}
            answer = line.ask("message.receive", args, actor=who, key=f"take {who} {count}")
            if not answer["success"] or not answer["data"].get("messages"):
                return False
            (found,) = answer["data"]["messages"]
            name = found["message"]["id"]
            if name in self.acknowledged:
                self.seen_after.append(name)
            settled = line.ask("message.ack", {"receipt": found["receipt"]}, actor=who)
            # A receipt that was settled before the answer was lost says so.
            assert settled["success"] or settled["code"] in ("unavailable", "receipt.stale"), (
                settled
            )
            if settled["success"]:
                self.order[who].append(found["message"]["seq"])
                self.acknowledged.append(name)
            return bool(settled["success"] or settled["code"] == "receipt.stale")

        self._going_on(step)

    def _noted(self, answer: dict[str, Any], note: Callable[[Any], None]) -> bool:
        if answer["success"]:
            note(answer["data"])
            return True
        assert answer["code"] == "unavailable", answer
        raise ConnectionError


def killed_receiver(bd: Bd, chance: random.Random) -> None:
    """Start a command that takes a message and waits, and kill it at some moment."""
    words = ["msg", "receive", "--actor", "cy", "--hold", f"{HOLD_S}s", "--wait", "10s"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from beadwork.thin import main; raise SystemExit(main())", *words],
        cwd=bd.folder,
        env=bd.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    some_moment(chance)
    process.send_signal(signal.SIGKILL)
    process.wait(END_S)


def states(bd: Bd) -> Counter[str]:
    """Count deliveries by state."""
    return Counter(
        dict(query(place_in(bd.folder), "SELECT state, COUNT(*) FROM delivery GROUP BY 1"))
    )


def drained(bd: Bd, who: str) -> None:
    """Take and acknowledge all that is left for somebody."""
    while True:
        found = bd.json("msg", "receive", "--actor", who, "--wait", f"{HOLD_S + 0.2}s")
        if not found:
            return
        bd.ok("msg", "ack", found[0]["receipt"], "--actor", who)


def test_messages_survive_kills_of_daemon_and_clients(bd: Bd) -> None:
    chance = random.Random(SEED)
    daemon = Daemon(bd.folder, bd.environment)
    to_cy: list[str] = []
    try:
        with Round(bd) as going:
            for number in range(KILLS):
                daemon.start()
                sent = daemon.data("message.send", {"to": ["cy"], "payload": {"text": str(number)}})
                to_cy.append(sent["id"])
                killed_receiver(bd, chance)
                going.wait_for_more(chance.randrange(1, 15))
                some_moment(chance)
                daemon.kill()
        daemon.start()
        until(lambda: not _held(bd), END_S)
        for who in (*RECEIVERS, "cy"):
            drained(bd, who)
    finally:
        daemon.kill()
    rows = dict(
        query(
            place_in(bd.folder), "SELECT m.id, d.state FROM message m JOIN delivery d USING (seq)"
        )
    )
    assert set(going.sent) | set(to_cy) <= set(rows)
    assert len(set(going.sent)) == len(going.sent)
    assert {rows[each] for each in going.acknowledged} <= {"acknowledged"}
    assert going.seen_after == []
    assert len(set(going.acknowledged)) == len(going.acknowledged)
    assert all(seqs == sorted(seqs) for seqs in going.order.values())
    assert set(states(bd)) <= {"acknowledged", "undeliverable"}
    sys.stdout.write(f"{KILLS} kills, {len(going.sent)} sent, {len(going.acknowledged)} settled\n")


def _held(bd: Bd) -> bool:
    """Tell whether a killed client's hold runs on; a write lets ended ones go."""
    bd.ok("msg", "hook", "--actor", "nobody")
    return bool(states(bd)["held"])
