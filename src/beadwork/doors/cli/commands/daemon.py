"""`bd daemon`: the process that writes the store for all."""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from beadwork.doors.cli import daemon_text
from beadwork.doors.cli.options import COUNT, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.doors.world import Daemon, Starting
from beadwork.model.errors import BeadworkError, InvalidField, Unavailable
from beadwork.model.instants import duration_s

_NO = 1
_GIT_WORK = ("auto_commit", "auto_pull", "auto_push")
_DOLT = ("federation", "federation_port", "remotesapi_port")
_LEVELS = click.Choice(("debug", "info", "warn", "error"))

F = TypeVar("F", bound=Callable[..., Any])


def _start_options(command: F) -> F:
    """Give a command classic's flags of a start."""
    options = (
        click.option("--interval", metavar="TIME", help="How soon the file is written (5s)."),
        click.option("--idle-exit", metavar="TIME", help="End when idle so long (30m); 0: never."),
        click.option("--foreground", is_flag=True, help="Be the daemon, in this process."),
        click.option("--log", metavar="FILE", help="Another place for its log."),
        click.option("--log-json", is_flag=True, hidden=True),  # it is always JSON
        click.option("--log-level", type=_LEVELS, hidden=True),
        click.option("--local", is_flag=True, hidden=True),  # it always is
        *(
            click.option(f"--{each.replace('_', '-')}", is_flag=True, hidden=True)
            for each in _GIT_WORK
        ),
        click.option("--federation", is_flag=True, hidden=True),
        click.option("--federation-port", hidden=True),
        click.option("--remotesapi-port", hidden=True),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=BeadGroup, invoke_without_command=True)
@click.option("--start", "is_start", is_flag=True, hidden=True)
@click.option("--stop", "is_stop", is_flag=True, hidden=True)
@click.option("--stop-all", "is_stop_all", is_flag=True, hidden=True)
@click.option("--status", "is_status", is_flag=True, hidden=True)
@click.option("--health", "is_health", is_flag=True, hidden=True)
@click.option("--metrics", "is_metrics", is_flag=True, hidden=True)
@_start_options
@pass_session
@click.pass_context
def daemon(context: click.Context, session: Session, /, **given: Any) -> None:
    """The daemon: one process that writes the store for all, and answers at once.

    Commands start it by themselves where there is none, and work without it, too.
    """
    _follow_flags(context, session, given)


def _follow_flags(context: click.Context, session: Session, given: dict[str, Any]) -> None:
    """Do what classic's older flags ask for, without a subcommand.

    Raises:
        InvalidField: they ask for several things.
    """
    if context.invoked_subcommand is not None:
        return
    acts: dict[str, Callable[[], None]] = {
        "is_start": lambda: _start(session, given),
        "is_stop": lambda: _stop(session, [_own(session)]),
        "is_stop_all": lambda: _kill_all(session, [], is_forced=False),
        "is_status": lambda: _status(session),
        "is_health": lambda: _health(session, []),
        "is_metrics": lambda: _metrics(session),
    }
    chosen = [name for name in acts if given[name]]
    if not chosen and given["foreground"]:
        chosen = ["is_start"]
    if len(chosen) > 1:
        raise InvalidField("Only one of these flags can be followed", hint="See `bd daemon`.")
    if not chosen:
        session.write(f"{context.get_help()}\n")
        return
    acts[chosen[0]]()


def _own(session: Session) -> Daemon:
    return session.world.daemons(session.flags.options).own()


def _named(session: Session, target: str | None) -> Daemon:
    daemons = session.world.daemons(session.flags.options)
    return daemons.named(target) if target else daemons.own()


# -- start and stop


@daemon.command()
@_start_options
@pass_session
def start(session: Session, /, **given: Any) -> None:
    """Start the daemon of this store, and wait until it answers."""
    _start(session, given)


