"""Times as people type and read them, in the zone of the machine that they sit at."""

import time
from datetime import UTC, datetime

from beadwork.model import instants


def now_us() -> int:
    """Return the wall clock, in microseconds since the epoch."""
    return time.time_ns() // 1000  # noqa: TID251 -- what "+2d" counts from


def zone_offset_s() -> int:
    """Return how far east of UTC the zone of this machine is."""
    return time.localtime().tm_gmtoff


def given_time(text: str, field: str) -> str:
    """Return an RFC 3339 time for what was typed; empty stays empty.

    Raises:
        InvalidField: it is no time.
    """
    if not text or instants.is_exact(text):
        return text
    return instants.format_us(instant_us(text, field))


def given_bound(text: str, field: str) -> str:
    """Return one end of a range as it is asked for; a span stays one, and counts from the answer.

    What was made, changed or closed lies behind us: there a span without a sign goes back.

    Raises:
        InvalidField: it is no time.
    """
    if not instants.is_span(text):
        return given_time(text, field)
    is_behind = field.partition("_")[0] in ("created", "updated", "closed")
    return f"-{text}" if is_behind and text[:1] not in "+-" else text


def instant_us(text: str, field: str) -> int:
    """Return the instant of what was typed, in microseconds.

    Raises:
        InvalidField: it is no time.
    """
    return instants.parse_when(text, now_us=now_us(), zone_offset_s=zone_offset_s(), field=field)


def is_past(text: str) -> bool:
    """Tell whether a time lies behind us; an empty one does not."""
    moment = instants.parse_us(text)
    return moment is not None and moment < now_us()


def shown(text: str, *, is_local: bool = False) -> str:
    """Return a record's time for people: to the second, in UTC or in the zone of this machine."""
    moment = instants.parse_us(text)
    if moment is None:
        return text
    if not is_local:
        return instants.format_seconds(moment)
    return datetime.fromtimestamp(moment // 1_000_000, tz=UTC).astimezone().isoformat(sep=" ")
