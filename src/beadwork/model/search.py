"""Full-text search: the words of a text, what a query seeks, and whether an issue has it.

The index of the store holds words and parts as they are made here, so that an issue that is not
in the index yet can be looked at beside it, and the two can't differ.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from beadwork.model.pattern import pattern

_WORD = pattern(r"[^\W_]+")
_TERM = pattern(r'"([^"]*)"?(\*?)|([^\s"]+)')
_SIGN = pattern(r"[^\w\s]|_")
_NEWLINE = "\n"

FIELDS = (
    "id", "title", "labels", "description", "design", "acceptance", "notes", "comments",
)  # fmt: skip
"""What is searched, in the order of the index's columns."""
WEIGHTS = (10.0, 10.0, 4.0, 3.0, 1.0, 1.0, 1.0, 1.0)
"""How much a hit in each of them counts."""


class _Comment(msgspec.Struct):
    text: str = ""


class _Searched(msgspec.Struct):
    """What of a record is searched."""

    id: str = ""
    title: str = ""
    labels: list[str] = []
    description: str = ""
    design: str = ""
    acceptance_criteria: str = ""
    notes: str = ""
    comments: list[_Comment] = []


_SEARCHED = msgspec.json.Decoder(_Searched)


class Term(NamedTuple):
    """A word or phrase of a query, without regard to case and accents.

    `part` is what a part of a text must be; `words` are its words, of which the last may go on if
    it is a prefix. A term of signs alone has no words.
    """

    part: str
    words: tuple[str, ...]
    is_prefix: bool

    @property
    def has_signs(self) -> bool:
        """Tell whether it says more than its words: `C++`, `a_b`, `100%`."""
        return bool(_SIGN.search(self.part))

    @property
    def phrase(self) -> str:
        """Return the words as they stand in a text of words."""
        return f" {' '.join(self.words)}{'' if self.is_prefix else ' '}"


def folded(text: str) -> str:
    """Return a text in which neither case nor accents matter."""
    bare = text.replace("\x00", " ")
    if bare.isascii():
        return bare.lower()
    # Late import: most texts do without its tables.
    import unicodedata

    plain = unicodedata.normalize("NFKD", bare.casefold()).casefold()
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(folded(text))


def sought(query: str) -> tuple[Term, ...]:
    """Read a query: words, "phrases", and starts of words with a star. Any text is one.

    The last word matches as a start too, so that what is typed so far finds what it will.
    """
    found: dict[Term, None] = {}
    matches = list(_TERM.finditer(query))
    for position, each in enumerate(matches):
        phrase, star, word = each.groups()
        is_last = position == len(matches) - 1
        is_prefix = bool(star) if word is None else word.endswith("*") or is_last
        text = phrase if word is None else word.rstrip("*") or word
        if text.strip():
            found[Term(folded(text), tuple(words(text)), is_prefix)] = None
    if not found and query.strip():
        # Quotes with nothing in them stand for themselves.
        found[Term(folded(query.strip()), (), is_prefix=False)] = None
    return tuple(found)


class Document:
    """The searched texts of one issue."""

    def __init__(self, body: str) -> None:
        record = _SEARCHED.decode(body)
        self._texts = (
            record.id,
            record.title,
            _NEWLINE.join(record.labels),
            record.description,
            record.design,
            record.acceptance_criteria,
            record.notes,
            _NEWLINE.join(comment.text for comment in record.comments),
        )

    def words(self) -> list[str]:
        """Return the words of each field, in a row."""
        return [" ".join(words(text)) for text in self._texts]

    def parts(self) -> str:
        """Return the text that parts are looked for in."""
        searched = (self._texts[0], self._texts[1], self._texts[3])
        return folded(_NEWLINE.join(searched))

    def score(self, terms: Sequence[Term]) -> float | None:
        """Return how well the words of a query fit, or None if they don't; more is better."""
        texts = [f" {text} " for text in self.words()]
        total = 0.0
        phrases = [term.phrase for term in terms if term.words]
        for phrase in phrases:
            weight = sum(
                text.count(phrase) * factor for text, factor in zip(texts, WEIGHTS, strict=True)
            )
            if not weight:
                return None
            total += weight / (weight + 1.2)
        return total / len(phrases) if phrases else None

    def has_parts(self, terms: Sequence[Term]) -> bool:
        """Tell whether each term stands somewhere in id, title or description."""
        text = self.parts()
        return all(term.part in text for term in terms)

    def fits(self, terms: Sequence[Term]) -> bool:
        """Tell whether a search for these terms finds the issue."""
        return self.score(terms) is not None or self.has_parts(terms)


class Snippet(NamedTuple):
    """A piece of a text, and where in it something was found: begin and end of each place."""

    text: str
    places: tuple[tuple[int, int], ...]


def places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return where the terms stand in a text as it is written, without overlaps."""
    plain, origin = _traced(text)
    needles = {term.part for term in terms} | {word for term in terms for word in term.words}
    found = []
    for needle in needles:
        start = plain.find(needle)
        while start >= 0:
            found.append((origin[start], origin[start + len(needle) - 1] + 1))
            start = plain.find(needle, start + len(needle))
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _traced(text: str) -> tuple[str, Sequence[int]]:
    """Fold a text, and tell for each sign of it where it comes from."""
    if text.isascii():
        return folded(text), range(len(text))
    pieces = [folded(sign) for sign in text]
    origin = [position for position, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), origin


def snippet(text: str, terms: Sequence[Term], *, width: int) -> Snippet | None:
    """Return a piece of a text around what was found in it, on one line; None if nothing was."""
    found = places(text, terms)
    if not found:
        return None
    first = found[0][0]
    begin = max(0, min(first - width // 3, len(text) - width))
    end = min(len(text), begin + width)
    head, tail = "…" if begin else "", "…" if end < len(text) else ""
    shift = len(head) - begin
    inside = [(a + shift, min(b, end) + shift) for a, b in found if begin <= a < end]
    return Snippet(f"{head}{text[begin:end]}{tail}", tuple(inside))
