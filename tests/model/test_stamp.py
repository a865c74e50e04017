"""Stamps and the clock that makes them (R1)."""

import pytest

from beadwork.model import limits, stamp
from beadwork.model.stamp import Clock, Stamp

NOW_MS = 1_767_225_600_000


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (Stamp(1, 9, "z"), Stamp(2, 0, "a")),
        (Stamp(1, 0, "z"), Stamp(1, 1, "a")),
        (Stamp(1, 1, "a"), Stamp(1, 1, "b")),
        (Stamp(9, 0, "a"), Stamp(10, 0, "a")),
        (Stamp(1, 9, "a"), Stamp(1, 10, "a")),
        (Stamp(1, 1, ""), Stamp(1, 1, "a")),
    ],
)
def test_time_goes_before_count_and_count_before_replica(earlier: Stamp, later: Stamp) -> None:
    assert earlier < later
    assert earlier.sort_key() < later.sort_key()


@pytest.mark.parametrize("text", ["1.2.a", "1767225600000.0.", "1.0.a.b.c"])
def test_a_stamp_is_read_as_it_was_written(text: str) -> None:
    assert stamp.parse(text).text() == text


@pytest.mark.parametrize("text", ["", "1", "1.2", "a.1.b", "1.b.c", "1..c"])
def test_what_is_no_stamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the reader of a line asks for no more
        stamp.parse(text)


def test_the_next_stamp_is_later_whatever_the_replica() -> None:
    assert Stamp(5, 3, "zz") < Stamp(5, 3, "zz").after("a") == Stamp(5, 4, "a")


def test_the_clock_follows_the_wall_and_counts_where_that_stands_still() -> None:
    clock = Clock("r")
    ticks = [clock.tick(now) for now in (NOW_MS, NOW_MS, NOW_MS + 1, NOW_MS - 5000)]
    assert ticks == [
        Stamp(NOW_MS, 0, "r"),
        Stamp(NOW_MS, 1, "r"),
        Stamp(NOW_MS + 1, 0, "r"),
        Stamp(NOW_MS + 1, 1, "r"),
    ]


def test_the_clock_passes_what_it_has_seen() -> None:
    clock = Clock("a")
    clock.observe(Stamp(NOW_MS + 60_000, 7, "z"), NOW_MS)
    assert clock.tick(NOW_MS) == Stamp(NOW_MS + 60_000, 8, "a")


def test_the_clock_does_not_go_back_to_what_it_sees() -> None:
    clock = Clock("a")
    last = clock.tick(NOW_MS)
    clock.observe(Stamp(NOW_MS - 1, 99, "z"), NOW_MS)
    assert clock.last == last


@pytest.mark.parametrize(("ahead_ms", "is_followed"), [(0, True), (1, False)])
def test_the_clock_ignores_stamps_more_than_an_hour_ahead(ahead_ms: int, is_followed: bool) -> None:
    clock = Clock("a")
    seen = Stamp(NOW_MS + limits.STAMP_AHEAD_MS_MAX + ahead_ms, 0, "z")
    clock.observe(seen, NOW_MS)
    assert (clock.tick(NOW_MS).ms == seen.ms) is is_followed


def test_a_clock_goes_on_where_it_was() -> None:
    assert Clock("a", Stamp(NOW_MS, 4, "a")).tick(NOW_MS - 1) == Stamp(NOW_MS, 5, "a")
