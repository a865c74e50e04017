"""The worktrees of a repository, which share one store (R16)."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from beadwork.model.errors import (
    FileTrouble,
    GitRefused,
    InvalidField,
    NoRepository,
    NoStore,
    NoWorktree,
    WorkAtRisk,
)
from beadwork.sync import git, scaffold
from beadwork.sync.locate import git_place, home_folder
from beadwork.sync.metadata import records_name
from beadwork.sync.patterns import literal
from beadwork.sync.small_files import first_line

_TOLD_MAX = 5
_STATUS_PATH = 3
"""Where the path begins in a line of git's short status."""


class Worktree(NamedTuple):
    """A worktree: where it is, on which branch, and which store it uses."""

    name: str
    path: str
    branch: str
    is_main: bool
    beads_state: str
    redirect_to: str = ""
    is_locked: bool = False
    is_detached: bool = False


class Worktrees:
    """The worktrees of the repository around a folder. It satisfies `doors.world.Worktrees`."""

    def __init__(self, folder: str) -> None:
        place = git_place(folder)
        if place is None:
            raise NoRepository(f"{folder} is in no git repository", path=folder)
        self._folder = folder
        self._top = place.work_tree or place.git_folder
        self._common = place.common_folder

    def all(self) -> list[Worktree]:
        """Return every worktree, the main one first."""
        told = git.run(["worktree", "list", "--porcelain"], folder=self._top)
        if told is None:
            raise GitRefused("git does not list the worktrees", hint="Try `git worktree list`.")
        blocks = told.decode("utf-8", "surrogateescape").strip().split("\n\n")
        return [self._worktree(block, is_main=n == 0) for n, block in enumerate(blocks) if block]

    def _worktree(self, block: str, *, is_main: bool) -> Worktree:
        facts = dict(line.partition(" ")[::2] for line in block.splitlines())
        path = facts["worktree"]
        state, target = self._store_of(path)
        return Worktree(
            name=os.path.basename(path),
            path=path,
            branch=facts.get("branch", "").removeprefix("refs/heads/"),
            is_main=is_main,
            beads_state=state,
            redirect_to=target,
            is_locked="locked" in facts,
            is_detached="detached" in facts,
        )

    def _store_of(self, path: str) -> tuple[str, str]:
        target = first_line(os.path.join(path, ".beads", "redirect"))
        if target:
            return "redirect", os.path.normpath(os.path.join(path, target))
        try:
            return ("shared" if os.path.isdir(home_folder(path)) else "none"), ""
        except NoStore:
            return "none", ""

    def here(self) -> Worktree | None:
        """Return the worktree that holds the folder; None in a bare repository."""
        top = os.path.realpath(self._top)
        return next((each for each in self.all() if os.path.realpath(each.path) == top), None)

    def require(self, name: str) -> Worktree:
        """Return the worktree of a name, a path or a branch.

        Raises:
            NoWorktree: there is none.
            InvalidField: several have this name.
        """
        there = self.all()
        path = os.path.realpath(os.path.join(self._folder, name))
        found = [each for each in there if os.path.realpath(each.path) == path]
        found = found or [each for each in there if name in (each.name, each.branch)]
        if not found:
            names = ", ".join(each.name for each in there[1:]) or "none"
            raise NoWorktree(f'There is no worktree "{name}"; there are: {names}')
        if len(found) > 1:
            raise InvalidField(
                f'Several worktrees are called "{name}"', hint="Name its path.", field="name"
            )
        return found[0]

    # -- making

    def create(self, name: str, branch: str) -> Worktree:
        """Make a worktree below this folder, on a branch of its own.

        Raises:
            InvalidField: the name or the branch can't be used.
            GitRefused: git can't make it.
            FileTrouble: there is something in its place.
        """
        if not name.strip() or name.startswith("-"):
            raise InvalidField(
                f'"{name}" is no name of a worktree', hint="Name a folder.", field="name"
            )
        path = os.path.abspath(os.path.join(self._folder, name))
        branch = branch or os.path.basename(path)
        if git.run(["check-ref-format", "--branch", branch], folder=self._top) is None:
            raise InvalidField(
                f'"{branch}" is no name of a branch', hint="Pass --branch NAME.", field="branch"
            )
        if os.path.exists(path):
            raise FileTrouble(f"{path} is there already", hint="Choose another name.", path=path)
        ref = f"refs/heads/{branch}"
        is_there = git.run(["rev-parse", "--verify", "-q", ref], folder=self._top) is not None
        how = [path, branch] if is_there else ["-b", branch, path]
        self._git(["worktree", "add", *how], f"git can't make {path}")
        self._ignore(path)
        return self.require(path)

    def _ignore(self, path: str) -> None:
        """Keep a worktree within another out of sight there, in this clone only."""
        for each in self.all():
            top = os.path.realpath(each.path) + os.sep
            if path != each.path and os.path.realpath(path).startswith(top):
                relative = os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/")
                line = f"/{literal(relative)}/"
                scaffold.add_line(os.path.join(self._common, "info", "exclude"), line)

    def _git(self, arguments: Sequence[str], what: str) -> None:
        said = git.complaint(arguments, folder=self._top)
        if said is not None:
            reason = said.strip().splitlines()[-1:] or ["no reason is given"]
            raise GitRefused(f"{what}: {reason[0]}", hint="Do what git asks for, and try again.")

    # -- removing

    def risks(self, tree: Worktree) -> list[str]:
        """Return what would be lost with a worktree; its records are not: they are taken in."""
        if not os.path.isdir(tree.path):
            return []
        found = []
        told = git.run(["status", "--porcelain", "--untracked-files=all"], folder=tree.path)
        lines = (told or b"").decode("utf-8", "replace").splitlines()
        records = f".beads/{records_name(os.path.join(tree.path, '.beads'))}"
        files = [line[_STATUS_PATH:] for line in lines if line[_STATUS_PATH:] != records]
        if told is None:
            found.append("git can't tell its state")
        if files:
            names = ", ".join(files[:_TOLD_MAX])
            more = f" and {len(files) - _TOLD_MAX} more" if len(files) > _TOLD_MAX else ""
            found.append(f"uncommitted: {names}{more}")
        place = git_place(tree.path)
        if place and git.is_under_way(place):
            found.append("a merge or rebase is going on")
        if tree.is_detached and self._is_unreached(tree.path):
            found.append("its commits are on no branch")
        if tree.is_locked:
            found.append("it is locked")
        return found

    def _is_unreached(self, path: str) -> bool:
        told = git.run(["for-each-ref", "--contains", "HEAD", "--count=1", "refs"], folder=path)
        return not (told or b"").strip()

    def remove(self, tree: Worktree, *, is_forced: bool) -> None:
        """Remove a worktree. Its branch stays.

        Raises:
            InvalidField: it is the main one, or the one that this runs in.
            WorkAtRisk: work would be lost.
            GitRefused: git can't remove it.
        """
        if tree.is_main:
            raise InvalidField(
                f"{tree.path} is the main worktree", hint="Name another.", field="name"
            )
        inside = os.path.realpath(self._folder) + os.sep
        if inside.startswith(os.path.realpath(tree.path) + os.sep):
            raise InvalidField(
                f"This runs in {tree.path}", hint="Leave it first: `cd`.", field="name"
            )
        risks = [] if is_forced else self.risks(tree)
        if risks:
            raise WorkAtRisk(
                f"Work would be lost in {tree.path}: {'; '.join(risks)}",
                path=tree.path,
                risks=risks,
            )
        top = next(each.path for each in self.all() if each.is_main)
        self._top = top
        # What may go is settled; git would refuse for the records, too.
        self._git(["worktree", "remove", "--force", "--force", tree.path], f"git keeps {tree.path}")
