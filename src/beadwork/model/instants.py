"""Instants: RFC 3339 text to nanoseconds since the epoch and back, and the dates people type.

Columns hold microseconds; identity (R4) needs all nine digits that classic writes.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.pattern import pattern

_RFC3339 = pattern(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?"
    r"(?:([Zz])|([+-])([01]\d|2[0-3]):?([0-5]\d))",
    re.ASCII,
)
_EXACT = pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
"""The form that every reader of RFC 3339 takes."""
_LENGTH = pattern(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?")
_LENGTH_S = {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ITSELF = _EPOCH.replace(tzinfo=None)
_DURATION = pattern(r"([+-]?)(\d+)\s*([hdwmy])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = {
    word: str(count)
    for count, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
} | {"a": "1", "an": "1"}
_CLOCK = re.compile(r"\d{1,2}(?::[0-5]\d)?(?:am|pm)|\d{1,2}:[0-5]\d")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_CALENDAR = {"month": 1, "year": 12}

_FIRST_S, _LAST_S = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999 in UTC: what can be written again."""
_EXAMPLES = "Use 2026-01-31, 2026-01-31T09:00:00Z, +2d, 6h, tomorrow or next monday."


@lru_cache(maxsize=4096)
def parse_ns(text: str) -> int | None:
    """Return the instant of an RFC 3339 text in nanoseconds, or None if it is none."""
    seconds = _plain_seconds(text)
    if seconds is not None:
        return seconds * 1_000_000_000 + int(text[20:29].rstrip("Z").ljust(9, "0"))
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, off_h, off_m = found.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    delta = moment - _EPOCH
    seconds = delta.days * 86400 + delta.seconds + int(second)
    if sign:
        offset = int(off_h) * 3600 + int(off_m) * 60
        seconds += offset if sign == "-" else -offset
    if not _FIRST_S <= seconds <= _LAST_S:
        return None
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0") or 0)


def _plain_seconds(text: str) -> int | None:
    """Read an instant as we write it, `2026-01-31T09:00:00.5Z`; None if it is another text."""
    if text[19:] != "Z" and not (
        text[19:20] == "." and text[-1] == "Z" and text.isascii() and text[20:-1].isdigit()
    ):
        return None
    if text[5] == "W" or text[10] + text[13] + text[16] != "T::" or text[11:13] == "24":
        return None
    try:
        delta = datetime.fromisoformat(text[:19]) - _EPOCH_ITSELF
    except ValueError:
        return None
    return delta.days * 86400 + delta.seconds


def parse_us(text: str) -> int | None:
    """Return the instant of an RFC 3339 text in microseconds, or None if it is none."""
    instant = parse_ns(text)
    return None if instant is None else instant // 1000


def is_exact(text: str) -> bool:
    """Tell whether a text is an instant in the form that every reader takes."""
    return _EXACT.fullmatch(text) is not None and parse_ns(text) is not None


def format_ns(instant_ns: int) -> str:
    """Write an instant in UTC, up to nine digits of fraction, trailing zeros cut."""
    seconds, fraction = divmod(instant_ns, 1_000_000_000)
    text = (_EPOCH_ITSELF + timedelta(seconds=seconds)).isoformat()
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


@lru_cache(maxsize=64)  # the requests of a batch have one time
def format_us(instant_us: int) -> str:
    """Write an instant in UTC, trailing zeros of the fraction cut."""
    return format_ns(instant_us * 1000)


