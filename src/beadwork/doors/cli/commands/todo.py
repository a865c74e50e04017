"""`bd todo`: short ways for tasks."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text, views
from beadwork.doors.cli.commands.issue import failures, require_ids
from beadwork.doors.cli.options import ID, PRIORITY, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.overriding import override


class _Todo(BeadGroup):
    """`bd todo` alone lists."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take no subcommand, or only flags, as the list."""
        if not any(not each.startswith("-") for each in args) and "--help" not in args:
            args = ["list", *args] if "-h" not in args else args
        return super().parse_args(ctx, args)


@click.group(cls=_Todo)
def todo() -> None:
    """Note tasks, list them, and check them off."""


@todo.command("add", cls=BeadCommand)
@click.argument("words", metavar="TITLE", nargs=-1)
@click.option("-p", "--priority", type=PRIORITY, default="2", show_default=True, help="0-4.")
@click.option("-d", "--description", default="", help="What it is about (Markdown).")
@pass_session
def add(session: Session, /, **given: Any) -> None:
    """Make a task for yourself."""
    from beadwork.ops.issue_create import CreateIssue

    if not given["words"]:
        raise InvalidField("No title was given", hint='bd todo add "Title"', field="title")
    request = CreateIssue(
        title=" ".join(given["words"]),
        description=given["description"],
        priority=given["priority"],
        assignee=session.caller.holder.actor,
        owner=session.world.owner(),
    )
    issue = session.run(request).issue
    session.show(
        shapes.issue(issue), lambda: f"Created {text.line(issue.id)}: {text.line(issue.title)}"
    )


@todo.command("list", cls=BeadCommand)
@click.option("-a", "--all", "is_all", is_flag=True, help="Also those that are not open.")
@pass_session
def list_(session: Session, is_all: bool) -> None:
    """Show the open tasks, most urgent first."""
    from beadwork.ops.issue import ListIssues

    statuses = [] if is_all else ["open"]
    request = ListIssues(statuses=statuses, all=is_all, issue_types=["task"], limit=0)
    found = session.run(request).issues
    session.show(
        [shapes.issue(each.issue) for each in found],
        lambda: text.listing(found) or "No tasks.",
        views.listing(found),
    )


@todo.command("done", cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("-r", "--reason", default="Completed", help="Why it is done.")
@pass_session
def done(session: Session, ids: tuple[str, ...], reason: str) -> None:
    """Close tasks."""
    from beadwork.ops.issue_state import Closed, CloseIssue

    ids = require_ids(ids, "bd todo done ID")
    answers = session.run_each([CloseIssue(issue=each, reason=reason) for each in ids])
    closed = [each for each in answers if isinstance(each, Closed)]
    if closed:
        session.show(
            {"closed": [each.issue.id for each in closed], "reason": reason},
            lambda: "\n".join(
                f"{'Already closed' if each.already else 'Closed'} {text.issue_line(each.issue)}"
                for each in closed
            ),
        )
    session.fail_each(failures(ids, answers))
