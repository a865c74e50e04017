"""Blobs: files named by the SHA-256 of what is in them.

A content is written beside, synced and renamed into place. Who puts or keeps one makes it fresh
while sharing a lock; who collects has the lock alone while looking whether a file is still old,
and removing it. So what somebody is about to refer to stays.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn

from beadwork.model import limits
from beadwork.model.blob import is_digest, require_digest
from beadwork.model.errors import BlobDamaged, BlobMismatch, FileTrouble, UnknownBlob
from beadwork.ops.blob_files import BlobFile
from beadwork.sync.files import mapped, sync_descriptor, sync_folder
from beadwork.sync.locks import locked

if TYPE_CHECKING:
    import hashlib

CHUNK_BYTES = 1024 * 1024
_LEFT_OVER_S = 3600
_BESIDE = ".tmp"
_ABSENT = (errno.ENOENT, errno.ENOTDIR)


def _sha256(content: bytes = b"") -> "hashlib._Hash":
    # Late import: it loads OpenSSL, which is fast for what is large.
    import hashlib

    return hashlib.sha256(content)


class Put(NamedTuple):
    """A content that was put: its digest, its size, and whether it was not there before."""

    digest: str
    size_bytes: int
    is_new: bool


class _Staged(NamedTuple):
    path: str
    digest: str
    size_bytes: int


class Blobs:
    """The blobs of one store. It satisfies `ops.operation.BlobFiles`."""

    def __init__(self, folder: str, lock: str, *, timeout_s: float, store: str) -> None:
        self.folder = folder
        self._lock = lock
        self._timeout_s = timeout_s
        self._store = store

    def path(self, digest: str) -> str:
        """Return where a blob is, or would be."""
        return os.path.join(self.folder, require_digest(digest)[:2], digest)

    # -- putting

    def put(self, content: bytes) -> str:
        """Keep a content; return its digest. One that is there and whole is not written again.

        Raises:
            StoreFull: the disk is full.
            FileTrouble: it can't be written.
        """
        digest = _sha256(content).hexdigest()
        if not self._is_kept(digest, len(content)):
            self.put_stream([content])
        return digest

    def put_stream(self, chunks: Iterable[bytes], *, expected: str = "") -> Put:
        """Keep a content that comes in pieces, in constant memory.

        Raises:
            BlobMismatch: its digest is not the expected one; nothing is kept.
            StoreFull: the disk is full.
            FileTrouble: it can't be written.
        """
        with mapped(self.folder), self._beside() as file:
            staged = _staged(file, chunks)
            if expected and staged.digest != expected:
                raise BlobMismatch(
                    f"The content's digest is {staged.digest}, not {expected}",
                    digest=staged.digest,
                    expected=expected,
                )
            return self._settle(staged)

    @contextlib.contextmanager
    def _beside(self) -> Iterator[BinaryIO]:
        """Open a file for a content that is to come; it is gone in the end, unless renamed."""
        self._make_own_folder()
        path = os.path.join(self.folder, f"{os.urandom(8).hex()}{_BESIDE}")  # noqa: TID251 -- a name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(path, "wb", buffering=0, opener=lambda *_: descriptor) as file:
                # Says that somebody still writes it, however long that takes.
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                yield file
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _settle(self, staged: _Staged) -> Put:
        """Rename what was written into place; a damaged file there is replaced by it."""
        target = self.path(staged.digest)
        folder = os.path.dirname(target)
        with self._sharing():
            is_new = not os.path.exists(target)
            self._make_folder(folder)
            os.replace(staged.path, target)
            sync_folder(folder)
        return Put(staged.digest, staged.size_bytes, is_new)

    def _make_own_folder(self) -> None:
        """Make the folder of all blobs; git leaves it alone also where its list of ignored files is old."""
        if os.path.isdir(self.folder):
            return
        self._make_folder(self.folder)
        with open(os.path.join(self.folder, ".gitignore"), "w", encoding="ascii") as file:
            file.write("*\n")

    def _make_folder(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        sync_folder(os.path.dirname(folder))

    def _is_kept(self, digest: str, size_bytes: int) -> bool:
        """Make a content fresh that is there; tell whether it is, and whole."""
        try:
            return self.keep(digest) == size_bytes and self.check(digest) == size_bytes
        except (UnknownBlob, BlobDamaged):
            return False

    def keep(self, digest: str) -> int:
        """Let a content that is there not be collected for a while; return its size in bytes.

        Raises:
            UnknownBlob: there is none of this digest.
            FileTrouble: it can't be touched.
        """
        path = self.path(digest)
        with self._sharing(), self._at(digest):
            os.utime(path)
            # Who put it may not have come to this yet.
            sync_folder(os.path.dirname(path))
            return os.stat(path).st_size

    def _sharing(self) -> AbstractContextManager[None]:
        return locked(self._lock, timeout_s=self._timeout_s, store=self._store, is_shared=True)

    # -- reading

    def size(self, digest: str) -> int:
        """Return how long the file of a blob is.

        Raises:
            UnknownBlob: there is none of this digest.
        """
        with self._at(digest):
            return os.stat(self.path(digest)).st_size

    def read(self, digest: str) -> bytes:
        """Return a content, verified.

        Raises:
            UnknownBlob: there is none of this digest.
            BlobDamaged: it is not what it was.
        """
        with self._at(digest), open(self.path(digest), "rb") as file:
            content = file.read()
        if _sha256(content).hexdigest() != digest:
            refuse(digest)
        return content

    def check(self, digest: str) -> int:
        """Read a blob, in constant memory; return its size in bytes.

        Raises:
            UnknownBlob: there is none of this digest.
            BlobDamaged: it is not what it was.
        """
        return sum(map(len, self.stream(digest)))

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield a content in pieces; it is verified once the last has been taken.

        Raises:
            UnknownBlob: there is none of this digest.
            BlobDamaged: it is not what it was; what was yielded is worth nothing.
        """
        found = _sha256()
        with self._at(digest), open(self.path(digest), "rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                found.update(chunk)
                yield chunk
        if found.hexdigest() != digest:
            refuse(digest)

    @contextlib.contextmanager
    def _at(self, digest: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _ABSENT:
                raise UnknownBlob(f"There is no blob {digest}", digest=digest) from error
            raise FileTrouble(
                f"{self.path(digest)}: {error.strerror or error}",
                hint="Check the permissions of the file, and the disk.",
                path=self.path(digest),
            ) from error

    # -- collecting

    def listed(self) -> Iterator[BlobFile]:
        """Yield the files of blobs, by digest."""
        now_s = time.time()  # noqa: TID251 -- a file's age
        for start in sorted(_names(self.folder)):
            for digest in sorted(_names(os.path.join(self.folder, start))):
                if is_digest(digest) and digest[:2] == start:
                    with contextlib.suppress(FileNotFoundError):
                        facts = os.stat(self.path(digest))
                        yield BlobFile(digest, int(now_s - facts.st_mtime), facts.st_size)

    def collect(self, digests: Sequence[str], *, older_than_s: int) -> list[str]:
        """Remove blobs that nobody has put or kept for a while; return which are gone.

        Raises:
            FileTrouble: one can't be removed.
        """
        older_than_s = max(older_than_s, limits.BLOB_GRACE_S_MIN)
        return [each for each in digests if self._collect(each, older_than_s)]

    def _collect(self, digest: str, older_than_s: int) -> bool:
        path = self.path(digest)
        with locked(self._lock, timeout_s=self._timeout_s, store=self._store), mapped(path):
            try:
                now_s = time.time()  # noqa: TID251 -- a file's age
                if now_s - os.stat(path).st_mtime <= older_than_s:
                    return False
                os.unlink(path)
            except FileNotFoundError:
                return False
        return True

    def sweep(self) -> int:
        """Remove what processes that were killed left half written; return how many."""
        gone = 0
        now_s = time.time()  # noqa: TID251 -- a file's age
        for name in _names(self.folder):
            path = os.path.join(self.folder, name)
            with contextlib.suppress(OSError):
                if not name.endswith(_BESIDE) or now_s - os.stat(path).st_mtime <= _LEFT_OVER_S:
                    continue
                with open(path, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(path)
                    gone += 1
        return gone


def refuse(digest: str) -> NoReturn:
    """Refuse a blob that is not what it was.

    Raises:
        BlobDamaged: always.
    """
    raise BlobDamaged(f"Blob {digest} is damaged: its content has another digest", digest=digest)


def _staged(file: BinaryIO, chunks: Iterable[bytes]) -> _Staged:
    """Write what comes, and bring it to the disk."""
    found = _sha256()
    size = 0
    for chunk in chunks:
        found.update(chunk)
        size += len(chunk)
        left = memoryview(chunk)
        while left:
            left = left[file.write(left) :]
    sync_descriptor(file.fileno())
    return _Staged(file.name, found.hexdigest(), size)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
