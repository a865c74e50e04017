"""Counts as small bars."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli.views import theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.epic import EpicStatus
from beadwork.ops.stats import Summary

_BAR_MAX = 40
_BAR_MIN = 4
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Bar(NamedTuple):
    """A count with its name, its sign and its colour."""

    sign: str
    name: str
    amount: int
    style: str = ""


def bars(screen: Screen, rows: Sequence[Bar], most: int) -> Iterator[RenderableType]:
    """Draw counts, each with a bar as long as its part of the most there could be."""
    names = max((len(row.name) for row in rows), default=0)
    digits = max((len(f"{row.amount:,}") for row in rows), default=1)
    room = min(screen.width - names - digits - 6, _BAR_MAX)
    for row in rows:
        drawn = theme.joined(
            Text(row.sign, style=row.style), row.name.ljust(names), f"{row.amount:,}".rjust(digits)
        )
        if room >= _BAR_MIN and most:
            drawn = theme.joined(
                drawn, Text(_bar(row.amount / most, room, screen), style=row.style), between="  "
            )
        yield theme.fitted(drawn, screen.width)


def _bar(part: float, room: int, screen: Screen) -> str:
    if not screen.has_signs:
        return "#" * (max(round(part * room), 1) if part else 0)
    eighths = max(round(part * room * 8), 1) if part else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def stats(screen: Screen, found: Summary, happened: Sequence[tuple[str, int]]) -> str:
    """Draw how many issues stand where, and what happened in the last day."""
    return theme.render(screen, _stats(screen, found, happened))


def _stats(
    screen: Screen, found: Summary, happened: Sequence[tuple[str, int]]
) -> Iterator[RenderableType]:
    total = found.total_issues
    yield theme.heading(f"{total:,} issues" if total != 1 else "1 issue")
    yield from bars(screen, [_of_status(screen, *row) for row in _by_status(found)], total)
    yield Text("")
    yield theme.heading("To work on")
    ready, blocked = found.ready_issues, found.blocked_issues
    yield from bars(
        screen,
        [
            Bar(theme.sign_of("open", screen), "ready", ready, "green"),
            Bar(theme.sign_of("blocked", screen), "blocked", blocked, "red"),
        ],
        total,
    )
    facts = _facts(found)
    if facts:
        yield Text("")
        yield from (theme.joined(count, theme.faint(what)) for count, what in facts)
    if happened:
        yield Text("")
        yield theme.heading("In the last 24 hours")
        said = ", ".join(f"{count:,} {what}" for what, count in happened if count)
        yield Text(said or "nothing")


def _of_status(screen: Screen, status: str, count: int) -> Bar:
    name = theme.status_name(status)
    return Bar(theme.sign_of(status, screen), name, count, theme.status_style(status))


def _by_status(found: Summary) -> list[tuple[str, int]]:
    named = [
        ("open", found.open_issues),
        ("in_progress", found.in_progress_issues),
        ("deferred", found.deferred_issues),
        ("closed", found.closed_issues),
    ]
    rest = found.total_issues - sum(count for _, count in named)
    return [*named, ("other", rest)] if rest > 0 else named


def _facts(found: Summary) -> list[tuple[str, str]]:
    facts = [
        (f"{found.average_lead_time_hours:,.1f}", "hours from made to closed, on average"),
        (str(found.epics_eligible_for_closure), "epics could be closed: `bd epic close-eligible`"),
        (str(found.pinned_issues), "pinned"),
        (str(found.tombstone_issues), "deleted"),
    ]
    return [(count, what) for count, what in facts if count not in ("0", "0.0")]


def epics(screen: Screen, found: Sequence[EpicStatus]) -> str:
    """Draw epics, each with a bar of how much of it is done."""
    parts: list[RenderableType] = []
    for each in found:
        parts.append(theme.fitted(theme.issue_line(each.epic, screen), screen.width))
        counts = f"{each.closed_children} of {each.total_children} done"
        ready = Text("can be closed", style="green") if each.eligible_for_close else ""
        room = min(screen.width - len(counts) - 20, _BAR_MAX)
        bar: Text | str = ""
        if room >= _BAR_MIN and each.total_children:
            bar = _track(each.closed_children / each.total_children, room, screen)
        line = theme.joined(" ", bar, theme.faint(counts), ready)
        parts.append(theme.fitted(line, screen.width))
    return theme.render(screen, parts)


def _track(part: float, room: int, screen: Screen) -> Text:
    full, empty = ("█", "░") if screen.has_signs else ("#", ".")
    filled = int(part * room)
    return Text(full * filled, style="green") + theme.faint(empty * (room - filled))
