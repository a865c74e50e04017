"""`bd hooks run`: what git's hooks call. It never fails a commit (R14)."""

import click

from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError

_WRITES = ("pre-commit", "pre-push")


@click.group(cls=BeadGroup)
def hooks() -> None:
    """Git's hooks."""


@hooks.command(cls=BeadCommand, context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("arguments", nargs=-1)
@pass_session
def run(session: Session, name: str, arguments: tuple[str, ...]) -> None:
    """Do what a hook of git is for: write the file before a commit, read it after a merge."""
    del arguments
    try:
        engine = session.engine
        if name in _WRITES:
            engine.flush(session.caller)
        if name == "pre-commit":
            session.world.stage(engine)
    except BeadworkError as error:
        session.warn(f"bd: the {name} hook did nothing: {error.message}")
