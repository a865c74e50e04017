"""`bd preflight`: what to look after before work is handed in."""

from typing import NamedTuple

import click

from beadwork.doors.cli import guides, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.ops.issue import ListIssues
from beadwork.ops.record import ShowStore

_NAMED_MAX = 5


class _Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    passed: bool
    message: str


@click.command(cls=BeadCommand)
@click.option("--check", "is_check", is_flag=True, help="Look; exits 1 if something is left to do.")
@click.option("--fix", "is_fix", is_flag=True, help="Write the file first, then look.")
@pass_session
def preflight(session: Session, is_check: bool, is_fix: bool) -> None:
    """Show what to look after before work is handed in, or look with --check."""
    if not is_check and not is_fix:
        said = guides.guide("preflight")
        session.show({"text": said}, said)
        return
    if is_fix:
        session.require_writable()
        session.engine.flush(session.caller, is_whole=True)
    session.world.catch_up(session.engine, session.caller)
    checks = [_exported(session), _committed(session), _released(session)]
    session.show(
        {
            "passed": all(each.passed for each in checks),
            "checks": [each._asdict() for each in checks],
        },
        lambda: "\n".join(f"{'✓' if each.passed else '✗'} {each.message}" for each in checks),
    )
    if not all(each.passed for each in checks):
        session.exit_code = max(session.exit_code, 1)


def _exported(session: Session) -> _Check:
    dirty = session.run(ShowStore()).dirty
    message = f"{dirty} changed issues are not in the file: bd sync" if dirty else "Exported"
    return _Check("exported", not dirty, message)


def _committed(session: Session) -> _Check:
    left = session.world.uncommitted(session.flags.options)
    message = f"Not committed: {_some(left)}" if left else "Nothing uncommitted below .beads"
    return _Check("committed", not left, message)


def _released(session: Session) -> _Check:
    actor = session.caller.holder.actor
    request = ListIssues(statuses=["in_progress"], assignee=actor, limit=0)
    held = [row.issue.id for row in session.run(request).issues]
    name = text.line(actor)
    message = f"{name} still holds {_some(held)}" if held else f"{name} holds no open issue"
    return _Check("released", not held, message)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    return ", ".join(map(text.line, names[:_NAMED_MAX])) + more
