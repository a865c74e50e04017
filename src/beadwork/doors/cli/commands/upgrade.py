"""`bd upgrade` and `bd migrate`: what a newer version changed, and what it asks of a store."""

from typing import Any

import click

from beadwork import __version__
from beadwork.doors.cli import changes, text
from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.ops.record import ShowStore

_SEEN = "upgrade.seen"


@click.group(cls=BeadGroup)
def upgrade() -> None:
    """What changed since the version that was last reviewed here."""


def _seen(session: Session) -> str:
    session.world.where(session.flags.options)
    return session.world.setting(session.flags.options, _SEEN)


@upgrade.command("status")
@pass_session
def status(session: Session) -> None:
    """Tell whether the version changed since the last review."""
    seen = _seen(session)
    is_upgraded = bool(seen) and seen != __version__
    shown: dict[str, Any] = {"upgraded": is_upgraded, "current_version": __version__}
    if seen:
        shown["previous_version"] = seen
    said = f"bd is of version {__version__}"
    if is_upgraded:
        said += f", {text.line(seen)} was reviewed last. See `bd upgrade review`."
    session.show(shown, said)


@upgrade.command("review")
@pass_session
def review(session: Session) -> None:
    """Show what changed since the version that was last reviewed."""
    seen = _seen(session)
    news = changes.since(seen)
    shown = {
        "current_version": __version__,
        "previous_version": seen,
        "versions": [{"version": each.version, "changes": list(each.lines)} for each in news],
    }
    lines = [
        line
        for each in news
        for line in (f"{each.version}", *(f"  {change}" for change in each.lines))
    ]
    session.show(shown, "\n".join(lines) or "Nothing changed since the last review.")


@upgrade.command("ack")
@pass_session
def ack(session: Session) -> None:
    """Mark this version as reviewed, on this machine."""
    session.require_writable()
    seen = _seen(session)
    session.world.config(session.flags.options).set(_SEEN, __version__, layer="local")
    shown = {"acknowledged": True, "current_version": __version__, "previous_version": seen}
    session.show(shown, f"Version {__version__} is marked as reviewed.")


_ELSEWHERE = {
    "dolt": "the store is one SQLite file",
    "hash-ids": "every new id is a hash; older ids stay valid",
    "tombstones": "tombstones stand in the file",
    "sync": "records travel in the file; there is no sync branch so far",
    "issues": "export the issues with `bd export`, and import them in the other project",
    "hooks": "use `bd hooks install`",
    "schema": "the schema is brought up to date by any command",
}


@click.command(cls=BeadCommand, context_settings={"ignore_unknown_options": False})
@click.argument("words", nargs=-1, metavar="")
@click.option("--inspect", is_flag=True, help="Show the state of the database, for programs.")
@click.option("--dry-run", is_flag=True, hidden=True)  # It never does more than any command.
@click.option("--yes", "-y", is_flag=True, hidden=True)
@click.option("--cleanup", is_flag=True, hidden=True)
@click.option("--update-repo-id", is_flag=True, hidden=True)
@click.option("--to-dolt", is_flag=True, hidden=True)
@click.option("--to-sqlite", is_flag=True, hidden=True)
@pass_session
def migrate(session: Session, /, **given: Any) -> None:
    """Bring the database up to date, as any command does."""
    if given["words"]:
        _refuse(given["words"])
    if given["to_dolt"]:
        raise InvalidField("There is no Dolt here", hint="Leave out --to-dolt.", field="to_dolt")
    store = session.run(ShowStore())
    # The answer came from a database that was brought up to date for it.
    names = session.world.migrations()
    if given["inspect"]:
        _show_plan(session, names, store.dirty)
        return
    shown = {"status": "current", "schema_version": len(names), "migrated": False}
    session.show(shown, f"The database has version {len(names)}: nothing to do.")


def _refuse(words: tuple[str, ...]) -> None:
    reason = _ELSEWHERE.get(words[0])
    if reason is None:
        raise InvalidField(
            f'There is no migration "{words[0][:60]}"',
            hint="See `bd migrate --help`.",
            field="words",
        )
    raise InvalidField(
        f"There is nothing to migrate: {reason}",
        hint="See `bd migrate --inspect`.",
        field="words",
    )


def _show_plan(session: Session, names: list[str], dirty: int) -> None:
    where = session.world.where(session.flags.options)
    shown = {
        "current_state": {
            "schema_version": len(names),
            "database_path": where.database_path,
            "prefix": where.prefix,
            "dirty": dirty,
        },
        "invariants_to_check": [
            {"name": "readiness", "description": "the index of readiness fits the edges"},
            {"name": "file", "description": "the file says what the store says"},
        ],
        "registered_migrations": names,
    }
    lines = [
        f"The database has version {len(names)}.",
        *(f"  {name}" for name in names),
        "`bd doctor` checks it.",
    ]
    session.show(shown, "\n".join(lines))
