"""Fold is commutative, associative and idempotent, on whatever a file can hold (R2)."""

from hypothesis import given

from beadwork.model.fold import fold, fold_all
from beadwork.model.record import Record, comment_key, decode, encode
from tests.property.lines import MS, lines, records
from beadwork.model.instants import format_ns
from hypothesis import strategies as st

COMMENT_KEYS = tuple(
    comment_key("ann", format_ns(7 * MS), text, nth) for text in ("Yes", "No") for nth in range(2)
)
some_records = records(COMMENT_KEYS)


def both(left: Record, right: Record) -> Record:
    return fold(left, right).record


@given(lines(COMMENT_KEYS))
def test_a_line_that_was_written_once_never_changes_again(line: str) -> None:
    written = encode(decode(line))
    assert encode(decode(written)) == written
    assert decode(written) == decode(line)


@given(some_records, some_records)
def test_the_order_of_two_records_does_not_matter(left: Record, right: Record) -> None:
    assert encode(both(left, right)) == encode(both(right, left))


@given(some_records, some_records, some_records)
def test_the_grouping_of_three_records_does_not_matter(a: Record, b: Record, c: Record) -> None:
    assert encode(both(both(a, b), c)) == encode(both(a, both(b, c)))


@given(some_records, some_records)
def test_what_was_folded_once_says_nothing_new(left: Record, right: Record) -> None:
    folded = both(left, right)
    assert encode(both(left, left)) == encode(left)
    assert encode(both(folded, left)) == encode(folded)
    assert encode(both(folded, folded)) == encode(folded)


@given(some_records, some_records)
def test_a_folded_record_is_read_back_as_it_is(left: Record, right: Record) -> None:
    folded = both(left, right)
    assert decode(encode(folded)) == folded


@given(st.lists(some_records, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_any_number_of_records_folds_alike_in_any_order(found: list[Record], random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = fold_all(found), fold_all(shuffled)
    assert encode(one.record) == encode(other.record)
    assert one.losses == other.losses
