"""`bd search` and `bd query`."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from beadwork.doors.cli import search_text, shapes, text, views
from beadwork.doors.cli.commands.listing import note_cut
from beadwork.doors.cli.filters import filter_fields, filter_options
from beadwork.doors.cli.options import COUNT, BeadCommand, one_of, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.views.screen import Drawing
from beadwork.model import limits
from beadwork.model.errors import InvalidQuery, StoreReadOnly
from beadwork.model.query import parse, shown
from beadwork.model.search import sought
from beadwork.ops.query import QueryIssues
from beadwork.ops.search import BEST, CountQueued, Found, IndexTexts, SearchIssues
from beadwork.ops.views import IssueDetails, ListedIssue

_MANY = 5000


@click.command("search", cls=BeadCommand)
@click.argument("words", metavar="[QUERY]...", nargs=-1)
@click.option("--query", help="What to search for, as the words would say it.")
@filter_options
@click.option("--sort", default=BEST, show_default=True, help="What to sort by, as `bd list`.")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option(
    "-n", "--limit", type=COUNT, default=limits.LIST_LIMIT_DEFAULT, show_default=True,
    help="At most so many; 0 for all.",
)  # fmt: skip
@click.option("--long", "is_long", is_flag=True, help="Show each issue whole.")
@pass_session
def search(session: Session, /, words: tuple[str, ...], query: str | None, **given: Any) -> None:
    """Find issues by their texts, closed ones too, the best first.

    All words must be there, in any order. "Quotes" hold a phrase together, a star ends the start
    of a word, and the last word is one anyhow. Where that does not fill the list, parts of words
    in id, title and description are found too.
    """
    typed = " ".join(words) if words else None
    asked = one_of({"QUERY": typed, "query": query}, "query") or ""
    fields = filter_fields(session, given)
    _index(session)
    found = session.run(
        SearchIssues(
            **fields,
            query=asked,
            sort=given["sort"],
            reverse=given["reverse"],
            limit=given["limit"],
        )
    )
    session.show(
        [shapes.with_counts(row) for row in found.issues],
        lambda: _shown(found, asked, is_long=given["is_long"]),
        _drawn(found, asked, is_long=given["is_long"]),
    )
    note_cut(session, found, given["limit"])


def _index(session: Session) -> None:
    """Bring the index up to date, where that may be; a search works without it too."""
    if session.flags.is_read_only:
        return
    count = session.run(CountQueued()).count
    if count > _MANY:
        session.warn(f"Indexing the texts of {count:,} issues, once.")
    try:
        session.run(IndexTexts())
    except StoreReadOnly:
        return


def _shown(found: Found, query: str, *, is_long: bool) -> str:
    if not found.issues:
        return f"No issues found for {text.line(query)}." if query else "No issues found."
    if is_long:
        return text_of_whole(found.issues)
    return search_text.hits(found.issues, sought(query))


def _drawn(found: Found, query: str, *, is_long: bool) -> Drawing | None:
    if is_long or not found.issues:
        return None
    return views.hits(found.issues, sought(query))


def text_of_whole(rows: Sequence[ListedIssue]) -> str:
    """Show each issue whole."""
    whole = [IssueDetails(issue=row.issue, parent=row.parent) for row in rows]
    return "\n\n".join(text.details(each) for each in whole)


@click.command("query", cls=BeadCommand)
@click.argument("words", metavar="EXPRESSION", nargs=-1)
@click.option("-a", "--all", "has_all", is_flag=True, help="Closed ones too.")
@click.option(
    "--sort", default="priority", show_default=True, help="What to sort by, as `bd list`."
)
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option(
    "-n", "--limit", type=COUNT, default=limits.LIST_LIMIT_DEFAULT, show_default=True,
    help="At most so many; 0 for all.",
)  # fmt: skip
@click.option("--long", "is_long", is_flag=True, help="Show each issue whole.")
@click.option("--parse-only", is_flag=True, help="Say only how the expression is understood.")
@pass_session
def query(session: Session, /, words: tuple[str, ...], **given: Any) -> None:
    """Find issues by an expression: status=open AND (priority<=1 OR label=urgent).

    A field, one of = != < <= > >=, and a value or several with commas between them; AND, OR, NOT
    and parentheses. Fields are status, priority, type, assignee, owner, label, title, description,
    notes, id, parent, spec, created, updated, closed, due, defer, pinned, ephemeral, template,
    mol_type, metadata.KEY and more. Dates are 2026-01-31, 7d (7 days ago) or "next monday"; none
    means nothing. Closed issues are found only if the expression asks for a status, or with --all.
    """
    expression = " ".join(words)
    with _pointing(session):
        if given["parse_only"]:
            said = shown(parse(expression))
            session.show({"query": expression, "parsed": said}, f"Parsed query: {text.line(said)}")
            return
        found = session.run(
            QueryIssues(
                expression=expression,
                all=given["has_all"],
                sort=given["sort"],
                reverse=given["reverse"],
                limit=given["limit"],
                zone_offset_s=time.localtime().tm_gmtoff,
            )
        )
    session.show(
        [shapes.with_counts(row) for row in found.issues],
        lambda: _listing(found.issues, is_long=given["is_long"]),
        None if given["is_long"] else views.listing(found.issues),
    )
    note_cut(session, found, given["limit"])


def _listing(rows: Sequence[ListedIssue], *, is_long: bool) -> str:
    if not rows:
        return "No issues found."
    return text_of_whole(rows) if is_long else text.listing(rows)


@contextlib.contextmanager
def _pointing(session: Session) -> Iterator[None]:
    """Show people a query that is wrong, and below it where."""
    try:
        yield
    except InvalidQuery as error:
        if not session.flags.is_json and error.data.get("query"):
            line, _, mark = str(error.data["caret"]).partition("\n")
            session.warn(f"  {text.line(line)}\n  {mark}")
        raise
