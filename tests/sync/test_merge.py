"""The merge driver: whatever git hands it, every edit of both sides is in the result (R2-R4)."""

import json
from typing import Any

import pytest

from beadwork.model.codec import decode, encode
from beadwork.model.ids import derived_id
from beadwork.model.instants import format_ns
from beadwork.model.record import Record
from beadwork.model.stamp import Stamp
from beadwork.model.version import Version
from beadwork.sync.merge import Merged, merge

T1 = "2026-01-01T00:00:00Z"
T1_MS = 1_767_225_600_000
FLOOR = f"{T1_MS}.0.a"


def at(second: int) -> str:
    """Write the instant so many seconds after T1."""
    return format_ns((T1_MS + second * 1000) * 1_000_000)


def stamp(second: int, replica: str = "b") -> str:
    """Write the stamp of that instant."""
    return f"{T1_MS + second * 1000}.0.{replica}"


def line(stamps: dict[str, Any] | None = None, **pairs: Any) -> bytes:
    """Write a line, with stamps if any are given, as ours are written."""
    pairs = {"id": "px-a", "title": "One", "created_at": T1, "updated_at": T1} | pairs
    if stamps is not None:
        pairs["stamps"] = {"*": FLOOR} | stamps
    return encode(decode(json.dumps(pairs))).encode()


def file(*lines: bytes) -> bytes:
    """Join lines."""
    return b"".join(each + b"\n" for each in lines)


def merged(base: bytes, left: bytes, right: bytes) -> dict[str, Record]:
    """Merge, whatever the sides, and read the result by id."""
    result = merge(base, left, right)
    assert merge(base, right, left).content == result.content
    assert not result.unreadable
    records = [decode(each) for each in result.content.splitlines()]
    assert [each.id for each in records] == sorted({each.id for each in records})
    # Merging the result once more with what it came from changes nothing.
    assert merge(left, result.content, left).content == result.content
    return {each.id: each for each in records}


BASE = line({})


def test_both_sides_fields_are_kept() -> None:
    left = line({"title": stamp(1)}, title="Two", updated_at=at(1))
    right = line({"notes": stamp(2)}, notes="New", updated_at=at(2))
    record = merged(file(BASE), file(left), file(right))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")
    assert record.text("updated_at") == at(2)


def test_both_sides_labels_are_kept() -> None:
    left = line({"labels": {"a": stamp(1)}}, labels=["a"])
    right = line({"labels": {"b": stamp(1)}}, labels=["b"])
    assert merged(file(BASE), file(left), file(right))["px-a"].labels == ("a", "b")


def test_an_edge_that_one_side_removed_is_gone() -> None:
    edges = [{"depends_on_id": "px-b", "type": "blocks"}]
    base = line({}, dependencies=edges)
    left = line({"dependencies": {"px-b": {"blocks": stamp(1)}}})
    right = line({"notes": stamp(2)}, notes="New", dependencies=edges)
    record = merged(file(base), file(left), file(right))["px-a"]
    assert (record.edges, record.text("notes")) == ({}, "New")


def test_an_outsiders_edit_is_seen_by_the_ancestor() -> None:
    left = line({"notes": stamp(9)}, notes="New", updated_at=at(9))
    right = line(title="Two", labels=["x"])
    record = merged(file(BASE), file(left), file(right))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")
    assert record.labels == ("x",)
    assert record.stamp_of(("title",)) == Stamp(T1_MS, 1, "")


def test_what_stands_below_an_outsiders_edit_is_not_his() -> None:
    older = line({"title": stamp(1)}, title="Older", updated_at=at(1))
    edited = line(None, title="Older", notes="By hand", updated_at=at(9))
    ours = line({"title": stamp(2, "c")}, title="Newer", updated_at=at(2))
    history = [
        Version([BASE.decode()], [older.decode()]),
        Version([older.decode()], [edited.decode()]),
    ]
    result = merge(file(BASE), file(ours), file(edited), history=lambda: history)
    record = decode(result.content)
    assert (record.text("title"), record.text("notes")) == ("Newer", "By hand")
    assert record.stamp_of(("title",)).ms == T1_MS + 2000


def test_two_outsiders_edits_are_both_kept() -> None:
    base = line(updated_at=at(3))
    left = line(title="Two", updated_at=at(5))
    right = line(notes="New", updated_at=at(9))
    record = merged(file(base), file(left), file(right))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")


