"""The guard before a commit: it refuses what another has an exclusive lease of.

It asks the store itself, never the daemon, which may be waiting for that very git (R14). It takes
two seconds at most, and any trouble of ours lets the commit pass.
"""

import os
import shlex
import threading

from beadwork.doors.cli import times
from beadwork.doors.cli.session import Session
from beadwork.doors.cli.text import line
from beadwork.doors.cli.views import moments
from beadwork.model.errors import BeadworkError, Unavailable
from beadwork.ops.lease import CheckLeases, Covered

_LIMIT_S = 2.0
_GIT_S = 1.5
_OFF = ("off", "false", "no", "0")
_PATHS_SHOWN = 3
_OWN = ".beads" + os.sep


def is_refused(session: Session) -> bool:
    """Tell whether the commit that is being made is not to be; say why."""
    mode = session.world.setting(session.flags.options, "lease.guard").strip().lower()
    if mode in _OFF:
        return False
    found: list[list[Covered]] = []
    troubles: list[str] = []
    thread = threading.Thread(target=lambda: _look(session, found, troubles), daemon=True)
    thread.start()
    thread.join(_LIMIT_S)
    if not found:
        why = troubles[0] if troubles else f"it took longer than {_LIMIT_S:.0f} s"
        if why:
            session.warn(f"bd: the lease guard let the commit pass: {why}")
        return False
    if found[0]:
        _say(session, found[0], is_warning=mode == "warn")
    return bool(found[0]) and mode != "warn"


def _look(session: Session, found: list[list[Covered]], troubles: list[str]) -> None:
    """Find what others have leases of. Runs beside the command, which does not wait for ever."""
    try:
        found.append(_covered(session))
    except BeadworkError as error:
        troubles.append("" if error.code == "store.absent" else error.message)
    except Exception as error:  # noqa: BLE001 -- whatever it is, git shall go on
        troubles.append(type(error).__name__)


def _covered(session: Session) -> list[Covered]:
    staged = session.world.staged_paths(_GIT_S)
    if staged is None:
        raise Unavailable("git does not tell what is staged")
    paths = [each for each in staged if not each.startswith(_OWN)]
    if not paths:
        return []
    engine = session.world.open(session.flags.options)
    try:
        return engine.run(CheckLeases(paths=paths, only_exclusive=True), session.caller).covered
    finally:
        engine.close()


def _say(session: Session, covered: list[Covered], *, is_warning: bool) -> None:
    by_lease: dict[int, list[Covered]] = {}
    for each in covered:
        by_lease.setdefault(each.lease.lease, []).append(each)
    for found in by_lease.values():
        for said in _lines(found):
            session.streams.write_error(f"{line(said)}\n")
    if not is_warning:
        session.streams.write_error(
            "  Commit all the same: BD_LEASE_GUARD=off git commit …, "
            "or `bd config set lease.guard warn`\n"
        )


def _lines(found: list[Covered]) -> list[str]:
    lease = found[0].lease
    patterns = list(dict.fromkeys(each.pattern for each in found))
    paths = [each.path for each in found]
    more = len(paths) - _PATHS_SHOWN
    until = f"until {lease.expires_at}" if lease.expires_at else "until its session ends"
    why = f": {lease.reason}" if lease.reason else ""
    since = moments.ago(lease.granted_at, times.now_us())
    return [
        f"bd: {lease.actor} holds {', '.join(patterns)} "
        f"(lease {lease.lease}, since {lease.granted_at}, {since}, {until}){why}",
        f"  It covers {', '.join(paths[:_PATHS_SHOWN])}"
        + (f" and {more} more" if more > 0 else ""),
        f'  Ask: bd msg send --to {shlex.quote(lease.actor)} "May I commit {paths[0]}?"',
    ]
