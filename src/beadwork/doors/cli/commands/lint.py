"""`bd lint`."""

import click

from beadwork.doors.cli import text, views
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.ops.lint import Linted, LintIssues

_ANSWER_NO = 1


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("-s", "--status", help="Those of this status; all for any.  [default: open]")
@click.option("-t", "--type", "issue_type", default="", help="Only this type.")
@pass_session
def lint(session: Session, ids: tuple[str, ...], status: str | None, issue_type: str) -> None:
    """Find issues whose description lacks the sections that their type should have."""
    if ids and (status is not None or issue_type):
        raise InvalidField("Both ids and a filter were given", hint="Give one.", field="id")
    failed: list[tuple[str, BeadworkError]] = []
    found = Linted(checked=0, results=[])
    for name in dict.fromkeys(ids):
        try:
            one = session.run(LintIssues(ids=[name]))
        except BeadworkError as error:
            failed.append((name, error))
            continue
        found.checked += one.checked
        found.results += one.results
    if not ids:
        found = session.run(LintIssues(status=status or "open", issue_type=issue_type))
    if found.checked or not failed:
        _show(session, found)
    session.fail_each(failed)


def _show(session: Session, found: Linted) -> None:
    shown = [
        {
            "id": each.id,
            "title": each.title,
            "type": each.type,
            "missing": [f"## {name}" for name in each.missing],
            "warnings": len(each.missing),
        }
        for each in found.results
    ]
    total = sum(len(each.missing) for each in found.results)
    lines = [
        f"{text.line(each.id)} [{text.line(each.type)}] {text.line(each.title)}: "
        f"no {', '.join(each.missing)}"
        for each in found.results
    ]
    session.show(
        {"total": total, "issues": len(shown), "results": shown},
        "\n".join(lines) or f"Nothing is missing in {found.checked} issues.",
        views.lacking(found.results),
    )
    if found.results:
        session.exit_code = max(session.exit_code, _ANSWER_NO)
