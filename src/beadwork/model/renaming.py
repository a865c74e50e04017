"""Giving the issues of a foreign file the prefix of this project, with all mentions of them."""

import re
from collections.abc import Iterable, Sequence

import msgspec

_WORD = re.compile(r"\\.|[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+(?:\.\d+)*")
"""An escape of JSON, whose letter is part of no id, or what may be an id."""


class _Named(msgspec.Struct):
    id: str = ""


def id_of(line: str) -> str:
    """Return the id in a line; empty where it can't be read."""
    try:
        return msgspec.json.decode(line, type=_Named).id
    except (msgspec.MsgspecError, UnicodeError):
        return ""


def foreign_ids(lines: Iterable[str], prefix: str, allowed: Sequence[str]) -> dict[str, str]:
    """Return the ids of a file that have a foreign prefix, with the ones that they get here."""
    own = (prefix, *allowed)
    found = {}
    for line in lines:
        issue_id = id_of(line)
        before, hyphen, rest = issue_id.rpartition("-")
        if hyphen and before not in own:
            found[issue_id] = f"{prefix}-{rest}"
    return found


def renamed_lines(lines: Iterable[str], names: dict[str, str]) -> list[str]:
    """Return the lines with ids replaced wherever they are mentioned."""
    return [_WORD.sub(lambda word: names.get(word[0], word[0]), line) for line in lines]
