"""The one module that builds concrete things and hands them out.

Doors get a `World` from here: it finds the store, opens the engine on it, and does the few
things that need files without a store.
"""

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from beadwork.client import Client
from beadwork.doors.world import Config, Founding, Hooks, Initialized, Options, Where, Worktrees
from beadwork.engine import Caller, Engine, Guards, Progress
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    InvalidField,
    InvalidPath,
    NoStore,
)
from beadwork.model.history import Version
from beadwork.model.issue import Vocabulary
from beadwork.ops.ready import CheckCapability
from beadwork.ops.record_file import Imported, ImportFile
from beadwork.store.sqlite import Opener
from beadwork.store.store import SqliteStore
from beadwork.sync import config, git, mounts, scaffold, user_files
from beadwork.sync.fault_log import fault_log
from beadwork.sync.files import Files
from beadwork.sync.locate import Place, git_place, locate
from beadwork.sync.locks import locked, refuse_foreign
from beadwork.sync.person import Person

if TYPE_CHECKING:
    from beadwork.doors.upkeep import Upkeep

_LOCK_TIMEOUT_S = 30.0
_GLIMPSE_S = 0.1


def now_us() -> int:
    """Return the wall clock, in microseconds since the epoch."""
    return time.time_ns() // 1000  # noqa: TID251 -- the one real clock


def _random_hex() -> str:
    return os.urandom(4).hex()  # noqa: TID251 -- the one source of chance


def _no_fault(moment: str) -> None:
    del moment


def _fault_log(folder: str) -> Callable[[str, BaseException], str]:
    return fault_log(folder, new_number=_random_hex, now_us=now_us)


def open_engine(  # noqa: PLR0913 -- what tests replace, each by name
    place: Place,
    *,
    lock_timeout_s: float = _LOCK_TIMEOUT_S,
    clock: Callable[[], int] = now_us,
    opener: Opener | None = None,
    at: Callable[[str], None] = _no_fault,
    vocabulary: Vocabulary | None = None,
    settings: config.Settings | None = None,
) -> Engine:
    """Open the engine on a store.

    `clock`, `opener` and `at` are for tests: the time, a file system that fails, a moment to
    fail at.
    """
    settings = settings or config.load(place.folder)
    words = vocabulary or config.vocabulary(settings)
    if not words.prefix:
        guessed = scaffold.guess_prefix(place.folder, place.records)
        words = Vocabulary(
            **{name: getattr(words, name) for name in words.__struct_fields__ if name != "prefix"},
            prefix=guessed,
        )

    def lock(name: str) -> Callable[[], AbstractContextManager[None]]:
        path = place.lock_path(name)
        return lambda: locked(path, timeout_s=lock_timeout_s, store=place.folder)

    store = SqliteStore(
        place.database,
        busy_ms=int(lock_timeout_s * 1000),
        new_replica=_random_hex,
        outside=_Projects(place.folder, settings),
        opener=opener,
    )
    guards = Guards(
        now_us=clock,
        write_lock=lock("write.lock"),
        export_lock=lock("export.lock"),
        log_fault=_fault_log(place.folder),
        at=at,
    )
    return Engine(store, vocabulary=words, guards=guards, files=Files(), export_path=place.records)


class _Projects:
    """Looks up what other projects provide, by `external_projects.<name>: <path>`."""

    def __init__(self, folder: str, settings: config.Settings) -> None:
        self._base = os.path.dirname(folder)
        self._settings = settings
        self._answers: dict[str, bool] = {}

    def __call__(self, target: str) -> bool:
        """Tell whether `external:<project>:<capability>` is provided; what is not known is not."""
        if target not in self._answers:
            self._answers[target] = self._ask(target)
        return self._answers[target]

    def _ask(self, target: str) -> bool:
        _, project, capability = target.split(":", 2) if target.count(":") > 1 else ("", "", "")
        path = self._settings.text(f"external_projects.{project}")
        if not path:
            return False
        try:
            place = locate(os.path.join(self._base, os.path.expanduser(path)), {})
            place = place.with_path(config.load(place.folder).text("store.path"), os.environ)
            if not os.path.exists(place.database):
                return False
            engine = open_engine(place)
        except BeadworkError:
            return False
        try:
            caller = Caller(Holder("beadwork"))
            return engine.run(CheckCapability(capability=capability), caller).provided
        except BeadworkError:
            return False
        finally:
            engine.close()


