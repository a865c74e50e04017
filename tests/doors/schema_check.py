"""What a value has against a JSON Schema, and what a schema leaves unsaid."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "format", "anyOf"),
    *("items", "properties", "required", "additionalProperties"),
}
"""What schemas are written in; a validator takes no notice of a word that it does not know."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


class Checker:
    """A schema, and what values have against it."""

    def __init__(self, schema: Any) -> None:
        Draft202012Validator.check_schema(schema)
        assert not set(_keywords(schema)) - KEYWORDS
        self._validator = Draft202012Validator(schema, format_checker=_FORMATS)

    def faults(self, value: Any) -> list[str]:
        """Answer what of a value is against the schema, by the shape that fits it best."""
        errors = self._validator.iter_errors(value)
        plainest = (best_match([each]) or each for each in errors)
        return [f"{each.json_path}: {each.message[:300]}" for each in plainest]


def faults(value: Any, schema: Any) -> list[str]:
    """Answer what of a value is against a schema."""
    return Checker(schema).faults(value)


def closed(schema: Any) -> Any:
    """Answer a schema that lets through no field that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {name: closed(each) for name, each in schema.items()}
    return tight | ({"additionalProperties": False} if tight.get("properties") else {})


def _parts(schema: Any, place: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer a schema and all schemas in it, each with its place."""
    yield place, schema
    for word in ("properties", "$defs"):
        for name, each in schema.get(word, {}).items():
            yield from _parts(each, f"{place}.{name}")
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from _parts(schema[word], f"{place}.*")
    for each in schema.get("anyOf", []):
        yield from _parts(each, place)


def _keywords(schema: Any) -> Iterator[str]:
    for _, part in _parts(schema):
        yield from part


def undescribed(schema: Any) -> list[str]:
    """Answer the properties that a schema says nothing of."""
    return [
        f"{place}.{name}"
        for place, part in _parts(schema)
        for name, each in part.get("properties", {}).items()
        if "$ref" not in each and not each.get("description")
    ]


def loose(schema: Any) -> list[str]:
    """Answer the places where a schema lets anything through."""
    return [
        place
        for place, part in _parts(schema)
        if not part.keys() & {"$ref", "anyOf", "type"}
        or (part.get("type") == "array" and "items" not in part)
        or (part.get("type") == "object" and part.get("additionalProperties", True) is True
            and not part.get("properties"))
    ]  # fmt: skip


def open_places(schema: Any) -> list[str]:
    """Answer the places of objects that may have fields which are not named."""
    return [
        place
        for place, part in _parts(schema)
        if "properties" in part and part.get("additionalProperties", True) is not False
    ]
