"""Git's hooks: small shims that call `bd hooks run`, beside what is there (R14, R17).

A shim never fails a commit by itself: without `bd`, or where it fails, git goes on. Only the
guard of leases refuses one, by an exit code that no broken program leaves. A hook that was there
before runs first, and its answer counts.
"""

import os
import re
from typing import NamedTuple

from beadwork.model.errors import FileTrouble, HookExists, NoRepository
from beadwork.sync import git
from beadwork.sync.locate import git_place

NAMES = ("pre-commit", "post-merge", "pre-push", "post-checkout", "prepare-commit-msg")
VERSION = "v2"
_SHIM = re.compile(r"^# bd-shim (v\d+)", re.MULTILINE)
_CLASSIC = re.compile(r"^# bd-hooks-version: (\S+)", re.MULTILINE)
_TEXT = """\
#!/bin/sh
# bd-shim {version}
# Calls `bd hooks run`, after the hook that was here before. `bd hooks uninstall` removes it.
before="$(dirname "$0")/{name}.old"
if [ -x "$before" ]; then
    "$before" "$@" || exit $?
fi
if command -v bd >/dev/null 2>&1; then
    bd hooks run {name} "$@" </dev/null
    [ $? -eq 4 ] && exit 1
fi
exit 0
"""
_SHARED = ".beads-hooks"
_KEY = "core.hooksPath"


class HookState(NamedTuple):
    """A hook of git: whether it is ours, of which version, whether there is a newer one."""

    name: str
    is_installed: bool = False
    version: str = ""
    is_shim: bool = False
    is_outdated: bool = False
    is_foreign: bool = False

    @property
    def is_current(self) -> bool:
        """Tell whether it is what an installation would write."""
        return self.is_shim and not self.is_outdated


class Changes(NamedTuple):
    """What was done: hooks written or removed, others kept beside them, where they are."""

    folder: str
    names: list[str]
    kept: list[str]
    skipped: list[str]


