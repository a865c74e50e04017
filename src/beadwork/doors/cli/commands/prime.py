"""`bd prime`: what an agent is told when its session begins. Hooks run it, so it never fails."""

import os

import click
import msgspec

from beadwork.doors.cli import guides
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Where
from beadwork.model.errors import BeadworkError

_OWN = "PRIME.md"


@click.command(cls=BeadCommand)
@click.option("--full", "is_full", is_flag=True, help="The whole text, also with --mcp.")
@click.option("--mcp", "is_short", is_flag=True, help="A few lines, for where tools say the rest.")
@click.option("--stealth", "is_stealth", is_flag=True, help="Without git: issues stay out of it.")
@click.option("--export", "is_export", is_flag=True, help=f"The built-in text, despite {_OWN}.")
@click.option("--hook-json", "is_hook", is_flag=True, help="As the answer of a SessionStart hook.")
@pass_session
def prime(
    session: Session,
    is_full: bool,
    is_short: bool,
    is_stealth: bool,
    is_export: bool,
    is_hook: bool,
) -> None:
    """Tell an agent how work is tracked here; outside a project, nothing.

    A file .beads/PRIME.md takes the place of the text. Begin one with --export.
    """
    place = _place(session)
    if place is None and not is_export:
        return
    built_in = guides.prime(is_short=is_short and not is_full, is_stealth=is_stealth)
    own = None if place is None or is_export else _own_text(session, place)
    said = built_in if own is None else own
    if is_hook:
        context = {"hookEventName": "SessionStart", "additionalContext": said}
        said = msgspec.json.encode({"hookSpecificOutput": context}).decode()
    session.write(said if said.endswith("\n") else f"{said}\n")


def _place(session: Session) -> Where | None:
    try:
        found = session.world.where(session.flags.options)
    except BeadworkError:
        return None
    return found if os.path.isdir(found.path) else None


def _own_text(session: Session, place: Where) -> str | None:
    """Return the project's own text, where there is one; first from the folder that redirects."""
    for folder in (place.redirected_from, place.path):
        path = os.path.join(folder or place.path, _OWN)
        # A pipe of that name would keep a session from starting.
        if os.path.isfile(path):
            try:
                return session.world.read_file(path).decode("utf-8", "replace")
            except BeadworkError as error:
                session.warn(f"Warning: {error.message}")
    return None
