"""How alike texts are, by the words that they share; and which pairs are alike enough.

The likeness of two texts is the mean of two measures on their words with their counts: the share
of common words in all words, and the cosine of the two counts as vectors.
"""

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_WORD = re.compile(r"[\w-]{2,}")
_SLACK = 1e-9
"""What sums of fractions may be off by."""
_BLOCK = 8192
"""So many texts are looked at at once: their bits stay in the processor's cache."""


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


def alike(bags: Sequence[Bag], threshold: float, limit: int = 0) -> list[tuple[float, int, int]]:
    """Return the pairs that are at least so alike, by their places, the most alike first.

    Only texts that share a word are compared; of the pairs at most `limit` are kept, 0 means all.

    Each text is held against many smaller ones at once: for every word there is a number whose
    bits say which of them have it, and these numbers are added up column by column. Only those
    that share enough words are looked at by themselves. Once as many pairs are found as are
    wanted, others have to be better than the worst of them.
    """
    best = _Best(threshold, limit)
    order = sorted((n for n, each in enumerate(bags) if each.size), key=lambda n: bags[n].size)
    words = [_words(bags[n]) for n in order]
    for start in range(0, len(order), _BLOCK):
        block = _Block()
        for n, found in zip(order[start:], words[start:], strict=True):
            for other in block.sharing(found, _needed(bags[n], best.floor)):
                best.add(likeness(bags[n], bags[other]), min(n, other), max(n, other))
            if len(block.members) < _BLOCK:
                block.add(n, found)
    return best.pairs()


def _words(each: Bag) -> list[str]:
    """Return the words of a text, one that comes again under another name each time."""
    return [
        word if not again else f"{word} {again}"
        for word, count in each.counts.items()
        for again in range(count)
    ]


def _needed(each: Bag, floor: float) -> int:
    """Return how many words a text must share with one that is no longer, to be so alike.

    As many words in common are at most that share of all its words; and the cosine is at most the
    length of its part that is common, in its own length.
    """
    squares = 0
    counts = sorted(each.counts.values(), reverse=True)
    for shared in range(1, each.size):
        squares += counts[shared - 1] ** 2 if shared <= len(counts) else 0
        most = (shared / each.size + math.sqrt(squares) / each.length) / 2
        if most >= floor - _SLACK:
            return shared
    return each.size


class _Block:
    """Some texts, of which is asked which share so many words with another."""

    def __init__(self) -> None:
        self.members: list[int] = []
        self._holders: dict[str, int] = {}

    def add(self, member: int, words: Sequence[str]) -> None:
        """Add a text."""
        bit = 1 << len(self.members)
        self.members.append(member)
        for word in words:
            self._holders[word] = self._holders.get(word, 0) | bit

    def sharing(self, words: Sequence[str], needed: int) -> Iterator[int]:
        """Yield the texts that share so many of these words."""
        held = [bits for word in words if (bits := self._holders.get(word))]
        if len(held) < needed:
            return
        found = _at_least(needed, _sums(held), (1 << len(self.members)) - 1)
        while found:
            lowest = found & -found
            yield self.members[lowest.bit_length() - 1]
            found ^= lowest


def _sums(addends: list[int]) -> list[int]:
    """Add up numbers bit by bit: each column by itself; return its sum's digits, lowest first."""
    digits = []
    while addends:
        carries = []
        while len(addends) > 1:
            one, other = addends.pop(), addends.pop()
            third = addends.pop() if addends else 0
            odd = one ^ other
            addends.append(odd ^ third)
            carry = (one & other) | (odd & third)
            if carry:
                carries.append(carry)
        digits.append(addends[0])
        addends = carries
    return digits


def _at_least(needed: int, digits: list[int], every: int) -> int:
    """Return the columns whose sum is at least a number."""
    if needed >> len(digits):
        return 0
    more, equal = 0, every
    for place in reversed(range(len(digits))):
        both = equal & digits[place]
        if needed >> place & 1:
            equal = both
        else:
            more |= both
            equal ^= both
    return more | equal


class _Best:
    """The best pairs so far: all that are good enough, or so many of them."""

    def __init__(self, threshold: float, limit: int) -> None:
        self.floor = threshold
        """No pair that is less alike is wanted any more."""
        self._threshold = threshold
        self._limit = limit
        self._heap: list[tuple[float, int, int]] = []

    def add(self, value: float, one: int, other: int) -> None:
        """Take note of a pair; of two that are as alike, the one that comes first is better."""
        if value < self._threshold:
            return
        pair = (value, -one, -other)
        if not self._limit or len(self._heap) < self._limit:
            heapq.heappush(self._heap, pair)
        else:
            heapq.heappushpop(self._heap, pair)
        if len(self._heap) == self._limit:
            self.floor = self._heap[0][0]

    def pairs(self) -> list[tuple[float, int, int]]:
        """Return the pairs, the most alike first."""
        return [(value, -one, -other) for value, one, other in sorted(self._heap, reverse=True)]
