"""Each wish that is called settled names a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "classic-wishes.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Not settled")[0].splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| wish", "| trap"))
]
TEST = re.compile(r"`(test_\w+)`")


def defined() -> set[str]:
    """Answer the names of all tests."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
    return found


NAMES = defined()


def test_there_are_wishes() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0])[:60])
def test_what_settles_a_wish_is_shown_by_a_test(row: list[str]) -> None:
    named = TEST.findall(row[-1])
    assert named, "name the test"
    assert set(named) <= NAMES
