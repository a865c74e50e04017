"""The record: its line, its registers and its stamps (R1, R5)."""

import json
from typing import Any

import msgspec
import pytest

from beadwork.model.codec import decode, digest, encode, stamps_text, with_stamps
from beadwork.model.record import (
    METADATA,
    STATE,
    Change,
    Mark,
    Record,
    Register,
    Stamps,
    changes,
    registers,
    renamed,
    stamped,
)
from beadwork.model.stamp import Stamp

T1 = "2026-01-01T00:00:00Z"
T2 = "2026-01-02T00:00:00.123456789+01:00"
NOW = Stamp(1_767_500_000_000, 0, "r")


def line(**pairs: Any) -> str:
    """Write a line whose type and priority are given, compactly."""
    pairs = {
        "id": "px-a",
        "title": "One",
        "status": "open",
        "priority": 2,
        "issue_type": "task",
    } | (pairs)
    return json.dumps(pairs, separators=(",", ":"), ensure_ascii=False)


def read(**pairs: Any) -> Record:
    """Read such a line."""
    return decode(line(**pairs))


def with_stamps_of(stamps: dict[str, Any], **pairs: Any) -> Record:
    """Read such a line with stamps over the floor "1.0.a"."""
    return read(**pairs, stamps={"*": "1.0.a", **stamps})


# -- lines -------------------------------------------------------------------------------------

CANONICAL = [
    line(),
    line(created_at=T1, updated_at=T2, labels=["a", "b"]),
    '{"id":"px-a","title":"\\u003cb\\u003e","status":"open","priority":0,"issue_type":"task",'
    '"estimated_minutes":0,"metadata":{"b":1.10,"a":1e3},"quality_score":0.50}',
    line(
        dependencies=[
            {"issue_id": "px-a", "depends_on_id": "px-c", "type": "blocks", "created_at": T1},
            {"issue_id": "px-a", "depends_on_id": "px-b", "type": "related", "created_at": T2},
        ],
        comments=[
            {"id": 7, "issue_id": "px-a", "author": "ann", "text": "First", "created_at": T1},
            {"id": "0195-a", "issue_id": "px-a", "author": "ann", "text": "New", "created_at": T2},
        ],
    ),
    line(status="tombstone", deleted_at=T1, deleted_by="ann", original_type="bug"),
    line(metadata="text"),
    line(metadata=[1]),
    line(aa="unknown", zz={"k": None}),
    line(updated_at=T1, stamps={"*": "1.0.a"}),
    line(
        stamps={
            "*": "1.0.a",
            "@": [T1, "2026-01-02T00:00:00.000000001Z"],
            "status": ["2.0.b", "1.0.a"],
            "title": "2.1.b",
            "dependencies": {"*": {"own": "4.0.a"}, "px-c": {"blocks": ["3.0.a", None, T1]}},
            "labels": {"*": "5.0.a", "gone": ["6.0.a", "1.0.a"]},
        }
    ),
]


@pytest.mark.parametrize("text", CANONICAL)
def test_a_canonical_line_is_written_as_it_was_read(text: str) -> None:
    assert encode(decode(text)) == text
    assert encode(decode(text.encode())) == text


def test_keys_are_written_in_classics_order_and_unknown_ones_after() -> None:
    scrambled = '{"zz":1,"updated_at":"%s","labels":["b","a","b"],"id":"px-a","title":"One","aa":2}'
    assert encode(decode(scrambled % T1)) == (
        '{"id":"px-a","title":"One","status":"open","priority":2,"issue_type":"task",'
        f'"updated_at":"{T1}","labels":["a","b"],"aa":2,"zz":1}}'
    )


def test_edges_and_comments_are_written_by_their_instant() -> None:
    def ordered(*moments: str) -> list[str]:
        edges = [{"depends_on_id": f"px-{n}", "created_at": at} for n, at in enumerate(moments)]
        found = json.loads(encode(read(dependencies=edges)))["dependencies"]
        return [each["depends_on_id"] for each in found]

    assert ordered("2026-01-01T02:00:00+02:00", "2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z") == [
        "px-1",
        "px-0",
        "px-2",
    ]


