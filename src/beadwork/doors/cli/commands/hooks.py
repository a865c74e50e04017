"""`bd hooks`: git's hooks. They fail no commit, but for what another has a lease of (R14)."""

import contextlib
import os

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.lease_guard import is_refused
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Hooks
from beadwork.model.errors import BeadworkError, FileTrouble, InvalidField, LeaseHeld
from beadwork.ops.record_file import ImportFile

_WRITES = ("pre-commit", "pre-push")


@click.group(cls=BeadGroup)
def hooks() -> None:
    """Git's hooks."""


def _of(session: Session) -> Hooks:
    return session.world.hooks(session.flags.options)


@hooks.command("install")
@click.option("--force", is_flag=True, help="Put hooks of others aside, instead of calling them.")
@click.option("--shared", is_flag=True, help="In .beads-hooks, to be committed and shared.")
@click.option("--beads", is_flag=True, help="In .beads/hooks.")
@click.option("--chain", is_flag=True, help="Call the hooks that are there first (the default).")
@pass_session
def install(session: Session, force: bool, shared: bool, beads: bool, chain: bool) -> None:
    """Install the hooks; a hook that is there runs first, and its answer counts."""
    session.require_writable()
    if (shared and beads) or (force and chain):
        flags = "--shared and --beads" if shared and beads else "--force and --chain"
        raise InvalidField(f"{flags} exclude each other", hint="Give one.", field="hooks")
    style = "shared" if shared else "beads" if beads else ""
    done = _of(session).install(style=style, is_forced=force)
    shown = {"installed": done.names, "path": done.folder, "kept": done.kept}
    lines = [f"Installed in {done.folder}: {', '.join(done.names)}"]
    for path in done.kept:
        verb = "put aside" if ".backup" in os.path.basename(path) else "runs first"
        lines.append(f"  {verb}: {path}")
    session.show(shown, "\n".join(map(text.line, lines)))


@hooks.command("uninstall")
@pass_session
def uninstall(session: Session) -> None:
    """Remove the hooks, and put back those that were there before."""
    session.require_writable()
    done = _of(session).uninstall()
    shown = {"removed": done.names, "path": done.folder, "restored": done.kept}
    names = ", ".join(done.names)
    lines = [f"Removed from {done.folder}: {names}" if names else "No hook of ours is installed."]
    lines += [f"  put back: {path}" for path in done.kept]
    session.show(shown, "\n".join(map(text.line, lines)))


@hooks.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the hooks and how they stand."""
    states = _of(session).states()
    shown = {
        "hooks": [
            {
                "Name": each.name,
                "Installed": each.is_installed,
                "Version": each.version,
                "IsShim": each.is_shim,
                "Outdated": each.is_outdated,
            }
            for each in states
        ]
    }
    lines = []
    for each in states:
        said = "installed" if each.is_installed else "not installed"
        said += ", outdated: `bd hooks install`" if each.is_outdated else ""
        said += ", another hook is there" if each.is_foreign else ""
        lines.append(f"{each.name}: {said}")
    session.show(shown, "\n".join(lines))


@hooks.command("run", cls=BeadCommand, context_settings={"ignore_unknown_options": True})
@click.argument("words", metavar="NAME [ARGUMENT]...", nargs=-1)
@pass_session
def run(session: Session, words: tuple[str, ...]) -> None:
    """Do what a hook of git is for: write the file before a commit, read it after a merge."""
    name = words[0] if words else ""
    if name == "pre-commit" and is_refused(session):
        session.exit_code = LeaseHeld.exit_code
        return
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
    here = session.world.full_path(os.path.join(".beads", os.path.basename(records)))
    is_main = os.path.realpath(here) == os.path.realpath(records)
    if not is_main:
        take_in(session, here)
    if name in _WRITES:
        engine.flush(session.caller, is_whole=name == "pre-commit")
    if name == "pre-commit" and is_main:
        session.world.stage(engine)


def take_in(session: Session, path: str) -> None:
    """Fold the records that lie in a worktree, so that none are lost with it."""
    with contextlib.suppress(FileTrouble):
        session.run(ImportFile(path=path, is_of_worktree=True))
