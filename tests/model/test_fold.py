"""Fold: last writer wins for each register, and what lost a conflict is told (R1, R2)."""

import json
from typing import Any

import pytest

from beadwork.model.codec import decode, encode
from beadwork.model.fold import Folded, Loss, fold, fold_all
from beadwork.model.instants import format_ns
from beadwork.model.record import STATE, Record
from beadwork.model.stamp import Stamp

T1 = "2026-01-01T00:00:00Z"
T1_MS = 1_767_225_600_000


def at(second: int) -> str:
    """Write the instant so many seconds after T1."""
    return format_ns((T1_MS + second * 1000) * 1_000_000)


def read(floor: str | None = "1.0.a", stamps: dict[str, Any] | None = None, **pairs: Any) -> Record:
    """Read a line; without a floor it has no stamps."""
    pairs = {"id": "px-a", "title": "One", "created_at": T1, "updated_at": T1} | pairs
    if floor is not None:
        pairs["stamps"] = {"*": floor} | (stamps or {})
    return decode(json.dumps(pairs))


def folded(left: Record, right: Record) -> Record:
    """Fold two records, whatever their order."""
    record = fold(left, right).record
    assert encode(fold(right, left).record) == encode(record)
    return record


def test_each_field_is_that_of_its_last_writer() -> None:
    left = read(title="Two", notes="Old", stamps={"title": "5.0.a", "notes": "2.0.a"})
    right = read(title="One", notes="New", stamps={"notes": "3.0.b"})
    result = folded(left, right)
    assert (result.text("title"), result.text("notes")) == ("Two", "New")
    assert result.stamp_of(("notes",)) == Stamp(3, 0, "b")
    assert result.floor == Stamp(1, 0, "a")


def test_an_absent_field_can_win() -> None:
    result = folded(read(assignee="ann"), read(stamps={"assignee": "2.0.b"}))
    assert "assignee" not in result.fields
    assert folded(result, read(assignee="ann")) == result


def test_labels_of_both_sides_are_kept_and_removals_too() -> None:
    left = read(labels=["a", "old"], stamps={"labels": {"a": "2.0.a"}})
    right = read(labels=["b"], stamps={"labels": {"b": "2.0.b", "old": "3.0.b"}})
    assert folded(left, right).labels == ("a", "b")


def test_a_label_added_again_is_there_again() -> None:
    removed = read(stamps={"labels": {"x": "2.0.a"}})
    again = read(labels=["x"], stamps={"labels": {"x": "3.0.a"}})
    assert folded(removed, again).labels == ("x",)


def test_edges_are_told_apart_by_target_and_type() -> None:
    blocks = {"depends_on_id": "px-b", "type": "blocks"}
    own = {"depends_on_id": "px-b", "type": "own"}
    left = read(dependencies=[blocks, own], stamps={"dependencies": {"px-b": {"own": "2.0.a"}}})
    right = read(stamps={"dependencies": {"px-b": {"blocks": "2.0.b"}}})
    assert list(folded(left, right).edges) == [("px-b", "own")]


def test_comments_of_both_sides_are_kept() -> None:
    def said(text: str) -> Record:
        return read(comments=[{"id": 1, "author": "ann", "text": text, "created_at": T1}])

    assert len(folded(said("Yes"), said("No")).comments) == 2
    assert len(folded(said("Yes"), said("Yes")).comments) == 1


def test_keys_of_metadata_are_merged() -> None:
    left = read(metadata={"a": 1, "b": 1}, stamps={"metadata": {"a": "2.0.a"}})
    right = read(metadata={"a": 0, "b": 2}, stamps={"metadata": {"b": "2.0.b"}})
    assert folded(left, right).fields["metadata"] == '{"a":1,"b":2}'


def test_metadata_that_is_no_object_stands_against_one_as_a_whole() -> None:
    whole = read(metadata="text", stamps={"*metadata": "3.0.a", "metadata": {"a": "3.0.a"}})
    parts = read(metadata={"a": 1, "b": 2}, stamps={"metadata": {"b": "2.0.b"}})
    result = folded(whole, parts)
    assert result.fields["metadata"] == '"text"'
    later = read(metadata={"a": 1, "c": 3}, stamps={"metadata": {"c": "4.0.b"}})
    shown = folded(result, later)
    assert json.loads(shown.fields["metadata"]) == {"b": 2, "c": 3}
    assert encode(shown) == encode(folded(folded(whole, later), parts))


