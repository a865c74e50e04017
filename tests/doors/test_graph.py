"""`bd graph`: shapes, formats, and what it refuses."""

import pytest

from tests.doors.program import Bd


@pytest.fixture
def chain(bd: Bd) -> list[str]:
    """An epic, its two children, of which one waits for the other."""
    epic = bd.create("Epic", "-t", "epic")
    one = bd.create('One "quoted" #1 <b>', "--parent", epic)
    two = bd.create("Two", "--parent", epic, "--deps", one)
    return [epic, one, two]


def test_json_has_the_shape_of_classic(bd: Bd, chain: list[str]) -> None:
    epic, one, two = chain
    found = bd.json("graph", epic)
    assert list(found) == ["issues", "layout", "root"]
    assert list(found["layout"]) == ["Nodes", "Layers", "MaxLayer", "RootID"]
    assert found["root"]["id"] == found["layout"]["RootID"] == epic
    assert found["layout"]["Layers"] == [[epic, one], [two]]
    assert found["layout"]["MaxLayer"] == 1
    node = found["layout"]["Nodes"][two]
    assert list(node) == ["Issue", "Layer", "Position", "DependsOn"]
    assert (node["Layer"], node["Position"], node["DependsOn"]) == (1, 0, [one])
    assert node["Issue"]["title"] == "Two"
    assert {each["id"] for each in found["issues"]} == set(chain)


def test_all_answers_a_graph_for_each_group(bd: Bd, chain: list[str]) -> None:
    alone = bd.create("Alone")
    assert [each["root"]["id"] for each in bd.json("graph", "--all")] == [chain[0], alone]
    assert bd.json("graph", "--all", "--compact")[1]["layout"]["MaxLayer"] == 0


def test_plain_text_goes_by_layers(bd: Bd, chain: list[str]) -> None:
    lines = bd.ok("graph", chain[0]).out.splitlines()
    assert [each for each in lines if each.startswith("Layer")] == ["Layer 0:", "Layer 1:"]
    assert lines[-1].endswith(f"(needs {chain[1]})")
    assert bd.ok("graph", chain[0], "--compact").out.splitlines()[-1].startswith("1 ○")
    assert bd.ok("graph", chain[0], "--box") == bd.ok("graph", chain[0])


def test_other_programs_can_draw_it(bd: Bd, chain: list[str]) -> None:
    epic, one, two = chain
    dot = bd.ok("graph", epic, "--format", "dot").out
    assert f'"{two}" -> "{one}" [label="blocks"];' in dot
    assert f'"{one}" [label="{one}: One \\"quoted\\" #1 <b>"];' in dot
    mermaid = bd.ok("graph", "--all", "--format=mermaid").out
    assert mermaid.startswith("flowchart BT\n")
    assert "One #quot;quoted#quot; #35;1 #lt;b#gt;" in mermaid
    assert '-. "parent-child" .->' in mermaid


def test_an_empty_store_has_an_empty_picture(bd: Bd) -> None:
    assert bd.ok("graph", "--all").out == "No issues.\n"
    assert bd.json("graph", "--all") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "No issue was named"),
        (("--all", "px-a"), 2, "Both an issue and --all"),
        (("px-a", "--format", "svg"), 2, 'There is no format "svg"'),
        (("px-a", "--box", "--compact"), 2, "not both"),
        (("px-a", "px-b"), 2, "px-b"),
        (("px-none",), 3, "There is no issue px-none"),
        (("",), 2, "An id is empty"),
        (("--al",), 2, "--al"),
    ],
)
def test_what_makes_no_sense_is_refused(
    bd: Bd, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = bd("graph", *words, "--json")
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.error["error"]
    assert answer.error["hint"]


def test_check_finds_circles(bd: Bd, chain: list[str]) -> None:
    _, one, two = chain
    assert bd.ok("graph", "check").out == "Nothing waits for itself.\n"
    assert bd.json("graph", "check") == {"cycles": [], "count": 0, "ok": True}
    line = bd.lines()[one]
    edge = f'"dependencies":[{{"issue_id":"{one}","depends_on_id":"{two}","type":"blocks"}},'
    text = bd.records.read_text(encoding="utf-8")
    knotted = line.replace('"dependencies":[', edge)
    bd.records.write_text(text.replace(line, knotted), encoding="utf-8")
    answer = bd("graph", "check", "--json")
    assert (answer.code, answer.json["count"], answer.json["ok"]) == (1, 1, False)
    assert set(answer.json["cycles"][0]) == {one, two}
    assert bd("graph", "check").code == 1
    assert bd.ok("graph", one).out.count("\n  ") >= 2
