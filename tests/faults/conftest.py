"""Fixtures of the tests around here."""

from tests.support import project

__all__ = ["project"]
