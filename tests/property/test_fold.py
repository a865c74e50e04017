"""Fold is commutative, associative and idempotent, on whatever a file can hold (R2)."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from beadwork.model.codec import decode, decode_canonical, encode
from beadwork.model.fold import fold, fold_all
from beadwork.model.record import Record, changes, registers
from tests.property.lines import lines, records

many = settings(max_examples=6 * settings().max_examples)


def folded(left: Record, right: Record) -> Record:
    """Fold two records."""
    return fold(left, right).record


@many
@given(lines)
def test_a_line_that_was_written_once_never_changes_again(line: str) -> None:
    written = encode(decode(line))
    assert encode(decode(written)) == written
    assert decode(written) == decode(line)


@many
@given(records, records)
def test_the_order_of_two_records_does_not_matter(left: Record, right: Record) -> None:
    assert encode(folded(left, right)) == encode(folded(right, left))


@many
@given(records, records, records)
def test_the_grouping_of_three_records_does_not_matter(a: Record, b: Record, c: Record) -> None:
    assert encode(folded(folded(a, b), c)) == encode(folded(a, folded(b, c)))


@many
@given(records, records)
def test_what_was_folded_once_says_nothing_new(left: Record, right: Record) -> None:
    both = folded(left, right)
    assert encode(folded(left, left)) == encode(left)
    assert encode(folded(both, left)) == encode(both)
    assert encode(folded(both, both)) == encode(both)


@many
@given(records, records)
def test_a_folded_record_is_read_back_as_it_is(left: Record, right: Record) -> None:
    both = folded(left, right)
    assert decode(encode(both)) == both


@many
@given(st.lists(records, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_any_number_of_records_folds_alike_in_any_order(found: list[Record], luck: Random) -> None:
    shuffled = list(found)
    luck.shuffle(shuffled)
    one, other = fold_all(found), fold_all(shuffled)
    assert encode(one.record) == encode(other.record)
    assert one.losses == other.losses


@given(records, st.sampled_from(["left", "fields", "right"]), records)
def test_changes_are_the_registers_that_differ(left: Record, kind: str, right: Record) -> None:
    after = {"left": left, "right": right, "fields": left._replace(fields=right.fields)}[kind]
    old, new = registers(left), registers(after)
    found = {change.register: (change.before, change.after) for change in changes(left, after)}
    differing = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    assert found == {name: (old.get(name), new.get(name)) for name in differing}


@given(lines)
def test_a_canonical_line_is_read_alike_by_both_readers(line: str) -> None:
    canonical = encode(decode(line))
    assert decode_canonical(canonical) == decode(canonical)
