"""`bd msg`: sending messages, taking them, and settling what was taken."""

import shlex
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from beadwork.doors.cli import message_text as shown
from beadwork.doors.cli import times
from beadwork.doors.cli.commands import msg_people, msg_read
from beadwork.doors.cli.commands.msg_said import (
    blob_of,
    content_options,
    of_flags,
    payload,
    require_one,
    seconds,
)
from beadwork.doors.cli.options import BeadCommand, BeadGroup, Whole, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import BeadworkError, InvalidField, NoReply, NoStore, NoSuchRecipient
from beadwork.model.message import CORE_TYPES
from beadwork.ops.delivery import (
    AcknowledgeMessage,
    ExtendHold,
    Handed,
    PeekMessages,
    ReceiveMessages,
    ReturnMessage,
    Settled,
    Shown,
    ShowNew,
)
from beadwork.ops.mailbox import ShowInbox
from beadwork.ops.message import SendMessage, Sent
from beadwork.ops.operation import Request
from beadwork.ops.reply import AwaitReply, ReplyMessage

_FOLLOW_S = 3600.0
_WAIT_DEFAULT = "60s"
_LEAST_S = 0.001
_MANY = Whole(1, limits.RECEIVED_MAX)
_TIMES = Whole(1, limits.ATTEMPTS_MAX)
_CONTEXT_EVENTS = ("UserPromptSubmit", "SessionStart", "PostToolUse", "SubagentStart")
_BLOCKING_EVENTS = ("Stop", "SubagentStop")


@click.group(cls=BeadGroup)
def msg() -> None:
    """Send messages to agents, groups and topics; receive and acknowledge them.

    A message that is not acknowledged is delivered again; what can't be delivered is among the
    dead letters, with the reason. Addresses: NAME, @GROUP, '#TOPIC' (or topic:NAME), attempt:ID,
    everyone.
    """


# -- sending


def _instant(text: str | None, field: str) -> str | None:
    return None if text is None else times.given_time(text, field)


def _key(session: Session) -> str:
    """Return the key that the user gave, if any: it goes with the message."""
    return session.flags.options.key


def _recipients(to: tuple[str, ...], words: tuple[str, ...]) -> list[str]:
    found = split_words(to)
    if not found:
        name, *rest = words or ("NAME",)
        said = " ".join(rest)[:80] or "text"
        raise InvalidField(
            "Nobody is named who gets the message",
            hint=f"Name them before the text: `--to {shlex.quote(name[:60])} {shlex.quote(said)}`.",
            field="to",
        )
    return found


def _show_sent(session: Session, sent: Sent) -> None:
    def told() -> str:
        head = f"Sent {sent.id}" if not sent.already else f"Sent before: {sent.id}"
        head += ", and acknowledged what it answers" if sent.acknowledged else ""
        return "\n".join([head, *(f"  {shown.delivery(each)}" for each in sent.deliveries)])

    session.show(shown.shape(sent), told)


@msg.command("send", cls=BeadCommand)
@click.argument("words", metavar="[TEXT]...", nargs=-1)
@click.option("--to", multiple=True, metavar="ADDRESS", help="Who gets it; several by commas.")
@click.option("-t", "--type", "kind", default="note", help=f"{', '.join(CORE_TYPES)}, or your own.")
@content_options
@click.option("--thread", metavar="ID", help="A message of the thread that it belongs to.")
@click.option("--delay", metavar="TIME", help="Deliver after this time: 10m.")
@click.option("--not-before", "--at", "not_before", metavar="WHEN", help="Deliver not before.")
@click.option("--ttl", metavar="TIME", help="Deliver only within this time: 1h.")
@click.option("--expires", metavar="WHEN", help="Deliver only until then.")
@click.option("--must-exist", is_flag=True, help="Refuse recipients that nobody knows.")
@click.option("--max-deliveries", type=_TIMES, default=5, help="So often it is handed out.")
@pass_session
def send(session: Session, /, **given: Any) -> None:
    """Send a message. An unknown recipient's messages wait until it appears."""
    require_one(given, "delay", "not_before")
    require_one(given, "ttl", "expires")
    to = _recipients(given["to"], given["words"])
    request = SendMessage(
        to=to,
        payload=payload(session, of_flags(given), given["kind"]),
        type=given["kind"],
        priority=given["priority"],
        thread=given["thread"],
        not_before=_instant(given["not_before"], "not_before"),
        expires=_instant(given["expires"], "expires"),
        delay_s=seconds(given["delay"], "delay", limits.LEASE_S_MAX),
        ttl_s=seconds(given["ttl"], "ttl", limits.LEASE_S_MAX, least=_LEAST_S),
        key=_key(session),
        must_exist=given["must_exist"],
        attempts_max=given["max_deliveries"],
        blob=blob_of(session, given["blob"]),
        git_state=session.world.git_state(),
    )
    _show_sent(session, session.run(request))


