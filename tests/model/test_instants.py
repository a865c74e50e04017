"""Instants: RFC 3339 text there and back, and the dates that people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beadwork.model import instants
from beadwork.model.errors import InvalidField

SECOND_NS = 1_000_000_000
NOW_US = 1_767_452_645_500_000  # Saturday, 2026-01-03T15:04:05.5Z
CET_S = 3600
BEGIN_NS = -62_135_596_800 * SECOND_NS
END_NS = 253_402_300_800 * SECOND_NS


def when(text: str, zone_offset_s: int = CET_S) -> str:
    """Read a typed date, an hour east of Greenwich."""
    found = instants.parse_when(text, now_us=NOW_US, zone_offset_s=zone_offset_s, field="due")
    return instants.format_us(found)


@pytest.mark.parametrize(
    ("text", "instant_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.000000001Z", SECOND_NS + 1),
        ("1970-01-01T01:00:00.5+01:00", SECOND_NS // 2),
        ("1969-12-31T19:00:00-0500", 0),
        ("1970-01-01t00:00:00.1234567899z", 123_456_789),
        ("1970-01-01 00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2024-02-29T12:00:00Z", 1_709_208_000 * SECOND_NS),
    ],
)
def test_rfc_3339_is_read_to_the_nanosecond(text: str, instant_ns: int) -> None:
    assert instants.parse_ns(text) == instant_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-02-30T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00Z",
        " 2024-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-W01-1T00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00ZZ",
        "2024-01-01T00:00:00+99:00",
        "2024-01-01T00:00:00+05:75",
        "2024-01-01T00:00:00.\u0661Z",
    ],
)
def test_what_is_no_instant_reads_as_none(text: str) -> None:
    assert instants.parse_ns(text) is None
    assert instants.parse_us(text) is None


@given(st.integers(BEGIN_NS, END_NS - 1))
def test_an_instant_is_read_back_as_it_was_written(instant_ns: int) -> None:
    text = instants.format_ns(instant_ns)
    assert instants.parse_ns(text) == instant_ns
    assert instants.parse_us(text) == instant_ns // 1000


_LOOKALIKE = st.text("0123456789-:.TZW+", max_size=3)


@given(st.integers(BEGIN_NS, END_NS - 1), st.lists(st.tuples(st.integers(0, 30), _LOOKALIKE)))
def test_z_and_an_offset_of_nothing_mean_the_same(
    instant_ns: int, spoilt: list[tuple[int, str]]
) -> None:
    text = instants.format_ns(instant_ns).removesuffix("Z")
    for place, piece in spoilt:
        text = text[:place] + piece + text[place + len(piece) :]
    assert instants.parse_ns(f"{text}Z") == instants.parse_ns(f"{text}+00:00")


@given(st.integers(BEGIN_NS, END_NS - 1), st.integers(BEGIN_NS, END_NS - 1))
def test_only_equal_instants_are_written_alike(one: int, other: int) -> None:
    assert (instants.format_ns(one) == instants.format_ns(other)) == (one == other)


@pytest.mark.parametrize(
    ("instant_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_120_000_000, "1970-01-01T00:00:01.12Z"),
        (BEGIN_NS, "0001-01-01T00:00:00Z"),
    ],
)
def test_a_fraction_is_written_without_its_trailing_zeros(instant_ns: int, text: str) -> None:
    assert instants.format_ns(instant_ns) == text


def test_comments_have_whole_seconds() -> None:
    assert instants.format_us(NOW_US) == "2026-01-03T15:04:05.5Z"
    assert instants.format_seconds(NOW_US) == "2026-01-03T15:04:05Z"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-31T09:00:00+02:00", "2026-01-31T07:00:00Z"),
        ("2026-01-31", "2026-01-30T23:00:00Z"),
        ("2026-01-31T09:30", "2026-01-31T08:30:00Z"),
        (" 2026-01-31 09:30 ", "2026-01-31T08:30:00Z"),
        ("now", "2026-01-03T15:04:05.5Z"),
        ("today", "2026-01-02T23:00:00Z"),
        ("tomorrow", "2026-01-03T23:00:00Z"),
        ("Yesterday", "2026-01-01T23:00:00Z"),
        ("next monday", "2026-01-04T23:00:00Z"),
        ("next saturday", "2026-01-09T23:00:00Z"),
        ("monday", "2026-01-04T23:00:00Z"),
        ("Saturday", "2026-01-09T23:00:00Z"),
        ("friday at 17:30", "2026-01-09T16:30:00Z"),
        ("last week", "2025-12-27T15:04:05.5Z"),
        ("2 days ago", "2026-01-01T15:04:05.5Z"),
        ("1 hour ago", "2026-01-03T14:04:05.5Z"),
        ("next week", "2026-01-10T15:04:05.5Z"),
        ("in 3 days", "2026-01-06T15:04:05.5Z"),
        ("in 1 hour", "2026-01-03T16:04:05.5Z"),
        ("in two weeks", "2026-01-17T15:04:05.5Z"),
        ("in a week", "2026-01-10T15:04:05.5Z"),
        ("2 days", "2026-01-05T15:04:05.5Z"),
        ("a day ago", "2026-01-02T15:04:05.5Z"),
        ("last saturday", "2025-12-26T23:00:00Z"),
        ("last friday", "2026-01-01T23:00:00Z"),
        ("tomorrow 5pm", "2026-01-04T16:00:00Z"),
        ("monday 17:30", "2026-01-05T16:30:00Z"),
        ("5pm", "2026-01-03T16:00:00Z"),
        ("tomorrow at 9am", "2026-01-04T08:00:00Z"),
        ("tomorrow at 12am", "2026-01-03T23:00:00Z"),
        ("today at 12pm", "2026-01-03T11:00:00Z"),
        ("next friday at 17:30", "2026-01-09T16:30:00Z"),
        ("6h", "2026-01-03T21:04:05.5Z"),
        ("+2d", "2026-01-05T15:04:05.5Z"),
        ("-1w", "2025-12-27T15:04:05.5Z"),
        ("1m", "2026-02-02T15:04:05.5Z"),
        ("1Y", "2027-01-03T15:04:05.5Z"),
        ("next month", "2026-02-03T15:04:05.5Z"),
        ("in 14 months", "2027-03-03T15:04:05.5Z"),
        ("a month ago", "2025-12-03T15:04:05.5Z"),
        ("next year", "2027-01-03T15:04:05.5Z"),
    ],
)
def test_dates_are_read_as_people_type_them(text: str, found: str) -> None:
    assert when(text) == found


def test_a_date_without_a_zone_is_one_of_the_callers() -> None:
    assert when("2026-01-31", 0) == "2026-01-31T00:00:00Z"
    assert when("2026-01-31", -5 * 3600) == "2026-01-31T05:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "next year's day",
        "in some days",
        "tomorrow at 25:00",
        "tomorrow at 9:75",
        "2d ago",
        "99999999999d",
        "in 99999999999999999999 days",
        "2026-02-30",
        "at 9am",
        "tomorrow at 13pmm",
    ],
)
def test_what_is_no_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        when(text)
    assert refused.value.data["field"] == "due"
    assert "+2d" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("45", 45), ("0.5", 0.5)]
)
def test_a_length_of_time_is_read_in_seconds(text: str, seconds: float) -> None:
    assert instants.duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5 weeks", "-5m", "1h and 5m", "99999999h"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        instants.duration_s(text)


def test_an_instant_that_could_not_be_written_again_is_none() -> None:
    assert instants.parse_ns("9999-12-31T23:59:60Z") is None
    assert instants.parse_ns("0001-01-01T00:00:00+01:00") is None


def test_a_month_on_is_the_last_day_where_there_is_no_such_day() -> None:
    moment = instants.parse_us("2026-01-31T12:00:00Z")
    assert moment is not None

    def on(text: str) -> str:
        return instants.format_us(
            instants.parse_when(text, now_us=moment or 0, zone_offset_s=0, field="due")
        )

    assert on("next month") == "2026-02-28T12:00:00Z"
    assert on("in 25 months") == "2028-02-29T12:00:00Z"
    assert on("2 months ago") == "2025-11-30T12:00:00Z"


@pytest.mark.parametrize(
    ("text", "is_exact"),
    [
        ("2030-01-02T03:04:05Z", True),
        ("2030-01-02T03:04:05.123456789+05:30", True),
        ("2030-01-02T03:04:05.1234567891Z", False),
        ("2030-01-02t03:04:05z", False),
        ("2030-01-02 03:04:05Z", False),
        ("2030-01-02T03:04:60Z", False),
        ("2030-01-02T03:04:05+0200", False),
        ("2030-02-30T03:04:05Z", False),
    ],
)
def test_only_what_every_reader_takes_is_written_as_it_came(
    text: str,
    is_exact: bool,
) -> None:
    assert instants.is_exact(text) == is_exact
