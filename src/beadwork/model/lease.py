"""Leases: holds of paths and names by a holder, exclusive or shared, for a time (R19, R20).

The store's clock rules. A lease is named by (number, lease_epoch): each grant has a higher epoch
than all before it, whatever the clocks do.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from beadwork.model import globs, limits
from beadwork.model.claim import Holder
from beadwork.model.errors import InvalidField
from beadwork.model.issue import require_text

State = Literal["waiting", "held", "released", "expired", "broken", "withdrawn"]
LIVE = ("waiting", "held")


class Lease(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lease, or the wish for one that stands in line.

    Without `length_us` it holds until its session ends. With `waits_until_us` it is given up
    then: nobody asks for it any more, or nobody came for it after it was granted from the line.
    """

    number: int
    actor: str
    session: str = ""
    state: State = "waiting"
    is_exclusive: bool = True
    patterns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    reason: str = ""
    lease_epoch: int = 0
    asked_us: int = 0
    granted_us: int | None = None
    expires_us: int | None = None
    length_us: int | None = None
    waits_until_us: int | None = None
    ended_us: int | None = None
    ended_by: str = ""
    why: str = ""

    @property
    def holder(self) -> Holder:
        """Return who holds it, or waits for it."""
        return Holder(self.actor, self.session)

    @property
    def resources(self) -> list[str]:
        """Return what it is of, patterns and names."""
        return [*self.patterns, *self.names]

    def is_live(self, now_us: int) -> bool:
        """Tell whether it is held, or stands in line, at this time."""
        ends = [each for each in (self.expires_us, self.waits_until_us) if each is not None]
        return self.state in LIVE and all(each > now_us for each in ends)

    def excludes(self, other: "Lease") -> bool:
        """Tell whether the two can't be held at once, where they are of the same."""
        return (self.is_exclusive or other.is_exclusive) and not self.holder.is_same(other.holder)

    def shared_with(self, other: "Lease", *, is_case_blind: bool) -> list[str]:
        """Return what of this lease overlaps with another."""
        paths = (
            mine
            for mine in self.patterns
            if any(
                globs.overlaps(mine, each, is_case_blind=is_case_blind) for each in other.patterns
            )
        )
        return [*paths, *(name for name in self.names if name in other.names)]


class Cover:
    """What leases cover: few patterns are tried for a path, by their literal prefixes."""

    def __init__(self, leases: Iterable[Lease], *, is_case_blind: bool) -> None:
        self._is_case_blind = is_case_blind
        self._by_prefix: dict[str, list[tuple[Lease, str]]] = {}
        for lease in leases:
            for pattern in lease.patterns:
                prefix = globs.literal_prefix(pattern)
                self._by_prefix.setdefault(prefix, []).append((lease, pattern))

    def of(self, path: str) -> list[tuple[Lease, str]]:
        """Return the leases that cover a path, each with its first pattern that matches."""
        found: dict[int, tuple[Lease, str]] = {}
        # `src/**` covers `src`, too.
        for prefix in prefixes(globs.literal_prefix(path) + "/"):
            for lease, pattern in self._by_prefix.get(prefix, ()):
                if globs.matches(pattern, path, is_case_blind=self._is_case_blind):
                    found.setdefault(lease.number, (lease, pattern))
        return [found[number] for number in sorted(found)]


def normal_patterns(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the normal texts of patterns, each once, sorted.

    Raises:
        InvalidField: one of them does not parse.
        InvalidPath: one of them is absolute, or leaves the root.
    """
    return tuple(sorted({text for pattern in patterns for text in globs.expand(pattern)}))


def normal_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as they are compared, each once, sorted.

    Raises:
        InvalidField: one of them is empty, too long, or has other than letters in it.
    """
    return tuple(sorted({_required_name(name) for name in names}))


def _required_name(name: str) -> str:
    text = require_text(name.strip(), "name")
    if not text or len(text) > limits.LEASE_NAME_CHARS_MAX or not text.isprintable():
        raise InvalidField(
            f'"{text[:60]}" can\'t be the name of a lease',
            hint=f"Use 1 to {limits.LEASE_NAME_CHARS_MAX} letters on one line.",
            field="names",
        )
    return text


def require_resources(patterns: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Refuse a lease of nothing, and one of too much.

    Raises:
        InvalidField: there is no pattern and no name, or there are too many.
    """
    count = len(patterns) + len(names)
    if not count:
        raise InvalidField(
            "A lease of nothing is no lease",
            hint="Name paths, or pass --name: `bd lease acquire 'src/**'`.",
            field="patterns",
        )
    if count > limits.LEASE_RESOURCES_MAX:
        raise InvalidField(
            f"A lease of {count} patterns and names is too large",
            hint=f"{limits.LEASE_RESOURCES_MAX} are the limit; `**` covers whole folders.",
            field="patterns",
        )


def prefixes(prefix: str) -> Iterator[str]:
    """Return the empty text, and every beginning of a prefix up to itself."""
    return (prefix[:end] for end in range(len(prefix) + 1))
