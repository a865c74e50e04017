"""Processes that are killed anywhere: what they acknowledged is there, nothing is half done."""

import shutil
from pathlib import Path

import pytest

from beadwork.model.record import split_line
from beadwork.ops.record import ImportFile, ListConflicts
from tests.faults import children
from tests.support import Project, lines_of, make_folder, query

pytestmark = pytest.mark.slow
LINES = 2_000
EXPORT_STEPS_MAX = 60


def require_sound(project: Project) -> None:
    """See to it that the database and the index of readiness are as they should be."""
    assert query(project.place, "PRAGMA integrity_check") == [("ok",)]
    assert project.wrong_rows() == 0


def titles(project: Project) -> set[str]:
    """Return every title of the store."""
    return {title for (title,) in query(project.place, "SELECT title FROM issue")}
