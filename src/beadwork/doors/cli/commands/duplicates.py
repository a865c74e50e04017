"""`bd duplicates` and `bd find-duplicates`."""

from collections.abc import Sequence
from typing import Any

import click

from beadwork.doors.cli import text, views
from beadwork.doors.cli.commands.listing import note_cut
from beadwork.doors.cli.options import COUNT, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.issue import nearest_hint
from beadwork.ops.duplicates import FindAlike, FindSame, Merge, MergeSame, Pairs, SameGroup

_MECHANICAL = "mechanical"


@click.command("duplicates", cls=BeadCommand)
@click.option("--auto-merge", is_flag=True, help="Close all but one of each group.")
@click.option("--dry-run", is_flag=True, help="Say only what --auto-merge would do.")
@click.option("-f", "--force", is_flag=True, help="Close also what another holds.")
@pass_session
def duplicates(session: Session, /, *, auto_merge: bool, dry_run: bool, force: bool) -> None:
    """Find live issues with the same texts and status.

    Of each group the one that others name or need most is kept. --auto-merge closes the others as
    duplicates and relates them to it, in one step.
    """
    if auto_merge and not dry_run:
        answer = session.run(MergeSame(force=force))
        groups, merges = answer.groups, answer.merges
    else:
        groups, merges = session.run(FindSame()).groups, []
    shown: dict[str, Any] = {
        "duplicate_groups": len(groups),
        "groups": [_group_json(group) for group in groups],
    }
    if auto_merge or dry_run:
        shown["merge_commands"] = [_command(group) for group in groups]
    if auto_merge and not dry_run:
        shown["merge_results"] = merges
    notes = _notes(merges, is_dry=dry_run)
    session.show(shown, lambda: _groups_text(groups, notes), views.same(groups, notes))
    if any(merge.errors for merge in merges):
        session.warn("Some were left open; see above.")
        session.exit_code = max(session.exit_code, _CONFLICT)


_CONFLICT = 4


def _note(group: SameGroup) -> str:
    return f"Duplicate: {' '.join(group.sources)} (same content as {group.target})"


def _command(group: SameGroup) -> str:
    closing = f"bd close {' '.join(group.sources)}"
    linking = [f"bd dep add {source} {group.target} --type related" for source in group.sources]
    return " && ".join([closing, *linking])


def _group_json(group: SameGroup) -> dict[str, Any]:
    return {
        "title": group.issues[0].title,
        "issues": [
            {
                "id": each.id,
                "title": each.title,
                "status": each.status,
                "priority": each.priority,
                "references": each.references,
                "is_merge_target": each.id == group.target,
            }
            for each in group.issues
        ],
        "suggested_target": group.target,
        "suggested_sources": group.sources,
        "suggested_action": _command(group),
        "note": _note(group),
    }


def _groups_text(groups: Sequence[SameGroup], notes: Sequence[str]) -> str:
    if not groups:
        return "No duplicates found."
    lines = []
    for group in groups:
        lines.append(f"{text.line(group.issues[0].title)}")
        for each in group.issues:
            mark = "→" if each.id == group.target else " "
            references = text.counted(each.references, "reference")
            facts = f"{each.status}, P{each.priority}, {references}"
            lines.append(f"  {mark} {text.line(each.id)} ({text.line(facts)})")
    return "\n".join([*lines, *notes])


def _notes(merges: Sequence[Merge], *, is_dry: bool) -> list[str]:
    """Say what was done, or could be."""
    notes = []
    for merge in merges:
        if merge.closed:
            closed = text.line(", ".join(merge.closed))
            notes.append(f"Closed {closed}: duplicate of {text.line(merge.target)}")
        notes += [f"Left open: {text.line(error)}" for error in merge.errors]
    if is_dry:
        notes.append("Nothing was changed.")
    elif not merges:
        notes.append("`bd duplicates --auto-merge` closes all but those marked →.")
    return notes


@click.command("find-duplicates", cls=BeadCommand)
@click.option("--method", default=_MECHANICAL, show_default=True, help="How to compare.")
@click.option("--model", hidden=True)
@click.option("-s", "--status", default="", help="Only of this status; all for any.")
@click.option("--threshold", type=float, default=0.5, show_default=True, help="How alike, 0 to 1.")
@click.option(
    "-n", "--limit", type=COUNT, default=limits.LIST_LIMIT_DEFAULT, show_default=True,
    help="At most so many pairs; 0 for all.",
)  # fmt: skip
@pass_session
def find_duplicates(session: Session, /, **given: Any) -> None:
    """Find pairs of issues that share many words of their titles and descriptions.

    The texts are compared word by word, with their counts. Nothing is sent to anybody.
    """
    _require_mechanical(given["method"], given["model"])
    found = session.run(
        FindAlike(threshold=given["threshold"], status=given["status"], limit=given["limit"])
    )
    session.show(
        {
            "pairs": [_pair_json(pair) for pair in found.pairs],
            "count": len(found.pairs),
            "method": _MECHANICAL,
            "threshold": given["threshold"],
        },
        lambda: _pairs_text(found),
        views.alike(found.pairs),
    )
    note_cut(session, found, given["limit"])


def _require_mechanical(method: str, model: str | None) -> None:
    if method == "ai" or (method == _MECHANICAL and model):
        raise InvalidField(
            "Beadwork asks no AI model",
            hint="Use --method mechanical, and let your agent judge the pairs.",
            field="method",
        )
    if method != _MECHANICAL:
        raise InvalidField(
            f'There is no method "{method[:60]}"',
            hint=nearest_hint(method, [_MECHANICAL]),
            field="method",
        )


def _pair_json(pair: Any) -> dict[str, Any]:  # noqa: ANN401 -- a pair
    names = ("issue_a_id", "issue_b_id", "issue_a_title", "issue_b_title", "similarity")
    return {**{name: getattr(pair, name) for name in names}, "method": _MECHANICAL}


def _pairs_text(found: Pairs) -> str:
    if not found.pairs:
        return "No similar issues found."
    lines = []
    for pair in found.pairs:
        lines.append(f"{pair.similarity:.0%} alike: bd show {pair.issue_a_id} {pair.issue_b_id}")
        lines.append(f"  {text.line(pair.issue_a_id)} {text.line(pair.issue_a_title)}")
        lines.append(f"  {text.line(pair.issue_b_id)} {text.line(pair.issue_b_title)}")
    return "\n".join(lines)
