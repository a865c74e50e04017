"""`bd worktree`: worktrees of git, which share one store (R16)."""

import os
from typing import Any

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.commands.hooks import take_in
from beadwork.doors.cli.options import BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Worktree
from beadwork.model.errors import InvalidField, NoStore


@click.group(cls=BeadGroup)
def worktree() -> None:
    """Worktrees of git: all share the store of the main one."""


def _shown(tree: Worktree) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": tree.name,
        "path": tree.path,
        "branch": tree.branch,
        "is_main": tree.is_main,
        "beads_state": tree.beads_state,
    }
    if tree.redirect_to:
        shown["redirect_to"] = tree.redirect_to
    return shown


def _store(session: Session) -> str:
    """Return the folder of the store; empty where there is none."""
    try:
        return session.world.where(session.flags.options).path
    except NoStore:
        return ""


@worktree.command("create")
@click.argument("name")
@click.option("-b", "--branch", default="", help="The branch; by default one named like it.")
@pass_session
def create(session: Session, name: str, branch: str) -> None:
    """Make a worktree on a branch of its own; bd works there on the same store."""
    session.require_writable()
    trees = session.world.worktrees()
    made = trees.create(name, branch)
    store = _store(session)
    # Classic names here where its redirect leads; ours needs none.
    shown = _shown(made) | {"redirect_to": store}
    lines = [f"Made {made.path} on the branch {made.branch}"]
    lines += [f"  its store: {store}"] if store else ["  There is no store yet: `bd init`."]
    session.show(shown, "\n".join(map(text.line, lines)))


@worktree.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the worktrees."""
    trees = session.world.worktrees().all()
    lines = [
        f"{each.name}  {each.branch or '(detached)'}  {each.beads_state}"
        f"{'  main' if each.is_main else ''}  {each.path}"
        for each in trees
    ]
    session.show([_shown(each) for each in trees], "\n".join(map(text.line, lines)))


@worktree.command("info")
@pass_session
def info(session: Session) -> None:
    """Say whether this is a linked worktree, and where its store is."""
    trees = session.world.worktrees()
    here, main = trees.here(), trees.all()[0]
    store = _store(session)
    shown: dict[str, Any] = {"is_worktree": here is not None and not here.is_main}
    if here is not None:
        shown |= _shown(here)
    shown |= {"main_repo": main.path, "beads_path": store}
    kind = "linked worktree" if shown["is_worktree"] else "main worktree"
    lines = [f"{here.path if here else main.path}: {kind if here else 'bare repository'}"]
    lines += [f"  branch: {here.branch or '(detached)'}"] if here else []
    lines += [f"  main: {main.path}"] if shown["is_worktree"] else []
    lines += [f"  store: {store or 'none'}"]
    session.show(shown, "\n".join(map(text.line, lines)))


@worktree.command("remove")
@click.argument("name")
@click.option("-f", "--force", is_flag=True, help="Also if work is lost.")
@pass_session
def remove(session: Session, name: str, force: bool) -> None:
    """Remove a worktree unless work would be lost; its branch stays."""
    session.require_writable()
    if not name.strip():
        raise InvalidField("The name is empty", hint="See `bd worktree list`.", field="name")
    trees = session.world.worktrees()
    tree = trees.require(name)
    if not tree.is_main and tree.beads_state == "shared":
        records = session.world.where(session.flags.options).records_path
        take_in(session, os.path.join(tree.path, ".beads", os.path.basename(records)))
    trees.remove(tree, is_forced=force)
    shown = {"removed": tree.name, "path": tree.path, "branch": tree.branch}
    kept = f"; the branch {tree.branch} stays" if tree.branch else ""
    session.show(shown, text.line(f"Removed {tree.path}{kept}"))
