"""Leases as a table: who has what, for how long."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import moments, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.lease import ShownLease

_WHO_MAX = 16
_STYLES = {"held": "green", "waiting": "yellow", "broken": "red"}


def table(screen: Screen, found: Sequence[ShownLease]) -> str:
    """Draw leases, each on a line, and below it what it is of where that is more than one thing."""
    parts: list[RenderableType] = []
    for each in found:
        parts.append(theme.fitted(_line(each, screen), screen.width))
        parts += [
            Text("    ") + theme.fitted(Text(texts.line(more), style="cyan"), screen.width - 4)
            for more in [*each.patterns, *each.names][1:]
        ]
    parts += [Text(""), theme.faint(_count(found))]
    return theme.render(screen, parts)


def _line(each: ShownLease, screen: Screen) -> Text:
    first = [*each.patterns, *each.names][0]
    who = theme.padded(Text(f"@{texts.line(each.actor)}", style="blue"), _WHO_MAX)
    state = each.state if each.exclusive else f"{each.state}, shared"
    return theme.joined(
        Text(f"{each.lease:>4}"),
        who,
        Text(texts.line(first), style="cyan"),
        Text(state, style=_STYLES.get(each.state, "dim")),
        theme.faint(_when(each, screen)),
        theme.faint(texts.line(each.reason or each.why)),
        between="  ",
    )


def _when(each: ShownLease, screen: Screen) -> str:
    if each.ended_at:
        return moments.ago(each.ended_at, screen.now_us)
    if each.state == "waiting":
        return f"asked {moments.ago(each.asked_at, screen.now_us)}"
    if not each.expires_at:
        return "until its session ends"
    return f"ends {moments.ago(each.expires_at, screen.now_us)}"


def _count(found: Sequence[ShownLease]) -> str:
    counts: dict[str, int] = {}
    for each in found:
        counts[each.state] = counts.get(each.state, 0) + 1
    return "  ".join(f"{count} {state}" for state, count in counts.items())
