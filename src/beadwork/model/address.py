"""Addresses of messages: an agent, an attempt, a @group, a #topic, or everyone."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from beadwork.model import limits
from beadwork.model.errors import InvalidField

Kind = Literal["agent", "attempt", "group", "topic", "everyone"]

_EVERYONE = frozenset({"everyone", "all", "*", "@everyone", "@all"})
_SIGNS: dict[str, Kind] = {"@": "group", "#": "topic"}
_WORDS: dict[str, Kind] = {
    "agent": "agent",
    "attempt": "attempt",
    "group": "group",
    "topic": "topic",
}
_PLAIN = re.compile(r"[\w][\w./-]*")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HINT = "Use an agent's name, @GROUP, '#TOPIC' (or topic:NAME), attempt:ID, or everyone."


class Address(NamedTuple):
    """Where a message goes to."""

    kind: Kind
    name: str

    @property
    def text(self) -> str:
        """Return the one way in which this address is written."""
        match self.kind:
            case "group":
                return f"@{self.name}"
            case "topic":
                return f"#{self.name}"
            case "attempt":
                return f"attempt:{self.name}"
            case _:
                return self.name


EVERYONE = Address("everyone", "everyone")


@lru_cache(maxsize=4096)
def parse(text: str) -> Address:
    """Read an address.

    Raises:
        InvalidField: it is none.
    """
    said = text.strip()
    if said.lower() in _EVERYONE:
        return EVERYONE
    kind: Kind = _SIGNS.get(said[:1], "agent")
    name = said[1:] if said[:1] in _SIGNS else said
    word, colon, rest = said.partition(":")
    if colon and word in _WORDS:
        kind, name = _WORDS[word], rest
        name = name.removeprefix("@" if kind == "group" else "#" if kind == "topic" else "")
    is_plain = kind in ("agent", "attempt") or _PLAIN.fullmatch(name)
    # A comma separates addresses, unless it is said that all is one name.
    is_several = "," in name and word not in _WORDS
    is_fit = name.strip() and is_plain and not is_several and not _UNFIT.search(name)
    is_fit = is_fit and (kind != "agent" or is_agent(name))
    if not is_fit or len(name) > limits.ID_CHARS_MAX:
        raise InvalidField(f'"{said[:60]}" is no address', hint=_HINT, field="to")
    return Address(kind, name)


def is_agent(name: str) -> bool:
    """Tell whether a name can be an agent's, and not the address of a group, topic or attempt."""
    word, colon, _ = name.partition(":")
    return name[:1] not in _SIGNS and not (colon and word in _WORDS)


def require_agent(name: str) -> str:
    """Return the name of somebody who exchanges messages.

    Raises:
        InvalidField: it is the address of something else, whose messages they would get.
    """
    if not is_agent(name):
        raise InvalidField(
            f'"{name[:60]}" can\'t exchange messages: the name is the address of something else',
            hint="Take a name without @ or # before it, and without `attempt:` and the like: "
            "set BD_ACTOR, or pass --actor NAME.",
            field="actor",
        )
    return name


def parse_group_or_topic(text: str) -> Address:
    """Read what can be subscribed to; a bare word is a topic.

    Raises:
        InvalidField: it is neither a group nor a topic.
    """
    found = parse(text)
    if found.kind == "agent" and _PLAIN.fullmatch(found.name):
        return Address("topic", found.name)
    if found.kind not in ("group", "topic"):
        raise InvalidField(
            f'"{text.strip()[:60]}" can\'t be subscribed to',
            hint="Subscribe to a '#TOPIC', or join a @GROUP.",
            field="address",
        )
    return found
