"""Opens the engine on a store, with the real clock, chance, locks and logs."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, Protocol

from beadwork.engine import Caller, Engine, Guards
from beadwork.model import limits
from beadwork.model.claim import ITSELF
from beadwork.model.errors import (
    BeadworkError,
    ClockWrong,
)
from beadwork.model.issue import Vocabulary
from beadwork.ops.ready import CheckCapability
from beadwork.store.sqlite import CACHE_KIB, Opener
from beadwork.store.store import SqliteStore
from beadwork.sync import config, git, scaffold
from beadwork.sync.blobs import Blobs
from beadwork.sync.fault_log import fault_log
from beadwork.sync.files import Files
from beadwork.sync.locate import Place, locate
from beadwork.sync.locks import locked
from beadwork.sync.log_files import LogFiles
from beadwork.sync.loss import note_loss

if TYPE_CHECKING:
    from beadwork.compose.reach import Contention

LOCK_TIMEOUT_S = 30.0
_LOG_LOCK_TIMEOUT_S = 2.0
_POLL_S = 0.05


class Locking(Protocol):
    """Takes a lock between processes."""

    def __call__(self, path: str, *, timeout_s: float, store: str) -> AbstractContextManager[None]:
        """Return what holds it as long as it is entered."""


def now_us() -> int:
    """Return the wall clock, in microseconds since the epoch."""
    return time.time_ns() // 1000  # noqa: TID251 -- the one real clock


def _require_clock(clock: Callable[[], int]) -> int:
    """Return what a clock shows.

    Raises:
        ClockWrong: no record could hold it.
    """
    now = clock()
    if now > limits.CLOCK_US_MAX:
        raise ClockWrong
    return now


def new_number() -> str:
    """Return eight random hexadecimal digits."""
    return os.urandom(4).hex()  # noqa: TID251 -- the one source of chance


def _no_fault(moment: str) -> None:
    del moment


def new_fault_log(folder: str) -> Callable[[str, BaseException], str]:
    """Return what logs a fault of ours beside the store in a folder."""
    return fault_log(folder, new_number=new_number, now_us=now_us)


def words_of(place: Place, settings: config.Settings) -> Vocabulary:
    """Return the words of a project; where no prefix is set, the guessed one."""
    words = config.vocabulary(settings)
    if words.prefix:
        return words
    rest = {name: getattr(words, name) for name in words.__struct_fields__ if name != "prefix"}
    return Vocabulary(**rest, prefix=scaffold.guess_prefix(place.folder, place.records))


def blobs_of(place: Place, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> Blobs:
    """Return the blobs of a store."""
    lock = place.lock_path("blob.lock")
    return Blobs(place.blob_folder, lock, timeout_s=lock_timeout_s, store=place.folder)


def logs_of(place: Place) -> LogFiles:
    """Return the logs of a store."""
    lock = place.lock_path("log.lock")
    return LogFiles(place.log_folder, lock, timeout_s=_LOG_LOCK_TIMEOUT_S, store=place.folder)


def open_engine(  # noqa: PLR0913 -- what tests replace, each by name
    place: Place,
    *,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    clock: Callable[[], int] = now_us,
    opener: Opener | None = None,
    at: Callable[[str], None] = _no_fault,
    vocabulary: Vocabulary | None = None,
    settings: config.Settings | None = None,
    current: Callable[[], config.Settings] | None = None,
    kind: type[Engine] = Engine,
    has_checkpoints: bool = True,
    cache_kib: int = CACHE_KIB,
    contention: "Contention | None" = None,
) -> Engine:
    """Open the engine on a store.

    `current` returns the settings as they are later, for an engine that lives on. `clock`,
    `opener` and `at` are for tests: the time, a file system that fails, a moment to fail at.
    """
    settings = settings or config.load(place.folder)
    words = vocabulary or words_of(place, settings)
    note_loss(place)

    def lock(name: str, take: Locking = locked) -> Callable[[], AbstractContextManager[None]]:
        path = place.lock_path(name)
        return lambda: take(path, timeout_s=lock_timeout_s, store=place.folder)

    store = SqliteStore(
        place.database,
        busy_ms=int(lock_timeout_s * 1000),
        new_replica=new_number,
        blob_files=blobs_of(place, lock_timeout_s=lock_timeout_s),
        outside=_Projects(place.folder, current or (lambda: settings)),
        case_blind=_CaseBlind(place.folder),
        opener=opener,
        has_checkpoints=has_checkpoints,
        cache_kib=cache_kib,
    )
    guards = Guards(
        now_us=lambda: _require_clock(clock),
        write_lock=lock("write.lock", contention.locked if contention else locked),
        export_lock=lock("export.lock"),
        log_fault=new_fault_log(place.folder),
        at=at,
        listen=PollingEar,
        logs=logs_of(place),
    )
    return kind(store, vocabulary=words, guards=guards, files=Files(), export_path=place.records)


class PollingEar:
    """Listens without a daemon: looks whether another process has written to the store (R10)."""

    def __init__(self, engine: Engine, names: Sequence[str], wait_s: float) -> None:
        del names
        self._engine = engine
        self._end_s = time.monotonic() + wait_s
        self._seen = engine.foreign_version()
        self._before = _end_by_exception()

    def wait(self, look_s: float | None) -> bool:
        """Wait until there may be something, at most so long; tell whether to look again."""
        look_at_s = self._end_s if look_s is None else time.monotonic() + look_s
        while (now_s := time.monotonic()) < self._end_s:
            seen, self._seen = self._seen, self._engine.foreign_version()
            if seen != self._seen or now_s >= look_at_s:
                return True
            time.sleep(min(_POLL_S, self._end_s - now_s, max(look_at_s - now_s, 0.0)))
        return False

    def close(self) -> None:
        """Listen no more."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None


