"""How hits are shown: an issue a line, below it a piece of the text with what was found in it."""

from collections.abc import Sequence

from beadwork.doors.cli import text
from beadwork.model.issue import Issue
from beadwork.model.search import Snippet, Term, snippet
from beadwork.ops.views import ListedIssue

_WIDTH = 90
_INDENT = "    "
_BOLD, _PLAIN = "\x1b[1m", "\x1b[22m"


def hits(rows: Sequence[ListedIssue], terms: Sequence[Term], *, is_bold: bool = False) -> str:
    """Show what a search found."""
    return "\n".join(_hit(row.issue, terms, is_bold=is_bold) for row in rows)


def _hit(issue: Issue, terms: Sequence[Term], *, is_bold: bool) -> str:
    title = text.line(issue.title)
    head = text.issue_line(issue).removesuffix(title)
    in_title = snippet(title, terms, width=len(title))
    lines = [head + (_marked(in_title, is_bold=is_bold) if in_title else title)]
    below = _below(issue, terms)
    if below is not None:
        lines.append(_INDENT + _marked(below, is_bold=is_bold))
    return "\n".join(lines)


def _below(issue: Issue, terms: Sequence[Term]) -> Snippet | None:
    """Return a piece of the first text, other than the title, in which something was found."""
    texts = (
        issue.description,
        issue.design,
        issue.acceptance_criteria,
        issue.notes,
        *(comment.text for comment in issue.comments),
    )
    pieces = (snippet(text.line(each), terms, width=_WIDTH) for each in texts if each)
    return next((piece for piece in pieces if piece), None)


def _marked(piece: Snippet, *, is_bold: bool) -> str:
    if not is_bold:
        return piece.text
    shown, last = "", 0
    for begin, end in piece.places:
        shown += f"{piece.text[last:begin]}{_BOLD}{piece.text[begin:end]}{_PLAIN}"
        last = end
    return shown + piece.text[last:]
