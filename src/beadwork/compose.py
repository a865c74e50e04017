"""The one module that builds concrete things and hands them out.

Doors get a `World` from here: it finds the store, opens the engine on it, and does the few
things that need files without a store.
"""

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from beadwork.client import Client
from beadwork.doors.world import Initialized, Options, Where
from beadwork.engine import Caller, Engine, Guards
from beadwork.model import ids
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    NoStore,
    StoreExists,
    StoreReadOnly,
)
from beadwork.model.history import Version
from beadwork.model.issue import Vocabulary
from beadwork.ops.ready import CheckCapability
from beadwork.ops.record_file import Imported, ImportFile
from beadwork.store.sqlite import Opener
from beadwork.store.store import SqliteStore
from beadwork.sync import config, git, scaffold
from beadwork.sync.files import Files
from beadwork.sync.locate import Place, home_folder, locate, place_of
from beadwork.sync.locks import locked

_LOCK_TIMEOUT_S = 30.0
_LOG = "beadwork.log"
_LOG_BYTES_MAX = 1_000_000


def now_us() -> int:
    """Return the wall clock, in microseconds since the epoch."""
    return time.time_ns() // 1000  # noqa: TID251 -- the one real clock


def _random_hex() -> str:
    return os.urandom(4).hex()  # noqa: TID251 -- the one source of chance


def _no_fault(moment: str) -> None:
    del moment


def _fault_log(folder: str) -> Callable[[str, BaseException], str]:
    def log(operation: str, error: BaseException) -> str:
        # Late import: a fault is rare, and every command would pay for it.
        import traceback

        number = _random_hex()
        path = os.path.join(folder, _LOG)
        text = "".join(traceback.format_exception(error))
        with contextlib.suppress(OSError):
            if os.path.exists(path) and os.path.getsize(path) > _LOG_BYTES_MAX:
                os.replace(path, f"{path}.1")
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"report {number} in {operation} at {now_us()}\n{text}\n")
        return number

    return log


def open_engine(  # noqa: PLR0913 -- what tests replace, each by name
    place: Place,
    *,
    lock_timeout_s: float = _LOCK_TIMEOUT_S,
    clock: Callable[[], int] = now_us,
    opener: Opener | None = None,
    at: Callable[[str], None] = _no_fault,
    vocabulary: Vocabulary | None = None,
) -> Engine:
    """Open the engine on a store.

    `clock`, `opener` and `at` are for tests: the time, a file system that fails, a moment to
    fail at.
    """
    settings = config.load(place.folder)
    words = vocabulary or config.vocabulary(settings)
    if not words.prefix:
        guessed = scaffold.guess_prefix(place.folder, place.records)
        words = Vocabulary(
            **{name: getattr(words, name) for name in words.__struct_fields__ if name != "prefix"},
            prefix=guessed,
        )

    def lock(name: str) -> Callable[[], AbstractContextManager[None]]:
        path = os.path.join(place.folder, name)
        return lambda: locked(path, timeout_s=lock_timeout_s)

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


