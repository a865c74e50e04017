"""`bd list`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.filters import filter_options, find
from beadwork.doors.cli.options import COUNT, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.ops.issue import Listed, ListIssues
from beadwork.ops.views import IssueDetails

_STYLES = {"dot": text.dot, "digraph": text.digraph}


@click.command("list", cls=BeadCommand)
@filter_options
@click.option("--sort", default="priority", show_default=True, help="What to sort by.")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option("-n", "--limit", type=COUNT, help="At most so many; 0 for all (50).")
@click.option("--long", "is_long", is_flag=True, help="Show each issue whole.")
@click.option("--pretty", "--tree", "is_tree", is_flag=True, help="Children under their parents.")
@click.option("--format", "style", help="The graph as `dot` or `digraph`.")
@click.option("--no-pager", is_flag=True, hidden=True)
@pass_session
def list_(session: Session, /, **given: Any) -> None:
    """List issues: all that are not closed, most urgent first."""
    style = given["style"]
    if style is not None and style not in _STYLES:
        raise InvalidField(
            f'There is no format "{style[:60]}"', hint="Use dot, digraph or --json.", field="format"
        )
    limit = given["limit"]
    if limit is None:
        agent = limits.LIST_LIMIT_AGENT if session.is_agent() else limits.LIST_LIMIT_DEFAULT
        limit = 0 if given["has_all"] else agent
    request = ListIssues(sort=given["sort"], reverse=given["reverse"], limit=limit)
    found = find(session, given, request)
    session.show(
        [shapes.with_counts(row) for row in found.issues],
        lambda: _shown(found, given, style),
    )
    note_cut(session, found, limit)


def note_cut(session: Session, found: Any, limit: int) -> None:  # noqa: ANN401 -- two answers
    """Tell that a result was cut off, and how to see all."""
    if found.is_cut:
        session.warn(f"Only the first {limit} are shown; --limit 0 shows all.")


def _shown(found: Listed, given: dict[str, Any], style: str | None) -> str:
    if style is not None:
        return _STYLES[style](found.issues)
    if not found.issues:
        return "No issues."
    if given["is_long"]:
        rows = [IssueDetails(issue=row.issue, parent=row.parent) for row in found.issues]
        return "\n\n".join(text.details(each) for each in rows)
    return text.forest(found.issues) if given["is_tree"] else text.listing(found.issues)