def test_both_forms_of_metadata_at_one_stamp_show_the_whole() -> None:
    result = folded(read(metadata="text"), read(metadata={"a": 1}))
    assert result.fields["metadata"] == '"text"'
    assert result.mark_of(("metadata", "a")).hidden == "1"


def test_a_deletion_wins_over_the_state_and_other_edits_live_on_beneath() -> None:
    deleted = read(status="tombstone", deleted_at=T1, stamps={"status": "5.0.a"}, labels=["x"])
    edited = read(title="Two", stamps={"title": "9.0.b", "status": "4.0.b"}, status="closed")
    result = folded(deleted, edited)
    assert (result.status, result.text("title")) == ("tombstone", "Two")
    assert result.text("deleted_at") == T1
    assert result.labels == ("x",)


def test_only_a_later_write_of_the_state_revives() -> None:
    deleted = read(status="tombstone", deleted_at=T1, stamps={"status": "5.0.a"})
    revived = read(status="open", stamps={"status": ["6.0.b", "5.0.a"]})
    result = folded(deleted, revived)
    assert result.status == "open"
    assert "deleted_at" not in result.fields


def test_tombstones_keep_their_edges() -> None:
    edges = [{"depends_on_id": "px-b", "type": "blocks"}]
    deleted = read(status="tombstone", stamps={"status": "5.0.a"}, dependencies=edges)
    assert list(folded(deleted, read(dependencies=edges)).edges) == [("px-b", "blocks")]


def test_on_a_tie_the_larger_value_wins() -> None:
    left, right = (read(title=each, stamps={"title": "5.0.a"}) for each in ("Two", "One"))
    assert folded(left, right).text("title") == "Two"


def test_the_later_floor_stands_for_all_that_has_no_stamp() -> None:
    old = read(floor="1.0.a", title="Old", notes="Old", stamps={"notes": "3.0.a"})
    new = read(floor="2.0.b", title="New", labels=["x"])
    result = folded(old, new)
    assert (result.text("title"), result.text("notes")) == ("New", "Old")
    assert result.floor == Stamp(2, 0, "b")
    assert result.labels == ("x",)


def test_a_record_without_stamps_counts_as_written_at_its_last_change() -> None:
    stamps = {"title": f"{T1_MS + 2000}.0.a", "notes": f"{T1_MS + 500}.0.a"}
    ours = read(floor=f"{T1_MS}.0.a", title="Ours", notes="Ours", stamps=stamps)
    theirs = read(floor=None, title="Theirs", notes="Theirs", updated_at=at(1))
    result = folded(ours, theirs)
    assert (result.text("title"), result.text("notes")) == ("Ours", "Theirs")
    assert result.floor == Stamp(T1_MS + 1000, 0, "")
    assert result.text("updated_at") == at(1)


def test_records_without_stamps_fold_to_one_without() -> None:
    old, new = (read(floor=None, title=str(n), updated_at=at(n)) for n in (1, 2))
    assert folded(old, new) == new
    assert not folded(old, new).is_stamped


def test_stamps_that_say_no_more_than_the_last_change_are_left_out() -> None:
    plain = read(floor=None, updated_at=at(1))
    stamped = read(floor=f"{T1_MS + 1000}.0.", updated_at=at(1))
    assert folded(plain, stamped) == plain
    more = read(
        floor=f"{T1_MS + 1000}.0.", updated_at=at(1), stamps={"title": f"{T1_MS + 2000}.0.a"}
    )
    assert folded(plain, more) == more


def test_creation_is_the_earliest_and_the_change_the_latest() -> None:
    left = read(created_at=at(1), updated_at=at(5))
    right = read(created_at="2026-01-01T02:00:00+02:00", updated_at=at(3))
    result = folded(left, right)
    assert result.text("created_at") == "2026-01-01T02:00:00+02:00"
    assert result.text("updated_at") == at(5)
    assert result.births == {left.created_ns, right.created_ns}
    assert decode(encode(result)).births == result.births


