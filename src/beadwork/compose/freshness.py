"""Whether the daemon has seen the file of records as it is now (rule R5)."""

import threading
from collections.abc import Callable

from beadwork.engine import Caller, Engine, Progress
from beadwork.ops.record_file import Imported, ImportFile
from beadwork.sync.files import Files


class Freshness:
    """Takes the file in when it is another than the one last seen; a look at it costs little."""

    def __init__(self, peek: Callable[[Engine], str]) -> None:
        self._peek = peek
        self._lock = threading.Lock()
        self._seen = ""

    def is_current(self, engine: Engine) -> bool:
        """Tell whether the file, HEAD and the database are those last seen."""
        return bool(self._seen) and self._look(engine) == self._seen

    def _look(self, engine: Engine) -> str:
        return f"{engine.identity()} {self._peek(engine)}"

    def reset(self) -> None:
        """Forget what was seen."""
        self._seen = ""

    def refresh(
        self, engine: Engine, caller: Caller, progress: Progress | None = None
    ) -> Imported | None:
        """Take in what others wrote; None if there was nothing."""
        if self.is_current(engine):
            return None
        with self._lock:
            found = self._look(engine)
            # A file that is so young may change again and look the same.
            is_settled = Files().has_settled(engine.export_path)
            report = engine.run(ImportFile(), caller, progress)
            self._seen = found if is_settled else ""
        return None if report.is_unchanged else report
