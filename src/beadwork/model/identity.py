"""Which lines are one issue, and who keeps an id that several were born under (rule R4)."""

from collections.abc import Sequence
from typing import NamedTuple

from beadwork.model import instants
from beadwork.model.ids import derived_id
from beadwork.model.record import Record

_UNDATED = frozenset({0})


class Birth(NamedTuple):
    """The lines of one issue among those of an id, by position, and the id that it gets."""

    created_ns: int
    members: tuple[int, ...]
    issue_id: str


def _is_same(left: Record, right: Record) -> bool:
    if left.births & right.births:
        return True
    is_marked = left.is_stamped and right.is_stamped
    return not is_marked and left.text("title") == right.text("title")


def _classes(records: Sequence[Record]) -> list[list[int]]:
    """Group positions by transitive sameness, but for lines that have no instant."""
    groups: list[list[int]] = []
    for position, record in enumerate(records):
        if record.births == _UNDATED:
            continue
        joined = [g for g in groups if any(_is_same(record, records[i]) for i in g)]
        groups = [g for g in groups if g not in joined]
        groups.append([i for g in joined for i in g] + [position])
    return groups


def births(issue_id: str, records: Sequence[Record]) -> list[Birth]:
    """Tell the issues apart that share an id; the earliest birth keeps it."""
    found = []
    for group in _classes(records):
        created_ns = min(min(records[i].births) for i in group)
        found.append((created_ns, group))
    found.sort()
    _join_undated(found, records)
    named = []
    for rank, (created_ns, members) in enumerate(found):
        name = derived_id(issue_id, instants.format_ns(created_ns)) if rank else issue_id
        named.append(Birth(created_ns, tuple(sorted(members)), name))
    return named


def is_one(left: Record, right: Record) -> bool:
    """Tell whether two lines of an id are one issue."""
    return len(births(right.id, [left, right])) == 1


def _join_undated(found: list[tuple[int, list[int]]], records: Sequence[Record]) -> None:
    """Add lines without an instant to the issue of their title, or else to the id's keeper.

    They tell no issues apart, and so they never make two of them one either.
    """
    for position, record in enumerate(records):
        if record.births == _UNDATED:
            title = record.text("title")
            alike = [g for _, g in found if any(records[i].text("title") == title for i in g)]
            if found:
                (alike or [found[0][1]])[0].append(position)
            else:
                found.append((0, [position]))
