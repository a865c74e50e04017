"""The state machine: status, times and reasons are written together."""

import json

import pytest

from beadwork.model import transition
from beadwork.model.codec import decode
from beadwork.model.errors import InvalidTransition
from beadwork.model.issue import STATE_FIELDS
from beadwork.model.record import Record

NOW_US = 1_767_225_600_000_000
NOW = '"2026-01-01T00:00:00Z"'


def read(status: str = "open", *kinds: str) -> Record:
    """Read an issue with edges of some kinds."""
    edges = [{"depends_on_id": "px-b", "type": kind} for kind in kinds]
    pairs = {"id": "px-a", "title": "One", "status": status, "issue_type": "bug"}
    return decode(json.dumps(pairs | {"dependencies": edges}))


def set_fields(fields: transition.Fields) -> dict[str, str | None]:
    """The fields that get a value, once it is sure that all of the state is written."""
    assert tuple(fields) == STATE_FIELDS
    return {name: value for name, value in fields.items() if value is not None}


def test_closing_says_when_why_and_by_whom() -> None:
    fields = transition.closed(read(), now_us=NOW_US, reason="<Done>", session="s1")
    assert set_fields(fields) == {
        "status": '"closed"',
        "closed_at": NOW,
        "close_reason": '"\\u003cDone\\u003e"',
        "closed_by_session": '"s1"',
    }


def test_what_is_not_said_is_not_there() -> None:
    fields = transition.closed(read(), now_us=NOW_US, reason="", session="")
    assert set(set_fields(fields)) == {"status", "closed_at"}


def test_deleting_leaves_a_tombstone_that_knows_its_type() -> None:
    fields = transition.deleted(read("closed"), now_us=NOW_US, actor="ann", reason="Spam")
    assert set_fields(fields) == {
        "status": '"tombstone"',
        "deleted_at": NOW,
        "deleted_by": '"ann"',
        "delete_reason": '"Spam"',
        "original_type": '"bug"',
    }


def test_any_other_status_takes_the_traces_of_the_last_away() -> None:
    fields = transition.moved(read("closed"), "in_progress", is_reopening=True)
    assert set_fields(fields) == {"status": '"in_progress"'}


@pytest.mark.parametrize("kind", ["duplicates", "supersedes"])
def test_what_another_stands_for_is_not_reopened(kind: str) -> None:
    with pytest.raises(InvalidTransition) as refused:
        transition.moved(read("closed", kind), "open", is_reopening=True)
    assert refused.value.data == {"id": "px-a", "other": "px-b"}
    transition.moved(read("open", kind), "blocked", is_reopening=False)
    transition.moved(read("closed", "blocks"), "open", is_reopening=True)


def test_a_deleted_issue_is_left_alone() -> None:
    with pytest.raises(InvalidTransition):
        transition.closed(read("tombstone"), now_us=NOW_US, reason="", session="")
    with pytest.raises(InvalidTransition):
        transition.moved(read("tombstone"), "open", is_reopening=False)
    transition.require_alive(read("closed"))