def format_seconds(instant_us: int) -> str:
    """Write an instant in UTC in whole seconds, as comments have it."""
    return format_ns(instant_us // 1_000_000 * 1_000_000_000)


def _at_midnight(day: datetime) -> datetime:
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _at_clock(day: datetime | None, clock: str) -> datetime | None:
    found = re.fullmatch(r"(\d{1,2})(?::([0-5]\d))?(am|pm)?", clock)
    if found is None or day is None:
        return None
    hour = int(found[1])
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return _at_midnight(day).replace(hour=hour, minute=int(found[2] or 0)) if hour < 24 else None


def _parse_phrase(text: str, now: datetime) -> datetime | None:
    words = [_COUNTS.get(word, word) for word in text.lower().split()]
    if len(words) >= 3 and words[-2] == "at":
        return _at_clock(_parse_phrase(" ".join(words[:-2]), now), words[-1])
    if words and _CLOCK.fullmatch(words[-1]):
        return _at_clock(_parse_phrase(" ".join(words[:-1]) or "today", now), words[-1])
    match words:
        case [day] if day in _WEEKDAYS:
            return _parse_phrase(f"next {day}", now)
        case ["now"]:
            return now
        case ["today"]:
            return _at_midnight(now)
        case ["tomorrow"]:
            return _at_midnight(now) + timedelta(days=1)
        case ["yesterday"]:
            return _at_midnight(now) - timedelta(days=1)
        case ["next", day] if day in _WEEKDAYS:
            ahead = (_WEEKDAYS.index(day) - now.weekday() - 1) % 7 + 1
            return _at_midnight(now) + timedelta(days=ahead)
        case ["last", day] if day in _WEEKDAYS:
            back = (now.weekday() - _WEEKDAYS.index(day) - 1) % 7 + 1
            return _at_midnight(now) - timedelta(days=back)
    return _parse_span(words, now)


def _parse_span(words: list[str], now: datetime) -> datetime | None:
    match words:
        case ["next", unit]:
            return _moved(now, 1, unit)
        case ["last", unit]:
            return _moved(now, -1, unit)
        case [count, unit] | ["in", count, unit] if count.isdigit():
            return _moved(now, int(count), unit.rstrip("s"))
        case [count, unit, "ago"] if count.isdigit():
            return _moved(now, -int(count), unit.rstrip("s"))
    return None


def _moved(now: datetime, count: int, unit: str) -> datetime | None:
    if unit in _CALENDAR:
        return _months_on(now, count * _CALENDAR[unit])
    return now + timedelta(seconds=count * _UNITS[unit]) if unit in _UNITS else None


def _months_on(now: datetime, count: int) -> datetime:
    """Return the same day of another month, or the last one that it has."""
    years, month = divmod(now.month - 1 + count, 12)
    first = now.replace(year=now.year + years, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(now.day, last.day))


def _parse_duration(text: str, now: datetime) -> datetime | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    sign = -1 if found[1] == "-" else 1
    count, unit = sign * int(found[2]), found[3].lower()
    if unit == "h":
        return now + timedelta(hours=count)
    return now + timedelta(days=count * _DAYS[unit])


def is_span(text: str) -> bool:
    """Tell whether a text is a count of hours, days and the like from now: `+2d`, `6h`."""
    return _DURATION.fullmatch(text) is not None


def duration_s(text: str) -> float:
    """Read a length of time such as 30s, 5m or 1h30m, in seconds; a bare number is seconds.

    Raises:
        InvalidField: it is none, or longer than ten years.
    """
    parts = _LENGTH.findall(text)
    seconds = sum(float(number) * _LENGTH_S[unit] for number, unit in parts)
    is_whole = "".join(number + unit for number, unit in parts) == text.strip()
    if not parts or not is_whole or seconds > limits.LEASE_S_MAX:
        raise InvalidField(f'"{text[:40]}" is no length of time', hint="Use 30s, 5m or 1h.")
    return seconds


def parse_when(text: str, *, now_us: int, zone_offset_s: int, field: str) -> int:
    """Return the instant, in microseconds, of a date as people and agents type it.

    Takes what classic takes for due and defer dates (classic-bd.md 1.1): RFC 3339, a date,
    a signed or unsigned count of h, d, w, m or y, and short English phrases. Dates without
    a zone are read `zone_offset_s` seconds east of UTC.

    Raises:
        InvalidField: the text is none of these.
    """
    stripped = text.strip()
    exact = parse_us(stripped)
    if exact is not None:
        return exact
    zone = timezone(timedelta(seconds=zone_offset_s))
    try:
        now = (_EPOCH + timedelta(microseconds=now_us)).astimezone(zone)
        moment = _parse_duration(stripped, now) or _parse_phrase(stripped, now)
        if moment is None:
            moment = datetime.fromisoformat(stripped)
    except (ValueError, OverflowError):
        raise InvalidField(
            f'"{stripped[:60]}" is not a time', hint=_EXAMPLES, field=field
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    instant_us = (moment - _EPOCH) // timedelta(microseconds=1)
    if not _FIRST_S <= instant_us // 1_000_000 <= _LAST_S:
        raise InvalidField(
            f'"{stripped[:60]}" lies outside of the years 1 to 9999', hint=_EXAMPLES, field=field
        )
    return instant_us