def test_what_a_line_lacks_gets_its_default() -> None:
    record = decode('{"id":"px-a","title":"One","status":"","priority":null,"issue_type":""}')
    assert record == read()
    assert decode('{"id":"px-a","title":"One"}') == read()
    assert decode('{"id":"px-a","title":"One","priority":0}').fields["priority"] == "0"


@pytest.mark.parametrize("empty", ['""', "null", "[]", "{}", "0", "false"])
def test_an_empty_known_field_is_no_field(empty: str) -> None:
    text = line()[:-1] + f',"assignee":{empty},"pinned":{empty},"labels":null,"comments":[]}}'
    assert decode(text) == read()


@pytest.mark.parametrize("empty", ['""', "null", "[]", "{}", "0", "false"])
def test_an_empty_unknown_field_is_kept(empty: str) -> None:
    text = line()[:-1] + f',"future":{empty}}}'
    assert encode(decode(text)) == text


def test_an_estimate_of_nothing_is_kept_and_no_estimate_is_not() -> None:
    assert read(estimated_minutes=0).fields["estimated_minutes"] == "0"
    assert "estimated_minutes" not in read(estimated_minutes=None).fields


def test_an_edge_without_a_type_blocks() -> None:
    for edge in ({"depends_on_id": "px-b"}, {"depends_on_id": "px-b", "type": ""}):
        assert list(read(dependencies=[edge]).edges) == [("px-b", "blocks")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"title":"One"}',
        '{"id":""}',
        '{"id":5}',
        line()[:-1],
        line(title="x").replace("x", "\\ud800"),
        line(labels=5),
        line(labels=[5]),
        line(dependencies=[{}]),
        line(dependencies=["px-b"]),
        line(comments=[{"text": 5}]),
        line(stamps={}).replace("{}", '{"title":"1.0.a"}'),
        line(stamps=5),
        line(stamps={"*": 5}),
        line(stamps={"*": "1"}),
        line(stamps={"*": "1.0.a", "@": 5}),
        line(stamps={"*": "1.0.a", "@": [5]}),
        line(stamps={"*": "1.0.a", "title": {}}),
        line(stamps={"*": "1.0.a", "title": []}),
        line(stamps={"*": "1.0.a", "labels": "1.0.a"}),
        line(stamps={"*": "1.0.a", "dependencies": {"px-b": "1.0.a"}}),
    ],
)
def test_a_line_that_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        decode(text)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        decode(line(title="x").encode().replace(b"x", b"\xed\xa0\x80"))


def test_a_line_is_remembered_by_its_bytes() -> None:
    assert digest(line(title="ü")) == digest(line(title="ü").encode())
    assert digest(line(title="ü")) != digest(line(title="u"))


def test_an_instant_is_that_of_creation_where_there_is_no_change() -> None:
    assert read(created_at=T1).updated_ns == read(created_at=T1).created_ns > 0
    assert read(created_at=T1, updated_at="soon").updated_ns == read(created_at=T1).created_ns
    assert read().created_ns == read().updated_ns == 0


# -- comments ----------------------------------------------------------------------------------


def comment(number: int, text: str = "Same", at: str = T1) -> dict[str, Any]:
    """Make a comment."""
    return {"id": number, "issue_id": "px-a", "author": "ann", "text": text, "created_at": at}


@pytest.mark.parametrize("text", ["Same", "Done", "x", "1", "2", "3"])
def test_equal_comments_stay_in_their_order(text: str) -> None:
    # Their keys are hashes, in an order of their own.
    written = line(comments=[comment(number, text) for number in range(4)])
    assert encode(decode(written)) == written
    record = decode(written)
    assert len(record.comments) == 4
    assert encode(record._replace(comments=dict(reversed(record.comments.items())))) == written


def test_comments_are_equal_by_the_instant_however_it_is_written() -> None:
    one, other = comment(1, at=T1), comment(2, at="2026-01-01T01:00:00+01:00")
    both = read(comments=[one, other]).comments
    assert len(both) == 2
    assert read(comments=[one]).comments.keys() == read(comments=[other]).comments.keys()


