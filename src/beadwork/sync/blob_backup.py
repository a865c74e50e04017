"""Blobs beside a backup: a folder with the files that the copy of the database refers to."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from beadwork.model.blob import is_digest
from beadwork.model.errors import BlobDamaged, BlobMismatch, UnknownBlob
from beadwork.sync.blobs import CHUNK_BYTES, Blobs
from beadwork.sync.files import mapped, sync_folder

_ENDING = ".blobs"


class Saved(NamedTuple):
    """How many blobs are where they should be, and which are nowhere to be had whole."""

    done: int
    missing: list[str]


def folder_beside(path: str) -> str:
    """Return the folder of the blobs of a backup."""
    return path.removesuffix(".db") + _ENDING


def forget_beside(path: str) -> None:
    """Remove the blobs of a backup."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder_beside(path))


class BlobBackup:
    """Brings the blobs of one store into backups, and back."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def save(self, digests: Sequence[str], path: str) -> Saved:
        """Put blobs beside a backup, linked or copied, each verified; what else lay there goes.

        Raises:
            StoreFull: the disk is full.
            FileTrouble: a file can't be written.
        """
        folder = folder_beside(path)
        with mapped(folder):
            if digests:
                os.makedirs(folder, mode=0o700, exist_ok=True)
            missing = [each for each in digests if not self._save(each, os.path.join(folder, each))]
            _only(folder, set(digests) - set(missing))
        return Saved(len(digests) - len(missing), missing)

    def _save(self, digest: str, target: str) -> bool:
        """Put one blob into its place; tell whether it is there, whole."""
        if _is_whole(target, digest):
            return True
        beside = f"{target}.tmp"
        _drop(beside)
        try:
            _link(self._blobs.path(digest), beside)
            if not _is_whole(beside, digest):
                return False
            os.replace(beside, target)
        except FileNotFoundError:
            return False
        finally:
            _drop(beside)
        return True

    def bring(self, digests: Sequence[str], path: str) -> Saved:
        """Bring back from beside a backup what is not here; count that, and tell what is nowhere.

        Raises:
            StoreFull: the disk is full.
            FileTrouble: a file can't be read or written.
        """
        count, missing = 0, []
        for digest in digests:
            try:
                self._blobs.keep(digest)
                self._blobs.check(digest)
            except (UnknownBlob, BlobDamaged):
                if self._bring(digest, os.path.join(folder_beside(path), digest)):
                    count += 1
                else:
                    missing.append(digest)
        return Saved(count, missing)

    def _bring(self, digest: str, source: str) -> bool:
        if not os.path.isfile(source):
            return False
        try:
            self._blobs.put_stream(_pieces(source), expected=digest)
        except BlobMismatch:
            return False
        return True


def _link(source: str, target: str) -> None:
    """Give a file another name; where that can't be, copy it."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another disk, or a file system without such links.
        shutil.copyfile(source, target)
        os.chmod(target, 0o600)
        with open(target, "rb") as file:
            os.fsync(file.fileno())


def _pieces(path: str) -> Iterator[bytes]:
    with mapped(path), open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _is_whole(path: str, digest: str) -> bool:
    if not os.path.isfile(path):
        return False
    found = hashlib.sha256()
    for chunk in _pieces(path):
        found.update(chunk)
    return found.hexdigest() == digest


def _only(folder: str, names: set[str]) -> None:
    """Leave only these blobs in a folder, and what is none; without anything it goes."""
    if not os.path.isdir(folder):
        return
    there = set(os.listdir(folder))
    for name in there - names:
        if is_digest(name):
            _drop(os.path.join(folder, name))
            there.remove(name)
    if not there:
        os.rmdir(folder)
        return
    sync_folder(folder)
    sync_folder(os.path.dirname(folder))


def _drop(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
