"""How the allocator of the system is used by a process of many threads."""

import contextlib

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's `mallopt`."""
_ARENAS = 2


def share_arenas() -> None:
    """Let threads share their heaps: each of their own would keep what was free in the others.

    Where the system's library is not glibc, nothing happens.
    """
    # Late import: only a daemon needs it.
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
