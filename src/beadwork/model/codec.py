"""Records as lines of the file: reading, and writing in canonical form (R5)."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

import msgspec

from beadwork.model import comment, instants, limits, token
from beadwork.model.digests import blake2b
from beadwork.model.issue import KNOWN_FIELDS
from beadwork.model.nesting import is_text_too_deep
from beadwork.model.record import EMPTY, METADATA, Mark, Record, Register, Stamps, consistent
from beadwork.model.stamp import Stamp
from beadwork.model.stamp import parse as parse_stamp

_RANK = {name: rank for rank, name in enumerate(KNOWN_FIELDS)}
_KNOWN = frozenset(KNOWN_FIELDS)
_KEPT_EMPTY = frozenset({"priority", "estimated_minutes", "title"})
_DEFAULTS = {
    "status": '"open"',
    "priority": str(limits.PRIORITY_DEFAULT),
    "issue_type": '"task"',
}


_TOO_DEEP = f"it has more than {limits.JSON_LEVELS_MAX} levels"


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
    if not stamps.marks and not stamps.births:
        return f'{{"*":"{floor.text()}"}}'
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


_APART = ("labels", "dependencies", "comments", "stamps")
_TEXT = msgspec.json.Decoder(str)
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
        ValueError: it has no id, stamps that can't be read, or more levels than others could read.
    """
    try:
        record = _decode(line, token.canonical)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    # Last: what is JSON is looked through in one go.
    if is_text_too_deep(line):
        raise ValueError(_TOO_DEEP)
    return record


def decode_canonical(line: str) -> Record:
    """Read a line or body that `encode` or `body` wrote: each token is in its form already."""
    raw = _LINE.decode(line)
    issue_id = _TEXT.decode(raw.pop("id"))
    lists = [raw.pop(name, None) for name in _APART]
    fields = {name: str(value, "utf-8") for name, value in raw.items()}
    return _composed(issue_id, fields, lists, str)


def _decode(line: bytes | str, form: token.Form) -> Record:
    raw = _LINE.decode(line)
    issue_id = _TEXT.decode(raw.pop("id", b'""'))
    if not issue_id:
        raise ValueError("the record has no id")
    lists = [raw.pop(name, None) for name in _APART]
    fields = {
        name: text
        for name, value in raw.items()
        if (text := form(str(value, "utf-8"))) not in EMPTY
        or name in _KEPT_EMPTY
        or name not in _KNOWN
    }
    for name, default in _DEFAULTS.items():
        if fields.get(name, "null") == "null":
            fields[name] = default
    if fields.get("estimated_minutes") == "null":
        del fields["estimated_minutes"]
    return _composed(issue_id, fields, lists, form)


def _composed(
    issue_id: str, fields: dict[str, str], lists: list[msgspec.Raw | None], form: token.Form
) -> Record:
    """Put a record together from its fields and what stands apart from them: see `_APART`."""
    labels, edges, comments, stamps = lists
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
    try:
        return sorted(names, key=_RANK.__getitem__)
    except KeyError:
        known = [name for name in names if name in _RANK]
        return _in_file_order(known) + sorted(name for name in names if name not in _RANK)


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
    return consistent(record._replace(stamps=_stamps_from(stamps)))


def digest(line: str | bytes) -> str:
    """Return what the store remembers a line by."""
    content = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    return blake2b(content, digest_size=16).hexdigest()