def test_an_outsider_who_goes_on_from_his_own_line_takes_nothing_back() -> None:
    # The ancestor lost its stamps too: the other side shows which it had.
    ancestor = line(title="Two", updated_at=at(5))
    ours = {"title": [stamp(5, ""), FLOOR], "notes": [stamp(2), FLOOR]}
    left = line(ours, title="Two", notes="New", updated_at=at(6))
    right = line(title="Tri", updated_at=at(7))
    record = merged(file(ancestor), file(left), file(right))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Tri", "New")
    assert record.floor == Stamp(T1_MS, 0, "a")


def test_a_deletion_and_an_edit_are_both_kept() -> None:
    left = line({"status": stamp(1)}, status="tombstone", deleted_at=at(1))
    right = line({"title": stamp(9)}, title="Two")
    record = merged(file(BASE), file(left), file(right))["px-a"]
    assert (record.status, record.text("title")) == ("tombstone", "Two")


def test_a_line_that_one_side_lacks_stays() -> None:
    other = line({}, id="px-b")
    assert set(merged(file(BASE, other), file(BASE), file(BASE, other))) == {"px-a", "px-b"}
    edited = line({"title": stamp(1)}, id="px-b", title="Two")
    found = merged(file(BASE, other), file(BASE), file(BASE, edited))
    assert found["px-b"].text("title") == "Two"


def test_new_lines_of_both_sides_are_kept_by_id() -> None:
    lines = {name: line({}, id=name) for name in ("px-a.10", "px-a.2", "px-b", "px-a")}
    left = file(lines["px-b"], lines["px-a.2"])
    right = file(lines["px-a.10"], lines["px-a"])
    assert merge(b"", left, right).content == file(*(lines[name] for name in sorted(lines)))


def test_lines_that_are_equal_on_both_sides_are_not_touched() -> None:
    odd = b'{"id":"px-a", "title" : "One","content_hash":"0f"}'
    foreign = b'{"id":"px-b","title":"\\u00fc"'  # not even a record
    sides = file(odd, foreign)
    assert merge(file(BASE), sides, sides) == Merged(sides, [])


def test_an_id_is_found_wherever_it_stands() -> None:
    moved = b'{"title":"Two","id":"px-a","created_at":"%s","updated_at":"%s"}' % (
        T1.encode(),
        at(2).encode(),
    )
    record = merged(file(BASE), file(line({"notes": stamp(1)}, notes="New")), file(moved))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")
    escaped = BASE.replace(b'"px-a"', b'"px-\\u0061"')
    assert merged(b"", file(BASE), file(escaped)).keys() == {"px-a"}


def test_conflict_markers_are_no_lines() -> None:
    left = line({"title": stamp(1)}, title="Two")
    right = line({"notes": stamp(2)}, notes="New")
    parts = (b"<<<<<<< HEAD", left, b"||||||| base", BASE, b"=======", right, b">>>>>>> theirs")
    record = merged(file(BASE), file(*parts), file(BASE))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")