@msg.command("reply", cls=BeadCommand)
@click.argument("message_id", metavar="ID|RECEIPT")
@click.argument("words", metavar="[TEXT]...", nargs=-1)
@click.option("-t", "--type", "kind", default="answer", help=f"{', '.join(CORE_TYPES)}, or other.")
@content_options
@pass_session
def reply(session: Session, /, message_id: str, kind: str, **given: Any) -> None:
    """Answer a message, to its sender. If you hold it, it is acknowledged with it."""
    request = ReplyMessage(
        message=message_id,
        payload=payload(session, of_flags(given), kind),
        type=kind,
        priority=given["priority"],
        key=_key(session),
        blob=blob_of(session, given["blob"]),
        git_state=session.world.git_state(),
    )
    _show_sent(session, session.run(request))


@msg.command("request", cls=BeadCommand)
@click.argument("words", metavar="[TEXT]...", nargs=-1)
@click.option("--to", multiple=True, metavar="ADDRESS", help="Who is asked.")
@click.option("-t", "--type", "kind", default="question", help="question, or another.")
@content_options
@click.option("--wait", "--timeout", "wait", metavar="TIME", default=_WAIT_DEFAULT,
              show_default=True, help="Until when an answer counts.")  # fmt: skip
@pass_session
def request(session: Session, /, **given: Any) -> None:
    """Ask somebody, wait for the answer and show it; without one in time, exit 5."""
    wait_s = seconds(given["wait"], "wait", limits.WAIT_S_MAX) or 0.0
    sent = session.run(
        SendMessage(
            to=_recipients(given["to"], given["words"]),
            payload=payload(session, of_flags(given), given["kind"]),
            type=given["kind"],
            priority=given["priority"],
            ttl_s=wait_s or None,
            key=_key(session),
            blob=blob_of(session, given["blob"]),
            git_state=session.world.git_state(),
        )
    )
    _require_asked(session, sent)
    replied = session.run(AwaitReply(message=sent.id, wait_s=wait_s))
    if replied.reply is None:
        raise NoReply(
            f"Nobody answered {sent.id} within {given['wait']}",
            hint=f"`bd msg show {sent.id}` tells how far it is.",
            id=sent.id,
        )
    answer = replied.reply
    session.show({"request": sent.id, "reply": shown.shape(answer)}, lambda: shown.whole(answer))


def _require_asked(session: Session, sent: Sent) -> None:
    """Wait for nobody's answer."""
    said = "; ".join(f"{each.recipient}: {each.reason}" for each in sent.deliveries)
    if all(each.state == "skipped" for each in sent.deliveries):
        raise NoSuchRecipient(
            "Nobody gets the question",
            hint=f"{said[:500]}.",
            recipient=sent.deliveries[0].recipient,
        )
    for each in sent.deliveries:
        if each.note and not session.flags.is_json:
            session.warn(f"Note: {each.recipient}: {each.note}")


# -- receiving


@msg.command("receive", cls=BeadCommand)
@click.option("-n", "--limit", type=_MANY, default=1, show_default=True, help="How many at most.")
@click.option("--hold", metavar="TIME", default="5m", show_default=True, help="Held for so long.")
@click.option("--wait", "--timeout", "wait", metavar="TIME",
              help="Wait so long for something to come: 30s.")  # fmt: skip
