"""Times as they are said: "3 hours ago"."""

from beadwork.model import instants

_UNITS = (
    ("year", "y", 365 * 86400),
    ("month", "mo", 30 * 86400),
    ("week", "w", 7 * 86400),
    ("day", "d", 86400),
    ("hour", "h", 3600),
    ("minute", "m", 60),
)


def ago(text: str, now_us: int) -> str:
    """Say how long ago, or in what time, a record's time is."""
    moment = instants.parse_us(text)
    if moment is None:
        return text
    seconds = (now_us - moment) // 1_000_000
    for name, _, length in _UNITS:
        count = abs(seconds) // length
        if count:
            said = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{said} ago" if seconds > 0 else f"in {said}"
    return "just now"


def age(text: str, now_us: int) -> str:
    """Say the same in three or four characters; of the future nothing."""
    moment = instants.parse_us(text)
    if moment is None:
        return ""
    seconds = (now_us - moment) // 1_000_000
    for _, short, length in _UNITS:
        if seconds >= length:
            return f"{seconds // length}{short}"
    return "now" if seconds >= 0 else ""
