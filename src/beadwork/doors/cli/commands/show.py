"""`bd show`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text, times, views
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField, UnknownIssue
from beadwork.ops.dependency import ListDependencies, ShowTree, TreeNode
from beadwork.ops.issue import ListIssues, ShowIssue
from beadwork.ops.issue_past import PastIssue, ShowPast
from beadwork.ops.views import IssueDetails, LinkedIssue

_REPLIES = "replies-to"
_VIEWS = ("has_children", "has_refs", "has_thread", "as_of")


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("--id", "more_ids", multiple=True, type=ID, help="An id that looks like a flag.")
@click.option("--current", "is_current", is_flag=True, help="What you work on: your claims.")
@click.option("--short", "is_short", is_flag=True, help="One line an issue.")
@click.option("--children", "has_children", is_flag=True, help="Only its children.")
@click.option("--refs", "has_refs", is_flag=True, help="Only what refers to it.")
@click.option("--thread", "has_thread", is_flag=True, help="Only the talk that it belongs to.")
@click.option("--as-of", metavar="TIME", help="As it was then: 2026-01-31, -2d, yesterday.")
@click.option("--local-time", is_flag=True, help="Times in the zone of this machine.")
@click.option("--include-comments", is_flag=True, hidden=True)  # They are always shown.
@click.option("--include-dependents", is_flag=True, hidden=True)
@click.option("--long", "is_long", is_flag=True, hidden=True)
@click.option("-w", "--watch", is_flag=True, hidden=True)
@pass_session
def show(session: Session, /, **given: Any) -> None:
    """Show issues with their edges and comments."""
    if given["watch"]:
        raise InvalidField("`bd show` does not wait", hint="Use `bd watch ID`.", field="watch")
    views = [each for each in _VIEWS if given[each]]
    if len(views) > 1:
        flags = " and ".join(f"--{each.removeprefix('has_').replace('_', '-')}" for each in views)
        raise InvalidField(f"{flags} show different things", hint="Give one.", field="view")
    names = [*given["ids"], *given["more_ids"], *(_current(session) if given["is_current"] else ())]
    if not names:
        raise InvalidField("No issue was named", hint="bd show ID", field="id")
    names = list(dict.fromkeys(names))
    if given["as_of"] is not None:
        _show_past(session, names, given["as_of"])
    elif given["has_thread"]:
        _show_threads(session, names)
    else:
        _show_present(session, names, given)


def _current(session: Session) -> list[str]:
    """Return what the caller works on, the latest first."""
    actor = session.caller.holder.actor
    mine = ListIssues(assignee=actor, statuses=["in_progress", "hooked"], sort="updated", limit=0)
    found = [each.issue.id for each in session.run(mine).issues]
    if not found:
        raise UnknownIssue(f"{actor} works on nothing", hint="Take work: `bd ready --claim`.")
    return found


def _each(session: Session, names: list[str], request: Any) -> tuple[list[Any], Any]:  # noqa: ANN401
    found: list[Any] = []
    failed: list[tuple[str, BeadworkError]] = []
    for name in names:
        try:
            found.append(session.run(request(name)))
        except BeadworkError as error:
            failed.append((name, error))
    return found, failed


def _show_present(session: Session, names: list[str], given: dict[str, Any]) -> None:
    answers, failed = _each(session, names, lambda name: ShowIssue(issue=name))
    found: list[IssueDetails] = [each.details for each in answers]
    if found and (given["has_children"] or given["has_refs"]):
        _show_links(session, found, is_children=given["has_children"])
    elif found:
        session.show(
            [shapes.details(each) for each in found],
            lambda: (
                text.listing(found)
                if given["is_short"]
                else "\n\n".join(text.details(each, is_local=given["local_time"]) for each in found)
            ),
            None if given["is_short"] else views.details(found, is_local=given["local_time"]),
        )
    session.fail_each(failed)


def _show_links(session: Session, found: list[IssueDetails], *, is_children: bool) -> None:
    links = {
        each.issue.id: [
            link
            for link in each.dependents
            if not is_children or link.dependency_type == "parent-child"
        ]
        for each in found
    }
    session.show(
        {name: [shapes.link(each) for each in ends] for name, ends in links.items()},
        lambda: "\n\n".join(_links(name, ends) for name, ends in links.items()),
    )


def _links(name: str, ends: list[LinkedIssue]) -> str:
    lines = [f"  {text.link(each)}" for each in ends] or ["  none"]
    return "\n".join([f"{text.line(name)}:", *lines])


def _show_past(session: Session, names: list[str], moment: str) -> None:
    at = times.given_time(moment, "as_of")
    found, failed = _each(session, names, lambda name: ShowPast(issue=name, at=at))
    if found:
        session.show(
            [_past(each) for each in found], lambda: "\n\n".join(_past_text(each) for each in found)
        )
    session.fail_each(failed)


def _past(value: PastIssue) -> shapes.Json:
    shown = shapes.issue(value.issue, without=()) | {"as_of": value.as_of}
    return shown | ({"known_since": value.since} if value.since else {})


def _past_text(value: PastIssue) -> str:
    head = f"As of {times.shown(value.as_of)}:"
    if value.since:
        head += f" (what is known begins {times.shown(value.since)}, when it came from the file)"
    ends = [
        LinkedIssue(issue_id=each.depends_on_id, dependency_type=each.type)
        for each in value.issue.dependencies
    ]
    details = text.details(IssueDetails(issue=value.issue))
    needs = [f"  {text.line(each.dependency_type)}: {text.line(each.issue_id)}" for each in ends]
    return "\n".join([head, details, *(["", "Needs:", *needs] if needs else [])])


def _show_threads(session: Session, names: list[str]) -> None:
    def thread(name: str) -> ShowTree:
        return ShowTree(issue=_first_of(session, name), direction="up", kind=_REPLIES)

    answers, failed = _each(session, names, thread)
    nodes: dict[str, TreeNode] = {node.issue.id: node for each in answers for node in each.nodes}
    if nodes:
        session.show(
            [shapes.tree_node(each) for each in nodes.values()],
            lambda: "\n".join(_said(each) for each in nodes.values()),
        )
    session.fail_each(failed)


def _first_of(session: Session, name: str) -> str:
    """Return the issue that a talk began with."""
    way = [name]
    while True:
        request = ListDependencies(issue=way[-1], kind=_REPLIES)
        found = [each.issue_id for each in session.run(request).dependencies if each.issue]
        if not found or found[0] in way:
            return way[-1]
        way.append(found[0])


def _said(node: TreeNode) -> str:
    issue, indent = node.issue, "  " * node.depth
    who = issue.sender or issue.created_by
    head = f"{indent}{times.shown(issue.created_at)} {text.line(who)}: {text.issue_line(issue)}"
    return f"{head}\n{text.block(issue.description, indent + '  ')}" if issue.description else head
