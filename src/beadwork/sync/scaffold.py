"""What `init` writes: the `.beads` folder, its config, its ignore list, git's attributes."""

import os
import re

from beadwork.model.errors import FileTrouble
from beadwork.sync import config
from beadwork.sync.git import run
from beadwork.sync.locate import git_place

_IGNORED = (
    "*.db",
    "*.db-*",
    "*.lock",
    "bd.sock",
    "*.log",
    "*.log.*",
    "config.cache*",
    "local.yaml",
    "last-touched",
    ".beadwork-*",
    "log/",
)
_CONFIG = """\
# Settings of this project, shared through git. Settings of one machine go to local.yaml.
#
# issue-prefix: what ids begin with
# status.custom: further statuses, `name` or `name:done` for one that ends work
# types.custom: further issue types
"""
_ATTRIBUTES = "issues.jsonl merge=union -text"
_DRIVER = "bd merge %A %O %A %B"


def write_text(path: str, text: str) -> None:
    """Write a small file.

    Raises:
        FileTrouble: it can't be written.
    """
    try:
        with open(path, "w", encoding="utf-8") as file:
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
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
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


def guess_prefix(folder: str, records: str) -> str:
    """Return the prefix of the records that are there, else the name of the project's folder."""
    counts: dict[str, int] = {}
    try:
        with open(records, "rb") as file:
            for line in file:
                found = re.match(rb'\{"id":"([^"\\]+)-[^"\\.-]+', line)
                if found:
                    prefix = found[1].decode("utf-8", "replace")
                    counts[prefix] = counts.get(prefix, 0) + 1
    except OSError:
        pass
    if counts:
        return max(counts, key=lambda each: counts[each])
    name = os.path.basename(os.path.dirname(os.path.abspath(folder))) or "bd"
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_") or "bd"


def settle_config(folder: str, prefix: str) -> str:
    """Write the prefix into the tracked config, keeping all else that it says."""
    path = os.path.join(folder, "config.yaml")
    text = read_text(path) or _CONFIG
    write_text(path, config.put(text, "issue-prefix", prefix))
    return path


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


def settle_attributes(folder: str) -> list[str]:
    """Let git merge the file: by union everywhere, by our driver in this clone (R17)."""
    written = []
    path = os.path.join(folder, ".gitattributes")
    text = read_text(path)
    if _ATTRIBUTES not in text:
        write_text(path, f"{text}{_ATTRIBUTES}\n")
        written.append(path)
    git = git_place(os.path.dirname(folder))
    if git is None or git.work_tree is None:
        return written
    relative = os.path.relpath(folder, git.work_tree).replace(os.sep, "/")
    info = os.path.join(git.common_folder, "info", "attributes")
    line = f"{relative}/issues.jsonl merge=beads"
    text = read_text(info)
    if line not in text.splitlines() and os.path.isdir(git.common_folder):
        os.makedirs(os.path.dirname(info), exist_ok=True)
        if text and not text.endswith("\n"):
            text += "\n"
        write_text(info, f"{text}{line}\n")
        written.append(info)
    for key, value in (("merge.beads.name", "Beadwork"), ("merge.beads.driver", _DRIVER)):
        run(["config", key, value], folder=git.work_tree)
    return [*written, os.path.join(git.common_folder, "config")]


def classic_rows(folder: str) -> str | None:
    """Return the path of a classic database beside the file, if there is one (R14)."""
    path = os.path.join(folder, "beads.db")
    return path if os.path.exists(path) else None
