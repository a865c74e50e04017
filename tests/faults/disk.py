"""A file system that fails when told to, and one whose power can be cut at any moment.

Every write, truncation, sync and deletion that SQLite asks for goes through a `Disk`. It can
fail the k-th of them. It also keeps a journal, from which `after_cut` makes the files as they
would be found after a power cut at any place: what was synced, and of the rest what one chooses.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

_numbers = itertools.count()

Keep = Callable[[int], bool]
"""Whether an unsynced write, by its place in the journal, reached the disk all the same."""


class Step(NamedTuple):
    """What happened to a file: `open`, `write`, `truncate`, `sync` or `delete`; or an `ack`."""

    what: str
    path: str
    offset: int = 0
    content: bytes = b""


class Fault(NamedTuple):
    """Which steps fail, from which one on, how, and whether only once."""

    kinds: frozenset[str]
    nth: int
    code: int
    is_lasting: bool


class _File(apsw.VFSFile):
    def __init__(self, disk: "Disk", name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.step(Step("write", self._path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.step(Step("truncate", self._path, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.step(Step("sync", self._path))
        super().xSync(flags)

    def excepthook(self, etype: type[BaseException], evalue: BaseException, trace: Any) -> None:
        del etype, evalue, trace


class Disk(apsw.VFS):
    """A file system between SQLite and the real one."""

    def __init__(self) -> None:
        self.name = f"beadwork-test-{next(_numbers)}"
        self.journal: list[Step] = []
        self.steps = 0
        self.has_failed = False
        self._fault: Fault | None = None
        super().__init__(self.name, "")

    # -- what SQLite asks for

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        file = _File(self, name, flags)
        path = file._path
        if os.path.exists(path):
            self.journal.append(Step("open", path, content=Path(path).read_bytes()))
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.step(Step("delete", filename))
        super().xDelete(filename, syncdir)

    def excepthook(self, etype: type[BaseException], evalue: BaseException, trace: Any) -> None:
        del etype, evalue, trace

    def step(self, step: Step) -> None:
        """Note a step, or fail it."""
        fault = self._fault
        if fault is not None and step.what in fault.kinds:
            self.steps += 1
            if self.steps == fault.nth or (fault.is_lasting and self.steps > fault.nth):
                self.has_failed = True
                raise apsw.exception_for(fault.code)
        self.journal.append(step)

    # -- what tests ask for

    def opener(self, path: str, flags: int) -> apsw.Connection:
        """Open a database on this disk."""
        return apsw.Connection(path, flags=flags, vfs=self.name)

    def fail(self, kinds: set[str], nth: int, code: int, *, lasting: bool) -> None:
        """Fail the nth step of these kinds from now on, and all later ones if it lasts."""
        self.steps = 0
        self.has_failed = False
        self._fault = Fault(frozenset(kinds), nth, code, lasting)

    def mend(self) -> None:
        """Let nothing fail any more."""
        self._fault = None

    def acknowledge(self, what: str) -> None:
        """Note that a caller was told of something."""
        self.journal.append(Step("ack", what))

    def acknowledged(self, length: int) -> list[str]:
        """Return what callers were told within the first steps."""
        return [step.path for step in self.journal[:length] if step.what == "ack"]

    def cuts(self) -> Iterator[int]:
        """Yield every length of the journal after which the power may go."""
        yield from range(1, len(self.journal) + 1)

    def after_cut(self, length: int, folder: Path, keep: Keep = lambda _: False) -> None:
        """Write the files as they are found after a cut behind the first steps.

        A sync makes all earlier writes of its file durable; of later ones `keep` chooses.
        """
        files: dict[str, _Image] = {}
        for place, step in enumerate(self.journal[:length]):
            if step.what == "ack" or step.path.endswith("-shm"):
                continue
            image = files.get(step.path)
            if image is None:
                image = files[step.path] = _Image()
                image.synced[:] = step.content if step.what == "open" else b""
            image.take(place, step)
        for path, image in files.items():
            content = image.found(keep)
            if content is not None:
                (folder / os.path.basename(path)).write_bytes(content)


class _Image:
    """A file, as far as it is durable, and what is not yet."""

    def __init__(self) -> None:
        self.synced = bytearray()
        self.pending: list[tuple[int, Step]] = []
        self.is_deleted = False

    def take(self, place: int, step: Step) -> None:
        """Follow a step."""
        if step.what == "delete":
            self.is_deleted = True
            self.pending.clear()
            self.synced.clear()
        elif step.what == "sync":
            for _, each in self.pending:
                _apply(self.synced, each)
            self.pending.clear()
        elif step.what in ("write", "truncate"):
            self.is_deleted = False
            self.pending.append((place, step))

    def found(self, keep: Keep) -> bytes | None:
        """Return what is found after the cut."""
        if self.is_deleted:
            return None
        content = bytearray(self.synced)
        for place, step in self.pending:
            if keep(place):
                _apply(content, step)
        return bytes(content)


def _apply(content: bytearray, step: Step) -> None:
    if step.what == "truncate":
        del content[step.offset :]
        return
    end = step.offset + len(step.content)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[step.offset : end] = step.content
