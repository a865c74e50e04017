"""JSON tokens: the text of one JSON value, in the one form that the file uses.

The form is that of classic's encoder (classic-bd.md 3.3): no spaces, non-ASCII raw, and
`<`, `>`, `&`, U+2028 and U+2029 as escapes. Numbers keep the digits they came with.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from beadwork.model.pattern import pattern

Form = Callable[[str], str]
"""Brings a token into the one form: `canonical`, or `str` where it is in that form already."""

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_SPECIAL = pattern("[<>&\u2028\u2029]")
_UNSURE = pattern("[\\\\<>&\u2028\u2029]")
_CANONICAL = pattern('(?:[^"\\s\\\\]++|"[^"\\\\<>&\u2028\u2029]*+")*+')
_ENCODER = msgspec.json.Encoder()
_PIECE = pattern(r'"(?:[^"\\]|\\.)*"|\s+')


def encode(value: Any) -> str:  # noqa: ANN401 -- any JSON value is the point
    """Write a value as a canonical token."""
    return escape(_ENCODER.encode(value).decode())


@lru_cache(maxsize=512)
def encode_word(word: str) -> str:
    """Write a text that comes again and again: a status, a name, the time of a batch."""
    return encode(word)


def escape(text: str) -> str:
    """Escape what classic's encoder escapes, in text that is JSON already."""
    return _SPECIAL.sub(_escaped, text) if _SPECIAL.search(text) else text


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def decode(token: str) -> Any:  # noqa: ANN401 -- any JSON value is the point
    """Read a token."""
    return msgspec.json.decode(token)


def decode_text(token: str | None) -> str:
    """Read a token that should be a string; an absent or other one reads as empty."""
    if token is None or not token.startswith('"'):
        return ""
    return str(msgspec.json.decode(token)) if "\\" in token else token[1:-1]


def _canonical_piece(found: re.Match[str]) -> str:
    piece = found[0]
    if not piece.startswith('"'):
        return ""
    return encode(msgspec.json.decode(piece)) if _UNSURE.search(piece) else piece


def canonical(raw: str) -> str:
    """Bring a token of any JSON writer into the canonical form.

    Raises:
        msgspec.DecodeError: a string in it is not valid (a lone surrogate, for one).
    """
    if raw.startswith('"'):
        return encode(msgspec.json.decode(raw)) if _UNSURE.search(raw) else raw
    if raw.startswith(("{", "[")) and not _CANONICAL.fullmatch(raw):
        return _PIECE.sub(_canonical_piece, raw)
    return raw


def members(token: str) -> dict[str, str]:
    """Split the token of an object into the tokens of its members."""
    raw: dict[str, msgspec.Raw] = msgspec.json.decode(token, type=dict[str, msgspec.Raw])
    return {key: str(value, "utf-8") for key, value in raw.items()}


@lru_cache(maxsize=512)
def _key(name: str) -> str:
    return f"{encode(name)}:"


def compose(pairs: dict[str, str]) -> str:
    """Join member tokens into the token of an object, in the order given."""
    return "{" + ",".join([_key(name) + value for name, value in pairs.items()]) + "}"
