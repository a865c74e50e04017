"""Readiness from scratch (R6)."""

import pytest

from beadwork.model import limits
from beadwork.model.dependency import BLOCKS, CONDITIONAL, PARENT_CHILD, WAITS_FOR, Gate
from beadwork.model.readiness import Link, Node, Standing, inert_parents, standings

OPEN = Node(is_done=False, is_won=False, is_spent=False)
CLOSED = Node(is_done=True, is_won=True, is_spent=False)
FAILED = Node(is_done=True, is_won=True, is_spent=True)
DELETED = Node(is_done=True, is_won=False, is_spent=True)


def parent(child: int, of: int, added: str = "") -> Link:
    """An edge from a child to its parent."""
    return Link(child, of, PARENT_CHILD, added=added)


def held(nodes: list[Node], links: list[Link]) -> set[int]:
    """The issues that anything holds back; they are numbered from 1."""
    found = standings(dict(enumerate(nodes, start=1)), links)
    return {n for n, standing in found.items() if standing.is_held}


@pytest.mark.parametrize(
    ("target", "is_held"), [(OPEN, True), (CLOSED, False), (FAILED, False), (DELETED, False)]
)
def test_an_issue_waits_until_its_blocker_is_done(target: Node, is_held: bool) -> None:
    assert held([OPEN, target], [Link(1, 2, BLOCKS)]) == ({1} if is_held else set())


@pytest.mark.parametrize(
    ("target", "is_held"), [(OPEN, True), (CLOSED, True), (FAILED, False), (DELETED, False)]
)
def test_a_conditional_edge_waits_for_a_failure(target: Node, is_held: bool) -> None:
    assert held([OPEN, target], [Link(1, 2, CONDITIONAL)]) == ({1} if is_held else set())


@pytest.mark.parametrize("kind", [BLOCKS, CONDITIONAL, WAITS_FOR, PARENT_CHILD])
def test_an_unknown_target_holds_nothing(kind: str) -> None:
    assert held([OPEN], [Link(1, None, kind)]) == set()
    assert held([OPEN], [Link(1, None, kind, gate=Gate.ANY_CHILDREN)]) == set()


@pytest.mark.parametrize("kind", ["related", "discovered-from", "my-own"])
def test_other_kinds_hold_nothing(kind: str) -> None:
    assert held([OPEN, OPEN], [Link(1, 2, kind)]) == set()


def test_every_edge_that_holds_is_counted() -> None:
    found = standings({1: OPEN, 2: OPEN, 3: OPEN}, [Link(1, 2, BLOCKS), Link(1, 3, BLOCKS)])
    assert found[1] == Standing(own_holds=2, held_up=0, open_kids=0, won_kids=0)


def test_those_in_a_circle_of_blockers_hold_one_another() -> None:
    assert held([OPEN, OPEN], [Link(1, 2, BLOCKS), Link(2, 1, BLOCKS)]) == {1, 2}


GATES = [
    (Gate.ALL_CHILDREN, [], False),
    (Gate.ALL_CHILDREN, [OPEN, CLOSED], True),
    (Gate.ALL_CHILDREN, [CLOSED, DELETED], False),
    (Gate.ANY_CHILDREN, [], True),
    (Gate.ANY_CHILDREN, [OPEN, DELETED], True),
    (Gate.ANY_CHILDREN, [OPEN, CLOSED], False),
]


@pytest.mark.parametrize(("gate", "kids", "is_held"), GATES)
def test_a_gate_waits_for_the_spawners_children(
    gate: Gate, kids: list[Node], is_held: bool
) -> None:
    links = [Link(1, 2, WAITS_FOR, spawner=2, gate=gate)]
    links += [parent(n, 2) for n in range(3, 3 + len(kids))]
    assert held([OPEN, OPEN, *kids], links) == ({1} if is_held else set())


def test_a_gate_waits_for_the_spawner_and_not_for_the_target() -> None:
    links = [Link(1, 2, WAITS_FOR, spawner=3), parent(4, 2)]
    assert held([OPEN] * 4, links) == set()
    assert held([OPEN] * 4, [*links, parent(4, 3)]) == {1}


def test_children_are_counted() -> None:
    nodes = {1: OPEN, 2: OPEN, 3: CLOSED, 4: DELETED}
    found = standings(nodes, [parent(n, 1) for n in (2, 3, 4)])
    assert found[1] == Standing(own_holds=0, held_up=0, open_kids=1, won_kids=1)


def test_what_holds_a_parent_holds_all_beneath() -> None:
    links = [Link(1, 5, BLOCKS), parent(2, 1), parent(3, 2), parent(4, 3)]
    found = standings(dict.fromkeys(range(1, 6), OPEN), links)
    assert [found[n].held_up for n in range(1, 6)] == [0, 1, 1, 1, 0]


def test_an_open_parent_holds_nothing_and_a_child_does_not_hold_its_parent() -> None:
    assert held([OPEN, OPEN], [parent(2, 1)]) == set()
    assert held([OPEN] * 3, [parent(2, 1), Link(2, 3, BLOCKS)]) == {2}


def test_each_parent_that_is_held_counts() -> None:
    links = [Link(1, 4, BLOCKS), Link(2, 4, BLOCKS), parent(3, 1), parent(3, 2)]
    assert standings(dict.fromkeys(range(1, 5), OPEN), links)[3].held_up == 2


# -- inert parents -----------------------------------------------------------------------------


def test_the_parent_edge_that_was_added_last_to_a_circle_is_inert() -> None:
    links = [parent(1, 2, "b"), parent(2, 3, "c"), parent(3, 1, "a")]
    assert inert_parents(links) == {links[1]}
    assert inert_parents(reversed(links)) == {links[1]}


def test_being_ones_own_parent_is_inert() -> None:
    assert inert_parents([parent(1, 1)]) == {parent(1, 1)}


def test_a_diamond_of_parents_is_no_circle() -> None:
    assert inert_parents([parent(1, 2), parent(1, 3), parent(2, 4), parent(3, 4)]) == set()


def chain(length: int) -> list[Link]:
    """Parent edges in a row, added from the bottom up."""
    return [parent(n, n + 1, f"{n:03d}") for n in range(1, length + 1)]


def test_a_chain_may_have_fifty_parent_edges_and_no_more() -> None:
    assert limits.PARENT_CHAIN_MAX == 50
    assert inert_parents(chain(50)) == set()
    assert inert_parents(chain(52)) == set(chain(52)[50:51])


def test_an_edge_that_joins_two_chains_to_one_too_long_is_inert() -> None:
    links = chain(51)
    middle = links[25]._replace(added="zzz")
    links[25] = middle
    assert inert_parents(links) == {middle}
    assert inert_parents(links[:50]) == set()


def test_the_longest_way_counts_where_there_are_several() -> None:
    shortcut = parent(1, 50, "000")
    last = parent(51, 52, "zzz")
    assert inert_parents([shortcut, *chain(50), last]) == {last}


def test_an_inert_edge_neither_holds_nor_counts() -> None:
    links = [Link(2, 3, BLOCKS), parent(2, 1, "a"), parent(1, 2, "b")]
    found = standings({1: OPEN, 2: OPEN, 3: OPEN}, links)
    assert not found[1].is_held
    assert (found[1].open_kids, found[2].open_kids) == (1, 0)


def test_edges_that_are_inert_do_not_make_others_so() -> None:
    links = [parent(1, 2, "a"), parent(2, 1, "b"), parent(2, 3, "c"), parent(3, 4, "d")]
    assert inert_parents(links) == {links[1]}
