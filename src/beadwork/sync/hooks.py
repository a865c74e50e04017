"""Git's hooks: small shims that call `bd hooks run`, beside what is there (R14, R17).

A shim never fails a commit by itself: without `bd`, or where it fails, git goes on. Only the
guard of leases refuses one, by an exit code that no broken program leaves. A hook that was there
before runs first, and its answer counts.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from beadwork.model.errors import HookExists, NoRepository
from beadwork.sync import git, hook_files
from beadwork.sync.locate import git_place
from beadwork.sync.shims import VERSION, Shim, forwarder, parsed

NAMES = ("pre-commit", "post-merge", "pre-push", "post-checkout", "prepare-commit-msg")
_SHIM = re.compile(r"^# bd-shim (v\d+)", re.MULTILINE)
_SAYS_ALL = 3
"""The first version whose script says what was put aside for it."""
_CLASSIC = re.compile(r"^# bd-hooks-version: (\S+)", re.MULTILINE)
_HOOK = re.compile(r"[a-z0-9-]+")
_SHARED = ".beads-hooks"
_KEY = "core.hooksPath"
_OLD = ".old"
_BACKUP = ".backup"
_LEGACY = ".legacy"
"""Where the program pre-commit puts a hook that it runs from its own."""


class HookState(NamedTuple):
    """A hook of git: whether it is ours, of which version, whether there is a newer one."""

    name: str
    is_installed: bool = False
    version: str = ""
    is_shim: bool = False
    is_outdated: bool = False
    is_foreign: bool = False
    aside: str = ""
    """The name of the hook that was there before ours."""
    is_called: bool = True
    """Whether that one runs first."""

    @property
    def is_edited(self) -> bool:
        """Tell whether somebody changed what this version wrote."""
        return self.is_outdated and self.version == VERSION

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
        return os.path.join(self._top, name) if name else self._plain

    @property
    def _plain(self) -> str:
        """Return the folder that git runs hooks from if it is not told another."""
        return os.path.join(self._common, "hooks")

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether `core.hooksPath` names a folder, perhaps of another program."""
        return git.run(["config", _KEY], folder=self._top) is not None

    def _told(self) -> str:
        said = git.run(["config", _KEY], folder=self._top) or b""
        return said.decode("utf-8", "surrogateescape").strip()

    def states(self) -> list[HookState]:
        """Return what there is of each hook that we know."""
        folder = self.folder
        return [state_of(os.path.join(folder, name)) for name in NAMES]

    def install(
        self, *, style: str = "", is_forced: bool = False, only_free: bool = False
    ) -> Changes:
        """Write the shims; a hook that is there runs before, or is put aside if forced.

        `style` is `shared` for a folder of the work tree, `beads` for one in the store's; the
        clone's own hooks go on running from there. With `only_free`, hooks of others are left
        alone.

        Raises:
            HookExists: `core.hooksPath` names another folder already, or two hooks have one name.
            FileTrouble: a hook can't be written.
        """
        told = self._folder_of(style, is_forced=is_forced)
        folder = os.path.join(self._top, told) if told else self.folder
        done = Changes(folder, [], [], [])
        is_own = folder in self._own_folders()
        if is_own:
            _drop_copies(self._plain, folder)
        for name in NAMES:
            path = os.path.join(folder, name)
            state = state_of(path)
            if state.is_foreign and only_free:
                done.skipped.append(name)
                continue
            shim = _settled(path, state, is_forced=is_forced, kept=done.kept)
            shim = shim._replace(has_own=is_own)
            if not _says(path, shim.text):
                hook_files.write(path, shim.text)
            done.names.append(name)
        if told:
            git.run(["config", _KEY, told], folder=self._top)
            _withdraw(self._plain)
        return done

    def uninstall(self) -> Changes:
        """Remove our shims, and put back what was there before.

        Raises:
            FileTrouble: a hook can't be removed.
        """
        folder = self.folder
        is_own = folder in self._own_folders()
        if is_own:
            _drop_copies(self._plain, folder)
        done = _withdraw(folder)
        if is_own:
            self._unsettle(folder)
        return done

    def _folder_of(self, style: str, *, is_forced: bool) -> str:
        """Return the folder of a style, with the clone's own hooks run from there; else nothing."""
        wanted = {"shared": _SHARED, "beads": self._beads_hooks()}.get(style, "")
        if not wanted:
            return ""
        there = self._told()
        if there and there != wanted and not is_forced:
            raise HookExists(
                f"git runs hooks from {there} already ({_KEY})",
                hint="Leave the flag out to install them there, or pass --force.",
                path=there,
            )
        if not there:
            folder = os.path.join(self._top, wanted)
            _require_one_of_a_name(self._plain, folder, is_forced=is_forced)
            _forward(self._plain, folder, but=NAMES)
        return wanted

    def _beads_hooks(self) -> str:
        beads = self._beads or os.path.join(self._top, ".beads")
        return os.path.relpath(os.path.join(beads, "hooks"), self._top)

    def _own_folders(self) -> set[str]:
        return {os.path.join(self._top, each) for each in (_SHARED, self._beads_hooks())}

    def _unsettle(self, folder: str) -> None:
        """Let git run hooks from its own folder again, unless others have some in ours."""
        hooks = list(_active(folder))
        if any(state_of(path).is_foreign for path in hooks):
            _forward(self._plain, folder)
            return
        for path in hooks:
            hook_files.remove(path)
        git.run(["config", "--unset", _KEY], folder=self._top)


