"""Globs match as a translation to regular expressions does, and overlap is decided (R19)."""

import itertools
import random
import re

import pytest

from beadwork.model import limits
from beadwork.model.errors import InvalidField, InvalidPath
from beadwork.model.globs import (
    brief,
    expand,
    literal_prefix,
    matches,
    overlaps,
    parse,
    require_path,
    unquoted,
)

SEGMENTS = ["a", "b", "ab", "ba", "aa", "abb"]
PATHS = [
    "/".join(parts) for length in (1, 2, 3) for parts in itertools.product(SEGMENTS, repeat=length)
]
"""Every path of up to three of these segments."""
_PIECES = ["a", "b", "*", "?", "[ab]", "[!a]", "ab", "a*", "*b", "[a-b]*"]
_RNG = random.Random(19)


def some_pattern(rng: random.Random) -> str:
    """Answer a pattern over the alphabet of the paths."""
    segments = [
        "**"
        if rng.random() < 0.25
        else re.sub(r"\*+", "*", "".join(rng.choices(_PIECES, k=rng.randint(1, 2))))
        for _ in range(rng.randint(1, 3))
    ]
    return "/".join(segments) + ("/" if rng.random() < 0.1 else "")


def regex(pattern: str) -> re.Pattern[str]:
    """Translate a normal text by other means than an automaton."""
    found = ""
    for segment in pattern.split("/"):
        if segment == "**":
            found += "(?:/[^/]+)*"
            continue
        piece = re.sub(r"\*", "[^/]*", segment.replace("?", "[^/]").replace("[!", "[^/"))
        found += f"/(?=[^/])(?:{piece})"
    if not re.search(r"[*?[]", pattern):
        found += "(?:/[^/]+)*"
    return re.compile(found)


def brute(pattern: str) -> frozenset[str]:
    """Answer all paths that a pattern matches, by trying each."""
    made = regex(pattern)
    return frozenset(path for path in PATHS if made.fullmatch(f"/{path}"))


@pytest.mark.slow
def test_globs_match_and_overlap_as_trying_every_path_says() -> None:
    patterns = sorted({text for _ in range(260) for text in expand(some_pattern(_RNG))})
    found = {pattern: brute(pattern) for pattern in patterns}
    for pattern in patterns:
        assert {path for path in PATHS if matches(pattern, path)} == found[pattern], pattern
    pairs = _RNG.sample(list(itertools.combinations(patterns, 2)), 6000)
    for a, b in pairs:
        common = found[a] & found[b]
        if common:
            assert overlaps(a, b), (a, b, sorted(common)[:3])
            assert overlaps(b, a), (a, b)
        elif overlaps(a, b):
            assert witness(a, b), (a, b)
    assert sum(bool(found[a] & found[b]) for a, b in pairs) > 500
    assert sum(not overlaps(a, b) for a, b in pairs) > 500


def witness(a: str, b: str) -> bool:
    """Tell whether a path made from one pattern is matched by both: the list has short ones only."""
    left, right = regex(a), regex(b)
    made = (one_of(each, _RNG) for _ in range(20_000) for each in (a, b))
    return any(left.fullmatch(f"/{path}") and right.fullmatch(f"/{path}") for path in made)


def one_of(pattern: str, rng: random.Random) -> str:
    """Answer a path that a pattern matches."""
    segments: list[str] = []
    for segment in pattern.split("/"):
        if segment == "**":
            count = rng.choice((0, 0, 1, 1, 2, 3))
            segments += ["".join(rng.choices("aabbc", k=rng.randint(1, 3))) for _ in range(count)]
        else:
            segments.append(re.sub(r"\[.*?\]|[*?]", lambda m: letters(m[0], rng), segment) or "b")
    return "/".join(segments)


def letters(wildcard: str, rng: random.Random) -> str:
    """Answer what a wildcard may stand for."""
    if wildcard == "*":
        return "".join(rng.choices("abc", k=rng.choice((0, 0, 1, 1, 2, 3, 4))))
    return rng.choice([each for each in "abc" if re.fullmatch(regex(wildcard), f"/{each}")])


