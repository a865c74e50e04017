"""Adoption: what others wrote, compared with what they wrote it over (R3)."""

import json
from typing import Any

import pytest

from beadwork.model.adoption import adopt, adopt_beside, may_be, restamped
from beadwork.model.codec import decode, encode
from beadwork.model.fold import fold
from beadwork.model.instants import format_ns
from beadwork.model.record import METADATA, STATE, Mark, Record, registers
from beadwork.model.stamp import Stamp

T1 = "2026-01-01T00:00:00Z"
T1_MS = 1_767_225_600_000
FLOOR = f"{T1_MS - 5000}.0.a"
LABEL = ("labels", "x")


def at(second: int) -> str:
    """Write the instant so many seconds after T1."""
    return format_ns((T1_MS + second * 1000) * 1_000_000)


def read(stamps: dict[str, Any] | None = None, **pairs: Any) -> Record:
    """Read a line; without stamps it has none."""
    pairs = {"id": "px-a", "title": "One", "created_at": T1, "updated_at": T1} | pairs
    if stamps is not None:
        pairs["stamps"] = {"*": FLOOR} | stamps
    return decode(json.dumps(pairs))


def test_a_line_without_a_base_is_taken_as_it_is() -> None:
    line = read(title="Two", updated_at=at(9))
    assert adopt(line, None) == (line, [])


def test_a_line_that_only_lost_its_stamps_gets_them_back() -> None:
    base = read({"title": "5.0.b", "labels": {"x": [f"{T1_MS}.0.b", FLOOR], "y": f"{T1_MS}.1.b"}})
    base = base._replace(labels=("x",))
    adopted = adopt(decode(encode(base._replace(stamps=read().stamps))), base)
    assert adopted == (base, [])


def test_what_differs_was_written_by_an_outsider_at_the_last_change() -> None:
    base = read({"title": f"{T1_MS - 1000}.0.b"}, assignee="ann")
    adopted = adopt(read(title="Two", labels=["x"], updated_at=at(7)), base)
    assert adopted.edits == [("assignee",), LABEL, ("title",)]
    written = Stamp(T1_MS + 7000, 0, "")
    assert adopted.record.mark_of(("title",)) == Mark(written, Stamp(T1_MS - 1000, 0, "b"))
    assert adopted.record.mark_of(("assignee",)) == Mark(written, base.floor)
    assert adopted.record.floor == base.floor
    assert adopted.record.text("updated_at") == at(7)


def test_an_edit_that_left_the_last_change_alone_wins_over_its_base_all_the_same() -> None:
    base = read({"title": f"{T1_MS + 60_000}.3.b"})
    adopted = adopt(read(title="Two"), base)
    assert adopted.record.stamp_of(("title",)) == Stamp(T1_MS + 60_000, 4, "")
    assert fold(base, adopted.record).record.text("title") == "Two"


def test_an_edit_does_not_touch_what_others_wrote_meanwhile() -> None:
    base = read({})
    meanwhile = read({"notes": f"{T1_MS + 1000}.0.b"}, notes="New", updated_at=at(1))
    adopted = adopt(read(title="Two", updated_at=at(9)), base)
    result = fold(meanwhile, adopted.record).record
    assert (result.text("title"), result.text("notes")) == ("Two", "New")


def test_an_older_version_counts_as_written_at_its_own_last_change() -> None:
    base = read({"title": f"{T1_MS + 8000}.0.a"}, title="Two", notes="Old", updated_at=at(8))
    line = read(title="Other", notes="New", updated_at=at(3))
    adopted = adopt(line, base, held=lambda *_: False)
    assert adopted.edits == [("notes",)]
    folded = fold(base, adopted.record).record
    assert (folded.text("title"), folded.text("notes")) == ("Two", "New")


