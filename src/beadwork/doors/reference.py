"""The reference of all operations, written from the table: `make docs`.

python -m beadwork.doors.reference docs/operations
"""

import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from beadwork.model.errors import BeadworkError, by_code
from beadwork.ops.operation import Operation
from beadwork.ops.table import operations

_NOTICE = "<!-- Written by `make docs` from the source; change it there. -->"
_WORDS: dict[object, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "any JSON",
}
_KINDS = {
    "read": "reads",
    "write": "writes",
    "follow": "streams",
    "job": "runs as a job, in steps",
}
_BOUNDS = {
    "ge": "at least {}",
    "gt": "above {}",
    "le": "at most {}",
    "min_length": "length at least {}",
}
_INDEX = """\
Everything that can be asked of Beadwork, whatever the door. From a shell:

```
python -m beadwork call issue.ready '{"limit": 5}'
```

A request is a JSON object; unknown fields are refused. The answer is one too, without the
fields that have their default value. Beside the errors that each operation names, any of them
may meet those of the families `request.invalid`, `unavailable` and `fault`, and one that takes
an issue's name may answer `id.ambiguous`. See [errors](errors.md) and [objects](objects.md).
"""
_OBJECTS = """\
What the answers are made of. A field that has its default value is left out.
The fields of an issue and their rules: [classic-bd.md 3.1](../classic-bd.md#31-record-fields).
"""
_ERRORS = """\
An error is the same at every door: a stable code, a sentence with the ids in it, a hint, and
`data` for programs. With `--json` it is one object on standard error:

```
{"error": "...", "code": "claim.lost", "hint": "...", "data": {"id": "...", "holder": "..."}}
```

The exit code belongs to the family (rule [R8](../rules.md#r8-exit-codes)).
"""


class _Type(NamedTuple):
    """A type in words, what is said of it, and the objects that it is made of."""

    words: str
    notes: tuple[str, ...] = ()
    objects: tuple[type[msgspec.Struct], ...] = ()


def _joined(parts: Iterable[_Type], pattern: str, glue: str = "") -> _Type:
    found = list(parts)
    words = pattern.format(glue.join(dict.fromkeys(each.words for each in found)))
    notes = tuple(note for each in found for note in each.notes)
    return _Type(words, notes, tuple(each for part in found for each in part.objects))


