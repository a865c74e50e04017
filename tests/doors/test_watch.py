"""`bd watch` waits, `bd show` looks back and around, `bd dep` takes files."""

import json
import subprocess

import pytest

from tests.doors.program import TIMEOUT_S, Answer, Bd


def started(bd: Bd, *words: str) -> subprocess.Popen[str]:
    """Start a watch that has nothing to show yet."""
    return bd.start("watch", *words, "--json", "--timeout", f"{TIMEOUT_S}s")


def ended(process: subprocess.Popen[str]) -> Answer:
    """Wait for a program to end."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    return Answer(process.returncode, out, err)


def test_nothing_new_is_answered_with_1(bd: Bd) -> None:
    bd.create("T")
    answer = bd("watch", "--timeout", "0", "--json")
    assert (answer.code, answer.err) == (1, "")
    assert answer.json == {"cursor": 1, "issues": [], "events": []}


def test_a_cursor_misses_nothing(bd: Bd) -> None:
    a, b = bd.create("A"), bd.create("B", "-t", "bug")
    shown = bd.json("watch", "--since", "0", "--timeout", "0")
    assert [each["id"] for each in shown["issues"]] == [a, b]
    assert [each["kind"] for each in shown["events"]] == ["created", "created"]
    assert shown["cursor"] == 2
    assert bd("watch", "--since", "2", "--timeout", "0").code == 1
    one = bd.json("watch", a, "--since", "0", "--timeout", "0")
    assert [each["issue_id"] for each in one["events"]] == [a]
    bugs = bd.json("watch", "-t", "bug", "--since", "0", "--timeout", "0")
    assert [each["id"] for each in bugs["issues"]] == [b]


def test_it_ends_when_an_issue_that_matches_changes(bd: Bd) -> None:
    a = bd.create("A")
    watching = started(bd, a, "--since", "1")
    bd.create("B")
    bd.ok("remember", "Something else happens")
    bd.ok("update", a, "-p", "0")
    answer = ended(watching)
    assert answer.code == 0, answer.err
    shown = json.loads(answer.out)
    assert [each["id"] for each in shown["issues"]] == [a]
    assert [each["field"] for each in shown["events"][0]["changes"]] == ["priority"]


def test_an_edit_of_the_file_is_a_change(bd: Bd) -> None:
    a = bd.create("Old")
    watching = started(bd, "--since", "1")
    text = bd.records.read_text(encoding="utf-8")
    bd.records.write_text(text.replace('"title":"Old"', '"title":"New"'), encoding="utf-8")
    answer = ended(watching)
    assert answer.code == 0, answer.err
    assert [(each["id"], each["title"]) for each in answer.json["issues"]] == [(a, "New")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("px-nope",), 3),
        (("--timeout", "soon"), 2),
        (("-t", "bogus"), 2),
        (("-s", "bogus"), 2),
        (("--since", "x"), 2),
    ],
)
def test_what_can_never_come_is_refused_at_once(bd: Bd, words: tuple[str, ...], code: int) -> None:
    assert bd("watch", "--timeout", "0", *words).code == code


def test_show_looks_back(bd: Bd) -> None:
    issue = bd.create("Old", "-l", "x")
    made = bd.json("show", issue)[0]["updated_at"]
    bd.ok("update", issue, "--title", "New", "--remove-label", "x")
    (past,) = bd.json("show", issue, "--as-of", made)
    assert (past["title"], past["labels"], past["as_of"]) == ("Old", ["x"], made)
    assert "Old" in bd.ok("show", issue, "--as-of", made).out
    assert bd("show", issue, "--as-of", "2020-01-01").code == 3
    assert bd("show", issue, "--as-of", "whenever").code == 2


def test_show_knows_what_you_work_on(bd: Bd) -> None:
    issue = bd.create("T")
    assert bd("show", "--current").code == 3
    bd.ok("claim", issue)
    assert [each["id"] for each in bd.json("show", "--current")] == [issue]
    assert bd.at(bd.folder, BD_ACTOR="bob")("show", "--current").code == 3


def test_show_follows_a_talk_from_its_beginning(bd: Bd) -> None:
    first = bd.create("First")
    second = bd.create("Second", "--deps", f"replies-to:{first}", "-d", "Indeed")
    third = bd.create("Third", "--deps", f"replies-to:{second}")
    shown = bd.json("show", second, "--thread")
    assert [(each["id"], each["depth"]) for each in shown] == [(first, 0), (second, 1), (third, 2)]
    assert "Indeed" in bd.ok("show", third, "--thread").out


def test_show_takes_one_view(bd: Bd) -> None:
    issue = bd.create("T")
    answer = bd("show", issue, "--watch", "--json")
    assert (answer.code, "bd watch" in answer.error["hint"]) == (2, True)
    assert bd("show", issue, "--refs", "--thread").code == 2
    bd.ok("show", issue, "--include-comments", "--include-dependents", "--long")


def test_edges_come_from_a_file_all_or_none(bd: Bd) -> None:
    a, b, c = bd.create("A"), bd.create("B"), bd.create("C")
    content = f'# edges\n{a} {b}\n{b} {c} related\n\n{{"issue_id":"{a}","depends_on_id":"{c}"}}\n'
    answer = bd("dep", "add", "--file", "-", "--json", given=content)
    assert [(each["type"], each["status"]) for each in answer.json] == [
        ("blocks", "added"),
        ("related", "added"),
        ("blocks", "added"),
    ]
    d = bd.create("D")
    failed = bd("dep", "add", "-f", "-", "--json", given=f"{d} {a}\n\n{b} {d}\n{c} {a}\n")
    assert (failed.code, failed.out, failed.error["data"]["line"]) == (4, "", 3)
    assert bd.json("dep", "list", d) == []


@pytest.mark.parametrize("content", ["", "px-a\n", '{"from":"a"}\n', "{\n", '{"a":1}\n', "[1]\n"])
def test_what_is_no_edge_is_refused(bd: Bd, content: str) -> None:
    assert bd("dep", "add", "--file", "-", given=content).code == 2


def test_edges_are_listed_both_ways_and_mistyped_words_refused(bd: Bd) -> None:
    a, b, c = bd.create("A"), bd.create("B"), bd.create("C")
    bd.ok("dep", "add", a, "--depends-on", b)
    bd.ok("dep", "add", c, "--blocked-by", a)
    assert [each["id"] for each in bd.json("dep", "list", a, "--direction", "both")] == [b, c]
    for words in (
        ("list", a, "--type", "bogus"),
        ("tree", a, "--type", "bogus"),
        ("tree", a, "--status", "bogus"),
        ("add", a, c, "--no-cycle-check"),
        ("add", a),
        ("add", a, b, "--depends-on", c),
        ("add", a, b, "--file", "x"),
    ):
        assert bd("dep", *words).code == 2, words
