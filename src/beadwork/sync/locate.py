"""Which store a command means (rule R16)."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from beadwork.model.errors import InvalidField, NoStore
from beadwork.sync.metadata import records_name
from beadwork.sync.small_files import first_line, read_regular

DATABASE = "beadwork.db"
_CLASSIC = "beads.db"
_OUR_NAMES = "beadwork"
"""What databases that doctor and restore put aside begin with, too."""
_REDIRECTS_MAX = 8
_HOMES = (".beads", "beads")


class Place(NamedTuple):
    """A store: its folder, its database, its file, and the work tree around it if any."""

    folder: str
    database: str
    records: str
    work_tree: str | None
    redirected_from: str | None = None

    @property
    def is_own_folder(self) -> bool:
        """Tell whether all in the folder is the store's, and not a database named by its file."""
        return os.path.basename(self.folder) in _HOMES or self.is_database_usual

    @property
    def is_database_usual(self) -> bool:
        """Tell whether the database has the name and the place that it has by itself."""
        return self.database == os.path.join(self.folder, DATABASE)

    @property
    def is_database_ours(self) -> bool:
        """Tell by its name whether a file that is no database was one of ours once."""
        return os.path.basename(self.database).startswith(_OUR_NAMES)

    @property
    def lock_folder(self) -> str:
        """Return where the locks are: beside the database, on the same file system."""
        return os.path.dirname(self.database)

    def lock_path(self, name: str) -> str:
        """Return the path of a lock; databases in one folder have locks of their own."""
        base = os.path.basename(self.database)
        return os.path.join(self.lock_folder, name if base == DATABASE else f"{base}.{name}")

    @property
    def blob_folder(self) -> str:
        """Return where the blobs are: each database counts its own, and has a folder of its own."""
        return self.lock_path("blobs")

    @property
    def log_folder(self) -> str:
        """Return where the logs are: in the store's folder, wherever the database is."""
        base = os.path.basename(self.database)
        is_other = base != DATABASE and self.lock_folder == self.folder
        return os.path.join(self.folder, f"{base}.log" if is_other else "log")

    def with_path(self, path: str, environ: Mapping[str, str]) -> "Place":
        """Return the place with its database where the setting `store.path` has it.

        Raises:
            InvalidField: it names a folder.
        """
        if not path or self.database != os.path.join(self.folder, DATABASE):
            return self
        database = database_at(self.folder, path, environ)
        return self._replace(database=database)


def database_at(folder: str, path: str, environ: Mapping[str, str]) -> str:
    """Return the database that the setting `store.path` of a store names.

    Raises:
        InvalidField: it names a folder.
    """
    if path.startswith("~/") and environ.get("HOME"):
        path = os.path.join(environ["HOME"], path[2:])
    database = os.path.normpath(os.path.join(os.path.dirname(folder), path))
    if os.path.isdir(database):
        raise InvalidField(
            f"store.path names the folder {database}",
            hint="Name a file in it, one for each project.",
            field="store.path",
        )
    return database


class GitPlace(NamedTuple):
    """What git says of a folder: the work tree, its own and the common git folder."""

    work_tree: str | None
    git_folder: str
    common_folder: str

    @property
    def is_linked(self) -> bool:
        """Tell whether this is a linked worktree of another."""
        return self.git_folder != self.common_folder


def _git_file(path: str, folder: str) -> GitPlace | None:
    """Read a `.git` file: a linked worktree has a common folder, a submodule has none.

    Where it leads to a bare repository, as beside `.bare`, the store is that of the repository.

    Raises:
        NoStore: it leads nowhere.
    """
    line = first_line(path)
    if line is None or not line.startswith("gitdir:"):
        return None
    git_folder = os.path.normpath(os.path.join(folder, line.removeprefix("gitdir:").strip()))
    if not os.path.isdir(git_folder):
        raise NoStore(
            f"{path} leads to {git_folder}, which is not there",
            hint="Was the main repository moved, or not mounted? `git worktree repair` in it mends "
            "a link. Or name the store: BEADS_DIR=FOLDER/.beads.",
            path=folder,
        )
    common = first_line(os.path.join(git_folder, "commondir"))
    if common is None:
        work_tree = None if _core(git_folder).get("bare") == "true" else folder
        return GitPlace(work_tree, git_folder, git_folder)
    return GitPlace(folder, git_folder, os.path.normpath(os.path.join(git_folder, common)))


def _core(git_folder: str) -> dict[str, str]:
    """Return the section `core` of a repository's config, and of its main worktree's own."""
    found: dict[str, str] = {}
    for name in ("config", "config.worktree"):
        section = ""
        for raw in _lines(os.path.join(git_folder, name)):
            line = raw.strip()
            if line.startswith("["):
                section = line.strip("[]").lower()
            elif section == "core" and "=" in line:
                key, _, value = line.partition("=")
                found[key.strip().lower()] = value.strip().strip('"')
    return found


def _lines(path: str) -> list[str]:
    try:
        return read_regular(path).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _is_bare(folder: str) -> bool:
    return all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs"))


def git_place(start: str) -> GitPlace | None:
    """Find the repository around a folder, by reading files only; None if none is there."""
    try:
        return _repository(start)
    except NoStore:
        return None


