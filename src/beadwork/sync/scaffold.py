"""What `init` writes: the `.beads` folder, its config, its ignore list, git's attributes."""

import contextlib
import os
import re
from collections import Counter
from typing import Protocol

import msgspec

from beadwork.model import ids, limits
from beadwork.model.errors import FileTrouble
from beadwork.sync.git import run
from beadwork.sync.locate import GitPlace, git_place, place_of
from beadwork.sync.patterns import attribute_literal, literal
from beadwork.sync.small_files import read_regular

_IGNORED = (
    "*.db",
    "*.db-*",
    "*.lock",
    "bd.sock",
    "*.bd.sock",
    "*daemon.pid",
    "*daemon-error",
    "*daemon.stopped",
    "*.log",
    "*.log.*",
    "config.cache*",
    "local.yaml",
    "last-touched",
    ".local_version",
    ".beadwork-*",
    "log/",
    "blobs/",
    "*.blobs/",
)
_CONFIG = """\
# Settings of this project, shared through git. Settings of one machine go to local.yaml.
#
# issue-prefix: what ids begin with
# status.custom: further statuses, `name` or `name:done` for one that ends work
# types.custom: further issue types
"""
_UNION = "merge=union -text"
_ID = re.compile(r"(.+)-[^.-]+(?:\.\d+)*")
_DRIVER = "bd merge %A %O %A %B"
_BY_DRIVER = "beads"
_SETTINGS = (("merge.beads.name", "Beadwork"), ("merge.beads.driver", _DRIVER))
_IS_WISHED = "beads.mergeDriver"
"""Where git's config notes that this clone is to do without the driver."""


def write_text(path: str, text: str) -> None:
    """Write a small file as it was read by `read_text`, byte for byte.

    Raises:
        FileTrouble: it can't be written.
    """
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
    except OSError as error:
        raise FileTrouble(
            f"{path} can't be written: {error.strerror}",
            hint="Check the permissions of the folder.",
            path=path,
        ) from error


