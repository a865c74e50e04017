"""Globs of paths: what they match, and whether two of them have a path in common (R19).

A path is relative to the root, its segments joined by `/`. `*`, `?` and `[...]` never match `/`;
`**` stands for any number of whole segments, none included; a trailing `/` means `/**`; `{a,b}`
is each of its alternatives. There is no negation and no escape: `[*]` is the letter itself. A plain
path, which has no wildcard, is that path and all below it, whether or not it is a folder yet.

Overlap is decided: a glob is an automaton, and two of them overlap if both can run to their ends
on one path. The same walk serves segments, where `**` repeats, and letters, where `*` does.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, NoReturn, TypeVar

from beadwork.model import limits
from beadwork.model.errors import InvalidField, InvalidPath
from beadwork.model.pattern import pattern

Ranges = tuple[tuple[int, int], ...]
"""Code points, from and to, in order."""
Token = str | Ranges
"""A letter, `*`, or one of several letters."""
Segment = tuple[Token, ...]

_MANY: Segment = ("**",)
_STAR = "*"
_QUOTED = pattern(r"\[[*?\[{}]\]")
"""A letter as `quoted` writes it."""
_SLASH = ord("/")
_LAST = 0x10FFFF
_ANY: Ranges = ((1, _SLASH - 1), (_SLASH + 1, _LAST))
_FOLDED_MAX = 4096
"""Of a longer range of letters only the ASCII ones are taken in both cases."""

E = TypeVar("E")


class Glob(NamedTuple):
    """One glob without alternatives: its normal text, and its segments as an automaton."""

    text: str
    segments: tuple[Segment, ...]


def expand(pattern: str) -> list[str]:
    """Return the normal texts of a pattern, one for each of its alternatives, sorted.

    Raises:
        InvalidField: the pattern does not parse.
        InvalidPath: it is absolute, or leaves the root.
    """
    _require_plain(pattern)
    found = list(_alternatives(pattern))
    for text in found:
        # `{src,}` would be everything, `{/etc,a}` absolute.
        _require_plain(text)
    texts = {_normal(text, pattern) for text in found}
    for text in texts:
        parse(text)
    return sorted(texts)


@lru_cache(maxsize=20_000)
def parse(text: str, *, is_case_blind: bool = False) -> Glob:
    """Read a normal text.

    Raises:
        InvalidField: it does not parse.
    """
    segments = [_segment(each, text, is_case_blind=is_case_blind) for each in text.split("/")]
    if is_plain(text):
        segments.append(_MANY)
    return Glob(text, tuple(segments))


def is_plain(text: str) -> bool:
    """Tell whether a normal text has no wildcard: it is a path, and all below it."""
    return not any(each in _QUOTED.sub("", text) for each in "*?[")


def brief(text: str) -> str:
    """Return the shortest normal text of this meaning: `src` for `src/**`."""
    folder = text.removesuffix("/**")
    return folder if is_plain(folder) else text


def unquoted(text: str) -> str:
    """Return a normal text as a person types it who names what is there: a plain path as it is."""
    return _QUOTED.sub(lambda found: found[0][1], text) if is_plain(brief(text)) else text


def require_path(path: str) -> str:
    """Return a path relative to the root in its normal form.

    Raises:
        InvalidPath: it is absolute, empty, or leaves the root.
    """
    segments: list[str] = []
    for each in path.split("/"):
        if each == ".." and segments:
            segments.pop()
        elif each not in ("", "."):
            segments.append(each)
    if path.startswith("/") or segments[:1] in ([], [".."]):
        what = "is no path inside the repository"
        raise InvalidPath(f'"{path[:80]}" {what}', hint="Give paths relative to its root.")
    return "/".join(segments)


def quoted(path: str) -> str:
    """Return the plain path that this one is as a pattern, whatever letters are in it."""
    return "".join(f"[{each}]" if each in "*?[{}" else each for each in path)


def literal(path: str, *, is_case_blind: bool = False) -> Glob:
    """Return what matches just this path, whatever letters are in it."""
    segments = (
        tuple(_letter(_folded(each) if is_case_blind else each) for each in segment)
        for segment in path.split("/")
        if segment
    )
    return Glob(path, tuple(segments))


def matches(pattern: str, path: str, *, is_case_blind: bool = False) -> bool:
    """Tell whether a normal text matches a path."""
    found = literal(path, is_case_blind=is_case_blind)
    return _meet(parse(pattern, is_case_blind=is_case_blind).segments, found.segments)


def overlaps(a: str, b: str, *, is_case_blind: bool = False) -> bool:
    """Tell whether there is a path that both normal texts match."""
    return _meet(
        parse(a, is_case_blind=is_case_blind).segments,
        parse(b, is_case_blind=is_case_blind).segments,
    )


def literal_prefix(text: str) -> str:
    """Return what precedes the first wildcard of a normal text, in small letters.

    Of two globs that overlap, one's prefix begins with the other's: a path that both match begins
    with both, or is, for a glob that ends in `/**`, its prefix without the slash.
    """
    end = min((at for at in map(text.find, "*?[") if at >= 0), default=len(text))
    return "".join(map(_folded, text[:end]))


# -- the automaton


def _meet(a: Sequence[Segment], b: Sequence[Segment]) -> bool:
    return _run(a, b, _MANY, _segments_meet)


def _segments_meet(a: Segment, b: Segment) -> bool:
    return a == b or _run(a, b, _STAR, _tokens_meet)


def _run(a: Sequence[E], b: Sequence[E], many: E, alike: Callable[[E, E], bool]) -> bool:
    """Tell whether two sequences have a common one, where `many` stands for any number."""
    waiting = [(0, 0)]
    seen = set(waiting)
    while waiting:
        i, j = waiting.pop()
        has_a, has_b = i < len(a), j < len(b)
        if not has_a and not has_b:
            return True
        if has_a and a[i] == many:
            steps = [(i + 1, j), (i, j + 1)] if has_b else [(i + 1, j)]
        elif has_b and b[j] == many:
            steps = [(i, j + 1), (i + 1, j)] if has_a else [(i, j + 1)]
        else:
            steps = [(i + 1, j + 1)] if has_a and has_b and alike(a[i], b[j]) else []
        waiting += [step for step in steps if step not in seen]
        seen.update(steps)
    return False


def _tokens_meet(a: Token, b: Token) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    return any(
        low <= high_b and low_b <= high for low, high in _ranges(a) for low_b, high_b in _ranges(b)
    )


def _ranges(token: Token) -> Ranges:
    return ((ord(token), ord(token)),) if isinstance(token, str) else token


# -- reading


def _refuse(pattern: str, what: str, hint: str) -> NoReturn:
    raise InvalidField(f'The pattern "{pattern[:80]}" {what}', hint=hint, field="patterns")


def _require_plain(pattern: str) -> None:
    if not pattern:
        _refuse(pattern, "is empty", "Name paths: `src/**`, `docs/*.md`.")
    if len(pattern) > limits.PATTERN_CHARS_MAX:
        _refuse(pattern, "is too long", f"{limits.PATTERN_CHARS_MAX} letters are the limit.")
    if any(each < " " or each == "\x7f" or "\ud800" <= each <= "\udfff" for each in pattern):
        _refuse(pattern, "has other than letters in it", "Write `?` for what can't be written.")
    if "\\" in pattern:
        _refuse(pattern, "has a backslash", "Separate by `/`; `[*]` is the letter itself.")
    if pattern[0] == "!":
        _refuse(pattern, "is a negation, and there are none", "Name what is meant, not what isn't.")
    if pattern[0] == "/":
        raise InvalidPath(
            f'The pattern "{pattern[:80]}" is absolute',
            hint="Patterns are relative to the root of the repository.",
        )


def _alternatives(pattern: str) -> Iterator[str]:
    """Take the braces apart."""
    waiting = [pattern]
    count = 0
    while waiting:
        text = waiting.pop()
        found = _braces(text, pattern)
        if found is None:
            count += 1
            if count > limits.PATTERN_ALTERNATIVES_MAX:
                most = limits.PATTERN_ALTERNATIVES_MAX
                _refuse(pattern, f"has more than {most} alternatives", "Take several patterns.")
            yield text
            continue
        start, commas, end = found
        cuts = [start, *commas, end]
        waiting += [
            text[:start] + text[left + 1 : right] + text[end + 1 :]
            for left, right in pairwise(cuts)
        ]


def _braces(text: str, pattern: str) -> tuple[int, list[int], int] | None:
    """Find the first braces: where they begin, their commas, where they end."""
    depth, start, at = 0, 0, 0
    commas: list[int] = []
    while at < len(text):
        each = text[at]
        if each == "[":
            at = _class_end(text, at, pattern)
        elif each == "{":
            start = start if depth else at
            depth += 1
        elif each == "," and depth == 1:
            commas.append(at)
        elif each == "}":
            if depth <= 1:
                return (start, commas, at) if depth else _unpaired(pattern, "}")
            depth -= 1
        at += 1
    return _unpaired(pattern, "{") if depth else None


def _unpaired(pattern: str, brace: str) -> NoReturn:
    _refuse(pattern, f"has a {brace} without its pair", f"`[{brace}]` is the letter itself.")


def _normal(text: str, pattern: str) -> str:
    segments: list[str] = []
    for each in text.split("/"):
        if each == "..":
            if not segments or segments[-1] == "**":
                raise InvalidPath(
                    f'The pattern "{pattern[:80]}" leaves the root',
                    hint="Leases are of paths inside the repository.",
                )
            segments.pop()
        elif each not in ("", ".") and not (each == "**" and segments[-1:] == ["**"]):
            segments.append(each)
    is_folder = text.endswith(("/", "/.", "/..")) or not segments
    if is_folder and segments[-1:] != ["**"]:
        segments.append("**")
    return "/".join(segments)


def _segment(text: str, pattern: str, *, is_case_blind: bool) -> Segment:
    if text == "**":
        return _MANY
    if "**" in text:
        _refuse(pattern, "has ** inside a segment", "`**` is a segment of its own: `a/**/b`.")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        each = text[at]
        if each == "[":
            end = _class_end(text, at, pattern)
            tokens.append(_class(text[at + 1 : end], pattern, is_case_blind=is_case_blind))
            at = end
        elif each == "?":
            tokens.append(_ANY)
        else:
            tokens.append(_folded(each) if is_case_blind else each)
        at += 1
    return tuple(tokens)


def _class_end(text: str, start: int, pattern: str) -> int:
    """Return where the `]` of a class stands; one that comes first is a letter of it."""
    first = start + 2 if text[start + 1 : start + 2] in ("!", "^") else start + 1
    end = text.find("]", first + 1)
    if end < 0:
        _refuse(pattern, "has a [ without its ]", "`[[]` is the letter itself.")
    return end


def _class(text: str, pattern: str, *, is_case_blind: bool) -> Token:
    is_negated = text[0] in "!^" and len(text) > 1
    items = text[1:] if is_negated else text
    if "[:" in items or "/" in items:
        _refuse(pattern, f"has [{text}] in it", "A class has letters and ranges: `[a-z_]`.")
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(items):
        is_range = items[at + 1 : at + 2] == "-" and at + 2 < len(items)
        low, high = ord(items[at]), ord(items[at + 2] if is_range else items[at])
        if low > high:
            _refuse(pattern, f"has [{text}] in it, which runs backwards", "Write `[a-z]`.")
        found.append((low, high))
        at += 3 if is_range else 1
    if is_case_blind:
        found += [each for span in found for each in _other_cases(*span)]
    ranges = _without_slash(_complement(found) if is_negated else found)
    if not ranges:
        _refuse(pattern, f"has [{text}] in it, which is no letter", "Write `?` for any letter.")
    only = ranges[0][0] == ranges[-1][1]
    return _letter(chr(ranges[0][0])) if only else ranges


def _letter(letter: str) -> Token:
    """Return the token of a letter, which may be the star."""
    return ((ord(letter), ord(letter)),) if letter == _STAR else letter


def _folded(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else letter


def _other_cases(low: int, high: int) -> Iterator[tuple[int, int]]:
    for code in range(low, high + 1) if high - low <= _FOLDED_MAX else range(ord("A"), ord("z")):
        for other in (chr(code).lower(), chr(code).upper()):
            if len(other) == 1 and low <= code <= high:
                yield ord(other), ord(other)


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, at = [], 1
    for low, high in sorted(ranges):
        if low > at:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return [*found, (at, _LAST)] if at <= _LAST else found


def _without_slash(ranges: list[tuple[int, int]]) -> Ranges:
    parts = (
        part
        for low, high in sorted(ranges)
        for part in (
            ((low, _SLASH - 1), (_SLASH + 1, high)) if low <= _SLASH <= high else ((low, high),)
        )
    )
    return tuple((low, high) for low, high in parts if low <= high)