def test_a_comment_is_known_by_author_instant_text_and_count() -> None:
    base = comment(1)
    others = [base | {"author": "bob"}, base | {"text": "Else"}, base | {"created_at": T2}]
    keys = {next(iter(read(comments=[each]).comments)) for each in [base, *others]}
    assert len(keys) == 4
    assert (
        read(comments=[base]).comments.keys() == read(comments=[base | {"id": 9}]).comments.keys()
    )


# -- registers ---------------------------------------------------------------------------------


def test_each_top_level_key_is_a_register_of_its_own() -> None:
    found = registers(
        read(assignee="ann", future=1, created_at=T1, updated_at=T2, content_hash="0f")
    )
    assert found == {
        ("title",): '"One"',
        ("priority",): "2",
        ("issue_type",): '"task"',
        ("assignee",): '"ann"',
        ("future",): "1",
        STATE: '{"status":"open"}',
    }


def test_all_of_the_state_is_one_register() -> None:
    record = read(
        closed_at=T1, close_reason="Done", status="closed", deleted_by="x", original_type="y"
    )
    assert registers(record)[STATE] == (
        f'{{"status":"closed","closed_at":"{T1}","close_reason":"Done",'
        '"deleted_by":"x","original_type":"y"}'
    )
    assert ("closed_at",) not in registers(record)
    turned = Record("px-a", dict(reversed(record.fields.items())))
    assert registers(turned)[STATE] == registers(record)[STATE]


def test_labels_edges_comments_and_metadata_keys_are_registers() -> None:
    found = registers(
        read(
            labels=["x"],
            metadata={"a": 1, "b": None},
            dependencies=[{"depends_on_id": "px-b", "type": "own"}],
            comments=[comment(1)],
        )
    )
    key = next(iter(read(comments=[comment(1)]).comments))
    edge = '{"depends_on_id":"px-b","type":"own"}'
    assert found[("labels", "x")] == "1"
    assert (found[("metadata", "a")], found[("metadata", "b")]) == ("1", "null")
    assert found[("dependencies", "px-b", "own")] == edge
    assert '"text":"Same"' in found[("comments", key)]
    assert METADATA not in found


def test_metadata_that_is_no_object_is_one_register() -> None:
    assert registers(read(metadata=[1]))[METADATA] == "[1]"


def test_what_stands_behind_the_form_that_shows_is_a_value_too() -> None:
    behind = with_stamps_of({"metadata": {"a": ["2.0.a", None, None, 1]}}, metadata="whole")
    assert registers(behind)[METADATA] == '"whole"'
    assert registers(behind)[("metadata", "a")] == "1"


@pytest.mark.parametrize("metadata", ['{"a":2}', '{"b":1}', ""])
def test_what_stands_behind_is_gone_once_its_place_is_written(metadata: str) -> None:
    before = with_stamps_of({"metadata": {"a": ["2.0.a", None, None, 1]}}, metadata="whole")
    fields = {name: value for name, value in before.fields.items() if name != "metadata"}
    if metadata:
        fields["metadata"] = metadata
    after = before._replace(fields=fields)
    written = changes(before, after)
    now = "2" if "2" in metadata else None
    assert Change(("metadata", "a"), "1", now) in written
    assert Change(METADATA, '"whole"', None) in written
    result = stamped(before, after, written, now=NOW, births={})
    assert decode(encode(result)) == result
    assert registers(result).get(("metadata", "a")) == now


def test_a_value_that_comes_from_behind_is_hidden_no_longer() -> None:
    before = with_stamps_of({"metadata": {"a": ["2.0.a", None, None, 1]}}, metadata="whole")
    after = before._replace(fields={**before.fields, "metadata": '{"a":1}'})
    result = stamped(before, after, changes(before, after), now=NOW, births={})
    assert decode(encode(result)) == result
    assert result.mark_of(("metadata", "a")) == Mark(Stamp(2, 0, "a"))


