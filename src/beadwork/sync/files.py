"""Files: reading with a note of what was read, and replacing atomically.

A replaced file is written beside, synced, renamed over the old one, and its folder synced:
whatever happens, either the old or the new content is there, whole.
"""

import contextlib
import errno
import fcntl
import os
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from beadwork.model.errors import FileGone, FileTrouble, StoreFull
from beadwork.model.version import Version
from beadwork.ops.transaction import FileState
from beadwork.sync import git

_SETTLED_NS = 50_000_000
"""A file changed less than this before it was noted may change again unnoticed (R5)."""
_MS_NS = 1_000_000
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEFT_OVER_S = 3600
_BESIDE = ".beadwork-"


@contextlib.contextmanager
def mapped(path: str) -> Iterator[None]:
    """Turn what the system refuses into our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StoreFull(
                f"The disk is full: {path} was not written",
                hint="Make room and try again; what is in the store is safe.",
                path=path,
            ) from error
        if isinstance(error, FileNotFoundError):
            raise FileGone(f"{path}: {error.strerror}", path=path) from error
        raise FileTrouble(
            f"{path}: {error.strerror or error}",
            hint="Check the path and its permissions.",
            path=path,
        ) from error


def _signature(descriptor: int) -> str:
    facts = os.fstat(descriptor)
    if time.time_ns() - facts.st_ctime_ns < _SETTLED_NS:  # noqa: TID251 -- a file's age
        return ""
    return _signature_of(facts)


def _signature_of(facts: os.stat_result) -> str:
    return f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_ino}"


def _digest(content: bytes) -> str:
    """Return what a content is known by: its length and two checksums of 32 bits.

    It tells edits, not attacks. A cryptographic one takes longer than all else of an export.
    """
    return f"{len(content)}-{zlib.crc32(content):08x}-{zlib.adler32(content):08x}"


class _Marked(NamedTuple):
    """A file beside another, and the time that nothing but we gave it."""

    path: str
    inode: int
    mtime_ns: int

    def is_at(self, facts: os.stat_result) -> bool:
        """Tell whether this very file stands somewhere, and nobody has written into it."""
        return (facts.st_ino, facts.st_mtime_ns) == (self.inode, self.mtime_ns)


def _marked(descriptor: int, path: str) -> _Marked:
    """Give a file a time of its own, within its millisecond.

    The clock of a file system stands still for some milliseconds. Whatever is written into the
    file now gets the time of that clock: so it shows, however soon it comes. A file system that
    keeps no nanoseconds does not keep this time, which is odd.
    """
    facts = os.fstat(descriptor)
    part_ns = int.from_bytes(os.urandom(4), "big") % _MS_NS | 1  # noqa: TID251 -- a mark
    mtime_ns = facts.st_mtime_ns // _MS_NS * _MS_NS + part_ns
    with contextlib.suppress(OSError):  # Where it may not be set, it is not found again.
        os.utime(descriptor, ns=(facts.st_atime_ns, mtime_ns))
    return _Marked(path, facts.st_ino, mtime_ns)


def sync_descriptor(descriptor: int) -> None:
    """Bring a file's content to the disk itself."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def sync_folder(folder: str) -> None:
    """Bring a folder's names to the disk itself."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: str) -> None:
    """Remove what processes that were killed left beside a file."""
    now_s = time.time()  # noqa: TID251 -- a file's age
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError):
            if name.startswith(_BESIDE) and now_s - os.stat(path).st_mtime > _LEFT_OVER_S:
                os.unlink(path)


class _Known(NamedTuple):
    """A file as it was read, and what its content is known by."""

    path: str
    signature: str
    digest: str


def _is_special(path: str) -> bool:
    """Tell whether a path leads to something that is there, but no file that can be replaced."""
    return os.path.exists(path) and not os.path.isfile(path)


class Files:
    """The files of a work tree. It satisfies `ops.transaction.WorkTree`."""

    def __init__(self) -> None:
        self._known: _Known | None = None
        """The last file that was read after it had settled."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return os.path.isfile(path)

    def read(self, path: str, noted: FileState | None = None) -> tuple[bytes, FileState]:
        """Return a file's content, and the state that it was read in.

        What it is known by is not computed again if it is as it was noted.

        Raises:
            FileGone: it is not there, or not any more.
            FileTrouble: it can't be read.
        """
        with mapped(path), open(path, "rb") as file:
            if noted and noted.signature == _signature_of(os.fstat(file.fileno())):
                return file.read(), noted
            signature = _signature(file.fileno())
            content = file.read()
        known = self._known
        if known is None or not signature or known[:2] != (path, signature):
            known = self._known = _Known(path, signature, _digest(content))
        return content, FileState(signature, known.digest)

    def glance(self, path: str) -> str:
        """Return what `stat` says of a file; empty if there is none."""
        try:
            return _signature_of(os.stat(path))
        except OSError:
            return ""

    def has_settled(self, path: str) -> bool:
        """Tell whether a file has been as it is for so long that a look at it is enough."""
        try:
            facts = os.stat(path)
        except OSError:
            return True
        return time.time_ns() - facts.st_ctime_ns >= _SETTLED_NS  # noqa: TID251 -- a file's age

    def is_settled(self, path: str, noted: FileState) -> bool:
        """Tell whether a look at a file is enough to know that it is as it was noted."""
        return bool(noted.signature) and self.glance(path) == noted.signature

    def head(self, path: str) -> str | None:
        """Return the commit that is checked out where a file lies; None outside git."""
        return git.head_commit(os.path.dirname(os.path.realpath(path)))

    def versions(self, path: str, span: str) -> list[Version] | None:
        """Return what commits did to a file: `a..b`, or `-n`, the latest; None if git can't tell."""
        return git.versions(path, span)

    def committed(self, path: str) -> bytes | None:
        """Return a file's content as it is checked out; None if it is in no commit."""
        found = git.committed_file(path)
        return None if found is None else found[1]

    def digest(self, content: bytes) -> str:
        """Return what a content is known by."""
        return _digest(content)

    def replace(self, path: str, content: bytes, *, seen: str | None = None) -> str | None:
        """Put a content in the place of a file, atomically; return its signature. See `replace_by`.

        Raises:
            FileTrouble: it can't be written.
            StoreFull: the disk is full; the old file stands.
        """
        return self.replace_by(path, [content], seen=seen)

    def replace_by(
        self, path: str, pieces: Iterable[bytes], *, seen: str | None = None
    ) -> str | None:
        """Put a content that comes in pieces in the place of a file; return its signature.

        A symbolic link stays, and what it points to is replaced; what is no file, a device or a
        pipe, is written into. With `seen`, what a glance at the file told, nothing is replaced
        and None returned if it has changed since.

        Raises:
            FileTrouble: it can't be written.
            StoreFull: the disk is full; the old file stands.
        """
        if _is_special(path):
            with mapped(path), open(path, "wb") as file:
                file.writelines(pieces)
            return ""
        target = os.path.realpath(path)
        folder = os.path.dirname(target)
        with mapped(path):
            mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o600
            beside = self._put_beside(folder, pieces, mode)
            try:
                if seen is not None and self.glance(path) != seen:
                    return None
                os.replace(beside.path, target)
            finally:
                if os.path.exists(beside.path):
                    os.unlink(beside.path)
            sync_folder(folder)
            _sweep(folder)
            with open(target, "rb") as file:
                facts = os.fstat(file.fileno())
                return _signature_of(facts) if beside.is_at(facts) else _signature(file.fileno())

    def _put_beside(self, folder: str, pieces: Iterable[bytes], mode: int) -> _Marked:
        beside = os.path.join(folder, f"{_BESIDE}{os.urandom(8).hex()}")  # noqa: TID251 -- a name
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.writelines(pieces)
                file.flush()
                marked = _marked(file.fileno(), beside)
                sync_descriptor(file.fileno())
        except BaseException:
            os.unlink(beside)
            raise
        return marked
