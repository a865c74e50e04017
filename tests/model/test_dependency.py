"""Dependencies: their types, and the gate of a waits-for edge."""

import pytest

from beadwork.model.dependency import KNOWN_KINDS, Gate, require_kind, waits_for
from beadwork.model.errors import InvalidField

ALL, ANY = Gate.ALL_CHILDREN, Gate.ANY_CHILDREN


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ('{"gate":"any-children","spawner_id":"px-s"}', (ANY, "px-s")),
        ({"gate": "any-children", "spawner_id": "px-s"}, (ANY, "px-s")),
        ('{"gate":"any-children"}', (ANY, "px-t")),
        ('{"spawner_id":"px-s"}', (ALL, "px-s")),
        ('{"gate":"some-children"}', (ALL, "px-t")),
        ("no JSON", (ALL, "px-t")),
        ('{"gate":5}', (ALL, "px-t")),
        ([1], (ALL, "px-t")),
        ("", (ALL, "px-t")),
        (None, (ALL, "px-t")),
    ],
)
def test_a_gate_is_read_from_metadata_in_either_form(
    metadata: object, found: tuple[Gate, str]
) -> None:
    assert waits_for(metadata, "px-t") == found


@pytest.mark.parametrize("kind", [*KNOWN_KINDS, "mine", " mine ", "inspired-by", "x" * 50, "ü"])
def test_types_of_ones_own_are_taken(kind: str) -> None:
    assert require_kind(kind) == kind.strip()


@pytest.mark.parametrize("kind", ["", "  ", "x" * 51, "a\x00b"])
def test_what_can_be_no_type_is_refused(kind: str) -> None:
    with pytest.raises(InvalidField):
        require_kind(kind)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("parentchild", "parent-child"),
        ("blcoks", "blocks"),
        ("blocking", "blocks"),
        ("dependson", "blocks"),
        ("duplicate-of", "duplicates"),
    ],
)
def test_a_mistyped_type_is_refused_with_the_one_that_is_meant(typed: str, meant: str) -> None:
    with pytest.raises(InvalidField) as refused:
        require_kind(typed)
    assert f'"{meant}"' in refused.value.hint
