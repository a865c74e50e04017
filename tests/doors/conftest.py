"""Fixtures of the doors: `bd` in a folder with a store, and in one without."""

from pathlib import Path

import pytest

from tests.doors.program import Bd, install


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder, with `bd` in its bin."""
    folder = tmp_path / "home"
    folder.mkdir()
    install(folder)
    return folder


@pytest.fixture
def bare(tmp_path: Path, home: Path) -> Bd:
    """`bd` in an empty folder."""
    folder = tmp_path / "px"
    folder.mkdir()
    return Bd(folder, home)


@pytest.fixture
def bd(bare: Bd) -> Bd:
    """`bd` in a folder with a store, outside git."""
    bare.ok("init", "--quiet")
    return bare
