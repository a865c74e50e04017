"""Deliveries against a plain model: random senders, receivers, restarts, jumps of the clock.

What always holds: a delivery is handed out or is dead, with a reason; it is acknowledged once;
what comes from one sender keeps its order within a priority; a stale receipt settles nothing.
"""

import random
import shutil
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beadwork.model.errors import Conflict, ReceiptStale, UnknownReceipt
from beadwork.ops.agent import Subscribe, Unsubscribe
from beadwork.ops.dead_letter import DropDeadLetter, ReplayDeadLetter
from beadwork.ops.delivery import (
    AcknowledgeMessage,
    ExtendHold,
    ReceiveMessages,
    ReturnMessage,
)
from beadwork.ops.message import SendMessage
from tests.support import SECOND_US, Project, SetClock, memory_folder, query

AGENTS = ("ann", "bob", "cy")
ADDRESSES = (*AGENTS, "@crew", "#news")
PRIORITIES = ("urgent", "high", "normal", "low")


@dataclass
class Copy:
    """A delivery, as the model has it."""

    seq: int
    mailbox: str
    sender: str
    priority: int
    due_us: int
    expires_us: int | None
    attempts_max: int
    state: str = "waiting"
    attempts: int = 0
    receipt: str = ""
    held_until_us: int = 0
    changed_us: int = 0
    receipts: list[str] = field(default_factory=list)
    acknowledged: int = 0


def backoff_us(attempts: int) -> int:
    """0, then 1 s, 2 s, 4 s, ... five minutes."""
    return 0 if attempts < 2 else min(2 ** (attempts - 2), 300) * SECOND_US