def state_of(path: str, name: str = "") -> HookState:
    """Look at one hook; one that another program put aside has the name that is given."""
    name = name or os.path.basename(path)
    text = _text(path)
    if text is None:
        # What can't be read, a folder or a link to nothing, is not ours to write over.
        return HookState(name, is_foreign=os.path.lexists(path))
    shim, classic = _SHIM.search(text), _CLASSIC.search(text)
    if shim and int(shim[1][1:]) >= _SAYS_ALL:
        return _shim_state(name, text, shim[1])
    # Classic's clones have shims without a mark, too.
    if shim or classic or re.search(rf"^(exec )?bd hooks? run {name}\b", text, re.MULTILINE):
        version = shim[1] if shim else classic[1] if classic else ""
        return HookState(
            name,
            is_installed=True,
            version=version,
            is_shim=not classic or bool(shim),
            is_outdated=True,
            aside=_aside_unsaid(path, name),
        )
    # A forwarder is ours to write over.
    return HookState(name, is_foreign=text != forwarder(name))


def _shim_state(name: str, text: str, version: str) -> HookState:
    said = parsed(name, text)
    return HookState(
        name,
        is_installed=True,
        version=version,
        is_shim=True,
        is_outdated=text != said.text,
        aside=said.aside,
        is_called=said.is_called,
    )


def _aside_unsaid(path: str, name: str) -> str:
    """Return the hook that older shims, and classic's, run without a note that they put it aside."""
    aside = f"{name}{_OLD}"
    return aside if os.path.lexists(os.path.join(os.path.dirname(path), aside)) else ""


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _says(path: str, text: str) -> bool:
    return not os.path.islink(path) and _text(path) == text


def _settled(path: str, state: HookState, *, is_forced: bool, kept: list[str]) -> Shim:
    """Return the shim for a path; a hook of others that is there is put aside."""
    if state.is_edited:
        kept.append(hook_files.put_aside(path, _BACKUP))
    if not state.is_foreign:
        aside = os.path.join(os.path.dirname(path), state.aside)
        has_aside = bool(state.aside) and os.path.lexists(aside)
        return Shim(state.name, state.aside if has_aside else "", state.is_called or not has_aside)
    _take_from_legacy(path)
    aside = hook_files.put_aside(path, _BACKUP if is_forced else _OLD)
    kept.append(aside)
    return Shim(state.name, os.path.basename(aside), not is_forced)


def _take_from_legacy(path: str) -> bool:
    """Remove our shim where the program that has the hook put it; tell whether it was there.

    What the shim ran first takes its place, unless that is the same program once more.
    """
    legacy = f"{path}{_LEGACY}"
    state = state_of(legacy, os.path.basename(path))
    if not state.is_installed:
        return False
    hook_files.remove(legacy)
    before = os.path.join(os.path.dirname(path), state.aside)
    is_to_run = state.is_called and hook_files.is_active(before)
    if is_to_run and not hook_files.is_alike(before, path):
        hook_files.rename(before, legacy)
    return True


def _withdraw(folder: str) -> Changes:
    """Remove our shims from a folder, and put back what was there before."""
    done = Changes(folder, [], [], [])
    for name in NAMES:
        path = os.path.join(folder, name)
        state = state_of(path)
        if state.is_installed:
            hook_files.remove(path)
            before = os.path.join(folder, state.aside)
            if state.aside and os.path.lexists(before):
                hook_files.rename(before, path)
                done.kept.append(path)
        if state.is_installed or (state.is_foreign and _take_from_legacy(path)):
            done.names.append(name)
    return done


def _active(folder: str) -> Iterator[str]:
    """Yield the hooks in a folder that git would run."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    paths = [os.path.join(folder, name) for name in names if _HOOK.fullmatch(name)]
    return filter(hook_files.is_active, paths)


def _require_one_of_a_name(source: str, target: str, *, is_forced: bool) -> None:
    """Refuse to have hooks of the clone give way to others of their names, unless forced."""
    for path in _active(source):
        name = os.path.basename(path)
        other = os.path.join(target, name)
        state = state_of(path)
        is_theirs = state.is_foreign or bool(state.aside and state.is_called)
        if not is_theirs or not state_of(other).is_foreign:
            continue
        if not is_forced:
            raise HookExists(
                f"git would run {other} instead of {path}",
                hint="Move one of them away, or leave the flag out.",
                path=other,
            )
        if name not in NAMES:
            hook_files.put_aside(other, _BACKUP)


def _forward(source: str, target: str, *, but: tuple[str, ...] = ()) -> None:
    """Have hooks that git does not look for any more run from the folder that it looks into."""
    for path in _active(source):
        name = os.path.basename(path)
        other = os.path.join(target, name)
        if name not in but and not os.path.lexists(other):
            hook_files.write(other, forwarder(name))


def _drop_copies(source: str, target: str) -> None:
    """Remove the copies of hooks that still lie where git runs them by itself."""
    for name in NAMES:
        copy = os.path.join(target, f"{name}{_OLD}")
        if hook_files.is_same(copy, os.path.join(source, name)):
            hook_files.remove(copy)
