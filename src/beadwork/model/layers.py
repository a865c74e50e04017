"""A graph in layers: what stands in one layer can be done at the same time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Placed(NamedTuple):
    """Where a node stands: its layer, its place in the layer, and what it needs, by id."""

    layer: int
    position: int
    needs: tuple[str, ...]


def placed(nodes: Iterable[str], needs: Iterable[tuple[str, str]]) -> dict[str, Placed]:
    """Lay a graph out. `needs` are pairs: the first needs the second.

    A node stands one layer after the last of what it needs. Where some wait for one another in a
    circle, the least of them by id is placed as if it did not wait.
    """
    ways: dict[str, set[str]] = {node: set() for node in nodes}
    for source, target in needs:
        if source in ways and target in ways and source != target:
            ways[source].add(target)
    layer_of = _layers(ways)
    rows = in_rows(layer_of)
    return {
        node: Placed(layer, position, tuple(sorted(ways[node])))
        for layer, row in enumerate(rows)
        for position, node in enumerate(row)
    }


def in_rows(layer_of: Mapping[str, int]) -> list[list[str]]:
    """Return the nodes of each layer, by id."""
    rows: list[list[str]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for node in sorted(layer_of):
        rows[layer_of[node]].append(node)
    return rows


def _layers(ways: Mapping[str, set[str]]) -> dict[str, int]:
    after: dict[str, list[str]] = {node: [] for node in ways}
    for node, targets in ways.items():
        for target in targets:
            after[target].append(node)
    missing = {node: len(targets) for node, targets in ways.items()}
    layer_of: dict[str, int] = {}
    free = [node for node, count in missing.items() if not count]
    waiting = sorted(node for node, count in missing.items() if count)
    position = 0
    while len(layer_of) < len(ways):
        if not free:
            while waiting[position] in layer_of:
                position += 1
            free = [_knot_member(waiting[position], ways, layer_of)]
        node = free.pop()
        layer_of[node] = max((layer_of.get(each, -1) for each in ways[node]), default=-1) + 1
        for each in after[node]:
            missing[each] -= 1
            if not missing[each] and each not in layer_of:
                free.append(each)
    return layer_of


def _knot_member(start: str, ways: Mapping[str, set[str]], layer_of: Mapping[str, int]) -> str:
    """Return the least node of a knot that a node waits for and that waits for no other knot."""
    knot = _ahead(start, ways, layer_of)
    for node in sorted(knot):
        if node in knot:
            knot = min(knot, _ahead(node, ways, layer_of), key=len)
    return min(knot)


def _ahead(start: str, ways: Mapping[str, set[str]], layer_of: Mapping[str, int]) -> set[str]:
    """Return a node and what it waits for, all the way, as far as it is not placed yet."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [each for each in ways[node] if each not in layer_of]
    return seen


def components(nodes: Iterable[str], links: Iterable[tuple[str, str]]) -> list[Sequence[str]]:
    """Return the groups of nodes that links hold together, the largest first."""
    neighbours: dict[str, list[str]] = {node: [] for node in nodes}
    for left, right in links:
        if left in neighbours and right in neighbours:
            neighbours[left].append(right)
            neighbours[right].append(left)
    groups: list[Sequence[str]] = []
    seen: set[str] = set()
    for node in neighbours:
        if node in seen:
            continue
        seen.add(node)
        group = [node]
        for member in group:  # it grows while it is read
            news = [each for each in dict.fromkeys(neighbours[member]) if each not in seen]
            seen.update(news)
            group += news
        groups.append(group)
    return sorted(groups, key=lambda group: -len(group))
