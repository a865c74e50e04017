"""Leases as a table: who has what, for how long."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import moments, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model import globs
from beadwork.ops.lease import ShownLease

_WHO_MAX = 16
_WIDE = 80
_BETWEEN = "  "
_INDENT = "      "
_STYLES = {"held": "green", "waiting": "yellow", "broken": "red"}


def table(screen: Screen, found: Sequence[ShownLease]) -> str:
    """Draw leases, each on a line; below it what else it is of, and what has no room beside it."""
    parts: list[RenderableType] = []
    for each in found:
        things, said = _things(each), texts.line(each.reason or each.why)
        line = _line(each, things[0], screen)
        whole = theme.joined(line, theme.faint(said), between=_BETWEEN) if said else line
        is_one = whole.cell_len <= screen.width
        parts.append(theme.fitted(whole if is_one else line, screen.width))
        more = [Text(thing, style="cyan") for thing in things[1:]]
        if said and not is_one:
            more.append(theme.faint(said))
        parts += [Text(_INDENT) + theme.fitted(one, screen.width - len(_INDENT)) for one in more]
    parts += [Text(""), theme.faint(_count(found))]
    return theme.render(screen, parts)


def _things(each: ShownLease) -> list[str]:
    return list(map(texts.line, [*map(globs.unquoted, each.patterns), *each.names]))


def _line(each: ShownLease, first: str, screen: Screen) -> Text:
    name = f"@{texts.line(each.actor)}"
    who = Text(name, style="blue")
    how = "exclusive" if each.exclusive else "shared"
    return theme.joined(
        Text(f"{each.lease:>4}"),
        theme.padded(who, _WHO_MAX) if screen.width >= _WIDE else who,
        Text(first, style="cyan"),
        Text(f"{each.state}, {how}", style=_STYLES.get(each.state, "dim")),
        theme.faint(_when(each, screen)),
        between=_BETWEEN,
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
