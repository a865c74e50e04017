"""The record: one issue as one line of the file, its registers and its stamps (R1, R5).

A record holds JSON tokens, not values, so that what came with `1.10` or `+01:00` leaves with
it. A register is the smallest thing that two clones can write independently of one another.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeGuard

import msgspec

from beadwork.model import comment, instants, limits, token
from beadwork.model.comment import comment_key as comment_key
from beadwork.model.comment import comment_number as comment_number
from beadwork.model.issue import KNOWN_FIELDS, STATE_FIELDS
from beadwork.model.stamp import BEFORE_ALL, Stamp
from beadwork.model.stamp import parse as parse_stamp

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
_RANK = {name: rank for rank, name in enumerate(KNOWN_FIELDS)}
_KNOWN = frozenset(KNOWN_FIELDS)
_STATE = frozenset(STATE_FIELDS)
_EMPTY = frozenset({"null", '""', "[]", "false", "0", "{}"})
_KEPT_EMPTY = frozenset({"priority", "estimated_minutes", "title"})
_DEFAULTS = {
    "status": '"open"',
    "priority": str(limits.PRIORITY_DEFAULT),
    "issue_type": '"task"',
}


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
    values: dict[Register, str] = {}
    state: dict[str, str] = {}
    for name, value in record.fields.items():
        if name in _STATE:
            state[name] = value
        elif name == "metadata":
            if value.startswith("{"):
                values.update({("metadata", k): v for k, v in token.members(value).items()})
            else:
                values[METADATA] = value
        elif name not in _IDENTITY and name not in _DROPPED:
            values[(name,)] = value
    values[STATE] = token.compose({name: state[name] for name in STATE_FIELDS if name in state})
    values.update({("labels", label): PRESENT for label in record.labels})
    values.update({("dependencies", *edge): value for edge, value in record.edges.items()})
    values.update({("comments", key): value for key, value in record.comments.items()})
    shown = record.fields.get("metadata")
    for register, mark in record.stamps.marks.items():
        if (hidden := _hidden(register, mark, shown)) is not None:
            values[register] = hidden
    return values


def _hidden(register: Register, mark: Mark, shown: str | None) -> str | None:
    """Return a mark's hidden value if it can stand behind the form of metadata that shows."""
    hidden = mark.hidden
    if hidden is None or shown is None or register[0] != "metadata":
        return None
    if register == METADATA:
        is_whole = not hidden.startswith("{") and hidden not in _EMPTY
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
    old, new = registers(before), registers(after)
    found = [Change(r, v, new.get(r)) for r, v in old.items() if new.get(r) != v]
    found += [Change(r, None, v) for r, v in new.items() if r not in old]
    return found


def stamped(
    before: Record,
    after: Record,
    written: Iterable[Change],
    *,
    now: Stamp,
    births: Mapping[Register, int],
) -> Record:
    """Stamp a local write: each register gets max(now, the replaced stamp + 1) (R1)."""
    marks = dict(before.stamps.marks)
    for change in written:
        replaced = before.stamp_of(change.register)
        stamp = max(now, replaced.after(now.replica))
        birth = births.get(change.register) if change.after is not None else None
        marks[change.register] = Mark(stamp, replaced, birth)
    stamps = Stamps(before.floor, marks, before.stamps.births)
    kept = {k: v for k, v in after.fields.items() if k not in _DROPPED}
    return _consistent(after._replace(fields=kept, stamps=stamps))


def _consistent(record: Record) -> Record:
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


# -- the line --------------------------------------------------------------------------------


def _reserved(name: str) -> str:
    return f"@{name}" if name[:1] in ("*", "@") else name


def _unreserved(name: str) -> str:
    return name[1:] if name.startswith("@") else name


