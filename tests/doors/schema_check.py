"""A small validator of JSON Schema: the keywords that `bd schema` uses, and no others."""

from collections.abc import Callable, Iterator
from typing import Any

KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "format", "anyOf"),
    *("items", "properties", "required", "additionalProperties"),
}


def faults(value: Any, schema: Any, whole: Any, place: str = "$") -> Iterator[str]:
    """Answer what of a value is against its schema."""
    unknown = schema.keys() - KEYWORDS
    assert not unknown, f"{place}: the validator knows no {unknown}"
    if "$ref" in schema:
        yield from faults(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, place)
        return
    if "anyOf" in schema:
        tried = [list(faults(value, each, whole, place)) for each in schema["anyOf"]]
        if all(tried):
            yield from (fault for each in tried for fault in each)
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(KINDS[kind](value) for kind in kinds):
        yield f"{place}: {value!r} is no {kinds}"
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from faults(each, schema.get("items", {}), whole, f"{place}[{number}]")
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, whole, place)


def _object_faults(value: Any, schema: Any, whole: Any, place: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    yield from (
        f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value
    )
    for name, each in value.items():
        inner = properties.get(name, more)
        if inner is False:
            yield f"{place}: {name} is not described"
        elif inner is not True:
            yield from faults(each, inner, whole, f"{place}.{name}")


def undescribed(schema: Any, place: str = "$") -> Iterator[str]:
    """Answer the properties that a schema says nothing of."""
    if isinstance(schema, list):
        for each in schema:
            yield from undescribed(each, place)
    elif isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            if "$ref" not in each and not each.get("description"):
                yield f"{place}.{name}"
        for name, each in schema.items():
            yield from undescribed(each, f"{place}.{name}")
