"""`bd init`, `bd where`, `bd version`."""

import os
import sys
from typing import Any

import click

from beadwork import __version__
from beadwork.doors.cli import shapes, text
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Founding, Initialized
from beadwork.model import ids
from beadwork.model.errors import InvalidField, NoStore
from beadwork.model.overriding import override
from beadwork.ops.record_file import ImportFile

_NO = 1
_NAMED_MAX = 5
_SERVER = ("server", "server_host", "server_port", "server_user")
_DESTRUCTIVE = ("reinit_local", "discard_remote", "destroy_token")


class _Init(BeadCommand):
    """Takes `--from-jsonl=FILE` too; classic's flag has no value."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        given = [word.replace("--from-jsonl=", "--from=", 1) for word in args]
        return super().parse_args(ctx, given)


@click.command(cls=_Init)
@click.argument("path", required=False, metavar="")
@click.option("-p", "--prefix", default="", help="What ids begin with; by default the folder.")
@click.option("--from", "source", metavar="FILE", help="Take in the records of this file too.")
@click.option("--from-jsonl", is_flag=True, hidden=True)  # A file that is there is always read.
@click.option("--stealth", is_flag=True, help="Git sees nothing of it, in this clone only.")
@click.option("--setup-exclude", is_flag=True, help="The same, for work on a fork.")
@click.option("--contributor", is_flag=True, help="The same, and note the role in git's config.")
@click.option("--team", is_flag=True, help="Note the role of a maintainer in git's config.")
@click.option("-b", "--branch", default="", help="Note this branch as sync.branch.")
@click.option("--skip-hooks", is_flag=True, help="Leave git's hooks alone.")
@click.option("--skip-merge-driver", is_flag=True, help="Let git merge the file by union only.")
@click.option("--force", is_flag=True, hidden=True)  # What is there is kept, always.
@click.option("--non-interactive", is_flag=True, hidden=True)  # It never asks.
@click.option("--backend", hidden=True)
@click.option("--server", is_flag=True, hidden=True)
@click.option("--server-host", hidden=True)
@click.option("--server-port", hidden=True)
@click.option("--server-user", hidden=True)
@click.option("--reinit-local", is_flag=True, hidden=True)
@click.option("--discard-remote", is_flag=True, hidden=True)
@click.option("--destroy-token", hidden=True)
@pass_session
def init(session: Session, /, **given: Any) -> None:
    """Make a store here; over a classic .beads folder, take its records in."""
    session.require_writable()
    session.require_readable_folder()
    _refuse(given)
    source = _source(given)
    content = session.read_bytes(source).decode("utf-8", "surrogateescape") if source else None
    made = session.world.init(session.flags.options, _wanted(session, given, source))
    imported = made.report
    if content is not None:
        imported = session.run(ImportFile(text=content))
    report = imported.report if imported else None
    verb = "Made" if made.is_new else "Using"
    lines = [f"{verb} {text.line(made.path)} with the prefix {text.line(made.prefix)}"]
    lines += [f"  wrote {text.line(path)}" for path in made.written]
    lines += [text.report(report)] if report else []
    shown = {
        "path": made.path,
        "prefix": made.prefix,
        "written": made.written,
        "imported": shapes.report(report) if report else None,
    }
    session.show(shown, "\n".join(lines) if not session.flags.is_quiet else "")
    _warn(session, made, given)


def _refuse(given: dict[str, Any]) -> None:
    """Refuse what belongs to another database, or would destroy something.

    Raises:
        InvalidField: such a flag was given, or two that exclude each other.
    """
    if given["backend"] not in (None, "sqlite"):
        raise InvalidField(
            f'There is no backend "{given["backend"][:40]}"',
            hint="The store is one SQLite file; leave out --backend.",
            field="backend",
        )
    for name in (*_SERVER, *_DESTRUCTIVE):
        if given[name]:
            flag = f"--{name.replace('_', '-')}"
            why = "there is no Dolt server" if name in _SERVER else "init never discards records"
            raise InvalidField(f"{flag} is not supported: {why}", hint="Leave it out.", field=name)
    hiding = [name for name in ("stealth", "setup_exclude", "contributor") if given[name]]
    if given["team"] and hiding:
        raise InvalidField(
            f"--team shares the records in git, --{hiding[0].replace('_', '-')} hides them",
            hint="Give one of them.",
            field="team",
        )


def _source(given: dict[str, Any]) -> str:
    """Return the file to take in, named by --from or after --from-jsonl.

    Raises:
        InvalidField: an argument was given for which there is no use.
    """
    path = given["path"] or ""
    if path and (given["source"] or not given["from_jsonl"]):
        raise InvalidField(
            f'`bd init` makes the store where it runs, not in "{path[:60]}"',
            hint="Use `bd -C FOLDER init`, or --from FILE to take in records.",
            field="path",
        )
    return given["source"] or path


def _wanted(session: Session, given: dict[str, Any], source: str) -> Founding:
    role = "contributor" if given["contributor"] else "maintainer" if given["team"] else ""
    return Founding(
        prefix=ids.require_prefix(given["prefix"]) if given["prefix"] else "",
        source=session.world.full_path(source) if source and source != "-" else "",
        branch=given["branch"],
        role=role,
        has_hooks=not given["skip_hooks"],
        has_driver=not given["skip_merge_driver"],
        is_hidden=bool(given["stealth"] or given["setup_exclude"] or given["contributor"]),
    )


def _warn(session: Session, made: Initialized, given: dict[str, Any]) -> None:
    if made.classic_only:
        names = text.line(", ".join(made.classic_only[:_NAMED_MAX]))
        file = os.path.basename(session.world.where(session.flags.options).records_path)
        session.warn(
            f"Warning: the classic database holds {len(made.classic_only)} issues that the file "
            f"lacks ({names}).\n"
            f"  Run classic `bd export -o .beads/{file}`, then `bd import`."
        )
    if made.foreign_hooks:
        session.warn(
            f"Note: git's hooks {', '.join(made.foreign_hooks)} are left as they are; "
            "`bd hooks install` adds ours after them."
        )
    if given["branch"]:
        session.warn("Note: sync.branch is noted; `bd sync` does not push to a branch so far.")
    if made.is_tracked and made.is_hidden:
        session.warn(
            "Warning: git tracks files of the store already, so they stay visible to it.\n"
            "  `git rm -r --cached .beads` takes them out."
        )


@click.command(cls=BeadCommand)
@pass_session
def where(session: Session) -> None:
    """Show which store is used here."""
    session.require_readable_folder()
    found = session.world.where(session.flags.options)
    shown = {
        "path": found.path,
        "prefix": found.prefix,
        "database_path": found.database_path,
    }
    lines = [found.path, f"  prefix: {found.prefix}", f"  database: {found.database_path}"]
    if found.redirected_from:
        shown["redirected_from"] = found.redirected_from
        lines.append(f"  redirected from: {found.redirected_from}")
    session.show(shown, "\n".join(map(text.safe, lines)))


@click.command(cls=BeadCommand)
@pass_session
def whoami(session: Session) -> None:
    """Show as whom commands act here, in which session, and from where that is known."""
    # Refused if nobody can have such a name.
    _ = session.caller
    found = session.world.who(session.flags.options)
    lines = [f"Actor:   {found.actor}  (from {found.actor_source})"]
    lines.append(
        f"Session: {found.session}  (from {found.session_source})"
        if found.session
        else "Session: none; BD_SESSION names one"
    )
    session.show(found._asdict(), "\n".join(map(text.line, lines)))


@click.command(cls=BeadCommand)
@click.option("--daemon", is_flag=True, help="Also that of the daemon; exit 1 if none runs.")
@pass_session
def version(session: Session, daemon: bool) -> None:
    """Show the version."""
    python = ".".join(map(str, sys.version_info[:3]))
    shown: dict[str, Any] = {"version": __version__, "build": f"beadwork python-{python}"}
    lines = [f"bd version {__version__} (beadwork)"]
    if daemon:
        found = _daemon_version(session)
        shown |= {"daemon_running": found is not None, "daemon_version": found}
        if found is None:
            lines.append("No daemon runs: each command works on the store itself.")
            session.exit_code = _NO
        else:
            shown["daemon_compatible"] = found == __version__
            lines.append(f"The daemon has version {found}")
    session.show(shown, "\n".join(lines))


def _daemon_version(session: Session) -> str | None:
    """Return the version of the daemon of this store; None if none runs."""
    try:
        own = session.world.daemons(session.flags.options).own()
    except NoStore:
        return None
    version = own.holder.get("version")
    return str(version) if version else None
