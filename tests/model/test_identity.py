"""Identity: which lines are one issue, and who keeps the id (R4)."""

import json
from itertools import permutations
from typing import Any

import pytest

from beadwork.model.codec import decode
from beadwork.model.identity import births
from beadwork.model.ids import derived_id
from beadwork.model.instants import format_ns, parse_ns
from beadwork.model.record import Record

DAY_NS = 86_400 * 1_000_000_000
T1_NS = parse_ns("2026-01-01T00:00:00Z") or 0


def day(number: int) -> str:
    """Write an instant of a day."""
    return format_ns(T1_NS + number * DAY_NS)


def read(
    title: str, created: str = "", *, stamped: bool = False, aliases: tuple[str, ...] = ()
) -> Record:
    """Read a line."""
    pairs: dict[str, Any] = {"id": "px-a", "title": title, "created_at": created}
    if stamped or aliases:
        pairs["stamps"] = {"*": "1.0.a", "@": list(aliases)}
    return decode(json.dumps(pairs))


def grouped(*records: Record) -> dict[str, set[int]]:
    """The positions of the lines of each issue, by the id it gets; the order does not matter."""
    found = [
        {
            each.issue_id: {order[position] for position in each.members}
            for each in births("px-a", [records[position] for position in order])
        }
        for order in permutations(range(len(records)))
    ]
    assert all(each == found[0] for each in found)
    return found[0]


def later(created: str) -> str:
    """The id of a later birth."""
    return derived_id("px-a", created)


def test_lines_of_one_instant_are_one_issue() -> None:
    assert grouped(read("One", day(1)), read("Two", day(1))) == {"px-a": {0, 1}}
    elsewhere = "2026-01-02T02:00:00.000+02:00"
    assert grouped(read("One", day(1)), read("Two", elsewhere)) == {"px-a": {0, 1}}


def test_lines_of_one_instant_are_one_issue_with_stamps_too() -> None:
    records = read("One", day(1), stamped=True), read("Two", day(1), stamped=True)
    assert grouped(*records) == {"px-a": {0, 1}}


def test_the_earliest_birth_keeps_the_id() -> None:
    records = read("One", day(2)), read("Two", day(1)), read("Tri", day(3))
    assert grouped(*records) == {later(day(2)): {0}, "px-a": {1}, later(day(3)): {2}}


def test_births_are_told_in_their_order() -> None:
    found = births("px-a", [read("One", day(2)), read("Two", day(1))])
    assert [each.created_ns for each in found] == [T1_NS + DAY_NS, T1_NS + 2 * DAY_NS]
    assert [each.members for each in found] == [(1,), (0,)]


def test_a_line_without_stamps_is_the_issue_of_its_title() -> None:
    assert grouped(read("One", day(1)), read("One", day(2))) == {"px-a": {0, 1}}
    assert grouped(read("One", day(1), stamped=True), read("One", day(2))) == {"px-a": {0, 1}}


def test_lines_with_stamps_are_two_issues_whatever_their_titles() -> None:
    records = read("One", day(1), stamped=True), read("One", day(2), stamped=True)
    assert grouped(*records) == {"px-a": {0}, later(day(2)): {1}}


def test_one_line_can_show_that_two_others_are_one_issue() -> None:
    bridge = read("One", day(2))
    assert grouped(read("One", day(1)), bridge, read("Two", day(2))) == {"px-a": {0, 1, 2}}


def test_an_issue_is_known_under_every_instant_it_had() -> None:
    merged = read("One", day(1), aliases=(day(3),))
    other = read("Two", day(2), stamped=True)
    found = grouped(merged, read("Tri", day(3), stamped=True), other)
    assert found == {"px-a": {0, 1}, later(day(2)): {2}}


def test_an_alias_counts_for_who_was_first() -> None:
    late = read("One", day(3), aliases=(day(1),))
    assert grouped(read("Two", day(2)), late) == {"px-a": {1}, later(day(2)): {0}}


@pytest.mark.parametrize("created", ["", "soon"])
def test_a_line_without_an_instant_is_the_issue_of_its_title(created: str) -> None:
    records = read("One", day(1), stamped=True), read("Two", day(2), stamped=True)
    assert grouped(*records, read("Two", created)) == {"px-a": {0}, later(day(2)): {1, 2}}


@pytest.mark.parametrize("created", ["", "soon"])
def test_a_line_without_an_instant_or_a_title_we_know_is_the_keeper(created: str) -> None:
    records = read("One", day(1), stamped=True), read("Two", day(2), stamped=True)
    assert grouped(*records, read("Tri", created)) == {"px-a": {0, 2}, later(day(2)): {1}}
    assert grouped(read("One", day(1)), read("Tri", created)) == {"px-a": {0, 1}}


def test_lines_without_any_instant_are_one_issue() -> None:
    assert grouped(read("One"), read("Two"), read("Tri", stamped=True)) == {"px-a": {0, 1, 2}}


def test_members_stand_in_the_order_of_the_lines() -> None:
    lines = [("One", 1), ("Two", 2), ("Two", 2), ("One", 1), ("One", 2)]
    records = [read("Tri"), *(read(title, day(number)) for title, number in lines)]
    assert births("px-a", records)[0].members == (0, 1, 2, 3, 4, 5)