class Hooks:
    """The hooks of the repository around a folder. It satisfies `doors.world.Hooks`."""

    def __init__(self, folder: str, beads: str | None = None) -> None:
        place = git_place(folder)
        if place is None:
            raise NoRepository(f"{folder} is in no git repository", path=folder)
        self._top = place.work_tree or place.git_folder
        self._common = place.common_folder
        self._beads = beads

    @property
    def folder(self) -> str:
        """Return the folder that git runs hooks from; all worktrees share it."""
        found = git.run(["rev-parse", "--git-path", "hooks"], folder=self._top)
        name = (found or b"").decode("utf-8", "surrogateescape").strip()
        return os.path.join(self._top, name) if name else os.path.join(self._common, "hooks")

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether `core.hooksPath` names a folder, perhaps of another program."""
        return git.run(["config", _KEY], folder=self._top) is not None

    def states(self) -> list[HookState]:
        """Return what there is of each hook that we know."""
        folder = self.folder
        return [state_of(os.path.join(folder, name)) for name in NAMES]

    def install(
        self, *, style: str = "", is_forced: bool = False, only_free: bool = False
    ) -> Changes:
        """Write the shims; a hook that is there runs before, or is put aside if forced.

        `style` is `shared` for a folder of the work tree, `beads` for one in the store's.
        With `only_free`, hooks of others are left alone.

        Raises:
            HookExists: `core.hooksPath` names another folder already.
            FileTrouble: a hook can't be written.
        """
        folder = self._settled(style, is_forced=is_forced)
        done = Changes(folder, [], [], [])
        for name in NAMES:
            path = os.path.join(folder, name)
            state = state_of(path)
            if state.is_foreign and only_free:
                done.skipped.append(name)
                continue
            if state.is_foreign:
                aside = f"{path}.backup" if is_forced else f"{path}.old"
                _put_aside(path, aside)
                done.kept.append(aside)
            if not state.is_current:
                _write(path, _TEXT.format(name=name, version=VERSION))
            done.names.append(name)
        return done

    def uninstall(self) -> Changes:
        """Remove our shims, and put back what was there before.

        Raises:
            FileTrouble: a hook can't be removed.
        """
        folder = self.folder
        done = Changes(folder, [], [], [])
        if folder in self._own_folders():
            _drop_copies(os.path.join(self._common, "hooks"), folder)
        for name in NAMES:
            path = os.path.join(folder, name)
            state = state_of(path)
            if not state.is_installed:
                continue
            _remove(path)
            done.names.append(name)
            before = next((p for p in (f"{path}.old", f"{path}.backup") if os.path.exists(p)), None)
            if before:
                _rename(before, path)
                done.kept.append(path)
        self._unsettle(folder)
        return done

    def _settled(self, style: str, *, is_forced: bool) -> str:
        """Return the folder of a style, and have git run hooks from there."""
        wanted = {"shared": _SHARED, "beads": self._beads_hooks()}.get(style)
        if wanted is None:
            return self.folder
        now = git.run(["config", _KEY], folder=self._top)
        there = (now or b"").decode("utf-8", "surrogateescape").strip()
        if there and there != wanted and not is_forced:
            raise HookExists(
                f"git runs hooks from {there} already ({_KEY})",
                hint="Leave the flag out to install them there, or pass --force.",
                path=there,
            )
        folder = os.path.join(self._top, wanted)
        if not there:
            _copy_foreign(self.folder, folder)
        git.run(["config", _KEY, wanted], folder=self._top)
        return folder

    def _beads_hooks(self) -> str:
        beads = self._beads or os.path.join(self._top, ".beads")
        return os.path.relpath(os.path.join(beads, "hooks"), self._top)

    def _own_folders(self) -> set[str]:
        return {os.path.join(self._top, each) for each in (_SHARED, self._beads_hooks())}

    def _unsettle(self, folder: str) -> None:
        """Let git run hooks from its own folder again, once none are left in ours."""
        if folder in self._own_folders() and not any(
            state_of(os.path.join(folder, n)).is_foreign for n in NAMES
        ):
            git.run(["config", "--unset", _KEY], folder=self._top)


def state_of(path: str) -> HookState:
    """Look at one hook."""
    name = os.path.basename(path)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return HookState(name)
    shim, classic = _SHIM.search(text), _CLASSIC.search(text)
    if shim:
        is_old = shim[1] != VERSION
        return HookState(name, is_installed=True, version=shim[1], is_shim=True, is_outdated=is_old)
    if classic:
        return HookState(name, is_installed=True, version=classic[1], is_outdated=True)
    # Classic's clones have shims without a mark, too.
    if re.search(rf"^(exec )?bd hooks? run {name}\b", text, re.MULTILINE):
        return HookState(name, is_installed=True, is_shim=True, is_outdated=True)
    return HookState(name, is_foreign=True)


def _copy_foreign(source: str, target: str) -> None:
    """Have hooks that git would not run any more run from the new folder."""
    import shutil

    for name in NAMES:
        path = os.path.join(source, name)
        aside = os.path.join(target, f"{name}.old")
        if state_of(path).is_foreign and not os.path.exists(aside):
            os.makedirs(target, exist_ok=True)
            shutil.copy2(path, aside)


def _drop_copies(source: str, target: str) -> None:
    """Remove the copies of hooks that still lie where git runs them by itself."""
    import filecmp

    for name in NAMES:
        copy, original = os.path.join(target, f"{name}.old"), os.path.join(source, name)
        is_there = os.path.isfile(copy) and os.path.isfile(original)
        if is_there and filecmp.cmp(copy, original, shallow=False):
            _remove(copy)


def _put_aside(path: str, aside: str) -> None:
    """Keep a hook under another name; what was kept there before is not lost."""
    number = 1
    free = aside
    while os.path.exists(free):
        number += 1
        free = f"{aside}.{number}"
    if free != aside:
        _rename(aside, free)
    _rename(path, aside)


def _write(path: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        beside = f"{path}.{os.getpid()}"
        with open(beside, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o755)
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        raise _trouble(path, error) from error


def _rename(path: str, to: str) -> None:
    try:
        os.replace(path, to)
    except OSError as error:
        raise _trouble(path, error) from error


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError as error:
        raise _trouble(path, error) from error


def _trouble(path: str, error: OSError) -> FileTrouble:
    return FileTrouble(
        f"{path} can't be changed: {error.strerror}",
        hint="Check the permissions of the hooks' folder.",
        path=path,
    )
