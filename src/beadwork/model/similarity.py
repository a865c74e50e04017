"""How alike texts are, by the words that they share; and which pairs are alike enough.

The likeness of two texts is the mean of two measures on their words with their counts: the share
of common words in all words, and the cosine of the two counts as vectors.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_WORD = re.compile(r"[\w-]{2,}")
_SLACK = 1e-9
"""What sums of fractions may be off by."""


class Bag(NamedTuple):
    """The words of a text with their counts, and the measures that comparing needs."""

    counts: Mapping[str, int]
    size: int
    length: float


def bag(text: str) -> Bag:
    """Return the words of a text."""
    counts = Counter(_WORD.findall(text.lower()))
    length = math.sqrt(sum(count * count for count in counts.values()))
    return Bag(counts, counts.total(), length)


def likeness(one: Bag, other: Bag) -> float:
    """Return how alike two texts are, from 0 to 1."""
    if not one.size or not other.size:
        return 0.0
    few, many = sorted((one.counts, other.counts), key=len)
    common = [(count, many[word]) for word, count in few.items() if word in many]
    shared = sum(min(pair) for pair in common)
    overlap = shared / (one.size + other.size - shared)
    cosine = sum(a * b for a, b in common) / (one.length * other.length)
    return min(1.0, (overlap + cosine) / 2)


def alike(bags: Sequence[Bag], threshold: float) -> list[tuple[float, int, int]]:
    """Return the pairs that are at least so alike, by their places, the most alike first.

    Only texts that share a word are compared, and of those only the ones that share so many of
    the telling words that they can be alike enough.
    """
    spread = Counter(word for each in bags for word in each.counts)
    holders: dict[str, list[int]] = {}
    found = []
    for place, each in enumerate(bags):
        telling, needed = _telling(each, spread, threshold)
        shared: Counter[int] = Counter()
        for word in telling:
            shared.update(holders.get(word, ()))
        for other in [other for other, count in shared.items() if count >= needed]:
            value = likeness(each, bags[other])
            if value >= threshold:
                found.append((value, other, place))
        for word in each.counts:
            holders.setdefault(word, []).append(place)
    return sorted(found, key=lambda pair: (-pair[0], pair[1], pair[2]))


def _telling(each: Bag, spread: Mapping[str, int], threshold: float) -> tuple[list[str], int]:
    """Return the rarer words of a text, and how many of them a text alike enough must share.

    Two texts are at most as alike as the share that their common words have in one of them. The
    commonest words, which make up half of what is needed, are left out: they cost most and tell
    least.
    """
    ranked = sorted(each.counts, key=lambda word: (spread[word], word))
    size = squares = 0
    while ranked:
        count = each.counts[ranked[-1]]
        if _most(each, size + count, squares + count * count) >= threshold / 2:
            break
        size, squares = size + count, squares + count * count
        ranked.pop()
    needed = 0
    for count in sorted((each.counts[word] for word in ranked), reverse=True):
        if _most(each, size, squares) >= threshold - _SLACK:
            break
        size, squares = size + count, squares + count * count
        needed += 1
    return ranked, max(1, needed)


def _most(each: Bag, size: int, squares: int) -> float:
    """Return how alike a text can be to one with which it shares no more words than these."""
    return (size / each.size + math.sqrt(squares) / each.length) / 2
