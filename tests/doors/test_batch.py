"""`bd batch`: command lines and JSON, all or none."""

import json

import pytest

from beadwork.doors.cli.batch_lines import entries
from beadwork.model.errors import InvalidField
from tests.doors.program import Answer, Bd


def batch(bd: Bd, *lines: str) -> Answer:
    """Run a batch of lines, answered as JSON."""
    return bd("batch", "--json", given="".join(f"{each}\n" for each in lines))


def test_lines_are_commands_as_bd_takes_them(bd: Bd) -> None:
    answer = batch(
        bd,
        "# a plan",
        'create "Design it" -p 1 -l a,b',
        "bd create 'Build it' --deps $0.id",
        "",
        'update $1.id --title="Build \\"it\\"" --notes "don\'t"',
        "comment $1.id 'All said'",
        "label add $1.id x",
        "dep add $1.id $0.id --type related",
        "close $0.id --reason done",
        "remember 'It is built' --key built",
        "kv set k v",
    )
    assert answer.code == 0, answer.err
    assert answer.json["operations"] == 9
    assert answer.json["status"] == "ok"
    results = answer.json["results"]
    assert [each["op"] for each in results[:3]] == ["create", "create", "update"]
    assert [each["line"] for each in results[:3]] == [2, 3, 5]
    design, build = (each["target"] for each in results[:2])
    shown = bd.json("show", design, build)
    assert (shown[0]["status"], shown[0]["close_reason"]) == ("closed", "done")
    assert (shown[1]["title"], shown[1]["notes"]) == ('Build "it"', "don't")
    assert bd.json("recall", "built")["value"] == "It is built"


def test_the_short_forms_of_later_classic_programs_are_taken(bd: Bd) -> None:
    answer = batch(
        bd,
        "create bug 0 Fix the login, don't wait",
        "create task P3 Later",
        "dep add $1.id $0.id discovered-from",
        'update $1.id status=in_progress priority=1 title="Now then" assignee=bob',
        "close $0.id it is done",
    )
    assert answer.code == 0, answer.err
    bug, task = (each["target"] for each in answer.json["results"][:2])
    shown = bd.json("show", bug, task)
    assert (shown[0]["title"], shown[0]["priority"]) == ("Fix the login, don't wait", 0)
    assert (shown[0]["issue_type"], shown[0]["close_reason"]) == ("bug", "it is done")
    assert (shown[1]["title"], shown[1]["status"], shown[1]["assignee"]) == (
        "Now then",
        "in_progress",
        "bob",
    )
    assert shown[1]["dependencies"][0]["dependency_type"] == "discovered-from"


def test_references_count_commands_though_one_may_be_several_operations(bd: Bd) -> None:
    answer = batch(bd, "create A", "create B", "update $0.id $1.id -p 0", "create C --deps $1.id")
    assert [each["line"] for each in answer.json["results"]] == [1, 2, 3, 3, 4]
    b, c = (answer.json["results"][n]["target"] for n in (1, 4))
    assert [each["id"] for each in bd.json("dep", "list", c)] == [b]


@pytest.mark.parametrize(
    "content",
    [
        '["create A", {"command": ["close", "$0.id"]}]',
        '[{"command": "create A"}, {"operation": "issue.close", "arguments": {"issue": "$0.id"}}]',
        '{"operations": [{"operation": "issue.create", "args": {"title": "A"}}, "close $0.id"]}',
        '{"command": "create A"}\n{"command": "bd close $0.id"}\n',
    ],
)
def test_json_is_taken_in_each_form(bd: Bd, content: str) -> None:
    (bd.folder / "batch.json").write_text(content, encoding="utf-8")
    bd.ok("batch", "batch.json")
    assert [each["status"] for each in bd.json("list", "--all")] == ["closed"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("close px-nope", 3),
        ("create A -p high", 2),
        ("create A --colour red", 2),
        ("update $9.id -p 1", 2),
        ("update $0.id -s bogus", 2),
        ("close $0.id $0.id", 2),
        ("create 'A' --actor bob", 2),
        ("create A --stdin", 2),
        ("list", 2),
        ("undo", 2),
        ("batch x", 2),
        ("crate A", 2),
        ('create "A', 2),
        ("kv get k", 2),
        ("dep add $0.id $0.id", 4),
    ],
)
def test_a_wrong_line_leaves_nothing_behind_and_says_where_it_is(
    bd: Bd, bad: str, code: int
) -> None:
    answer = batch(bd, "create First", "", bad, "create Last")
    assert (answer.code, answer.out) == (code, ""), answer
    assert answer.error["data"]["line"] == 3
    assert "ine 3" in answer.error["error"]
    assert bd.json("list", "--all") == []


def test_position_counts_commands_from_zero(bd: Bd) -> None:
    a, b = bd.create("A"), bd.create("B")
    answer = batch(bd, f"update {a} {b} -p 1", "close px-nope")
    assert (answer.code, answer.error["data"]["position"]) == (3, 1)


@pytest.mark.parametrize("content", ["[1]", "{}", '{"command": 1}', "[", '[{"operation": 5}]'])
def test_what_is_no_batch_is_refused(bd: Bd, content: str) -> None:
    answer = bd("batch", "--json", given=content)
    assert (answer.code, answer.error["code"]) == (2, "field.invalid")


def test_an_empty_batch_is_done_at_once(bd: Bd) -> None:
    assert bd("batch", "--json", given="\n# nothing\n").json == {
        "operations": 0,
        "status": "ok",
        "results": [],
    }


def test_a_dry_run_and_a_store_for_reading_keep_everything_as_it_is(bd: Bd) -> None:
    answer = bd("batch", "--dry-run", "--json", given="create A\n")
    assert answer.json["dry_run"] is True
    assert bd("batch", "--readonly", given="create A\n").code == 2
    assert bd.json("list") == []


def test_a_batch_with_a_key_is_carried_out_once(bd: Bd) -> None:
    first = bd("batch", "--key", "k", "--json", given="create A\n")
    assert bd("batch", "--key", "k", "--json", given="create A\n").json == first.json
    assert len(bd.json("list")) == 1


def test_words_are_split_as_a_shell_would() -> None:
    (entry,) = entries("""note "a \\"b\\" c" 'd e' it's --x="f g" --y='h i' ""\n""", prefix="px")
    assert entry.words == ("note", 'a "b" c', "d e", "it's", "--x=f g", "--y=h i", "")


def test_an_id_is_no_reason() -> None:
    with pytest.raises(InvalidField, match="several"):
        entries("close px-a px-b", prefix="px")


def test_the_answer_shows_unknown_fields_among_the_others(bd: Bd) -> None:
    issue = bd.create("A")
    line = json.loads(bd.lines()[issue])
    bd.records.write_text(json.dumps({**line, "colour": "red"}) + "\n", encoding="utf-8")
    answer = batch(bd, f"update {issue} -p 0")
    assert answer.json["results"][0]["result"]["issue"]["colour"] == "red"
