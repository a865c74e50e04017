"""`bd msg`: agents, topics, groups, and dead letters."""

from collections.abc import Sequence

import click

from beadwork.doors.cli import message_text as shown
from beadwork.doors.cli import text, times
from beadwork.doors.cli.options import NUMBER, BeadCommand, BeadGroup, Whole, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.address import parse_group_or_topic
from beadwork.model.errors import InvalidField
from beadwork.ops.agent import (
    Agent,
    Gathering,
    LeaveAgent,
    Left,
    ListAddresses,
    ListAgents,
    Membership,
    Subscribe,
    Unsubscribe,
)
from beadwork.ops.dead_letter import (
    DeadLetters,
    DropDeadLetter,
    ListDeadLetters,
    ReplayDeadLetter,
)

_MANY = Whole(1, 1000)
_WHO = click.option("--agent", metavar="NAME", help="Who; by default you.")


# -- agents


@click.command("agents", cls=BeadCommand)
@click.option("--here", is_flag=True, help="Only those who are here now.")
@pass_session
def agents(session: Session, here: bool) -> None:
    """List who has been here, since when, and what they do."""
    found = session.run(ListAgents(here=here)).agents

    def draw(screen: Screen) -> str:
        from beadwork.doors.cli.views import mail

        return mail.agents(screen, found)

    session.show(
        [shown.shape(each) for each in found],
        lambda: "\n".join(_agent(each) for each in found) or "Nobody.",
        drawn=draw,
    )


def _agent(value: Agent) -> str:
    parts = [f"{text.line(value.name)}: {value.state}"]
    if value.state == "here":
        parts.append(f"since {times.shown(value.since)}")
    parts.append(f"last seen {times.shown(value.seen)}")
    if value.issues:
        parts.append(f"holds {', '.join(text.line(each) for each in value.issues)}")
    if value.subscriptions:
        parts.append(f"in {', '.join(text.line(each) for each in value.subscriptions)}")
    if value.open:
        parts.append(f"{value.open} open for them alone")
    return ", ".join(parts)


@click.command("leave", cls=BeadCommand)
@pass_session
def leave(session: Session) -> None:
    """Say that you go: your leases end, and messages that you hold wait again."""
    gone = session.run(LeaveAgent())
    session.show(shown.shape(gone), lambda: _gone(gone))


def _gone(gone: Left) -> str:
    """Say who has left, and what ended with that."""
    who = text.line(gone.agent)
    ended = f"; leases ended: {', '.join(map(str, gone.leases))}" if gone.leases else ""
    back = f"; messages given back: {gone.returned}" if gone.returned else ""
    said = f"This session of {who} has left; another is here" if gone.stays else f"{who} has left"
    return said + ended + back


# -- topics and groups


def _show_membership(session: Session, found: Membership) -> None:
    members = ", ".join(text.line(each) for each in found.members) or "nobody"
    was_so = "" if found.changed else " (as before)"
    session.show(shown.shape(found), lambda: f"{text.line(found.address)}: {members}{was_so}")


@click.command("subscribe", cls=BeadCommand)
@click.argument("address", metavar="TOPIC|@GROUP")
@_WHO
@pass_session
def subscribe(session: Session, address: str, agent: str | None) -> None:
    """Get a copy of all that is sent to a topic, or take what is sent to a group."""
    _show_membership(session, session.run(Subscribe(address=address, agent=agent)))


@click.command("unsubscribe", cls=BeadCommand)
@click.argument("address", metavar="TOPIC|@GROUP")
@_WHO
@pass_session
def unsubscribe(session: Session, address: str, agent: str | None) -> None:
    """Be no more in a topic or group. What was delivered stays."""
    _show_membership(session, session.run(Unsubscribe(address=address, agent=agent)))


def _show_gatherings(session: Session, found: Sequence[Gathering]) -> None:
    def told() -> str:
        lines = [
            f"{text.line(each.address)}: {', '.join(text.line(name) for name in each.members)}"
            + (f" ({each.open} open)" if each.open else "")
            for each in found
        ]
        return "\n".join(lines) or "None."

    session.show([shown.shape(each) for each in found], told)


