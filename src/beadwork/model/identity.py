"""Which lines are one issue, and who keeps an id that several were born under (rule R4)."""

from collections.abc import Sequence
from typing import NamedTuple

from beadwork.model import instants
from beadwork.model.ids import derived_id
from beadwork.model.record import Record


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
    """Group positions by transitive sameness."""
    groups: list[list[int]] = []
    for position, record in enumerate(records):
        joined = [g for g in groups if any(_is_same(record, records[i]) for i in g)]
        groups = [g for g in groups if g not in joined]
        groups.append([i for g in joined for i in g] + [position])
    return groups


def births(issue_id: str, records: Sequence[Record]) -> list[Birth]:
    """Tell the issues apart that share an id; the earliest birth keeps it."""
    found = []
    for group in _classes(records):
        created_ns = min(min(records[i].births) for i in group)
        found.append((created_ns, tuple(group)))
    found.sort(key=lambda each: (each[0], records[each[1][0]].text("title")))
    named = []
    for rank, (created_ns, members) in enumerate(found):
        name = derived_id(issue_id, instants.format_ns(created_ns)) if rank else issue_id
        named.append(Birth(created_ns, members, name))
    return named