def test_changes_name_what_differs_and_nothing_else() -> None:
    before = read(labels=["x"], assignee="ann", updated_at=T1)
    after = read(labels=["y"], assignee="ann", notes="New", updated_at=T2)
    assert sorted(changes(before, after)) == [
        Change(("labels", "x"), "1", None),
        Change(("labels", "y"), None, "1"),
        Change(("notes",), None, '"New"'),
    ]
    assert changes(before, before) == []


# -- stamps ------------------------------------------------------------------------------------


def written(before: Record, after: Record, **births: int) -> Record:
    """Stamp a local write."""
    edges: dict[Register, int] = {
        ("dependencies", target.replace("_", "-"), "blocks"): n for target, n in births.items()
    }
    return stamped(before, after, changes(before, after), now=NOW, births=edges)


def test_a_local_write_is_stamped_with_what_it_replaced() -> None:
    before = with_stamps_of({"title": "2.0.a"})
    after = written(
        before, before._replace(fields={**before.fields, "title": '"Two"', "notes": '"N"'})
    )
    assert after.mark_of(("title",)) == Mark(NOW, Stamp(2, 0, "a"))
    assert after.mark_of(("notes",)) == Mark(NOW, Stamp(1, 0, "a"))
    assert after.stamp_of(STATE) == Stamp(1, 0, "a")
    assert after.floor == Stamp(1, 0, "a")


def test_a_local_write_wins_over_a_stamp_from_the_future() -> None:
    ahead = NOW._replace(ms=NOW.ms + 1, replica="z")
    before = with_stamps_of({"title": ahead.text()})
    after = written(before, before._replace(fields={**before.fields, "title": '"Two"'}))
    assert after.stamp_of(("title",)) == Stamp(ahead.ms, 1, "r")


def test_the_floor_of_a_record_without_stamps_is_its_last_change() -> None:
    before = read(created_at=T1, updated_at=T2)
    assert not before.is_stamped
    floor = Stamp(1_767_308_400_123, 0, "")
    assert before.floor == before.stamp_of(("title",)) == floor
    fields = {**before.fields, "title": '"Two"', "updated_at": f'"{T1}"'}
    assert written(before, before._replace(fields=fields)).stamps.floor == floor


def test_removing_is_a_write_too() -> None:
    before = with_stamps_of({}, labels=["x"])
    after = written(before, before._replace(labels=()))
    assert after.stamp_of(("labels", "x")) == NOW
    assert decode(encode(after)) == after


def test_an_edge_is_stamped_with_the_birth_of_its_target() -> None:
    before = with_stamps_of({})
    edges = {("px-b", "blocks"): '{"depends_on_id":"px-b","type":"blocks"}'}
    after = written(before, before._replace(edges=edges), px_b=1_000_000_001)
    assert after.mark_of(("dependencies", "px-b", "blocks")).birth == 1_000_000_001
    assert '"px-b":{"blocks":["' in (stamps_text(after) or "")
    assert decode(encode(after)) == after
    gone = written(after, after._replace(edges={}), px_b=5)
    assert gone.mark_of(("dependencies", "px-b", "blocks")).birth is None


def test_the_first_change_drops_what_says_nothing() -> None:
    before = read(content_hash="0f", comment_count=3, future=1)
    after = written(before, before._replace(fields={**before.fields, "title": '"Two"'}))
    assert set(after.fields) == {"title", "status", "priority", "issue_type", "future"}
    assert '"content_hash":"0f"' in encode(before)


REGISTERS: list[Register] = [
    ("title",),
    STATE,
    METADATA,
    ("metadata", "k"),
    ("*",),
    ("@",),
    ("@x",),
    ("*metadata",),
    ("",),
    ("label",),
    ("labels", "*"),
    ("labels", "@x"),
    ("labels", ""),
    ("comments", "0123456789abcdef"),
    ("dependencies", "*", "blocks"),
    ("dependencies", "px-b", "*"),
]


