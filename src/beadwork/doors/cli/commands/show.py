"""`bd show`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.ops.issue import ShowIssue
from beadwork.ops.views import IssueDetails, LinkedIssue


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("--id", "more_ids", multiple=True, type=ID, help="An id that looks like a flag.")
@click.option("--short", "is_short", is_flag=True, help="One line an issue.")
@click.option("--children", "has_children", is_flag=True, help="Only its children.")
@click.option("--refs", "has_refs", is_flag=True, help="Only what refers to it.")
@click.option("--local-time", is_flag=True, help="Times in the zone of this machine.")
@pass_session
def show(session: Session, /, **given: Any) -> None:
    """Show issues with their edges and comments."""
    names = given["ids"] + given["more_ids"]
    if not names:
        raise InvalidField("No issue was named", hint="bd show ID", field="id")
    found: list[IssueDetails] = []
    failed: list[tuple[str, BeadworkError]] = []
    for name in names:
        try:
            found.append(session.run(ShowIssue(issue=name)).details)
        except BeadworkError as error:
            failed.append((name, error))
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
