"""What doctor looks at in the store's folder: modes, owners, what processes left behind."""

import contextlib
import os
import stat
import time

from beadwork.model.finding import CORE, UPKEEP, Finding, fine, listed, warning
from beadwork.sync import scaffold
from beadwork.sync.locate import Place
from beadwork.sync.mounts import mount_of, mount_table
from beadwork.sync.runtime import MARK, is_held

_LEFT_OVER_S = 3600
_MERGE_LEFTOVERS = ("beads.base.jsonl", "beads.left.jsonl", "beads.right.jsonl")


def _files(place: Place) -> list[str]:
    """Return what is ours to look at; nothing in a folder that is shut to us."""
    try:
        names = sorted(os.listdir(place.folder))
    except OSError:
        return []
    return [os.path.join(place.folder, name) for name in names if _is_ours(place, name)]


def _is_ours(place: Place, name: str) -> bool:
    """Tell whether a file is the store's: beside a database that was named lie others' files."""
    if place.is_own_folder:
        return True
    base = os.path.basename(place.database)
    is_file = os.path.join(place.folder, name) == place.records
    return is_file or name == base or name.startswith((f"{base}-", f"{base}.", ".beadwork-"))


def _paths(place: Place) -> list[str]:
    return [place.folder] * place.is_own_folder + _files(place)


def _wrong_modes(place: Place) -> list[tuple[str, int, str]]:
    """Return the paths with a mode that keeps us out or lets others write, and a better mode."""
    found = []
    for path in _paths(place):
        try:
            facts = os.lstat(path)
        except OSError:
            continue
        if not (stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode)):
            continue
        mode = stat.S_IMODE(facts.st_mode)
        least = 0o700 if stat.S_ISDIR(facts.st_mode) else 0o600
        better = (mode | least) & ~0o002
        if better != mode:
            found.append((path, better, f"{os.path.basename(path)}: {mode:04o}, not {better:04o}"))
    return found


def permissions_finding(place: Place) -> Finding:
    """Tell whether modes keep us out, or let others write."""
    name = "permissions"
    wrong = [said for _, _, said in _wrong_modes(place)]
    if wrong:
        return warning(
            name,
            CORE,
            f"{len(wrong)} files have modes that keep you out or let others write",
            detail=listed(wrong),
            fix="Set these modes.",
            can_mend=True,
        )
    return fine(name, CORE, "the files are yours to read and write, and not others' to write")


def mend_permissions(place: Place) -> None:
    """Set better modes, as far as the files are ours."""
    for path, mode, _ in _wrong_modes(place):
        with contextlib.suppress(OSError):
            os.chmod(path, mode)


def owner_finding(place: Place) -> Finding:
    """Tell whether files belong to others."""
    name, me = "owner", os.geteuid()
    others = []
    for path in _paths(place):
        with contextlib.suppress(OSError):
            uid = os.lstat(path).st_uid
            if uid != me:
                others.append(f"{os.path.basename(path)}: user {uid}")
    if others:
        return warning(
            name,
            CORE,
            f"{len(others)} files belong to other users",
            detail=listed(others),
            fix="Run as their owner, or give them back: `chown`.",
        )
    return fine(name, CORE, "the files belong to you")


def file_system_finding(place: Place) -> Finding:
    """Tell whether the database lies on a local disk."""
    name = "file-system"
    folder = os.path.realpath(os.path.dirname(place.database))
    mount = mount_of(folder, mount_table(folder))
    if mount is not None and mount.is_remote:
        return Finding(
            name=name,
            category=CORE,
            status="error",
            message=f"The store lies on {mount.kind}, where a database is not safe",
            fix="Keep it on a local disk: set `store.path` in .beads/local.yaml.",
        )
    return fine(name, CORE, "the file system is a local one")


def _age_s(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime  # noqa: TID251 -- a file's age
    except OSError:
        return 0


def _left_over(place: Place) -> list[str]:
    """Return what processes that were killed left behind."""
    found = []
    for path in _files(place):
        name = os.path.basename(path)
        is_ours = name.startswith((".beadwork-", "config.cache."))
        is_old = _age_s(path) > _LEFT_OVER_S or _is_mark_of_the_dead(name)
        if is_ours and is_old and os.path.isfile(path):
            found.append(path)
    return found + _dead_daemon(place.folder)


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


def leftovers_finding(place: Place) -> Finding:
    """Tell what processes that are gone, and merges, left behind."""
    name = "leftovers"
    ours = [os.path.basename(path) for path in _left_over(place)]
    folder = place.folder
    merges = [each for each in _MERGE_LEFTOVERS if os.path.exists(os.path.join(folder, each))]
    if ours:
        return warning(
            name,
            UPKEEP,
            f"{len(ours)} files were left behind by processes that are gone",
            detail=listed(ours),
            fix="Remove them.",
            can_mend=True,
        )
    if merges:
        return warning(
            name,
            UPKEEP,
            f"{len(merges)} files of an old merge lie in .beads",
            detail=listed(merges),
            fix="Look whether anything is missing, then remove them.",
        )
    return fine(name, UPKEEP, "no process left anything behind")


def mend_leftovers(place: Place) -> None:
    """Remove what processes that are gone left behind."""
    for path in _left_over(place):
        with contextlib.suppress(OSError):
            os.unlink(path)
