"""How deep lists and maps lie in one another: what is too deep could be stored and not be read."""

import re
from typing import Any

from beadwork.model import limits
from beadwork.model.pattern import pattern

_BRACKET = pattern(r'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def is_too_deep(value: Any) -> bool:  # noqa: ANN401 -- any JSON value
    """Tell whether a value has more than `JSON_LEVELS_MAX` levels."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limits.JSON_LEVELS_MAX):
        found = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for inside in found for each in inside if isinstance(each, (dict, list))]
        if not level:
            return False
    return True


def is_text_too_deep(text: str | bytes) -> bool:
    """Tell whether a text, which is JSON, has more than `JSON_LEVELS_MAX` levels."""
    content = text if isinstance(text, str) else text.decode("utf-8", "replace")
    if content.count("[") + content.count("{") <= limits.JSON_LEVELS_MAX:
        return False
    depth = 0
    for found in _BRACKET.finditer(content):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > limits.JSON_LEVELS_MAX:
            return True
    return False
