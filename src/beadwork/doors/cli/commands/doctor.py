"""`bd doctor`: is everything in order, and what mends it."""

import os
import platform
import sys
from typing import Any

import click
import msgspec

from beadwork import __version__
from beadwork.doors.cli import text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.upkeep import Upkeep
from beadwork.doors.upkeep_mending import Mending
from beadwork.model.errors import InvalidField, InvalidPath
from beadwork.model.finding import Finding

_SIGNS = {"ok": "✓", "warning": "⚠", "error": "✗"}
_ELSEWHERE = {
    "pollution": "Test issues are not told from others here.",
    "artifacts": "Old files are named by the check `leftovers`.",
    "validate": "All of it is checked by `bd doctor --deep`.",
}
_REFUSED = {
    "gastown": "There is no Gas Town here.",
    "server": "There is no Dolt server here.",
    "migration": "The next command brings an old database up to date by itself.",
    "gastown_duplicates_threshold": "There is no Gas Town here.",
}


@click.command(cls=BeadCommand)
@click.argument("path", required=False)
@click.option("--fix", is_flag=True, help="Mend what can be, after a backup, and look again.")
@click.option("-y", "--yes", is_flag=True, help="With --fix: nothing is asked, as always.")
@click.option("-i", "--interactive", is_flag=True, help="Ask before each mend; on a terminal.")
@click.option("--dry-run", is_flag=True, help="With --fix: only say what would be done.")
@click.option("--check", "names", multiple=True, metavar="NAME", help="Only this check.")
@click.option("--deep", is_flag=True, help="Look at every page, index and value.")
@click.option("-v", "--verbose", is_flag=True, help="Show the checks that found nothing, too.")
@click.option("-o", "--output", metavar="FILE", help="Write the findings there too, as JSON.")
@click.option("--perf", is_flag=True, help="Measure ready, list and show.")
@click.option("--check-health", is_flag=True, help="Say nothing unless something is wrong.")
@click.option(
    "--source",
    type=click.Choice(["auto", "db", "jsonl"]),
    default="auto",
    hidden=True,
)
@click.option("--clean", is_flag=True, hidden=True)
@click.option("--force", is_flag=True, hidden=True)
@click.option("--fix-child-parent", is_flag=True, hidden=True)
@click.option("--gastown", is_flag=True, hidden=True)
@click.option("--gastown-duplicates-threshold", type=int, hidden=True)
@click.option("--migration", hidden=True)
@click.option("--server", is_flag=True, hidden=True)
@pass_session
def doctor(session: Session, /, **given: Any) -> None:
    """Check the store, its file, git and settings; exit 1 if anything is wrong.

    Nothing is changed without --fix.
    """
    _require_meant(session, given)
    if given["path"]:
        session.world.enter(_project(session, given["path"]))
    upkeep = session.world.upkeep(session.flags.options)
    names = _names(upkeep, given["names"])
    if given["perf"]:
        _measure(session)
        return
    with session.progress() as progress:
        is_tried = not session.flags.is_read_only
        found = upkeep.look(names, is_deep=given["deep"], is_tried=is_tried, progress=progress)
    mending = None
    if given["fix"] or given["interactive"]:
        found, mending = _fix(session, upkeep, found, given)
    shown = _shape(session, upkeep, found, mending)
    if given["output"]:
        session.require_writable()
        session.world.put_file(given["output"], msgspec.json.encode(shown) + b"\n")
    is_wrong = not shown["overall_ok"]
    if not given["check_health"] or is_wrong:
        is_all = given["verbose"] or session.flags.is_verbose
        session.show(shown, lambda: _text(found, mending, is_all=is_all))
    session.exit_code = max(session.exit_code, int(is_wrong))


def _require_meant(session: Session, given: dict[str, Any]) -> None:
    """Refuse flags that mean nothing here, and such as contradict one another.

    Raises:
        InvalidField: one was given.
    """
    for name, reason in _REFUSED.items():
        if given[name]:
            flag = f"--{name.replace('_', '-')}"
            raise InvalidField(f"{flag} has no meaning: {reason}", hint="Leave it out.", field=name)
    for name in ("clean", "force"):
        if given[name]:
            raise InvalidField(
                f"--{name} has no meaning here",
                hint="`bd doctor --fix` does what is safe.",
                field=name,
            )
    if given["fix_child_parent"]:
        raise InvalidField(
            "A child that needs its parent is no fault by itself",
            hint="`bd doctor --check cycles` finds those that can never be done.",
            field="fix_child_parent",
        )
    if given["source"] == "jsonl":
        raise InvalidField(
            "The file alone does not decide", hint="`bd sync` folds both.", field="source"
        )
    if given["dry_run"] and not given["fix"]:
        raise InvalidField("--dry-run goes with --fix", hint="Add --fix.", field="dry_run")
    if given["interactive"] and not session.streams.terminals.input:
        raise InvalidField("--interactive needs a terminal", hint="Use --fix.", field="interactive")


def _project(session: Session, path: str) -> str:
    """Return the folder of a project, also where its `.beads` was named."""
    full = session.world.full_path(path).rstrip("/").removesuffix("/.beads") or "/"
    if not os.path.isdir(full):
        raise InvalidPath(f"There is no folder {full}", hint="Name the folder of a project.")
    return full


