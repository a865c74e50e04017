"""One issue, with all around it, and what happened to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli import times
from beadwork.doors.cli.views import moments, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.issue import Comment, Issue
from beadwork.ops.event import Event
from beadwork.ops.ready import Explained
from beadwork.ops.views import IssueDetails, LinkedIssue

_BORDER_FROM = 30
"""A narrower screen has no room for a border."""
_WIDTH_MAX = 100
"""Longer lines are hard to read."""
_TEXT_CHARS_MAX = 50_000
_USUAL = ("created", "updated")
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
_BULLET = re.compile(r"^(\s*)([-*+]|\d+[.)])\s+(.*)")
_FENCE = re.compile(r"^\s*(```|~~~)")
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def details(screen: Screen, found: Sequence[IssueDetails], *, is_local: bool = False) -> str:
    """Draw issues, each in a panel."""
    width = min(screen.width, _WIDTH_MAX)
    parts = [_panel(each, screen._replace(width=width), is_local=is_local) for each in found]
    return theme.render(screen, parts)


def _panel(value: IssueDetails, screen: Screen, *, is_local: bool) -> RenderableType:
    inner = Group(*_content(value, screen, is_local=is_local))
    if screen.width < _BORDER_FROM:
        return inner
    issue = value.issue
    name = theme.joined(theme.sign(issue, screen), theme.id_(issue))
    return Panel(inner, title=name, title_align="left", box=box.ROUNDED, width=screen.width)


def _content(value: IssueDetails, screen: Screen, *, is_local: bool) -> Iterator[RenderableType]:
    issue = value.issue
    if screen.width < _BORDER_FROM:
        yield theme.joined(theme.sign(issue, screen), theme.id_(issue))
    yield theme.heading(texts.line(issue.title))
    yield _state(issue)
    yield from _facts(value, screen, is_local=is_local)
    for name, label in texts.SECTIONS:
        content = getattr(issue, name)
        if content:
            yield from ("", theme.heading(label), _indented(body(content)))
    room = screen.width - (4 if screen.width >= _BORDER_FROM else 0)
    for label, ends in texts.around(value):
        yield from ("", theme.heading(label))
        yield from (theme.fitted(_link(each, screen), room) for each in ends)
    if issue.comments:
        yield from ("", theme.heading("Comments"))
        yield from comments(issue.comments, screen, is_local=is_local)


def _state(issue: Issue) -> Text:
    status = Text(theme.status_name(issue.status), style=theme.status_style(issue.status))
    who = Text(f"@{texts.line(issue.assignee)}", style="blue") if issue.assignee else ""
    labels = theme.faint(" ".join(f"#{texts.line(each)}" for each in issue.labels))
    parts = (theme.priority(issue), theme.type_(issue), status, who, labels)
    return theme.joined(*parts, between=" · ")


def _facts(value: IssueDetails, screen: Screen, *, is_local: bool) -> Iterator[RenderableType]:
    issue = value.issue

    def when(text: str, author: str = "") -> str:
        said = _when(text, screen, is_local=is_local) if text else ""
        return f"{said} by {author}" if said and author else said

    epoch = f", epoch {value.claim_epoch}" if value.claim_epoch else ""
    rows = (
        ("Created", when(issue.created_at, issue.created_by)),
        ("Updated", when(issue.updated_at) if issue.updated_at != issue.created_at else ""),
        ("Closed", when(issue.closed_at)),
        ("Reason", issue.close_reason),
        ("Deleted", when(issue.deleted_at, issue.deleted_by)),
        ("Reason", issue.delete_reason),
        ("Due", when(issue.due_at)),
        ("Deferred", when(issue.defer_until)),
        ("Held by", f"{value.claimed_by}{epoch}" if value.claimed_by else ""),
        ("Parent", value.parent or ""),
        ("Reference", issue.external_ref),
        ("Spec", issue.spec_id),
        ("Estimate", "" if issue.estimated_minutes is None else f"{issue.estimated_minutes} min"),
        ("Moved away", ", ".join(value.displaced)),
    )
    for label, fact in rows:
        if fact:
            yield theme.joined(theme.faint(label), texts.line(fact))


def _when(text: str, screen: Screen, *, is_local: bool) -> str:
    return times.shown(text, is_local=True) if is_local else moments.ago(text, screen.now_us)


def _link(each: LinkedIssue, screen: Screen) -> Text:
    return theme.joined(theme.far_end(each, screen), theme.faint(texts.line(each.dependency_type)))


def comments(
    found: Iterable[Comment], screen: Screen, *, is_local: bool = False
) -> Iterator[RenderableType]:
    """Draw comments: who and when on a line, below what was said."""
    for each in found:
        when = _when(each.created_at, screen, is_local=is_local)
        yield theme.joined(Text(texts.line(each.author), style="blue"), theme.faint(when))
        yield _indented(body(each.text))


def discussion(screen: Screen, found: Sequence[Comment], *, is_local: bool = False) -> str:
    """Draw the comments of an issue by themselves."""
    narrow = screen._replace(width=min(screen.width, _WIDTH_MAX))
    return theme.render(narrow, list(comments(found, narrow, is_local=is_local)))


def _indented(parts: Iterable[RenderableType]) -> RenderableType:
    """Set a text apart, so that it can't pass for a line of ours."""
    return Padding(Group(*parts), (0, 0, 0, 2))


