"""Fold: the only merge (rule R2).

Pure, commutative, associative and idempotent. Where no two clones write the same register,
no edit is lost. It reads no clock.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from beadwork.model import instants
from beadwork.model.codec import encode
from beadwork.model.identity import is_one
from beadwork.model.record import Mark, Record, Register, Stamps, assemble, registers
from beadwork.model.stamp import BEFORE_ALL, Stamp


class Loss(NamedTuple):
    """A value that lost against one written without knowledge of it (R1)."""

    register: Register
    value: str | None
    stamp: Stamp
    winner: Stamp


class Folded(NamedTuple):
    """The record that two records make, and the values that lost a conflict."""

    record: Record
    losses: list[Loss]


class _Write(NamedTuple):
    """One side's write of a register, in the order in which writes win."""

    stamp: Stamp
    value: str
    is_present: bool
    replaced: Stamp
    birth: int


def _write(record: Record, values: dict[Register, str], register: Register) -> _Write:
    mark = record.mark_of(register)
    value = values.get(register)
    return _Write(
        mark.stamp,
        value or "",
        value is not None,
        mark.replaced or BEFORE_ALL,
        -1 if mark.birth is None else mark.birth,
    )


def _mark(write: _Write) -> Mark:
    return Mark(
        write.stamp,
        None if write.replaced == BEFORE_ALL else write.replaced,
        None if write.birth < 0 else write.birth,
    )


def _loss(loser: _Write, winner: _Write, register: Register) -> Loss | None:
    is_same = (loser.is_present, loser.value) == (winner.is_present, winner.value)
    is_known = winner.replaced == BEFORE_ALL or winner.replaced >= loser.stamp
    if is_same or is_known or loser.stamp == winner.stamp:
        return None
    return Loss(register, loser.value if loser.is_present else None, loser.stamp, winner.stamp)


def _identity(left: Record, right: Record) -> dict[str, str]:
    """Return the earliest creation and the latest change; between two forms, the larger."""
    identity = {}
    pick = {"created_at": min, "updated_at": max}
    for name, best in pick.items():
        tokens = [r.fields[name] for r in (left, right) if name in r.fields]
        if not tokens:
            continue
        moments = [instants.parse_ns(each.strip('"')) for each in tokens]
        wanted = best((m for m in moments if m is not None), default=None)
        identity[name] = max(t for t, m in zip(tokens, moments, strict=True) if m == wanted)
    return identity


def fold(left: Record, right: Record) -> Folded:
    """Fold two records of one issue into one, under the id of `left`."""
    if left == right:
        return Folded(left, [])
    values = (registers(left), registers(right))
    floor = max(left.floor, right.floor)
    kept: dict[Register, str] = {}
    marks: dict[Register, Mark] = {}
    losses: list[Loss] = []
    names = {*values[0], *values[1], *left.stamps.marks, *right.stamps.marks}
    for register in names:
        writes = (_write(left, values[0], register), _write(right, values[1], register))
        loser, winner = sorted(writes)
        loss = _loss(loser, winner, register)
        losses += [loss] if loss else []
        if winner.is_present:
            kept[register] = winner.value
        marks[register] = _mark(winner)
    identity = _identity(left, right)
    stamps = Stamps(floor, marks, frozenset())
    record = assemble(left.id, identity, kept, stamps)
    births = (left.births | right.births) - {record.created_ns, 0}
    return Folded(_settled(record, births), losses)


def _settled(record: Record, births: frozenset[int]) -> Record:
    """Leave out stamps that say no more than `updated_at` does, whatever they came from."""
    plain = record._replace(stamps=Stamps())
    if not (births or record.stamps.marks) and plain.floor == record.floor:
        return plain
    return record._replace(stamps=record.stamps._replace(births=births))


def fold_all(records: Iterable[Record]) -> Folded:
    """Fold any number of records of one issue, in an order that depends only on them."""
    members = list(records)
    ordered = sorted(members, key=encode) if len(members) > 1 else members
    losses: list[Loss] = []

    def step(total: Record, each: Record) -> Record:
        folded = fold(total, each)
        losses.extend(folded.losses)
        return folded.record

    return Folded(reduce(step, ordered), losses)


def folded_kin(record: Record, others: Iterable[Record]) -> Record | None:
    """Return what others say of a record's issue, folded; None if none of them is of it."""
    kin = [each for each in others if is_one(each, record)]
    return fold_all(kin).record if kin else None
