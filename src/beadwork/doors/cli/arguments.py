"""The words of a command line, put in the form that the parser takes.

Agents type what they know from other programs: `--json=true`, `-p=1`, and texts that begin with
a hyphen, such as the item of a Markdown list. Classic's parser takes the first two; the third
is no mistyped flag, as no flag has a space in its name.
"""

from collections.abc import Iterator, Mapping, Sequence

import click

from beadwork.model.errors import InvalidField

_TRUTHS = {
    "true": True, "t": True, "1": True, "yes": True,
    "false": False, "f": False, "0": False, "no": False,
}  # fmt: skip


def settled(
    words: Sequence[str], options: Mapping[str, click.Option], *, is_group: bool = False
) -> list[str]:
    """Return the words with options first, then `--`, then the arguments.

    A group's own options end at its first argument, which names the command.

    Raises:
        InvalidField: a flag that is yes or no was given something else.
    """
    flags: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            rest += waiting
        elif not word.startswith("-") or word == "-" or _is_text(word, options):
            rest.append(word)
            if is_group:
                return [*flags, *rest, *waiting]
        else:
            read = _long if word.startswith("--") else _short
            found = read(word, waiting, options)
            flags += found
            if _lacks_value(found, options):
                # The parser would take the marker of the arguments for the value.
                return flags
    return [*flags, "--", *rest] if rest else flags


def _is_text(word: str, options: Mapping[str, click.Option]) -> bool:
    name = word.partition("=")[0] if word.startswith("--") else word
    return any(letter.isspace() for letter in name) and word[:2] not in options


def _long(word: str, waiting: Iterator[str], options: Mapping[str, click.Option]) -> list[str]:
    name, equals, value = word.partition("=")
    option = options.get(name)
    if option is None:
        return [word]
    if option.is_flag:
        return [name] if not equals or _truth(name, value) else []
    return [word] if equals else [name, *_next(waiting)]


def _short(word: str, waiting: Iterator[str], options: Mapping[str, click.Option]) -> list[str]:
    found: list[str] = []
    for place, letter in enumerate(word[1:], start=1):
        name, rest = f"-{letter}", word[place + 1 :]
        option = options.get(name)
        if option is None:
            return [word]
        if not option.is_flag:
            value = [rest.removeprefix("=")] if rest else _next(waiting)
            return [*found, name, *value]
        if rest.startswith("="):
            return [*found, name] if _truth(name, rest[1:]) else found
        found.append(name)
    return found


def _lacks_value(found: list[str], options: Mapping[str, click.Option]) -> bool:
    """Tell whether a flag wants a value and the line ends: only then does it stand alone."""
    *before, last = found or [""]
    is_value = bool(before) and before[-1] in options and not options[before[-1]].is_flag
    return last in options and not options[last].is_flag and not is_value


def _next(waiting: Iterator[str]) -> list[str]:
    following = next(waiting, None)
    return [] if following is None else [following]


def _truth(name: str, value: str) -> bool:
    found = _TRUTHS.get(value.lower())
    if found is None:
        raise InvalidField(
            f'{name} is yes or no, not "{value[:40]}"', hint=f"Use {name} alone.", field=name
        )
    return found
