"""`bd lease`: leases of paths and names."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import msgspec

from beadwork.doors.cli import text, views
from beadwork.doors.cli.options import COUNT, NUMBER, BeadCommand, BeadGroup, lease_s, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import globs
from beadwork.model.errors import InvalidField
from beadwork.model.instants import duration_s
from beadwork.ops.lease import (
    AcquireLease,
    CheckLeases,
    ListLeases,
    ShownLease,
    held_error,
)
from beadwork.ops.lease_end import BreakLease, ReleaseLeases, RenewLeases

_ENDED_SHOWN = 50
_DIGITS_MAX = 15
_NAMES = click.option("--name", "names", multiple=True, help="Something that is no path.")
_EPOCH = click.option("--epoch", type=NUMBER, help="The lease_epoch that you were granted.")
_WORDS = click.argument("words", metavar="[NUMBER|PATTERN]...", nargs=-1)


@click.group(cls=BeadGroup)
def lease() -> None:
    """Leases: paths or names that nobody else is to touch for a while."""


def _pattern(session: Session, word: str) -> str:
    """Return a pattern that was typed here, from the root; what is there is taken by its name."""
    found = session.world.rooted(session.flags.options, word)
    name = globs.quoted(found.name) if found.is_there else found.name
    folder = f"{globs.quoted(found.folder)}/" if found.folder else ""
    return f"{folder}{name}/" if found.is_folder else f"{folder}{name}"


def _patterns(session: Session, words: Iterable[str]) -> list[str]:
    return [_pattern(session, word) if word else word for word in words]


def _path(session: Session, word: str) -> str:
    found = session.world.rooted(session.flags.options, word)
    return globs.require_path(f"{found.folder}/{found.name}" if found.folder else found.name)


def _split(session: Session, words: Iterable[str]) -> tuple[list[int], list[str]]:
    """Tell numbers of leases from patterns."""
    given = list(words)
    said = [w for w in given if w.isascii() and w.isdigit() and len(w) <= _DIGITS_MAX]
    numbers = [int(word) for word in said]
    rest = [word for word in given if word not in said]
    return numbers, _patterns(session, rest)


@lease.command("acquire")
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
@_NAMES
@click.option("--shared", is_flag=True, help="Others may share it; nobody may exclude it.")
@click.option("--ttl", metavar="TIME", help="How long it holds unless renewed (1h).")
@click.option("--session-bound", is_flag=True, help="It holds until your session ends.")
@click.option("--wait", metavar="TIME", help="How long to stand in line for it: 10m.")
@click.option("--reason", default="", help="What for; those who meet it read it.")
@pass_session
def acquire(
    session: Session,
    patterns: tuple[str, ...],
    names: tuple[str, ...],
    shared: bool,
    ttl: str | None,
    session_bound: bool,
    wait: str | None,
    reason: str,
) -> None:
    """Take a lease of paths or names. While another has one, it is refused, or waited for."""
    request = AcquireLease(
        patterns=_patterns(session, patterns),
        names=list(names),
        shared=shared,
        ttl_s=lease_s(ttl),
        until_session_ends=session_bound,
        reason=reason,
        wait_s=None if wait is None else duration_s(wait),
    )
    answer = session.run(request)
    if answer.is_pending:
        for each in request.leaving():
            session.run(each)
        raise held_error(
            [*answer.lease.patterns, *answer.lease.names],
            answer.held_by,
            holder=session.caller.holder,
            waited=wait or "",
        )
    found = answer.lease
    verb = "You hold" if answer.already else "Acquired"
    shown = {**msgspec.to_builtins(found), "already": answer.already}
    session.show(shown, lambda: f"{verb} {_told(found)}")


def _told(found: ShownLease) -> str:
    """Say what a lease is of, and how it stands."""
    what = ", ".join(map(text.line, [*map(globs.unquoted, found.patterns), *found.names]))
    how = "exclusive" if found.exclusive else "shared"
    epoch = f", lease_epoch {found.lease_epoch}" if found.lease_epoch else ""
    return f"lease {found.lease} of {what} ({how}{epoch}{_until(found)})"


def _until(found: ShownLease) -> str:
    if found.state != "held":
        return f", {found.state}"
    return f", until {found.expires_at[:19]}Z" if found.expires_at else ", until its session ends"


def _show(session: Session, found: Sequence[ShownLease], said: Callable[[ShownLease], str]) -> None:
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: "\n".join(map(said, found)) or "You hold no lease.",
    )


@lease.command("renew")
@_WORDS
@_NAMES
@_EPOCH
@click.option("--ttl", metavar="TIME", help="How long from now; by default as it was.")
@pass_session
def renew(
    session: Session,
    words: tuple[str, ...],
    names: tuple[str, ...],
    epoch: int | None,
    ttl: str | None,
) -> None:
    """Let leases run on: those named, or all of yours."""
    numbers, patterns = _split(session, words)
    request = RenewLeases(
        leases=numbers, patterns=patterns, names=list(names), lease_epoch=epoch, ttl_s=lease_s(ttl)
    )
    _show(session, session.run(request).leases, lambda each: f"Renewed {_told(each)}")


@lease.command("release")
@_WORDS
@_NAMES
@_EPOCH
@click.option("--all", "is_all", is_flag=True, help="All that you hold and wait for.")
@pass_session
def release(
    session: Session,
    words: tuple[str, ...],
    names: tuple[str, ...],
    epoch: int | None,
    is_all: bool,
) -> None:
    """Give leases back, by number, pattern or name."""
    if words == ("all",) and not session.world.rooted(session.flags.options, "all").is_there:
        raise InvalidField(
            "You hold no lease of all", hint="Use `bd lease release --all`.", field="leases"
        )
    numbers, patterns = _split(session, words)
    if is_all and (numbers or patterns or names):
        raise InvalidField("Both leases and --all were given", hint="Give one.", field="leases")
    request = ReleaseLeases(
        leases=numbers, patterns=patterns, names=list(names), all=is_all, lease_epoch=epoch
    )
    _show(session, session.run(request).leases, lambda each: f"Released {_told(each)}")


@lease.command("break")
@_WORDS
@_NAMES
@click.option("--reason", required=True, help="Why; its holder reads it.")
@pass_session
def break_(session: Session, words: tuple[str, ...], names: tuple[str, ...], reason: str) -> None:
    """End another's lease, by number or by what only it is of. Its holder learns of it."""
    numbers, patterns = _split(session, words)
    if len(numbers) + len(patterns) + len(names) != 1:
        raise InvalidField(
            "One lease is broken at a time", hint="Name one: `bd lease list`.", field="lease"
        )
    request = BreakLease(
        lease=numbers[0] if numbers else None, patterns=patterns, names=list(names), reason=reason
    )
    _show(session, session.run(request).leases, lambda each: f"Broke {each.actor}'s {_told(each)}")


