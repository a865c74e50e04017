"""The daemons of this user, a small file for each, so that `bd daemon list` finds them.

All of it is best effort: where the folder can't be written, a daemon runs unlisted.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from beadwork.model.digests import sha256

_SKIPPED = frozenset(("node_modules", ".git", "__pycache__", ".venv"))
_DEPTH_MAX = 6


class Listed(msgspec.Struct, frozen=True):
    """A daemon that was started once."""

    folder: str
    """The folder of its store."""
    database: str
    pid: int = 0


class Found(NamedTuple):
    """An entry, and its file."""

    path: str
    listed: Listed


def registry_folder(environ: Mapping[str, str]) -> str | None:
    """Return where the entries are; None where there is no home."""
    home = environ.get("HOME", "")
    state = environ.get("XDG_STATE_HOME") or (os.path.join(home, ".local/state") if home else "")
    return os.path.join(state, "beadwork", "daemons") if state else None


def _path(folder: str, database: str) -> str:
    name = sha256(os.fsencode(database)).hexdigest()[:16]
    return os.path.join(folder, f"{name}.json")


@contextlib.contextmanager
def listed(entry: Listed, environ: Mapping[str, str]) -> Iterator[None]:
    """List a daemon as long as it runs."""
    folder = registry_folder(environ)
    path = _path(folder, entry.database) if folder else ""
    with contextlib.suppress(OSError, UnicodeError):
        _put(path, entry)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if _read(path) == entry:
                os.unlink(path)


def _put(path: str, entry: Listed) -> None:
    if not path:
        return
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    beside = f"{path}.{os.getpid()}"
    with open(beside, "wb") as file:
        file.write(msgspec.json.encode(entry))
    os.replace(beside, path)


def _read(path: str) -> Listed | None:
    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Listed)
    except (OSError, msgspec.MsgspecError):
        return None


def all_listed(environ: Mapping[str, str]) -> list[Found]:
    """Return every entry, whether or not its daemon still runs."""
    folder = registry_folder(environ)
    try:
        names = sorted(os.listdir(folder)) if folder else []
    except OSError:
        return []
    paths = [os.path.join(folder or "", name) for name in names if name.endswith(".json")]
    return [Found(path, entry) for path in paths if (entry := _read(path)) is not None]


def drop(found: Found) -> None:
    """Remove an entry."""
    with contextlib.suppress(OSError):
        os.unlink(found.path)


def stores_below(root: str) -> list[str]:
    """Return the `.beads` folders below a folder, as far as it is worth looking."""
    top = os.path.abspath(root)
    found = []
    for folder, names, _ in os.walk(top):
        if ".beads" in names:
            found.append(os.path.join(folder, ".beads"))
        is_deep = folder[len(top) :].count(os.sep) >= _DEPTH_MAX
        kept = [each for each in names if not each.startswith(".") and each not in _SKIPPED]
        names[:] = [] if is_deep else kept
    return found