@pytest.mark.parametrize("register", REGISTERS, ids=".".join)
@pytest.mark.parametrize(
    "mark",
    [
        Mark(Stamp(5, 1, "b")),
        Mark(Stamp(5, 1, "b.c"), Stamp(2, 0, "")),
        Mark(Stamp(5, 1, ""), None, 1_767_225_600_000_000_001),
        Mark(Stamp(5, 1, "b"), Stamp(2, 0, "a"), 1),
    ],
)
def test_every_stamp_of_every_register_is_read_as_it_was_written(
    register: Register, mark: Mark
) -> None:
    births = frozenset({1_000_000_007, 3})
    record = read()._replace(stamps=Stamps(Stamp(1, 0, "a"), {register: mark}, births))
    assert decode(encode(record)) == record
    assert with_stamps(read(), stamps_text(record)) == record


@pytest.mark.parametrize("hidden", ["null", '"\\u003c"', "1.10", '{"x":[1]}'])
def test_a_value_behind_an_other_form_is_read_as_it_was_written(hidden: str) -> None:
    marks: dict[Register, Mark] = {("metadata", "k"): Mark(Stamp(1, 0, "a"), hidden=hidden)}
    record = read(metadata="whole")._replace(stamps=Stamps(Stamp(1, 0, "a"), marks))
    assert decode(encode(record)) == record


@pytest.mark.parametrize("hidden", ["null", '""', "0", "{}", '{"x":1}'])
def test_what_is_no_whole_metadata_stands_behind_nothing(hidden: str) -> None:
    text = line(metadata={"k": 1}, stamps={"*": "1.0.a"})
    text = text.replace('"1.0.a"', f'"1.0.a","*metadata":["1.0.a",null,null,{hidden}]')
    record = decode(text)
    assert METADATA not in registers(record)
    assert record == read(metadata={"k": 1}, stamps={"*": "1.0.a"})


def test_a_value_behind_is_brought_into_the_one_form() -> None:
    text = line(metadata="whole", stamps={"*": "1.0.a"}).replace(
        '"*":"1.0.a"', '"*":"1.0.a","metadata":{"k":["2.0.a",null,null,{ "<" : 1 }]}'
    )
    assert decode(text).mark_of(("metadata", "k")).hidden == '{"\\u003c":1}'


def test_a_stamp_below_the_floor_counts_as_the_floor() -> None:
    born = {"px-b": {"blocks": ["4.0.b", None, T1]}}
    record = read(stamps={"*": "5.0.a", "title": "4.0.b", "dependencies": born})
    assert record.stamp_of(("title",)) == Stamp(5, 0, "a")
    assert record.stamp_of(("dependencies", "px-b", "blocks")) == Stamp(5, 0, "a")
    assert '"title":"4' not in encode(record)


def test_a_birth_that_says_nothing_is_left_out() -> None:
    record = read(created_at=T1, stamps={"*": "1.0.a", "@": [T1, "1970-01-01T00:00:00Z", "soon"]})
    assert record.stamps.births == frozenset()
    assert record.births == {record.created_ns}


def test_stamps_are_put_on_and_taken_off() -> None:
    record = with_stamps_of({"title": "2.0.a"})
    assert with_stamps(record, None) == read()
    assert with_stamps(read(), stamps_text(record)) == record
    assert stamps_text(read()) is None


# -- renaming ----------------------------------------------------------------------------------


def test_a_renamed_record_owns_its_edges_and_comments() -> None:
    edge = {"issue_id": "px-a", "depends_on_id": "px-a", "type": "own"}
    record = with_stamps_of({"title": "2.0.a"}, dependencies=[edge], comments=[comment(1)])
    found = json.loads(encode(renamed(record, "px-new")))
    assert found["id"] == "px-new"
    assert found["dependencies"] == [edge | {"issue_id": "px-new"}]
    assert found["comments"] == [comment(1) | {"issue_id": "px-new"}]
    assert renamed(renamed(record, "px-new"), "px-a") == record
    bare = read(dependencies=[{"depends_on_id": "px-b"}])
    assert renamed(bare, "px-new").edges == bare.edges
