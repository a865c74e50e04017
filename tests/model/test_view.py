"""A record as an issue."""

import json
from typing import Any

import msgspec
import pytest

from beadwork.model.codec import decode
from beadwork.model.issue import KNOWN_FIELDS
from beadwork.model.view import require_readable, view


def line(**pairs: Any) -> str:
    """Write a line."""
    return json.dumps({"id": "px-a", "title": "One"} | pairs)


def test_a_record_is_shown_with_its_defaults_and_its_sets() -> None:
    comment = {"id": "0195-a", "author": "ann", "text": "Yes", "created_at": "2026-01-01T00:00:00Z"}
    shown = view(
        decode(
            line(
                labels=["b", "a"],
                dependencies=[{"depends_on_id": "px-b", "type": "own", "metadata": "{}"}],
                comments=[comment],
                metadata={"k": [1]},
            )
        )
    )
    assert (shown.status, shown.priority, shown.issue_type) == ("open", 2, "task")
    assert shown.labels == ["a", "b"]
    assert (shown.dependencies[0].depends_on_id, shown.dependencies[0].type) == ("px-b", "own")
    assert shown.comments[0].id == "0195-a"
    assert shown.metadata == {"k": [1]}
    assert shown.unknown_fields == {}


def test_what_newer_programs_wrote_is_shown_apart() -> None:
    shown = view(decode(line(future={"a": 1.5}, other=None)))
    assert shown.unknown_fields == {"future": {"a": 1.5}, "other": None}


def test_stamps_are_not_shown() -> None:
    assert view(decode(line(stamps={"*": "1.0.a"}))).unknown_fields == {}


def test_known_fields_are_those_of_the_file_in_its_order() -> None:
    assert KNOWN_FIELDS[:4] == ("id", "title", "description", "design")
    assert KNOWN_FIELDS[-1] == "payload"
    assert "unknown_fields" not in KNOWN_FIELDS


@pytest.mark.parametrize(
    "pairs", [{"title": 5}, {"priority": "high"}, {"pinned": 1}, {"comments": [{"id": 1.5}]}]
)
def test_a_field_of_another_type_can_not_be_shown(pairs: dict[str, Any]) -> None:
    text = line(**pairs)
    with pytest.raises(msgspec.ValidationError):
        require_readable(text, decode(text))


def test_what_is_empty_can_be_shown_whatever_its_form() -> None:
    text = line(assignee=None, labels=None, pinned=None, dependencies=None, waiters=None)
    require_readable(text, decode(text))
