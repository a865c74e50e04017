"""Making a store's folder, with all that `init` writes beside the database."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from beadwork.model import ids
from beadwork.model.errors import StoreExists
from beadwork.sync import config, git, mounts, scaffold
from beadwork.sync.config_files import alone_with
from beadwork.sync.hooks import Hooks
from beadwork.sync.locate import Place, home_folder, named_place, place_of


class Wanted(scaffold.Wanted, Protocol):
    """What `init` was asked for."""

    @property
    def prefix(self) -> str: ...  # noqa: D102 -- a protocol
    @property
    def source(self) -> str: ...  # noqa: D102 -- a protocol
    @property
    def has_hooks(self) -> bool: ...  # noqa: D102 -- a protocol


class Site(NamedTuple):
    """Where `init` runs."""

    folder: str
    environ: Mapping[str, str]
    database: str | None
    mount_table: Callable[[str], str]

    @property
    def explicit(self) -> str:
        """Return the database that was named, if one was."""
        if self.database or self.environ.get("BEADS_DIR"):
            return self.database or ""
        return self.environ.get("BEADS_DB") or self.environ.get("BD_DB") or ""

    @property
    def home(self) -> str:
        """Return the folder of the store that is made here."""
        if self.explicit:
            path = os.path.abspath(os.path.join(self.folder, self.explicit))
            return path if os.path.isdir(path) else os.path.dirname(path)
        if self.environ.get("BEADS_DIR"):
            return os.path.abspath(os.path.join(self.folder, self.environ["BEADS_DIR"]))
        return home_folder(self.folder)

    @property
    def place(self) -> Place:
        """Return the store that is made here, or is here already."""
        if not self.explicit:
            return place_of(self.home)
        return named_place(os.path.abspath(os.path.join(self.folder, self.explicit)))


class Founded(NamedTuple):
    """What was made, and which hooks of others were left alone."""

    place: Place
    prefix: str
    is_new: bool
    written: list[str]
    is_hidden: bool
    is_tracked: bool
    foreign_hooks: list[str]


def found(site: Site, wanted: Wanted) -> Founded:
    """Make the folder of a store, its config, and what git is to know of it.

    A repeat keeps what is there.

    Raises:
        StoreExists: there is a store, with another prefix.
        StoreRemote: the database would lie on a network file system.
        FileTrouble: a file can't be written.
    """
    wished = ids.require_prefix(wanted.prefix) if wanted.prefix else ""
    folder = site.home
    _require_local(site, folder)
    is_new = scaffold.make_folder(folder)
    place = site.place
    with alone_with(os.path.join(place.folder, "config.yaml")):
        there = config.vocabulary(config.load(place.folder)).prefix
        prefix = _prefix(place, wished, there, wanted.source)
        written = [] if there else [scaffold.settle_config(place.folder, prefix)]
    path = site.environ.get("BD_STORE_PATH", "")
    written += scaffold.settle(place.folder, wanted, store_path=path)
    settings = config.load(place.folder, site.environ)
    place = place.with_path(settings.text("store.path"), site.environ)
    is_hidden = scaffold.is_hidden(place.folder)
    foreign = _settle_hooks(place, written) if wanted.has_hooks and not is_hidden else []
    is_tracked = is_hidden and bool(git.run(["ls-files", "."], folder=place.folder))
    return Founded(place, prefix, is_new, written, is_hidden, is_tracked, foreign)


def _require_local(site: Site, folder: str) -> None:
    """Refuse before anything is made, unless the database is to lie elsewhere."""
    if not config.load(folder, site.environ).text("store.path"):
        nearest = folder if os.path.isdir(folder) else os.path.dirname(folder)
        mounts.require_local(nearest, site.mount_table(nearest))


def _prefix(place: Place, wished: str, there: str, source: str) -> str:
    if wished and there and wished != there:
        raise StoreExists(
            f"The store in {place.folder} has the prefix {there}",
            hint="Leave out --prefix to keep it, or run `bd rename-prefix`.",
            path=place.folder,
        )
    records = place.records if os.path.exists(place.records) else source
    return wished or there or scaffold.guess_prefix(place.folder, records)


def _settle_hooks(place: Place, written: list[str]) -> list[str]:
    """Install git's hooks where none are in the way; return the names of those that are."""
    if place.work_tree is None:
        return []
    hooks = Hooks(place.work_tree, place.folder)
    if hooks.is_elsewhere:
        return [each.name for each in hooks.states() if not each.is_installed]
    before = {each.name for each in hooks.states() if each.is_current}
    done = hooks.install(only_free=True)
    written += [os.path.join(done.folder, name) for name in done.names if name not in before]
    return done.skipped