@lease.command("list")
@click.option("--mine", is_flag=True, help="Only yours.")
@click.option("--holder", default="", help="Only this actor's.")
@click.option("--path", default="", help="Only those that cover this path.")
@click.option("--all", "is_all", is_flag=True, help="Also those that have ended, latest first.")
@click.option("-n", "--limit", type=COUNT, help="At most so many; 0 shows all.")
@pass_session
def list_(
    session: Session, mine: bool, holder: str, path: str, is_all: bool, limit: int | None
) -> None:
    """List the leases that are held and waited for."""
    if limit is None:
        limit = _ENDED_SHOWN if is_all else 0
    place = _path(session, path) if path else ""
    request = ListLeases(mine=mine, holder=holder, path=place, all=is_all, limit=limit)
    found = session.run(request).leases
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: "\n".join(map(_line, found)) or "There are no leases.",
        views.leases(found),
    )


def _line(found: ShownLease) -> str:
    reason = f": {text.line(found.reason)}" if found.reason else ""
    verb = "waits for " if found.state == "waiting" else ""
    return f"{text.line(found.actor)} {verb}{_told(found)}{reason}"


@lease.command("check", cls=BeadCommand)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@pass_session
def check(session: Session, paths: tuple[str, ...]) -> None:
    """Tell whether others have leases of paths that you mean to change; exit 1 if so."""
    request = CheckLeases(paths=[_path(session, each) for each in paths])
    covered = session.run(request).covered
    shown: list[Any] = [msgspec.to_builtins(each) for each in covered]
    session.show(
        shown,
        lambda: (
            "\n".join(f"{text.line(each.path)}: {_line(each.lease)}" for each in covered)
            or "Nobody else has a lease of that."
        ),
    )
    session.exit_code = 1 if covered else 0
