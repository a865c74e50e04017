"""Adoption: what others wrote gets stamps before it is folded (rule R3).

Classic programs and hands change fields, drop the stamps and often leave `updated_at` alone.
Comparing such a line with the version that its writer saw shows which registers it wrote.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from beadwork.model.issue import KNOWN_FIELDS
from beadwork.model.record import (
    STATE,
    Mark,
    Record,
    Register,
    Stamps,
    assemble,
    registers,
)
from beadwork.model.stamp import Stamp

OUTSIDER = ""
"""The replica of writes that are not ours."""
_KNOWN = frozenset(KNOWN_FIELDS)
Held = Callable[[Register, str | None], bool]
"""Tells whether a register may have had a value before the one that it has."""


def may_be(register: Register, value: str | None) -> bool:
    """Say that it may have: where nothing is known of what was before."""
    del register, value
    return True


class Adopted(NamedTuple):
    """A line as it can be folded, and the registers that an outsider wrote in it."""

    record: Record
    edits: list[Register]


def adopt(line: Record, base: Record | None, *, held: Held = may_be) -> Adopted:
    """Give an unseen line stamps by comparing it with its base.

    The base is the version that its writer started from: the line last seen in the file, or
    the ancestor in a merge. Without one the line is taken as it is.
    """
    if base is None or (line.is_stamped and not base.is_stamped):
        return Adopted(line, [])
    if not line.is_stamped and line.updated_ns < base.updated_ns:
        # An older version: its writer can't have seen the base.
        return adopt_beside(line, base, held=held) if base.is_stamped else Adopted(line, [])
    old, new = registers(base), registers(line)
    if not line.is_stamped and base.is_stamped:
        new = registers(line._replace(stamps=base.stamps))  # with what stands hidden in them
        new.update(_dropped_by_classic(old, new))
    floor = line.floor if line.is_stamped else base.floor
    marks: dict[Register, Mark] = {}
    edits: list[Register] = []
    for register in {*old, *new, *base.stamps.marks, *line.stamps.marks}:
        is_same = old.get(register) == new.get(register)
        if line.is_stamped and (is_same or line.stamp_of(register) != base.stamp_of(register)):
            marks[register] = line.mark_of(register)
        elif is_same:
            marks[register] = base.mark_of(register)
        else:
            edits.append(register)
            marks[register] = _outside(line, base, register)
    if not (edits or base.is_stamped or line.is_stamped) and line.floor == base.floor:
        return Adopted(line, [])
    return Adopted(_made(line, base, new, Stamps(floor, marks)), sorted(edits))


def closest(line: Record, bases: Sequence[Record]) -> Record | None:
    """Return the version that an outsider's line was made from, of several that it may be.

    The one whose time he left alone, else the one that he changed least; the first where that
    tells nothing. Whoever changes nothing writes nothing: that is a register taken back.
    """
    if len(bases) < 2 or line.is_stamped:
        return bases[0] if bases else None
    left_alone = [b for b in bases if b.fields.get("updated_at") == line.fields.get("updated_at")]
    if len(left_alone) == 1:
        return left_alone[0]
    return min(bases, key=lambda base: _distance(line, base) or len(bases) + _MANY)


_MANY = 1_000_000


def _distance(line: Record, base: Record) -> int:
    """Count the registers that a line has otherwise than a base, what its writer lost aside."""
    old, new = registers(base), registers(line._replace(stamps=base.stamps))
    new.update(_dropped_by_classic(old, new))
    return sum(old.get(each) != new.get(each) for each in {*old, *new})


def adopt_beside(line: Record, other: Record, *, held: Held) -> Adopted:
    """Give stamps to an outsider's line by a stamped version that its writer did not see.

    Which one he started from is not known: one from before. So where the other version was
    written to since it was made, and the line has what may have stood there before, that is no
    edit (decision 0022). Of an older line an edit counts from its own time.
    """
    old, new = registers(other), registers(line._replace(stamps=other.stamps))
    new.update(_dropped_by_classic(old, new))
    values, marks = dict(old), dict(other.stamps.marks)
    is_older = line.updated_ns < other.updated_ns
    written = Stamp(max(line.updated_ns, 0) // 1_000_000, 0, OUTSIDER)
    edits: list[Register] = []
    for register in {*old, *new}:
        value = new.get(register)
        is_stale = register in other.stamps.marks and held(register, value)
        is_late = is_older and written <= other.stamp_of(register)
        if old.get(register) == value or is_stale or is_late:
            continue
        edits.append(register)
        values.pop(register, None)
        if value is not None:
            values[register] = value
        marks[register] = (
            Mark(written, other.floor) if is_older else _outside(line, other, register)
        )
    return Adopted(_made(line, other, values, Stamps(other.floor, marks)), sorted(edits))


def _made(line: Record, base: Record, values: dict[Register, str], stamps: Stamps) -> Record:
    identity: dict[str, str] = {
        k: line.fields[k] for k in ("created_at", "updated_at") if k in line.fields
    }
    births = (line.stamps.births | base.births) - {line.created_ns, 0}
    return assemble(line.id, identity, values, stamps._replace(births=births))


def restamped(base: Record, later: Record) -> Record:
    """Give a base that lost its stamps those which a later, stamped version shows it had.

    Where the later version has another value, or one written since, its write says what it
    replaced.
    """
    old, new = registers(base), registers(later)
    marks: dict[Register, Mark] = {}
    for register in {*old, *new, *later.stamps.marks}:
        mark = later.mark_of(register)
        is_old = mark.stamp.ms <= base.floor.ms and old.get(register) == new.get(register)
        marks[register] = mark if is_old else Mark(mark.replaced or later.floor)
    identity = {k: v for k, v in base.fields.items() if k in ("created_at", "updated_at")}
    births = (later.births | base.births) - {base.created_ns, 0}
    return assemble(base.id, identity, old, Stamps(later.floor, marks, births))


def _outside(line: Record, base: Record, register: Register) -> Mark:
    replaced = base.stamp_of(register)
    written = Stamp(max(line.updated_ns, 0) // 1_000_000, 0, OUTSIDER)
    return Mark(max(written, replaced.after(OUTSIDER)), replaced)


def _dropped_by_classic(old: dict[Register, str], new: dict[Register, str]) -> dict[Register, str]:
    """Return the fields that a writer lost because it doesn't know them.

    Who dropped the stamps drops every field that classic has no name for; that is no edit.
    """
    return {
        register: value
        for register, value in old.items()
        if len(register) == 1
        and register != STATE
        and register[0] not in _KNOWN
        and register not in new
    }