@click.command("topics", cls=BeadCommand)
@pass_session
def topics(session: Session) -> None:
    """List the topics, and who is subscribed."""
    _show_gatherings(session, session.run(ListAddresses(kind="topic")).addresses)


@click.group("groups", cls=BeadGroup, invoke_without_command=True)
@click.pass_context
def groups(context: click.Context) -> None:
    """List the groups; join or leave one. What is sent to a group, any one member takes."""
    if context.invoked_subcommand is None:
        session = context.ensure_object(Session)
        _show_gatherings(session, session.run(ListAddresses(kind="group")).addresses)


@groups.command("list", cls=BeadCommand)
@pass_session
def list_groups(session: Session) -> None:
    """List the groups, and who is in them."""
    _show_gatherings(session, session.run(ListAddresses(kind="group")).addresses)


def _group(name: str) -> str:
    found = parse_group_or_topic(name if name.startswith(("@", "#")) else f"@{name}")
    if found.kind != "group":
        raise InvalidField(
            f"{found.text} is a topic", hint="Use `bd msg subscribe`.", field="group"
        )
    return found.text


@groups.command("join", cls=BeadCommand)
@click.argument("name", metavar="GROUP")
@_WHO
@pass_session
def join(session: Session, name: str, agent: str | None) -> None:
    """Be one of those who take what is sent to a group."""
    _show_membership(session, session.run(Subscribe(address=_group(name), agent=agent)))


@groups.command("leave", cls=BeadCommand)
@click.argument("name", metavar="GROUP")
@_WHO
@pass_session
def leave_group(session: Session, name: str, agent: str | None) -> None:
    """Be no more in a group."""
    _show_membership(session, session.run(Unsubscribe(address=_group(name), agent=agent)))


# -- dead letters


@click.group("dead", cls=BeadGroup, invoke_without_command=True)
@click.pass_context
def dead(context: click.Context) -> None:
    """See what could not be delivered, and why; deliver it again, or drop it."""
    if context.invoked_subcommand is None:
        _list_dead(context.ensure_object(Session), ListDeadLetters())


@dead.command("list", cls=BeadCommand)
@click.option("--before", type=NUMBER, help="Only those before the message of this seq.")
@click.option("-n", "--limit", type=_MANY, default=50, show_default=True, help="How many at most.")
@pass_session
def list_dead(session: Session, before: int | None, limit: int) -> None:
    """List the dead letters, the latest first, each with the reason."""
    _list_dead(session, ListDeadLetters(before=before, limit=limit))


def _list_dead(session: Session, asked: ListDeadLetters) -> None:
    found = session.run(asked).messages
    session.show(
        [shown.waiting(each) for each in found], lambda: shown.mailbox(found) or "No dead letter."
    )


def _show_letters(session: Session, found: DeadLetters) -> None:
    session.show(
        shown.shape(found),
        lambda: "\n".join(f"{found.id}: {shown.delivery(each)}" for each in found.deliveries),
    )


_FOR = click.option("--for", "recipient", metavar="NAME", help="Only the delivery to them.")


@dead.command("replay", cls=BeadCommand)
@click.argument("message_id", metavar="ID")
@_FOR
@pass_session
def replay(session: Session, message_id: str, recipient: str | None) -> None:
    """Deliver a dead letter again, as if it had never been handed out."""
    request = ReplayDeadLetter(message=message_id, recipient=recipient)
    _show_letters(session, session.run(request))


@dead.command("drop", cls=BeadCommand)
@click.argument("message_id", metavar="ID")
@_FOR
@pass_session
def drop(session: Session, message_id: str, recipient: str | None) -> None:
    """Drop a dead letter: nobody is to get it."""
    request = DropDeadLetter(message=message_id, recipient=recipient)
    _show_letters(session, session.run(request))


COMMANDS = (agents, leave, subscribe, unsubscribe, topics, groups, dead)
