"""`bd backup` and `bd restore`."""

import os
from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.upkeep_parts import Backup
from beadwork.model import instants
from beadwork.model.errors import InvalidField, InvalidPath, UnknownIssue
from beadwork.ops.upkeep import ShowFullText

_KEPT = 10
_NAMED = 5
_SHORT = 12
_WORDS_ELSEWHERE = {
    "restore": "Use `bd restore FILE`.",
    "init": "Nothing has to be set up: `bd backup`.",
    "sync": "`bd backup` writes the backup whole, at once.",
    "remove": "Remove the file: they lie in .beads/backups.",
    "list": "Use `bd backup status`.",
}


@click.command(cls=BeadCommand)
@click.argument("words", metavar="[FILE|status]", nargs=-1)
@click.option("--force", is_flag=True, help="Also over a file that is there.")
@click.option(
    "--keep",
    type=click.IntRange(1, 10_000),
    default=_KEPT,
    show_default=True,
    help="How many dated backups to keep.",
)
@pass_session
def backup(session: Session, /, words: tuple[str, ...], **given: Any) -> None:
    """Copy the database, consistent while others write; without FILE into .beads/backups.

    The blobs that it refers to go into a folder beside the copy, NAME.blobs.

    `bd backup status` lists what there is. `./status` is a file of that name.
    """
    if words[:1] == ("status",):
        _status(session)
        return
    _require_file(words)
    upkeep = session.world.upkeep(session.flags.options)
    path = _target(session, words[0]) if words else ""
    session.require_writable()
    if path.endswith("/"):
        path += os.path.basename(upkeep.backup_path())
    path = path or upkeep.backup_path()
    with session.progress():
        counts, blobs = upkeep.back_up(path, is_forced=given["force"])
    dropped = [] if words else upkeep.drop_old(given["keep"])
    shown = {
        "path": path,
        "issues": counts.issues,
        "events": counts.events,
        "claims": counts.claims,
        "blobs": blobs.done,
        "missing_blobs": blobs.missing,
        "dropped": dropped,
    }
    held = f", {_counted(blobs.done)} beside it" if blobs.done else ""
    lines = [f"Wrote {path}: {counts.issues} issues, {counts.events} events{held}"]
    lines += _lacking(blobs.missing, "not in the backup, as they are not here whole")
    lines += [f"  dropped {each}" for each in dropped]
    session.show(shown, "\n".join(map(text.line, lines)))


def _counted(count: int) -> str:
    return "1 blob" if count == 1 else f"{count} blobs"


def _lacking(digests: list[str], what: str) -> list[str]:
    """Say which blobs are not to be had; the first of them by name."""
    if not digests:
        return []
    more = f", and {len(digests) - _NAMED} more" if len(digests) > _NAMED else ""
    names = ", ".join(each[:_SHORT] for each in digests[:_NAMED])
    return [f"  {_counted(len(digests))} {what}: {names}{more}"]


def _require_file(words: tuple[str, ...]) -> None:
    """Refuse words of other programs, and more than one file.

    Raises:
        InvalidField: so it is.
    """
    if words and words[0] in _WORDS_ELSEWHERE:
        raise InvalidField(
            f"There is no `bd backup {words[0]}`", hint=_WORDS_ELSEWHERE[words[0]], field="path"
        )
    if len(words) > 1:
        raise InvalidField("Several files were named", hint="Name one.", field="path")


def _target(session: Session, name: str) -> str:
    if not name.strip():
        raise InvalidPath("The name of the file is empty", hint="Leave it out, or name a file.")
    path = session.world.full_path(name)
    return f"{path}/" if os.path.isdir(path) else path


def _status(session: Session) -> None:
    found = session.world.upkeep(session.flags.options).backups()
    shown = [_shape(each) for each in found]
    session.show(
        {"backups": shown, "count": len(shown)},
        lambda: (
            "\n".join(
                text.line(f"{each['created_at']}  {each['size_bytes']:>10} bytes  {each['path']}")
                for each in shown
            )
            or "There is no backup yet: `bd backup` makes one."
        ),
    )


def _shape(backup: Backup) -> dict[str, Any]:
    return {
        "path": backup.path,
        "size_bytes": backup.size_bytes,
        "created_at": instants.format_us(backup.at_us // 1_000_000 * 1_000_000),
    }


@click.command(cls=BeadCommand)
@click.argument("name", metavar="FILE|ID")
@click.option("--force", "-f", is_flag=True, help="Also if the store knows more; it is kept.")
@pass_session
def restore(session: Session, name: str, force: bool) -> None:
    """Put a backup in the place of the store; or show the full text of a compacted issue.

    The present store is kept beside. What the file says is folded in again: a restore brings back
    claims, history and what never was in the file. Blobs that are missing come from beside it.
    """
    path = _named(session, name)
    if not os.path.isfile(path):
        _show_full_text(session, name)
        return
    session.require_writable()
    with session.progress():
        done = session.world.upkeep(session.flags.options).restore(path, is_forced=force)
    shown = {
        "restored": path,
        "kept": done.kept,
        "lost_events": done.lost_events,
        "imported": shapes.report(done.imported.report),
        "blobs": done.blobs.done,
        "missing_blobs": done.blobs.missing,
    }
    lines = [f"Restored {path}"]
    lines += [f"  {done.lost_events} later events are gone from it"] * bool(done.lost_events)
    lines += [f"  {_counted(done.blobs.done)} brought back"] * bool(done.blobs.done)
    lines += _lacking(done.blobs.missing, "missing, neither here nor beside the backup")
    lines += [f"  the store as it was: {done.kept}"] * bool(done.kept)
    session.show(shown, "\n".join(map(text.line, lines)))


def _named(session: Session, name: str) -> str:
    if not name.strip():
        raise InvalidPath("The name is empty", hint="See `bd backup status`.")
    return session.world.full_path(name)


def _show_full_text(session: Session, name: str) -> None:
    try:
        found = session.run(ShowFullText(issue=name)).issue
    except UnknownIssue as error:
        raise UnknownIssue(
            f'There is no file and no issue "{name[:100]}"',
            hint="See `bd backup status` for the backups.",
            id=name[:100],
        ) from error
    session.show(shapes.issue(found), lambda: _full_text(msgspec.to_builtins(found)))


def _full_text(issue: dict[str, Any]) -> str:
    lines = [f"{text.line(issue['id'])}: {text.line(issue['title'])}"]
    for name in ("description", "design", "acceptance_criteria", "notes"):
        if issue.get(name):
            lines += [name.replace("_", " ").capitalize(), text.block(issue[name])]
    return "\n".join(lines)