class DirectWorld(Person):
    """The world of a command that runs in its own process."""

    def __init__(self, environ: Mapping[str, str], folder: str) -> None:
        self.environ = environ
        self.folder = folder
        self.mount_table: Callable[[str], str] = mounts.mount_table
        self._found: dict[str | None, tuple[Place, config.Settings]] = {}

    def enter(self, path: str) -> None:
        """Go on as if started in another folder.

        Raises:
            InvalidPath: there is no such folder.
        """
        folder = self.full_path(path)
        if not path or not os.path.isdir(folder):
            raise InvalidPath(f'There is no folder "{path}"', hint="Check the path after -C.")
        self.folder = folder
        self._found.clear()

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

    def open(self, options: Options) -> Engine:
        """Open the engine on the store that is meant.

        Raises:
            NoStore: there is none.
            StoreReadOnly: it belongs to another user.
        """
        place, settings = self._find(options)
        if not os.path.isdir(place.folder):
            raise NoStore(f"There is no folder {place.folder}", path=place.folder)
        if not os.access(place.folder, os.R_OK | os.X_OK):
            refuse_foreign(place.folder, os.stat(place.folder).st_uid)
        self._require_local(place)
        if not os.path.exists(place.database) and not os.path.exists(place.records):
            raise NoStore(f"{place.folder} holds no store yet", path=place.folder)
        timeout_s = options.lock_timeout_s or config.length_s(settings.text("lock-timeout"))
        timeout_s = timeout_s or _LOCK_TIMEOUT_S
        return open_engine(place, lock_timeout_s=timeout_s, settings=settings)

    def upkeep(self, options: Options) -> "Upkeep":
        """Return what looks after the store's files: doctor, backup, restore."""
        from beadwork.doors.upkeep import Upkeep
        from beadwork.doors.upkeep_parts import Parts
        from beadwork.store.backup import Database
        from beadwork.sync.health import Surroundings

        try:
            place = self.place(options)
        except InvalidField:
            # The settings can't be read; doctor says so.
            place = locate(self.folder, self.environ, options.database)
        lock_path = place.lock_path("write.lock")
        timeout_s = options.lock_timeout_s or _LOCK_TIMEOUT_S
        parts = Parts(
            database=Database(place.database),
            database_at=Database,
            around=Surroundings(place, self.environ),
            folder=place.folder,
            open_engine=lambda: self.open(options),
            write_lock=lambda: locked(lock_path, timeout_s=timeout_s, store=place.folder),
            caller=self.caller(options),
            now_us=now_us,
        )
        return Upkeep(parts)

    def _require_local(self, place: Place) -> None:
        """Refuse a database on a network file system; make the folder of one elsewhere."""
        folder = place.lock_folder
        if folder != place.folder:
            scaffold.make_folder(folder)
        mounts.require_local(folder, self.mount_table(folder))

    def caller(self, options: Options) -> Caller:
        """Return who calls: --actor, BD_ACTOR, BEADS_ACTOR, git's user, USER."""
        environ = self.environ
        actor = options.actor or environ.get("BD_ACTOR") or environ.get("BEADS_ACTOR")
        with contextlib.suppress(BeadworkError):
            actor = actor or self.setting(options, "actor")
        actor = actor or git.identity(self.folder, environ).name or environ.get("USER")
        session = environ.get("BD_SESSION") or environ.get("CLAUDE_SESSION_ID") or ""
        return Caller(Holder(actor or "unknown", session), options.key)

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
            if left <= 0:
                return False
            time.sleep(min(left, _GLIMPSE_S))
        return True

    def log_fault(self, options: Options, what: str, error: BaseException) -> str:
        """Log a fault of ours, where there is a store to log it in; return its number."""
        try:
            folder = self.place(options).folder
        except BeadworkError:
            folder = ""
        return _fault_log(folder)(what, error)

    def worktrees(self) -> Worktrees[Any]:
        """Return the worktrees of the repository around this folder.

        Raises:
            NoRepository: there is none.
        """
        from beadwork.sync.worktrees import Worktrees as GitWorktrees

        return GitWorktrees(self.folder)

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
            FileTrouble: a file can't be written.
        """
        from beadwork.sync.founding import Site, found

        made = found(Site(self.folder, self.environ, options.database, self.mount_table), wanted)
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

        path = scaffold.classic_rows(place.folder)
        if path is None:
            return []
        everything = ListIssues(all=True, limit=0, include_gates=True, include_templates=True)
        caller = Caller(Holder("beadwork"))
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

        name = f"int-{_random_hex()}"
        folder = self.place(options).folder
        interactions.append(folder, msgspec.json.encode({"id": name, **entry}))
        return name

    def put_file(self, path: str, content: bytes) -> None:
        """Write a file that the user named."""
        user_files.put(self.full_path(path), content)

    def drop_file(self, path: str, until: str) -> None:
        """Remove a file, and the folders below `until` that are empty without it."""
        user_files.drop(path, until)

    def uncommitted(self, options: Options) -> list[str]:
        """Return the files of the store's folder that git would commit but has not."""
        return git.uncommitted(self.place(options).folder)

    def full_path(self, path: str) -> str:
        """Return the absolute path of what the user named."""
        return os.path.abspath(os.path.join(self.folder, path))

    def stage(self, engine: Engine) -> None:
        """Add the exported file to git's index, where git tracks it."""
        folder, name = os.path.split(os.path.realpath(engine.export_path))
        if git.run(["ls-files", "--error-unmatch", name], folder=folder) is not None:
            git.run(["add", "--", name], folder=folder)

    def commits_since(self, engine: Engine, hours: int) -> int | None:
        """Count the latest commits that changed the file; None outside a git repository."""
        folder, name = os.path.split(os.path.realpath(engine.export_path))
        if git_place(folder) is None:
            return None
        since = f"--since={hours} hours ago"
        found = git.run(["rev-list", "--count", since, "HEAD", "--", name], folder=folder)
        return int(found or 0)


def run_bd(arguments: list[str]) -> int:
    """Run the `bd` command line in this process; return its exit code."""
    from beadwork.doors.cli.main import run

    return run(arguments, DirectWorld(os.environ, _working_folder()))


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"


def run_module(arguments: list[str]) -> int:
    """Run `python -m beadwork`; return its exit code."""
    from beadwork.doors.module import run

    return run(arguments, DirectWorld(os.environ, _working_folder()))


def connect(
    path: str = ".", *, actor: str = "", session: str = "", lock_timeout_s: float | None = None
) -> Client:
    """Return a Python client of the store that a folder means: `beadwork.Client`.

    Raises:
        NoStore: there is none.
    """
    world = DirectWorld(os.environ, os.path.abspath(path))
    options = Options(actor=actor, lock_timeout_s=lock_timeout_s)
    holder = world.caller(options).holder
    if session:
        holder = holder._replace(session=session)
    return Client(world.open(options), holder=holder, refresh=world.refresh, peek=world.peek)
