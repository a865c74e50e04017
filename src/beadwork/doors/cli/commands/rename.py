"""`bd rename` and `bd rename-prefix`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.options import ID, BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError
from beadwork.ops.rename import Move, PrefixRenamed, Renamed, RenameIssue, RenamePrefix

_SHOWN_MAX = 20
_PREFIX_KEY = "issue-prefix"


@click.command(cls=BeadCommand)
@click.argument("issue_id", metavar="OLD_ID", type=ID)
@click.argument("new_id", metavar="NEW_ID", type=ID)
@click.option("-f", "--force", is_flag=True, help="A foreign prefix too, or held by another.")
@pass_session
def rename(session: Session, issue_id: str, new_id: str, force: bool) -> None:
    """Give an issue another id; its children, edges and whole ids in texts follow."""
    found = session.run(RenameIssue(issue=issue_id, new_id=new_id, force=force))
    first = found.moves[0].old_id if found.moves else new_id
    shown: dict[str, Any] = {
        "old_id": first,
        "new_id": new_id,
        "changed": bool(found.moves),
        "renamed": _moves(found.moves),
        **_counts(found),
    }
    lines = [f"Unchanged: {text.line(new_id)} is its id already"] if not found.moves else []
    session.show(shown, "\n".join([*lines, *_lines("Renamed", found)]))


def _moves(moves: list[Move]) -> list[dict[str, str]]:
    return [msgspec.to_builtins(each) for each in moves]


def _counts(found: Renamed | PrefixRenamed) -> dict[str, int]:
    return {
        "dependencies_updated": found.dependencies_updated,
        "references_updated": found.references_updated,
    }


def _lines(verb: str, found: Renamed | PrefixRenamed) -> list[str]:
    moves = found.moves[:_SHOWN_MAX]
    lines = [f"{verb} {text.line(each.old_id)} -> {text.line(each.new_id)}" for each in moves]
    lines += [f"  and {len(found.moves) - len(moves)} more"] * (len(found.moves) > len(moves))
    for count, what in (
        (found.dependencies_updated, "Edges follow"),
        (found.references_updated, "Texts were rewritten"),
    ):
        lines += [f"  {what} in {count} {'issue' if count == 1 else 'issues'}"] * bool(count)
    return lines


@click.command("rename-prefix", cls=BeadCommand)
@click.argument("prefix")
@click.option("--dry-run", is_flag=True, help="Only show what would be renamed.")
@click.option("--repair", is_flag=True, help="Join ids with foreign prefixes too.")
@pass_session
def rename_prefix(session: Session, prefix: str, dry_run: bool, repair: bool) -> None:
    """Let all ids of the project begin with another prefix, and new ones too."""
    request = RenamePrefix(prefix=prefix, repair=repair, dry_run=dry_run)
    found = session.run(request)
    if not dry_run:
        _settle(session, found)
    shown = {
        "old_prefix": found.old_prefix,
        "new_prefix": found.new_prefix,
        "issues_count": len(found.moves),
        "dry_run": dry_run,
        "renamed": _moves(found.moves),
        **_counts(found),
    }
    verb = "Would rename" if dry_run else "Renamed"
    lines = _lines(verb, found)
    if found.old_prefix != found.new_prefix:
        said = "would begin" if dry_run else "begin"
        lines.append(f"New ids {said} with {text.line(found.new_prefix)}-")
    session.show(shown, "\n".join(lines) or "Nothing to rename.")


def _settle(session: Session, found: PrefixRenamed) -> None:
    """Write the prefix into the project's settings, which git tracks.

    Raises:
        BeadworkError: that can't be done; the ids are renamed by then, and it says so.
    """
    if found.old_prefix == found.new_prefix:
        return
    settings = session.world.config(session.flags.options)
    try:
        settings.set(_PREFIX_KEY, found.new_prefix, layer="project")
    except BeadworkError as error:
        error.message = f"The ids are renamed, but the prefix is not set: {error.message}"
        error.hint = f"Run `bd rename-prefix {found.new_prefix}` again."
        raise
