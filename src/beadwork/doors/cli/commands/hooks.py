"""`bd hooks run`: what git's hooks call. It never fails a commit (R14)."""

import os

import click

from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, FileTrouble
from beadwork.ops.record_file import ImportFile

_WRITES = ("pre-commit", "pre-push")
_FILE = os.path.join(".beads", "issues.jsonl")


@click.group(cls=BeadGroup)
def hooks() -> None:
    """Git's hooks."""


@hooks.command(cls=BeadCommand, context_settings={"ignore_unknown_options": True})
@click.argument("words", metavar="NAME [ARGUMENT]...", nargs=-1)
@pass_session
def run(session: Session, words: tuple[str, ...]) -> None:
    """Do what a hook of git is for: write the file before a commit, read it after a merge."""
    name = words[0] if words else ""
    try:
        _run(session, name)
    except BeadworkError as error:
        if error.code != "store.absent":
            session.warn(f"bd: the {name} hook did nothing: {error.message}")
    except Exception as error:  # noqa: BLE001 -- whatever it is, git shall go on
        session.warn(f"bd: the {name} hook failed: {type(error).__name__}")


def _run(session: Session, name: str) -> None:
    engine = session.engine
    records = session.world.where(session.flags.options).records_path
    # git runs hooks at the top of the worktree. In a linked one the store is the main one's:
    # the file that lies here is taken in, and the main one's index is none of our business.
    here = session.world.full_path(_FILE)
    is_main = os.path.realpath(here) == os.path.realpath(records)
    if not is_main:
        _take_in(session, here)
    if name in _WRITES:
        engine.flush(session.caller)
    if name == "pre-commit" and is_main:
        session.world.stage(engine)


def _take_in(session: Session, path: str) -> None:
    try:
        content = session.world.read_file(path)
    except FileTrouble:
        return
    session.run(ImportFile(text=content.decode("utf-8", "surrogateescape")))