def _mark_token(mark: Mark) -> str:
    if mark.replaced is None and mark.birth is None and mark.hidden is None:
        return f'"{mark.stamp.text()}"'
    parts = [f'"{mark.stamp.text()}"']
    parts.append(f'"{mark.replaced.text()}"' if mark.replaced else "null")
    if mark.birth is not None or mark.hidden is not None:
        parts.append("null" if mark.birth is None else f'"{instants.format_ns(mark.birth)}"')
    if mark.hidden is not None:
        parts.append(mark.hidden)
    return f"[{','.join(parts)}]"


def _mark_from(raw: str) -> Mark:
    if not raw.startswith("["):
        return Mark(parse_stamp(token.decode_text(raw)))
    parts = [str(each, "utf-8") for each in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    parts += ["null"] * (3 - len(parts))
    return Mark(
        parse_stamp(token.decode_text(parts[0])),
        parse_stamp(token.decode_text(parts[1])) if parts[1] != "null" else None,
        instants.parse_ns(token.decode_text(parts[2])) if parts[2] != "null" else None,
        token.canonical(parts[3]) if len(parts) > 3 else None,
    )


def _stamps_token(stamps: Stamps, floor: Stamp) -> str:
    flat: dict[str, str] = {"*": f'"{floor.text()}"'}
    if stamps.births:
        births = ",".join(f'"{instants.format_ns(each)}"' for each in sorted(stamps.births))
        flat["@"] = f"[{births}]"
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for register, mark in sorted(stamps.marks.items()):
        written = _mark_token(mark)
        if register == METADATA:
            flat["*metadata"] = written
        elif len(register) == 1:
            flat[_reserved(register[0])] = written
        elif len(register) == 2:
            nested.setdefault(register[0], {})[register[1]] = {"": written}
        else:
            nested.setdefault(register[0], {}).setdefault(register[1], {})[register[2]] = written
    for name, group in nested.items():
        flat[name] = token.compose(
            {
                key: token.compose(marks) if name == "dependencies" else marks[""]
                for key, marks in group.items()
            }
        )
    return token.compose(flat)


def _births_from(raw: str) -> frozenset[int]:
    moments = msgspec.json.decode(raw, type=list[str])
    return frozenset(filter(None, map(instants.parse_ns, moments)))


def _stamps_from(raw: str) -> Stamps:
    floor: Stamp | None = None
    births: frozenset[int] = frozenset()
    marks: dict[Register, Mark] = {}
    for name, value in token.members(raw).items():
        if name == "*":
            floor = parse_stamp(token.decode_text(value))
        elif name == "@":
            births = _births_from(value)
        elif name in ("labels", "comments", "metadata"):
            for key, mark in token.members(value).items():
                marks[(name, key)] = _mark_from(mark)
        elif name == "dependencies":
            for target, kinds in token.members(value).items():
                for kind, mark in token.members(kinds).items():
                    marks[(name, target, kind)] = _mark_from(mark)
        else:
            marks[METADATA if name == "*metadata" else (_unreserved(name),)] = _mark_from(value)
    if floor is None:
        raise ValueError('stamps without a floor "*"')
    return Stamps(floor, marks, births)


class _EdgeKey(msgspec.Struct):
    depends_on_id: str
    type: str = "blocks"


_LINE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_EDGE_KEY = msgspec.json.Decoder(_EdgeKey)
_LABELS = msgspec.json.Decoder(list[str])


def _edges_from(raw: msgspec.Raw, form: token.Form) -> dict[tuple[str, str], str]:
    edges = {}
    for item in _ITEMS.decode(raw):
        key = _EDGE_KEY.decode(item)
        edges[key.depends_on_id, key.type or "blocks"] = form(str(item, "utf-8"))
    return edges


def decode(line: bytes | str) -> Record:
    """Read a line. Missing status, type and priority become open, task and 2.

    Raises:
        msgspec.MsgspecError: the line is not a JSON object, or not Unicode.
        ValueError: it has no id, or stamps that can't be read.
    """
    return _decode(line, token.canonical)


def decode_canonical(line: str) -> Record:
    """Read a line or body that `encode` or `body` wrote: each token is in its form already."""
    return _decode(line, str)


def _decode(line: bytes | str, form: token.Form) -> Record:
    raw = _LINE.decode(line)
    issue_id = msgspec.json.decode(raw.pop("id", b'""'), type=str)
    if not issue_id:
        raise ValueError("the record has no id")
    labels = raw.pop("labels", None)
    edges = raw.pop("dependencies", None)
    comments = raw.pop("comments", None)
    stamps = raw.pop("stamps", None)
    fields = {}
    for name, value in raw.items():
        text = form(str(value, "utf-8"))
        if name not in _KNOWN or text not in _EMPTY or name in _KEPT_EMPTY:
            fields[name] = text
    for name, default in _DEFAULTS.items():
        if fields.get(name, "null") == "null":
            fields[name] = default
    if fields.get("estimated_minutes") == "null":
        del fields["estimated_minutes"]
    record = Record(
        issue_id,
        fields,
        tuple(sorted(set(_LABELS.decode(labels)))) if _is_filled(labels) else (),
        _edges_from(edges, form) if _is_filled(edges) else {},
        comment.read(comments, form) if _is_filled(comments) else {},
    )
    return with_stamps(record, str(stamps, "utf-8")) if _is_filled(stamps) else record


def _is_filled(raw: msgspec.Raw | None) -> TypeGuard[msgspec.Raw]:
    return raw is not None and bytes(raw) not in (b"null", b"[]", b"{}")


def _moment_of(item: str) -> int:
    created = token.members(item).get("created_at")
    return instants.parse_ns(token.decode_text(created)) or 0


def _in_order(edges: Mapping[tuple[str, str], str]) -> list[str]:
    """Return edges by creation instant, then by what identifies them."""
    if len(edges) < 2:
        return list(edges.values())
    return [edges[key] for key in sorted(edges, key=lambda key: (_moment_of(edges[key]), key))]


def _in_file_order(names: Iterable[str]) -> list[str]:
    """Return known fields in classic's order, then the others by name."""
    known = [name for name in names if name in _RANK]
    known.sort(key=_RANK.__getitem__)
    return known + sorted(name for name in names if name not in _RANK)


def body(record: Record) -> str:
    """Write a record without its stamps, in canonical form."""
    pairs = dict(record.fields)
    pairs["id"] = token.encode(record.id)
    if record.labels:
        pairs["labels"] = f"[{','.join(token.encode(each) for each in record.labels)}]"
    if record.edges:
        pairs["dependencies"] = f"[{','.join(_in_order(record.edges))}]"
    if record.comments:
        ordered = comment.in_order(record.comments, lambda key: record.stamp_of(("comments", key)))
        pairs["comments"] = f"[{','.join(ordered)}]"
    return token.compose({name: pairs[name] for name in _in_file_order(pairs)})


def stamps_text(record: Record) -> str | None:
    """Write a record's stamps as they stand in its line; None if it has none."""
    if record.stamps.floor is None:
        return None
    return _stamps_token(record.stamps, record.stamps.floor)


def join_line(record_body: str, stamps: str | None) -> str:
    """Put a record's body and its stamps together into its line."""
    return record_body if stamps is None else f'{record_body[:-1]},"stamps":{stamps}}}'


def encode(record: Record) -> str:
    """Write a record as its canonical line, without the line's end."""
    return join_line(body(record), stamps_text(record))


def with_stamps(record: Record, stamps: str | None) -> Record:
    """Return the record under the stamps of this text; None takes all stamps away."""
    if stamps is None:
        return record._replace(stamps=Stamps())
    return _consistent(record._replace(stamps=_stamps_from(stamps)))


def digest(line: str | bytes) -> str:
    """Return what the store remembers a line by."""
    content = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    return hashlib.blake2b(content, digest_size=16).hexdigest()


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
