"""Lists of issues as tables that fit the width, whatever it is."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import moments, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.issue import Issue
from beadwork.ops.ready import BlockedIssue

_GAP = "  "
_TITLE_MIN = 16
"""With less room than this for titles, each gets a line of its own."""
_TEXT_MAX = 14


class _Column(NamedTuple):
    """A column beside the title: from which width of the screen on it is shown."""

    head: str
    cell: Callable[[Issue, Screen], Text]
    from_width: int


def _who(issue: Issue, screen: Screen) -> Text:
    del screen
    return Text(f"@{texts.line(issue.assignee)}" if issue.assignee else "", style="blue")


def _when(issue: Issue, screen: Screen) -> Text:
    return theme.faint(moments.age(issue.updated_at, screen.now_us))


_BEFORE = (
    _Column("ID", lambda issue, _: theme.id_(issue), 0),
    _Column("P", lambda issue, _: theme.priority(issue), 0),
    _Column("TYPE", lambda issue, _: theme.type_(issue), 72),
)
_AFTER = (_Column("WHO", _who, 60), _Column("AGO", _when, 50))


def listing(screen: Screen, issues: Sequence[Issue]) -> str:
    """Draw a list of issues, and how many there are of each status."""
    parts = [*table(screen, issues), *legend(screen, issues)]
    return theme.render(screen, parts)


def table(screen: Screen, issues: Sequence[Issue]) -> Iterator[RenderableType]:
    """Draw a list of issues, one a line where there is room."""
    columns = {
        column: [column.cell(issue, screen) for issue in issues]
        for column in (*_BEFORE, *_AFTER)
        if screen.width >= column.from_width
    }
    columns = {c: cells for c, cells in columns.items() if any(cell.plain for cell in cells)}
    widths = {column: _width(column, cells) for column, cells in columns.items()}
    room = screen.width - 2 - sum(width + len(_GAP) for width in widths.values())
    if room < _TITLE_MIN:
        yield from _stacked(screen, issues)
        return
    titles = [theme.title(issue) for issue in issues]
    longest = max((cell_len(each.plain) for each in titles), default=0)
    for column, found in columns.items():
        # What titles leave free goes to columns that were cut.
        more = max(min(room - longest, _widest(found) - widths[column]), 0)
        widths[column] += more
        room -= more
    room = min(room, longest)
    before = [column for column in columns if column in _BEFORE]
    after = [column for column in columns if column in _AFTER]

    def row(lead: Text, cells: dict[_Column, Text], title: Text) -> Text:
        parts = [theme.padded(cells[c], widths[c]) for c in before]
        parts.append(theme.padded(title, room) if after else theme.fitted(title, room))
        parts += [theme.padded(cells[c], widths[c]) for c in after]
        return theme.joined(lead, theme.joined(*parts, between=_GAP))

    heads = {column: theme.faint(column.head) for column in columns}
    yield row(Text(" "), heads, theme.faint("TITLE"))
    for i, issue in enumerate(issues):
        cells = {column: found[i] for column, found in columns.items()}
        yield row(theme.sign(issue, screen), cells, titles[i])


def _width(column: _Column, cells: Sequence[Text]) -> int:
    widest = _widest(cells)
    is_id = column is _BEFORE[0]
    return max(widest if is_id else min(widest, _TEXT_MAX), len(column.head))


def _widest(cells: Sequence[Text]) -> int:
    return max((cell_len(cell.plain) for cell in cells), default=0)


def _stacked(screen: Screen, issues: Sequence[Issue]) -> Iterator[RenderableType]:
    """Draw each issue on two lines; an id is never cut, but broken."""
    for issue in issues:
        yield theme.joined(theme.sign(issue, screen), theme.id_(issue), theme.priority(issue))
        yield Text("  ") + theme.fitted(theme.title(issue), screen.width - 2)


def legend(screen: Screen, issues: Sequence[Issue]) -> Iterator[RenderableType]:
    """Say what the signs mean, and count."""
    counts: dict[str, int] = {}
    for issue in issues:
        counts[issue.status] = counts.get(issue.status, 0) + 1
    parts = [
        Text(theme.sign_of(status, screen), style=theme.status_style(status))
        + theme.faint(f" {count} {theme.status_name(status)}")
        for status, count in counts.items()
    ]
    yield Text("")
    yield from _wrapped(parts, screen.width)


def _wrapped(parts: Sequence[Text], width: int) -> Iterator[Text]:
    """Set parts one after another, none broken that fits a line."""
    line = Text("")
    for part in parts:
        both = theme.joined(line, part, between=_GAP)
        if line and cell_len(both.plain) > width:
            yield line
            both = part
        line = both
    yield line


def blocked(screen: Screen, found: Sequence[BlockedIssue]) -> str:
    """Draw what is blocked, each with who blocks it below."""
    parts: list[RenderableType] = []
    for each in found:
        parts.append(theme.fitted(theme.issue_line(each.issue, screen), screen.width))
        parts += [Text("    ") + theme.fitted(why, screen.width - 4) for why in _reasons(each)]
    parts += [Text(""), theme.faint(f"{len(found)} blocked")]
    return theme.render(screen, parts)


def _reasons(value: BlockedIssue) -> list[Text]:
    found = []
    for what, ids in (
        ("needs ", value.blocked_by),
        ("its parent is blocked: ", value.blocked_through),
    ):
        if ids:
            named = Text(", ").join(Text(texts.line(each), style="cyan") for each in ids)
            found.append(theme.faint(what) + named)
    if value.cycle:
        circle = " → ".join(texts.line(each) for each in [*value.cycle, value.cycle[0]])
        found.append(Text(f"they wait for one another: {circle}", style="red"))
    if not found:
        found.append(theme.faint(f"its status is {theme.status_name(value.issue.status)}"))
    return found
