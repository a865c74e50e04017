"""The hooks of agents that run `bd prime` and `bd msg hook`, in their JSON settings; foreign entries stay."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from beadwork.doors.cli import json_splice
from beadwork.doors.cli.blocks import State
from beadwork.doors.cli.json_splice import Place
from beadwork.model.errors import FileTrouble

_OURS = re.compile(
    r"\s*bd (?:prime(?:\s+--(?:full|hook-json|mcp|stealth))*|msg hook\s+--event\s+\w+)\s*"
)
_HOOKS = "hooks"
_WAS_EMPTY = " "
"""The mark of what was there before our hooks, and held nothing."""
_WAS_BLANK = "  "
"""The mark of settings that were a file without any JSON in it."""


class _Hook(NamedTuple):
    """One of our commands: its event, its group in the event, its number in the group."""

    event: str
    group: int
    number: int
    command: str


def _require(is_so: bool, what: str) -> None:
    if not is_so:
        raise FileTrouble(what, hint="Mend the file first; it was left as it is.")


def _settings(text: str) -> dict[str, Any]:
    """Read settings.

    Raises:
        FileTrouble: they are no JSON object, or have something else where hooks stand.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise FileTrouble(
            f"The settings are not valid JSON: {error}",
            hint="Mend the file first; it was left as it is.",
        ) from error
    _require(isinstance(found, dict), "The settings are no JSON object")
    events = found.get(_HOOKS, {})
    _require(isinstance(events, dict), '"hooks" is no JSON object')
    _require(
        all(isinstance(groups, list) for groups in events.values()),
        '"hooks" holds something other than arrays',
    )
    settings: dict[str, Any] = found
    return settings


def _ours(settings: dict[str, Any]) -> Iterator[_Hook]:
    for event, groups in settings.get(_HOOKS, {}).items():
        for place, group in enumerate(groups):
            hooks = group.get(_HOOKS) if isinstance(group, dict) else None
            for number, hook in enumerate(hooks if isinstance(hooks, list) else []):
                command = hook.get("command") if isinstance(hook, dict) else None
                if isinstance(command, str) and _OURS.fullmatch(command):
                    yield _Hook(event, place, number, command)


def _surplus(settings: dict[str, Any], wanted: Mapping[str, str]) -> _Hook | None:
    """Return a hook of ours that is not as it should be: old, or there twice."""
    seen: set[str] = set()
    for hook in _ours(settings):
        if wanted.get(hook.event) != hook.command or hook.event in seen:
            return hook
        seen.add(hook.event)
    return None


def _below(text: str, place: Place, name: str) -> tuple[Place, int]:
    """Return a member's value and its position."""
    nodes = json_splice.children(text, place)
    # Of doubled names the last one counts, as in every reader.
    index = max(number for number, node in enumerate(nodes) if node.name == name)
    return Place(nodes[index].value_at, place.depth + 1), index


def _element(text: str, place: Place, index: int) -> Place:
    return Place(json_splice.children(text, place)[index].value_at, place.depth + 1)


def _without(text: str, hook: _Hook) -> str:
    """Take out one hook, and what was made for it and holds nothing more."""
    top = json_splice.root(text)
    events, events_index = _below(text, top, _HOOKS)
    groups, event_index = _below(text, events, hook.event)
    group = _element(text, groups, hook.group)
    hooks, _ = _below(text, group, _HOOKS)
    if len(json_splice.children(text, hooks)) > 1:
        return json_splice.remove(text, hooks, hook.number)
    if _stays(text, groups):
        return json_splice.remove(text, groups, hook.group)
    if _stays(text, events):
        return json_splice.remove(text, events, event_index)
    return json_splice.remove(text, top, events_index)


def _stays(text: str, place: Place) -> bool:
    """Tell whether an object or array stays without one of its values."""
    is_theirs = json_splice.is_marked(text, place, _WAS_EMPTY)
    return is_theirs or len(json_splice.children(text, place)) > 1


def _with(text: str, event: str, command: str, mark: str) -> str:
    group = {"matcher": "", _HOOKS: [{"type": "command", "command": command}]}
    events = _settings(text).get(_HOOKS)
    top = json_splice.root(text)
    if events is None:
        return json_splice.insert(text, top, {event: [group]}, _HOOKS, mark=mark)
    place, _ = _below(text, top, _HOOKS)
    if event not in events:
        return json_splice.insert(text, place, [group], event, mark=_WAS_EMPTY)
    return json_splice.insert(text, _below(text, place, event)[0], group, mark=_WAS_EMPTY)


def put(text: str | None, wanted: Mapping[str, str]) -> str:
    """Return settings in which each event runs its command once.

    Raises:
        FileTrouble: the settings are damaged.
    """
    mark = _WAS_EMPTY
    if text is None or not text.strip():
        mark = "" if text is None else _WAS_BLANK
        text = f"{text or ''}{{}}\n"
    present = {(hook.event, hook.command) for hook in _ours(_settings(text))}
    for event, command in wanted.items():
        if (event, command) not in present:
            text = _with(text, event, command, mark)
    # Last, so that nothing is empty in between and loses its mark.
    while (hook := _surplus(_settings(text), wanted)) is not None:
        text = _without(text, hook)
    return text


def take(text: str) -> str | None:
    """Return settings without our hooks; None if they were made for these alone.

    Raises:
        FileTrouble: the settings are damaged.
    """
    before = text
    while (hook := _surplus(_settings(text), {})) is not None:
        text = _without(text, hook)
    if text == before or text.strip() != "{}":
        return text
    top = json_splice.root(before)
    if json_splice.is_marked(before, top, _WAS_BLANK):
        return before[: top.at]
    return text if json_splice.is_marked(before, top, _WAS_EMPTY) else None


def state(text: str | None, wanted: Mapping[str, str]) -> State:
    """Tell whether settings have our hooks, and whether these are as they would be written now.

    Raises:
        FileTrouble: the settings are damaged.
    """
    found = [] if text is None or not text.strip() else list(_ours(_settings(text)))
    if not found:
        return "absent"
    is_current = {hook.event: hook.command for hook in found} == dict(wanted)
    return "current" if is_current and len(found) == len(wanted) else "outdated"