def test_of_two_forms_of_an_instant_the_larger_is_kept() -> None:
    forms = T1, "2026-01-01T00:00:00.0Z"
    left, right = (read(created_at=form, updated_at=form) for form in forms)
    result = folded(left, right)
    assert result.text("created_at") == result.text("updated_at") == T1
    unknown = folded(*(read(created_at=form) for form in ("soon", "later")))
    assert unknown.text("created_at") == "soon"


@pytest.mark.parametrize("odd", ["", "soon"])
def test_an_instant_goes_before_what_is_none(odd: str) -> None:
    result = folded(read(created_at=odd, updated_at=odd), read())
    assert (result.text("created_at"), result.text("updated_at")) == (T1, T1)
    assert result.births == {read().created_ns}


def test_unknown_fields_are_registers_like_others() -> None:
    left = read(future={"a": 1.5}, stamps={"future": "2.0.a"})
    right = read(other=[1], stamps={"other": "2.0.b"})
    result = folded(left, right)
    assert (result.fields["future"], result.fields["other"]) == ('{"a":1.5}', "[1]")


def test_what_says_nothing_is_dropped_once_two_versions_meet() -> None:
    assert "content_hash" in folded(read(content_hash="0f"), read(content_hash="0f")).fields
    assert "content_hash" not in folded(read(content_hash="0f"), read(labels=["x"])).fields


def test_an_edge_keeps_the_birth_of_its_target() -> None:
    edge = [{"depends_on_id": "px-b", "type": "blocks"}]
    marks = {"dependencies": {"px-b": {"blocks": ["1.0.a", None, at(1)]}}}
    result = folded(read(dependencies=edge, stamps=marks), read(dependencies=edge, title="Two"))
    birth = result.mark_of(("dependencies", "px-b", "blocks")).birth
    assert birth == (T1_MS + 1000) * 1_000_000


def test_the_record_keeps_the_id_of_the_left_one() -> None:
    assert fold(read(id="px-new"), read(id="px-a", title="Two")).record.id == "px-new"


# -- conflicts ---------------------------------------------------------------------------------


def title(text: str, stamp: str, replaced: str) -> Record:
    """A record whose title was written so."""
    return read(title=text, stamps={"title": [stamp, replaced]})


def lost(*found: Record) -> list[Loss]:
    """What is lost in folding, whatever the order."""
    result: Folded = fold_all(found)
    assert fold_all(reversed(found)).losses == result.losses
    return result.losses


def test_a_value_written_without_knowledge_of_the_winner_lost_a_conflict() -> None:
    found = lost(title("Mine", "5.0.a", "1.0.a"), title("Theirs", "6.0.b", "1.0.a"))
    assert found == [Loss(("title",), '"Mine"', Stamp(5, 0, "a"), Stamp(6, 0, "b"))]


def test_a_value_that_the_winner_replaced_lost_no_conflict() -> None:
    assert lost(title("Mine", "5.0.a", "1.0.a"), title("Theirs", "6.0.b", "5.0.a")) == []


def test_an_older_value_than_the_winner_replaced_lost_no_conflict() -> None:
    assert lost(read(title="Old"), title("Theirs", "6.0.b", "5.0.a")) == []


def test_a_winner_that_does_not_say_what_it_replaced_tells_of_no_conflict() -> None:
    unsaid = read(title="Theirs", stamps={"title": "6.0.b"})
    assert lost(title("Mine", "5.0.a", "1.0.a"), unsaid) == []


def test_the_same_value_twice_is_no_conflict() -> None:
    assert lost(title("Same", "5.0.a", "1.0.a"), title("Same", "6.0.b", "1.0.a")) == []


def test_a_removal_can_lose_a_conflict() -> None:
    removed = read(stamps={"status": "2.0.a", "notes": ["5.0.a", "1.0.a"]})
    kept = read(notes="New", stamps={"notes": ["6.0.b", "1.0.a"]})
    assert lost(removed, kept) == [Loss(("notes",), None, Stamp(5, 0, "a"), Stamp(6, 0, "b"))]


def test_a_deletion_against_a_closing_is_a_conflict_of_the_state() -> None:
    closed = read(status="closed", closed_at=T1, stamps={"status": ["5.0.a", "1.0.a"]})
    deleted = read(status="tombstone", stamps={"status": ["6.0.b", "1.0.a"]})
    (found,) = lost(closed, deleted)
    assert found.register == STATE
    assert json.loads(found.value or "") == {"status": "closed", "closed_at": T1}
