"""Fixtures of the journeys: those of the doors, and a repository of git."""

from pathlib import Path

import pytest

from tests.daemon.conftest import daemon as daemon
from tests.doors.conftest import bare as bare
from tests.doors.conftest import bd as bd
from tests.doors.conftest import home as home
from tests.doors.program import Bd


def make_repository(bd: Bd, folder: Path) -> Bd:
    """Make a repository with a first commit, and answer `bd` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    bd.git("init", "--quiet", "--initial-branch=main", folder=folder)
    bd.git("config", "user.name", "Ann", folder=folder)
    bd.git("config", "user.email", "ann@example.org", folder=folder)
    (folder / "README").write_text("A project\n", encoding="utf-8")
    bd.git("add", "README", folder=folder)
    bd.git("commit", "--quiet", "--message", "First", folder=folder)
    return bd.at(folder)


@pytest.fixture
def repository(bare: Bd) -> Bd:
    """`bd` in a repository of git whose store is committed, without hooks of git."""
    made = make_repository(bare, bare.folder)
    made.ok("init", "--quiet", "--skip-hooks")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "Issues")
    return made
