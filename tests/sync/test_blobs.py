"""Blobs as files: named by their SHA-256, renamed into place, verified when read."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork.model.errors import BlobDamaged, BlobMismatch, FileTrouble, InvalidField, UnknownBlob
from beadwork.sync.blobs import Blobs

CONTENT = b"x" * 5000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HOUR_S = 3600


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return blobs_in(tmp_path)


def blobs_in(folder: Path, timeout_s: float = 30.0) -> Blobs:
    return Blobs(
        str(folder / "blobs"), str(folder / "blob.lock"), timeout_s=timeout_s, store=str(folder)
    )


def age(path: str, seconds: int) -> None:
    """Make a file look as if nobody had touched it for so long."""
    at_s = os.stat(path).st_mtime - seconds
    os.utime(path, (at_s, at_s))


def leftovers(blobs: Blobs) -> list[str]:
    return [name for name in os.listdir(blobs.folder) if name.endswith(".tmp")]


def test_a_content_is_found_by_its_digest(blobs: Blobs) -> None:
    assert blobs.put(CONTENT) == DIGEST
    assert blobs.read(DIGEST) == CONTENT
    assert blobs.path(DIGEST) == f"{blobs.folder}/{DIGEST[:2]}/{DIGEST}"
    assert leftovers(blobs) == []


def test_files_and_folders_are_for_their_owner_alone(blobs: Blobs) -> None:
    blobs.put(CONTENT)
    path = Path(blobs.path(DIGEST))
    modes = [each.stat().st_mode & 0o777 for each in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


@pytest.mark.parametrize("content", [b"", b"a", CONTENT])
def test_a_content_put_again_is_not_written_again(blobs: Blobs, content: bytes) -> None:
    digest = blobs.put(content)
    inode = os.stat(blobs.path(digest)).st_ino
    assert blobs.put(content) == digest
    assert os.stat(blobs.path(digest)).st_ino == inode


def test_a_stream_says_whether_its_content_is_new(blobs: Blobs) -> None:
    first = blobs.put_stream([CONTENT[:10], b"", CONTENT[10:]])
    again = blobs.put_stream(iter([CONTENT]))
    assert (first.digest, first.size_bytes, first.is_new) == (DIGEST, 5000, True)
    assert again == first._replace(is_new=False)
    assert b"".join(blobs.stream(DIGEST)) == CONTENT


def test_another_content_than_was_expected_is_not_kept(blobs: Blobs) -> None:
    with pytest.raises(BlobMismatch) as caught:
        blobs.put_stream([b"other"], expected=DIGEST)
    assert caught.value.data["expected"] == DIGEST
    assert list(blobs.listed()) == []
    assert leftovers(blobs) == []


def test_a_stream_that_breaks_off_leaves_nothing(blobs: Blobs) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise FileTrouble("gone")

    with pytest.raises(FileTrouble, match="gone"):
        blobs.put_stream(broken())
    assert list(blobs.listed()) == []
    assert leftovers(blobs) == []


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT[:-1] + b"y", CONTENT + b"x"])
def test_a_damaged_content_is_refused_and_mended_when_put_again(
    blobs: Blobs, damaged: bytes
) -> None:
    blobs.put(CONTENT)
    Path(blobs.path(DIGEST)).write_bytes(damaged)
    for look in (blobs.read, blobs.check):
        with pytest.raises(BlobDamaged, match=DIGEST):
            look(DIGEST)
    with pytest.raises(BlobDamaged):
        list(blobs.stream(DIGEST))
    blobs.put(CONTENT)
    assert blobs.read(DIGEST) == CONTENT


def test_what_is_not_there_is_unknown(blobs: Blobs) -> None:
    for look in (blobs.read, blobs.check, blobs.size, blobs.keep):
        with pytest.raises(UnknownBlob, match=DIGEST):
            look(DIGEST)


@pytest.mark.parametrize("name", ["", "..", DIGEST.upper(), DIGEST[:10], f"../{DIGEST}"])
def test_no_file_is_named_by_what_is_no_digest(blobs: Blobs, name: str) -> None:
    with pytest.raises(InvalidField):
        blobs.read(name)


def test_a_file_that_cannot_be_read_is_named(blobs: Blobs) -> None:
    blobs.put(CONTENT)
    os.unlink(blobs.path(DIGEST))
    os.mkdir(blobs.path(DIGEST))
    with pytest.raises(FileTrouble, match=DIGEST):
        blobs.read(DIGEST)


def test_only_what_is_old_is_collected(blobs: Blobs) -> None:
    old, fresh = blobs.put(b"old"), blobs.put(b"fresh")
    age(blobs.path(old), 2 * HOUR_S)
    assert blobs.collect([old, fresh, DIGEST], older_than_s=HOUR_S) == [old]
    assert [each.digest for each in blobs.listed()] == [fresh]


def test_what_was_just_put_stays_whatever_is_asked(blobs: Blobs) -> None:
    digest = blobs.put(CONTENT)
    assert blobs.collect([digest], older_than_s=0) == []


@pytest.mark.parametrize("again", [Blobs.keep, lambda blobs, _: blobs.put(CONTENT)])
def test_what_is_kept_or_put_again_is_fresh(blobs: Blobs, again) -> None:
    blobs.put(CONTENT)
    age(blobs.path(DIGEST), 2 * HOUR_S)
    again(blobs, DIGEST)
    assert blobs.collect([DIGEST], older_than_s=HOUR_S) == []


def test_collecting_waits_for_whoever_puts_and_sees_it(tmp_path: Path) -> None:
    blobs = blobs_in(tmp_path)
    blobs.put(CONTENT)
    age(blobs.path(DIGEST), 2 * HOUR_S)
    gone: list[str] = []
    with open(tmp_path / "blob.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        collector = threading.Thread(
            target=lambda: gone.extend(blobs.collect([DIGEST], older_than_s=HOUR_S))
        )
        collector.start()
        # Sharing the lock, as who puts does, this one is not kept waiting by the collector.
        os.utime(blobs.path(DIGEST))
    collector.join()
    assert gone == []
    assert blobs.read(DIGEST) == CONTENT


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(
    blobs: Blobs,
) -> None:
    blobs.put(CONTENT)
    for name in ("left.tmp", "young.tmp", "other"):
        Path(blobs.folder, name).write_bytes(b"half")
    age(f"{blobs.folder}/left.tmp", 2 * HOUR_S)

    def slow() -> Iterator[bytes]:
        yield b"begun"
        (own,) = [each for each in leftovers(blobs) if each not in {"left.tmp", "young.tmp"}]
        age(f"{blobs.folder}/{own}", 2 * HOUR_S)
        assert blobs.sweep() == 1
        yield b" and ended"

    digest = blobs.put_stream(slow()).digest
    assert blobs.read(digest) == b"begun and ended"
    assert leftovers(blobs) == ["young.tmp"]


@pytest.mark.parametrize(
    ("name", "shuts_out", "act"),
    [
        ("utime", fcntl.LOCK_EX, lambda blobs: blobs.keep(DIGEST)),
        ("replace", fcntl.LOCK_EX, lambda blobs: blobs.put_stream([CONTENT])),
        ("unlink", fcntl.LOCK_SH, lambda blobs: blobs.collect([DIGEST], older_than_s=HOUR_S)),
    ],
)
def test_who_makes_a_blob_fresh_shares_the_lock_that_who_removes_it_has_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, shuts_out: int, act
) -> None:
    blobs = blobs_in(tmp_path)
    blobs.put(CONTENT)
    age(blobs.path(DIGEST), 2 * HOUR_S)
    real = getattr(os, name)
    seen: list[bool] = []

    def watched(*given, **more) -> None:
        if DIGEST in str(given):
            with open(tmp_path / "blob.lock", "rb") as lock:
                try:
                    fcntl.flock(lock, shuts_out | fcntl.LOCK_NB)
                except BlockingIOError:
                    seen.append(True)
                else:
                    seen.append(False)
        real(*given, **more)

    monkeypatch.setattr(os, name, watched)
    act(blobs)
    assert seen == [True]
