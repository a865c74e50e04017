"""A disk that fails when told to, and that forgets at a power cut what was not synced.

Only what SQLite itself writes goes through it: database, write-ahead log, rollback journal.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import apsw

if TYPE_CHECKING:
    from typing_extensions import override as override
else:
    # Python has it from 3.12 on.
    _M = TypeVar("_M")

    def override(method: _M) -> _M:
        return method


_NAMES = itertools.count()


class Fault(NamedTuple):
    """What fails: the `at`-th step from the moment it is set on, and all later ones if it stays.

    A torn write brings half of its bytes to the disk before it fails.
    """

    error: type[apsw.Error]
    at: int
    stays: bool = False
    is_torn: bool = False


class Step(NamedTuple):
    """One thing that happened: a write, a truncation, a sync, a deletion, or a note of a test."""

    what: str
    path: str = ""
    offset: int = 0
    data: bytes = b""
    note: Any = None


class FailingDisk:
    """A file system over the real one; `opener` opens a database on it."""

    def __init__(self, *, records: bool = False) -> None:
        self.name = f"failing-disk-{next(_NAMES)}"
        self.log: list[Step] = []
        self.fault: Fault | None = None
        self.steps = 0
        self.failures = 0
        self._records = records
        self._vfs = _Vfs(self)

    def opener(self, path: str, flags: int) -> apsw.Connection:
        """Open a database on this disk."""
        return apsw.Connection(path, flags=flags, vfs=self.name)

    def fail(self, fault: Fault | None) -> None:
        """Set what fails from now on; None mends the disk."""
        self.fault, self.steps, self.failures = fault, 0, 0

    def close(self) -> None:
        """Take the file system away."""
        self._vfs.unregister()

    def note(self, what: Any) -> None:
        """Put a note between the steps of the disk."""
        self.log.append(Step("note", note=what))

    def step(self, step: Step) -> int | None:
        """Count a step; return how many of its bytes still arrive if it fails.

        A full disk refuses only what needs room.
        """
        is_refused = False
        fault = self.fault
        if fault and not (fault.error is apsw.FullError and step.what != "write"):
            self.steps += 1
            is_refused = self.steps == fault.at or (fault.stays and self.steps > fault.at)
        arrived = step
        if is_refused:
            self.failures += 1
            kept = len(step.data) // 2 if fault and fault.is_torn and step.what == "write" else 0
            arrived = step._replace(data=step.data[:kept])
        if self._records and step.path and (not is_refused or arrived.data):
            self.log.append(arrived)
        return len(arrived.data) if is_refused else None

    def error(self) -> apsw.Error:
        """Return the error of the present fault."""
        assert self.fault
        return self.fault.error("the disk of the test fails")


class _Vfs(apsw.VFS):
    def __init__(self, disk: FailingDisk) -> None:
        self.disk = disk
        super().__init__(disk.name, "")

    @override
    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> "_File":
        return _File(self.disk, name, flags)

    @override
    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.disk.step(Step("delete", filename))


class _File(apsw.VFSFile):
    def __init__(
        self, disk: FailingDisk, name: "str | apsw.URIFilename | None", flags: list[int]
    ) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else (name or "")
        super().__init__("", name, flags)

    @override
    def xWrite(self, data: bytes, offset: int) -> None:
        kept = self.disk.step(Step("write", self.path, offset, bytes(data)))
        if kept is None:
            super().xWrite(data, offset)
            return
        if kept:
            super().xWrite(data[:kept], offset)
        raise self.disk.error()

    @override
    def xSync(self, flags: int) -> None:
        del flags
        if self.disk.step(Step("sync", self.path)) is not None:
            raise self.disk.error()
        # The machine under the test goes on, so nothing has to wait for its disk.

    @override
    def xTruncate(self, newsize: int) -> None:
        if self.disk.step(Step("truncate", self.path, newsize)) is not None:
            raise self.disk.error()
        super().xTruncate(newsize)


# ------------------------------------------------------------------------------- the power cut


def _apply(image: bytearray, step: Step) -> None:
    if step.what == "truncate":
        del image[step.offset :]
        return
    if len(image) < step.offset:
        image.extend(bytes(step.offset - len(image)))
    image[step.offset : step.offset + len(step.data)] = step.data


class AfterCut(NamedTuple):
    """What a power cut left: the files' content, and the notes made before it."""

    files: dict[str, bytes]
    notes: list[Any]

    def write(self, folder: Path) -> None:
        """Put the files into a folder."""
        for path, content in self.files.items():
            (folder / Path(path).name).write_bytes(content)


def power_cuts(
    log: list[Step],
    *,
    every: int = 1,
    survives: Callable[[int], bool] = lambda _: False,
) -> Iterator[AfterCut]:
    """Cut the power after every so many steps of a disk.

    What was synced is there; of the other writes those that `survives` picks by their number.
    """
    durable: dict[str, bytearray] = {}
    pending: dict[str, list[Step]] = {}
    notes: list[Any] = []
    for number, step in enumerate(log, start=1):
        if step.what == "note":
            notes.append(step.note)
        elif step.what == "sync":
            image = durable.setdefault(step.path, bytearray())
            for each in pending.pop(step.path, []):
                _apply(image, each)
        elif step.what == "delete":
            durable.pop(step.path, None)
            pending.pop(step.path, None)
        else:
            pending.setdefault(step.path, []).append(step)
        if number % every == 0 or number == len(log):
            files = {path: bytearray(image) for path, image in durable.items()}
            for path, steps in pending.items():
                for which, each in enumerate(steps):
                    if survives(which):
                        _apply(files.setdefault(path, bytearray()), each)
            yield AfterCut({path: bytes(image) for path, image in files.items()}, list(notes))
