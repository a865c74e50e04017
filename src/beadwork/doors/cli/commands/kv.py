"""`bd kv`: pairs of keys and values in the store."""

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.fields import piped
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.pair import ClearPair, GetPair, ListPairs, SetPair


@click.group(cls=BeadGroup)
def kv() -> None:
    """Keep pairs of a key and a value in the store; they are not exported."""


@kv.command("get", cls=BeadCommand)
@click.argument("name", metavar="KEY")
@pass_session
def get(session: Session, name: str) -> None:
    """Show the value of a key; 1 if there is none."""
    pair = session.run(GetPair(key=name))
    is_there = pair.value is not None
    if not is_there:
        session.exit_code = max(session.exit_code, 1)
        if not session.flags.is_json:
            session.warn(f"{text.line(pair.key)} is not set")
    session.show(
        {"key": pair.key, "value": pair.value or "", "found": is_there}, text.safe(pair.value or "")
    )


@kv.command("set", cls=BeadCommand)
@click.argument("name", metavar="KEY")
@click.argument("value")
@pass_session
def set_(session: Session, name: str, value: str) -> None:
    """Set the value of a key."""
    pair = session.run(SetPair(key=name, value=piped(session, value) or ""))
    session.show(
        {"key": pair.key, "value": pair.value},
        lambda: f"{text.line(pair.key)} = {text.line(pair.value or '')}",
    )


@kv.command("list", cls=BeadCommand)
@pass_session
def list_(session: Session) -> None:
    """Show every pair."""
    pairs = session.run(ListPairs()).pairs
    session.show(
        pairs,
        lambda: "\n".join(f"{text.line(k)} = {text.line(v)}" for k, v in pairs.items()) or "None.",
    )


@kv.command("clear", cls=BeadCommand)
@click.argument("name", metavar="KEY")
@pass_session
def clear(session: Session, name: str) -> None:
    """Take a pair away; 1 if there is none."""
    gone = session.run(ClearPair(key=name))
    if not gone.deleted:
        session.exit_code = max(session.exit_code, 1)
    said = "Cleared" if gone.deleted else "Not set:"
    session.show(
        {"key": gone.key, "deleted": "true" if gone.deleted else "false"},
        f"{said} {text.line(gone.key)}",
    )
