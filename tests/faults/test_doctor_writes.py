"""`bd doctor` where the store can be read, and no write be stored."""

import subprocess
from pathlib import Path

import pytest

from beadwork.sync import runtime
from beadwork.sync.locate import place_of
from tests.doors.program import Bd

pytestmark = pytest.mark.slow


@pytest.fixture
def small(small_disk: Path, tmp_path: Path) -> Bd:
    """A store with an issue on a file system of 3 MB."""
    home = tmp_path / "home"
    home.mkdir()
    bd = Bd(small_disk, home)
    bd.ok("init", "--prefix", "px", "--quiet")
    bd.create("First")
    return bd


def fill(folder: Path) -> Path:
    """Leave no room; return the file that takes it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def writes(bd: Bd, *words: str) -> tuple[int, dict[str, str]]:
    """Answer the exit code of doctor, and what it says of writing."""
    answer = bd("doctor", *words, "--json")
    (found,) = [each for each in answer.json["checks"] if each["name"] == "writes"]
    return answer.code, found


def test_a_full_disk_is_an_error_until_there_is_room(small: Bd) -> None:
    assert writes(small)[0] == 0
    ballast = fill(small.folder)
    # What is written already may be written over.
    while small("create", "More").code == 0:
        pass
    code, found = writes(small)
    assert (code, found["status"]) == (1, "error")
    assert "full" in found["message"]
    assert "room" in found["fix"]
    ballast.unlink()
    assert writes(small, "--check", "writes") == (
        0,
        {
            "name": "writes",
            "status": "ok",
            "message": "a write can be stored",
            "category": found["category"],
        },
    )


def test_a_read_only_store_is_said_to_be_so(small: Bd) -> None:
    remount = ["mount", "-o", "remount,ro", str(small.folder)]
    subprocess.run(remount, check=True, capture_output=True)
    code, found = writes(small)
    assert (code, found["status"]) == (1, "error")
    assert "ead-only" in found["message"]
    assert found["fix"]


def test_a_mark_that_finds_no_room_leaves_no_file(small: Bd) -> None:
    fill(small.folder)
    paths = runtime.daemon_paths(place_of(str(small.beads)))
    with pytest.raises(OSError, match="space"):
        runtime.note_attempt(paths, 1)
    runtime.put_mark(paths.stopped, "a text")
    assert list(small.beads.glob(".beadwork-*")) == []
