"""Layers: nothing stands before what it needs, and circles do not stop the drawing."""

from hypothesis import given
from hypothesis import strategies as st

from beadwork.model.layers import components, placed

NODES = [f"px-{letter}" for letter in "abcdefgh"]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20)


def test_a_node_stands_after_the_last_of_what_it_needs() -> None:
    found = placed("abcd", [("b", "a"), ("c", "b"), ("c", "a"), ("d", "a")])
    assert {node: place.layer for node, place in found.items()} == {"a": 0, "b": 1, "c": 2, "d": 1}
    assert [found[node].position for node in "bd"] == [0, 1]
    assert found["c"].needs == ("a", "b")


def test_what_is_not_in_the_graph_is_no_need() -> None:
    assert placed(["a"], [("a", "elsewhere"), ("elsewhere", "a"), ("a", "a")])["a"].needs == ()


def test_a_circle_is_broken_at_its_least_member() -> None:
    found = placed("abcx", [("a", "b"), ("b", "c"), ("c", "a"), ("x", "b")])
    assert {node: place.layer for node, place in found.items()} == {"a": 0, "c": 1, "b": 2, "x": 3}


def test_an_empty_graph_has_no_layers() -> None:
    assert placed([], []) == {}


@given(EDGES)
def test_every_node_gets_one_place_and_only_circles_are_broken(
    edges: list[tuple[str, str]],
) -> None:
    found = placed(NODES, edges)
    assert sorted(found) == NODES
    assert len({(place.layer, place.position) for place in found.values()}) == len(NODES)
    broken = {(a, b) for a in NODES for b in found[a].needs if found[a].layer <= found[b].layer}
    ways = {node: set(found[node].needs) for node in NODES}
    for source, target in broken:
        assert source in reached(target, ways)


def reached(start: str, ways: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += ways[node]
    return seen


def test_components_hold_together_what_is_linked() -> None:
    groups = components("abcdef", [("a", "b"), ("c", "b"), ("d", "e"), ("f", "elsewhere")])
    assert [sorted(group) for group in groups] == [["a", "b", "c"], ["d", "e"], ["f"]]
