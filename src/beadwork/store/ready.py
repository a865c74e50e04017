"""Reading the index of readiness: ready, blocked, and where one issue stands."""

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from beadwork.model import limits
from beadwork.model.issue import HIDDEN_TYPES
from beadwork.ops.transaction import Blocked, Entry, Filter, Kids, ReadyFilter, Row, Standing
from beadwork.store.session import Row as Tuple
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction

_FOREVER_US = 2**62
_BEFORE_ALL = -(2**62)


class _Order(NamedTuple):
    """An order: what is made after `after` goes by priority, what is up to `until` by age."""

    sort: str
    after: int
    until: int
    most: int


class _Glance(NamedTuple):
    """A status, and what there is of it beside what the index lists by age."""

    status: str
    has_recent: bool = False
    has_sleepers: bool = False
    has_outside: bool = False


class ReadyStore:
    """What can be worked on, in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def ready(self, wanted: ReadyFilter, *, sort: str, limit: int) -> tuple[list[Row], bool]:
        """Return ready issues in the order asked for, and whether there are more.

        `limit` 0 means all.
        """
        found = self._ranked(wanted, sort, limit + 1 if limit and wanted.only is None else 0)
        if wanted.only is not None:
            passing = self._tx.issues.numbers(wanted.only)
            found = [row for row in found if row[0] in passing]
        kept = [row[0] for row in found[: limit or None]]
        return self._tx.issues.rows(kept), len(found) > len(kept)

    def numbers(self, wanted: ReadyFilter) -> set[int]:
        """Return the numbers of ready issues."""
        return {row[0] for row in self._ranked(wanted, "oldest", 0)}

    def _ranked(self, wanted: ReadyFilter, sort: str, limit: int) -> list[Tuple]:
        most = limit or _FOREVER_US
        shared = self._shared(wanted)
        recent = self._tx.now_us - limits.RECENT_US
        is_hybrid = sort == "hybrid"
        order = _Order(
            sort, recent if is_hybrid else _BEFORE_ALL, recent if is_hybrid else _FOREVER_US, most
        )
        parts: list[list[Tuple]] = []
        odd: list[Tuple] = []
        for status in wanted.statuses:
            glance = self._glance(status, wanted, order)
            parts.append(self._shown(glance, wanted, order, shared))
            odd += self._odd(glance, wanted, shared)
        if len(parts) == 1 and not odd:
            return parts[0]  # in order
        return sorted(itertools.chain(*parts, odd), key=self._rank(sort))

    def _glance(self, status: str, wanted: ReadyFilter, order: _Order) -> _Glance:
        until = self._asleep_until(wanted)
        row = self._session.one("ready.glance", status=status, after=order.after, until=until)
        return _Glance(status, *(row or ()))

    def _asleep_until(self, wanted: ReadyFilter) -> int:
        return _FOREVER_US if wanted.is_deferred_included else self._tx.now_us

    def _shared(self, wanted: ReadyFilter) -> dict[str, object]:
        within = None
        if wanted.within is not None:
            within = listed(self._tx.dependencies.descendants(wanted.within))
        assignee = "" if wanted.is_unassigned else wanted.assignee
        return {
            "types": listed(wanted.types) if wanted.types else None,
            "assignee": assignee,
            "within": within,
            "labels": listed(wanted.labels) if wanted.labels else None,
            "label_count": len(set(wanted.labels)),
            "labels_any": listed(wanted.labels_any) if wanted.labels_any else None,
        }

    def _rank(self, sort: str) -> Callable[[Tuple], tuple[int, int, int, str]]:
        recent = self._tx.now_us - limits.RECENT_US
        if sort == "oldest":
            return lambda row: (0, 0, row[2], row[3])
        if sort == "priority":
            return lambda row: (0, row[1], row[2], row[3])
        return lambda row: (
            (0, row[1], row[2], row[3]) if row[2] > recent else (1, 0, row[2], row[3])
        )

    def _shown(
        self, glance: _Glance, wanted: ReadyFilter, order: _Order, shared: dict[str, object]
    ) -> list[Tuple]:
        """Return at most as many as are wanted, in order: recent ones first, then by age."""
        status = glance.status
        is_plain = not any(shared.values()) and shared["assignee"] is None
        found: list[Tuple] = []
        if order.sort != "oldest" and glance.has_recent:
            for priority in self._priorities(status, wanted):
                rows = self._of_priority(status, priority, order, shared if not is_plain else {})
                found += rows[: order.most - len(found)]
                if len(found) >= order.most:
                    return found
        if order.sort == "priority":
            return found
        rest = {"status": status, "until": order.until, "limit": order.most - len(found)}
        if is_plain and wanted.priority is None:
            return found + self._session.all("ready.plain_by_age", **rest)
        rest["priority"] = wanted.priority
        return found + self._session.all("ready.by_age", **rest, **shared)

    def _of_priority(
        self, status: str, priority: int, order: _Order, filters: dict[str, object]
    ) -> list[Tuple]:
        key = {"status": status, "priority": priority, "after": order.after, "limit": order.most}
        if not filters:
            return self._session.all("ready.plain_of_priority", **key)
        return self._session.all("ready.of_priority", **key, **filters)

    def _priorities(self, status: str, wanted: ReadyFilter) -> Iterator[int]:
        """Yield the priorities to look at, most urgent first; files may bring odd ones."""
        if wanted.priority is not None:
            yield wanted.priority
            return
        row = self._session.one("ready.next_priority", status=status, priority=_BEFORE_ALL)
        while row and row[0] is not None and row[0] < limits.PRIORITY_MIN:
            yield row[0]
            row = self._session.one("ready.next_priority", status=status, priority=row[0])
        yield from range(limits.PRIORITY_MIN, limits.PRIORITY_MAX + 1)
        above = limits.PRIORITY_MAX
        row = self._session.one("ready.next_priority", status=status, priority=above)
        while row and row[0] is not None:
            yield row[0]
            row = self._session.one("ready.next_priority", status=status, priority=row[0])

    def _odd(self, glance: _Glance, wanted: ReadyFilter, shared: dict[str, object]) -> list[Tuple]:
        """Return what the indexes leave out: hidden types, what sleeps, what waits outside."""
        status = glance.status
        is_hidden_asked = bool(wanted.types and set(wanted.types) & set(HIDDEN_TYPES))
        until = self._asleep_until(wanted)
        key = {"status": status, "until": until, "hidden": int(is_hidden_asked)}
        found: list[Tuple] = []
        if is_hidden_asked:
            found += self._session.all("ready.hidden_of_status", status=status)
        if wanted.is_ephemeral_included:
            found += self._ephemeral(key)
        if glance.has_sleepers:
            found += self._session.all("ready.sleepers", **key)
        if glance.has_outside:
            found += [
                row
                for row in self._session.all("ready.waiting_outside", **key)
                if all(map(self._tx.is_provided, self.outside_targets(row[0])))
            ]
        if not found:
            return []
        numbers = listed([row[0] for row in found])
        kept = self._session.all("ready.filtered", ns=numbers, priority=wanted.priority, **shared)
        passing = {row[0] for row in kept}
        return [row for row in found if row[0] in passing]

    def _ephemeral(self, key: dict[str, object]) -> list[Tuple]:
        return [
            row[:4]
            for row in self._session.all("ready.ephemeral", **key)
            if not row[4] or all(map(self._tx.is_provided, self.outside_targets(row[0])))
        ]

    def outside_targets(self, n: int) -> list[str]:
        """Return what an issue needs of other projects."""
        return [row[0] for row in self._session.all("ready.outside_targets", n=n)]

    def provides(self, capability: str) -> bool:
        """Tell whether a closed issue of this project provides a capability."""
        label = f"provides:{capability}"
        return self._session.one("ready.provides", label=label) is not None

    def blocked(
        self, *, within: int | None, limit: int, only: Filter | None = None
    ) -> list[Blocked]:
        """Return the live issues that wait, most urgent first, and for what."""
        numbers = None
        if within is not None:
            numbers = listed(self._tx.dependencies.descendants(within))
        rows = [
            row
            for row in self._session.all("ready.blocked", within=numbers)
            if not row[1] or not all(map(self._tx.is_provided, self.outside_targets(row[0])))
        ]
        if only is not None:
            passing = self._tx.issues.numbers(only)
            rows = [row for row in rows if row[0] in passing]
        chosen = rows[:limit] if limit else rows
        return [
            Blocked(
                self._tx.issues.by_number(n),
                tuple(self._holders(n)),
                tuple(self.holding_parents(n)),
            )
            for n, _ in chosen
        ]

    def _holders(self, n: int) -> list[str]:
        held = [row[0] for row in self._session.all("ready.holders", n=n)]
        return held + [each for each in self.outside_targets(n) if not self._tx.is_provided(each)]

    def standing(self, n: int) -> Standing:
        """Return what the index says of an issue."""
        row = self._session.one("ready.standing", n=n)
        if row is None:
            raise LookupError(n)
        return Standing(*(bool(each) for each in row[:4]), *row[4:])

    def holding_parents(self, n: int) -> list[str]:
        """Return the parents that pass their blockage on to an issue."""
        return [row[0] for row in self._session.all("ready.held_parents", n=n)]

    def kids(self, n: int) -> Kids:
        """Count the children of an issue; deleted ones are none."""
        row = self._session.one("ready.kids", n=n)
        return Kids(*row) if row else Kids(0, 0)

    def open_children(self, n: int) -> list[str]:
        """Return the live children of an issue."""
        return [row[0] for row in self._session.all("ready.open_children", n=n)]

    def freed(self) -> list[Entry]:
        """Return what this transaction took the last hold from: it can be worked on now."""
        released = self._tx.readiness.released
        if not released:
            return []
        rows = self._session.all("ready.workable_among", ns=listed(list(released)))
        return [self._tx.issues.by_number(row[0]) for row in rows]

    def wake_due(self) -> list[int]:
        """Let deferred issues whose time has come be ready; return their numbers."""
        rows = self._session.all(
            "ready.due_sleepers", now=self._tx.now_us, limit=limits.SWEEP_ROWS_MAX
        )
        self._session.many("ready.wake", ({"n": n} for (n,) in rows))
        return [n for (n,) in rows]

    def recompute(self) -> int:
        """Compute the index from scratch; return how many rows were wrong."""
        return self._tx.readiness.recompute()