def _start(session: Session, given: dict[str, Any]) -> None:
    wanted = _wanted(session, given)
    own = _own(session)
    if not given["foreground"]:
        own.start(wanted)
        _status(session)
        return
    echo: Callable[[str], None] = lambda line: session.write(f"{line}\n")  # noqa: E731
    own.run(wanted._replace(echo=None if session.flags.is_quiet else echo))


def _wanted(session: Session, given: dict[str, Any]) -> Starting:
    """Return how the daemon is to run.

    Raises:
        InvalidField: a time is none, or a flag belongs to Dolt.
    """
    for name in _DOLT:
        if given[name]:
            flag = f"--{name.replace('_', '-')}"
            raise InvalidField(
                f"{flag} is not supported: there is no Dolt server", hint="Leave it out."
            )
    for name in ("interval", "idle_exit"):
        if given[name]:
            duration_s(given[name])
    ignored = [f"--{name.replace('_', '-')}" for name in _GIT_WORK if given[name]]
    if ignored:
        session.warn(f"Note: the daemon leaves git alone; {', '.join(ignored)} has no effect.")
    log = session.world.full_path(given["log"]) if given["log"] else ""
    return Starting(given["interval"] or "", given["idle_exit"] or "", log)


@daemon.command()
@click.argument("target", required=False, metavar="[FOLDER|PID]")
@pass_session
def stop(session: Session, target: str | None) -> None:
    """Stop a daemon, and return when it is gone. Commands start it no more, until `start`."""
    _stop(session, [_named(session, target)])


def _stop(session: Session, daemons: Sequence[Daemon]) -> None:
    for each in daemons:
        pid = each.holder.get("pid")
        was_alive = each.stop()
        said = f"Stopped the daemon (pid {pid})" if was_alive else "No daemon was running"
        status = "stopped" if was_alive else "not_running"
        shown = {"workspace": each.workspace, "pid": pid, "status": status}
        session.show(shown, "" if session.flags.is_quiet else said)


@daemon.command()
@click.argument("target", required=False, metavar="[FOLDER|PID]")
@click.option("--search", multiple=True, hidden=True)
@pass_session
def restart(session: Session, target: str | None, search: tuple[str, ...]) -> None:
    """Stop a daemon if there is one, and start it anew."""
    del search
    found = _named(session, target)
    found.stop(is_final=False)
    found.start(Starting())
    _show_status(session, found)


@daemon.command()
@click.option("--force", is_flag=True, help="Kill those that don't end by themselves.")
@click.option("--search", multiple=True, metavar="FOLDER", help="Look for stores below it too.")
@pass_session
def killall(session: Session, force: bool, search: tuple[str, ...]) -> None:
    """Stop every daemon of this user."""
    _kill_all(session, search, is_forced=force)


def _kill_all(session: Session, search: Sequence[str], *, is_forced: bool) -> None:
    stopped: list[dict[str, Any]] = []
    failed: list[tuple[str, BeadworkError]] = []
    for each in session.world.daemons(session.flags.options).known(roots=_roots(search)):
        pid = each.holder.get("pid")
        try:
            each.stop(is_forced=is_forced)
        except BeadworkError as error:
            failed.append((each.workspace, error))
        else:
            stopped.append({"workspace": each.workspace, "pid": pid})
    shown = {"stopped": len(stopped), "failed": len(failed), "daemons": stopped}
    session.show(shown, f"Stopped {len(stopped)} daemons")
    session.fail_each(failed)


def _roots(search: Sequence[str]) -> list[str]:
    return [part.strip() for each in search for part in each.split(",") if part.strip()]


# -- asking


@daemon.command()
@click.option("--all", "is_all", is_flag=True, help="Of every daemon of this user.")
@click.option("--search", multiple=True, metavar="FOLDER", help="Look for stores below it too.")
@pass_session
def status(session: Session, is_all: bool, search: tuple[str, ...]) -> None:
    """Show whether the daemon runs, and what it does; exit 1 if it does not run."""
    if not is_all:
        _status(session)
        return
    known = session.world.daemons(session.flags.options).known(roots=_roots(search))
    shown = [daemon_text.status(each) for each in known]
    lines = "\n\n".join(daemon_text.status_lines(each) for each in shown)
    session.show(shown, lines or "No daemons run")


