"""Blobs: contents that are named by their SHA-256."""

from typing import NoReturn

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.pattern import pattern

_DIGEST = pattern(r"[0-9a-f]{64}")
_START = pattern(rf"[0-9a-f]{{{limits.BLOB_DIGEST_CHARS_MIN},64}}")
_HINT = "A digest is the SHA-256 in 64 digits, 0 to 9 and a to f."


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest, whole."""
    return _DIGEST.fullmatch(text) is not None


def require_digest(text: str, field: str = "digest") -> str:
    """Return a digest.

    Raises:
        InvalidField: it is none.
    """
    if not is_digest(text):
        _refuse(text, field, _HINT)
    return text


def require_start(text: str, field: str = "digest") -> str:
    """Return the beginning of a digest, or all of it.

    Raises:
        InvalidField: it is too short, or no digest begins so.
    """
    if not _START.fullmatch(text):
        least = limits.BLOB_DIGEST_CHARS_MIN
        _refuse(text, field, f"{_HINT} Its first {least} or more will do.")
    return text


def _refuse(text: str, field: str, hint: str) -> NoReturn:
    small = text.lower()
    if small != text and _START.fullmatch(small):
        hint = f"Use small letters: {small}"
    raise InvalidField(f'"{text[:80]}" is no digest', hint=hint, field=field)
