"""The `bd` command line: finds the command, runs it, turns errors into exit codes (R8)."""

import importlib
import sys
from typing import Any

import click

from beadwork.doors.cli.options import BeadGroup
from beadwork.doors.cli.session import Session, environment_flags
from beadwork.doors.world import World
from beadwork.model.errors import BeadworkError, InvalidRequest

_COMMANDS = {
    "blocked": "ready:blocked",
    "claim": "claim:claim",
    "close": "issue:close",
    "comment": "comment:add_comment",
    "comments": "comment:comments",
    "create": "create:create",
    "delete": "issue:delete",
    "dep": "dependency:dep",
    "done": "issue:close",
    "export": "file:export",
    "heartbeat": "claim:heartbeat",
    "history": "event:history",
    "hooks": "hooks:hooks",
    "import": "file:import_",
    "init": "system:init",
    "label": "label:label",
    "list": "listing:list_",
    "merge": "file:merge",
    "new": "create:create",
    "ready": "ready:ready",
    "release": "claim:release",
    "reopen": "issue:reopen",
    "show": "listing:show",
    "sync": "file:sync",
    "undo": "event:undo",
    "update": "update:update",
    "version": "system:version",
    "view": "listing:show",
    "where": "system:where",
    "why": "ready:why",
}
"""Command name to `module:attribute` in `commands`; a module is imported when it is asked for."""
_ALIASES = frozenset({"comment", "done", "new", "view"})


class _Root(BeadGroup):
    """All commands, each imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        del ctx
        return sorted(set(_COMMANDS) - _ALIASES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        found = _COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, _, attribute = found.partition(":")
        loaded = importlib.import_module(f"beadwork.doors.cli.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.option("-V", "--version", "is_version", is_flag=True, help="Show the version.")
@click.pass_context
def bd(context: click.Context, *, is_version: bool) -> None:
    """Issues for teams of coding agents: what is to be done, who does it, what waits for what.

    Begin with `bd init`, `bd create "Title"`, `bd ready`.
    """
    if is_version:
        context.invoke(_version_command(context), daemon=False)
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


def _version_command(context: click.Context) -> Any:  # noqa: ANN401 -- a click command
    return bd.get_command(context, "version")


def _usage_error(error: click.UsageError) -> InvalidRequest:
    name = error.ctx.command_path if error.ctx else "bd"
    message = error.format_message().rstrip(".")
    hint = f"See `{name} --help`."
    possibilities = getattr(error, "possibilities", None)
    if possibilities:
        hint = f"Did you mean {sorted(possibilities)[0]}? {hint}"
        message = message.split(" Did you mean")[0]
    return InvalidRequest(message, hint=hint)


def run(arguments: list[str], world: World) -> int:
    """Run one command line; return its exit code."""
    session = Session(world)
    environment_flags(session.flags, world.environ)
    if "--json" in arguments:
        # Errors in the command line itself are JSON too.
        session.flags.is_json = True
    try:
        code = bd.main(arguments, prog_name="bd", standalone_mode=False, obj=session)
        session.exit_code = session.exit_code or (code if isinstance(code, int) else 0)
    except click.UsageError as error:
        session.fail(_usage_error(error))
    except BeadworkError as error:
        session.fail(error)
    except BrokenPipeError:
        return _leave_quietly(session)
    except (click.Abort, KeyboardInterrupt):
        session.exit_code = 130
    try:
        session.finish()
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly(session)
    return session.exit_code


def _leave_quietly(session: Session) -> int:
    """Whoever read our output has gone: that is no error of the command."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    session.finish()
    return session.exit_code
