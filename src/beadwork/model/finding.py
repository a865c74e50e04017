"""What a check of doctor found."""

from typing import Literal

import msgspec

Status = Literal["ok", "warning", "error"]

CORE = "Core System"
DATA = "Data & Config"
GIT = "Git Integration"
UPKEEP = "Maintenance"


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One check's answer: what it found, and what mends it.

    `can_mend`: `bd doctor --fix` does it; else `fix` says what a person can do.
    """

    name: str
    category: str
    status: Status
    message: str
    detail: str = ""
    fix: str = ""
    can_mend: bool = False


_LINES_SHOWN = 10


def listed(lines: list[str]) -> str:
    """Return the first of many lines, and how many more there are."""
    shown = lines[:_LINES_SHOWN]
    rest = len(lines) - len(shown)
    return "\n".join(shown + [f"and {rest} more"] * bool(rest))


def fine(name: str, category: str, message: str) -> Finding:
    """Tell that something is in order."""
    return Finding(name=name, category=category, status="ok", message=message)


def warning(  # noqa: PLR0913 -- a finding's parts, each by name
    name: str,
    category: str,
    message: str,
    *,
    detail: str = "",
    fix: str = "",
    can_mend: bool = False,
) -> Finding:
    """Tell of something to know."""
    return Finding(
        name=name,
        category=category,
        status="warning",
        message=message,
        detail=detail,
        fix=fix,
        can_mend=can_mend,
    )