class Deliveries:
    """Drives the store and the model side by side."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.folder = memory_folder()
        self.clock = SetClock()
        self.project = Project(self.folder, clock=self.clock)
        self.copies: list[Copy] = []
        self.subscribed: dict[str, list[str]] = {"@crew": [], "#news": []}
        self.names: dict[int, str] = {}
        self.went_back = False

    def close(self) -> None:
        self.project.close()
        shutil.rmtree(self.folder)

    # -- the model

    def bound(self, now_us: int) -> None:
        """After the clock went back: what was to last for a time from then lasts so from now."""
        for each in self.copies:
            back_us = each.changed_us - now_us
            if back_us <= 0:
                continue
            if each.state == "held":
                each.held_until_us -= back_us
                each.changed_us = now_us
            elif each.state == "waiting" and each.attempts and each.due_us:
                each.due_us -= back_us
                each.changed_us = now_us

    def sweep(self, now_us: int) -> None:
        """What time alone has done by a moment."""
        held = [each for each in self.copies if each.state == "held"]
        for each in held:
            if each.held_until_us > now_us:
                continue
            if each.expires_us is not None and each.expires_us <= now_us:
                each.state = "expired"
            elif each.attempts >= each.attempts_max:
                each.state = "undeliverable"
            else:
                each.state = "waiting"
                each.due_us = each.held_until_us + backoff_us(each.attempts)
            each.changed_us = now_us
        for each in self.copies:
            is_over = each.expires_us is not None and each.expires_us <= now_us
            if each.state == "waiting" and is_over:
                each.state = "expired"

    def is_free(self, copy: Copy, now_us: int) -> bool:
        """Whether nothing of the same sender and priority stands before it."""
        if copy.mailbox.startswith("@"):
            return True
        return not any(
            each.state == "held"
            or (each.state == "waiting" and each.attempts > 0 and each.due_us > now_us)
            for each in self.copies
            if (each.mailbox, each.sender, each.priority)
            == (copy.mailbox, copy.sender, copy.priority)
            and each.seq < copy.seq
        )

    def expected(self, agent: str, limit: int, now_us: int) -> list[Copy]:
        """What an agent is to get now."""
        own = [agent, *(name for name in ("@crew",) if agent in self.subscribed[name])]
        found = [
            each
            for each in self.copies
            if each.mailbox in own
            and each.state == "waiting"
            and each.due_us <= now_us
            and self.is_free(each, now_us)
        ]
        return sorted(found, key=lambda each: (each.priority, each.seq))[:limit]

    def copy_of(self, receipt: str) -> Copy | None:
        return next((each for each in self.copies if receipt in each.receipts), None)

    def now(self) -> int:
        """The time that the next request will have; the clock moves on at each look."""
        return self.clock.now_us + 1

    # -- what is done

    def send(self) -> None:
        chance = self.chance
        sender = chance.choice(AGENTS)
        to = chance.choices(ADDRESSES, k=chance.choice((1, 1, 2)))
        priority = chance.choice((2, 2, 2, 0, 3))
        delay_s = chance.choice((None, None, 5, 50))
        ttl_s = chance.choice((None, None, 60, 200))
        attempts_max = chance.randint(1, 3)
        self.sweep(self.now())
        sent = self.project.run(
            SendMessage(
                to=to,
                payload={"text": "x"},
                priority=PRIORITIES[priority],
                delay_s=delay_s,
                ttl_s=ttl_s,
                attempts_max=attempts_max,
            ),
            sender,
        )
        now_us = self.clock.now_us
        self.names[sent.seq] = sent.id
        mailboxes: dict[str, None] = {}
        for address in to:
            names = [address]
            if address == "#news":
                names = [each for each in sorted(self.subscribed[address]) if each != sender]
            mailboxes.update(dict.fromkeys(names))
        delivered = [each.recipient for each in sent.deliveries if each.state != "skipped"]
        assert delivered == list(mailboxes)
        for mailbox in mailboxes:
            due_us = now_us + int(delay_s * SECOND_US) if delay_s else 0
            expires_us = now_us + int(ttl_s * SECOND_US) if ttl_s else None
            self.copies.append(
                Copy(sent.seq, mailbox, sender, priority, due_us, expires_us, attempts_max)
            )

    def receive(self) -> None:
        agent, limit = self.chance.choice(AGENTS), self.chance.choice((1, 1, 2, 4))
        hold_s = self.chance.choice((10, 100))
        found = self.project.run(ReceiveMessages(limit=limit, hold_s=hold_s), agent)
        now_us = self.clock.now_us
        self.sweep(now_us)
        wanted = self.expected(agent, limit, now_us)
        got = [(each.message.seq, each.mailbox) for each in found.messages]
        assert got == [(each.seq, each.mailbox) for each in wanted]
        for copy, handed in zip(wanted, found.messages, strict=True):
            copy.state, copy.receipt = "held", handed.receipt
            copy.attempts += 1
            copy.held_until_us, copy.changed_us = now_us + hold_s * SECOND_US, now_us
            assert handed.attempt == copy.attempts
            assert not self.copy_of(handed.receipt), "a receipt is given once"
            copy.receipts.append(handed.receipt)

    def receipts(self) -> list[str]:
        return [receipt for each in self.copies for receipt in each.receipts]

    def settle(self) -> None:
        if not self.receipts():
            return
        held = [each.receipt for each in self.copies if each.state == "held"]
        receipt = self.chance.choice(self.chance.choice((held, self.receipts())) or self.receipts())
        what = self.chance.choice(("ack", "ack", "nack", "nack", "dead", "extend"))
        agent = self.chance.choice(AGENTS)
        delay_s = self.chance.choice((None, 0, 20, 20))
        requests = {
            "ack": AcknowledgeMessage(receipt=receipt),
            "nack": ReturnMessage(receipt=receipt, delay_s=delay_s),
            "dead": ReturnMessage(receipt=receipt, dead=True),
            "extend": ExtendHold(receipt=receipt, hold_s=50),
        }
        try:
            settled = self.project.run(requests[what], agent)
        except ReceiptStale:
            settled = None
        now_us = self.clock.now_us
        self.sweep(now_us)
        copy = self.copy_of(receipt)
        assert copy is not None
        is_held = copy.state == "held" and copy.receipt == receipt
        if what == "ack" and copy.state == "acknowledged" and copy.receipt == receipt:
            assert settled is not None
            assert settled.already
            return
        assert (settled is not None) == is_held, "a stale receipt settles nothing"
        if settled is None:
            return
        self.apply(copy, what, now_us, delay_s)

    def apply(self, copy: Copy, what: str, now_us: int, delay_s: float | None) -> None:
        copy.changed_us = now_us
        if what == "ack":
            copy.state = "acknowledged"
            copy.acknowledged += 1
        elif what == "extend":
            copy.held_until_us = now_us + 50 * SECOND_US
        elif what == "dead" or copy.attempts >= copy.attempts_max:
            copy.state = "undeliverable"
        else:
            copy.state = "waiting"
            pause_us = backoff_us(copy.attempts)
            if delay_s is not None:
                pause_us = int(delay_s * SECOND_US)
            copy.due_us = now_us + pause_us if pause_us else 0

    def dead_letter(self) -> None:
        if not self.copies:
            return
        dead = [each for each in self.copies if each.state in ("expired", "undeliverable")]
        chosen = self.chance.choice(dead or self.copies)
        is_replayed = self.chance.random() < 0.5
        name = self.names[chosen.seq]
        request = (ReplayDeadLetter if is_replayed else DropDeadLetter)(
            message=name, recipient=chosen.mailbox
        )
        try:
            self.project.run(request)
            is_done = True
        except Conflict:
            is_done = False
        self.sweep(self.clock.now_us)
        assert is_done == (chosen.state in ("expired", "undeliverable"))
        if is_done and is_replayed:
            chosen.state, chosen.due_us, chosen.expires_us, chosen.attempts = "waiting", 0, None, 0
        elif is_done:
            chosen.state = "dropped"

    def belong(self) -> None:
        agent, address = self.chance.choice(AGENTS), self.chance.choice(("@crew", "#news"))
        is_in = self.chance.random() < 0.7
        request = (Subscribe if is_in else Unsubscribe)(address=address)
        changed = self.project.run(request, agent).changed
        members = self.subscribed[address]
        assert changed == ((agent in members) != is_in)
        if changed:
            (members.append if is_in else members.remove)(agent)

    def time_passes(self) -> None:
        self.clock.advance(self.chance.choice((1, 1, 3, 9, 30, 400, -2, -90)))
        if not self.copies:
            return
        told = query(self.project.place, "SELECT at_us FROM event ORDER BY seq DESC LIMIT 1")
        self.went_back = bool(told) and told[0][0] > self.now()

    def the_program_restarts(self) -> None:
        self.project.close()
        self.project = Project(self.folder, clock=self.clock)

    def nonsense_is_refused(self) -> None:
        for receipt in ("1.0.1.zz", "7777777.0.1.aa"):
            with pytest.raises((UnknownReceipt, ReceiptStale)):
                self.project.run(AcknowledgeMessage(receipt=receipt))

    # -- what always holds

    def every_copy_stands_where_the_model_has_it(self) -> None:
        if not self.copies:
            return
        self.project.engine.write_all([])
        if self.went_back:
            self.bound(self.clock.now_us)
            self.went_back = False
        self.sweep(self.clock.now_us)
        rows = query(
            self.project.place,
            "SELECT seq, mailbox, state, attempts, reason FROM delivery ORDER BY seq, place",
        )
        assert [row[:4] for row in rows] == [
            (each.seq, each.mailbox, each.state, each.attempts) for each in self.copies
        ]
        assert all(row[4] for row in rows if row[2] in ("expired", "undeliverable"))
        assert all(each.acknowledged <= 1 for each in self.copies)

    def what_is_open_is_counted(self) -> None:
        if not self.copies:
            return
        counted = dict(query(self.project.place, "SELECT mailbox, open FROM mailbox"))
        for mailbox in {each.mailbox for each in self.copies}:
            open_ones = [
                each
                for each in self.copies
                if each.mailbox == mailbox and each.state in ("waiting", "held")
            ]
            assert counted[mailbox] == len(open_ones)

    def step(self) -> None:
        """Do something, and look whether all still holds."""
        doings = {
            self.send: 8,
            self.receive: 8,
            self.settle: 6,
            self.time_passes: 3,
            self.belong: 2,
            self.dead_letter: 2,
            self.the_program_restarts: 1,
            self.nonsense_is_refused: 1,
        }
        (doing,) = self.chance.choices(list(doings), weights=list(doings.values()))
        doing()
        self.every_copy_stands_where_the_model_has_it()
        self.what_is_open_is_counted()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_deliveries_go_on_as_the_model_says(seed: int) -> None:
    both = Deliveries(random.Random(seed))
    try:
        for _ in range(120):
            both.step()
    finally:
        both.close()
