"""Fixtures of the tests around here."""

import pytest

from beadwork.model import limits
from tests.support import project, quick_path

__all__ = ["project", "quick_path"]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a first import take as many steps as any other."""
    monkeypatch.setattr(limits, "IMPORT_FIRST_CHUNK_LINES", limits.IMPORT_CHUNK_LINES)
