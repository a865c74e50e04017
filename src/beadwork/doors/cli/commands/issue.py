"""`bd close`, `bd reopen`, `bd delete`."""

import re
from collections.abc import Sequence
from typing import Any

import click

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import ID, NUMBER, BeadCommand, one_of, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.issue import Issue
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_state import Closed, CloseIssue, Deleted, DeleteIssue, Reopened, ReopenIssue
from beadwork.ops.operation import Request

_ID_LIKE = re.compile(r"[\w.-]{1,100}")
_PREVIEWED_MAX = 20


def require_ids(ids: tuple[str, ...], usage: str) -> tuple[str, ...]:
    """Return the ids that were named, each once.

    Raises:
        InvalidField: there are none.
    """
    if not ids:
        raise InvalidField("No issue was named", hint=usage + _last_touched(), field="id")
    return tuple(dict.fromkeys(ids))


def _last_touched() -> str:
    """Name the issue that classic would have meant; others may have touched it, so nothing more."""
    context = click.get_current_context(silent=True)
    session = context.find_object(Session) if context else None
    if session is None:
        return ""
    try:
        folder = session.world.where(session.flags.options).path
        noted = session.world.read_file(f"{folder}/last-touched").decode("utf-8", "replace")
    except BeadworkError:
        return ""
    found = noted.strip()
    return f" (the last one touched here is {found})" if _ID_LIKE.fullmatch(found) else ""


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
@click.option("--claim-next", is_flag=True, help="Then take the most urgent ready issue.")
@click.option("--continue", "is_continuing", is_flag=True, hidden=True)
@click.option("--no-auto", is_flag=True, hidden=True)
@pass_session
def close(session: Session, /, **given: Any) -> None:
    """Close one or more issues."""
    ids = require_ids(given["ids"], "bd close ID --reason ...")
    if given["is_continuing"]:
        raise InvalidField(
            "--continue belongs to the steps of a molecule",
            hint="Use --claim-next to take the next ready issue, or --suggest-next to see it.",
            field="continue",
        )
    reasons = {name: given[name] for name in ("reason", "message", "resolution")}
    if given["reason_file"] is not None:
        reasons["reason_file"] = session.read_text(given["reason_file"])
    asked = {
        "reason": one_of(reasons, "reason") or "Closed",
        "session": given["session_id"],
        "claim_epoch": given["epoch"],
        "force": given["force"],
    }
    requests: list[Request[Any]] = [CloseIssue(issue=name, **asked) for name in ids]
    if given["claim_next"]:
        from beadwork.ops.close_next import CloseAndClaim

        # With the last one, in its transaction: nobody sees the one without the other.
        requests[-1] = CloseAndClaim(issue=ids[-1], **asked)
    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Closed)]
    if done:
        shown = _Shown(done)
        shown.add_freed(is_asked=given["suggest_next"])
        if given["claim_next"]:
            shown.add_claimed(*_claimed(session, answers[-1]))
        session.show(shown.value, "\n".join(shown.lines))
        _note_open_children(session, done)
    session.fail_each(failures(ids, answers))


def _note_open_children(session: Session, done: list[Closed]) -> None:
    """Tell of an epic that was closed over work that is not done."""
    from beadwork.ops.issue import ListIssues

    closed = {each.issue.id for each in done}
    for each in done:
        if each.issue.issue_type != "epic" or each.already:
            continue
        rows = session.run(ListIssues(parent=each.issue.id, limit=0)).issues
        left = sum(row.issue.id not in closed for row in rows)
        if left:
            epic = text.line(each.issue.id)
            session.warn(f"Note: open children of {epic}: {left}. See `bd children {epic}`.")


def _claimed(session: Session, last: object) -> tuple[Issue | None, int | None]:
    """Return the issue that was taken after the last closing, and under which epoch."""
    from beadwork.ops.claim import ClaimReady
    from beadwork.ops.close_next import ClosedAndClaimed

    if isinstance(last, ClosedAndClaimed):
        return last.claimed, last.claim_epoch
    # Only the last one failed: the next is taken for those before it.
    taken = session.run(ClaimReady())
    return taken.issue, taken.claim_epoch


class _Shown:
    """What `close` answers: an array of issues, or an object where there is more to say."""

    def __init__(self, done: list[Closed]) -> None:
        self._done = done
        self.value: Any = [shapes.issue(each.issue) for each in done]
        self.lines = [
            f"{'Already closed' if each.already else 'Closed'} {text.issue_line(each.issue)}"
            for each in done
        ]

    def add_freed(self, *, is_asked: bool) -> None:
        """Add what can be worked on now, if that was asked for and there is any."""
        freed = {each.id: each for answer in self._done for each in answer.unblocked}
        if is_asked and freed:
            self.value = {
                "closed": self.value,
                "unblocked": [shapes.issue(each) for each in freed.values()],
            }
            self.lines += [f"  ready now: {text.issue_line(each)}" for each in freed.values()]

    def add_claimed(self, issue: Issue | None, claim_epoch: int | None) -> None:
        """Add the issue that was taken next, or that nothing was ready."""
        claimed = None
        if issue is not None:
            claimed = shapes.issue(issue) | {"claim_epoch": claim_epoch}
        value = self.value if isinstance(self.value, dict) else {"closed": self.value}
        self.value = value | {"claimed": claimed}
        said = "Nothing is ready." if issue is None else f"Claimed {text.issue_line(issue)}"
        self.lines.append(said)


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
        DeleteIssue(
            issue=name,
            reason=given["reason"],
            cascade=given["cascade"],
            dry_run=is_dry,
            force=given["force"],
        )
        for name in ids
    ]
    answers = session.run_each(requests)
    done = [each for each in answers if isinstance(each, Deleted)]
    if done:
        gone = list(dict.fromkeys(name for each in done for name in each.deleted))
        already = [name for each in done for name in each.already if name not in gone]
        shown = _deleted(gone, already, orphans, done) if not is_dry else _planned(gone, done)
        if len(ids) == 1 and len(gone) <= 1 and not is_dry:
            shown = {
                **({"already": already} if already else {}),
                "deleted": gone[0] if gone else already[0],
                "dependencies_removed": shown["dependencies_removed"],
                "references_updated": 0,
            }
        said = _preview(session, gone, done) if is_dry and not session.flags.is_json else []
        session.show(shown, "\n".join([*said, *_said(gone if not is_dry else [], already)]))
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


def _said(gone: list[str], already: list[str]) -> list[str]:
    lines = [f"Deleted {', '.join(map(text.line, gone))}"] * bool(gone)
    return lines + [f"Already deleted: {', '.join(map(text.line, already))}"] * bool(already)


def _preview(session: Session, gone: list[str], done: list[Deleted]) -> list[str]:
    """Tell what would go, and whom that concerns."""
    if not gone:
        return []
    shown = [session.run(ShowIssue(issue=each)).details.issue for each in gone[:_PREVIEWED_MAX]]
    lines = ["Would delete:", *(f"  {text.issue_line(each)}" for each in shown)]
    lines += [f"  and {len(gone) - len(shown)} more"] * (len(gone) > len(shown))
    edges = sum(each.dependencies_removed for each in done)
    left = sorted(set(_dependents(session, gone[:_PREVIEWED_MAX])) - set(gone))
    lines += [f"  {edges} {'edge' if edges == 1 else 'edges'} would no longer count"] * bool(edges)
    lines += [f"  needed by {', '.join(map(text.line, left[:_PREVIEWED_MAX]))}"] * bool(left)
    return [*lines, "Pass --force to do it."]
