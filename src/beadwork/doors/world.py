"""What a door is given of the world around it; `compose` builds it."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from beadwork.engine import Caller, Engine
from beadwork.ops.record_file import Imported


class Options(NamedTuple):
    """What the global flags say."""

    database: str | None = None
    actor: str = ""
    key: str = ""
    lock_timeout_s: float | None = None


class Where(NamedTuple):
    """Where a store is."""

    path: str
    prefix: str
    database_path: str
    records_path: str
    redirected_from: str | None


class Initialized(NamedTuple):
    """What `init` did. `classic_only`: ids that only the classic database holds."""

    path: str
    prefix: str
    is_new: bool
    written: list[str]
    report: Imported | None
    classic_only: list[str]


class World(Protocol):
    """Finding and opening stores, and the few things that need files without one."""

    environ: Mapping[str, str]

    def open(self, options: Options) -> Engine: ...
    def caller(self, options: Options) -> Caller: ...
    def owner(self) -> str: ...
    def where(self, options: Options) -> Where: ...
    def refresh(self, engine: Engine, caller: Caller) -> Imported | None: ...
    def init(self, options: Options, prefix: str, *, is_quiet: bool) -> Initialized: ...
    def merge_files(self, out: str, base: str, left: str, right: str) -> int: ...
    def read_file(self, path: str) -> bytes: ...
    def log_fault(self, options: Options, what: str, error: BaseException) -> str: ...
    def full_path(self, path: str) -> str: ...
    def stage(self, engine: Engine) -> None: ...
