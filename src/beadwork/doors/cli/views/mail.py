"""Mailboxes and threads, as a mail reader shows them."""

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells
from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import message_text
from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import moments, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.message import PRIORITIES
from beadwork.ops.agent import Agent
from beadwork.ops.delivery import Waiting
from beadwork.ops.mailbox import Outgoing
from beadwork.ops.message import Message

_INDENTS_MAX = 8
_STYLES = {"urgent": "bold red", "high": "yellow", "normal": "", "low": "dim"}
_STATES = {
    "waiting": ("●", "bold"), "held": ("◐", "yellow"), "acknowledged": ("✓", "green"),
    "expired": ("⌛", "red"), "undeliverable": ("✗", "red"),
}  # fmt: skip


_HERE = {"here": ("●", "green"), "away": ("○", "dim"), "left": ("-", "dim")}


def mailbox(screen: Screen, found: Sequence[Waiting], head: str) -> str:
    """Draw a mailbox: who, what, how urgent, how old; what it says below."""
    parts: list[RenderableType] = [theme.heading(texts.line(head)), Text("")]
    for each in found:
        parts += _entry(screen, each)
    if not found:
        parts.append(theme.faint("No message."))
    return theme.render(screen, parts)


def _entry(screen: Screen, value: Waiting) -> list[RenderableType]:
    sign, style = _STATES.get(value.delivery.state, ("•", "dim"))
    lead = Text(sign if screen.has_signs else "*", style=style)
    line = theme.joined(lead, _head(value.message), _age(value.message, screen))
    said = Text("  ") + Text(message_text.begun(value.message, chars=200))
    notes = message_text.delivery(value.delivery)[2:]
    lines: list[RenderableType] = [
        theme.fitted(line, screen.width),
        theme.fitted(said, screen.width),
    ]
    beyond = message_text.beyond(value.message)
    if beyond:
        lines.append(theme.fitted(Text("  ") + theme.faint(beyond), screen.width))
    if value.delivery.state != "waiting" or value.delivery.due or value.delivery.reason:
        lines.append(theme.fitted(Text("  ") + theme.faint(notes), screen.width))
    return [
        *lines,
        theme.fitted(Text("  ") + theme.faint(message_text.name(value.message)), screen.width),
    ]


def _head(message: Message) -> Text:
    who = Text(texts.line(message.from_), style="bold blue")
    kind = Text(texts.line(message.type), style="cyan")
    parts = [who, kind]
    if message.priority != PRIORITIES[2]:
        parts.append(Text(message.priority, style=_STYLES[message.priority]))
    return theme.joined(*parts, between=" · ")


def _age(message: Message, screen: Screen) -> Text:
    return theme.faint(moments.ago(message.ts, screen.now_us))


def thread(screen: Screen, found: Sequence[Outgoing]) -> str:
    """Draw a thread, each answer below what it answers."""
    depths: dict[str, int] = {}
    parts: list[RenderableType] = []
    for each in found:
        message = each.message
        depth = depths.get(message.reply_to or "", -1) + 1
        depths[message.id] = depth
        bar = theme.faint("│ " * min(depth, _INDENTS_MAX))
        room = max(screen.width - len(bar.plain), 10)
        head = theme.joined(_head(message), _age(message, screen))
        parts.append(bar + theme.fitted(head, room))
        body = message_text.body(message).splitlines()
        parts += [bar + piece for line in body for piece in _pieces(line, room)]
        states = ", ".join(f"{one.recipient} {one.state}" for one in each.deliveries)
        parts.append(bar + theme.fitted(theme.faint(f"  {texts.line(states)}"), room))
    return theme.render(screen, parts)


def _pieces(line: str, width: int) -> list[Text]:
    """Break a line between its words, each part as far in as the line began."""
    line = line.expandtabs(4)
    if cell_len(line) <= width:
        return [Text(line)]
    words = line.split()
    indent = line[: len(line) - len(line.lstrip())] if words else ""
    indent = indent[: width // 2]
    room = max(width - len(indent), 1)
    rows = [""]
    for word in words:
        joined = f"{rows[-1]} {word}" if rows[-1] else word
        if cell_len(joined) <= room:
            rows[-1] = joined
            continue
        begun = rows[:-1] if not rows[-1] else rows
        rows = [*begun, *chop_cells(word, room)]
    return [Text(indent + row) for row in rows]


def agents(screen: Screen, found: Sequence[Agent]) -> str:
    """Draw who has been here: how they are, since when, and what they do."""
    parts: list[RenderableType] = []
    for each in found:
        parts += _agent(screen, each)
    return theme.render(screen, parts or [theme.faint("Nobody.")])


def _agent(screen: Screen, value: Agent) -> list[RenderableType]:
    sign, style = _HERE.get(value.state, ("○", "dim"))
    lead = Text(sign if screen.has_signs else "*", style=style)
    facts = [Text(texts.line(value.name), style="bold"), Text(value.state, style=style)]
    if value.open:
        facts.append(Text(f"{value.open} open for them alone"))
    seen = theme.faint(f"seen {moments.ago(value.seen, screen.now_us)}")
    lines = [theme.joined(lead, theme.joined(*facts, between=" · "), seen)]
    for what, names in (("holds", value.issues), ("in", value.subscriptions)):
        if names:
            said = ", ".join(texts.line(each) for each in names)
            lines.append(theme.faint(f"  {what} {said}"))
    return [theme.fitted(each, screen.width) for each in lines]
