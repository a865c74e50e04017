"""The logs in `.beads/log`: files of JSON lines to `tail -f`, each line bound to the one before.

A line is an object with `seq` first and `sum` last: the first 16 digits of the SHA-256 of the sum
of the line before and of the line without its own. The first line of a file that another went
before says in `after` whose sum it follows, so that every file can be verified by itself.

A log is rotated before it is appended to, by copying and truncating: whoever reads it along keeps
its file, and has had time to read what was written last.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from beadwork.model.digests import sha256
from beadwork.model.errors import FileTrouble, StoreFull
from beadwork.ops.log_files import LogEnd
from beadwork.sync.files import mapped
from beadwork.sync.locks import locked

ROTATED_BYTES = 10 * 1024 * 1024
KEPT = 3
_DAMAGED_KEPT = 3
_TAIL_BYTES = 8192
_SUM = b',"sum":"'
_AFTER = b',"after":"'
_SUM_CHARS = 16
_MARK = len(_SUM) + _SUM_CHARS + len(b'"}')
"""How long what ends a line is, its line end left out."""


class Flaw(NamedTuple):
    """What is wrong with a log: in which file, at which line; torn if only its end is missing."""

    path: str
    line: int
    is_torn: bool = False

    @property
    def said(self) -> str:
        """Say it."""
        what = "is torn" if self.is_torn else "does not follow from the line before"
        return f"{os.path.basename(self.path)}: line {self.line} {what}"


class _Known(msgspec.Struct):
    """What is read of a line: an event has `at`, a message `ts`."""

    seq: int
    at: str = ""
    ts: str = ""


class _Tail(NamedTuple):
    """The end of a file: how long it is in whole lines, the last of them, the sum before that."""

    size: int
    is_torn: bool
    line: bytes
    before: bytes


# -- lines


def _sum(before: bytes, body: bytes) -> bytes:
    return sha256(before + body).hexdigest()[:_SUM_CHARS].encode()


def _sum_of(line: bytes) -> bytes:
    """Return the sum that a line says it has, without its line end; empty if it says none."""
    mark = line[-_MARK:]
    if not (mark.startswith(_SUM) and mark.endswith(b'"}')):
        return b""
    return mark[len(_SUM) : -2]


def _after_of(line: bytes) -> bytes:
    """Return the sum that the first line of a file says it follows; empty if it says none."""
    length = len(_AFTER) + _SUM_CHARS + 1
    said = line[-_MARK - length : -_MARK]
    return said[len(_AFTER) : -1] if said.startswith(_AFTER) and said.endswith(b'"') else b""


def _is_sound(line: bytes, before: bytes) -> bool:
    said = _sum_of(line)
    return bool(said) and said == _sum(before, line[:-_MARK] + b"}")


def _known(line: bytes) -> LogEnd | None:
    try:
        known = msgspec.json.decode(line, type=_Known)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return LogEnd(known.seq, known.at or known.ts)


def _chained(lines: Sequence[bytes], before: bytes, *, is_first: bool) -> bytes:
    """Bind lines to the one before and to one another."""
    done = []
    for number, line in enumerate(lines):
        body = line
        if is_first and not number and before:
            body = line[:-1] + _AFTER + before + b'"}'
        before = _sum(before, body)
        done.append(body[:-1] + _SUM + before + b'"}\n')
    return b"".join(done)


def _tail(descriptor: int) -> _Tail:
    """Read the end of a file."""
    size = os.fstat(descriptor).st_size
    length = _TAIL_BYTES
    while True:
        start = max(0, size - length)
        content = os.pread(descriptor, size - start, start)
        end = content.rfind(b"\n") + 1
        first = content.rfind(b"\n", 0, max(end - 1, 0)) + 1
        if not start or first > _MARK:
            break
        length *= 8
    line = content[first : max(end - 1, 0)]
    before = _sum_of(content[: first - 1]) if first else _after_of(line)
    return _Tail(start + end, end < len(content), line, before)


class LogFile:
    """One log, and the files that it was rotated to. It satisfies `ops.log_files.LogFile`.

    What changes it is done under the lock of the folder.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    # -- going on

    def resume(self) -> LogEnd:
        """Return the last line, after finishing a rotation that died, and mending a damaged end.

        Raises:
            FileTrouble: the file can't be read or written.
        """
        with mapped(self.path), self._opened() as descriptor:
            if self._is_copied():
                os.ftruncate(descriptor, 0)
            tail = _tail(descriptor)
            if tail.is_torn:
                os.ftruncate(descriptor, tail.size)
            if tail.size:
                end = _known(tail.line) if _is_sound(tail.line, tail.before) else None
                if end is not None:
                    return end
                self._set_aside()
        return self._end_before()[0]

    def _end_before(self) -> tuple[LogEnd, bytes]:
        """Return the last line that was rotated away, and its sum."""
        for path in self._rotated():
            with open(path, "rb") as file:
                tail = _tail(file.fileno())
            end = _known(tail.line)
            if end is not None and _is_sound(tail.line, tail.before):
                return end, _sum_of(tail.line)
        return LogEnd(0, ""), b""

    def append(self, lines: Sequence[bytes]) -> None:
        """Append JSON objects, in one piece. `resume` has seen to the end of the file.

        Raises:
            StoreFull: the disk is full; nothing was added.
            FileTrouble: the file can't be written.
        """
        if not lines:
            return
        with mapped(self.path), self._opened() as descriptor:
            if os.fstat(descriptor).st_size >= ROTATED_BYTES:
                self.rotate()
            tail = _tail(descriptor)
            before = _sum_of(tail.line) if tail.size else self._end_before()[1]
            self._write(descriptor, _chained(lines, before, is_first=not tail.size), tail.size)

    def _write(self, descriptor: int, content: bytes, size: int) -> None:
        """Write all of it, or nothing."""
        written = 0
        try:
            written = os.write(descriptor, content)
        finally:
            if written != len(content):
                os.ftruncate(descriptor, size)
        if written != len(content):
            raise StoreFull(f"The disk is full: {self.path} was not written", path=self.path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        how = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.path, how, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    # -- rotating

    def _rotated(self) -> list[str]:
        """Return the files that were rotated away, the newest first."""
        paths = [f"{self.path}.{number}" for number in range(1, KEPT + 1)]
        return [path for path in paths if os.path.exists(path)]

    def rotate(self) -> None:
        """Copy the file to the first of those that are kept, and truncate it.

        Raises:
            FileTrouble: the file can't be read or written.
        """
        with mapped(self.path):
            if not os.path.getsize(self.path):
                return
            for number in range(KEPT, 1, -1):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{self.path}.{number - 1}", f"{self.path}.{number}")
            self._move(f"{self.path}.1")

    def _is_copied(self) -> bool:
        """Tell whether the file was copied by a rotation that died before it truncated it."""
        try:
            size = os.path.getsize(self.path)
            if not size or size != os.path.getsize(f"{self.path}.1"):
                return False
            with open(self.path, "rb") as file, open(f"{self.path}.1", "rb") as copy:
                return file.readline() == copy.readline()
        except FileNotFoundError:
            return False

    def _move(self, path: str) -> None:
        """Copy the file to another, whole or not at all, and truncate it: its readers keep it."""
        # Late import: it takes longer than most commands do, and few logs are moved.
        import shutil

        beside = f"{self.path}.new"
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with open(self.path, "rb") as file, open(os.open(beside, how, 0o600), "wb") as copy:
            shutil.copyfileobj(file, copy)
        os.replace(beside, path)
        os.truncate(self.path, 0)

    # -- verifying and mending

    def verify(self) -> list[Flaw]:
        """Return what is wrong with the log: of each of its files the first thing."""
        flaws: list[Flaw] = []
        follows: bytes | None = None
        for path in self._files():
            if path is None:
                follows = None
                continue
            flaw, first, last = _looked_at(path)
            is_copy = path.endswith(".1") and self._is_copied()
            if flaw is None and follows and last != follows and not is_copy:
                flaw = Flaw(path, _count(path))
            flaws += [flaw] if flaw else []
            follows = None if flaw else follows if is_copy or first is None else first
        return flaws

    def _files(self) -> list[str | None]:
        """Return the files of the log, the newest first; None stands for one that is absent."""
        kept = self._rotated()
        numbered = (f"{self.path}.{number}" for number in range(1, KEPT + 1))
        return [self.path, *(path if path in kept else None for path in numbered)]

    def mend(self) -> list[str]:
        """Put right what is wrong; return what was done.

        Raises:
            FileTrouble: a file can't be read or written.
        """
        done = []
        with mapped(self.path):
            for flaw in self.verify():
                name = os.path.basename(flaw.path)
                if flaw.path != self.path:
                    aside = self._aside()
                    os.replace(flaw.path, aside)
                    done.append(f"{flaw.said}; it is {os.path.basename(aside)} now")
                elif flaw.is_torn:
                    self.resume()
                    done.append(f"{flaw.said}; the piece was cut off")
                else:
                    aside = self._set_aside()
                    done.append(f"{flaw.said}; {name} begins anew, see {os.path.basename(aside)}")
        return done

    def _set_aside(self) -> str:
        path = self._aside()
        self._move(path)
        return path

    def _aside(self) -> str:
        """Return where a damaged file is put; the oldest of those make room."""
        folder, name = os.path.split(f"{self.path}.damaged-")
        found = [each.removeprefix(name) for each in os.listdir(folder) if each.startswith(name)]
        numbers = sorted(int(each) for each in found if each.isdigit())
        for number in numbers[: len(numbers) - _DAMAGED_KEPT + 1]:
            os.unlink(f"{self.path}.damaged-{number}")
        return f"{self.path}.damaged-{numbers[-1] + 1 if numbers else 1}"


def _count(path: str) -> int:
    """Count the lines of a file."""
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def _looked_at(path: str) -> tuple[Flaw | None, bytes | None, bytes]:
    """Verify a file: return the first flaw, the sum that it follows, and its last sum."""
    first: bytes | None = None
    before = b""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return Flaw(path, number, is_torn=True), first, before
                said = line[:-1]
                if number == 1:
                    first = before = _after_of(said)
                if not _is_sound(said, before):
                    return Flaw(path, number), first, before
                before = _sum_of(said)
    except FileNotFoundError:
        return None, None, b""
    except OSError as error:
        raise FileTrouble(f"{path}: {error.strerror or error}", path=path) from error
    return None, first, before


class LogFiles:
    """The logs of one store. It satisfies `ops.log_files.LogFolder`."""

    def __init__(self, folder: str, lock: str, *, timeout_s: float, store: str) -> None:
        self.folder = folder
        self._lock = lock
        self._timeout_s = timeout_s
        self._store = store
        self.events = LogFile(os.path.join(folder, "events.jsonl"))
        self.messages = LogFile(os.path.join(folder, "messages.jsonl"))

    @property
    def exist(self) -> bool:
        """Tell whether there are logs."""
        return os.path.isdir(self.folder)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the logs, in a folder that is there.

        Raises:
            StoreBusy: another process held it all the time.
            FileTrouble: the folder can't be made.
        """
        with locked(self._lock, timeout_s=self._timeout_s, store=self._store):
            with mapped(self.folder):
                if not os.path.isdir(self.folder):
                    os.mkdir(self.folder, 0o700)
            yield

    def verify(self) -> list[Flaw]:
        """Return what is wrong with the logs."""
        return [*self.events.verify(), *self.messages.verify()]

    def mend(self) -> list[str]:
        """Put right what is wrong with the logs, under the lock; return what was done."""
        return [*self.events.mend(), *self.messages.mend()]
