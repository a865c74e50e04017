"""YAML as settings have it: plain values, and no more of them than a person writes."""

import math
from typing import Any

import yaml

from beadwork.model.overriding import override

_NODES_MAX = 2_000
_DEPTH_MAX = 20
_INT_BITS_MAX = 63
_TOO_DEEP = "it is nested too deeply"
_SCHEMA = "tag:yaml.org,2002:"
_MISREAD = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
"""What the library lets through where a value is not what it is written or tagged as."""


class _Loader(yaml.SafeLoader):
    """Counts what is read, an alias as all that it stands for: nine lines could say billions."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._count = 0
        self._counts: dict[str, int] = {}

    @override
    def fetch_more_tokens(self) -> None:
        """Read on, unless it is nested too deeply: the library looks back at every opened list."""
        if self.flow_level > _DEPTH_MAX:
            raise yaml.YAMLError(_TOO_DEEP)
        super().fetch_more_tokens()

    @override
    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 -- as the library has it
        """Compose a value, unless it makes too many."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        anchor = getattr(event, "anchor", None)
        before = self._count
        if isinstance(event, yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._counts:
                raise yaml.YAMLError(f"*{anchor} is a part of itself")
            self._count += self._counts.get(str(anchor), 0)
        self._count += 1
        if self._count > _NODES_MAX:
            raise yaml.YAMLError(f"it holds more than {_NODES_MAX} values")
        node = super().compose_node(parent, index)
        if anchor and not isinstance(event, yaml.AliasEvent):
            self._counts[anchor] = self._count - before
        return node

    @override
    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        """Make the value of a node."""
        try:
            return super().construct_object(node, deep)
        except _MISREAD as error:
            written = str(node.value)[:60]
            raise yaml.MarkedYAMLError(
                problem=f'"{written}" can\'t be read as what it is marked as',
                problem_mark=node.start_mark,
            ) from error


def _number(loader: _Loader, node: yaml.ScalarNode) -> object:
    """Read a number; one that JSON can't hold stays text."""
    number = loader.construct_yaml_int(node)
    return number if number.bit_length() <= _INT_BITS_MAX else node.value


_Loader.add_constructor(f"{_SCHEMA}int", _number)
_Loader.yaml_implicit_resolvers = {
    # Dates are text: settings have none, and what looks like one need not be one.
    start: [each for each in known if each[0] != f"{_SCHEMA}timestamp"]
    for start, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:  # noqa: ANN401 -- any plain value
    """Read a text: maps, lists, texts, numbers, truths and nothing.

    Raises:
        YAMLError: it is not YAML, or says too much.
    """
    loader = _Loader(text)
    try:
        return _plain(loader.get_single_data(), 0)
    except RecursionError as error:
        raise yaml.YAMLError(_TOO_DEEP) from error
    except UnicodeEncodeError as error:
        raise yaml.YAMLError("it holds half a character") from error
    finally:
        loader.dispose()


def _plain(value: object, depth: int) -> object:
    if depth > _DEPTH_MAX:
        raise yaml.YAMLError(_TOO_DEEP)
    if isinstance(value, dict):
        return {_text(key): _plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _text(value)


def _text(value: object) -> str:
    text = str(value)
    text.encode()
    return text
