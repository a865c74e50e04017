"""The terminal that something is drawn on: whether there is one, how wide, and in which colours.

Nothing here imports rich: that is done when something is drawn.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from beadwork.doors.world import Terminals

_WIDTH = 80
_WIDTH_MIN = 10
_WIDTH_MAX = 1000
_NO = frozenset({"", "0", "false", "no"})


class Screen(NamedTuple):
    """What a drawing needs to know. `now_us` is what relative times count from."""

    width: int = _WIDTH
    has_colours: bool = False
    has_signs: bool = True
    now_us: int = 0


Drawing = Callable[[Screen], str]
"""Draws an answer, in lines that are ready to be written."""


def screen_on(
    width: int, environ: Mapping[str, str], now_us: int, *, is_terminal: bool
) -> Screen | None:
    """Return the terminal behind a stream, of a width; None where plain text belongs.

    FORCE_COLOR and CLICOLOR_FORCE draw in colour wherever the stream leads. NO_COLOR and
    TERM=dumb take the colours away, BD_NO_EMOJI the signs.
    """
    is_forced = _is_forced(environ)
    if not (is_forced or is_terminal):
        return None
    is_dumb = environ.get("TERM") == "dumb" and not is_forced
    return Screen(
        width=columns(width, environ),
        has_colours=not environ.get("NO_COLOR") and not is_dumb,
        has_signs=environ.get("BD_NO_EMOJI", "").lower() in _NO,
        now_us=now_us,
    )


def output_screen(terminals: Terminals, environ: Mapping[str, str], now_us: int) -> Screen | None:
    """Return the terminal behind standard output, if it is one."""
    return screen_on(terminals.width, environ, now_us, is_terminal=terminals.output)


def error_screen(terminals: Terminals, environ: Mapping[str, str]) -> Screen | None:
    """Return the terminal behind standard error, if it is one."""
    return screen_on(terminals.width, environ, 0, is_terminal=terminals.error)


def progress_screen(terminals: Terminals, environ: Mapping[str, str]) -> Screen | None:
    """Return the terminal behind standard error, if what is drawn there can be taken away again."""
    if not terminals.error or environ.get("TERM", "dumb") == "dumb":
        return None
    return error_screen(terminals, environ)


def _is_forced(environ: Mapping[str, str]) -> bool:
    names = ("FORCE_COLOR", "CLICOLOR_FORCE")
    return any(environ.get(name, "").lower() not in _NO for name in names)


def columns(width: int, environ: Mapping[str, str]) -> int:
    """Return how wide to draw on a terminal of a width; COLUMNS goes before it."""
    said = environ.get("COLUMNS", "")
    found = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    return min(max(found or width or _WIDTH, _WIDTH_MIN), _WIDTH_MAX)
