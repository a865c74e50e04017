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

    Not every pair is compared. Two texts that share none of their rarer words, but for so few
    that both measures stay below the threshold without them, can't be alike enough.
    """
    spread = Counter(word for each in bags for word in each.counts)
    holders: dict[str, list[int]] = {}
    found = []
    for place, each in enumerate(bags):
        telling = _telling(each, spread, threshold)
        near = {other for word in telling for other in holders.get(word, ())}
        for other in near:
            value = likeness(each, bags[other])
            if value >= threshold:
                found.append((value, other, place))
        for word in telling:
            holders.setdefault(word, []).append(place)
    return sorted(found, key=lambda pair: (-pair[0], pair[1], pair[2]))


def _telling(each: Bag, spread: Mapping[str, int], threshold: float) -> list[str]:
    """Return the rarer words of a text, without as many common ones as can't matter alone."""
    ranked = sorted(each.counts, key=lambda word: (spread[word], word))
    size, squares = 0, 0
    while ranked:
        count = each.counts[ranked[-1]]
        size += count
        squares += count * count
        if size >= threshold * each.size or math.sqrt(squares) >= threshold * each.length:
            break
        ranked.pop()
    return ranked