class DirectWorld:
    """The world of a command that runs in its own process."""

    def __init__(self, environ: Mapping[str, str], folder: str) -> None:
        self.environ = environ
        self.folder = folder

    # -- stores

    def place(self, options: Options) -> Place:
        """Find the store that is meant."""
        return locate(self.folder, self.environ, options.database)

    def open(self, options: Options) -> Engine:
        """Open the engine on the store that is meant.

        Raises:
            NoStore: there is none.
            StoreReadOnly: it belongs to another user.
        """
        place = self.place(options)
        if not os.path.isdir(place.folder):
            raise NoStore(f"There is no folder {place.folder}", path=place.folder)
        if not os.access(place.folder, os.R_OK | os.X_OK):
            raise StoreReadOnly(
                f"The store in {place.folder} belongs to another user",
                hint="Run as its owner, or let the owner open the folder.",
                path=place.folder,
            )
        if not os.path.exists(place.database) and not os.path.exists(place.records):
            raise NoStore(f"{place.folder} holds no store yet", path=place.folder)
        return open_engine(place, lock_timeout_s=options.lock_timeout_s or _LOCK_TIMEOUT_S)

    def caller(self, options: Options) -> Caller:
        """Return who calls: --actor, BD_ACTOR, BEADS_ACTOR, git's user, USER."""
        environ = self.environ
        actor = options.actor or environ.get("BD_ACTOR") or environ.get("BEADS_ACTOR")
        actor = actor or git.identity(self.folder, environ).name or environ.get("USER")
        session = environ.get("BD_SESSION") or environ.get("CLAUDE_SESSION_ID") or ""
        return Caller(Holder(actor or "unknown", session), options.key)

    def owner(self) -> str:
        """Return the e-mail address that an issue's owner is recorded by."""
        return git.identity(self.folder, self.environ).email

    def where(self, options: Options) -> Where:
        """Tell where the store is."""
        place = self.place(options)
        settings = config.load(place.folder)
        prefix = config.vocabulary(settings).prefix
        return Where(
            path=place.folder,
            prefix=prefix or scaffold.guess_prefix(place.folder, place.records),
            database_path=place.database,
            records_path=place.records,
            redirected_from=place.redirected_from,
        )

    def refresh(self, engine: Engine, caller: Caller) -> Imported | None:
        """Take in what others wrote into the file, or committed, since it was last seen."""
        report = engine.run(ImportFile(), caller)
        return None if report.is_unchanged else report

    def peek(self, engine: Engine) -> str:
        """Return what a look at the file and at HEAD tells; another text: look closer."""
        facts = Files().glance(engine.export_path)
        return f"{facts} {git.head_commit(os.path.dirname(engine.export_path))}"

    def log_fault(self, options: Options, what: str, error: BaseException) -> str:
        """Log a fault of ours, where there is a store to log it in; return its number."""
        try:
            folder = self.place(options).folder
        except BeadworkError:
            folder = ""
        return _fault_log(folder)(what, error)

    # -- without a store

    def init(self, options: Options, prefix: str, *, is_quiet: bool) -> Initialized:
        """Make a store here, or one over the records of a classic one.

        Raises:
            StoreExists: there is one, with another prefix.
            FileTrouble: a file can't be written.
        """
        del is_quiet
        explicit = options.database or self.environ.get("BEADS_DB")
        if explicit:
            folder = os.path.dirname(os.path.abspath(os.path.join(self.folder, explicit)))
        elif self.environ.get("BEADS_DIR"):
            folder = os.path.abspath(os.path.join(self.folder, self.environ["BEADS_DIR"]))
        else:
            folder = home_folder(self.folder)
        is_new = scaffold.make_folder(folder)
        place = locate(self.folder, {}, explicit) if explicit else place_of(folder)
        words = config.vocabulary(config.load(place.folder))
        wanted = ids.require_prefix(prefix) if prefix else ""
        if wanted and words.prefix and wanted != words.prefix:
            raise StoreExists(
                f"The store in {place.folder} has the prefix {words.prefix}",
                hint="Leave out --prefix to keep it.",
                path=place.folder,
            )
        chosen = wanted or words.prefix or scaffold.guess_prefix(place.folder, place.records)
        written = [scaffold.settle_config(place.folder, chosen)] if not words.prefix else []
        ignored = scaffold.settle_ignores(place.folder)
        written += [ignored] if ignored else []
        written += scaffold.settle_attributes(place.folder)
        engine = open_engine(place)
        try:
            caller = self.caller(options)
            engine.prepare()
            report = self.refresh(engine, caller)
            missing = self._missing_from_file(place, engine)
        finally:
            engine.close()
        return Initialized(
            path=place.folder,
            prefix=chosen,
            is_new=is_new,
            written=written,
            report=report,
            classic_only=missing,
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

    def full_path(self, path: str) -> str:
        """Return the absolute path of what the user named."""
        return os.path.abspath(os.path.join(self.folder, path))

    def stage(self, engine: Engine) -> None:
        """Add the exported file to git's index, where git tracks it."""
        folder, name = os.path.split(os.path.realpath(engine.export_path))
        if git.run(["ls-files", "--error-unmatch", name], folder=folder) is not None:
            git.run(["add", "--", name], folder=folder)


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
