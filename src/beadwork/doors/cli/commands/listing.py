"""`bd list`, `bd count`, `bd stale`, `bd children`."""

from collections.abc import Callable
from typing import Any

import click

from beadwork.doors.cli import shapes, text, views
from beadwork.doors.cli.filters import filter_fields, filter_options
from beadwork.doors.cli.options import COUNT, ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session, let_go
from beadwork.doors.cli.views.screen import Drawing
from beadwork.model import limits
from beadwork.model.errors import InvalidField, InvalidRequest
from beadwork.ops.issue import CountIssues, Listed, ListIssues
from beadwork.ops.views import IssueDetails

_CLEAR = "\x1b[H\x1b[2J"
_STYLES = {"dot": text.dot, "digraph": text.digraph}


@click.command("list", cls=BeadCommand)
@filter_options
@click.option("--sort", default="priority", show_default=True, help="What to sort by.")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option("-n", "--limit", type=COUNT, help="At most so many; 0 for all (50).")
@click.option("--long", "is_long", is_flag=True, help="Show each issue whole.")
@click.option("--pretty", "--tree", "is_tree", is_flag=True, help="Children under their parents.")
@click.option("--flat", is_flag=True, help="One line an issue, as without --tree.")
@click.option("--format", "style", help="The graph as `dot` or `digraph`.")
@click.option("-w", "--watch", is_flag=True, help="Show it anew whenever something changes.")
@click.option("--no-pager", is_flag=True, hidden=True)
@click.option("--skip-labels", is_flag=True, hidden=True)
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
    fields = filter_fields(session, given)
    request = ListIssues(**fields, sort=given["sort"], reverse=given["reverse"], limit=limit)

    def once() -> None:
        found = session.run(request)
        _show(session, found, lambda: _shown(found, given, style), _drawn(found, given, style))
        note_cut(session, found, limit)

    if given["watch"]:
        _watch(session, once)
    else:
        once()


def _watch(session: Session, show: Callable[[], None]) -> None:
    """Show something on a terminal, and again after each change, until nobody looks.

    Raises:
        InvalidRequest: there is no terminal, and a program would wait for ever.
    """
    if session.flags.is_json or session.terminal() is None:
        raise InvalidRequest(
            "--watch shows a list on a terminal", hint="`bd watch` waits for a change, and ends."
        )
    while True:
        seen = session.world.glimpse(session.engine)
        session.write(_CLEAR)
        show()
        if not session.await_change(seen, None) or not session.streams.is_read:
            return


_GROUPINGS = ("status", "priority", "type", "assignee", "label")


def _grouping_options(command: Any) -> Any:  # noqa: ANN401 -- any command
    for name in reversed(_GROUPINGS):
        command = click.option(f"--by-{name}", is_flag=True, help=f"In groups by {name}.")(command)
    return command


@click.command(cls=BeadCommand)
@filter_options
@_grouping_options
@pass_session
def count(session: Session, /, **given: Any) -> None:
    """Count issues: those that `bd list` would list, without its limit."""
    asked = [name for name in _GROUPINGS if given[f"by_{name}"]]
    if len(asked) > 1:
        raise InvalidField(
            f"Issues are counted by one thing at a time, not by {' and '.join(asked)}",
            hint="Give one of the --by flags.",
            field="by",
        )
    by = asked[0] if asked else None
    found = session.run(CountIssues(**filter_fields(session, given), by=by))
    if found.groups is None:
        session.show({"count": found.count}, str(found.count))
        return
    lines = [f"{text.line(each.group)}: {each.count}" for each in found.groups]
    session.show(
        {"total": found.count, "groups": found.groups},
        "\n".join([f"Total: {found.count}", *([""] if lines else []), *lines]),
    )


@click.command(cls=BeadCommand)
@click.option("-d", "--days", type=int, default=30, show_default=True, help="For so many days.")
@click.option("-n", "--limit", type=COUNT, default=50, show_default=True, help="0 for all.")
@click.option("-s", "--status", multiple=True, help="Only these statuses.")
@pass_session
def stale(session: Session, /, **given: Any) -> None:
    """List what is not closed and has not been changed for long, longest first."""
    days, limit = given["days"], given["limit"]
    if not 1 <= days <= _DAYS_MAX:
        raise InvalidField(
            f"{days} days is no time to wait", hint="Use 1 or more, such as 30.", field="days"
        )
    fields = filter_fields(session, given)
    if fields.get("all") or {"closed", "tombstone"}.intersection(fields.get("statuses", ())):
        raise InvalidField(
            "What is closed is not stale",
            hint="Use open, in_progress, blocked, deferred, or a status of your own.",
            field="status",
        )
    found = session.run(
        ListIssues(
            **fields,
            updated_before=f"-{days}d",
            sort="updated",
            reverse=True,
            limit=limit,
        )
    )
    session.show(
        [shapes.issue(row.issue) for row in found.issues],
        lambda: text.listing(found.issues) or f"Everything was changed within {days} days.",
        views.listing(found.issues),
    )
    note_cut(session, found, limit)


_DAYS_MAX = 36_500


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--pretty", is_flag=True, hidden=True)
@pass_session
def children(session: Session, issue_id: str, *, pretty: bool) -> None:
    """List the children of an issue, closed ones too."""
    del pretty
    found = session.run(
        ListIssues(parent=issue_id, all=True, limit=0, include_gates=True, include_templates=True)
    )
    _show(
        session,
        found,
        lambda: text.listing(found.issues) or "It has no children.",
        views.listing(found.issues),
    )


def _show(
    session: Session, found: Listed, shown: Callable[[], str], drawn: Drawing | None = None
) -> None:
    rows = [shapes.with_counts(row) for row in found.issues]
    session.show(rows, shown, drawn)
    let_go(rows)
    let_go(found.issues)


def note_cut(session: Session, found: Any, limit: int) -> None:  # noqa: ANN401 -- two answers
    """Tell that a result was cut off, and how to see all."""
    if found.is_cut:
        some = f"first {limit} are" if limit > 1 else "first is"
        session.warn(f"Only the {some} shown; --limit 0 shows all.")


def _drawn(found: Listed, given: dict[str, Any], style: str | None) -> Drawing | None:
    if style is not None or not found.issues:
        return None
    if given["is_long"]:
        return views.details(_wholes(found))
    return views.forest(found.issues) if given["is_tree"] else views.listing(found.issues)


def _wholes(found: Listed) -> list[IssueDetails]:
    return [IssueDetails(issue=row.issue, parent=row.parent) for row in found.issues]


def _shown(found: Listed, given: dict[str, Any], style: str | None) -> str:
    if style is not None:
        return _STYLES[style](found.issues)
    if not found.issues:
        return "No issues."
    if given["is_long"]:
        return "\n\n".join(text.details(each) for each in _wholes(found))
    return text.forest(found.issues) if given["is_tree"] else text.listing(found.issues)
