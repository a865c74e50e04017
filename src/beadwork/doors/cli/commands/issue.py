"""`bd close`, `bd reopen`, `bd delete`."""

from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.ops.issue_state import Closed, CloseIssue, Deleted, DeleteIssue, Reopened, ReopenIssue


def require_ids(ids: tuple[str, ...], usage: str) -> tuple[str, ...]:
    """Return the ids that were named.

    Raises:
        InvalidField: there are none.
    """
    if not ids:
        raise InvalidField("No issue was named", hint=usage, field="id")
    return ids


def failures(names: tuple[str, ...], answers: list[Any]) -> list[tuple[str, BeadworkError]]:
    """Return what failed, by the name it was asked under."""
    return [
        (name, each)
        for name, each in zip(names, answers, strict=True)
        if isinstance(each, BeadworkError)
    ]


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1)
@click.option("-r", "--reason", help="Why it is done.")
@click.option("-m", "--message", hidden=True)
@click.option("--resolution", hidden=True)
@click.option("-f", "--force", is_flag=True, help="Although it is blocked, or another holds it.")
@click.option("--session", "session_id", default="", help="The session that closes it.")
@click.option("--epoch", type=int, help="The claim_epoch that you were granted.")
@click.option("--suggest-next", is_flag=True, help="Show what can be worked on because of it.")
@click.option("--no-auto", is_flag=True, hidden=True)
@pass_session
def close(session: Session, /, **given: Any) -> None:
    """Close one or more issues."""
    ids = require_ids(given["ids"], "bd close ID --reason ...")
    reason = given["reason"] or given["message"] or given["resolution"] or "Closed"
    answers = session.run_each(
        [
            CloseIssue(
                issue=name,
                reason=reason,
                session=given["session_id"],
                claim_epoch=given["epoch"],
                force=given["force"],
            )
            for name in ids
        ]
    )
    done = [each for each in answers if isinstance(each, Closed)]
    freed = {each.id: each for answer in done for each in answer.unblocked}
    if done:
        closed: Any = [shapes.issue(each.issue) for each in done]
        if given["suggest_next"] and freed:
            closed = {"closed": closed, "unblocked": [shapes.issue(e) for e in freed.values()]}
        lines = [
            f"{'Already closed' if each.already else 'Closed'} {text.issue_line(each.issue)}"
            for each in done
        ]
        if given["suggest_next"]:
            lines += [f"  ready now: {text.issue_line(each)}" for each in freed.values()]
        session.show(closed, "\n".join(lines))
    session.fail_each(failures(ids, answers))


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1)
@click.option("-r", "--reason", default="", help="Why; it becomes a comment.")
@click.option("--epoch", type=int, help="The claim_epoch that you were granted.")
@pass_session
def reopen(session: Session, ids: tuple[str, ...], reason: str, epoch: int | None) -> None:
    """Open one or more issues again."""
    require_ids(ids, "bd reopen ID")
    answers = session.run_each(
        [ReopenIssue(issue=name, reason=reason, claim_epoch=epoch) for name in ids]
    )
    done = [each for each in answers if isinstance(each, Reopened)]
    if done:
        session.show(
            [shapes.issue(each.issue) for each in done],
            lambda: "\n".join(
                f"{'Open already' if each.already else 'Reopened'} {text.issue_line(each.issue)}"
                for each in done
            ),
        )
    session.fail_each(failures(ids, answers))


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1)
@click.option("-f", "--force", is_flag=True, help="Do it; without, only show what would go.")
@click.option("--cascade", is_flag=True, help="And all that needs it, all the way.")
@click.option("--reason", default="", help="Why.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--from-file", help="Ids in a file, one a line.")
@pass_session
def delete(session: Session, /, **given: Any) -> None:
    """Delete issues; a tombstone stays, so that no old copy brings them back."""
    ids = given["ids"]
    if given["from_file"]:
        ids += tuple(session.read_text(given["from_file"]).split())
    require_ids(ids, "bd delete ID --force")
    is_dry = given["dry_run"] or not given["force"]
    answers = session.run_each(
        [
            DeleteIssue(
                issue=name, reason=given["reason"], cascade=given["cascade"], dry_run=is_dry
            )
            for name in ids
        ]
    )
    done = [each for each in answers if isinstance(each, Deleted)]
    gone = list(dict.fromkeys(name for each in done for name in each.deleted))
    edges = sum(each.dependencies_removed for each in done)
    if done:
        session.show(
            _deleted(gone, edges, is_dry=is_dry, is_one=len(ids) == 1), _said(gone, is_dry)
        )
    session.fail_each(failures(ids, answers))


def _deleted(gone: list[str], edges: int, *, is_dry: bool, is_one: bool) -> dict[str, Any]:
    shared: dict[str, Any] = {"dependencies_removed": edges, "references_updated": 0}
    if is_dry:
        return {"dry_run": True, "would_delete": gone, "deleted_count": 0} | shared
    if is_one and len(gone) == 1:
        return {"deleted": gone[0]} | shared
    return {"deleted": gone, "deleted_count": len(gone)} | shared


def _said(gone: list[str], is_dry: bool) -> str:
    names = ", ".join(text.line(each) for each in gone) or "nothing"
    return f"Would delete {names}; pass --force to do it" if is_dry else f"Deleted {names}"
