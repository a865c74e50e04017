"""What was found in issues: hits of a search, missing sections, pairs that are alike."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import search_text
from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.search import Snippet, Term, snippet
from beadwork.ops.duplicates import AlikePair, SameGroup
from beadwork.ops.lint import Lacking
from beadwork.ops.views import LinkedIssue, ListedIssue

_INDENT = 4
_FOUND = "bold not dim"


def hits(screen: Screen, rows: Sequence[ListedIssue], terms: Sequence[Term]) -> str:
    """Draw what a search found: below an issue a piece of the text with what was found in it."""
    parts: list[RenderableType] = []
    for row in rows:
        title = theme.title(row.issue)
        found = snippet(texts.line(row.issue.title), terms, width=len(row.issue.title))
        _mark(title, found)
        parts.append(theme.fitted(theme.issue_line(row.issue, screen, title), screen.width))
        below = search_text.below(row.issue, terms, width=max(screen.width - _INDENT, 1))
        if below is not None:
            parts.append(_indented(_mark(theme.faint(below.text), below), screen))
    return theme.render(screen, parts)


def _mark(drawn: Text, found: Snippet | None) -> Text:
    for begin, end in found.places if found else ():
        drawn.stylize(_FOUND, begin, end)
    return drawn


def _indented(drawn: Text, screen: Screen) -> Text:
    return Text(" " * _INDENT) + theme.fitted(drawn, screen.width - _INDENT)


def links(screen: Screen, found: Mapping[str, Sequence[LinkedIssue]]) -> str:
    """Draw the other ends of edges, each group under its heading if there are several."""
    parts: list[RenderableType] = []
    for head, ends in found.items():
        if len(found) > 1 and ends:
            parts += [*([Text("")] if parts else []), theme.heading(head)]
        parts += _links(screen, ends)
    return theme.render(screen, parts)


def _links(screen: Screen, ends: Sequence[LinkedIssue]) -> Iterator[Text]:
    kinds = [theme.faint(texts.line(each.dependency_type)) for each in ends]
    width = max((cell_len(kind.plain) for kind in kinds), default=0)
    for kind, end in zip(kinds, ends, strict=True):
        drawn = theme.joined(theme.padded(kind, width), theme.far_end(end, screen), between="  ")
        yield theme.fitted(drawn, screen.width)


def lacking(screen: Screen, found: Sequence[Lacking]) -> str:
    """Draw issues, each with the sections that it lacks below."""
    parts: list[RenderableType] = []
    for each in found:
        type_ = theme.faint(texts.line(each.type))
        head = theme.joined(Text(texts.line(each.id), style="cyan"), type_, texts.line(each.title))
        parts.append(theme.fitted(head, screen.width))
        parts += _wrapped(f"no {', '.join(each.missing)}", _INDENT, screen, style="yellow")
    return theme.render(screen, parts)


def same(screen: Screen, groups: Sequence[SameGroup], notes: Sequence[str]) -> str:
    """Draw groups of issues that say the same: the one to keep is marked."""
    parts: list[RenderableType] = []
    for group in groups:
        parts.append(theme.fitted(theme.heading(texts.line(group.issues[0].title)), screen.width))
        for each in group.issues:
            mark = Text("→" if each.id == group.target else " ", style="green")
            facts = (
                theme.status_name(each.status),
                f"P{each.priority}",
                texts.counted(each.references, "reference"),
            )
            name = Text(texts.line(each.id), style="cyan")
            line = theme.joined(" ", mark, name, theme.faint(" · ".join(facts)))
            parts.append(theme.fitted(line, screen.width))
    for note in notes:
        parts += _wrapped(note, 0, screen)
    return theme.render(screen, parts)


def alike(screen: Screen, pairs: Sequence[AlikePair]) -> str:
    """Draw pairs of issues, each with how alike they are."""
    parts: list[RenderableType] = []
    for pair in pairs:
        parts.append(theme.heading(f"{pair.similarity:.0%} alike"))
        for name, title in (
            (pair.issue_a_id, pair.issue_a_title),
            (pair.issue_b_id, pair.issue_b_title),
        ):
            line = theme.joined(Text(texts.line(name), style="cyan"), texts.line(title))
            parts.append(Text("  ") + theme.fitted(line, screen.width - 2))
    return theme.render(screen, parts)


def statuses(screen: Screen, rows: Sequence[tuple[str, str, str]]) -> str:
    """Draw statuses: the name of each, its category, what it means."""
    names = max(cell_len(name) for name, _, _ in rows)
    categories = max(cell_len(category) for _, category, _ in rows)
    parts: list[RenderableType] = []
    for name, category, said in rows:
        sign = Text(theme.sign_of(name, screen), style=theme.status_style(name))
        head = theme.joined(
            sign, theme.padded(Text(name), names), theme.padded(theme.faint(category), categories)
        )
        parts += _beside(head, said, screen)
    return theme.render(screen, parts)


def _beside(head: Text, said: str, screen: Screen) -> Iterator[Text]:
    """Set words beside a head, or below it where there is little room."""
    begin = cell_len(head.plain) + 2
    if screen.width - begin < _WORDS_MIN:
        yield theme.fitted(head, screen.width)
        yield from _wrapped(said, _INDENT, screen)
        return
    first, *rest = textwrap.wrap(said, screen.width - begin) or [""]
    yield theme.joined(head, first, between="  ")
    yield from (Text(" " * begin + each) for each in rest)


_WORDS_MIN = 20
"""With less room than this, words get lines of their own."""


def _wrapped(said: str, indent: int, screen: Screen, *, style: str = "") -> Iterator[Text]:
    for line in textwrap.wrap(texts.line(said), max(screen.width - indent, 1)):
        yield Text(" " * indent) + Text(line, style=style)
