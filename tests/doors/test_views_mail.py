"""Mailboxes, threads and agents on a terminal: pinned at three widths, and bounded at every other."""

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from beadwork.doors.cli.views import mail
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.agent import Agent
from beadwork.ops.delivery import Waiting
from beadwork.ops.mailbox import Outgoing
from beadwork.ops.message import Delivery, Message
from tests.doors.program import Bd
from tests.doors.sample import NOW_US, on_terminal
from tests.doors.test_views import NARROW, ODD_WIDTH, WIDTHS, check

QUESTION = "01JGEXAMPLE000000000000001"
LONG = "Which database do we take for the store, and why? One sentence is enough for the record"
EVIL = "Red \x1b[31mred\x1b[0m\x07 and\ta tab"


def message(number: int, text: str, **more: object) -> Message:
    given = {
        "id": f"01JGEXAMPLE00000000000000{number}", "seq": number, "from_": "ann", "to": ["bob"],
        "ts": f"2025-12-31T23:5{number}:00Z", "type": "note", "thread": QUESTION,
        "payload": {"text": text}, **more,
    }  # fmt: skip
    return Message(**given)  # type: ignore[arg-type] # the fields of a message


MESSAGES = [
    message(1, LONG, type="question", priority="urgent", payload={"subject": "DB", "text": LONG}),
    message(2, "SQLite: one file.\n\n  It is enough.", from_="bob", type="answer",
            reply_to=QUESTION),
    message(3, "説明書を書く " * 8, priority="low"),
    message(4, EVIL, from_="eve\x1b[31m", reply_to="01JGEXAMPLE000000000000002"),
    message(5, "w" * 90),
]  # fmt: skip
STATES = [
    Delivery(recipient="bob", state="held", holder="bob", held_until="2026-01-01T00:04:00Z"),
    Delivery(recipient="ann", state="acknowledged"),
    Delivery(recipient="bob", state="waiting", due="2026-01-01T02:00:00Z"),
    Delivery(recipient="bob", state="waiting"),
    Delivery(recipient="bob", state="undeliverable", reason="Handed out 5 times in vain"),
]
AGENTS = [
    Agent(name="bob", state="here", since="2025-12-31T23:00:00Z", seen="2025-12-31T23:59:30Z",
          first="2025-12-01T00:00:00Z", open=3, issues=["px-epic.1", "px-fam"],
          subscriptions=["#build", "@reviewers"]),
    Agent(name="eve\x1b[31m", state="away", since="2025-12-30T23:00:00Z",
          seen="2025-12-30T23:00:00Z", first="2025-12-30T23:00:00Z"),
    Agent(name="an-agent-with-a-name-that-is-longer-than-a-narrow-terminal", state="left",
          since="2025-12-30T23:00:00Z", seen="2025-12-30T23:00:00Z", first="2025-12-30T23:00:00Z"),
]  # fmt: skip
BOX = [Waiting(message=m, delivery=d) for m, d in zip(MESSAGES, STATES, strict=True)]
OUT = [Outgoing(message=m, deliveries=[d]) for m, d in zip(MESSAGES, STATES, strict=True)]
VIEWS: dict[str, Callable[[Screen], str]] = {
    "inbox": lambda screen: mail.mailbox(screen, BOX, "bob: 4 open"),
    "thread": lambda screen: mail.thread(screen, OUT),
    "agents": lambda screen: mail.agents(screen, AGENTS),
}


def screen(width: int) -> Screen:
    return Screen(width, now_us=NOW_US)


@pytest.mark.parametrize("name", VIEWS)
def test_people_see_at_each_width_what_is_pinned(name: str) -> None:
    parts = [f"-- {width} columns\n{VIEWS[name](screen(width))}" for width in WIDTHS]
    check(name, "\n".join(parts))


@pytest.mark.parametrize("name", VIEWS)
def test_no_line_is_wider_than_the_screen_and_nothing_is_obeyed(name: str) -> None:
    for width in (*NARROW, ODD_WIDTH):
        found = VIEWS[name](screen(width))
        assert not set(found) & {"\x1b", "\x07", "\r", "\t"}, width
        for line in found.split("\n"):
            assert cell_len(line) <= width, (width, line)


def test_on_a_terminal_they_are_drawn_and_elsewhere_not(bd: Bd) -> None:
    sent = bd.json("msg", "send", "--to", "bob", "Hello")["id"]
    for words in (("inbox", "--agent", "bob"), ("thread", sent), ("agents",)):
        drawn, plain = (each.ok("msg", *words).out for each in (on_terminal(bd), bd))
        assert "ann ·" in drawn
        assert "ann ·" not in plain
    assert on_terminal(bd).ok("msg", "inbox").out == "ann: 0 open\n\nNo message.\n"
