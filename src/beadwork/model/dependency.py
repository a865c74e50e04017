"""Dependencies: an issue needs another. Kinds, and when an edge holds its issue back (R6)."""

from enum import StrEnum

import msgspec

from beadwork.model import limits
from beadwork.model.errors import InvalidField

BLOCKS = "blocks"
PARENT_CHILD = "parent-child"
CONDITIONAL = "conditional-blocks"
WAITS_FOR = "waits-for"
RELATES_TO = "relates-to"
DUPLICATES = "duplicates"
SUPERSEDES = "supersedes"

READINESS_KINDS = (BLOCKS, PARENT_CHILD, CONDITIONAL, WAITS_FOR)
HOLDING_KINDS = (BLOCKS, CONDITIONAL, WAITS_FOR)
"""Kinds by which an issue waits for another."""
ORDERING_KINDS = (BLOCKS, CONDITIONAL, WAITS_FOR, PARENT_CHILD)
"""Kinds among which a cycle would hold its members for ever."""
KNOWN_KINDS = (
    *READINESS_KINDS,
    "related",
    "discovered-from",
    "replies-to",
    RELATES_TO,
    DUPLICATES,
    SUPERSEDES,
    "authored-by",
    "assigned-to",
    "approved-by",
    "attests",
    "tracks",
    "until",
    "caused-by",
    "validates",
    "delegated-from",
)
_MISTYPED = 0.85
"""So much alike, and a word is a mistyped one: `inspired-by` is no `approved-by`."""
_MISTYPED_HOLDING = 0.8
"""The same for the kinds that hold work back: taken for another, they would let it go ahead."""
EXTERNAL = "external:"
"""Start of a target in another project: `external:<project>:<capability>`."""


class Gate(StrEnum):
    """How much of a spawner's children a waits-for edge waits for."""

    ALL_CHILDREN = "all-children"
    ANY_CHILDREN = "any-children"


class _WaitsFor(msgspec.Struct):
    gate: str = Gate.ALL_CHILDREN
    spawner_id: str = ""


def waits_for(metadata: object, target: str) -> tuple[Gate, str]:
    """Read the gate and the spawner's id from a waits-for edge's metadata.

    Classic writes metadata as JSON text inside a string; what can't be read is the default:
    all children of the edge's target.
    """
    try:
        if isinstance(metadata, str) and metadata:
            found = msgspec.json.decode(metadata, type=_WaitsFor)
        else:
            found = msgspec.convert(metadata or {}, _WaitsFor)
    except msgspec.MsgspecError:
        found = _WaitsFor()
    is_any = found.gate == Gate.ANY_CHILDREN
    return Gate.ANY_CHILDREN if is_any else Gate.ALL_CHILDREN, found.spawner_id or target


def require_kind(kind: str) -> str:
    """Return a dependency type: a known one, or any other of 1 to 50 characters.

    Raises:
        InvalidField: it is empty, too long, or another word for a known one.
    """
    name = kind.strip()
    if not name or len(name) > limits.KIND_CHARS_MAX or "\x00" in name:
        raise InvalidField(
            f'"{name[:60]}" can\'t be a dependency type',
            hint=f"Use one of {', '.join(KNOWN_KINDS)}, or 1 to 50 characters of your own.",
            field="type",
        )
    if name not in KNOWN_KINDS:
        _require_own(name)
    return name


def _require_own(name: str) -> None:
    """Refuse what is a known kind by another name, or mistyped: it would hold nothing back."""
    import difflib

    from beadwork.model.synonyms import KINDS

    word = name.lower()
    near = [
        *difflib.get_close_matches(word, READINESS_KINDS, n=1, cutoff=_MISTYPED_HOLDING),
        *difflib.get_close_matches(word, KNOWN_KINDS, n=1, cutoff=_MISTYPED),
    ]
    meant = KINDS.get(word) or next(iter(near), None)
    if meant is not None:
        hint = f'Did you mean "{meant}"?'
        raise InvalidField(f'There is no dependency type "{name}"', hint=hint, field="type")
