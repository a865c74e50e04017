"""The words of an issue: statuses, types, texts, priorities."""

import pytest

from beadwork.model import issue, limits
from beadwork.model.errors import InvalidField
from beadwork.model.issue import Vocabulary

OURS = Vocabulary(
    prefix="px",
    custom_statuses=("review", "shipped"),
    done_statuses=("shipped",),
    custom_types=("spike",),
)


@pytest.mark.parametrize(
    ("reason", "is_failure"),
    [
        ("Done", False),
        ("", False),
        ("FAILED in CI", True),
        ("Won't fix", True),
        ("wontfix", True),
        ("It was cancelled", True),
        ("canceled", True),
        ("unblocked at last", True),
        ("time out", False),
    ],
)
def test_a_reason_names_a_failure_by_its_words(reason: str, is_failure: bool) -> None:
    assert issue.names_failure(reason) is is_failure


def test_only_some_statuses_end_the_work() -> None:
    done = [each for each in OURS.statuses() if OURS.is_done(each)]
    assert done == ["closed", "tombstone", "shipped"]
    assert not Vocabulary().is_done("shipped")


def test_statuses_and_types_are_those_of_the_project() -> None:
    assert OURS.require_status("review") == "review"
    assert OURS.require_type("spike") == "spike"
    assert OURS.require_type("feat") == OURS.require_type("enhancement") == "feature"


@pytest.mark.parametrize(("status", "meant"), [("in-progress", "in_progress"), ("Reviw", "review")])
def test_a_mistyped_status_is_refused_with_the_one_that_is_meant(status: str, meant: str) -> None:
    with pytest.raises(InvalidField) as refused:
        OURS.require_status(status)
    assert refused.value.hint == f'Did you mean "{meant}"?'


def test_an_unknown_type_is_refused_with_the_place_to_add_it() -> None:
    with pytest.raises(InvalidField) as refused:
        OURS.require_type("zzz")
    assert "types.custom" in refused.value.hint
    assert "spike" in refused.value.hint


def test_a_title_says_something_and_not_too_much() -> None:
    assert issue.require_title("x" * limits.TITLE_CHARS_MAX)
    for title in ("", " \t", "x" * (limits.TITLE_CHARS_MAX + 1), "a\x00b", "\ud800"):
        with pytest.raises(InvalidField) as refused:
            issue.require_title(title)
        assert refused.value.data == {"field": "title"}


def test_a_text_has_a_bound_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEXT_BYTES_MAX", 4)
    assert issue.require_text("üü", "notes") == "üü"
    with pytest.raises(InvalidField, match="5 bytes"):
        issue.require_text("üüx", "notes")


def test_a_label_is_taken_without_the_spaces_around_it() -> None:
    assert issue.require_label("  a b ") == "a b"
    for label in ("", "  ", "x" * (limits.LABEL_CHARS_MAX + 1), "a\x00"):
        with pytest.raises(InvalidField):
            issue.require_label(label)


@pytest.mark.parametrize("priority", [-1, 5])
def test_there_are_five_priorities(priority: int) -> None:
    assert [issue.require_priority(each) for each in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(InvalidField):
        issue.require_priority(priority)