def _repository(start: str) -> GitPlace | None:
    """Find the repository around a folder.

    Raises:
        NoStore: it was moved away: a work tree without it is not to have a store of its own.
    """
    folder = os.path.abspath(start)
    while True:
        candidate = os.path.join(folder, ".git")
        if os.path.exists(candidate):
            if os.path.isdir(candidate):
                return GitPlace(folder, candidate, candidate)
            if os.path.isfile(candidate):
                return _git_file(candidate, folder)
        if os.path.basename(folder) != ".git" and _is_bare(folder):
            return GitPlace(None, folder, folder)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _main_work_tree(place: GitPlace) -> str | None:
    """Return the main worktree of a repository; None if it is bare.

    Raises:
        NoStore: git itself does not know where it is.
    """
    if os.path.basename(place.common_folder) == ".git":
        return os.path.dirname(place.common_folder)
    # A submodule, or a git folder that was put elsewhere, names its work tree.
    core = _core(place.common_folder)
    if core.get("bare") == "true":
        return None
    if "worktree" not in core:
        raise NoStore(
            f"Git does not tell where the main worktree of {place.common_folder} is",
            hint=f"`git -C {place.common_folder} config core.worktree FOLDER` tells it; "
            "or name the store: BEADS_DIR=FOLDER/.beads.",
            path=place.work_tree,
        )
    return os.path.normpath(os.path.join(place.common_folder, core["worktree"]))


def _nearest(start: str, stop: str | None) -> str | None:
    folder = os.path.abspath(start)
    while True:
        candidate = os.path.join(folder, ".beads")
        if os.path.isdir(candidate):
            return candidate
        above = os.path.dirname(folder)
        if above == folder or folder == stop:
            return None
        folder = above


def _redirected(folder: str) -> tuple[str, str | None]:
    """Follow `.beads/redirect`, a path relative to the folder that holds `.beads`.

    Raises:
        NoStore: it leads nowhere, or in a circle.
    """
    first: str | None = None
    for _ in range(_REDIRECTS_MAX):
        path = os.path.join(folder, "redirect")
        target = first_line(path)
        if not target:
            return folder, first
        first = first or folder
        folder = os.path.normpath(os.path.join(os.path.dirname(folder), target))
        if not os.path.isdir(folder):
            raise NoStore(
                f"{path} leads to {folder}, which is not there",
                hint="Mend it, or remove it to have a store here.",
                path=path,
            )
    raise NoStore(f"The redirects from {first} go in a circle", hint="Mend .beads/redirect.")


def place_of(folder: str, database: str | None = None) -> Place:
    """Return the store in a `.beads` folder.

    Raises:
        NoStore: its redirect leads nowhere.
        InvalidField: its `metadata.json` names no file.
    """
    folder, redirected_from = _redirected(os.path.abspath(folder))
    records = os.path.join(folder, records_name(folder))
    git = git_place(os.path.dirname(folder))
    return Place(
        folder,
        database or os.path.join(folder, DATABASE),
        records,
        git.work_tree if git else None,
        redirected_from,
    )


def home_folder(start: str) -> str:
    """Return the `.beads` folder that `init` makes for a folder.

    Raises:
        NoStore: it would be that of a main worktree, and git leads to none.
    """
    git = _repository(start)
    if git is None:
        return os.path.join(os.path.abspath(start), ".beads")
    if git.work_tree is None:
        return os.path.join(git.git_folder, "beads")
    if git.is_linked:
        main = _main_work_tree(git)
        return os.path.join(main, ".beads") if main else os.path.join(git.common_folder, "beads")
    found = _nearest(start, git.work_tree)
    return found or os.path.join(os.path.abspath(start), ".beads")


STORE_VARIABLES = ("BEADS_DIR", "BEADS_DB", "BD_DB")
"""The variables that name a store."""


def locate(start: str, environ: Mapping[str, str], database: str | None = None) -> Place:
    """Find the store that a command in a folder means.

    In this order: an explicit database, BEADS_DIR, BEADS_DB, the main worktree of a linked
    one, the nearest `.beads` upward within the work tree.

    Raises:
        NoStore: there is none.
    """
    explicit = database or environ.get("BEADS_DB") or environ.get("BD_DB")
    if not database and environ.get("BEADS_DIR"):
        explicit = None
        return _required(os.path.join(start, environ["BEADS_DIR"]), start)
    if explicit:
        return _required_database(os.path.abspath(os.path.join(start, explicit)))
    git = _repository(start)
    if git is not None and (git.work_tree is None or git.is_linked):
        return _required(home_folder(start), start)
    found = _nearest(start, git.work_tree if git else None)
    if found is None:
        raise NoStore(f"There is no .beads folder in {start} or above it", path=start)
    return place_of(found)


def named_place(path: str) -> Place:
    """Return the store that a path means: a database, or the folder that holds one.

    In a `.beads` folder the name of a classic database is taken for ours (R14).
    """
    if os.path.isdir(path):
        return place_of(path)
    folder, name = os.path.split(path)
    is_classic = name == _CLASSIC or (_is_home(folder) and not name.startswith(_OUR_NAMES))
    return place_of(folder, None if is_classic else path)


def _is_home(folder: str) -> bool:
    return os.path.basename(folder) == ".beads"


def _required_database(path: str) -> Place:
    """Return the store that a path means, if the path is not mistaken.

    Raises:
        NoStore: in this `.beads` folder there is no database of the name.
    """
    folder, name = os.path.split(path)
    is_usual = name in (DATABASE, _CLASSIC)
    if _is_home(folder) and os.path.isdir(folder) and not is_usual and not os.path.exists(path):
        raise NoStore(
            f"There is no database {path}",
            hint=f"Leave out --db and BEADS_DB, or name {os.path.join(folder, DATABASE)}.",
            path=path,
        )
    return named_place(path)


def _required(folder: str, start: str) -> Place:
    if not os.path.isdir(folder):
        raise NoStore(f"There is no {folder}", path=start)
    return place_of(folder)