@click.option("-f", "--follow", is_flag=True, help="Show each as it comes, without end.")
@click.option("--ack", "is_acked", is_flag=True, help="Acknowledge each once it is shown.")
@pass_session
def receive(
    session: Session, limit: int, hold: str, wait: str | None, follow: bool, is_acked: bool
) -> None:
    """Take messages, the most urgent first. Acknowledge each by its receipt: `bd msg ack`.

    The next of the same sender and priority comes once you have settled the one before; --limit takes several.
    """
    if follow:
        _require_endless(wait)
        # Whoever goes on without end outlives the daemon.
        session.world.require_here()
    hold_s = seconds(hold, "hold", limits.HOLD_S_MAX, least=_LEAST_S) or 0.0
    asked = ReceiveMessages(
        limit=limit, hold_s=hold_s, wait_s=seconds(wait, "wait", limits.WAIT_S_MAX)
    )
    if follow:
        _follow(session, msgspec.structs.replace(asked, wait_s=_FOLLOW_S), is_acked=is_acked)
        return
    found = session.run(asked)
    session.show(
        [shown.handed(each) for each in found.messages],
        lambda: _received(found.messages, is_acked=is_acked),
    )
    _settle_shown(session, found.messages, is_acked=is_acked)
    if not found.messages:
        _note_held(session, found.held, found.waiting)


def _note_held(session: Session, receipts: Sequence[str], waiting: int) -> None:
    """Say what the caller holds, and how to go on with it."""
    if not receipts:
        return
    first = receipts[0]
    behind = f" {_count(waiting)} may wait behind that." if waiting else ""
    session.warn(
        f"Note: you hold {_count(len(receipts))}: `bd msg show {first.partition('.')[0]}`, then "
        f"`bd msg ack {first}` or `bd msg nack {first}`.{behind}"
    )


