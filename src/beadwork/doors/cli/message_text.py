"""Messages as plain text and as JSON. What others wrote is shown, never obeyed."""

from collections.abc import Sequence
from typing import Any

import msgspec

from beadwork.doors.cli import text, times
from beadwork.model.message import summary
from beadwork.ops.delivery import Handed, Waiting
from beadwork.ops.mailbox import Outgoing
from beadwork.ops.message import Delivery, Message

_SUMMARY_CHARS = 100
_SIGNS = {
    "waiting": "●", "held": "◐", "acknowledged": "✓", "expired": "⌛", "undeliverable": "✗",
    "dropped": "-", "skipped": "-",
}  # fmt: skip


def shape(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return an answer as JSON."""
    return msgspec.to_builtins(value)


def handed(value: Handed) -> dict[str, Any]:
    """Return a message that was handed out as one object, with its receipt."""
    rest = {"receipt": value.receipt, "held_until": value.held_until, "attempt": value.attempt}
    return {**shape(value.message), **rest, "mailbox": value.mailbox}


def waiting(value: Waiting) -> dict[str, Any]:
    """Return a message in a mailbox as one object."""
    return {**shape(value.message), "delivery": shape(value.delivery)}


def outgoing(value: Outgoing) -> dict[str, Any]:
    """Return a message and its deliveries as one object."""
    return {**shape(value.message), "deliveries": shape(value.deliveries)}


def name(message: Message) -> str:
    """Show by what a message is called: its number, and its id."""
    return f"#{message.seq} {message.id}"


def head(message: Message) -> str:
    """Show on one line who sent what to whom."""
    urgency = "" if message.priority == "normal" else f" [{message.priority}]"
    to = ", ".join(text.line(each) for each in message.to)
    return f"{text.line(message.from_)} → {to}: {text.line(message.type)}{urgency}"


def said(message: Message, *, chars: int = _SUMMARY_CHARS) -> str:
    """Show on one line what a message begins with, and what there is beside that."""
    return " ".join(each for each in (begun(message, chars=chars), beyond(message)) if each)


def begun(message: Message, *, chars: int = _SUMMARY_CHARS) -> str:
    """Show on one line what a message begins with."""
    return text.line(summary(message.head or message.payload, chars=chars))


def beyond(message: Message) -> str:
    """Tell what there is beside the beginning of a message: more of it, or a blob."""
    if message.damaged:
        return f"({text.line(message.damaged)})"
    if message.head:
        return f"(… more: bd msg show {message.id})"
    if message.blob is None or message.aside:
        return ""
    return f"[blob {message.blob.digest[:12]}, {text.size(message.blob.size_bytes)}]"


def body(message: Message) -> str:
    """Show all that a message says."""
    lines = [_told(message)]
    if message.blob is not None and not message.aside:
        digest = message.blob.digest
        size = text.size(message.blob.size_bytes)
        lines.append(f"  blob {digest} ({size}): bd blob get {digest[:12]}")
    return "\n".join(each for each in lines if each)


def _told(message: Message) -> str:
    payload = message.payload
    if message.head or message.damaged:
        size = text.size(message.blob.size_bytes) if message.blob else ""
        why = message.damaged or f"{size} in all: bd msg show {message.id} --raw, or -o FILE"
        return "\n".join([text.block(message.head), text.block(f"(… {why})")])
    if payload is None:
        return "" if message.blob else "  "
    if isinstance(payload, dict) and isinstance(payload.get("text"), str):
        rest = {name: value for name, value in payload.items() if name != "text"}
        head = [f"subject: {_value(rest.pop('subject'))}"] if "subject" in rest else []
        begun = [payload["text"]] if payload["text"] or not head else []
        lines = [f"{name}: {_value(value)}" for name, value in rest.items()]
        return text.block("\n".join([*head, *begun, *lines]))
    return text.block(payload if isinstance(payload, str) else _pretty(payload))


def _value(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _pretty(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def whole(message: Message) -> str:
    """Show a message with all that is known of it."""
    facts = [f"{head(message)}  ({times.shown(message.ts)})", f"  id {message.id}, #{message.seq}"]
    if message.thread != message.id:
        facts[-1] += f"  thread {message.thread}"
    if message.reply_to:
        facts[-1] += f"  reply to {message.reply_to}"
    if message.expires:
        facts.append(f"  expires {times.shown(message.expires)}")
    state = message.git_state
    if state is not None:
        changed = ", with changes" if state.dirty else ""
        at = f" at {state.commit[:10]}" if state.commit else ""
        branch = f"branch {text.line(state.branch)}" if state.branch else "no branch"
        facts.append(f"  on {branch}{at}{changed}")
    return "\n".join([*facts, body(message)])


def received(value: Handed, *, is_acked: bool = False) -> str:
    """Show a message that was handed out, and what to do with it."""
    if is_acked:
        return whole(value.message)
    again = f", handed out {value.attempt} times" if value.attempt > 1 else ""
    held = f"  receipt {value.receipt} (held until {times.shown(value.held_until)}{again})"
    held += f"\n  once dealt with: bd msg ack {value.receipt}"
    return f"{whole(value.message)}\n{held}"


def delivery(value: Delivery) -> str:
    """Show how far a delivery is."""
    parts = [_SIGNS.get(value.state, "•"), text.line(value.recipient), value.state]
    if value.holder:
        parts.append(f"by {text.line(value.holder)} until {times.shown(value.held_until or '')}")
    if value.due:
        parts.append(f"not before {times.shown(value.due)}")
    if value.reason and value.state != "acknowledged":
        parts.append(f"({text.line(value.reason)})")
    if value.receipt:
        parts.append(f"receipt {value.receipt}")
    if value.note:
        parts.append(f"({text.line(value.note)})")
    return " ".join(parts)


def mailbox(values: Sequence[Waiting]) -> str:
    """Show a mailbox, two lines a message."""
    return "\n".join(
        f"{_SIGNS.get(each.delivery.state, '•')} {name(each.message)} {head(each.message)}\n"
        f"    {said(each.message)}{_state(each.delivery)}"
        for each in values
    )


def _state(value: Delivery) -> str:
    if value.state == "waiting" and not value.due and not value.reason:
        return ""
    return f"  [{delivery(value)[2:]}]"


def thread(values: Sequence[Outgoing]) -> str:
    """Show a thread, each answer below what it answers."""
    depths: dict[str, int] = {}
    lines = []
    for each in values:
        message = each.message
        depth = depths.get(message.reply_to or "", -1) + 1
        depths[message.id] = depth
        indent = "  " * min(depth, 8)
        shown = f"{head(message)}  ({times.shown(message.ts)})\n{body(message)}"
        lines.append("\n".join(f"{indent}{line}" for line in shown.splitlines()))
    return "\n".join(lines)


def brief(values: Sequence[Waiting], more: int) -> str:
    """Show what is new in a few lines, for an agent between two turns."""
    count = len(values) + more
    what = "1 new message" if count == 1 else f"{count} new messages"
    lines = [f"{what}. Take and acknowledge: `bd msg receive`, `bd msg ack RECEIPT`."]
    lines += [f"- {head(each.message)}: {said(each.message)}" for each in values]
    if more:
        lines.append(f"- and {more} more: `bd msg inbox`")
    return "\n".join(lines)
