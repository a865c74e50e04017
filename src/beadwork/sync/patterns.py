"""How git's lists of files name a path: as itself, whatever characters are in it."""

import re


def literal(path: str) -> str:
    """Return the pattern that a path alone fits; it has no end of a line in it."""
    escaped = re.sub(r"[\\*?\[\]]|^[#!]", r"\\\g<0>", path)
    return re.sub(r"[\r\n]", "?", escaped)


def attribute_literal(path: str) -> str:
    """Return the pattern of a path for a line of attributes, where a space would end it."""
    pattern = literal(path)
    if not re.search(r'[ \t]|^"', pattern):
        return pattern
    return '"' + re.sub(r'[\\"]', r"\\\g<0>", pattern) + '"'
