"""What doctor looks at around the store: files, permissions, git, the file system.

Each check is a function that answers with a finding; `MENDS` names the functions that mend.
"""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from beadwork.model.errors import BeadworkError, FileTrouble
from beadwork.model.finding import CORE, DATA, GIT, UPKEEP, Finding, listed
from beadwork.model.finding import fine as _ok
from beadwork.model.finding import warning as _warning
from beadwork.sync import config, git, scaffold
from beadwork.sync.blob_backup import forget_beside
from beadwork.sync.config_files import ConfigFiles
from beadwork.sync.daemon_health import daemon_finding
from beadwork.sync.file_health import (
    file_system_finding,
    leftovers_finding,
    mend_leftovers,
    mend_permissions,
    owner_finding,
    permissions_finding,
)
from beadwork.sync.files import Files
from beadwork.sync.hooks import NAMES, Hooks, state_of
from beadwork.sync.locate import GitPlace, Place, git_place
from beadwork.sync.log_health import logs_finding, mend_logs
from beadwork.sync.metadata import classic_database
from beadwork.sync.scaffold import _BY_DRIVER, _DRIVER, _IGNORED

_BACKUPS = "backups"


class FoundBackup(NamedTuple):
    """A backup: its path, how large it is, and when it was made."""

    path: str
    size_bytes: int
    at_us: int


