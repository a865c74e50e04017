"""Times as people type them, read in the zone of the machine that they type on."""

import time

from beadwork.model import instants


def zone_offset_s() -> int:
    """Return how far east of UTC this machine is, in seconds."""
    return time.localtime().tm_gmtoff


def given_time(text: str, field: str) -> str:
    """Return an RFC 3339 time for what was typed; empty stays empty.

    Raises:
        InvalidField: it is no time.
    """
    if not text or instants.parse_ns(text) is not None:
        return text
    now_us = time.time_ns() // 1000  # noqa: TID251 -- what "+2d" counts from
    return instants.format_us(
        instants.parse_when(text, now_us=now_us, zone_offset_s=zone_offset_s(), field=field)
    )