def _count(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"


def _received(found: Sequence[Handed], *, is_acked: bool) -> str:
    return "\n\n".join(shown.received(each, is_acked=is_acked) for each in found) or "No message."


def _require_endless(wait: str | None) -> None:
    if wait is not None:
        raise InvalidField("--follow goes on without end", hint="Leave out --wait.", field="wait")


def _follow(session: Session, asked: ReceiveMessages, *, is_acked: bool) -> None:
    """Show messages as they come, as JSON one a line."""
    while session.streams.is_read:
        for each in session.run_again(asked).messages:
            if session.flags.is_json:
                session.write(msgspec.json.encode(shown.handed(each)).decode() + "\n")
            else:
                session.write(f"{shown.received(each, is_acked=is_acked)}\n\n")
            if not _settle_shown(session, [each], is_acked=is_acked):
                return


def _settle_shown(session: Session, found: Sequence[Handed], *, is_acked: bool) -> bool:
    """Acknowledge what was shown, if that is wanted; give back what nobody took from us."""
    if not found:
        return True
    is_taken = session.streams.is_taken
    if is_taken and is_acked:
        _settle_each(session, [AcknowledgeMessage(receipt=each.receipt) for each in found])
    elif not is_taken:
        said = "nobody read the output"
        _settle_each(
            session, [ReturnMessage(receipt=each.receipt, delay_s=0, reason=said) for each in found]
        )
    return is_taken


def _settle_each(session: Session, requests: Sequence[Request[Settled]]) -> None:
    for outcome in session.run_each(requests):
        if isinstance(outcome, BeadworkError):
            session.fail(outcome)


@msg.command("peek", cls=BeadCommand)
@click.option("-n", "--limit", type=_MANY, default=10, show_default=True, help="How many at most.")
@pass_session
def peek(session: Session, limit: int) -> None:
    """Look at what would be received next; nothing is held by that."""
    found = session.run(PeekMessages(limit=limit)).messages
    session.show(
        [shown.waiting(each) for each in found], lambda: shown.mailbox(found) or "No message."
    )
    if not found:
        inbox = session.run(ShowInbox()).messages
        receipts = [each.delivery.receipt for each in inbox if each.delivery.receipt]
        _note_held(session, receipts, len(inbox) - len(receipts))


# -- settling


def _settle(
    session: Session, requests: Sequence[Request[Settled]], receipts: Sequence[str]
) -> None:
    """Settle each by itself, show those that were, and tell of those that could not be."""
    outcomes = session.run_each(requests)
    done = [each for each in outcomes if isinstance(each, Settled)]
    failed = [
        (receipt, outcome)
        for receipt, outcome in zip(receipts, outcomes, strict=True)
        if isinstance(outcome, BeadworkError)
    ]
    if done:
        session.show(
            [shown.shape(each) for each in done],
            lambda: "\n".join(f"{each.id}: {shown.delivery(each.delivery)}" for each in done),
        )
    session.fail_each(failed)


@msg.command("ack", cls=BeadCommand)
@click.argument("receipts", metavar="RECEIPT...", nargs=-1, required=True)
@pass_session
def ack(session: Session, receipts: tuple[str, ...]) -> None:
    """Acknowledge messages: they were dealt with, and are not delivered again."""
    _settle(session, [AcknowledgeMessage(receipt=each) for each in receipts], receipts)


@msg.command("nack", cls=BeadCommand)
@click.argument("receipts", metavar="RECEIPT...", nargs=-1, required=True)
@click.option("--delay", metavar="TIME", help="Deliver again after this time: 10m.")
@click.option("-r", "--reason", default="", help="Why.")
@click.option("--dead", is_flag=True, help="Nobody can deal with it: to the dead letters.")
@pass_session
def nack(
    session: Session, receipts: tuple[str, ...], delay: str | None, reason: str, dead: bool
) -> None:
    """Give messages back: they are delivered again."""
    delay_s = seconds(delay, "delay", limits.LEASE_S_MAX)
    requests = [
        ReturnMessage(receipt=each, delay_s=delay_s, reason=reason, dead=dead) for each in receipts
    ]
    _settle(session, requests, receipts)


@msg.command("extend", cls=BeadCommand)
@click.argument("receipts", metavar="RECEIPT...", nargs=-1, required=True)
@click.option(
    "--hold", "--by", "hold", metavar="TIME", default="5m", show_default=True, help="From now."
)
@pass_session
def extend(session: Session, receipts: tuple[str, ...], hold: str) -> None:
    """Hold messages for longer."""
    hold_s = seconds(hold, "hold", limits.HOLD_S_MAX, least=_LEAST_S) or 0.0
    _settle(session, [ExtendHold(receipt=each, hold_s=hold_s) for each in receipts], receipts)


# -- between two turns of an agent


@msg.command("hook", cls=BeadCommand)
@click.option("--event", metavar="NAME", help="The hook that this is: Stop, UserPromptSubmit, ...")
@click.option("-n", "--limit", type=_MANY, default=10, show_default=True, help="How many at most.")
@pass_session
def hook(session: Session, event: str | None, limit: int) -> None:
    """Show briefly what is new for this agent, each message once; nothing if nothing is.

    With --event as JSON in the form of agents' hooks: at Stop the agent goes on with the messages,
    elsewhere they are added to what it knows. Those beyond --limit are counted, and count as shown.
    Shown is not acknowledged. Where there is no store, nothing is said.
    """
    _require_event(event)
    try:
        new = session.run(ShowNew(limit=limit, only_look=True))
    except NoStore:  # A hook is run wherever the agent is.
        return
    _show_new(session, new, event)
    # What nobody could read was not shown.
    if new.messages and session.streams.is_taken:
        session.run(ShowNew(last=new.last, as_of=new.as_of))


def _show_new(session: Session, new: Shown, event: str | None) -> None:
    if not new.messages:
        if session.flags.is_json and event is None:
            session.show({"messages": [], "more": 0})
        return
    brief = shown.brief(new.messages, new.more)
    if event is None:
        found = [shown.waiting(each) for each in new.messages]
        session.show({"messages": found, "more": new.more}, brief)
        return
    session.write(msgspec.json.encode(_hook_answer(event, brief)).decode() + "\n")


def _require_event(event: str | None) -> None:
    if event is not None and event not in (*_CONTEXT_EVENTS, *_BLOCKING_EVENTS):
        known = ", ".join((*_BLOCKING_EVENTS, *_CONTEXT_EVENTS))
        raise InvalidField(
            f'There is no hook "{event[:40]}" that takes a text',
            hint=f"Use {known}.",
            field="event",
        )


def _hook_answer(event: str, brief: str) -> dict[str, Any]:
    if event in _BLOCKING_EVENTS:
        return {"decision": "block", "reason": brief}
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": brief}}


for _command in (*msg_read.COMMANDS, *msg_people.COMMANDS):
    msg.add_command(_command)
