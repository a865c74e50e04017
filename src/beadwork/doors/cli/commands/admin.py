"""`bd admin`: clean up, compact, reset; and the older and newer names for the same."""

import re
from typing import Any

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.options import ID, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField, InvalidRequest
from beadwork.model.overriding import override
from beadwork.ops.upkeep import (
    Candidate,
    CleanUp,
    CompactIssue,
    ListCompactable,
)

_SHOWN = 10


class _Days(click.ParamType[float]):
    """A number of days, or of others: 30, 30d, 12h, 2w, 3m, 1y."""

    name = "days"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a number of days; a negative one means the default, as with classic."""
        del param, ctx
        found = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*([hdwmy]?)", str(value).strip())
        if found is None:
            raise InvalidField(
                f'"{str(value)[:40]}" is no number of days', hint="Use 30 or 30d.", field="days"
            )
        days = float(found[1]) * {"h": 1 / 24, "w": 7, "m": 30, "y": 365}.get(found[2], 1)
        if days > _DAYS_MAX:
            raise InvalidField("That is over a hundred years", hint="Use 30d.", field="days")
        return days


_DAYS_MAX = 36_500
_DAYS = _Days()


@click.group(cls=BeadGroup)
def admin() -> None:
    """Make old issues small; take Beadwork out of a repository."""


# -- closed issues


def _clean_up(session: Session, given: dict[str, Any], *, is_ephemeral: bool) -> None:
    is_dry = given["dry_run"]
    if given.get("hard"):
        session.warn("Warning: --hard makes no difference: a tombstone always stays.")
    request = CleanUp(
        older_than_days=max(given["older_than"] or 0, 0),
        ephemeral=is_ephemeral,
        cascade=given["cascade"],
        dry_run=True,
    )
    planned = session.run(request)
    if planned.deleted and not given["force"] and not is_dry:
        raise InvalidRequest(
            f"It would delete {len(planned.deleted)} closed issues",
            hint="Pass --force to do it, or --dry-run to see which.",
            would_delete=planned.deleted[:100],
        )
    done = planned if is_dry else session.run(msgspec.structs.replace(request, dry_run=False))
    shown: dict[str, Any] = {
        "would_delete" if is_dry else "deleted": done.deleted,
        "deleted_count": 0 if is_dry else len(done.deleted),
        "total_count": len(done.deleted),
        "dry_run": is_dry,
        "pinned": done.pinned,
        "tombstones": done.tombstones,
        "tombstones_dropped": 0,
    }
    session.show(shown, lambda: _cleaned(shown, done.deleted, is_dry=is_dry))


def _cleaned(shown: dict[str, Any], ids: list[str], *, is_dry: bool) -> str:
    names = ", ".join(map(text.line, ids[:_SHOWN]))
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    verb = "Would delete" if is_dry else "Deleted"
    lines = [f"{verb} {len(ids)} closed issues{f': {names}{more}' if names else ''}"]
    if shown["pinned"]:
        lines.append(f"{len(shown['pinned'])} pinned ones stay.")
    lines.append(
        f"{shown['tombstones']} tombstones stay, however old: they keep old copies from coming back."
    )
    return "\n".join(lines)


_CLEAN_UP = (
    click.option("--dry-run", is_flag=True, help="Only show what would go."),
    click.option("--cascade", is_flag=True, help="And all that needs them, all the way."),
    click.option("-f", "--force", is_flag=True, help="Do it."),
    click.option("--hard", is_flag=True, hidden=True),
)


def _with_options(function: Any) -> Any:  # noqa: ANN401 -- what click makes of a function
    for option in reversed(_CLEAN_UP):
        function = option(function)
    return function


@admin.command("cleanup", cls=BeadCommand)
@click.option("--older-than", type=_DAYS, help="Only what has been closed for so many days.")
@click.option("--ephemeral", is_flag=True, help="Only ephemeral issues.")
@_with_options
@pass_session
def cleanup(session: Session, /, ephemeral: bool, **given: Any) -> None:
    """Delete closed issues; tombstones stay. Refused without --force."""
    _clean_up(session, given, is_ephemeral=ephemeral)


@click.command(cls=BeadCommand)
@click.option("--older-than", type=_DAYS, default="90", help="Closed for so many days (90).")
@_with_options
@pass_session
def gc(session: Session, /, **given: Any) -> None:
    """Delete issues that have been closed for 90 days: `bd admin cleanup --older-than 90`."""
    _clean_up(session, given, is_ephemeral=False)


@click.command(cls=BeadCommand)
@click.option("--older-than", type=_DAYS, required=True, help="Closed for so many days.")
@_with_options
@pass_session
def prune(session: Session, /, **given: Any) -> None:
    """Delete issues that have been closed for some time: `bd admin cleanup --older-than`."""
    _clean_up(session, given, is_ephemeral=False)


@click.command(cls=BeadCommand)
@click.option("--older-than", type=_DAYS, help="Closed for so many days.")
@_with_options
@pass_session
def purge(session: Session, /, **given: Any) -> None:
    """Delete closed ephemeral issues: `bd admin cleanup --ephemeral`."""
    _clean_up(session, given, is_ephemeral=True)


# -- long texts


@admin.command("compact", cls=BeadCommand)
@click.option("--analyze", is_flag=True, help="List the candidates with their texts.")
@click.option("--apply", is_flag=True, help="Store a digest: with --id and --summary.")
@click.option("--id", "issue_id", type=ID, metavar="ID", help="The issue to compact.")
@click.option("--summary", metavar="FILE", help="The digest in a file; - is standard input.")
@click.option("--stats", is_flag=True, help="Only count the candidates.")
@click.option("--tier", type=click.IntRange(1, 2), default=1, help="1, or 2: compact once more.")
@click.option("--older-than", type=_DAYS, default="-1", help="Closed for so many days (30, 90).")
@click.option("--limit", type=click.IntRange(0, 1_000_000), default=0, help="At most so many.")
@click.option("--force", is_flag=True, help="Also what is no candidate.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--auto", is_flag=True, hidden=True)
@click.option("--all", "is_all", is_flag=True, hidden=True)
@click.option("--prune", "is_prune", is_flag=True, hidden=True)
@click.option("--purge-tombstones", is_flag=True, hidden=True)
@click.option("--dolt", is_flag=True, hidden=True)
@click.option("--batch-size", type=int, hidden=True)
@click.option("--workers", type=int, hidden=True)
@pass_session
def compact(session: Session, /, **given: Any) -> None:
    """Put digests in the place of long texts of issues that were closed long ago.

    `--analyze` lists them, an agent writes the digest, `--apply --id ID --summary FILE` stores it.
    `bd restore ID` shows the whole text again.
    """
    _require_one_mode(given)
    if given["is_prune"] or given["purge_tombstones"]:
        _tell_of_tombstones(session)
    elif given["apply"]:
        _apply(session, given)
    elif given["stats"]:
        _show_stats(session, given)
    else:
        _analyze(session, given)


def _require_one_mode(given: dict[str, Any]) -> None:
    """Refuse what is not there, and more or less than one thing to do.

    Raises:
        InvalidField: so it is.
    """
    if given["auto"] or given["is_all"] or given["dolt"]:
        raise InvalidField(
            "Nothing is summed up by itself: there is no key of an AI here",
            hint="Let an agent read `bd admin compact --analyze --json` and --apply its digests.",
            field="auto",
        )
    modes = [
        name
        for name in ("analyze", "apply", "stats", "is_prune", "purge_tombstones")
        if given[name]
    ]
    if len(modes) != 1:
        raise InvalidField(
            "Say one of --analyze, --apply and --stats", hint="Begin with --analyze.", field="mode"
        )


def _tell_of_tombstones(session: Session) -> None:
    count = session.run(CleanUp(older_than_days=_DAYS_MAX, dry_run=True)).tombstones
    session.show(
        {"pruned": 0, "tombstones": count},
        f"{count} tombstones stay: they keep old copies from coming back, and cost little.",
    )


def _candidates(session: Session, given: dict[str, Any], tier: int) -> list[Candidate]:
    older = given["older_than"]
    request = ListCompactable(
        tier=tier, older_than_days=None if older < 0 else older, limit=given["limit"]
    )
    return session.run(request).candidates


def _analyze(session: Session, given: dict[str, Any]) -> None:
    found = _candidates(session, given, given["tier"])
    if given["issue_id"]:
        found = [each for each in found if each.id == given["issue_id"]]
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: (
            "\n".join(
                f"{text.line(each.id)}  {each.size_bytes:>8} bytes, closed for {each.age_days} "
                f"days: {text.line(each.title)}"
                for each in found
            )
            or "There is no candidate."
        ),
    )


def _show_stats(session: Session, given: dict[str, Any]) -> None:
    shown = {}
    for tier in (1, 2):
        found = _candidates(session, given | {"limit": 0}, tier)
        total = sum(each.size_bytes for each in found)
        shown[f"tier{tier}"] = {"candidates": len(found), "total_size": total}
    session.show(
        shown,
        "\n".join(
            f"Tier {tier[-1]}: {each['candidates']} candidates, {each['total_size']} bytes"
            for tier, each in shown.items()
        ),
    )


def _apply(session: Session, given: dict[str, Any]) -> None:
    if not given["issue_id"] or given["summary"] is None:
        raise InvalidField(
            "--apply needs --id and --summary",
            hint="`bd admin compact --apply --id ID --summary FILE`; - is standard input.",
            field="id" if not given["issue_id"] else "summary",
        )
    summary = session.read_text(given["summary"])
    request = CompactIssue(
        issue=given["issue_id"], summary=summary, tier=given["tier"], force=given["force"]
    )
    if given["dry_run"]:
        size = len(summary.encode())
        session.show(
            {"dry_run": True, "issue_id": given["issue_id"], "compacted_size": size},
            f"Would store a digest of {size} bytes",
        )
        return
    done = session.run(request)
    saved = done.original_size - done.compacted_size
    share = 100 * saved / done.original_size if done.original_size else 0.0
    shown = {
        "success": True,
        "issue_id": done.issue.id,
        "tier": done.tier,
        "original_size": done.original_size,
        "compacted_size": done.compacted_size,
        "saved_bytes": saved,
        "reduction_pct": round(share, 1),
    }
    session.show(
        shown,
        f"Compacted {text.line(done.issue.id)}: {done.original_size} to {done.compacted_size} bytes",
    )


# -- leaving


@admin.command("reset", cls=BeadCommand)
@click.option("--force", is_flag=True, help="Do it; without, only show what would go.")
@pass_session
def reset(session: Session, force: bool) -> None:
    """Remove .beads and what bd added to the repository: hooks, attributes, merge driver."""
    if force:
        session.require_writable()
    plan = session.world.upkeep(session.flags.options).leave(is_dry=not force)
    shown = {"dry_run": not force, "removed" if force else "would_remove": plan}
    verb = "Removed" if force else "Would remove"
    lines = [f"{verb} {text.line(each)}" for each in plan]
    lines += [] if force else ["Pass --force to do it. `bd backup FILE` keeps what is there."]
    session.show(shown, "\n".join(lines))
