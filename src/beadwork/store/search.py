"""Full-text search: the index, what waits for it, and finding issues (decision 0013)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from beadwork.model import limits
from beadwork.model.search import FIELDS, Document, Term, words
from beadwork.ops.transaction import Filter, Row
from beadwork.store import filters
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_FOREVER = 2**62
_TERMS_MAX = 30
"""So many words or trigrams the index is asked for; what is sought beyond is looked up."""
_CHUNK = 500
_GRAM = 3
_WALKED = (4, 16)
"""How many issues of a list are looked at, for each one that is wanted of a search in its order."""
_FOREMOST = "id title labels"
"""The fields that tell most."""


class SearchStore:
    """The index of texts in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    # -- what waits

    def queue_length(self) -> int:
        """Count the issues that the index does not know as they are now."""
        row = self._session.one("search.queue_length")
        return int(row[0]) if row else 0

    def index(self, limit: int) -> int:
        """Index at most so many of the issues that wait; return how many it were."""
        numbers = self._queued(limit)
        documents = self._documents(numbers)
        self._session.many(
            "search.put_words",
            (
                {"n": n, **dict(zip(FIELDS, document.words(), strict=True))}
                for n, document in documents.items()
            ),
        )
        self._session.many(
            "search.put_parts",
            ({"n": n, "text": document.parts()} for n, document in documents.items()),
        )
        self._session.run("search.unqueue", ns=listed(numbers))
        return len(numbers)

    def _queued(self, limit: int) -> list[int]:
        return [n for (n,) in self._session.all("search.queued", limit=limit)]

    def _documents(self, numbers: Sequence[int]) -> dict[int, Document]:
        rows = self._session.all("search.bodies", ns=listed(numbers))
        return {n: Document(body) for n, body in rows}

    # -- finding

    def find(self, terms: Sequence[Term], wanted: Filter | None, *, limit: int) -> list[Row]:
        """Return the issues that the terms fit best; `limit` 0 means all.

        First those that have all words, the best first, then those that have all terms as parts
        of words, the newest first.
        """
        sieve = _Sieve(self._session, self._tx, wanted)
        chosen: list[int] = []
        for numbers in self._in_order(terms, sieve, limit):
            chosen += numbers
            if limit and len(chosen) >= limit:
                break
        return self._tx.issues.rows(chosen[:limit] if limit else chosen)

    def find_sorted(
        self, terms: Sequence[Term], wanted: Filter, *, sort: str, is_reversed: bool, limit: int
    ) -> list[Row]:
        """Return the issues that the terms fit, in an order of lists."""
        order = filters.Order(sort, is_reversed, limit)
        chosen = self._walked(terms, wanted, order) if limit and self._are_many(terms) else None
        if chosen is None:
            fitting = self._fitting(terms)
            chosen = filters.ordered(self._session, self._tx, wanted, order, among=fitting)
        return self.rows(chosen)

    def _are_many(self, terms: Sequence[Term]) -> bool:
        """Tell whether so many issues have the words that a list soon comes upon some."""
        if not any(term.words for term in terms):
            return False
        match, _ = _words_match(terms)
        most = limits.SEARCH_RANKED_MAX
        found = self._session.all("search.with_words", match=match, before=_FOREVER, limit=most)
        return len(found) == most

    def _walked(
        self, terms: Sequence[Term], wanted: Filter, order: filters.Order
    ) -> list[int] | None:
        """Look at the first issues of a list for those that the terms fit.

        None if they are not enough: then to look at all others would take too long.
        """
        chosen: list[int] = []
        start = 0
        for times in _WALKED:
            part = order._replace(limit=times * order.limit, start=start)
            numbers = filters.ordered(self._session, self._tx, wanted, part)
            documents = self._documents(numbers)
            chosen += [n for n in numbers if documents[n].fits(terms)]
            if len(chosen) >= order.limit or len(numbers) < part.limit:
                return chosen[: order.limit]
            start += part.limit
        return None

    def listed(
        self, wanted: Filter, *, sort: str, is_reversed: bool, start: int = 0, limit: int = 0
    ) -> list[int]:
        """Return issues that a filter lets through, in an order of lists; `limit` 0 means all."""
        order = filters.Order(sort, is_reversed, limit, start)
        return filters.ordered(self._session, self._tx, wanted, order)

    def rows(self, numbers: list[int]) -> list[Row]:
        """Return what a list shows of these issues, in this order."""
        return self._tx.issues.rows(numbers)

    def _in_order(self, terms: Sequence[Term], sieve: "_Sieve", limit: int) -> Iterator[list[int]]:
        """Return each issue that fits and may be shown once, the best first, some at a time.

        Where a term has signs, what has it just so comes before what has its words.
        """
        waiting = self._documents(self._queued(_FOREVER))
        seen: set[int] = set()
        by_parts = self._by_parts(terms, waiting, sieve, seen)
        if any(term.has_signs for term in terms):
            yield from by_parts
        found = [n for n in self._by_words(terms, waiting, sieve, limit) if n not in seen]
        seen.update(found)
        for chunk in _chunks(found):
            yield sieve.passed(chunk)
        yield from by_parts

    def _by_parts(
        self,
        terms: Sequence[Term],
        waiting: dict[int, Document],
        sieve: "_Sieve",
        seen: set[int],
    ) -> Iterator[list[int]]:
        """Return the issues that have all terms as parts and were not seen, the newest first."""
        beside = [n for n, document in waiting.items() if document.has_parts(terms)]
        yield self._new(sieve.passed(sorted(beside, reverse=True)), seen)
        for numbers in self._with_parts(terms):
            new = [n for n in numbers if n not in seen and n not in waiting]
            yield self._new(self._with_all_parts(sieve.passed(new), terms), seen)

    def _new(self, numbers: list[int], seen: set[int]) -> list[int]:
        found = [n for n in numbers if n not in seen]
        seen.update(found)
        return found

    def _fitting(self, terms: Sequence[Term]) -> list[int]:
        """Return the issues that the terms fit, in no order."""
        waiting = self._documents(self._queued(_FOREVER))
        found = {n for n, document in waiting.items() if document.fits(terms)}
        if any(term.words for term in terms):
            match, is_whole = _words_match(terms)
            every = _Sieve(self._session, self._tx, None)
            numbers = self._with_words(match, terms, every, _FOREVER, is_whole=is_whole)
            found.update(n for n in numbers if n not in waiting)
        for numbers in self._with_parts(terms):
            new = [n for n in numbers if n not in found and n not in waiting]
            found.update(self._with_all_parts(new, terms))
        return sorted(found)

    def _by_words(
        self,
        terms: Sequence[Term],
        waiting: dict[int, Document],
        sieve: "_Sieve",
        limit: int,
    ) -> list[int]:
        """Return the issues that have all words, the best first.

        With a limit, of more than `SEARCH_RANKED_MAX` hits, the newest that have the words in
        the title come first.
        """
        if not any(term.words for term in terms):
            return []
        scores = self._scores(terms, sieve, limit)
        scores = {n: score for n, score in scores.items() if n not in waiting}
        # What is not indexed yet is ranked by the same words; the two scales are alike enough.
        best = min(scores.values(), default=-1.0)
        for n, document in waiting.items():
            score = document.score(terms)
            if score is not None:
                scores[n] = best * score
        return sorted(scores, key=lambda n: (scores[n], -n))

    def _scores(self, terms: Sequence[Term], sieve: "_Sieve", limit: int) -> dict[int, float]:
        """Return how well the words fit each indexed issue that has them all; less is better.

        To weigh how rare a word is, the index counts all that have it. Where very many do, that
        is slow and tells little: whether the title has it is looked at instead.
        """
        match, is_whole = _words_match(terms)
        most = limits.SEARCH_RANKED_MAX if limit else _FOREVER
        asked = sieve.narrowed(match)
        numbers = self._with_words(asked, terms, sieve, most + 1, is_whole=is_whole)
        if not numbers:
            return {}
        if len(numbers) > most:
            titles = sieve.narrowed(f"{{{_FOREMOST}}} : ({match})")
            foremost = self._with_words(titles, terms, sieve, most, is_whole=is_whole)
            return dict.fromkeys(numbers, -1.0) | dict.fromkeys(foremost, -2.0)
        kept = set(numbers)
        ranked = self._session.all("search.ranked", match=asked, oldest=numbers[-1])
        return {n: score for n, score in ranked if n in kept}

    def _with_words(
        self,
        match: str,
        terms: Sequence[Term],
        sieve: "_Sieve",
        most: int,
        *,
        is_whole: bool,
    ) -> list[int]:
        """Return the newest issues that have the words, as far as they may be shown."""
        kept: list[int] = []
        before = _FOREVER
        asked = most if is_whole else 2 * most
        asked = min(sieve.share * asked, _FOREVER)
        while True:
            rows = self._session.all("search.with_words", match=match, before=before, limit=asked)
            numbers = [n for (n,) in rows]
            found = sieve.passed(numbers) if sieve.is_fine else numbers
            kept += found if is_whole else self._verified(found, terms)
            if len(kept) >= most or len(numbers) < asked:
                return kept[:most]
            before, asked = numbers[-1], min(4 * asked, _FOREVER)

    def _verified(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[int]:
        """Keep those of these issues that have all words; for a query too long for the index."""
        return [
            n
            for chunk in _chunks(numbers)
            for n, document in sorted(self._documents(chunk).items(), reverse=True)
            if document.score(terms) is not None
        ]

    def _with_parts(self, terms: Sequence[Term]) -> Iterator[list[int]]:
        """Return the issues that may have all terms as parts, the newest first."""
        match = _parts_match(terms)
        before = _FOREVER
        while True:
            if match:
                rows = self._session.all(
                    "search.with_parts", match=match, before=before, limit=_CHUNK
                )
            else:
                rows = self._session.all("search.newest", before=before, limit=_CHUNK)
            numbers = [n for (n,) in rows]
            yield numbers
            if len(numbers) < _CHUNK:
                return
            before = numbers[-1]

    def _with_all_parts(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[int]:
        documents = self._documents(numbers) if numbers else {}
        return [n for n in numbers if documents[n].has_parts(terms)]


class _Sieve:
    """Lets through what may be shown; each issue is looked at once. Without a filter: the live."""

    def __init__(self, session: Session, tx: "StoreTransaction", wanted: Filter | None) -> None:
        self._session = session
        self._tx = tx
        self._wanted = wanted
        self._known: dict[int, bool] = {}
        self.is_fine = wanted is not None
        """Whether it keeps back more than a few."""
        has_labels = wanted is not None and bool(wanted.labels or wanted.labels_any)
        self.share = 2 if self.is_fine and not has_labels else 1
        """How many hits to ask for, for each one that passes: labels are asked for with them."""

    def narrowed(self, match: str) -> str:
        """Return a query of the index of words that asks for the labels too, as far as it can.

        Some other labels have the same words, so what it finds is still to be looked at.
        """
        wanted = self._wanted
        asked: list[tuple[str, ...]] = [(each,) for each in wanted.labels] if wanted else []
        asked += [wanted.labels_any] if wanted and wanted.labels_any else []
        for group in asked[:_TERMS_MAX]:
            phrases = [" ".join(words(each)) for each in group[: _TERMS_MAX + 1]]
            if all(phrases) and len(phrases) <= _TERMS_MAX:
                said = " OR ".join(f'"{each}"' for each in phrases)
                match = f"({match}) AND labels : ({said})"
        return match

    def passed(self, numbers: Sequence[int]) -> list[int]:
        """Keep those of these issues that may be shown, in their order."""
        new = [n for n in numbers if n not in self._known]
        if new:
            passing = self._passing(new)
            self._known.update((n, n in passing) for n in new)
        return [n for n in numbers if self._known[n]]

    def _passing(self, numbers: Sequence[int]) -> set[int]:
        if self._wanted is not None:
            return set(filters.numbers(self._session, self._tx, self._wanted, among=numbers))
        return {n for (n,) in self._session.all("search.alive", ns=listed(numbers))}


def _chunks(numbers: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _CHUNK):
        yield list(numbers[start : start + _CHUNK])


def _words_match(terms: Sequence[Term]) -> tuple[str, bool]:
    """Return what the index of words is asked, and whether that is all that is sought."""
    asked: list[str] = []
    is_whole = True
    for term in (each for each in terms if each.words):
        if len(asked) == _TERMS_MAX:
            return " AND ".join(asked), False
        phrase = term.words[:_TERMS_MAX]
        is_cut = len(phrase) < len(term.words)
        is_whole &= not is_cut
        star = " *" if term.is_prefix and not is_cut else ""
        asked.append(f'"{" ".join(phrase)}"{star}')
    return " AND ".join(asked), is_whole


def _parts_match(terms: Sequence[Term]) -> str:
    """Return what the index of parts is asked; nothing if all terms are too short for it."""
    grams = {
        term.part[start : start + _GRAM]: None
        for term in terms
        for start in range(len(term.part) - _GRAM + 1)
    }
    quoted = ['"{}"'.format(gram.replace('"', '""')) for gram in list(grams)[:_TERMS_MAX]]
    return " AND ".join(quoted)
