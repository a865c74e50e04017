"""The record: one issue as one line of the file, its registers and its stamps (R1, R5).

A record holds JSON tokens, not values, so that what came with `1.10` or `+01:00` leaves with
it. A register is the smallest thing that two clones can write independently of one another.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from beadwork.model import instants, token
from beadwork.model.comment import comment_key as comment_key
from beadwork.model.comment import comment_number as comment_number
from beadwork.model.issue import STATE_FIELDS
from beadwork.model.stamp import BEFORE_ALL, Stamp

Register = tuple[str, ...]
"""("title",), ("status",) for STATE, ("labels", x), ("dependencies", target, kind),
("comments", key), ("metadata", key), and ("metadata",) for metadata that is no object."""

STATE: Register = ("status",)
METADATA: Register = ("metadata",)
PRESENT = "1"

_IDENTITY = ("created_at", "updated_at")
_DROPPED = frozenset(
    {
        "content_hash",
        "source_repo",
        "dependency_count",
        "dependent_count",
        "comment_count",
        "parent",
    }
)
"""Keys of older files that say nothing of their own; gone at a record's first change (R5)."""
_APART = frozenset({*STATE_FIELDS, *_IDENTITY, *_DROPPED})
"""Fields that are no registers of their own."""
EMPTY = frozenset({"null", '""', "[]", "false", "0", "{}"})
"""Tokens that say nothing."""


class Mark(NamedTuple):
    """What is known of one register's last write.

    `replaced` is the stamp it replaced; `birth` the creation instant, in nanoseconds, of the
    issue that an edge was made to; `hidden` a value that stands behind another form of it.
    """

    stamp: Stamp
    replaced: Stamp | None = None
    birth: int | None = None
    hidden: str | None = None


class Stamps(NamedTuple):
    """The stamps of a record. `floor` is None for a record that came without any.

    `births` are creation instants, besides `created_at`, under which the issue is known.
    """

    floor: Stamp | None = None
    marks: dict[Register, Mark] = {}  # noqa: RUF012 -- shared and never changed
    births: frozenset[int] = frozenset()


