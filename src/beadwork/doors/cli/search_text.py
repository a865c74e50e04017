"""How hits are shown: an issue a line, below it a piece of the text in which it was found."""

from collections.abc import Sequence

from beadwork.doors.cli import text
from beadwork.model.issue import Issue
from beadwork.model.search import Snippet, Term, snippet
from beadwork.ops.views import ListedIssue

_WIDTH = 90
_INDENT = "    "


def hits(rows: Sequence[ListedIssue], terms: Sequence[Term]) -> str:
    """Show what a search found."""
    return "\n".join(_hit(row.issue, terms) for row in rows)


def _hit(issue: Issue, terms: Sequence[Term]) -> str:
    found = below(issue, terms, width=_WIDTH)
    return text.issue_line(issue) + (f"\n{_INDENT}{found.text}" if found else "")


def below(issue: Issue, terms: Sequence[Term], *, width: int) -> Snippet | None:
    """Return a piece of the first text, other than the title, in which something was found."""
    texts = (
        issue.description,
        issue.design,
        issue.acceptance_criteria,
        issue.notes,
        *(comment.text for comment in issue.comments),
    )
    pieces = (snippet(text.line(each), terms, width=width) for each in texts if each)
    return next((piece for piece in pieces if piece), None)
