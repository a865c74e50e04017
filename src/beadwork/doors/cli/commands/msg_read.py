"""`bd msg`: mailboxes, threads and searches, as a mail reader shows them."""

import base64
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from beadwork.doors.cli import message_text as shown
from beadwork.doors.cli import text
from beadwork.doors.cli.options import NUMBER, BeadCommand, Whole, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.views.screen import Drawing, Screen
from beadwork.ops.blob import GetBlob
from beadwork.ops.delivery import Waiting
from beadwork.ops.mailbox import (
    ListMessages,
    Outgoing,
    SearchMessages,
    ShowInbox,
    ShowMessage,
    ShowOutbox,
    ShowThread,
)
from beadwork.ops.message import Message

_MANY = Whole(1, 1000)
_LIMIT = click.option(
    "-n", "--limit", type=_MANY, default=50, show_default=True, help="How many at most."
)
_BEFORE = click.option("--before", type=NUMBER, help="Only those before the message of this seq.")
_AGENT = click.option("--agent", metavar="NAME", help="Whose; by default yours.")


def drawn_mailbox(found: Sequence[Waiting], head: str) -> Drawing:
    """Return what draws a mailbox on a terminal."""

    def draw(screen: Screen) -> str:
        from beadwork.doors.cli.views import mail

        return mail.mailbox(screen, found, head)

    return draw


@click.command("inbox", cls=BeadCommand)
@_AGENT
@click.option("-a", "--all", "is_all", is_flag=True, help="All that came, the latest first.")
@click.option("--unread", is_flag=True, help="Only what was never shown or handed out.")
@_BEFORE
@_LIMIT
@pass_session
def inbox(session: Session, /, agent: str | None, limit: int, **given: Any) -> None:
    """Show what you hold and what waits for you."""
    is_all, is_unread = given["is_all"], given["unread"]
    asked = ShowInbox(
        agent=agent, all=is_all, unread=is_unread, before=given["before"], limit=limit
    )
    found = session.run(asked)
    whose = agent or session.caller.holder.actor
    head = f"{whose}: {found.open} open"
    session.show(
        [shown.waiting(each) for each in found.messages],
        lambda: shown.mailbox(found.messages) or "No message.",
        drawn=drawn_mailbox(found.messages, head),
    )
    if (
        not (is_all or is_unread)
        and len(found.messages) < found.open
        and len(found.messages) == limit
    ):
        session.warn(f"Note: {found.open} are open; --limit shows more.")


@click.command("outbox", cls=BeadCommand)
@_AGENT
@_BEFORE
@_LIMIT
@pass_session
def outbox(session: Session, agent: str | None, before: int | None, limit: int) -> None:
    """Show what you sent, the latest first, and how far each delivery is."""
    found = session.run(ShowOutbox(agent=agent, before=before, limit=limit)).messages
    session.show(
        [shown.outgoing(each) for each in found],
        lambda: "\n".join(_sent(each) for each in found) or "No message.",
    )


def _sent(value: Outgoing) -> str:
    lines = [
        f"{shown.name(value.message)} {shown.head(value.message)}",
        f"    {shown.said(value.message)}",
        *(f"    {shown.delivery(each)}" for each in value.deliveries),
    ]
    return "\n".join(lines)


@click.command("show", cls=BeadCommand)
@click.argument("message_id", metavar="ID")
@click.option("--raw", is_flag=True, help="The text alone, all of it, as it was sent.")
@click.option("-o", "--output", metavar="FILE", help="Write that to a file.")
@pass_session
def show(session: Session, message_id: str, raw: bool, output: str | None) -> None:
    """Show a message and how far each delivery of it is."""
    found = session.run(ShowMessage(message=message_id))
    if raw or output is not None:
        found.message.payload = _whole(session, found.message)
    if output is not None or (raw and not session.flags.is_json):
        _show_raw(session, found.message, output)
        return

    def told() -> str:
        lines = [f"  {shown.delivery(each)}" for each in found.deliveries]
        return "\n".join([shown.whole(found.message), *lines])

    session.show(shown.outgoing(found), told)


def _whole(session: Session, message: Message) -> Any:  # noqa: ANN401 -- any JSON value
    """Return all that a message says, whatever its length."""
    if message.payload is None and message.aside and message.blob is not None:
        kept = session.run(GetBlob(digest=message.blob.digest))
        return msgspec.json.decode(base64.b64decode(kept.content))
    return message.payload


def _show_raw(session: Session, message: Message, output: str | None) -> None:
    """Write what a message says as it was sent: its text, or its JSON."""
    payload = message.payload
    said = payload.get("text") if isinstance(payload, dict) else payload
    encoded = said.encode() if isinstance(said, str) else msgspec.json.encode(payload)
    if output is not None:
        session.world.put_file(output, encoded)
        path = session.world.full_path(output)
        answer = {"id": message.id, "path": path, "size_bytes": len(encoded)}
        session.show(answer, lambda: f"Wrote {text.line(path)}: {text.size(len(encoded))}")
    elif session.streams.terminals.output:
        session.write(f"{text.safe(encoded.decode())}\n")
    else:
        session.streams.write_bytes(encoded)


@click.command("thread", cls=BeadCommand)
@click.argument("message_id", metavar="ID")
@click.option("-n", "--limit", type=_MANY, default=200, show_default=True, help="How many.")
@pass_session
def thread(session: Session, message_id: str, limit: int) -> None:
    """Show the thread that a message belongs to, from its beginning."""
    found = session.run(ShowThread(message=message_id, limit=limit))

    def draw(screen: Screen) -> str:
        from beadwork.doors.cli.views import mail

        return mail.thread(screen, found.messages)

    session.show(
        {"thread": found.thread, "messages": [shown.outgoing(each) for each in found.messages]},
        lambda: shown.thread(found.messages),
        drawn=draw,
    )
    if found.is_cut:
        session.warn("Note: the thread goes on; --limit shows more.")


@click.command("search", cls=BeadCommand)
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@_BEFORE
@_LIMIT
@pass_session
def search(session: Session, words: tuple[str, ...], before: int | None, limit: int) -> None:
    """Find messages by their words, the latest first."""
    asked = SearchMessages(query=" ".join(words), before=before, limit=limit)
    _show_messages(session, session.run(asked).messages)


@click.command("list", cls=BeadCommand)
@click.option("--since", type=NUMBER, help="After the message of this seq, in order.")
@_BEFORE
@_LIMIT
@pass_session
def list_(session: Session, since: int | None, before: int | None, limit: int) -> None:
    """List messages, whoever they are for, the latest first."""
    asked = ListMessages(since=since, before=before, limit=limit)
    _show_messages(session, session.run(asked).messages)


def _show_messages(session: Session, found: Sequence[Message]) -> None:
    session.show(
        [shown.shape(each) for each in found],
        lambda: (
            "\n".join(
                f"{shown.name(each)} {shown.head(each)}\n    {shown.said(each)}" for each in found
            )
            or "No message."
        ),
    )


COMMANDS = (inbox, outbox, show, thread, search, list_)
