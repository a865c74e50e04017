"""The few git commands that Beadwork runs, each bounded and fenced off (rule R17)."""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from beadwork.model.version import Version
from beadwork.sync.locate import GitPlace, git_place

if TYPE_CHECKING:
    import subprocess

_TIMEOUT_S = 30
_MERGED = "GITHEAD_"
_UNDER_WAY = ("MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD")
"""What lies in git's folder in the middle of something."""
_LOCK = "index.lock"
_OF_NAMED_PATHS = "next-index-"
_SCRUBBED = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX")


def run(arguments: Sequence[str], *, folder: str) -> bytes | None:
    """Run git in a folder; return what it printed, or None if it failed or is absent."""
    done = _ended(arguments, folder)
    if isinstance(done, Exception) or done.returncode:
        return None
    return done.stdout


def complaint(arguments: Sequence[str], *, folder: str) -> str | None:
    """Run git in a folder; return what it says if it refuses, None if it did what was asked."""
    done = _ended(arguments, folder)
    if isinstance(done, Exception):
        return f"git can't be run: {type(done).__name__}"
    return done.stderr.decode("utf-8", "replace") if done.returncode else None


def staged(folder: str, *, timeout_s: float) -> list[str] | None:
    """Return the paths that a commit is about to change, both names of a renamed file.

    A hook asks: git tells it by its variables which index the commit is made from.
    """
    shape = ["--cached", "--name-only", "--no-renames", "--no-relative", "-z"]
    done = _ended(["diff", *shape], folder, timeout_s=timeout_s, scrubbed=())
    if isinstance(done, Exception) or done.returncode:
        return None
    return [each for each in done.stdout.decode("utf-8", "surrogateescape").split("\0") if each]


def stage(path: str) -> None:
    """Add a file to the index that a commit is made from, if it is in there.

    The commit that brings its folder into git takes it along too, unless git ignores it. A hook
    does it: git tells it by its variables which index that is. That of a commit of named paths is
    thrown away: what is added there would be taken back by the next commit.
    """
    folder, name = os.path.split(os.path.realpath(path))
    index = os.environ.get("GIT_INDEX_FILE", "")
    if os.path.basename(index).startswith(_OF_NAMED_PATHS):
        return
    more = {"GIT_INDEX_FILE": os.path.abspath(index)} if index else {}
    known = _ended(["ls-files", "-z", "--", "."], folder, more=more)
    if isinstance(known, Exception) or not known.stdout:
        return
    is_there = name.encode() in known.stdout.split(b"\0")
    if is_there or not run(["ls-tree", "--name-only", "HEAD", "--", "."], folder=folder):
        _ended(["add", "--", name], folder, more=more)


def _ended(
    arguments: Sequence[str],
    folder: str,
    *,
    timeout_s: float = _TIMEOUT_S,
    scrubbed: Sequence[str] = _SCRUBBED,
    more: Mapping[str, str] = MappingProxyType({}),
) -> "subprocess.CompletedProcess[bytes] | Exception":
    """Run git to its end; return what it left, or why it could not be run."""
    import subprocess

    environ = {k: v for k, v in os.environ.items() if k not in scrubbed}
    environ |= {"GIT_TERMINAL_PROMPT": "0", **more}
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return error


def _loose_ref(place: GitPlace, name: str) -> str | None:
    for folder in (place.git_folder, place.common_folder):
        try:
            with open(os.path.join(folder, name), encoding="ascii", errors="replace") as file:
                return file.read().strip()
        except OSError:
            continue
    return None


def _packed_ref(place: GitPlace, name: str) -> str | None:
    try:
        path = os.path.join(place.common_folder, "packed-refs")
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                commit, _, ref = line.strip().partition(" ")
                if ref == name:
                    return commit
    except OSError:
        return None
    return None


class Head(NamedTuple):
    """What HEAD names: a branch, unless it is detached, and a commit, unless there is none yet."""

    branch: str
    commit: str


def head(folder: str) -> Head | None:
    """Return what HEAD names around a folder, by reading files only; None outside git."""
    place = git_place(folder)
    if place is None:
        return None
    said = _loose_ref(place, "HEAD") or ""
    if not said.startswith("ref: "):
        return Head("", said)
    name = said.removeprefix("ref: ")
    commit = _loose_ref(place, name) or _packed_ref(place, name) or ""
    return Head(name.removeprefix("refs/heads/"), commit)


def head_commit(folder: str) -> str | None:
    """Return the commit that HEAD names around a folder, by reading files only."""
    found = head(folder)
    return found.commit or None if found is not None else None


def is_dirty(folder: str) -> bool:
    """Tell whether tracked files of the work tree have changes; ours don't count."""
    asked = ["status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude).beads"]
    return bool(run(asked, folder=folder))