def test_the_prefix_of_one_of_two_that_overlap_begins_with_the_others() -> None:
    patterns = sorted({text for _ in range(200) for text in expand(some_pattern(_RNG))})
    for a, b in itertools.combinations(patterns, 2):
        if overlaps(a, b):
            left, right = literal_prefix(a), literal_prefix(b)
            assert left.startswith(right) or right.startswith(left), (a, b)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/**", "src"),
        ("src/**", "src/a/b.py"),
        ("src/", "src/a"),
        ("src", "src"),
        ("src", "src/a/b.py"),
        ("{src,docs}/new", "docs/new/a"),
        ("[[]id]", "[id]/a"),
        ("**/test_*.py", "test_a.py"),
        ("**/test_*.py", "a/b/test_a.py"),
        ("a/**/b", "a/b"),
        ("a?c", "abc"),
        ("[]a]", "]"),
        ("[[]id].tsx", "[id].tsx"),
        ("[*]", "*"),
        ("[{]a", "{a"),
        ("[a-c]", "b"),
        ("[a-]", "-"),
        ("[!a]", "b"),
        ("[^a]", "b"),
        ("*", "über"),
    ],
)
def test_a_pattern_matches(pattern: str, path: str) -> None:
    assert any(matches(each, path) for each in expand(pattern))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/*", "src/a/b"),
        ("src", "srca"),
        ("src", "lib/src"),
        ("src?", "srcs/a"),
        ("a?c", "a/c"),
        ("a[!x]c", "a/c"),
        ("a[ -~]c", "a/c"),
        ("a/**/b", "a/bb"),
        ("*.py", "a/b.py"),
        ("SRC/**", "src/a"),
        ("[!a]", "a"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, path: str) -> None:
    assert not any(matches(each, path) for each in expand(pattern))


def test_a_plain_path_is_all_below_it_too() -> None:
    assert overlaps("new", "new/a/*.py")
    assert overlaps("new/a", "new")
    assert not overlaps("new", "news/a")
    assert not overlaps("src/*", "src/a/b")
    assert [brief(each) for each in ("a/**", "a", "a*/**", "[*]/**", "**")] == [
        "a", "a", "a*/**", "[*]", "**",
    ]  # fmt: skip
    assert unquoted("a/[[]id]/[*].tsx") == "a/[id]/*.tsx"
    assert unquoted("a/[[]id]*") == "a/[[]id]*"


def test_case_counts_only_where_it_is_told_to() -> None:
    assert not overlaps("Src/[A-C]x", "src/bX")
    assert overlaps("Src/[A-C]x", "src/bX", is_case_blind=True)
    assert matches("É/[!a]", "é/b", is_case_blind=True)
    assert not matches("[!a]", "A", is_case_blind=True)
    assert literal_prefix("Src/É*") == "src/é"


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("./src//a/", ["src/a/**"]),
        ("a/./b/../c", ["a/c"]),
        (".", ["**"]),
        ("a/**/**/b", ["a/**/b"]),
        ("src/{b,a}.py", ["src/a.py", "src/b.py"]),
        ("{a,b{c,d}}", ["a", "bc", "bd"]),
        ("{a,a}", ["a"]),
        ("a{,.bak}", ["a", "a.bak"]),
        ("{src,docs}/", ["docs/**", "src/**"]),
        ("[{,}]", ["[{,}]"]),
    ],
)
def test_a_pattern_has_normal_texts(pattern: str, texts: list[str]) -> None:
    assert expand(pattern) == texts


@pytest.mark.parametrize(
    "pattern",
    ["", "!a", "{src,}", "{!a,b}", "a\\b", "a[", "a[]", "[!]", "{a", "a}", "a**b", "***", "[z-a]", "[[:alpha:]]",
     "a\nb", "a\x00", "a" * (limits.PATTERN_CHARS_MAX + 1), "[a/b]", "{a,b}" * 7, "[!\x01-\U0010ffff]"],
)  # fmt: skip
def test_a_pattern_that_does_not_parse_is_refused_with_a_hint(pattern: str) -> None:
    with pytest.raises(InvalidField) as caught:
        expand(pattern)
    assert caught.value.hint


@pytest.mark.parametrize(
    "pattern", ["/etc/passwd", "{/etc,a}/x", "..", "../a", "a/../../b", "**/../a"]
)
def test_a_pattern_outside_the_root_is_refused_with_a_hint(pattern: str) -> None:
    with pytest.raises(InvalidPath) as caught:
        expand(pattern)
    assert caught.value.hint


@pytest.mark.parametrize("path", ["", ".", "/a", "..", "a/../..", "../a"])
def test_a_path_outside_the_root_is_refused(path: str) -> None:
    with pytest.raises(InvalidPath):
        require_path(path)
    assert require_path("./a//b/../c") == "a/c"


@pytest.mark.slow
def test_what_looks_hopeless_is_decided_in_few_steps() -> None:
    text = "*a" * 200
    assert overlaps(text, text + "b*" * 20)
    assert not overlaps(text + "c", text + "d")
    assert parse(text).segments
