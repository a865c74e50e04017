"""Ids: the classic rule, with its vectors."""

import itertools
from typing import Any

import pytest

from beadwork.model import ids, instants
from beadwork.model.errors import InvalidField, PrefixMismatch

BIRTH = "2024-01-02T03:04:05.006Z"
BIRTH_NS = instants.parse_ns(BIRTH) or 0
TEXTS = {"title": "Fix login", "description": "Details", "creator": "jira-import"}


def made(taken: set[str], *, count: int = 0) -> str:
    """Make an id where some are taken."""
    return ids.new_id(
        "px", **TEXTS, created_ns=BIRTH_NS, issue_count=count, is_taken=taken.__contains__
    )


@pytest.mark.parametrize(
    "vector", ["vju", "8d8e", "bi3tk", "8bi3tk", "r5sr6bm", "8r5sr6bm"], ids=len
)
def test_hashes_are_those_of_classic(vector: str) -> None:
    found = ids.hash_of(**TEXTS, created_ns=BIRTH_NS, nonce=0, length=len(vector))
    assert found == vector


@pytest.mark.parametrize("part", ["title", "description", "creator", "created_ns", "nonce"])
def test_every_part_counts_for_the_hash(part: str) -> None:
    parts: dict[str, Any] = {**TEXTS, "created_ns": BIRTH_NS, "nonce": 0}
    other = {**parts, part: 1 if part in ("created_ns", "nonce") else "else"}
    assert ids.hash_of(**parts, length=8) != ids.hash_of(**other, length=8)


@pytest.mark.parametrize(
    ("number", "width", "text"),
    [(0, 3, "000"), (35, 2, "0z"), (36, 2, "10"), (36**3 - 1, 3, "zzz"), (36**3, 3, "000")],
)
def test_base_36_is_padded_and_keeps_the_low_digits(number: int, width: int, text: str) -> None:
    assert ids.base36(number, width) == text


@pytest.mark.parametrize(
    ("most", "length"), [(163, 3), (983, 4), (5898, 5), (35_389, 6), (212_339, 7)]
)
def test_ids_grow_when_a_collision_gets_likelier_than_a_quarter(most: int, length: int) -> None:
    assert ids.hash_length(most) == length
    assert ids.hash_length(most + 1) == length + 1


def test_no_id_is_longer_than_eight() -> None:
    assert ids.hash_length(0) == 3
    assert ids.hash_length(10**9) == 8
    assert ids.hash_length(1, shortest=5) == 5


def test_a_clash_takes_ten_nonces_and_then_one_character_more() -> None:
    taken: set[str] = set()
    for _ in range(25):
        taken.add(made(taken))
    lengths = sorted(len(each) - len("px-") for each in taken)
    assert lengths == [3] * 10 + [4] * 10 + [5] * 5
    assert {"px-vju", "px-8d8e", "px-bi3tk"} <= taken


def test_an_id_is_found_even_where_all_are_taken() -> None:
    asked = itertools.count()
    found = ids.new_id(
        "px", **TEXTS, created_ns=BIRTH_NS, issue_count=0, is_taken=lambda _: next(asked) < 100
    )
    assert len(found) == len("px-") + 8
    assert next(asked) == 101


def test_a_larger_project_begins_with_longer_ids() -> None:
    assert made(set(), count=164) == "px-8d8e"


@pytest.mark.parametrize(
    ("issue_id", "parts", "parent", "number", "level"),
    [
        ("px-a3f", ("px", "a3f", ""), None, 0, 0),
        ("px-a3f.1", ("px", "a3f", ".1"), "px-a3f", 1, 1),
        ("my-px-a3f.2.10", ("my-px", "a3f", ".2.10"), "my-px-a3f.2", 10, 2),
        ("bd-12", ("bd", "12", ""), None, 0, 0),
        ("odd", ("", "odd", ""), None, 0, 0),
        ("px-a.b", ("px", "a", ".b"), None, 0, 1),
    ],
)
def test_an_id_says_whose_child_it_is(
    issue_id: str, parts: tuple[str, str, str], parent: str | None, number: int, level: int
) -> None:
    assert ids.split(issue_id) == parts
    assert ids.parent_of(issue_id) == parent
    assert ids.child_number(issue_id) == number
    assert ids.level(issue_id) == level


def test_a_later_birth_gets_an_id_of_its_own() -> None:
    # The last 8 base-36 digits of SHA-256("px-a3f|2024-01-02T03:04:05.006Z").
    assert ids.derived_id("px-a3f", BIRTH) == "px-fhfg96ab"
    assert ids.derived_id("px-a3f.1", BIRTH).partition("-")[0] == "px"
    assert ids.derived_id("px-a3f.1", BIRTH) != ids.derived_id("px-a3f", BIRTH)
    assert ids.derived_id("px-a3f", "2024-01-02T03:04:05.007Z") != ids.derived_id("px-a3f", BIRTH)
    assert "." not in ids.derived_id("px-a3f.1", BIRTH)


@pytest.mark.parametrize(
    ("given", "prefix"), [("px", "px"), (" my-px- ", "my-px"), ("a.b_c", "a.b_c")]
)
def test_a_prefix_is_taken_without_its_hyphen(given: str, prefix: str) -> None:
    assert ids.require_prefix(given) == prefix


@pytest.mark.parametrize("given", ["", "-", "a b", "ü", "-a", "x" * 65, "a/b"])
def test_a_prefix_of_other_characters_is_refused(given: str) -> None:
    with pytest.raises(InvalidField):
        ids.require_prefix(given)


@pytest.mark.parametrize("issue_id", ["px-1", "px-my_own.1.2", "al-x"])
def test_an_id_of_the_callers_choice_has_a_prefix_of_ours(issue_id: str) -> None:
    found = ids.require_explicit(issue_id, prefixes=("px", "al"), is_forced=False)
    assert found == issue_id


def test_another_prefix_needs_force() -> None:
    with pytest.raises(PrefixMismatch):
        ids.require_explicit("pxx-1", prefixes=("px",), is_forced=False)
    assert ids.require_explicit("pxx-1", prefixes=("px",), is_forced=True) == "pxx-1"


@pytest.mark.parametrize(
    "issue_id", ["", "px", "px-", "px-a b", "px-a.", "px-a.b", "px-" + "a" * 300]
)
def test_what_is_no_id_is_refused_with_force_too(issue_id: str) -> None:
    with pytest.raises(InvalidField):
        ids.require_explicit(issue_id, prefixes=("px",), is_forced=True)
