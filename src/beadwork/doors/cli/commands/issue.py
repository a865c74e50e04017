"""`bd close`, `bd reopen`, `bd delete`."""

from collections.abc import Sequence
from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, one_of, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_state import Closed, CloseIssue, Deleted, DeleteIssue, Reopened, ReopenIssue


def require_ids(ids: tuple[str, ...], usage: str) -> tuple[str, ...]:
    """Return the ids that were named, each once.

    Raises:
        InvalidField: there are none.
    """
    if not ids:
        raise InvalidField("No issue was named", hint=usage, field="id")
    return tuple(dict.fromkeys(ids))


def failures(names: Sequence[str], answers: list[Any]) -> list[tuple[str, BeadworkError]]:
    """Return what failed, by the name it was asked under."""
    return [
        (name, each)
        for name, each in zip(names, answers, strict=True)
        if isinstance(each, BeadworkError)
    ]


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("-r", "--reason", help="Why it is done.")
@click.option("--reason-file", help="Read the reason from a file; - is standard input.")
@click.option("-m", "--message", hidden=True)
@click.option("--resolution", hidden=True)
@click.option("-f", "--force", is_flag=True, help="Although it is blocked, or another holds it.")
@click.option("--session", "session_id", default="", help="The session that closes it.")
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@click.option("--suggest-next", is_flag=True, help="Show what can be worked on because of it.")
@click.option("--no-auto", is_flag=True, hidden=True)
@pass_session
def close(session: Session, /, **given: Any) -> None:
    """Close one or more issues."""
    ids = require_ids(given["ids"], "bd close ID --reason ...")
    reasons = {name: given[name] for name in ("reason", "message", "resolution")}
    if given["reason_file"] is not None:
        reasons["reason_file"] = session.read_text(given["reason_file"])
    reason = one_of(reasons, "reason") or "Closed"
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
    if done:
        _show_closed(session, done, is_suggesting=given["suggest_next"])
    session.fail_each(failures(ids, answers))


def _show_closed(session: Session, done: list[Closed], *, is_suggesting: bool) -> None:
    closed: Any = [shapes.issue(each.issue) for each in done]
    lines = [
        f"{'Already closed' if each.already else 'Closed'} {text.issue_line(each.issue)}"
        for each in done
    ]
    freed = {each.id: each for answer in done for each in answer.unblocked}
    if is_suggesting and freed:
        closed = {"closed": closed, "unblocked": [shapes.issue(e) for e in freed.values()]}
        lines += [f"  ready now: {text.issue_line(each)}" for each in freed.values()]
    session.show(closed, "\n".join(lines))


@click.command(cls=BeadCommand)
@click.argument("ids", nargs=-1, type=ID)
@click.option("-r", "--reason", default="", help="Why; it becomes a comment.")
@click.option("--epoch", type=NUMBER, help="The claim_epoch that you were granted.")
@pass_session
def reopen(session: Session, ids: tuple[str, ...], reason: str, epoch: int | None) -> None:
    """Open one or more issues again."""
    ids = require_ids(ids, "bd reopen ID")
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
@click.argument("ids", nargs=-1, type=ID)
@click.option("-f", "--force", is_flag=True, help="Do it; without, only show what would go.")
@click.option("--cascade", is_flag=True, help="And all that needs it, all the way.")
@click.option("--hard", is_flag=True, hidden=True)
@click.option("--reason", default="", help="Why.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--from-file", help="Ids in a file, one a line; - is standard input.")
@pass_session
def delete(session: Session, /, **given: Any) -> None:
    """Delete issues; a tombstone stays, so that no old copy brings them back."""
    ids = given["ids"]
    if given["from_file"]:
        listed = session.read_text(given["from_file"]).splitlines()
        ids += tuple(each.strip() for each in listed if each.strip() and each[0] != "#")
    ids = require_ids(ids, "bd delete ID --force")
    is_dry = given["dry_run"] or not given["force"]
    if given["hard"]:
        session.warn("Warning: --hard makes no difference: a tombstone always stays.")
    orphans = _dependents(session, ids) if len(ids) > 1 and not given["cascade"] else []
    requests = [
        DeleteIssue(issue=name, reason=given["reason"], cascade=given["cascade"], dry_run=is_dry)
        for name in ids
    ]
    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Deleted)]
    if done:
        gone = list(dict.fromkeys(name for each in done for name in each.deleted))
        already = [name for each in done for name in each.already if name not in gone]
        shown = _deleted(gone, already, orphans, done) if not is_dry else _planned(gone, done)
        if len(ids) == 1 and len(gone) == 1 and not is_dry:
            shown = {
                "deleted": gone[0],
                "dependencies_removed": shown["dependencies_removed"],
                "references_updated": 0,
            }
        session.show(shown, _said(gone, already, is_dry=is_dry))
    session.fail_each(failures(ids, answers))


def _dependents(session: Session, ids: Sequence[str]) -> list[str]:
    """Return what needs the issues that are about to go."""
    found: list[str] = []
    for name in ids:
        try:
            found += [
                each.issue_id for each in session.run(ShowIssue(issue=name)).details.dependents
            ]
        except BeadworkError:
            continue
    return found


def _planned(gone: list[str], done: list[Deleted]) -> dict[str, Any]:
    edges = sum(each.dependencies_removed for each in done)
    return {
        "dry_run": True,
        "would_delete": gone,
        "deleted_count": 0,
        "total_count": len(gone),
        "dependencies_removed": edges,
        "references_updated": 0,
    }


def _deleted(
    gone: list[str], already: list[str], orphans: list[str], done: list[Deleted]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "deleted": gone,
        "deleted_count": len(gone),
        "dependencies_removed": sum(each.dependencies_removed for each in done),
        "events_removed": 0,
        "labels_removed": 0,
        "orphaned_issues": sorted(set(orphans) - set(gone)),
        "references_updated": 0,
    }
    return shown | ({"already": already} if already else {})


def _said(gone: list[str], already: list[str], *, is_dry: bool) -> str:
    names = ", ".join(text.line(each) for each in gone)
    lines = []
    if names:
        lines = [f"Would delete {names}; pass --force to do it" if is_dry else f"Deleted {names}"]
    lines += [f"Already deleted: {', '.join(text.line(each) for each in already)}"] * bool(already)
    return "\n".join(lines)
