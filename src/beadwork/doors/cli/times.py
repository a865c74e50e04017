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
