"""The fields of the query language: their names, and what sort of values they have."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from beadwork.model.issue import Issue

Kind = Literal["name", "names", "text", "time", "number", "truth", "json"]
"""A name is compared whole, a text by what is in it, and JSON by what it is."""


class Subject(NamedTuple):
    """What a query is asked of: an issue, and the parent that it has."""

    issue: Issue
    parent: str | None


class Field(NamedTuple):
    """A field: its name, its sort of values, and how to get them."""

    name: str
    kind: Kind
    value: Callable[[Subject], Any]
    is_ahead: bool = False
    """A length of time means that far ahead, where other times look back."""


def _of(name: str) -> Callable[[Subject], Any]:
    return lambda subject: getattr(subject.issue, name)


def _names(issue: Issue) -> list[str]:
    return [comment.author for comment in issue.comments]


_PLAIN: tuple[tuple[Kind, dict[str, str]], ...] = (
    (
        "name",
        {
            "id": "id", "status": "status", "type": "issue_type", "assignee": "assignee",
            "owner": "owner", "created_by": "created_by", "spec": "spec_id",
            "external_ref": "external_ref", "mol_type": "mol_type", "wisp_type": "wisp_type",
            "source_system": "source_system", "sender": "sender", "rig": "rig",
        },
    ),
    (
        "text",
        {
            "title": "title", "description": "description", "notes": "notes", "design": "design",
            "acceptance": "acceptance_criteria", "close_reason": "close_reason",
        },
    ),
    (
        "time",
        {"created": "created_at", "updated": "updated_at", "closed": "closed_at"},
    ),
    ("number", {"priority": "priority", "estimate": "estimated_minutes"}),
    ("truth", {"pinned": "pinned", "ephemeral": "ephemeral", "template": "is_template"}),
)  # fmt: skip
FIELDS: dict[str, Field] = {
    name: Field(name, kind, _of(attribute))
    for kind, names in _PLAIN
    for name, attribute in names.items()
} | {
    "label": Field("label", "names", _of("labels")),
    "commenter": Field("commenter", "names", lambda subject: _names(subject.issue)),
    "comment": Field(
        "comment", "text", lambda s: "\n".join(each.text for each in s.issue.comments)
    ),
    "parent": Field("parent", "name", lambda subject: subject.parent or ""),
    "due": Field("due", "time", _of("due_at"), is_ahead=True),
    "defer": Field("defer", "time", _of("defer_until"), is_ahead=True),
    "comments": Field("comments", "number", lambda subject: len(subject.issue.comments)),
    "metadata": Field("metadata", "json", _of("metadata")),
}
_ALIASES = {
    "acceptance_criteria": "acceptance",
    "closed_at": "closed",
    "created_at": "created",
    "creator": "created_by",
    "author": "created_by",
    "defer_until": "defer",
    "deferred": "defer",
    "desc": "description",
    "due_at": "due",
    "estimated_minutes": "estimate",
    "is_template": "template",
    "issue_type": "type",
    "labels": "label",
    "reason": "close_reason",
    "ref": "external_ref",
    "spec_id": "spec",
    "updated_at": "updated",
}
_METADATA = "metadata."


def field_of(name: str) -> Field | None:
    """Return the field of a name or alias, or None if there is none of it."""
    low = name.lower()
    if low.startswith(_METADATA) and len(name) > len(_METADATA):
        return _metadata_field(name[len(_METADATA) :])
    return FIELDS.get(_ALIASES.get(low, low))


def _metadata_field(key: str) -> Field:
    def value(subject: Subject) -> Any:  # noqa: ANN401 -- any JSON
        found = subject.issue.metadata
        if isinstance(found, dict) and key in found:
            return found[key]
        for step in key.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found

    return Field(f"{_METADATA}{key}", "json", value)