def read_text(path: str) -> str:
    """Return a small file's text; an absent one reads as empty."""
    try:
        return read_regular(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise FileTrouble(f"{path} can't be read: {error.strerror}", path=path) from error


def make_folder(folder: str) -> bool:
    """Make the `.beads` folder, only for its owner; tell whether it was absent."""
    if os.path.isdir(folder):
        return False
    try:
        os.makedirs(folder, mode=0o700)
    except OSError as error:
        raise FileTrouble(
            f"{folder} can't be made: {error.strerror}",
            hint="Check the permissions, or whether a file of this name is in the way.",
            path=folder,
        ) from error
    return True


class _Named(msgspec.Struct):
    id: str = ""


def guess_prefix(folder: str, records: str) -> str:
    """Return the prefix of the records that are there, else the name of the project's folder."""
    counts: Counter[str] = Counter()
    with contextlib.suppress(OSError), open(records, "rb") as file:
        for line in file:
            found = _ID.fullmatch(_id_of(line))
            if found and ids.is_prefix(found[1]):
                counts[found[1]] += 1
    if counts:
        return counts.most_common(1)[0][0]
    name = os.path.basename(os.path.dirname(os.path.abspath(folder)))
    letters = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")
    return letters[: limits.PREFIX_CHARS_MAX].rstrip("-_") or "bd"


def _id_of(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Named).id
    except (msgspec.MsgspecError, ValueError):
        return ""


def settle_config(folder: str, prefix: str) -> str:
    """Write the prefix into the tracked config, keeping all else that it says."""
    return settle_setting(folder, "issue-prefix", prefix)


def settle_ignores(folder: str) -> str | None:
    """Keep machine files out of git; return the file if it was changed."""
    path = os.path.join(folder, ".gitignore")
    text = read_text(path)
    missing = [each for each in _IGNORED if each not in text.splitlines()]
    if not missing:
        return None
    if text and not text.endswith("\n"):
        text += "\n"
    write_text(path, text + "\n".join(missing) + "\n")
    return path


def _exclude(folder: str) -> tuple[str, str] | None:
    """Return the clone's own list of ignored files, and the line in it for the `.beads` folder."""
    git = git_place(os.path.dirname(folder))
    if git is None or git.work_tree is None:
        return None
    relative = os.path.relpath(folder, git.work_tree).replace(os.sep, "/")
    if relative.startswith("../"):
        return None
    return os.path.join(git.common_folder, "info", "exclude"), f"/{literal(relative)}/"


def is_hidden(folder: str) -> bool:
    """Tell whether this clone keeps the `.beads` folder out of git."""
    found = _exclude(folder)
    return found is not None and found[1] in read_text(found[0]).splitlines()


def hide(folder: str) -> list[str]:
    """Keep the `.beads` folder out of git, in this clone only; return what was written."""
    found = _exclude(folder)
    return [found[0]] if found is not None and add_line(*found) else []


def add_line(path: str, line: str, *, is_last: bool = False) -> bool:
    """Add a line to a small file if it lacks it, or lacks it at its end; tell whether it did."""
    text = read_text(path)
    lines = text.splitlines()
    if line in (lines[-1:] if is_last else lines):
        return False
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        raise FileTrouble(f"{path} can't be made: {error.strerror}", path=path) from error
    end = "" if not text or text.endswith("\n") else "\n"
    write_text(path, f"{text}{end}{line}\n")
    return True


def settle_role(folder: str, role: str) -> None:
    """Note in git's config whether this clone is a maintainer's or a contributor's."""
    git = git_place(os.path.dirname(folder))
    if role and git is not None and git.work_tree is not None:
        run(["config", "beads.role", role], folder=git.work_tree)


def settle_setting(folder: str, key: str, value: str, *, name: str = "config.yaml") -> str:
    """Write a setting into a file of the store; return the path."""
    # Late import: only a change of a file needs it.
    from beadwork.sync.config_files import changed

    path = os.path.join(folder, name)
    text = read_text(path) or (_CONFIG if name == "config.yaml" else "")
    write_text(path, changed(text, key, value, path))
    return path


def union_line(folder: str) -> str:
    """Return the line of attributes by which git merges the file where the driver is not."""
    return f"{os.path.basename(place_of(folder).records)} {_UNION}"


def has_union(folder: str) -> bool:
    """Tell whether the store's attributes have git merge the file by union."""
    words = union_line(folder).split()
    lines = read_text(os.path.join(folder, ".gitattributes")).splitlines()
    return any(line.split()[: len(words)] == words for line in lines)


def merged_by(folder: str, work_tree: str) -> str | None:
    """Return what git says that the file is merged by; None if it can't be asked."""
    said = run(
        ["check-attr", "-z", "merge", "--", _records_in(folder, work_tree)], folder=work_tree
    )
    words = (said or b"").split(b"\0")
    return words[2].decode("utf-8", "replace") if len(words) > 2 else None


def _records_in(folder: str, work_tree: str) -> str:
    return os.path.relpath(place_of(folder).records, work_tree).replace(os.sep, "/")


def settle_attributes(folder: str, *, has_driver: bool = True) -> list[str]:
    """Let git merge the file: by union everywhere, by our driver in this clone (R17).

    Returns what was changed.
    """
    written = []
    if not has_union(folder):
        path = os.path.join(folder, ".gitattributes")
        add_line(path, union_line(folder))
        written.append(path)
    git = git_place(os.path.dirname(folder))
    if git is not None and git.work_tree is not None and has_driver:
        written += _settle_driver(folder, git, git.work_tree)
    return written


def _settle_driver(folder: str, git: GitPlace, work_tree: str) -> list[str]:
    written = []
    by = merged_by(folder, work_tree)
    if by != _BY_DRIVER and os.path.isdir(git.common_folder):
        info = os.path.join(git.common_folder, "info", "attributes")
        line = f"{attribute_literal(_records_in(folder, work_tree))} merge={_BY_DRIVER}"
        # Of several lines the last one counts; where git can't be asked, any has to do.
        if add_line(info, line, is_last=by is not None):
            written.append(info)
    missing = [each for each in _SETTINGS if _config(each[0], work_tree) != each[1]]
    for key, value in missing:
        run(["config", key, value], folder=work_tree)
    return [*written, os.path.join(git.common_folder, "config")] if missing else written


def _config(key: str, work_tree: str) -> str:
    """Return what this clone's own config says."""
    said = run(["config", "--local", key], folder=work_tree) or b""
    return said.decode("utf-8", "replace").strip()


def is_without_driver(work_tree: str) -> bool:
    """Tell whether this clone was to do without the merge driver."""
    return _config(_IS_WISHED, work_tree) == "false"


def settle_wish(folder: str, *, has_driver: bool) -> list[str]:
    """Note whether this clone is to have the merge driver; return what was changed."""
    git = git_place(os.path.dirname(folder))
    if git is None or git.work_tree is None or is_without_driver(git.work_tree) != has_driver:
        return []
    change = ["--unset", _IS_WISHED] if has_driver else [_IS_WISHED, "false"]
    run(["config", "--local", *change], folder=git.work_tree)
    return [os.path.join(git.common_folder, "config")]


class Wanted(Protocol):
    """What `init` was asked for."""

    @property
    def branch(self) -> str: ...  # noqa: D102 -- a protocol
    @property
    def role(self) -> str: ...  # noqa: D102 -- a protocol
    @property
    def has_driver(self) -> bool: ...  # noqa: D102 -- a protocol
    @property
    def is_hidden(self) -> bool: ...  # noqa: D102 -- a protocol


def settle(folder: str, wanted: Wanted, *, store_path: str) -> list[str]:
    """Write all that `init` writes beside the config; return the paths. A repeat changes nothing."""
    written = []
    if wanted.branch:
        written.append(settle_setting(folder, "sync.branch", wanted.branch))
    if store_path:
        name = "local.yaml"
        written.append(settle_setting(folder, "store.path", store_path, name=name))
    ignored = settle_ignores(folder)
    written += [ignored] if ignored else []
    if wanted.is_hidden:
        written += hide(folder)
    settle_role(folder, wanted.role)
    if is_hidden(folder):
        return written
    written += settle_wish(folder, has_driver=wanted.has_driver)
    written += settle_attributes(folder, has_driver=wanted.has_driver)
    return list(dict.fromkeys(written))
