"""`bd orphans`."""

import re
from typing import Any

import click

from beadwork.doors.cli import text
from beadwork.doors.cli.commands.issue import failures
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import NoRepository
from beadwork.model.issue import Issue
from beadwork.ops.issue_state import Closed, CloseIssue
from beadwork.ops.mentioned import FindMentioned

_ID_LIKE = re.compile(r"(?<![\w.-])[\w-]+-\w+(?:\.\d+)*(?![\w-]|\.\w)")


@click.command(cls=BeadCommand)
@click.option("--details", is_flag=True, help="Show the latest commit that mentions each.")
@click.option("-f", "--fix", is_flag=True, help="Close them.")
@pass_session
def orphans(session: Session, details: bool, fix: bool) -> None:
    """Show issues that commit messages mention and that are still open."""
    commits = session.world.commit_messages()
    if commits is None:
        raise NoRepository(hint="Run it inside the repository whose commits mention issues.")
    latest: dict[str, tuple[str, str]] = {}
    for commit, subject, whole in commits:
        for found in _ID_LIKE.findall(whole):
            latest.setdefault(found, (commit, subject))
    issues = session.run(FindMentioned(words=list(latest))).issues
    answers = []
    if fix and issues:
        answers = session.run_each(
            [CloseIssue(issue=each.id, reason="Implemented") for each in issues]
        )
        closed = {each.issue.id: each.issue for each in answers if isinstance(each, Closed)}
        issues = [closed.get(each.id, each) for each in issues]
    session.show(
        [_shape(each, *latest[each.id]) for each in issues],
        lambda: (
            "\n".join(_lines(each, latest[each.id], has_details=details) for each in issues)
            or "No orphans."
        ),
    )
    if answers:
        session.fail_each(failures([each.id for each in issues], answers))


def _shape(issue: Issue, commit: str, subject: str) -> dict[str, Any]:
    return {
        "issue_id": issue.id,
        "title": issue.title,
        "status": issue.status,
        "latest_commit": commit,
        "latest_commit_message": subject,
    }


def _lines(issue: Issue, latest: tuple[str, str], *, has_details: bool) -> str:
    more = f"\n    {text.line(' '.join(latest))}" if has_details else ""
    return f"{'Closed ' if issue.status == 'closed' else ''}{text.issue_line(issue)}{more}"
