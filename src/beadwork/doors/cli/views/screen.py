"""The terminal that something is drawn on: whether there is one, how wide, and in which colours.

Nothing here imports rich: that is done when something is drawn.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

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


def screen_on(stream: TextIO, environ: Mapping[str, str], now_us: int) -> Screen | None:
    """Return the terminal behind a stream; None where plain text belongs.

    FORCE_COLOR and CLICOLOR_FORCE draw in colour wherever the stream leads. NO_COLOR and
    TERM=dumb take the colours away, BD_NO_EMOJI the signs.
    """
    is_forced = _is_forced(environ)
    if not (is_forced or _is_terminal(stream)):
        return None
    is_dumb = environ.get("TERM") == "dumb" and not is_forced
    return Screen(
        width=_width(stream, environ),
        has_colours=not environ.get("NO_COLOR") and not is_dumb,
        has_signs=environ.get("BD_NO_EMOJI", "").lower() in _NO,
        now_us=now_us,
    )


def output_screen(environ: Mapping[str, str], now_us: int) -> Screen | None:
    """Return the terminal behind standard output, if it is one."""
    return screen_on(sys.stdout, environ, now_us)


def error_screen(environ: Mapping[str, str], now_us: int) -> Screen | None:
    """Return the terminal behind standard error, if it is one."""
    return screen_on(sys.stderr, environ, now_us)


def progress_screen(environ: Mapping[str, str]) -> Screen | None:
    """Return the terminal behind standard error, if what is drawn there can be taken away again."""
    if not _is_terminal(sys.stderr) or environ.get("TERM", "dumb") == "dumb":
        return None
    return screen_on(sys.stderr, environ, 0)


def _is_forced(environ: Mapping[str, str]) -> bool:
    names = ("FORCE_COLOR", "CLICOLOR_FORCE")
    return any(environ.get(name, "").lower() not in _NO for name in names)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False  # it is closed


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    said = environ.get("COLUMNS", "")
    found = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    if not found:
        try:
            found = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            found = 0
    return min(max(found or _WIDTH, _WIDTH_MIN), _WIDTH_MAX)