def test_what_an_older_version_lacks_was_not_taken_away_by_its_writer() -> None:
    base = read(
        {"labels": {"x": f"{T1_MS + 1000}.0.a"}, "title": f"{T1_MS + 8000}.0.a"},
        title="Two",
        labels=["x"],
        updated_at=at(8),
    )
    line = read(title="One", updated_at=at(3))
    adopted = adopt(line, base)
    assert adopted.edits == []
    folded = fold(base, adopted.record).record
    assert (folded.text("title"), folded.labels) == ("Two", ("x",))


def test_a_line_beside_another_edits_what_that_one_did_not_write() -> None:
    other = read(
        {"labels": {"x": f"{T1_MS + 1000}.0.a"}, "title": f"{T1_MS + 1000}.0.a"},
        title="Two",
        labels=["x"],
        updated_at=at(1),
    )
    line = read(title="One", notes="New", updated_at=at(9))
    adopted = adopt_beside(line, other, held=may_be)
    assert adopted.edits == [("notes",)]
    folded = fold(other, adopted.record).record
    assert (folded.text("title"), folded.labels, folded.text("notes")) == ("Two", ("x",), "New")


def test_a_line_beside_another_edits_what_never_stood_there() -> None:
    other = read({"title": f"{T1_MS + 1000}.0.a"}, title="Two", updated_at=at(1))
    line = read(title="By hand", updated_at=at(9))
    adopted = adopt_beside(line, other, held=lambda _, value: value == '"One"')
    assert fold(other, adopted.record).record.text("title") == "By hand"
    stale = read(title="One", updated_at=at(9))
    adopted = adopt_beside(stale, other, held=lambda _, value: value == '"One"')
    assert fold(other, adopted.record).record.text("title") == "Two"


def test_stamps_that_differ_from_those_of_the_base_are_trusted() -> None:
    base = read({"title": f"{T1_MS}.5.b", "notes": f"{T1_MS}.0.b"}, notes="Old")
    older = read({"notes": f"{T1_MS}.9.b"}, title="Older", notes="New")
    adopted = adopt(older, base)
    assert adopted == (older, [])


def test_a_floor_that_differs_is_trusted() -> None:
    base = read({"title": f"{T1_MS - 4000}.0.b"}, title="Two", notes="Old")
    line = read({"*": f"{T1_MS}.0.c", "labels": {"x": f"{T1_MS}.9.c"}}, title="Two", notes="New")
    assert adopt(line, base) == (line, [])


def test_a_value_changed_beneath_its_stamp_is_an_edit() -> None:
    marks = {"title": [f"{T1_MS}.0.b", FLOOR]}
    adopted = adopt(read(marks, title="Two"), read(marks))
    assert adopted.edits == [("title",)]
    stamp = Stamp(T1_MS, 0, "b")
    assert adopted.record.mark_of(("title",)) == Mark(Stamp(T1_MS, 1, ""), stamp)


def test_what_a_stamped_line_says_it_replaced_is_kept() -> None:
    line = read({"title": [f"{T1_MS}.0.b", f"{T1_MS - 1}.0.c"]})
    base = read({"title": [f"{T1_MS}.0.b", FLOOR]})
    assert adopt(line, base) == (line, [])


def test_stamps_over_a_base_without_any_are_trusted() -> None:
    line = read({"title": f"{T1_MS}.0."}, title="Two")
    assert line.stamp_of(("title",)) == read().floor
    assert adopt(line, read()) == (line, [])


def test_an_edit_over_a_base_without_stamps_is_stamped_over_its_last_change() -> None:
    base = read(updated_at=at(3))
    adopted = adopt(read(title="Two", updated_at=at(9)), base)
    assert adopted.edits == [("title",)]
    assert adopted.record.floor == base.floor == Stamp(T1_MS + 3000, 0, "")
    assert adopted.record.stamp_of(("title",)) == Stamp(T1_MS + 9000, 0, "")


def test_a_line_that_says_what_its_base_says_stays_without_stamps() -> None:
    assert adopt(read(), read()) == (read(), [])


