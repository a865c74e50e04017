"""What is kept of a request that was sent under a claim that had ended (R7)."""

from beadwork.model import limits, token

_BYTES_A_CHAR = 6
"""A character takes at most so many bytes as JSON."""


def kept(request: str) -> str:
    """Return the arguments of a request as they are kept: long ones of a large one are cut."""
    if len(request.encode()) <= limits.LATE_BYTES_MAX:
        return request
    pairs = token.members(request)
    long = [k for k, v in pairs.items() if len(v.encode()) > limits.LATE_VALUE_BYTES_MAX]
    room = limits.LATE_BYTES_MAX // max(len(long), 1)
    return token.compose(pairs | {name: _cut(pairs[name], room) for name in long})


def _cut(value: str, room: int) -> str:
    size = len(value.encode())
    if size <= room:
        return value
    text = token.decode(value)
    start = (text if isinstance(text, str) else value)[: room // _BYTES_A_CHAR]
    return token.encode(f"{start}… [cut: it had {size} bytes]")
