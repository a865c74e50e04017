"""`bd create`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import PRIORITY, BeadCommand, pass_session, split_words
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.times import given_time
from beadwork.model.dependency import Gate
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_create import CreateIssue


def one_text(session: Session, given: dict[str, str | None], field: str) -> str | None:
    """Return the one text that was given under several names, or from a file.

    Raises:
        InvalidField: two different texts were given.
    """
    texts = []
    for name, value in given.items():
        if value is not None:
            texts.append(session.read_text(value) if name.endswith("file") else value)
    if len(set(texts)) > 1:
        names = ", ".join(f"--{name.replace('_', '-')}" for name, v in given.items() if v)
        raise InvalidField(f"{names} say different things", hint="Give one.", field=field)
    return texts[0] if texts else None


def json_value(given: str | None, field: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read a JSON argument.

    Raises:
        InvalidField: it is no JSON.
    """
    if given is None:
        return None
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError as error:
        raise InvalidField(f"The {field} is not JSON: {error}", field=field) from error


@click.command(cls=BeadCommand)
@click.argument("title", required=False)
@click.option("--title", "title_flag", help="The title, if not given as the argument.")
@click.option("-d", "--description", help="What it is about (Markdown).")
@click.option("--body", hidden=True)
@click.option("--message", hidden=True)
@click.option("--body-file", help="Read the description from a file; - is standard input.")
@click.option("--description-file", hidden=True)
@click.option("--design", help="How it is to be done.")
@click.option("--acceptance", help="When it is done.")
@click.option("--acceptance-criteria", hidden=True)
@click.option("--notes", help="Notes.")
@click.option("--append-notes", hidden=True)
@click.option("-t", "--type", "issue_type", default="task", show_default=True, help="Its type.")
@click.option("-p", "--priority", type=PRIORITY, default="2", show_default=True, help="0-4.")
@click.option("-a", "--assignee", default="", help="Who should do it.")
@click.option("-l", "--labels", multiple=True, help="Labels, comma separated.")
@click.option("--label", "more_labels", multiple=True, hidden=True)
@click.option("--deps", multiple=True, help="What it needs: `id` or `type:id`, comma separated.")
@click.option("--parent", default="", help="Make it a child of this issue.")
@click.option("--id", "issue_id", default="", help="An id of your choice.")
@click.option("--external-ref", default="", help="What it is called elsewhere.")
@click.option("--spec-id", default="", help="The specification that it belongs to.")
@click.option("-e", "--estimate", type=click.IntRange(min=0), help="Minutes of work.")
@click.option("--due", default="", help="When it is due: 2026-01-31, +2d, tomorrow.")
@click.option("--defer", default="", help="Hide it from `bd ready` until then.")
@click.option("--waits-for", default="", help="Wait for the children of this issue.")
@click.option(
    "--waits-for-gate", type=click.Choice([each.value for each in Gate]), default="all-children"
)
@click.option("--metadata", help="A JSON object to keep with it.")
@click.option("--ephemeral", is_flag=True, help="Keep it out of the exported file.")
@click.option("--force", is_flag=True, help="Take an id with a foreign prefix.")
@click.option("--silent", is_flag=True, help="Print only the id.")
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@pass_session
def create(session: Session, /, **given: Any) -> None:
    """Make an issue."""
    titles = {given["title"], given["title_flag"]} - {None}
    if len(titles) > 1:
        raise InvalidField("Two titles were given", hint="Give one.", field="title")
    session_request = _request(session, titles.pop() if titles else "", given)
    if given["dry_run"]:
        session.show({"dry_run": True, "title": session_request.title}, "Nothing stored.")
        return
    issue = session.run(session_request).issue
    if given["silent"]:
        session.write(f"{issue.id}\n")
        return
    session.show(
        shapes.issue(issue),
        lambda: (
            f"Created {issue.id}: {text.line(issue.title)}\n"
            f"  P{issue.priority} {text.line(issue.issue_type)}, {issue.status}"
        ),
    )


_DESCRIPTIONS = ("description", "body", "message", "body_file", "description_file")


def _request(session: Session, title: str, given: dict[str, Any]) -> CreateIssue:
    description = one_text(session, {n: given[n] for n in _DESCRIPTIONS}, "description")
    acceptance = one_text(
        session,
        {n: given[n] for n in ("acceptance", "acceptance_criteria")},
        "acceptance_criteria",
    )
    notes = one_text(session, {n: given[n] for n in ("notes", "append_notes")}, "notes")
    return CreateIssue(
        title=title,
        description=description or "",
        design=given["design"] or "",
        acceptance_criteria=acceptance or "",
        notes=notes or "",
        spec_id=given["spec_id"],
        issue_type=given["issue_type"],
        priority=given["priority"],
        assignee=given["assignee"],
        owner=session.world.owner(),
        labels=split_words(given["labels"] + given["more_labels"]),
        dependencies=split_words(given["deps"]),
        parent=given["parent"],
        id=given["issue_id"],
        external_ref=given["external_ref"],
        estimated_minutes=given["estimate"],
        due_at=given_time(given["due"], "due"),
        defer_until=given_time(given["defer"], "defer"),
        waits_for=given["waits_for"],
        waits_for_gate=Gate(given["waits_for_gate"]),
        ephemeral=given["ephemeral"],
        metadata=json_value(given["metadata"], "metadata"),
        force=given["force"],
    )