class Record(NamedTuple):
    """One issue. `fields` are tokens by key, without id, labels, edges and comments."""

    id: str
    fields: dict[str, str]
    labels: tuple[str, ...] = ()
    edges: dict[tuple[str, str], str] = {}  # noqa: RUF012 -- shared and never changed
    comments: dict[str, str] = {}  # noqa: RUF012 -- shared and never changed
    stamps: Stamps = Stamps()

    def text(self, name: str) -> str:
        """Return a text field's value, or an empty text."""
        return token.decode_text(self.fields.get(name))

    @property
    def status(self) -> str:
        """Return the status."""
        return self.text("status")

    @property
    def created_ns(self) -> int:
        """Return the creation instant in nanoseconds; 0 if the record has none."""
        return instants.parse_ns(self.text("created_at")) or 0

    @property
    def updated_ns(self) -> int:
        """Return the instant of the last change in nanoseconds."""
        updated = instants.parse_ns(self.text("updated_at"))
        return self.created_ns if updated is None else updated

    @property
    def births(self) -> frozenset[int]:
        """Return every creation instant under which this issue is known; {0} if none is."""
        created = self.created_ns
        return self.stamps.births | {created} if created else self.stamps.births or frozenset({0})

    @property
    def is_stamped(self) -> bool:
        """Tell whether the record carries stamps."""
        return self.stamps.floor is not None

    @property
    def floor(self) -> Stamp:
        """Return the stamp of every register that has none of its own."""
        return self.stamps.floor or Stamp(max(self.updated_ns, 0) // 1_000_000, 0, "")

    def stamp_of(self, register: Register) -> Stamp:
        """Return the effective stamp of a register."""
        mark = self.stamps.marks.get(register)
        return mark.stamp if mark else self.floor

    def mark_of(self, register: Register) -> Mark:
        """Return what is known of a register's last write."""
        return self.stamps.marks.get(register) or Mark(self.floor)


def registers(record: Record) -> dict[Register, str]:
    """Return the value of every present register, hidden ones included."""
    values = _field_registers(record.fields)
    for label in record.labels:
        values["labels", label] = PRESENT
    for edge, value in record.edges.items():
        values["dependencies", *edge] = value
    for key, value in record.comments.items():
        values["comments", key] = value
    shown = record.fields.get("metadata")
    for register, mark in record.stamps.marks.items():
        if (hidden := _hidden(register, mark, shown)) is not None:
            values[register] = hidden
    return values


def _field_registers(fields: Mapping[str, str]) -> dict[Register, str]:
    values: dict[Register, str] = {}
    for name, value in fields.items():
        if name == "metadata":
            if value.startswith("{"):
                values.update({("metadata", k): v for k, v in token.members(value).items()})
            else:
                values[METADATA] = value
        elif name not in _APART:
            values[(name,)] = value
    values[STATE] = _state(fields)
    return values


def _hidden(register: Register, mark: Mark, shown: str | None) -> str | None:
    """Return a mark's hidden value if it can stand behind the form of metadata that shows."""
    hidden = mark.hidden
    if hidden is None or shown is None or register[0] != "metadata":
        return None
    if register == METADATA:
        is_whole = not hidden.startswith("{") and hidden not in EMPTY
        return hidden if is_whole and shown.startswith("{") else None
    return None if shown.startswith("{") else hidden


def _metadata(
    values: Mapping[Register, str], marks: dict[Register, Mark], floor: Stamp
) -> str | None:
    """Compose metadata; what stands behind the form that shows is kept in its mark."""

    def stamp(register: Register) -> Stamp:
        return marks[register].stamp if register in marks else floor

    parts = sorted(each for each in values if each[0] == "metadata" and len(each) == 2)
    whole = values.get(METADATA)
    if whole is None:
        return token.compose({each[1]: values[each] for each in parts}) if parts else None
    if parts and max(stamp(each) for each in parts) > stamp(METADATA):
        marks[METADATA] = marks.get(METADATA, Mark(floor))._replace(hidden=whole)
        return token.compose({each[1]: values[each] for each in parts})
    for each in parts:
        marks[each] = marks.get(each, Mark(floor))._replace(hidden=values[each])
    return whole


def assemble(
    issue_id: str,
    identity: Mapping[str, str],
    values: Mapping[Register, str],
    stamps: Stamps,
) -> Record:
    """Build a record from its registers; `identity` holds created_at and updated_at tokens."""
    floor = stamps.floor or BEFORE_ALL
    marks = {r: m._replace(hidden=None) for r, m in stamps.marks.items()}
    fields = dict(identity)
    for register, value in values.items():
        if len(register) == 1 and register not in (STATE, METADATA):
            fields[register[0]] = value
    fields.update(token.members(values[STATE]) if STATE in values else {})
    metadata = _metadata(values, marks, floor)
    if metadata is not None:
        fields["metadata"] = metadata
    return Record(
        id=issue_id,
        fields=fields,
        labels=tuple(sorted(r[1] for r in values if r[0] == "labels" and len(r) == 2)),
        edges={(r[1], r[2]): v for r, v in values.items() if r[0] == "dependencies"},
        comments={r[1]: v for r, v in values.items() if r[0] == "comments"},
        stamps=stamps._replace(marks=_worth_writing(marks, floor)),
    )


def _worth_writing(marks: dict[Register, Mark], floor: Stamp) -> dict[Register, Mark]:
    return {
        register: mark
        for register, mark in marks.items()
        if mark.stamp > floor or mark.birth is not None or mark.hidden is not None
    }


class Change(NamedTuple):
    """One register's value before and after a write; None stands for absent."""

    register: Register
    before: str | None
    after: str | None


def changes(before: Record, after: Record) -> list[Change]:
    """Return the registers in which two versions of an issue differ."""
    if _differ_in_fields_only(before, after):
        return _field_changes(before.fields, after.fields)
    old, new = registers(before), registers(after)
    found = [Change(r, v, new.get(r)) for r, v in old.items() if new.get(r) != v]
    found += [Change(r, None, v) for r, v in new.items() if r not in old]
    return found


def _differ_in_fields_only(before: Record, after: Record) -> bool:
    """Tell whether two versions have the same labels, edges, comments and metadata."""
    return (
        before[2:] == after[2:]
        and before.fields.get("metadata") == after.fields.get("metadata")
        and not any(mark.hidden is not None for mark in before.stamps.marks.values())
    )


def _field_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """Return what `changes` does, where only fields differ: most writes touch two or three."""
    names = [name for name, value in old.items() if new.get(name) != value]
    found = [Change((name,), old[name], new.get(name)) for name in names if name not in _APART]
    if any(old.get(name) != new.get(name) for name in STATE_FIELDS):
        found.append(Change(STATE, _state(old), _state(new)))
    added = [name for name in new if name not in old and name not in _APART]
    return found + [Change((name,), None, new[name]) for name in added]


def _state(fields: Mapping[str, str]) -> str:
    return token.compose({name: fields[name] for name in STATE_FIELDS if name in fields})


def stamped(
    before: Record,
    after: Record,
    written: Iterable[Change],
    *,
    now: Stamp,
    births: Mapping[Register, int],
) -> Record:
    """Stamp a local write: each register gets max(now, the replaced stamp + 1) (R1)."""
    floor, marks = before.floor, dict(before.stamps.marks)
    for change in written:
        mark = marks.get(change.register)
        replaced = mark.stamp if mark else floor
        stamp = max(now, replaced.after(now.replica))
        birth = births.get(change.register) if change.after is not None else None
        marks[change.register] = Mark(stamp, replaced, birth)
    stamps = Stamps(floor, marks, before.stamps.births)
    fields = after.fields
    if not _DROPPED.isdisjoint(fields):
        fields = {k: v for k, v in fields.items() if k not in _DROPPED}
    return consistent(after._replace(fields=fields, stamps=stamps))


def consistent(record: Record) -> Record:
    """Leave out of a record's stamps what can't be: one below the floor, a stale hidden value."""
    floor, marks, births = record.stamps
    is_odd = any(m.hidden is not None or m.stamp <= (floor or BEFORE_ALL) for m in marks.values())
    if floor is None or not (births or is_odd):
        return record
    shown = record.fields.get("metadata")
    sound = {
        register: mark._replace(stamp=max(mark.stamp, floor), hidden=_hidden(register, mark, shown))
        for register, mark in marks.items()
    }
    others = births - {record.created_ns, 0}
    return record._replace(stamps=Stamps(floor, _worth_writing(sound, floor), others))


def present(record: Record, *, beside: Record, has_state: bool) -> Record:
    """Return what a record holds, so that it can be folded into another one.

    What it lacks it takes away from the other only where that was written after its own state:
    a tombstone lacks everything. With `has_state` its state counts too, else that of the other.
    """
    held, state = registers(record), record.stamp_of(STATE)
    marks = {
        register: mark
        for register, mark in record.stamps.marks.items()
        if register != STATE and (register in held or mark.stamp > state)
    }
    source = record if has_state else beside
    if STATE in source.stamps.marks:
        marks[STATE] = source.stamps.marks[STATE]
    fields = {name: text for name, text in record.fields.items() if name not in STATE_FIELDS}
    fields |= {name: source.fields[name] for name in STATE_FIELDS if name in source.fields}
    stamps = Stamps(min(record.floor, beside.floor), marks)
    return record._replace(fields=fields, stamps=stamps)


def renamed(record: Record, issue_id: str) -> Record:
    """Return the record under another id; the texts of others are not rewritten (R4)."""

    def moved(item: str) -> str:
        pairs = token.members(item)
        if "issue_id" in pairs:
            pairs["issue_id"] = token.encode(issue_id)
        return token.compose(pairs)

    return record._replace(
        id=issue_id,
        edges={key: moved(item) for key, item in record.edges.items()},
        comments={key: moved(item) for key, item in record.comments.items()},
    )
