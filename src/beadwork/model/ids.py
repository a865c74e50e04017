"""Issue ids: the classic grammar and the classic way to make them (classic-bd.md 3.4)."""

import math
from collections.abc import Callable
from typing import NewType

from beadwork.model import limits
from beadwork.model.digests import sha256
from beadwork.model.errors import InvalidField, PrefixMismatch
from beadwork.model.pattern import pattern

IssueId = NewType("IssueId", str)

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HASH_BYTES = {3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5}
_COLLISION_CHANCE_MAX = 0.25
_CROWD_MAX = {
    # Of n hashes, two are equal by a chance of 1 - exp(-n² / (2 · 36^length)).
    length: math.isqrt(int(-math.log(1 - _COLLISION_CHANCE_MAX) * 2 * 36**length))
    for length in range(1, limits.HASH_CHARS_MAX + 1)
}
"""So many hashes of a length are unlikely to collide."""
_ID = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*-[A-Za-z0-9_]+(?:\.\d+)*")
_PREFIX = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_CHILD_TAIL = pattern(r"\.\d+$")


def base36(number: int, width: int) -> str:
    """Write a number in base 36, left-padded with 0, low digits kept."""
    digits = ""
    for _ in range(width):
        number, low = divmod(number, 36)
        digits = _DIGITS[low] + digits
    return digits


def hash_of(  # noqa: PLR0913 -- the classic rule hashes these
    *, title: str, description: str, creator: str, created_ns: int, nonce: int, length: int
) -> str:
    """Return the hash part of a new id, `length` characters long (3 to 8)."""
    content = f"{title}|{description}|{creator}|{created_ns}|{nonce}"
    digest = sha256(content.encode("utf-8", "surrogatepass")).digest()
    return base36(int.from_bytes(digest[: _HASH_BYTES[length]], "big"), length)


def hash_length(issue_count: int, *, shortest: int = limits.HASH_CHARS_MIN) -> int:
    """Return the shortest length at which `issue_count` hashes are unlikely to collide."""
    for length in range(shortest, limits.HASH_CHARS_MAX):
        if issue_count <= _CROWD_MAX[length]:
            return length
    return limits.HASH_CHARS_MAX


def new_id(  # noqa: PLR0913 -- the classic rule hashes these
    prefix: str,
    *,
    title: str,
    description: str,
    creator: str,
    created_ns: int,
    issue_count: int,
    is_taken: Callable[[str], bool],
) -> str:
    """Return a free id: ten nonces a length, then one character more.

    `issue_count` counts the top-level issues of this prefix.
    """
    for length in range(hash_length(issue_count), limits.HASH_CHARS_MAX + 1):
        for nonce in range(limits.HASH_NONCES):
            part = hash_of(
                title=title,
                description=description,
                creator=creator,
                created_ns=created_ns,
                nonce=nonce,
                length=length,
            )
            if not is_taken(f"{prefix}-{part}"):
                return f"{prefix}-{part}"
    # The store is full of equal births; any free number will do.
    nonce = limits.HASH_NONCES
    while True:
        digest = sha256(f"{title}|{creator}|{created_ns}|{nonce}".encode()).digest()
        part = base36(int.from_bytes(digest[:8], "big"), limits.HASH_CHARS_MAX)
        if not is_taken(f"{prefix}-{part}"):
            return f"{prefix}-{part}"
        nonce += 1


def split(issue_id: str) -> tuple[str, str, str]:
    """Split an id into prefix, hash and child tail: `px-a3f.1` is `px`, `a3f`, `.1`."""
    prefix, dash, rest = issue_id.rpartition("-")
    if not dash:
        prefix, rest = "", issue_id
    part, dot, tail = rest.partition(".")
    return prefix, part, dot + tail


def parent_of(issue_id: str) -> str | None:
    """Return the id that a child's id names as its parent."""
    found = _CHILD_TAIL.search(issue_id)
    return issue_id[: found.start()] if found else None


def child_number(issue_id: str) -> int:
    """Return the last number of a child's id; 0 for a top-level id."""
    found = _CHILD_TAIL.search(issue_id)
    return int(found[0][1:]) if found else 0


def level(issue_id: str) -> int:
    """Return how deep a child's id lies; 0 for a top-level id."""
    return split(issue_id)[2].count(".")


def derived_id(issue_id: str, birth: str) -> str:
    """Return the id of a later birth under an id that an earlier one keeps (R4).

    `birth` is the creation instant, RFC 3339 in UTC.
    """
    digest = sha256(f"{issue_id}|{birth}".encode()).digest()
    return f"{split(issue_id)[0] or 'bd'}-{base36(int.from_bytes(digest, 'big'), 8)}"


def is_prefix(name: str) -> bool:
    """Tell whether ids can begin with a name and a hyphen."""
    is_short = len(name) <= limits.PREFIX_CHARS_MAX
    return is_short and not name.endswith("-") and bool(_PREFIX.fullmatch(name))


def require_prefix(prefix: str) -> str:
    """Return a prefix without a closing hyphen.

    Raises:
        InvalidField: it is empty, too long, or has other characters than ids may have.
    """
    name = prefix.strip().rstrip("-")
    if not is_prefix(name):
        raise InvalidField(
            f'"{prefix[:60]}" can\'t be a prefix',
            hint="Use letters, digits, _ and -, beginning with a letter or digit, at most "
            f"{limits.PREFIX_CHARS_MAX}.",
            field="prefix",
        )
    return name


def require_explicit(issue_id: str, *, prefixes: tuple[str, ...], is_forced: bool) -> str:
    """Return an id that a caller chose, if it may be used here.

    Raises:
        InvalidField: it is no id at all.
        PrefixMismatch: its prefix is not one of `prefixes`, and it is not forced.
    """
    if not _ID.fullmatch(issue_id) or len(issue_id) > limits.ID_CHARS_MAX:
        raise InvalidField(
            f'"{issue_id[:60]}" can\'t be an id',
            hint=f"An id is a prefix, a hyphen and letters or digits: {prefixes[0]}-a3f.",
            field="id",
        )
    if not is_forced and not any(issue_id.startswith(f"{each}-") for each in prefixes):
        raise PrefixMismatch(f'The id {issue_id} does not begin with "{prefixes[0]}-"', id=issue_id)
    return issue_id
