"""Files are replaced whole, or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from beadwork.model.errors import FileTrouble, StoreFull
from beadwork.ops.transaction import FileState
from beadwork.sync.files import Files, mapped


def test_a_replaced_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("old", encoding="utf-8")
    there.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(there)
    Files().replace(str(link), b"new")
    assert link.is_symlink()
    assert there.read_bytes() == b"new"
    assert stat.S_IMODE(there.stat().st_mode) == 0o640


def test_a_file_that_changed_since_the_glance_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen = Files().glance(str(path))
    path.write_bytes(b"theirs")
    assert Files().replace(str(path), b"ours", seen=seen) is None
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_under_a_file_is_no_word_about_what_is_stored() -> None:
    with pytest.raises(StoreFull) as refused, mapped("issues.jsonl"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "stored" not in f"{refused.value.message} {refused.value.hint}"


def test_what_a_killed_process_left_beside_is_swept_after_an_hour(tmp_path: Path) -> None:
    old, young = tmp_path / ".beadwork-old", tmp_path / ".beadwork-young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    Files().replace(str(tmp_path / "file"), b"content")
    assert sorted(os.listdir(tmp_path)) == [".beadwork-young", "file"]


def test_a_young_signature_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    _, state = Files().read(str(path))
    assert state.signature == ""
    assert not Files().is_settled(str(path), state)


def test_a_file_that_we_wrote_is_known_at_once_until_somebody_writes_into_it(
    tmp_path: Path,
) -> None:
    path, files = tmp_path / "file", Files()
    for _ in range(20):
        signature = files.replace(str(path), b"content")
        state = FileState(signature or "", files.digest(b"content"))
        assert files.is_settled(str(path), state)
        assert files.read(str(path), state) == (b"content", state)
        path.write_bytes(b"another")
        assert not files.is_settled(str(path), state)
        assert files.read(str(path), state)[1].digest == files.digest(b"another")


def test_where_times_are_coarse_a_file_that_we_wrote_is_as_young_as_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.utime

    def coarse(descriptor: int, *, ns: tuple[int, int]) -> None:
        real(descriptor, ns=(ns[0], ns[1] // 1000 * 1000))

    def refused(descriptor: int, *, ns: tuple[int, int]) -> None:
        raise PermissionError(descriptor, ns)

    for utime in (coarse, refused):
        monkeypatch.setattr("beadwork.sync.files.os.utime", utime)
        assert Files().replace(str(tmp_path / "file"), b"content") == ""


def test_contents_are_told_apart_by_any_byte() -> None:
    files, content = Files(), bytes(range(256)) * 40
    changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(10_240)]
    swapped = content[1:2] + content[:1] + content[2:]
    others = [*changed, swapped, content + b"\0", b"\0" + content, content[:-1]]
    assert len({files.digest(each) for each in [content, *others]}) == len(others) + 1


def test_a_file_that_is_not_there_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="none"):
        Files().read(str(tmp_path / "none"))


def test_a_settled_file_is_known_again_and_a_changed_one_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beadwork.sync.files._SETTLED_NS", 0)
    path = tmp_path / "file"
    files = Files()
    path.write_bytes(b"content")
    first, again = files.read(str(path)), files.read(str(path))
    path.write_bytes(b"another content")
    changed = files.read(str(path))
    assert first == again
    assert first[1] == FileState(first[1].signature, files.digest(b"content"))
    assert changed[0] == b"another content"
    assert changed[1].digest == files.digest(b"another content")


def test_what_is_no_file_is_written_into_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        Files().replace(str(pipe), b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