_Handler = Callable[[int, FrameType | None], object] | int | None


def _end_by_exception() -> _Handler:
    """Let SIGTERM end what waits as an interrupt does: it leaves the line. Return what it did."""

    def end(number: int, frame: object) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return None  # Somebody else sees to it.
    return signal.signal(signal.SIGTERM, end)


class _CaseBlind:
    """Tells whether git takes paths that differ in case only for the same (R19).

    Asked again only where git's configuration is another than it was.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._is_blind = False

    def __call__(self) -> bool:
        seen = git.configuration_of(self._folder)
        if seen is None or seen != self._seen:
            self._is_blind = git.ignores_case(self._folder)
            self._seen = seen
        return self._is_blind


class _Projects:
    """Looks up what other projects provide, by `external_projects.<name>: <path>`.

    Asked again only where the other store is another than it was.
    """

    def __init__(self, folder: str, settings: Callable[[], config.Settings]) -> None:
        self._base = os.path.dirname(folder)
        self._settings = settings
        self._answers: dict[str, tuple[_Seen, bool]] = {}

    def __call__(self, target: str) -> bool:
        """Tell whether `external:<project>:<capability>` is provided; what is not known is not."""
        _, project, capability = target.split(":", 2) if target.count(":") > 1 else ("", "", "")
        place = self._place_of(project)
        seen = _seen(place.database) if place is not None else ()
        if place is None or not seen:
            return False
        known = self._answers.get(target)
        if known is None or known[0] != seen:
            known = self._answers[target] = (seen, _provides(place, capability))
        return known[1]

    def _place_of(self, project: str) -> Place | None:
        path = self._settings().text(f"external_projects.{project}")
        if not path:
            return None
        try:
            place = locate(os.path.join(self._base, os.path.expanduser(path)), {})
            return place.with_path(config.load(place.folder).text("store.path"), os.environ)
        except BeadworkError:
            return None


_Seen = tuple[tuple[int, int, int], ...]


def _seen(database: str) -> _Seen:
    """Return what differs once a store was written to; empty if there is none."""
    found = []
    for path in (database, f"{database}-wal"):
        with contextlib.suppress(OSError):
            facts = os.stat(path)
            found.append((facts.st_ino, facts.st_size, facts.st_mtime_ns))
    return tuple(found) if os.path.exists(database) else ()


def _provides(place: Place, capability: str) -> bool:
    try:
        engine = open_engine(place)
    except BeadworkError:
        return False
    try:
        return engine.run(CheckCapability(capability=capability), Caller(ITSELF)).provided
    except BeadworkError:
        return False
    finally:
        engine.close()