def _status(session: Session) -> None:
    _show_status(session, _own(session))


def _show_status(session: Session, found: Daemon) -> None:
    shown = daemon_text.status(found)
    session.show(shown, daemon_text.status_lines(shown))
    if shown["status"] != "running":
        session.exit_code = max(session.exit_code, _NO)


@daemon.command()
@click.option("--search", multiple=True, metavar="FOLDER", help="Look for stores below it too.")
@pass_session
def health(session: Session, search: tuple[str, ...]) -> None:
    """Show whether the daemons of this user do their work: each commits a write. Exit 1 if not."""
    _health(session, search)


def _health(session: Session, search: Sequence[str]) -> None:
    known = session.world.daemons(session.flags.options).known(roots=_roots(search))
    shown = daemon_text.health([daemon_text.health_of(each) for each in known])
    session.show(shown, daemon_text.health_lines(shown))
    if shown["healthy"] != shown["total"]:
        session.exit_code = max(session.exit_code, _NO)


@daemon.command("list")
@click.option("--no-cleanup", is_flag=True, help="Keep entries of daemons that are gone.")
@click.option("--search", multiple=True, metavar="FOLDER", help="Look for stores below it too.")
@pass_session
def list_(session: Session, no_cleanup: bool, search: tuple[str, ...]) -> None:
    """List the daemons of this user that run."""
    daemons = session.world.daemons(session.flags.options)
    known = daemons.known(roots=_roots(search), is_cleaned=not no_cleanup)
    rows = [daemon_text.row(each) for each in known]
    session.show(rows or None, daemon_text.row_lines(rows) or "No daemons run")


@daemon.command()
@pass_session
def metrics(session: Session) -> None:
    """Print what the daemon counted, for Prometheus."""
    _metrics(session)


def _metrics(session: Session) -> None:
    found = _own(session).ask("metrics")
    if found is None:
        raise Unavailable("No daemon answers", hint="`bd daemon start` starts one.")
    if session.flags.is_json:
        session.show(found)
        return
    from beadwork.doors.cli.daemon_metrics import exposition

    session.write(exposition(found))


@daemon.command()
@click.argument("target", required=False, metavar="[FOLDER|PID]")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("-n", "--lines", type=COUNT, default=50, help="How many of the last lines (50).")
@pass_session
def logs(session: Session, target: str | None, follow: bool, lines: int) -> None:
    """Show the log of a daemon: a line of JSON for each thing that happened."""
    found = _named(session, target)
    for line in found.log_lines(lines):
        session.write(f"{line}\n")
    if follow:
        for line in found.log_follow():
            session.write(f"{line}\n")


@daemon.command()
@click.option("--print", "is_print", is_flag=True, help="Show it, and write nothing.")
@click.option("--remove", is_flag=True, help="Remove what was installed.")
@click.option(
    "--kind",
    type=click.Choice(("systemd", "launchd")),
    help="What starts it; by default what this system has.",
)
@pass_session
def install(session: Session, is_print: bool, remove: bool, kind: str | None) -> None:
    """Have the system run the daemon of this store from login on: a unit of the user's."""
    from beadwork.doors.cli.daemon_unit import unit_of

    own = _own(session)
    unit = unit_of(own, session.world.environ, kind)
    if is_print:
        session.show({"path": unit.path, "content": unit.content}, unit.content)
        return
    if remove:
        is_there = os.path.exists(unit.path)
        if is_there:
            session.world.drop_file(unit.path, os.path.dirname(unit.path))
        said = f"Removed {unit.path}" if is_there else f"There is no {unit.path}"
        session.show({"path": unit.path, "removed": is_there}, f"{said}\n  {unit.off}")
        return
    session.require_writable()
    session.world.put_file(unit.path, unit.content.encode())
    shown = {"path": unit.path, "kind": unit.kind, "next": unit.on}
    session.show(shown, f"Wrote {unit.path}\n  Run it: {unit.on}")