def committed_file(path: str) -> tuple[str, bytes] | None:
    """Return the blob id and content of a file as HEAD has it."""
    folder, name = os.path.split(os.path.realpath(path))
    blob = run(["rev-parse", "--verify", "--quiet", f"HEAD:./{name}"], folder=folder)
    if blob is None:
        return None
    blob_id = blob.decode().strip()
    content = run(["cat-file", "blob", blob_id], folder=folder)
    return None if content is None else (blob_id, content)


def versions(path: str, span: str) -> list[Version] | None:
    """Return what the commits of a span (`a..b`, `-n`) did to a file, parents before children.

    A merge counts once for each of its parents. None: git doesn't know the span.
    """
    folder, name = os.path.split(os.path.realpath(path))
    shape = ["--reverse", "--topo-order", "--full-history", "-m", "-p", "-U0", "--text"]
    plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--format=%x00"]
    told = run(["log", *shape, *plain, span, "--", name], folder=folder)
    if told is None:
        return None
    return [_version(part.split(b"\n")) for part in told.split(b"\x00\n") if part]


def _version(lines: list[bytes]) -> Version:
    version = Version([], [])
    is_inside = False
    for line in lines:
        if line.startswith((b"@@", b"diff ")):
            is_inside = line.startswith(b"@@")
        elif is_inside and line[:1] in (b"-", b"+"):
            side = version.gone if line[:1] == b"-" else version.came
            side.append(line[1:].rstrip(b"\r").decode("utf-8", "surrogateescape"))
    return version


def merged_heads(environ: Mapping[str, str]) -> list[str]:
    """Return the commits that git says it is merging, as its merge drivers are told."""
    return [name.removeprefix(_MERGED) for name in environ if name.startswith(_MERGED)]


class Identity(NamedTuple):
    """Under which name and e-mail address git commits; empty where it would not say."""

    name: str
    email: str


def identity(folder: str, environ: Mapping[str, str]) -> Identity:
    """Return who commits in a folder.

    The files are read as they are; git itself is asked only where they include others.
    """
    place = git_place(folder)
    home = environ.get("HOME", "")
    shared = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    paths = [os.path.join(shared, "git", "config"), os.path.join(home, ".gitconfig")]
    if place is not None:
        paths.append(os.path.join(place.common_folder, "config"))
    found: dict[str, str] = {}
    for path in paths:
        user = _section(path, "user")
        if user is None:
            return _asked(folder)
        found.update(user)
    return Identity(found.get("name", ""), found.get("email", ""))


def _asked(folder: str) -> Identity:
    name, email = (
        (run(["config", key], folder=folder) or b"").decode("utf-8", "replace").strip()
        for key in ("user.name", "user.email")
    )
    return Identity(name, email)


def is_under_way(place: GitPlace) -> bool:
    """Tell whether a merge, a rebase or the like waits to be finished."""
    return any(os.path.exists(os.path.join(place.git_folder, each)) for each in _UNDER_WAY)


def is_busy(folder: str) -> bool:
    """Tell whether git works on the files around a folder, or is in the middle of something."""
    place = git_place(folder)
    if place is None:
        return False
    return is_under_way(place) or os.path.exists(os.path.join(place.git_folder, _LOCK))


def configuration_of(folder: str) -> tuple[int, int] | None:
    """Return what tells a repository's configuration from a changed one; None outside of one."""
    place = git_place(folder)
    if place is None:
        return None
    try:
        facts = os.stat(os.path.join(place.common_folder, "config"))
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def ignores_case(folder: str) -> bool:
    """Tell whether file names that differ in case only are the same, as git found at `init`."""
    place = git_place(folder)
    if place is None:
        return False
    found = _section(os.path.join(place.common_folder, "config"), "core")
    if found is None:
        said = run(["config", "--type=bool", "core.ignorecase"], folder=folder) or b""
        return said.strip() == b"true"
    return found.get("ignorecase", "").lower() in ("true", "yes", "on", "1")


def _section(path: str, name: str) -> dict[str, str] | None:
    """Return what a section of a config file says; None if the file includes others."""
    found: dict[str, str] = {}
    section = ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for raw in file:
                line = raw.strip()
                if line.startswith("["):
                    section = line[1:].partition("]")[0].split()[0].lower() if line[1:2] else ""
                    if section.startswith("include"):
                        return None
                elif section == name and "=" in line:
                    key, _, value = line.partition("=")
                    found[key.strip().lower()] = value.strip().strip('"')
    except OSError:
        return {}
    return found


def uncommitted(folder: str) -> list[str]:
    """Return the files below a folder that git would commit but has not; none outside git."""
    found = run(["status", "--porcelain", "-z", "-uall", "--", "."], folder=folder)
    entries = (found or b"").decode("utf-8", "replace").split("\0")
    # The former name of a renamed file is an entry of its own, without a state before it.
    return [entry[3:] for entry in entries if entry[2:3] == " "]