def test_moving_the_last_change_alone_is_no_claim_to_every_field() -> None:
    base = read()
    touched = adopt(read(updated_at=at(9)), base)
    assert touched.edits == []
    edit = adopt(read(title="Two", updated_at=at(5)), base).record
    result = fold(touched.record, edit).record
    assert (result.text("title"), result.text("updated_at")) == ("Two", at(9))


def test_fields_that_classic_has_no_name_for_are_not_lost_with_the_stamps() -> None:
    base = read({"future": f"{T1_MS}.0.b"}, future="kept", other=1, assignee="ann")
    adopted = adopt(read(title="Two"), base)
    assert adopted.edits == [("assignee",), ("title",)]
    assert adopted.record.text("future") == "kept"
    assert adopted.record.stamp_of(("future",)) == Stamp(T1_MS, 0, "b")


def test_an_unknown_field_that_changed_is_an_edit() -> None:
    adopted = adopt(read(future="new"), read({}, future="old"))
    assert adopted.edits == [("future",)]
    assert adopted.record.text("future") == "new"


def test_an_unknown_field_that_went_with_its_stamps_kept_was_removed() -> None:
    assert adopt(read({}), read({}, future="old")).edits == [("future",)]
    assert adopt(read(), read(future="old")).edits == [("future",)]


def test_metadata_that_nobody_sees_is_not_lost_with_the_stamps() -> None:
    hidden = {"metadata": {"a": [f"{T1_MS}.0.b", None, None, 1]}}
    base = read(hidden, metadata="whole")
    assert adopt(read(metadata="whole", title="Two"), base).edits == [("title",)]
    replaced = adopt(read(metadata={"b": 2}), base)
    assert replaced.edits == [METADATA, ("metadata", "a"), ("metadata", "b")]
    assert replaced.record.fields["metadata"] == '{"b":2}'


def test_all_of_the_state_is_one_edit() -> None:
    adopted = adopt(read(status="closed", closed_at=at(5)), read({}))
    assert adopted.edits == [STATE]


def test_the_births_of_the_base_stay_known() -> None:
    base = read({"@": [at(-5)]})
    adopted = adopt(read(title="Two", created_at=at(1)), base)
    assert adopted.record.births == base.births | {read(created_at=at(1)).created_ns}
    undated = adopt(read(title="Two", created_at=""), base).record
    assert undated.births == base.births
    assert adopt(read(title="Two"), read({}, created_at="")).record.stamps.births == frozenset()


@pytest.mark.parametrize("moves", [True, False])
def test_one_edit_upon_another_wins(moves: bool) -> None:
    base = read({})
    one = adopt(read(title="Two", updated_at=at(5)), base).record
    line = read(title="Tri", updated_at=at(6 if moves else 5))
    other = adopt(line, one).record
    assert fold(one, other).record.text("title") == "Tri"


# -- a base that lost its stamps ---------------------------------------------------------------


def test_a_base_without_stamps_gets_those_that_a_later_version_shows() -> None:
    stamps = {"title": [f"{T1_MS + 9000}.0.b", f"{T1_MS}.1."], "notes": f"{T1_MS - 7}.0.b"}
    later = read(stamps, title="Two", notes="Same", updated_at=at(9))
    base = restamped(read(title="One", notes="Same"), later)
    assert registers(base) == registers(read(title="One", notes="Same"))
    assert base.floor == later.floor
    assert base.stamp_of(("title",)) == Stamp(T1_MS, 1, "")
    assert base.stamp_of(("notes",)) == Stamp(T1_MS - 7, 0, "b")
    assert base.text("updated_at") == T1


def test_a_value_that_is_back_was_written_after_the_base() -> None:
    later = read({"labels": {"x": [f"{T1_MS + 9000}.0.b", f"{T1_MS}.1."]}}, updated_at=at(9))
    base = restamped(read(), later)
    assert base.stamp_of(LABEL) == Stamp(T1_MS, 1, "")
    added = adopt(read(labels=["x"], updated_at=at(2)), base).record
    assert added.stamp_of(LABEL) < later.stamp_of(LABEL)
