"""How things look: signs, colours, and the one way in which drawings become text."""

import io
from collections.abc import Iterable

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.issue import Issue
from beadwork.ops.views import LinkedIssue

_SIGNS = {
    "open": ("○", "o"),
    "in_progress": ("◐", ">"),
    "blocked": ("●", "!"),
    "closed": ("✓", "x"),
    "deferred": ("❄", "z"),
}
_OTHER_SIGN = ("•", "*")
_STATUS_STYLES = {
    "in_progress": "yellow",
    "blocked": "red",
    "closed": "green",
    "deferred": "cyan",
    "tombstone": "dim",
}
_PRIORITY_STYLES = ("bold red", "yellow", "", "dim", "dim")
_TYPE_STYLES = {"bug": "red", "epic": "magenta", "feature": "green"}
_DONE = frozenset({"closed", "tombstone"})
_HEIGHT = 25


def render(screen: Screen, parts: Iterable[RenderableType]) -> str:
    """Draw parts one under another; no line ends in spaces."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=screen.width,
        height=_HEIGHT,
        force_terminal=True,
        color_system="standard" if screen.has_colours else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},  # the screen says it all
    )
    for part in parts:
        line = _line(part, screen, console)
        if line is None:
            console.print(part)
        else:
            file.write(line)
    return "".join(
        f"{line.rstrip(' ')}\n" for line in file.getvalue().removesuffix("\n").split("\n")
    )


def _line(part: RenderableType, screen: Screen, console: Console) -> str | None:
    """Return a line that fits as it is: a long list has thousands, and wrapping takes time."""
    if not isinstance(part, Text) or "\n" in part.plain or cell_len(part.plain) > screen.width:
        return None
    if not screen.has_colours:
        return f"{part.plain}\n"
    pieces = (
        style.render(words, color_system=ColorSystem.STANDARD) if style else words
        for words, style, _ in part.render(console)
    )
    return f"{''.join(pieces)}\n"


def sign_of(status: str, screen: Screen) -> str:
    """Return the sign of a status."""
    signs = _SIGNS.get(status, _OTHER_SIGN)
    return signs[0] if screen.has_signs else signs[1]


def status_style(status: str) -> str:
    """Return the colour of a status."""
    return _STATUS_STYLES.get(status, "")


def status_name(status: str) -> str:
    """Return how a status is said."""
    return texts.line(status.replace("_", " "))


def sign(issue: Issue, screen: Screen) -> Text:
    """Draw the sign of an issue."""
    return Text(sign_of(issue.status, screen), style=status_style(issue.status))


def priority(issue: Issue) -> Text:
    """Draw a priority."""
    value = issue.priority
    is_known = value is not None and 0 <= value < len(_PRIORITY_STYLES)
    style = _PRIORITY_STYLES[value] if value is not None and is_known else ""
    return Text(f"P{value}", style=style)


def type_(issue: Issue) -> Text:
    """Draw a type."""
    return Text(texts.line(issue.issue_type), style=_TYPE_STYLES.get(issue.issue_type, ""))


def id_(issue: Issue) -> Text:
    """Draw an id."""
    return Text(texts.line(issue.id), style="dim" if issue.status in _DONE else "cyan")


def title(issue: Issue, *, has_labels: bool = True) -> Text:
    """Draw a title, and the labels after it."""
    drawn = Text(texts.line(issue.title), style="dim" if issue.status in _DONE else "")
    if has_labels and issue.labels:
        drawn.append(" " + " ".join(f"#{texts.line(each)}" for each in issue.labels), style="dim")
    return drawn


def fitted(drawn: Text, width: int) -> Text:
    """Return a line cut to a width, with an ellipsis where something was cut off."""
    drawn.truncate(max(width, 1), overflow="ellipsis")
    return drawn


def padded(drawn: Text, width: int) -> Text:
    """Return a line of exactly a width."""
    fitted(drawn, width)
    drawn.append(" " * (width - cell_len(drawn.plain)))
    return drawn


def joined(*parts: Text | str, between: str = " ") -> Text:
    """Join what is not empty."""
    return Text(between).join(
        [Text(each) if isinstance(each, str) else each for each in parts if each]
    )


def issue_line(issue: Issue, screen: Screen, named: Text | None = None) -> Text:
    """Draw an issue on one line: sign, id, priority, who, and the title, as `named` draws it."""
    who = Text(f"@{texts.line(issue.assignee)}", style="blue") if issue.assignee else ""
    return joined(sign(issue, screen), id_(issue), priority(issue), who, named or title(issue))


def far_end(each: LinkedIssue, screen: Screen) -> Text:
    """Draw the issue at the other end of an edge, known here or not."""
    if each.issue is None:
        return joined("?", texts.line(each.issue_id), faint("(not known here)"))
    return issue_line(each.issue, screen)


def heading(words: str) -> Text:
    """Draw a heading."""
    return Text(words, style=Style(bold=True))


def faint(words: str) -> Text:
    """Draw what is said aside."""
    return Text(words, style="dim")
