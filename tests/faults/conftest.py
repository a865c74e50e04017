"""Fixtures of the tests around here."""

from tests.support import project, quick_path

__all__ = ["project", "quick_path"]
