"""What doctor looks at around the store: files, permissions, git, the file system.

Each check is a function that answers with a finding; `MENDS` names the functions that mend.
"""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from beadwork.model.errors import BeadworkError, FileTrouble
from beadwork.model.finding import CORE, DATA, GIT, UPKEEP, Finding, listed
from beadwork.sync import config, git, scaffold
from beadwork.sync.blob_backup import forget_beside
from beadwork.sync.config_files import ConfigFiles
from beadwork.sync.daemon_health import daemon_finding
from beadwork.sync.files import Files
from beadwork.sync.hooks import NAMES, Hooks, state_of
from beadwork.sync.locate import GitPlace, Place, git_place
from beadwork.sync.log_health import logs_finding, mend_logs
from beadwork.sync.metadata import classic_database, records_name
from beadwork.sync.mounts import mount_of, mount_table
from beadwork.sync.runtime import MARK, is_held
from beadwork.sync.scaffold import _DRIVER, _IGNORED

_LEFT_OVER_S = 3600
_BACKUPS = "backups"
_MERGE_LEFTOVERS = ("beads.base.jsonl", "beads.left.jsonl", "beads.right.jsonl")


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
        return [check(self) for check in CHECKS.values()]

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


def _ok(name: str, category: str, message: str) -> Finding:
    return Finding(name=name, category=category, status="ok", message=message)


def _warning(name: str, category: str, message: str, **more: object) -> Finding:
    return Finding(name=name, category=category, status="warning", message=message, **more)  # type: ignore[arg-type] # by name


# -- files


def _files(place: Place) -> list[str]:
    names = sorted(os.listdir(place.folder))
    return [os.path.join(place.folder, name) for name in names]


def _wrong_modes(surroundings: Surroundings) -> list[tuple[str, int, str]]:
    """Return the paths with a mode that keeps us out or lets others in, and a better mode."""
    found = []
    place = surroundings.place
    for path in [place.folder, *_files(place)]:
        try:
            facts = os.lstat(path)
        except OSError:
            continue
        if not (stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode)):
            continue
        mode = stat.S_IMODE(facts.st_mode)
        least = 0o700 if stat.S_ISDIR(facts.st_mode) else 0o600
        better = (mode | least) & ~0o002
        is_database = ".db" in os.path.basename(path)
        better &= 0o770 if is_database else 0o777
        if better != mode:
            found.append((path, better, f"{os.path.basename(path)}: {mode:04o}, not {better:04o}"))
    return found


def _permissions(surroundings: Surroundings) -> Finding:
    name = "permissions"
    wrong = [said for _, _, said in _wrong_modes(surroundings)]
    if wrong:
        return _warning(
            name,
            CORE,
            f"{len(wrong)} files have modes that keep you out or let others write",
            detail=listed(wrong),
            fix="Set these modes.",
            can_mend=True,
        )
    return _ok(name, CORE, "the files are yours to read and write, and not others' to write")


def _mend_permissions(surroundings: Surroundings) -> None:
    for path, mode, _ in _wrong_modes(surroundings):
        with contextlib.suppress(OSError):
            os.chmod(path, mode)


def _owner(surroundings: Surroundings) -> Finding:
    name, me = "owner", os.geteuid()
    others = []
    for path in [surroundings.place.folder, *_files(surroundings.place)]:
        with contextlib.suppress(OSError):
            uid = os.lstat(path).st_uid
            if uid != me:
                others.append(f"{os.path.basename(path)}: user {uid}")
    if others:
        return _warning(
            name,
            CORE,
            f"{len(others)} files belong to other users",
            detail=listed(others),
            fix="Run as their owner, or give them back: `chown`.",
        )
    return _ok(name, CORE, "the files belong to you")


def _file_system(surroundings: Surroundings) -> Finding:
    name = "file-system"
    folder = os.path.realpath(os.path.dirname(surroundings.place.database))
    mount = mount_of(folder, mount_table(folder))
    if mount is not None and mount.is_remote:
        return Finding(
            name=name,
            category=CORE,
            status="error",
            message=f"The store lies on {mount.kind}, where a database is not safe",
            fix="Keep it on a local disk: set `store.path` in .beads/local.yaml.",
        )
    return _ok(name, CORE, "the file system is a local one")


