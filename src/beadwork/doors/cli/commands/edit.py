"""`bd edit`: for people at a terminal; programs use `bd update`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import Conflict, InvalidField
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_update import UpdateIssue

_FIELDS = {
    "title": "title",
    "description": "description",
    "design": "design",
    "notes": "notes",
    "acceptance": "acceptance_criteria",
}


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("--title", is_flag=True, help="The title.")
@click.option("--description", is_flag=True, help="The description; so without a flag.")
@click.option("--design", is_flag=True, help="The design.")
@click.option("--notes", is_flag=True, help="The notes.")
@click.option("--acceptance", is_flag=True, help="The acceptance criteria.")
@pass_session
def edit(session: Session, /, **given: Any) -> None:
    """Edit a text of an issue in your $EDITOR; only at a terminal."""
    chosen = [field for flag, field in _FIELDS.items() if given[flag]]
    if len(chosen) > 1:
        raise InvalidField("Several texts were named", hint="Edit one at a time.", field=chosen[1])
    session.require_writable()
    field = chosen[0] if chosen else "description"
    issue_id, before = _text_of(session, given["issue_id"], field)
    after = session.world.edited(before)
    if after != before and _text_of(session, issue_id, field)[1] != before:
        session.write(f"{after}\n")
        raise Conflict(
            f"The {field} of {issue_id} was changed while you edited it",
            hint="Your text is printed above; look at theirs and edit again.",
            id=issue_id,
            field=field,
        )
    changes: dict[str, Any] = {field: after}
    answer = session.run(UpdateIssue(issue=issue_id, **changes))
    verb = "Updated" if answer.is_changed else "Unchanged"
    session.show([shapes.issue(answer.issue)], f"{verb} {text.issue_line(answer.issue)}")


def _text_of(session: Session, name: str, field: str) -> tuple[str, str]:
    issue = session.run(ShowIssue(issue=name)).details.issue
    return issue.id, getattr(issue, field)
