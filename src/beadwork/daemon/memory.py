"""How the allocator of the system is used by a process of many threads.

Where the system's library is not glibc, nothing of this happens.
"""

import contextlib

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's `mallopt`."""
_ARENAS = 2


def share_arenas() -> None:
    """Let threads share their heaps: each of their own would keep what was free in the others."""
    # Late import: only a daemon needs it.
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give memory that is free back to the system, after work that needed much."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
