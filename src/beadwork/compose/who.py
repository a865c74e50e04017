"""Who calls, and from where that is known."""

from collections.abc import Callable, Mapping

from beadwork.doors.world import Who

_ACTOR = ("BD_ACTOR", "BEADS_ACTOR")
_SESSION = ("BD_SESSION", "CLAUDE_SESSION_ID")
_NOBODY = "unknown"


def who_calls(
    named: str,
    environ: Mapping[str, str],
    *,
    setting: Callable[[], str],
    git_name: Callable[[], str],
) -> Who:
    """Return who calls: --actor, BD_ACTOR, BEADS_ACTOR, the setting, git's user, USER."""
    actor, source = _first(
        (named, "--actor"),
        *((environ.get(name, ""), name) for name in _ACTOR),
    )
    if not actor:
        actor, source = _first((setting(), "the setting actor"))
    if not actor:
        actor, source = _first(
            (git_name(), "git's user.name"),
            (environ.get("USER", ""), "USER"),
            (_NOBODY, "nothing: no name is set"),
        )
    session, session_source = _first(*((environ.get(name, ""), name) for name in _SESSION))
    return Who(actor, source, session, session_source)


def _first(*given: tuple[str, str]) -> tuple[str, str]:
    return next((each for each in given if each[0]), ("", ""))
