"""Readiness from scratch (rule R6): what the store keeps as an index, computed in one go.

The store's incremental updates, its set-based recomputation and `explain` are all held
against this one. A node is an issue's number, an edge goes from an issue to what it needs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from beadwork.model import limits
from beadwork.model.dependency import BLOCKS, CONDITIONAL, PARENT_CHILD, WAITS_FOR, Gate


class Node(NamedTuple):
    """What readiness needs of an issue.

    `is_won` is done and not a tombstone; `is_spent` is done in a way that no conditional
    edge waits on: a tombstone, or closed with a failure word in its reason.
    """

    is_done: bool
    is_won: bool
    is_spent: bool


class Link(NamedTuple):
    """An edge. `target` and `spawner` are None where no such issue is known."""

    source: int
    target: int | None
    kind: str
    spawner: int | None = None
    gate: Gate = Gate.ALL_CHILDREN
    added: str = ""
    """Sort key of the stamp that added it, then what breaks a tie."""


class Standing(NamedTuple):
    """Where an issue stands: how many edges and parents hold it, and its children."""

    own_holds: int
    held_up: int
    open_kids: int
    won_kids: int

    @property
    def is_held(self) -> bool:
        """Tell whether anything holds the issue back."""
        return self.own_holds > 0 or self.held_up > 0


def inert_parents(links: Iterable[Link]) -> set[Link]:
    """Return the parent edges that close a cycle or make too long a chain, in order of adding.

    Each edge is judged against those that were added before it and are not inert themselves.
    """
    found = [e for e in links if e.kind == PARENT_CHILD and e.target is not None]
    inert: set[Link] = set()
    if _fit_together(found):
        return inert
    parents: dict[int, list[int]] = defaultdict(list)
    children: dict[int, list[int]] = defaultdict(list)
    for link in sorted(found, key=lambda each: each.added):
        if link.target is None:
            continue
        above = _depth(link.target, parents, link.source)
        below = _depth(link.source, children, link.target)
        if above is None or below is None or above + 1 + below > limits.PARENT_CHAIN_MAX:
            inert.add(link)
            continue
        parents[link.source].append(link.target)
        children[link.target].append(link.source)
    return inert


def _fit_together(links: Sequence[Link]) -> bool:
    """Tell whether parent edges make no cycle and no chain too long; then none of them is inert.

    Issues without children are taken away, then those that have none any more, and so on.
    """
    parents: dict[int, list[int]] = defaultdict(list)
    left: dict[int, int] = defaultdict(int)
    for source, target, *_ in links:
        if target is not None:
            parents[source].append(target)
            left[target] += 1
    layer = [n for n in parents if n not in left]
    for _ in range(limits.PARENT_CHAIN_MAX + 1):
        above = []
        for n in layer:
            for parent in parents.get(n, ()):
                left[parent] -= 1
                if not left[parent]:
                    above.append(parent)
        layer = above
        if not layer:
            break
    return not layer and not any(left.values())


def _depth(start: int, ways: Mapping[int, Sequence[int]], forbidden: int) -> int | None:
    """Return the longest way from `start`, or None if it meets `forbidden`."""
    if start == forbidden:
        return None
    depth, layer = 0, {start}
    while layer := {after for node in layer for after in ways.get(node, ())}:
        if forbidden in layer:
            return None
        depth += 1
        if depth > limits.PARENT_CHAIN_MAX:
            return depth
    return depth


def holds(link: Link, nodes: Mapping[int, Node], kids: Mapping[int, tuple[int, int]]) -> bool:
    """Tell whether an edge holds its issue back; `kids` are open and won children."""
    if link.kind == WAITS_FOR:
        if link.spawner is None:
            return False
        open_kids, won_kids = kids.get(link.spawner, (0, 0))
        return won_kids == 0 if link.gate == Gate.ANY_CHILDREN else open_kids > 0
    if link.target is None:
        return False
    if link.kind == BLOCKS:
        return not nodes[link.target].is_done
    return link.kind == CONDITIONAL and not nodes[link.target].is_spent


def standings(
    nodes: Mapping[int, Node], links: Sequence[Link], inert: Set[Link] | None = None
) -> dict[int, Standing]:
    """Compute where every issue stands; `inert` are the inert parent edges, if they are known."""
    inert = inert_parents(links) if inert is None else inert
    parent_links = [
        e
        for e in links
        if e.kind == PARENT_CHILD and e.target is not None and not (inert and e in inert)
    ]
    open_kids: dict[int, int] = defaultdict(int)
    won_kids: dict[int, int] = defaultdict(int)
    for link in parent_links:
        if link.target is not None:
            open_kids[link.target] += not nodes[link.source].is_done
            won_kids[link.target] += nodes[link.source].is_won
    kids = {n: (open_kids[n], won_kids[n]) for n in nodes}
    own: dict[int, int] = defaultdict(int)
    for link in links:
        if link.kind != PARENT_CHILD:
            own[link.source] += holds(link, nodes, kids)
    held_up = _held_up(nodes, parent_links, own)
    return {n: Standing(own[n], held_up[n], *kids[n]) for n in nodes}


def _held_up(
    nodes: Mapping[int, Node], parent_links: Sequence[Link], own: Mapping[int, int]
) -> dict[int, int]:
    children: dict[int, list[int]] = defaultdict(list)
    for link in parent_links:
        if link.target is not None:
            children[link.target].append(link.source)
    held_up = dict.fromkeys(nodes, 0)
    held = [n for n in nodes if own.get(n, 0) > 0]
    seen = set(held)
    while held:
        for child in children.get(held.pop(), ()):
            held_up[child] += 1
            if child not in seen:
                seen.add(child)
                held.append(child)
    return held_up
