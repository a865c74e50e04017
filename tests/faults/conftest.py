"""Fixtures of the tests around here."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork.model import limits
from tests.support import project, quick_path

__all__ = ["project", "quick_path"]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a first import take as many steps as any other."""
    monkeypatch.setattr(limits, "IMPORT_FIRST_CHUNK_LINES", limits.IMPORT_CHUNK_LINES)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(["mount", *options], check=False, capture_output=True)
    except OSError:
        pytest.skip("no mount: not on this platform")
    if mounted.returncode:
        pytest.skip("a file system can't be mounted: not on this platform")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