def body(content: str) -> Iterator[RenderableType]:
    """Draw a text in the little Markdown that people write: its lines stay lines."""
    is_code = False
    shown = content[:_TEXT_CHARS_MAX].replace("\r\n", "\n").rstrip("\n")
    for line in shown.split("\n"):
        clean = texts.safe(line.expandtabs(4))
        if _FENCE.match(clean):
            is_code = not is_code
        elif is_code:
            yield Padding(Text(clean, style="green"), (0, 0, 0, 2))
        else:
            yield _marked(clean)
    if len(content) > _TEXT_CHARS_MAX:
        rest = len(content) - _TEXT_CHARS_MAX
        yield theme.faint(f"… and {rest} more characters: in a pipe all are shown")


def _marked(line: str) -> RenderableType:
    if found := _HEADING.match(line):
        return theme.heading(found[1])
    if found := _BULLET.match(line):
        indent, mark, words = found.groups()
        mark = "•" if mark in "-*+" else mark
        lead = len(indent) + len(mark) + 1
        return Padding(
            _hanging(f"{mark} ", _inline(words)), (0, 0, 0, min(lead, 8) - len(mark) - 1)
        )
    return _inline(line)


def _hanging(mark: str, words: Text) -> RenderableType:
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=len(mark))
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark), words)
    return grid


def _inline(line: str) -> Text:
    drawn = Text()
    end = 0
    for found in _INLINE.finditer(line):
        drawn.append(line[end : found.start()])
        drawn.append(found[1] or found[2], style="green" if found[1] else "bold")
        end = found.end()
    drawn.append(line[end:])
    return drawn


def explained(screen: Screen, value: Explained) -> str:
    """Say why an issue is or isn't ready."""
    verdict = Text("ready", style="green") if value.ready else Text("not ready", style="red")
    head = theme.joined(Text(texts.line(value.issue_id), style="cyan"), "is", verdict)
    parts: list[RenderableType] = [head]
    for reason in value.reasons:
        others = [each for each in reason.by if each not in reason.message]
        by = f" ({', '.join(others)})" if others else ""
        parts.append(_hanging("• ", Text(texts.line(reason.message + by))))
    return theme.render(screen, parts)


def history(screen: Screen, events: Sequence[Event], short: Callable[[Any], str]) -> str:
    """Draw what happened to an issue, latest first. `short` says a value in a few words."""
    parts: list[RenderableType] = []
    for event in events:
        head = theme.joined(
            theme.faint(moments.ago(event.at, screen.now_us)),
            Text(texts.line(event.actor), style="blue"),
            event.operation if event.kind in _USUAL else f"{event.kind} by {event.operation}",
            theme.faint(f"request {event.request}"),
            Text("undone", style="red") if event.undone else "",
        )
        parts.append(head)
        for change in event.changes:
            before, after = Text(short(change.before), style="dim"), Text(short(change.after))
            field = texts.line(change.field)
            line = theme.joined(f"  {field}:", before, "→", after)
            parts.append(line)
    return theme.render(screen, parts)


def undone(screen: Screen, issues: Sequence[Issue]) -> str:
    """Draw the issues as they are after something was taken back."""
    lines = [
        theme.joined(Text("Undone:", style="green"), theme.issue_line(issue, screen))
        for issue in issues
    ]
    return theme.render(screen, [theme.fitted(line, screen.width) for line in lines])


def error(screen: Screen, message: str, hint: str) -> str:
    """Draw an error and what to do about it."""
    parts: list[RenderableType] = [
        theme.joined(Text("Error:", style="bold red"), texts.line(message))
    ]
    if hint:
        parts.append(Padding(theme.faint(texts.line(hint)), (0, 0, 0, 2)))
    return theme.render(screen, parts)
