"""The world of a command that runs in its own process."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from beadwork.compose import reach
from beadwork.compose.places import require_folder, require_ours, require_store
from beadwork.compose.reach import Used
from beadwork.compose.who import who_calls
from beadwork.doors.cli.streams import ProcessStreams
from beadwork.doors.world import (
    BlobStreams,
    Config,
    Daemons,
    Founding,
    Hooks,
    Initialized,
    Neighbour,
    Options,
    Rooted,
    Starting,
    Streams,
    Where,
    Who,
    Worktrees,
)
from beadwork.engine import Caller, Engine, Progress
from beadwork.model.claim import ITSELF, Holder
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    InvalidField,
    InvalidPath,
    NoStore,
    Unavailable,
)
from beadwork.model.version import Version
from beadwork.ops.record_file import Imported, ImportFile
from beadwork.sync import config, git, mounts, scaffold, user_files
from beadwork.sync.config import Settings
from beadwork.sync.files import Files
from beadwork.sync.locate import STORE_VARIABLES, Place, git_place, locate
from beadwork.sync.loss import take_loss
from beadwork.sync.metadata import classic_database
from beadwork.sync.person import Person

if TYPE_CHECKING:
    from beadwork.doors.upkeep import Upkeep

from beadwork.compose.engines import (
    LOCK_TIMEOUT_S,
    blobs_of,
    new_fault_log,
    new_number,
    open_engine,
)

_GLIMPSE_S = 0.1


def _no_daemon(place: Place, wanted: Starting) -> None:
    del place, wanted
    raise Unavailable("A daemon needs a process of its own", hint="Use `bd daemon start`.")


class DirectWorld(Person):
    """The world of a command that runs in its own process."""

    def __init__(self, environ: Mapping[str, str], folder: str) -> None:
        self.environ = environ
        self.folder = folder
        self.streams: Streams = ProcessStreams()
        self.mount_table: Callable[[str], str] = mounts.mount_table
        self._found: dict[str | None, tuple[Place, config.Settings]] = {}
        self.is_alone = False
        """Whether the command line says that it is to do without a daemon."""
        self.is_bound = False
        """Whether the command needs this process, and would not go through a daemon."""
        self.is_served = False
        self.become_daemon: Callable[[Place, Starting], None] = _no_daemon
        """Serves a store from this process; set where that is possible."""
        self.used: Used | None = None
        """The store that was opened, or was to be."""

    def enter(self, path: str, *, flag: str = "-C") -> None:
        """Go on as if started in another folder.

        Raises:
            InvalidPath: there is no such folder.
        """
        folder = self.full_path(path)
        if not path or not os.path.isdir(folder):
            raise InvalidPath(f'There is no folder "{path}"', hint=f"Check the path after {flag}.")
        self.folder = folder
        self._found.clear()

    def visit(self, path: str, *, flag: str) -> None:
        """Go on in the store of another repository, whichever the environment names.

        Raises:
            InvalidPath: there is no such folder.
        """
        self.enter(path, flag=flag)
        self.environ = {
            name: value for name, value in self.environ.items() if name not in STORE_VARIABLES
        }

    # -- stores

    def place(self, options: Options) -> Place:
        """Find the store that is meant."""
        return self._find(options)[0]

    def _find(self, options: Options) -> tuple[Place, config.Settings]:
        found = self._found.get(options.database)
        if found is None:
            place = locate(self.folder, self.environ, options.database)
            settings = config.load(place.folder, self.environ)
            place = place.with_path(settings.text("store.path"), self.environ)
            found = self._found[options.database] = (place, settings)
        return found

    def setting(self, options: Options, key: str) -> str:
        """Return a setting as the files and the environment have it; empty if they don't."""
        try:
            return self._find(options)[1].text(key)
        except NoStore:
            return config.load(None, self.environ).text(key)

    def config(self, options: Options) -> Config:
        """Return the settings in their layers."""
        from beadwork.sync.config_files import ConfigFiles

        try:
            folder = locate(self.folder, self.environ, options.database).folder
        except NoStore:
            folder = None
        self._found.clear()
        return ConfigFiles(folder, self.environ)

    def hooks(self, options: Options) -> Hooks:
        """Return the hooks of the repository around this folder.

        Raises:
            NoRepository: there is none.
        """
        from beadwork.sync.hooks import Hooks as GitHooks

        try:
            beads = self.place(options).folder
        except BeadworkError:
            beads = None
        return GitHooks(self.folder, beads)

    def require_here(self) -> None:
        """Take note of it: this is the process of the user."""
        self.is_bound = True

    def wish(self, settings: Settings) -> reach.Wish:
        """Return what is wished of daemons."""
        alone = self.is_alone or reach.is_alone((), self.environ)
        return reach.wish(settings, self.environ, alone=alone)

    def mode(self, options: Options) -> reach.Mode:
        """Return whether the store that is meant is to be used through a daemon."""
        return self.wish(self._find(options)[1]).mode

    def daemons(self, options: Options) -> Daemons:
        """Return the daemons of this user, that of the store that is meant among them."""
        from beadwork.compose.daemons import UserDaemons

        return UserDaemons(self, lambda: self.place(options))

    def open(self, options: Options) -> Engine:
        """Open the engine on the store that is meant.

        Raises:
            NoStore: there is none.
            StoreReadOnly: it belongs to another user.
        """
        place, settings = self._find(options)
        require_folder(place)
        self._require_local(place)
        require_store(place)
        mode = self.wish(settings).mode
        watch = reach.contention(place, settings, mode=mode)
        self.used = Used(place, settings, watch)
        if not self.is_bound:
            reach.require(place, mode)
        timeout_s = options.lock_timeout_s or settings.seconds("lock-timeout")
        timeout_s = timeout_s or LOCK_TIMEOUT_S
        return open_engine(place, lock_timeout_s=timeout_s, settings=settings, contention=watch)

    def upkeep(self, options: Options) -> "Upkeep":
        """Return what looks after the store's files: doctor, backup, restore."""
        from beadwork.compose.upkeep import upkeep_of

        try:
            place = self.place(options)
        except InvalidField:
            # The settings can't be read; doctor says so.
            place = locate(self.folder, self.environ, options.database)
        return upkeep_of(
            place,
            self.environ,
            open_engine=lambda: self.open(options),
            lock_timeout_s=options.lock_timeout_s or LOCK_TIMEOUT_S,
            caller=self.caller(options),
        )

    def _require_local(self, place: Place) -> None:
        """Refuse a database on a network file system; make the folder of one elsewhere."""
        folder = place.lock_folder
        if folder != place.folder:
            scaffold.make_folder(folder)
        mounts.require_local(folder, self.mount_table(folder))

    def caller(self, options: Options) -> Caller:
        """Return who calls."""
        found = self.who(options)
        return Caller(Holder(found.actor, found.session), options.key)

    def who(self, options: Options) -> Who:
        """Return who calls, and from where that is known."""

        def setting() -> str:
            with contextlib.suppress(BeadworkError):
                return self.setting(options, "actor")
            return ""

        return who_calls(
            options.actor,
            self.environ,
            setting=setting,
            git_name=lambda: git.identity(self.folder, self.environ).name,
        )

    def owner(self) -> str:
        """Return the e-mail address that an issue's owner is recorded by."""
        return git.identity(self.folder, self.environ).email

    def where(self, options: Options) -> Where:
        """Tell where the store is."""
        place, settings = self._find(options)
        prefix = config.vocabulary(settings).prefix
        return Where(
            path=place.folder,
            prefix=prefix or scaffold.guess_prefix(place.folder, place.records),
            database_path=place.database,
            records_path=place.records,
            redirected_from=place.redirected_from,
        )

    def refresh(
        self, engine: Engine, caller: Caller, progress: Progress | None = None
    ) -> Imported | None:
        """Take in what others wrote into the file, or committed, since it was last seen."""
        report = engine.run(ImportFile(), caller, progress)
        return None if report.is_unchanged else report

    def is_lost(self, options: Options) -> bool:
        """Tell, once, whether the database was lost and made anew from the file."""
        return take_loss(self.place(options))

    def write_file(self, engine: Engine, caller: Caller) -> None:
        """Bring the file up to the store, at the end of a command that changed something."""
        engine.flush(caller)

    def write_logs(self, options: Options, engine: Engine, caller: Caller) -> None:
        """Bring the logs up to the store, but for what would take long; a later one goes on."""
        if self._find(options)[1].has_logs:
            from beadwork.ops.log import AppendLogs

            engine.run(AppendLogs(pages_max=1), caller)

    def catch_up(self, engine: Engine, caller: Caller) -> None:
        """Do nothing: the file is as the last command left it."""

    def peek(self, engine: Engine) -> str:
        """Return what a look at the file and at HEAD tells; another text: look closer."""
        facts = Files().glance(engine.export_path)
        return f"{facts} {git.head_commit(os.path.dirname(engine.export_path))}"

    def glimpse(self, engine: Engine) -> str:
        """Return what differs once the store, its file or HEAD has changed."""
        return f"{engine.data_version()} {self.peek(engine)}"

    def await_change(self, engine: Engine, seen: str, timeout_s: float | None) -> bool:
        """Wait until a glimpse is another than one that was seen; tell whether it is."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.glimpse(engine) == seen:
            left = _GLIMPSE_S if end is None else end - time.monotonic()
            if left <= 0 or not self.streams.is_read:
                return False
            time.sleep(min(left, _GLIMPSE_S))
        return True

    def log_fault(self, options: Options, what: str, error: BaseException) -> str:
        """Log a fault of ours, where there is a store to log it in; return its number."""
        try:
            folder = self.place(options).folder
        except Exception:  # noqa: BLE001 -- it may be the very thing that failed
            folder = ""
        return new_fault_log(folder)(what, error)

    def worktrees(self) -> Worktrees[Any]:
        """Return the worktrees of the repository around this folder.

        Raises:
            NoRepository: there is none.
        """
        from beadwork.sync.worktrees import Worktrees as GitWorktrees

        return GitWorktrees(self.folder)

    def neighbour(self, folder: str) -> Neighbour:
        """Return the store of another repository.

        Raises:
            NoStore: there is none.
        """
        from beadwork.sync.neighbour import Neighbour as OtherStore

        return OtherStore(folder, self.environ)

    def migrations(self) -> list[str]:
        """Return the migrations of the database that this program knows."""
        from beadwork.store.migrate import names

        return names()

    # -- without a store

    def init(self, options: Options, wanted: Founding) -> Initialized:
        """Make a store here, or one over the records of a classic one.

        Raises:
            StoreExists: there is one, with another prefix.
            StoreRemote: the database would lie on a network file system.
            InvalidPath: the database is another program's.
            FileTrouble: a file can't be written.
        """
        from beadwork.sync.founding import Site, found

        site = Site(self.folder, self.environ, options.database, self.mount_table)
        require_ours(site.place)
        made = found(site, wanted)
        self._found.clear()
        place = made.place
        self._require_local(place)
        engine = open_engine(place)
        try:
            engine.prepare()
            report = self.refresh(engine, self.caller(options))
            missing = self._missing_from_file(place, engine)
        finally:
            engine.close()
        return Initialized(
            path=place.folder,
            prefix=made.prefix,
            is_new=made.is_new,
            written=made.written,
            report=report,
            classic_only=missing,
            is_hidden=made.is_hidden,
            is_tracked=made.is_tracked,
            foreign_hooks=made.foreign_hooks,
        )

    def _missing_from_file(self, place: Place, engine: Engine) -> list[str]:
        from beadwork.ops.issue import ListIssues
        from beadwork.store.sqlite import classic_issue_ids

        path = classic_database(place.folder)
        if path is None:
            return []
        everything = ListIssues(all=True, limit=0, include_gates=True, include_templates=True)
        caller = Caller(ITSELF)
        known = {each.issue.id for each in engine.run(everything, caller).issues}
        return sorted(classic_issue_ids(path) - known)

    def merge_files(self, out: str, base: str, left: str, right: str) -> int:
        """Merge three files into one, as git's merge driver; return how many lines stay unread."""
        from beadwork.sync.merge import merge

        files = Files()

        def content(path: str) -> bytes:
            return files.read(path)[0] if os.path.exists(path) or path != base else b""

        merged = merge(content(base), content(left), content(right), history=self._merged_history)
        files.replace(out, merged.content)
        return len(merged.unreadable)

    def _merged_history(self) -> list[Version]:
        """Return what the commits that git is merging did to the file, where git tells."""
        spans = [f"HEAD...{each}" for each in git.merged_heads(self.environ)]
        try:
            path = self.place(Options()).records
        except BeadworkError:
            return []
        return [version for span in spans for version in git.versions(path, span) or []]

    def read_file(self, path: str) -> bytes:
        """Read a file that the user named.

        Raises:
            FileTrouble: it can't be read.
        """
        full = os.path.join(self.folder, path)
        if os.path.isdir(full):
            raise FileTrouble(f"{path} is a folder", hint="Name a file.", path=path)
        return Files().read(full)[0]

    def append_interaction(self, options: Options, entry: Mapping[str, object]) -> str:
        """Append an entry to the log of interactions; return the id that it gets.

        Raises:
            FileTrouble: the log can't be written.
        """
        import msgspec

        from beadwork.sync import interactions

        name = f"int-{new_number()}"
        folder = self.place(options).folder
        interactions.append(folder, msgspec.json.encode({"id": name, **entry}))
        return name

    def put_file(self, path: str, content: bytes) -> None:
        """Write a file that the user named."""
        user_files.put(self.full_path(path), content)

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield what a file holds that the user named, in pieces; `-` is standard input."""
        return self.streams.pieces() if path == "-" else user_files.pieces(self.full_path(path))

    def put_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        """Write a file that the user named, once all of it has come; return its size in bytes."""
        return user_files.put_pieces(self.full_path(path), pieces)

    def blobs(self, options: Options) -> BlobStreams:
        """Return the files of blobs of the store that is meant."""
        return blobs_of(self.place(options))

    def drop_file(self, path: str, until: str) -> None:
        """Remove a file, and the folders below `until` that are empty without it."""
        user_files.drop(path, until)

    def uncommitted(self, options: Options) -> list[str]:
        """Return the files of the store's folder that git would commit but has not."""
        return git.uncommitted(self.place(options).folder)

    def full_path(self, path: str) -> str:
        """Return the absolute path of what the user named."""
        return os.path.abspath(path if os.path.isabs(path) else os.path.join(self.folder, path))

    def rooted(self, options: Options, path: str) -> Rooted:
        """Return a path or pattern that the user named, seen from the root of the work tree."""
        found = git_place(self.folder)
        root = found.work_tree if found is not None else None
        root = os.path.realpath(root or os.path.dirname(self.place(options).folder))
        here = os.path.realpath(self.folder)
        full = os.path.join(here, path)
        folder = os.path.relpath(here, root)
        if os.path.isabs(path):
            above, name = os.path.split(path.rstrip("/"))
            folder, path = ".", os.path.relpath(os.path.join(os.path.realpath(above), name), root)
        folder = "" if folder == "." else folder
        return Rooted(folder, path, os.path.lexists(full), os.path.isdir(full))

    def staged_paths(self, timeout_s: float) -> list[str] | None:
        """Return what the commit that is being made changes; None if git does not tell."""
        if git_place(self.folder) is None:
            return []
        return git.staged(self.folder, timeout_s=timeout_s)

    def stage(self, engine: Engine) -> None:
        """Add the exported file to git's index, where git tracks it."""
        git.stage(engine.export_path)

    def commits_since(self, engine: Engine, hours: int) -> int | None:
        """Count the latest commits that changed the file; None outside a git repository."""
        folder, name = os.path.split(os.path.realpath(engine.export_path))
        if git_place(folder) is None:
            return None
        since = f"--since={hours} hours ago"
        found = git.run(["rev-list", "--count", since, "HEAD", "--", name], folder=folder)
        return int(found or 0)
