"""`bd remember`, `bd recall`, `bd memories`, `bd forget`."""

from typing import Any

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.fields import piped
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.memory import Forget, ListMemories, Memory, Recall, Remember, key_of

_SHOWN_CHARS = 120


def _short(said: str) -> str:
    shown = text.line(said)
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…"


@click.command(cls=BeadCommand)
@click.argument("words", metavar="TEXT", nargs=-1)
@click.option("--key", default="", help="What to recall it by; by default its first words.")
@click.option("--stdin", is_flag=True, help="Read the text from standard input.")
@pass_session
def remember(session: Session, words: tuple[str, ...], key: str, stdin: bool) -> None:
    """Keep a text for later sessions; with a key that is there, in its place."""
    if stdin and words:
        raise InvalidField("Both a text and --stdin were given", hint="Give one.", field="text")
    content = session.read_text("-") if stdin else piped(session, " ".join(words)) or ""
    if content and not key and key_of(content) == content:
        raise InvalidField(
            f'"{content}" looks like a key, not like something to remember',
            hint=f"To read it: `bd recall {content}`. To keep it all the same: pass --key.",
            field="text",
        )
    kept = session.run(Remember(text=content, key=key))
    verb = {"updated": "Updated", "unchanged": "Known already"}.get(kept.action, "Remembered")
    session.show(
        {"key": kept.key, "value": kept.text, "action": kept.action},
        lambda: f"{verb} [{text.line(kept.key)}]: {_short(kept.text)}",
    )


@click.command(cls=BeadCommand)
@click.argument("words", metavar="KEY", nargs=-1)
@pass_session
def recall(session: Session, words: tuple[str, ...]) -> None:
    """Show what has this key, or else what has all of these words; 1 if there is nothing."""
    key = " ".join(words)
    found = session.run(Recall(key=key)).memories
    if len(found) > 1:
        session.show(
            {"found": True, "memories": {each.key: each.text for each in found}}, _listing(found)
        )
        return
    shown: dict[str, Any] = {"key": key, "value": "", "found": False}
    if found:
        shown = {"key": found[0].key, "value": found[0].text, "found": True}
    else:
        session.exit_code = max(session.exit_code, 1)
        if not session.flags.is_json:
            session.warn(f'Nothing is remembered under "{_short(key)}"')
    session.show(shown, text.safe(shown["value"]))


@click.command(cls=BeadCommand)
@click.argument("words", nargs=-1)
@pass_session
def memories(session: Session, words: tuple[str, ...]) -> None:
    """Show all that is remembered, or what has all of these words."""
    wanted = [word for each in words for word in each.split()]
    found = session.run(ListMemories(words=wanted)).memories
    session.show(
        {each.key: each.text for each in found}, _listing(found) or "Nothing is remembered."
    )


def _listing(found: list[Memory]) -> str:
    return "\n".join(f"{text.line(each.key)}\n    {_short(each.text)}" for each in found)


@click.command(cls=BeadCommand)
@click.argument("name", metavar="KEY")
@pass_session
def forget(session: Session, name: str) -> None:
    """Forget what has this key."""
    gone = session.run(Forget(key=name))
    session.show(
        {"key": gone.key, "deleted": "true"},
        lambda: f"Forgot [{text.line(gone.key)}]: {_short(gone.text)}",
    )
