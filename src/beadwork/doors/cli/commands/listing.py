"""`bd list` and `bd show`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import PRIORITY, BeadCommand, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.times import given_time
from beadwork.model import limits
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.ops.issue import Listed, ListIssues, ShowIssue
from beadwork.ops.views import IssueDetails

_RANGES = tuple(
    f"{noun}_{side}" for noun in ("created", "updated", "closed") for side in ("after", "before")
)


@click.command("list", cls=BeadCommand)
@click.option("-s", "--status", multiple=True, help="Only these statuses, comma separated.")
@click.option("-t", "--type", "issue_type", multiple=True, help="Only these types.")
@click.option("-p", "--priority", type=PRIORITY, help="Only this priority.")
@click.option("--priority-min", type=PRIORITY, help="This priority or less urgent.")
@click.option("--priority-max", type=PRIORITY, help="This priority or more urgent.")
@click.option("-a", "--assignee", help='Only of this assignee; "" for nobody\'s.')
@click.option("--no-assignee", is_flag=True, help="Only nobody's.")
@click.option("-l", "--label", multiple=True, help="With all of these labels.")
@click.option("--label-any", multiple=True, help="With any of these labels.")
@click.option("--no-labels", is_flag=True, help="Without labels.")
@click.option("--id", "ids", multiple=True, help="Only these ids.")
@click.option("--title", "title_word", help="With this text in the title.")
@click.option("--title-contains", help="With this text in the title.")
@click.option("--parent", help="Children of this issue.")
@click.option("--filter-parent", hidden=True)
@click.option("--created-after", help="Made at or after: 2026-01-31, +2d, ...")
@click.option("--created-before", help="Made at or before.")
@click.option("--updated-after", help="Changed at or after.")
@click.option("--updated-before", help="Changed at or before.")
@click.option("--closed-after", help="Closed at or after.")
@click.option("--closed-before", help="Closed at or before.")
@click.option("--pinned", is_flag=True, help="Only pinned ones.")
@click.option("--no-pinned", is_flag=True, help="Without pinned ones.")
@click.option("--all", "has_all", is_flag=True, help="Closed ones too, without a limit.")
@click.option("--include-gates", is_flag=True, help="Gates too.")
@click.option("--include-templates", is_flag=True, help="Templates too.")
@click.option("--sort", default="priority", show_default=True, help="What to sort by.")
@click.option("-r", "--reverse", is_flag=True, help="The other way round.")
@click.option("-n", "--limit", type=click.IntRange(min=0), help="At most so many; 0 for all.")
@click.option("--long", "is_long", is_flag=True, help="Show each issue whole.")
@pass_session
def list_(session: Session, /, **given: Any) -> None:
    """List issues: all that are not closed, most urgent first."""
    limit = given["limit"]
    if limit is None:
        agent = limits.LIST_LIMIT_AGENT if session.is_agent() else limits.LIST_LIMIT_DEFAULT
        limit = 0 if given["has_all"] else agent
    found = session.run(_request(given, limit))
    session.show(
        [shapes.with_counts(row) for row in found.issues],
        lambda: _long(found) if given["is_long"] else text.listing(found.issues, "No issues."),
    )
    note_cut(session, found, limit)


def note_cut(session: Session, found: Any, limit: int) -> None:  # noqa: ANN401 -- two answers
    """Tell that a result was cut off, and how to see all."""
    if found.is_cut:
        session.warn(f"Only the first {limit} are shown; --limit 0 shows all.")


def _long(found: Listed) -> str:
    whole = [text.details(IssueDetails(issue=row.issue, parent=row.parent)) for row in found.issues]
    return "\n\n".join(whole) or "No issues."


def _request(given: dict[str, Any], limit: int) -> ListIssues:
    assignee = given["assignee"]
    is_pinned = {(True, False): True, (False, True): False}.get(
        (given["pinned"], given["no_pinned"])
    )
    if given["pinned"] and given["no_pinned"]:
        raise InvalidField("It can't be both --pinned and --no-pinned", field="pinned")
    ranges = {name: given_time(given[name], name) for name in _RANGES if given[name] is not None}
    return ListIssues(
        statuses=split_words(given["status"]),
        all=given["has_all"],
        issue_types=split_words(given["issue_type"]),
        priority=given["priority"],
        priority_min=given["priority_min"],
        priority_max=given["priority_max"],
        assignee=assignee or None,
        no_assignee=given["no_assignee"] or assignee == "",
        labels=split_words(given["label"]),
        labels_any=split_words(given["label_any"]),
        no_labels=given["no_labels"],
        ids=split_words(given["ids"]),
        title_contains=given["title_contains"] or given["title_word"],
        parent=given["parent"] or given["filter_parent"],
        pinned=is_pinned,
        sort=given["sort"],
        reverse=given["reverse"],
        limit=limit,
        include_gates=given["include_gates"],
        include_templates=given["include_templates"],
        **ranges,
    )


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1)
@click.option("--id", "more_ids", multiple=True, help="An id that looks like a flag.")
@click.option("--short", "is_short", is_flag=True, help="One line an issue.")
@pass_session
def show(session: Session, ids: tuple[str, ...], more_ids: tuple[str, ...], is_short: bool) -> None:
    """Show issues with their edges and comments."""
    names = ids + more_ids
    if not names:
        raise InvalidField("No issue was named", hint="bd show ID", field="id")
    found: list[IssueDetails] = []
    failed: list[tuple[str, BeadworkError]] = []
    for name in names:
        try:
            found.append(session.run(ShowIssue(issue=name)).details)
        except BeadworkError as error:
            failed.append((name, error))
    if found:
        session.show(
            [shapes.details(each) for each in found],
            lambda: (
                "\n".join(text.issue_line(each.issue) for each in found)
                if is_short
                else "\n\n".join(text.details(each) for each in found)
            ),
        )
    session.fail_each(failed)
