"""Edges between issues: reading them, and the cycles that they make."""

from collections import defaultdict
from typing import TYPE_CHECKING

from beadwork.ops.transaction import Edge, Entry, Linked
from beadwork.store.issues import entry_from
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class DependencyStore:
    """The edges of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def needs(self, n: int) -> list[Linked]:
        """Return what an issue needs, known or not."""
        return [
            Linked(row[0], row[1], None if row[2] is None else entry_from(row[2:]))
            for row in self._session.all("edge.neighbours", n=n)
        ]

    def needed_by(self, n: int) -> list[Linked]:
        """Return what needs an issue."""
        rows = self._session.all("edge.dependents", n=n)
        return [Linked(row[0], row[1], entry_from(row[2:])) for row in rows]

    def edges_of(self, n: int) -> list[Edge]:
        """Return an issue's edges as readiness sees them."""
        own = self._tx.issues.by_number(n).id
        return [
            Edge(own, row[1], row[2], row[3], bool(row[6]), bool(row[7]), row[5], row[10])
            for row in self._session.all("edge.of_source", n=n)
        ]

    def parent_of(self, n: int) -> Entry | None:
        """Return the parent of an issue."""
        row = self._session.one("edge.parent", n=n)
        return None if row is None else entry_from(row)

    def children(self, n: int) -> list[int]:
        """Return the numbers of an issue's children."""
        rows = self._session.all("edge.of_target_kind", n=n, kind="parent-child")
        return [row[0] for row in rows if not row[7]]

    def descendants(self, n: int) -> list[int]:
        """Return the numbers of everything under an issue."""
        return [row[0] for row in self._session.all("edge.descendants", n=n)]

    def birth_of(self, target_id: str) -> int | None:
        """Return when the holder of an id was created, in nanoseconds."""
        row = self._session.one("issue.birth_of", id=target_id)
        return None if row is None else int(row[1])

    def would_cycle(self, source: int, target: int) -> list[str]:
        """Return the cycle of ids that an edge would close, beginning with its source."""
        came_from: dict[int, int] = {target: source}
        layer = [target]
        while layer and source not in came_from:
            found = []
            for n in layer:
                for (after,) in self._session.all("edge.ordering_from", n=n):
                    if after not in came_from:
                        came_from[after] = n
                        found.append(after)
            layer = found
        if source not in came_from and source != target:
            return []
        way = [source]
        step = came_from.get(source, target)
        while step != source:
            way.append(step)
            step = came_from[step]
        return [self._tx.issues.by_number(n).id for n in [source, *reversed(way[1:]), source]]

    def cycles(self) -> list[list[int]]:
        """Return the cycles among edges along which one issue waits for another.

        One cycle for each knot of issues that hold one another, shortest way round.
        """
        ways: dict[int, list[int]] = defaultdict(list)
        for source, target in self._session.all("edge.ordering"):
            ways[source].append(target)
        return [_shortest(knot, ways) for knot in _knots(ways)]


def _knots(ways: dict[int, list[int]]) -> list[list[int]]:
    """Return the strongly connected components with a cycle (Tarjan, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    knots: list[list[int]] = []
    for root in list(ways):
        if root in index:
            continue
        work = [(root, iter(ways.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, after = work[-1]
            step = next(after, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    knot = _unwind(stack, on_stack, node)
                    if len(knot) > 1 or node in ways.get(node, ()):
                        knots.append(knot)
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                on_stack.add(step)
                work.append((step, iter(ways.get(step, ()))))
            elif step in on_stack:
                low[node] = min(low[node], index[step])
    return knots


def _unwind(stack: list[int], on_stack: set[int], until: int) -> list[int]:
    knot = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        knot.append(node)
        if node == until:
            return sorted(knot)


def _shortest(knot: list[int], ways: dict[int, list[int]]) -> list[int]:
    """Return the shortest cycle through the first member of a knot."""
    start, members = knot[0], set(knot)
    came_from: dict[int, int] = {}
    layer = [start]
    while start not in came_from:
        found = []
        for node in layer:
            for after in ways[node]:
                if after in members and after not in came_from:
                    came_from[after] = node
                    found.append(after)
        layer = found
    way = [start]
    while came_from[way[-1]] != start:
        way.append(came_from[way[-1]])
    return [way[0], *reversed(way[1:])]
