"""What to do next: what `bd` alone shows on a terminal."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import tables, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.issue import Issue
from beadwork.ops.stats import Summary


def overview(
    screen: Screen, summary: Summary, claimed: Sequence[Issue], ready: Sequence[Issue]
) -> str:
    """Draw the counts, what the caller works on, what is ready, and what to type next."""
    return theme.render(screen, _overview(screen, summary, claimed, ready))


def _overview(
    screen: Screen, summary: Summary, claimed: Sequence[Issue], ready: Sequence[Issue]
) -> Iterator[RenderableType]:
    yield theme.joined(
        Text(f"{summary.ready_issues:,} ready", style="green"),
        Text(f"{summary.in_progress_issues:,} in progress", style="yellow"),
        Text(f"{summary.blocked_issues:,} blocked", style="red" if summary.blocked_issues else ""),
        theme.faint(f"{summary.closed_issues:,} closed"),
        between=" · ",
    )
    for title, issues in (("You work on", claimed), ("Ready", ready)):
        if issues:
            yield from (Text(""), theme.heading(title))
            yield from tables.table(screen, issues)
    yield Text("")
    hints = _next(summary, claimed, ready)
    yield from _hints(screen, hints)


def _next(
    summary: Summary, claimed: Sequence[Issue], ready: Sequence[Issue]
) -> list[tuple[str, str]]:
    """Return the commands that make sense now, and why."""
    hints = []
    if claimed:
        hints.append((f"bd close {texts.line(claimed[0].id)}", "when it is done"))
    if ready:
        hints.append((f"bd claim {texts.line(ready[0].id)}", "to begin with it"))
    if summary.ready_issues > len(ready):
        hints.append(("bd ready", "to see all that is ready"))
    if not claimed and not ready:
        if summary.blocked_issues:
            hints.append(("bd blocked", "to see what waits, and for what"))
        hints.append(('bd create "Title"', "to say what is to be done"))
    return [*hints, ("bd help", "to see all commands")]


def welcome(screen: Screen) -> str:
    """Draw how to begin where there is no store."""
    hints = [
        ("bd init", "in the project's folder makes one"),
        ("bd help", "to see all commands"),
    ]
    lines = [theme.heading("There is no Beadwork store here."), *_hints(screen, hints)]
    return theme.render(screen, lines)


def _hints(screen: Screen, hints: Sequence[tuple[str, str]]) -> Iterator[Text]:
    widest = max(cell_len(command) for command, _ in hints)
    for command, why in hints:
        gap = " " * (widest - cell_len(command)) if widest < screen.width // 2 else ""
        yield theme.joined(Text(command, style="cyan"), theme.faint(gap + why), between="  ")
