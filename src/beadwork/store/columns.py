"""The columns that follow from a record: what lists, filters and readiness look at."""

from collections.abc import Mapping

from beadwork.model import instants, token
from beadwork.model.issue import (
    HIDDEN_TYPES,
    KNOWN_FIELDS,
    Vocabulary,
    names_failure,
)
from beadwork.model.record import Record

_KNOWN = frozenset(KNOWN_FIELDS)
_INT64_MAX = 2**63 - 1
_INSTANT_NS_MIN = -(2**62)
Fields = Mapping[str, str]


def _text(fields: Fields, name: str) -> str:
    """Return a text without what a column can't hold; the record keeps it."""
    text = token.decode_text(fields.get(name))
    return text.replace("\x00", "") if "\x00" in text else text


def _us(fields: Fields, name: str) -> int | None:
    value = fields.get(name)
    return None if value is None else instants.parse_us(token.decode_text(value))


def _priority(fields: Fields) -> int:
    text = fields.get("priority", "2")
    if len(text) == 1:
        return int(text)
    return max(-_INT64_MAX, min(_INT64_MAX, int(float(text))))


def state_flags(record: Record, vocabulary: Vocabulary) -> dict[str, int]:
    """Return what readiness needs to know of an issue's own state (R6)."""
    fields = record.fields
    status = record.status
    is_done = vocabulary.is_done(status)
    is_gone = status == "tombstone"
    is_failed = is_done and names_failure(record.text("close_reason"))
    is_shown = (
        not is_done
        and fields.get("pinned") != "true"
        and fields.get("ephemeral") != "true"
        and not any(pattern in record.id for pattern in vocabulary.hidden_id_patterns)
    )
    return {
        "done": int(is_done),
        "won": int(is_done and not is_gone),
        "spent": int(is_gone or is_failed),
        "shown": int(is_shown),
        "hidden": int(record.text("issue_type") in HIDDEN_TYPES),
    }


def columns(record: Record, vocabulary: Vocabulary, now_us: int) -> dict[str, object]:
    """Return the columns of an issue, all but those that its edges and its history decide."""
    fields = record.fields
    created_ns, updated_ns = record.created_ns, record.updated_ns
    birth_ns = min(record.births) if record.stamps.births else created_ns
    defer_us = _us(fields, "defer_until")
    flags = state_flags(record, vocabulary)
    # Done or not: the project's words may declare its status live again, and nobody sets this then.
    # Past or not where its status says deferred: it came late from elsewhere, and is to be woken.
    is_asleep = defer_us is not None and (defer_us > now_us or record.status == "deferred")
    return {
        "id": record.id,
        "title": _text(fields, "title"),
        "status": _text(fields, "status"),
        "priority": _priority(fields),
        "issue_type": _text(fields, "issue_type"),
        "assignee": _text(fields, "assignee"),
        "external_ref": _text(fields, "external_ref"),
        "birth_ns": max(_INSTANT_NS_MIN, min(_INT64_MAX, birth_ns)),
        "created_us": created_ns // 1000,
        "updated_us": updated_ns // 1000,
        "closed_us": _us(fields, "closed_at"),
        "due_us": _us(fields, "due_at"),
        "defer_us": defer_us,
        "comment_count": len(record.comments),
        "pinned": int(fields.get("pinned") == "true"),
        "template": int(fields.get("is_template") == "true"),
        "ephemeral": int(fields.get("ephemeral") == "true"),
        "unknown": int(not fields.keys() <= _KNOWN),
        "asleep": int(is_asleep),
        **flags,
    }