def test_doubled_lines_become_one() -> None:
    left = line({"title": stamp(1)}, title="Two")
    right = line({"notes": stamp(2)}, notes="New")
    record = merged(file(BASE), file(left, right), file(left, right))["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "New")
    assert merge(file(BASE), file(left, left), file(left)).content == file(left)


@pytest.mark.parametrize("order", [1, -1])
def test_a_doubled_ancestor_is_folded_too(order: int) -> None:
    one = line({"title": stamp(1)}, title="Two")
    other = line({"notes": stamp(2)}, notes="New", updated_at=at(2))
    both = file(*(one, other)[::order])
    right = file(line(title="Two", notes="Newer", updated_at=at(3)))
    record = merged(both, both, right)["px-a"]
    assert (record.text("title"), record.text("notes")) == ("Two", "Newer")
    assert record.stamp_of(("title",)) == Stamp(T1_MS + 1000, 0, "b")


@pytest.mark.parametrize("end", [b"\r\n", b"\n\n", b"\n  \n"])
def test_line_ends_and_empty_lines_say_nothing(end: bytes) -> None:
    assert merge(b"", BASE + end, file(BASE)).content == file(BASE)
    assert merge(b"", BASE + end, b"").content == file(BASE)


def test_what_can_not_be_read_is_kept_at_the_end() -> None:
    broken, odd = b'{"id":"px-a","title":', b"no JSON \xff"
    mistyped = b'{"id":"px-a","title":5}'
    result = merge(file(BASE), file(odd, BASE, mistyped), file(broken, BASE, odd))
    assert result.content.splitlines()[0] == BASE
    assert sorted(result.content.splitlines()[1:]) == sorted([broken, mistyped, odd])
    assert result.unreadable == result.content.splitlines()[1:]
    again = merge(file(BASE), result.content, result.content)
    assert sorted(again.content.splitlines()) == sorted(result.content.splitlines())


def test_empty_files_merge_to_an_empty_file() -> None:
    assert merge(b"", b"", b"\n") == Merged(b"", [])


# -- two issues under one id (R4) --------------------------------------------------------------


def born(second: int, title: str, **pairs: Any) -> bytes:
    """Write the line of an issue made at that time."""
    return line({"*": stamp(second)}, title=title, created_at=at(second), **pairs)


LATER = derived_id("px-a", at(5))


def test_two_births_under_one_id_both_live() -> None:
    early, late = born(1, "Early"), born(5, "Late", labels=["x"])
    found = merged(b"", file(late), file(early))
    assert {name: each.text("title") for name, each in found.items()} == {
        "px-a": "Early",
        LATER: "Late",
    }
    assert found[LATER].labels == ("x",)


def test_what_moved_before_is_folded_into_where_it_moved() -> None:
    early, late = born(1, "Early"), born(5, "Late")
    first = merge(b"", file(early), file(late)).content
    edited = line({"*": stamp(5), "notes": stamp(9)}, title="Late", created_at=at(5), notes="New")
    labelled = file(
        early,
        line(
            {"*": stamp(5), "labels": {"x": stamp(8)}},
            id=LATER,
            title="Late",
            created_at=at(5),
            labels=["x"],
        ),
    )
    assert [decode(each).id for each in first.splitlines()] == [LATER, "px-a"]
    found = merged(file(late), labelled, file(edited))
    assert found["px-a"].text("notes") == ""
    assert found[LATER].labels == ("x",)
    assert (found[LATER].text("title"), found[LATER].text("notes")) == ("Late", "New")


def test_the_edges_of_a_moved_issue_are_its_own() -> None:
    edge = [{"issue_id": "px-a", "depends_on_id": "px-b", "type": "blocks"}]
    found = merged(b"", file(born(1, "Early")), file(born(5, "Late", dependencies=edge)))
    assert json.loads(encode(found[LATER]))["dependencies"] == [edge[0] | {"issue_id": LATER}]


def test_the_earlier_birth_keeps_the_id_against_the_ancestors_issue() -> None:
    late = born(5, "Late")
    edited = line({"*": stamp(5), "notes": stamp(9)}, title="Late", created_at=at(5), notes="New")
    found = merged(file(late), file(born(1, "Early")), file(edited))
    assert {name: each.text("notes") for name, each in found.items()} == {"px-a": "", LATER: "New"}


def test_a_line_with_two_ids_is_kept_beside_what_it_begins_like() -> None:
    odd = b'{"id":"px-1","id":"px-2","title":"Odd"}'
    left = b'{"id":"px-1","title":"One"}\n' + odd + b"\n"
    merged = merge(b"", left, b'{"id":"px-1","title":"Uno"}\n')
    assert merged.unreadable == [odd]
    assert odd in merged.content


def test_a_mark_of_an_editor_before_the_text_hides_no_edit() -> None:
    base = b'{"id":"px-1","title":"One","updated_at":"2026-01-01T00:00:00Z"}\n'
    left = base.replace(b"One", b"Two").replace(b"T00:00", b"T01:00")
    merged = merge(base, b"\xef\xbb\xbf" + left, base)
    assert (decode(merged.content.strip()).text("title"), merged.unreadable) == ("Two", [])


def test_a_line_that_was_cut_off_in_a_text_full_of_json_is_soon_seen_to_be_none() -> None:
    cut = b'{"id":"px-1","description":"' + b'{\\"a\\":[\\"b\\"]}' * 20_000
    merged = merge(b"", cut + b"\n", b'{"id":"px-1","title":"One"}\n')
    assert merged.unreadable == [cut]
