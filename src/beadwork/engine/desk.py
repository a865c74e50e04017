"""What a job works at."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from beadwork.engine.parts import Caller, Progress
from beadwork.ops.operation import Request, Response

if TYPE_CHECKING:
    from beadwork.engine import Engine

R = TypeVar("R", bound=Response)


class Desk:
    """What a job works at: the engine under the caller's name, files, progress."""

    def __init__(
        self,
        engine: "Engine",
        export_lock: Callable[[], AbstractContextManager[None]],
        caller: Caller,
        progress: Progress,
    ) -> None:
        self._engine = engine
        self._export_lock = export_lock
        self._caller = caller._replace(key="")
        self._progress = progress
        self.files = engine.files
        self.blob_files = engine.blob_files
        self.logs = engine.logs
        self.export_path = engine.export_path

    def call(self, request: Request[R]) -> R:
        """Run another operation."""
        return self._engine.run(request, self._caller)

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far the job is."""
        self._progress(done, total, what)

    @contextlib.contextmanager
    def exporting(self) -> Iterator[None]:
        """Hold the export lock."""
        with self._export_lock():
            yield
