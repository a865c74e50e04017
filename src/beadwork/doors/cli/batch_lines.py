"""Reading a batch: command lines, a line each, or JSON (classic-bd.md 1.2).

The short forms of later classic programs are command lines too: `close ID reason ...`,
`update ID key=value ...`, `create TYPE PRIORITY title ...`, `dep add A B type`.
"""

import re
from typing import Any, NamedTuple

import msgspec

from beadwork.model.errors import InvalidField

_WORD = re.compile(
    r"""(?P<plain>'[^']*'(?=\s|$))
    |(?P<mixed>(?:(?<==)'[^']*'(?=\s|$)|[^\s"]|"(?:\\.|[^"\\])*")+)
    |(?P<open>\S)""",
    re.VERBOSE,
)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"|(?<==)\'([^\']*)\'$')
_ESCAPED = re.compile(r'\\(["\\])')
_PRIORITY = re.compile(r"[Pp]?[0-4]")
_ASSIGNED = re.compile(r"[a-z][a-z_-]*=.*", re.DOTALL)
_REFERENCE = re.compile(r"\$\d+\.\w+")


class Entry(NamedTuple):
    """One entry of a batch: the words of a command, or an operation and its arguments."""

    line: int
    words: tuple[str, ...] = ()
    operation: str = ""
    arguments: dict[str, Any] = {}  # noqa: RUF012 -- shared and never changed

    @property
    def name(self) -> str:
        """Return what the entry is called in an answer: `create`, `dep.add`, `issue.create`."""
        if self.operation:
            return self.operation
        size = 2 if self.words[0] in ("dep", "label", "comments", "kv") else 1
        return ".".join(self.words[:size])


def entries(content: str, *, prefix: str) -> list[Entry]:
    """Read all entries of a batch.

    Raises:
        InvalidField: one can't be read; the message names its line.
    """
    start = content.lstrip()[:1]
    if start == "[":
        found = _decoded(content, 1)
        return [_entry(each, n) for n, each in enumerate(found, start=1)]
    if start == "{":
        return _objects(content)
    read = []
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            read.append(Entry(number, _command(_split(text, number), number, prefix)))
    return read


def _objects(content: str) -> list[Entry]:
    """Read one object that holds all, or an object a line."""
    try:
        whole = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        lines = enumerate(content.splitlines(), start=1)
        return [_entry(_decoded(each, n), n) for n, each in lines if each.strip()]
    for name in ("operations", "commands"):
        if isinstance(whole.get(name), list):
            return [_entry(each, n) for n, each in enumerate(whole[name], start=1)]
    return [_entry(whole, 1)]


def _decoded(text: str, number: int) -> Any:  # noqa: ANN401 -- any JSON
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(number, f"is not JSON: {error}") from error


def _unreadable(number: int, why: str, hint: str = "See `bd batch --help`.") -> InvalidField:
    return InvalidField(f"Line {number} of the batch {why}", hint=hint, field="batch", line=number)


def _entry(value: Any, number: int) -> Entry:  # noqa: ANN401 -- any JSON
    if isinstance(value, str):
        value = {"command": value}
    if not isinstance(value, dict):
        raise _unreadable(number, "is neither a command nor an operation", _HINT)
    unknown = set(value) - {"command", "operation", "arguments", "args"}
    command, name = value.get("command"), value.get("operation")
    arguments = value.get("arguments", value.get("args", {}))
    if unknown or (command is None) == (name is None) or not isinstance(arguments, dict):
        raise _unreadable(number, "is neither a command nor an operation", _HINT)
    if isinstance(name, str):
        return Entry(number, operation=name, arguments=arguments)
    if isinstance(command, str) and command.strip():
        words = _split(command.strip(), number)
    elif isinstance(command, list) and command and all(isinstance(e, str) for e in command):
        words = command
    else:
        raise _unreadable(number, "has an empty command, or one that is no text", _HINT)
    return Entry(number, tuple(words[1:] if words[0] == "bd" else words))


_HINT = 'Use {"command": "close ID"} or {"operation": "issue.close", "arguments": {"issue": ID}}.'


def _split(line: str, number: int) -> list[str]:
    """Split a line into words as a shell would; an apostrophe inside a word is just that."""
    words = []
    for found in _WORD.finditer(line):
        if found["open"] is not None:
            raise _unreadable(number, "has a quote that does not end", 'Write \\" inside quotes.')
        if found["plain"] is not None:
            words.append(found["plain"][1:-1])
        else:
            words.append(_QUOTED.sub(_unquoted, found["mixed"]))
    return words


def _unquoted(found: re.Match[str]) -> str:
    return found[2] if found[1] is None else _ESCAPED.sub(r"\1", found[1])


def _command(words: list[str], number: int, prefix: str) -> tuple[str, ...]:
    """Return the words of a line as those of a command, from whichever form."""
    words = words[1:] if words[0] == "bd" and len(words) > 1 else words
    name, rest = words[0], words[1:]
    if any(each.startswith("-") for each in rest):
        return tuple(words)
    if name == "close" and len(rest) > 1:
        return _closing(rest, number, prefix)
    if name == "create" and len(rest) > 2 and _PRIORITY.fullmatch(rest[1]):
        return (name, "--type", rest[0], "--priority", rest[1], "--title", " ".join(rest[2:]))
    if name == "update":
        flags = [
            f"--{e.replace('_', '-', e.partition('=')[0].count('_'))}"
            for e in rest[1:]
            if _ASSIGNED.fullmatch(e)
        ]
        return (name, *[e for e in rest if e is rest[0] or not _ASSIGNED.fullmatch(e)], *flags)
    if name == "dep" and len(rest) == 4 and rest[0] == "add":
        return (name, *rest[:3], "--type", rest[3])
    return tuple(words)


def _closing(rest: list[str], number: int, prefix: str) -> tuple[str, ...]:
    if rest[1].startswith(f"{prefix}-") or _REFERENCE.fullmatch(rest[1]):
        raise _unreadable(
            number,
            "closes several issues, or one with an id as its reason",
            f"Give each a line, or say `close {rest[0]} --reason ...`.",
        )
    return ("close", rest[0], "--reason", " ".join(rest[1:]))