def _names(upkeep: Upkeep, given: tuple[str, ...]) -> list[str]:
    names = [name.strip() for each in given for name in each.split(",") if name.strip()]
    for name in names:
        if name in _ELSEWHERE:
            raise InvalidField(
                f"There is no check {name}: {_ELSEWHERE[name]}", hint="", field="check"
            )
    if given and not names:
        raise InvalidField("No check was named", hint=f"One of {', '.join(upkeep.names)}.")
    upkeep.require_names(names)
    return names


# -- mending


def _fix(
    session: Session, upkeep: Upkeep, found: list[Finding], given: dict[str, Any]
) -> tuple[list[Finding], Mending | None]:
    ready = [each for each in found if each.can_mend and each.status != "ok"]
    if not ready:
        return found, Mending([], None)
    plan = [f"{each.name}: {each.fix}" for each in ready]
    if given["dry_run"]:
        return found, Mending([f"would do: {each}" for each in plan], None)
    session.require_writable()
    names = [each.name for each in found] if given["names"] else []
    choice = _Choice(session, is_asked=given["interactive"])

    def look() -> list[Finding]:
        session.warn_of_loss()
        with session.progress() as progress:
            again = upkeep.look(is_deep=given["deep"], progress=progress)
        return [each for each in again if not names or each.name in names]

    mended = upkeep.mend(found, look, choice)
    return mended.left, mended.mending


class _Choice:
    """What is to be mended: all, or what somebody says yes to; each is said or asked once."""

    def __init__(self, session: Session, *, is_asked: bool) -> None:
        self._session = session
        self._is_asked = is_asked
        self._answers: dict[str, bool] = {}

    def __call__(self, ready: list[Finding]) -> list[Finding]:
        """Choose among findings."""
        news = [each for each in ready if each.name not in self._answers]
        if news and not self._is_asked and not self._session.flags.is_json:
            plan = [f"  {text.line(each.name)}: {text.line(each.fix)}" for each in news]
            self._session.warn("\n".join(["Mending:", *plan]))
        for each in news:
            self._answers[each.name] = not self._is_asked or _is_wanted(self._session, each)
        return [each for each in ready if self._answers[each.name]]


def _is_wanted(session: Session, finding: Finding) -> bool:
    session.streams.write_error(f"{text.line(finding.message)}\n  {text.line(finding.fix)} [y/N] ")
    return session.streams.read_line().strip().lower() in ("y", "yes")


# -- answering


def _shape(
    session: Session, upkeep: Upkeep, found: list[Finding], mending: Mending | None
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "path": upkeep.folder,
        "checks": [_check(each) for each in found],
        "overall_ok": all(each.status != "error" for each in found),
        "cli_version": __version__,
        "timestamp": upkeep.now_text,
        "platform": {
            "os_arch": f"{sys.platform}/{platform.machine()}",
            "python_version": platform.python_version(),
        },
    }
    if mending is not None:
        shown["fixed"] = mending.done
        shown["backup"] = mending.backup
    return shown


def _check(finding: Finding) -> dict[str, str]:
    shown = {"name": finding.name, "status": finding.status, "message": finding.message}
    more = {"detail": finding.detail, "fix": finding.fix}
    shown |= {key: value for key, value in more.items() if value}
    shown["category"] = finding.category
    return shown


def _text(found: list[Finding], mending: Mending | None, *, is_all: bool) -> str:
    lines = []
    for finding in found:
        if finding.status == "ok" and not is_all:
            continue
        lines.append(f"{_SIGNS[finding.status]} {finding.name}: {text.line(finding.message)}")
        if finding.detail:
            lines.append(text.block(finding.detail, "    "))
        if finding.fix:
            by_us = " (`bd doctor --fix` does it)" if finding.can_mend else ""
            lines.append(f"    → {text.line(finding.fix)}{by_us}")
    if mending is not None:
        lines += [text.line(f"Mended {each}") for each in mending.done]
        lines += [text.line(f"The store as it was: {mending.backup}")] * bool(mending.backup)
    counts = [sum(each.status == status for each in found) for status in _SIGNS]
    warnings, errors = text.counted(counts[1], "warning"), text.counted(counts[2], "error")
    lines.append(f"{counts[0]} checks are in order, {warnings}, {errors}.")
    return "\n".join(lines)


# -- measuring


def _measure(session: Session) -> None:
    """Measure what agents ask most, in this process, on this store."""
    import time

    from beadwork.ops.issue import ListIssues, ShowIssue
    from beadwork.ops.ready import ListReady

    session.flags.has_import = False
    rows = session.run(ListIssues(limit=1)).issues
    requests: dict[str, Any] = {"ready": ListReady(limit=10), "list": ListIssues(limit=50)}
    if rows:
        requests["show"] = ShowIssue(issue=rows[0].issue.id)
    shown: dict[str, float] = {}
    for name, request in requests.items():
        began = time.perf_counter()
        session.run(request)
        shown[name] = round((time.perf_counter() - began) * 1000, 3)
    session.show(
        {"unit": "ms", "timings": shown},
        "\n".join(f"{name:<6} {took:8.2f} ms" for name, took in shown.items()),
    )