def _described(hint: object) -> _Type:
    """Put a type annotation into words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        inner = _described(arguments[0])
        notes = [note for each in arguments[1:] for note in _notes(each)]
        return inner._replace(notes=(*inner.notes, *notes))
    if origin in (Union, types.UnionType):
        members = [each for each in arguments if each is not msgspec.UnsetType]
        return _joined(map(_described, members), "{}", " or ")
    if origin in (list, Sequence) or (origin is tuple and arguments[-1] is Ellipsis):
        return _joined([_described(arguments[0])], "list of {}")
    if origin is tuple:
        return _joined(map(_described, arguments), "[{}]", ", ")
    if origin is dict:
        return _joined([_described(arguments[1])], "map of text to {}")
    if origin is Literal:
        return _Type(" or ".join(f"`{each}`" for each in arguments))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _Type(" or ".join(f"`{each.value}`" for each in hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        name = hint.__name__
        return _Type(f"[{name}](objects.md#{name.lower()})", objects=(hint,))
    return _Type(_WORDS[hint])


def _notes(annotation: object) -> Iterator[str]:
    if not isinstance(annotation, Meta):
        return
    for name, pattern in _BOUNDS.items():
        bound = getattr(annotation, name)
        if bound is not None:
            yield pattern.format(bound).capitalize() + "."
    if annotation.description:
        yield annotation.description


def _default(field: FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if callable(field.default_factory) else None
    if value is msgspec.UNSET:
        return "unchanged"
    return f"`{msgspec.json.encode(value).decode()}`"


def _fields_table(struct: type[msgspec.Struct], *, has_defaults: bool) -> list[str]:
    """Describe the fields of an object, a row each."""
    found = msgspec.structs.fields(struct)
    if not found:
        return ["No fields."]
    notes = [" ".join(_described(field.type).notes) for field in found]
    has_notes = any(notes)
    rows = [["field", "type"], ["---", "---"]]
    rows += [[f"`{field.encode_name}`", _described(field.type).words] for field in found]
    if has_defaults:
        for row, cell in zip(rows, ["default", "---", *map(_default, found)], strict=True):
            row.append(cell)
    if has_notes:
        for row, cell in zip(rows, ["", "---", *notes], strict=True):
            row.append(cell)
    return [f"| {' | '.join(row)} |" for row in rows]


def _objects_in(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    return [
        each for field in msgspec.structs.fields(struct) for each in _described(field.type).objects
    ]


def _all_objects() -> list[type[msgspec.Struct]]:
    """Return every object that requests and answers are made of, by name."""
    waiting = [
        each
        for op in operations()
        for struct in (op.request, op.response)
        for each in _objects_in(struct)
    ]
    found: dict[str, type[msgspec.Struct]] = {}
    while waiting:
        each = waiting.pop()
        if each.__name__ not in found:
            found[each.__name__] = each
            waiting += _objects_in(each)
    return [found[name] for name in sorted(found)]


def _paragraphs(docstring: str | None) -> list[str]:
    return [line.strip() for line in (docstring or "").strip().splitlines()]


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _operation(op: Operation) -> list[str]:
    example = msgspec.json.encode(op.example).decode()
    lines = [f"## {op.name}", "", *_paragraphs(op.summary), "", f"It {_KINDS[op.kind]}.", ""]
    lines += ["```", f"python -m beadwork call {op.name} '{example}'", "```", ""]
    lines += ["Request:", "", *_fields_table(op.request, has_defaults=True), ""]
    lines += ["Answer:", "", *_paragraphs(op.response.__doc__), ""]
    lines += [*_fields_table(op.response, has_defaults=False), ""]
    codes = sorted(error.code for error in op.raises)
    links = ", ".join(f"[`{code}`](errors.md#{_anchor(code)})" for code in codes)
    return [*lines, f"Errors: {links}." if links else "No errors of its own.", ""]


def _noun_page(noun: str, operations: list[Operation]) -> list[str]:
    lines = [f"# {noun}", ""]
    for op in operations:
        lines += _operation(op)
    return lines


def _index_page() -> list[str]:
    lines = [
        "# Operations",
        "",
        *_INDEX.splitlines(),
        "",
        "| operation | kind | |",
        "|---|---|---|",
    ]
    for op in sorted(operations(), key=lambda each: each.name):
        noun = op.name.partition(".")[0]
        link = f"[`{op.name}`]({noun}.md#{_anchor(op.name)})"
        lines.append(f"| {link} | {op.kind} | {op.summary.splitlines()[0]} |")
    return lines


def _objects_page() -> list[str]:
    lines = ["# Objects", "", *_OBJECTS.splitlines(), ""]
    for struct in _all_objects():
        lines += [f"## {struct.__name__}", "", *_paragraphs(struct.__doc__), ""]
        lines += [*_fields_table(struct, has_defaults=False), ""]
    return lines


def _family(error: type[BeadworkError]) -> str:
    parents = [each for each in error.__mro__ if each is not error]
    above = next(each for each in parents if issubclass(each, BeadworkError))
    return "a family" if above is BeadworkError else f"of `{above.code}`"


def _errors_page() -> list[str]:
    lines = ["# Errors", "", *_ERRORS.splitlines(), ""]
    known = [each for each in by_code().values() if each is not BeadworkError]
    for error in sorted(known, key=lambda each: (each.exit_code, each.code)):
        first = _paragraphs(error.__doc__)[0]
        lines += [f"## {error.code}", "", f"{first} Exit code {error.exit_code}, {_family(error)}."]
        lines += ["", *([f"Hint: {error.default_hint}", ""] if error.default_hint else [])]
    return lines


def pages() -> dict[str, str]:
    """Return every page of the reference by its file's name."""
    nouns: dict[str, list[Operation]] = {}
    for op in sorted(operations(), key=lambda each: each.name):
        nouns.setdefault(op.name.partition(".")[0], []).append(op)
    written = {
        "README.md": _index_page(),
        "errors.md": _errors_page(),
        "objects.md": _objects_page(),
        **{f"{noun}.md": _noun_page(noun, found) for noun, found in nouns.items()},
    }
    return {
        name: "\n".join([_NOTICE, "", *lines]).rstrip() + "\n" for name, lines in written.items()
    }


def write(folder: Path) -> None:
    """Write the pages into a folder, and remove those of operations that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    found = pages()
    for path in folder.glob("*.md"):
        if path.name not in found:
            path.unlink()
    for name, text in found.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