class Surroundings(NamedTuple):
    """A store's place, and the functions that look at it and mend it."""

    place: Place
    environ: Mapping[str, str]

    @property
    def git(self) -> GitPlace | None:
        """Return the repository around the store."""
        return git_place(os.path.dirname(self.place.folder))

    @property
    def names(self) -> list[str]:
        """Return the names of the checks."""
        return list(CHECKS)

    @property
    def classic_database(self) -> str | None:
        """Return the path of a classic database beside ours, if there is one (R14)."""
        return classic_database(self.place.folder)

    def look(self) -> list[Finding]:
        """Look at everything; nothing is changed."""
        return [self._look_at(name) for name in CHECKS]

    def _look_at(self, name: str) -> Finding:
        """Carry out a check; where it can't be, the others go on."""
        try:
            return CHECKS[name](self)
        except BeadworkError as error:
            said, fix = error.message, error.hint
        except OSError as error:
            said, fix = str(error), ""
        return Finding(
            name=name,
            category=_CATEGORIES.get(name, CORE),
            status="error",
            message=f"This can't be looked at: {said}",
            fix=fix or "Check the permissions.",
        )

    @property
    def is_shut(self) -> bool:
        """Tell whether the folder's permissions keep us out."""
        folder = self.place.folder
        return os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK)

    def mend(self, name: str) -> None:
        """Mend what a check found.

        Raises:
            FileTrouble: a file can't be written.
        """
        try:
            MENDS[name](self)
        except OSError as error:
            raise FileTrouble(f"{name} can't be mended: {error.strerror or error}") from error

    def leave(self, *, is_dry: bool) -> list[str]:
        """Take the store out of the repository; return what goes.

        Raises:
            InvalidPath: the store lies in a folder that holds other things.
            FileTrouble: something can't be removed.
        """
        from beadwork.sync.leaving import leave

        return leave(self.place, is_dry=is_dry)

    # -- backups

    def backups(self) -> list[FoundBackup]:
        """Return the backups of the store, latest first."""
        folder = os.path.join(self.place.folder, _BACKUPS)
        found = []
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if name.endswith(".db") and not name.startswith(".") and os.path.isfile(path):
                facts = os.stat(path)
                found.append(FoundBackup(path, facts.st_size, facts.st_mtime_ns // 1000))
        return sorted(found, key=lambda each: (each.at_us, each.path), reverse=True)

    def is_file(self, path: str) -> bool:
        """Tell whether anything lies at a path."""
        return os.path.lexists(path)

    def remove(self, path: str) -> None:
        """Remove a database file that is no longer needed, and the blobs beside it."""
        forget_beside(path)
        for part in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + part)

    def keep_lines(self, path: str, lines: Sequence[str]) -> None:
        """Write lines that could not be read into a file of their own.

        Raises:
            FileTrouble: it can't be written.
        """
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        except OSError as error:
            raise FileTrouble(f"{path}: {error.strerror or error}", path=path) from error
        text = "".join(f"{line}\n" for line in lines)
        Files().replace(path, text.encode("utf-8", "surrogateescape"))


# -- settings


def _settings(surroundings: Surroundings) -> Finding:
    name, folder = "settings", surroundings.place.folder
    try:
        wrong, odd = ConfigFiles(folder, surroundings.environ).validate()
        words = config.vocabulary(config.load(folder))
    except BeadworkError as error:
        return Finding(
            name=name, category=DATA, status="error", message=error.message, fix=error.hint
        )
    if wrong:
        return Finding(
            name=name,
            category=DATA,
            status="error",
            message=f"{len(wrong)} settings can't be as they are",
            detail=listed(wrong),
            fix="Set them anew: `bd config set KEY VALUE`.",
        )
    if odd:
        return _warning(
            name,
            DATA,
            f"{len(odd)} settings are odd",
            detail=listed(odd),
            fix="Mend or remove them: `bd config unset KEY`.",
        )
    if not words.prefix:
        return _warning(
            name, DATA, "No prefix is set; it is guessed", fix="Set it: `bd init --prefix PREFIX`."
        )
    return _ok(name, DATA, "the settings can be read, and are known")


# -- git


def _ignores(surroundings: Surroundings) -> Finding:
    name, folder = "git-ignore", surroundings.place.folder
    if not surroundings.place.is_own_folder:
        return _ok(name, GIT, "the folder of a database that was named is left alone")
    there = scaffold.read_text(os.path.join(folder, ".gitignore")).splitlines()
    missing = [each for each in _IGNORED if each not in there]
    if missing:
        return _warning(
            name,
            GIT,
            f".beads/.gitignore lacks {len(missing)} patterns",
            detail=listed(missing),
            fix="Add them.",
            can_mend=True,
        )
    if surroundings.git is not None:
        tracked = git.run(["ls-files", "--", "*.db", "*.db-*", "*.lock"], folder=folder)
        names = (tracked or b"").decode("utf-8", "replace").splitlines()
        if names:
            return _warning(
                name,
                GIT,
                f"git tracks {len(names)} files that are of this machine only",
                detail=listed(names),
                fix="Take them out: `git rm --cached`, and commit that.",
            )
    return _ok(name, GIT, "git leaves this machine's files alone")


def _mend_ignores(surroundings: Surroundings) -> None:
    scaffold.settle_ignores(surroundings.place.folder)


def _merge_driver(surroundings: Surroundings) -> Finding:
    name, place = "merge-driver", surroundings.git
    if place is None or place.work_tree is None:
        return _ok(name, GIT, "no repository, so nothing to merge")
    if scaffold.is_hidden(surroundings.place.folder):
        return _ok(name, GIT, "this clone keeps the store out of git, so nothing to merge")
    if scaffold.is_without_driver(place.work_tree):
        return _ok(name, GIT, "git merges the file by union, as `bd init` was told")
    wrong = _missing_attributes(surroundings.place.folder, place.work_tree)
    if wrong:
        return _warning(
            name,
            GIT,
            "git would not merge the file as it should",
            detail=listed(wrong),
            fix="Set up the merge driver and its attributes.",
            can_mend=True,
        )
    return _ok(name, GIT, "git merges the file by `bd merge`")


def _missing_attributes(folder: str, work_tree: str) -> list[str]:
    driver = git.run(["config", "merge.beads.driver"], folder=work_tree) or b""
    said = driver.decode("utf-8", "replace").strip()
    missing = []
    if not scaffold.has_union(folder):
        missing.append(f".beads/.gitattributes lacks {scaffold.union_line(folder)}")
    by = scaffold.merged_by(folder, work_tree)
    if by != _BY_DRIVER:
        missing.append(f"`git check-attr merge` says {by or 'nothing'}; it should be {_BY_DRIVER}")
    if said != _DRIVER:
        missing.append(f"merge.beads.driver is {said or 'not set'}; it should be {_DRIVER}")
    return missing


def _mend_merge_driver(surroundings: Surroundings) -> None:
    scaffold.settle_attributes(surroundings.place.folder)


def _hook_files(surroundings: Surroundings) -> list[str]:
    """Return the hooks that call `bd`."""
    if surroundings.git is None:
        return []
    folder = Hooks(os.path.dirname(surroundings.place.folder)).folder
    paths = [os.path.join(folder, name) for name in NAMES]
    return [path for path in paths if state_of(path).is_installed]


def _hooks(surroundings: Surroundings) -> Finding:
    name = "git-hooks"
    found = _hook_files(surroundings)
    if not found:
        return _ok(name, GIT, "no hook calls bd; every command of bd reads the file by itself")
    idle = [path for path in found if not os.access(path, os.X_OK)]
    if idle:
        return _warning(
            name,
            GIT,
            f"{len(idle)} hooks that call bd can't be run",
            detail=listed([os.path.basename(path) for path in idle]),
            fix="Make them executable.",
            can_mend=True,
        )
    old = [os.path.basename(path) for path in found if state_of(path).is_outdated]
    if old:
        return _warning(
            name,
            GIT,
            f"{len(old)} hooks are of another version, or of classic",
            detail=listed(old),
            fix="They work; `bd hooks install --force` writes ours.",
        )
    return _ok(name, GIT, f"{', '.join(map(os.path.basename, found))} call bd")


def _mend_hooks(surroundings: Surroundings) -> None:
    for path in _hook_files(surroundings):
        os.chmod(path, os.stat(path).st_mode | 0o111)


CHECKS: dict[str, Callable[[Surroundings], Finding]] = {
    "permissions": lambda around: permissions_finding(around.place),
    "owner": lambda around: owner_finding(around.place),
    "file-system": lambda around: file_system_finding(around.place),
    "leftovers": lambda around: leftovers_finding(around.place),
    "logs": lambda around: logs_finding(around.place),
    "daemon": lambda around: daemon_finding(around.place),
    "settings": _settings,
    "git-ignore": _ignores,
    "merge-driver": _merge_driver,
    "git-hooks": _hooks,
}
_CATEGORIES = {
    "leftovers": UPKEEP,
    "logs": UPKEEP,
    "daemon": UPKEEP,
    "settings": DATA,
    "git-ignore": GIT,
    "merge-driver": GIT,
    "git-hooks": GIT,
}
MENDS: dict[str, Callable[[Surroundings], None]] = {
    "permissions": lambda around: mend_permissions(around.place),
    "leftovers": lambda around: mend_leftovers(around.place),
    "logs": lambda around: mend_logs(around.place),
    "git-ignore": _mend_ignores,
    "merge-driver": _mend_merge_driver,
    "git-hooks": _mend_hooks,
}
