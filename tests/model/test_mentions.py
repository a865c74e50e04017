"""Ids in texts become others only where they stand whole."""

import pytest

from beadwork.model.mentions import renamer
from beadwork.model.sections import missing_sections

RENAMES = {"px-a": "px-login", "px-a.1": "px-login.1", "old-app-b7": "px-b7", "7": "px-7"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("px-a", "px-login"),
        ("(px-a), px-a. px-a!", "(px-login), px-login. px-login!"),
        ("px-a.1 and px-a.12", "px-login.1 and px-a.12"),
        ("px-ab xpx-a px-a-b apx-a px-a.b", "px-ab xpx-a px-a-b apx-a px-a.b"),
        ("old-app-b7 or app-b7", "px-b7 or app-b7"),
        ("7 of 17", "px-7 of 17"),
        ("https://host/px-a#x", "https://host/px-login#x"),
    ],
)
def test_an_id_is_rewritten_where_it_stands_whole(before: str, after: str) -> None:
    assert renamer(RENAMES)(before) == after


def test_two_ids_that_change_places_are_both_rewritten_once() -> None:
    assert renamer({"px-a": "px-b", "px-b": "px-a"})("px-a px-b") == "px-b px-a"


def test_a_section_is_missing_until_a_text_names_it() -> None:
    assert missing_sections("bug", "", "") == ["Steps to Reproduce", "Acceptance Criteria"]
    assert missing_sections("bug", "## steps to reproduce\n1.", "it works") == []
    assert missing_sections("epic", "## Success Criteria", "") == []
    assert missing_sections("chore", "", "") == []
