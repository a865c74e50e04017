"""What making and changing an issue share: its fields, as requests bring them."""

from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits, token
from beadwork.model.dependency import EXTERNAL, ORDERING_KINDS, PARENT_CHILD, require_kind
from beadwork.model.errors import DependencyCycle, InvalidField
from beadwork.model.issue import (
    HIDDEN_TYPES,
    TYPE_ALIASES,
    Issue,
    require_text,
)
from beadwork.model.nesting import is_too_deep
from beadwork.model.record import Record
from beadwork.model.transition import require_alive
from beadwork.ops.transaction import Entry, Transaction

Text = Annotated[str, Meta(description="Markdown.")]


When = Annotated[
    str, Meta(description="RFC 3339, a date, +2d, 6h, tomorrow, next monday; see zone_offset_s.")
]
ZoneOffset = Annotated[
    int,
    Meta(
        ge=-limits.ZONE_S_MAX,
        le=limits.ZONE_S_MAX,
        description="Dates are of a zone so far east of UTC.",
    ),
]
Minutes = Annotated[int, Meta(ge=0, le=limits.MINUTES_MAX)]


Priority = Annotated[int, Meta(description="0, the most urgent, to 4.")]


EMPTY_TOKENS = frozenset({'""', "[]", "null", "{}"})


def edge_token(tx: Transaction, source: str, target: str, kind: str, *, metadata: str = "") -> str:
    """Write an edge as it stands in the file."""
    pairs = {
        "issue_id": source,
        "depends_on_id": target,
        "type": kind,
        "created_at": tx.now_text,
        "created_by": tx.holder.actor,
        "metadata": metadata,
    }
    kept = {k: token.encode(v) for k, v in pairs.items() if v or k not in _OPTIONAL_EDGE}
    return token.compose(kept)


_OPTIONAL_EDGE = frozenset({"created_by", "metadata"})


def require_target(tx: Transaction, name: str) -> tuple[str, Entry | None]:
    """Return the id that an edge is to name; the entry is None for another project's.

    Raises:
        UnknownIssue: there is no such issue.
        InvalidField: an external target of the wrong form.
    """
    if not name.startswith(EXTERNAL):
        entry = tx.issues.require(name)
        return entry.id, entry
    if len(name.split(":", 2)) < 3 or not all(name.split(":", 2)):
        raise InvalidField(
            f'"{name}" is no external target', hint="Use external:<project>:<capability>."
        )
    return name, None


def require_live_target(tx: Transaction, name: str) -> str:
    """Return the id that a new edge is to name.

    Raises:
        UnknownIssue: there is no such issue.
        InvalidField: an external target of the wrong form.
        InvalidTransition: the issue is deleted.
    """
    target_id, entry = require_target(tx, name)
    if entry is not None:
        require_alive(entry.record)
    return target_id


def refuse_to_wait_for_parent(issue_id: str, parent_id: str) -> NoReturn:
    """Refuse that a child waits for its own parent (classic-bd.md 4.2).

    Raises:
        DependencyCycle: always.
    """
    raise DependencyCycle(
        f"{issue_id} can't wait for its own parent {parent_id}",
        hint="A child is part of its parent; leave the edge out.",
        cycle=[issue_id, parent_id],
    )


def require_not_waiting(record: Record, target_id: str, kind: str) -> None:
    """Refuse an edge by which a child waits for its own parent.

    Raises:
        DependencyCycle: that is what it would do, beside an edge that is there.
    """
    others = {each for target, each in record.edges if target == target_id} & set(ORDERING_KINDS)
    if (PARENT_CHILD in others) if kind != PARENT_CHILD else others - {PARENT_CHILD}:
        refuse_to_wait_for_parent(record.id, target_id)


PLAIN_TEXTS = (
    "description",
    "design",
    "acceptance_criteria",
    "notes",
    "spec_id",
    "assignee",
    "owner",
    "external_ref",
)


_RARE = frozenset(
    {
        "source_system", "sender", "wisp_type", "pinned", "is_template", "bonded_from", "creator",
        "validations", "quality_score", "crystallizes", "await_type", "await_id", "timeout",
        "waiters", "holder", "source_formula", "source_location", "hook_bead", "role_bead",
        "agent_state", "last_activity", "role_type", "rig", "mol_type", "work_type", "event_kind",
        "actor", "target", "payload", "created_by",
    }
)  # fmt: skip


def require_metadata(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return metadata that every clone can read.

    Raises:
        InvalidField: it has too many levels.
    """
    if is_too_deep([value]):
        raise InvalidField(
            f"The metadata has more than {limits.JSON_LEVELS_MAX - 2} levels",
            hint="Keep large contents in a blob: `bd blob put FILE`.",
            field="metadata",
        )
    return value


def rare_fields(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the rare fields of a record, if they are fields and have the right types.

    Raises:
        InvalidField: one is not, or has not.
    """
    if not extra:
        return extra
    for name, value in extra.items():
        if name not in _RARE:
            raise InvalidField(f'There is no field "{name[:60]}"', field=name[:60])
        if isinstance(value, str):
            require_text(value, name)
    require_metadata(extra)
    try:
        msgspec.convert({"id": "x", **extra}, Issue)
    except msgspec.ValidationError as error:
        raise InvalidField(f"A field has the wrong type: {error}") from error
    return extra


def when(tx: Transaction, text: str, field: str, zone_offset_s: int = 0) -> str:
    """Return a time as it stands in the record; empty stays empty.

    Raises:
        InvalidField: it is no time.
    """
    if not text or instants.is_exact(text):
        return text
    return instants.format_us(
        instants.parse_when(text, now_us=tx.now_us, zone_offset_s=zone_offset_s, field=field)
    )


def split_dependency(text: str) -> tuple[str, str]:
    """Split `type:id` or `id` into a dependency type and the id."""
    kind, colon, name = text.strip().partition(":")
    if not colon or kind == EXTERNAL[:-1]:
        return "blocks", text.strip()
    return require_kind(kind), name.strip()


def meant_types(names: Sequence[str]) -> tuple[str, ...]:
    """Return the types that names or aliases stand for."""
    return tuple(TYPE_ALIASES.get(name, name) for name in names)


def require_known_types(tx: Transaction, names: Sequence[str]) -> None:
    """Refuse a type that nobody declared and no issue has; files bring types of their own.

    Raises:
        InvalidField: there is no such type.
    """
    for name in names:
        if name not in HIDDEN_TYPES and not tx.issues.has_type(name):
            tx.vocabulary.require_type(name)


def require_known_statuses(tx: Transaction, names: Sequence[str]) -> None:
    """Refuse a status that nobody declared and no issue has.

    Raises:
        InvalidField: there is no such status.
    """
    for name in names:
        if name not in tx.vocabulary.statuses() and not tx.issues.has_status(name):
            tx.vocabulary.require_status(name)