def _age_s(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime  # noqa: TID251 -- a file's age
    except OSError:
        return 0


def _left_over(surroundings: Surroundings) -> list[str]:
    """Return what processes that were killed left behind."""
    found = []
    for path in _files(surroundings.place):
        name = os.path.basename(path)
        is_ours = name.startswith((".beadwork-", "config.cache."))
        is_old = _age_s(path) > _LEFT_OVER_S or _is_mark_of_the_dead(name)
        if is_ours and is_old and os.path.isfile(path):
            found.append(path)
    return found + _dead_daemon(surroundings.place.folder)


def _is_mark_of_the_dead(name: str) -> bool:
    """Tell whether a file is named by a process that lives no more: it needs no age."""
    digits = name.removeprefix(MARK)
    if digits == name or not digits.isdigit():
        return False
    return not _lives(int(digits))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _dead_daemon(folder: str) -> list[str]:
    """Return the files of a daemon that lives no more."""
    path = os.path.join(folder, "daemon.pid")
    if is_held(os.path.join(folder, "daemon.lock")):
        return []
    words = scaffold.read_text(path).split() if os.path.isfile(path) else []
    if not words or not words[0].isdigit():
        return []
    if _lives(int(words[0])):
        return []
    names = ("daemon.pid", "daemon.lock", "bd.sock")
    return [p for n in names if os.path.lexists(p := os.path.join(folder, n))]


def _leftovers(surroundings: Surroundings) -> Finding:
    name = "leftovers"
    ours = [os.path.basename(path) for path in _left_over(surroundings)]
    folder = surroundings.place.folder
    merges = [each for each in _MERGE_LEFTOVERS if os.path.exists(os.path.join(folder, each))]
    if ours:
        return _warning(
            name,
            UPKEEP,
            f"{len(ours)} files were left behind by processes that are gone",
            detail=listed(ours),
            fix="Remove them.",
            can_mend=True,
        )
    if merges:
        return _warning(
            name,
            UPKEEP,
            f"{len(merges)} files of an old merge lie in .beads",
            detail=listed(merges),
            fix="Look whether anything is missing, then remove them.",
        )
    return _ok(name, UPKEEP, "no process left anything behind")


def _mend_leftovers(surroundings: Surroundings) -> None:
    for path in _left_over(surroundings):
        with contextlib.suppress(OSError):
            os.unlink(path)


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
    wrong = _missing_attributes(surroundings.place.folder, place.work_tree, place.common_folder)
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


def _missing_attributes(folder: str, work_tree: str, common_folder: str) -> list[str]:
    relative = os.path.relpath(folder, work_tree).replace(os.sep, "/")
    own = scaffold.read_text(os.path.join(folder, ".gitattributes"))
    local = scaffold.read_text(os.path.join(common_folder, "info", "attributes"))
    driver = git.run(["config", "merge.beads.driver"], folder=work_tree) or b""
    said = driver.decode("utf-8", "replace").strip()
    name = records_name(folder)
    wanted = scaffold.attributes(name)
    missing = [] if wanted in own else [f".beads/.gitattributes lacks {wanted}"]
    if f"{relative}/{name} merge=beads" not in local.splitlines():
        missing.append("info/attributes does not name the merge driver")
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
    "permissions": _permissions,
    "owner": _owner,
    "file-system": _file_system,
    "leftovers": _leftovers,
    "logs": lambda around: logs_finding(around.place),
    "daemon": lambda around: daemon_finding(around.place),
    "settings": _settings,
    "git-ignore": _ignores,
    "merge-driver": _merge_driver,
    "git-hooks": _hooks,
}
MENDS: dict[str, Callable[[Surroundings], None]] = {
    "permissions": _mend_permissions,
    "leftovers": _mend_leftovers,
    "logs": lambda around: mend_logs(around.place),
    "git-ignore": _mend_ignores,
    "merge-driver": _mend_merge_driver,
    "git-hooks": _mend_hooks,
}
