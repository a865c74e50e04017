"""The `bd` command line: finds the command, runs it, turns errors into exit codes (R8)."""

import importlib
from collections.abc import Callable

import click

from beadwork.doors.cli.options import BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session, environment_flags
from beadwork.doors.world import World
from beadwork.model.errors import BeadworkError, Fault, FileTrouble, InvalidField, InvalidRequest
from beadwork.model.overriding import override

_COMMANDS = {
    "__complete": "completion:complete",
    "activity": "activity:activity",
    "admin": "admin:admin",
    "assign": "verbs:assign",
    "audit": "audit:audit",
    "backup": "backup:backup",
    "batch": "batch:batch",
    "blob": "blob:blob",
    "blocked": "ready:blocked",
    "children": "listing:children",
    "claim": "claim:claim",
    "cleanup": "admin:cleanup",
    "close": "issue:close",
    "comment": "comment:add_comment",
    "comments": "comment:comments",
    "compact": "admin:compact",
    "completion": "completion:completion",
    "config": "config:config",
    "conflicts": "conflicts:conflicts",
    "count": "listing:count",
    "create": "create:create",
    "daemon": "daemon:daemon",
    "daemons": "daemon:daemon",
    "defer": "verbs:defer",
    "delete": "issue:delete",
    "dep": "dependency:dep",
    "doctor": "doctor:doctor",
    "done": "issue:close",
    "duplicate": "verbs:duplicate",
    "duplicates": "duplicates:duplicates",
    "edit": "edit:edit",
    "epic": "epic:epic",
    "export": "file:export",
    "find-duplicates": "duplicates:find_duplicates",
    "find-dups": "duplicates:find_duplicates",
    "forget": "memory:forget",
    "gc": "admin:gc",
    "graph": "graph:graph",
    "heartbeat": "claim:heartbeat",
    "history": "event:history",
    "hooks": "hooks:hooks",
    "human": "guide:human",
    "import": "importing:import_",
    "info": "info:info",
    "init": "system:init",
    "kv": "kv:kv",
    "label": "label:label",
    "late": "claim:late",
    "lease": "lease:lease",
    "link": "verbs:link",
    "lint": "lint:lint",
    "list": "listing:list_",
    "memories": "memory:memories",
    "merge": "importing:merge",
    "migrate": "upgrade:migrate",
    "msg": "msg:msg",
    "new": "create:create",
    "note": "verbs:note",
    "onboard": "guide:onboard",
    "orphans": "orphans:orphans",
    "preflight": "preflight:preflight",
    "prime": "prime:prime",
    "priority": "verbs:priority",
    "promote": "verbs:promote",
    "prune": "admin:prune",
    "purge": "admin:purge",
    "q": "verbs:q",
    "query": "search:query",
    "quickstart": "guide:quickstart",
    "ready": "ready:ready",
    "recall": "memory:recall",
    "relate": "dependency:relate",
    "release": "claim:release",
    "remember": "memory:remember",
    "rename": "rename:rename",
    "rename-prefix": "rename:rename_prefix",
    "reopen": "issue:reopen",
    "repo": "repo:repo",
    "reset": "admin:reset",
    "restore": "backup:restore",
    "schema": "schema:schema",
    "search": "search:search",
    "set-state": "state:set_state",
    "setup": "setup:setup",
    "ship": "ship:ship",
    "show": "show:show",
    "stale": "listing:stale",
    "state": "state:state",
    "stats": "stats:stats",
    "status": "stats:stats",
    "statuses": "words:statuses",
    "supersede": "verbs:supersede",
    "sync": "importing:sync",
    "tag": "verbs:put_labels",
    "todo": "todo:todo",
    "types": "words:types",
    "undefer": "verbs:undefer",
    "undo": "event:undo",
    "unrelate": "dependency:unrelate",
    "update": "update:update",
    "upgrade": "upgrade:upgrade",
    "version": "system:version",
    "view": "show:show",
    "watch": "watch:watch",
    "where": "system:where",
    "whoami": "system:whoami",
    "why": "ready:why",
    "worktree": "worktree:worktree",
}
"""Command name to `module:attribute` in `commands`; a module is imported when it is asked for."""
_ALIASES = frozenset(
    {
        "__complete",
        "cleanup",
        "comment",
        "compact",
        "daemons",
        "done",
        "find-dups",
        "gc",
        "new",
        "prune",
        "purge",
        "relate",
        "reset",
        "unrelate",
        "view",
    }
)
_HERE = frozenset(
    {
        *(
            "backup",
            "blob",
            "completion",
            "daemon",
            "daemons",
            "doctor",
            "edit",
            "export",
            "hooks",
            "import",
            "init",
        ),
        *("merge", "migrate", "rename-prefix", "repo", "restore", "setup", "upgrade", "worktree"),
        *("admin", "cleanup", "compact", "gc", "prune", "purge", "reset"),
    }
)
"""Commands that need the process of their user: its editor, its files, its git, or much time."""
_CANCELLED = 130


class _Root(BeadGroup):
    """All commands, each imported on use."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted({*_COMMANDS, *super().list_commands(ctx)} - _ALIASES)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        found = _COMMANDS.get(cmd_name)
        if found is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = found.partition(":")
        loaded = importlib.import_module(f"beadwork.doors.cli.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; where it needs the process of its user, see that it runs there."""
        if args and args[0] in _HERE:
            ctx.ensure_object(Session).world.require_here()
        return super().resolve_command(ctx, args)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        from beadwork.doors.cli.summaries import SUMMARIES

        said = {name: click.Command(name, help=text) for name, text in SUMMARIES.items()}
        click.Group(commands=said).format_commands(ctx, formatter)


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
        version = bd.get_command(context, "version")
        if version is not None:
            context.invoke(version, daemon=False)
    elif context.invoked_subcommand is None:
        _begin(context)


def _begin(context: click.Context) -> None:
    """Show what to do next on a terminal, and help elsewhere."""
    session = context.ensure_object(Session)
    screen = session.terminal()
    if screen is None or session.flags.is_json:
        session.write(f"{context.get_help()}\n")
        return
    importlib.import_module("beadwork.doors.cli.commands.start").start(session, screen)


@bd.command("help", cls=BeadCommand)
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@pass_session
@click.pass_context
def help_(context: click.Context, session: Session, words: tuple[str, ...]) -> None:
    """Show what a command does and takes."""
    command: click.Command = bd
    width = session.help_width
    place = click.Context(bd, info_name="bd", terminal_width=width, **bd.context_settings)
    place.obj = session  # A command asks it whether it may run here.
    for word in words:
        if not isinstance(command, click.Group):
            break
        name, found, _ = command.resolve_command(place, [word])
        if found is None:
            raise InvalidField(f'There is no command "{word[:60]}"', hint="See `bd help`.")
        command, place = found, click.Context(found, info_name=name, parent=place)
    del context
    session.write(f"{command.get_help(place)}\n")


def _usage_error(error: click.UsageError) -> InvalidRequest:
    name = error.ctx.command_path if error.ctx else "bd"
    message = error.format_message().rstrip(".")
    hint = f"See `{name} --help`."
    if isinstance(error, click.NoSuchOption):
        message = f'There is no option "{error.option_name[:60]}"'
        if error.possibilities:
            hint = f"Did you mean {error.possibilities[0]}? {hint}"
    elif "extra argument" in message:
        hint = f"Put a text of several words in quotes. {hint}"
    elif isinstance(error, click.MissingParameter) and error.ctx:
        hint = f"{error.ctx.get_usage()}"
    return InvalidRequest(message, hint=hint)


def _unforeseen(session: Session, error: Exception) -> Fault:
    if session.flags.is_debug:
        import traceback

        session.streams.write_error("".join(traceback.format_exception(error)))
    number = session.world.log_fault(session.flags.options, "the command line", error)
    return Fault(
        f"Beadwork failed: {type(error).__name__} (report {number})",
        hint="The log holds the details; please report it.",
        report=number,
    )


def _require_utf8(arguments: list[str]) -> None:
    for position, word in enumerate(arguments, start=1):
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InvalidField(
                f"Argument {position} is not valid UTF-8", hint="Send the text as UTF-8."
            ) from None


def run(arguments: list[str], world: World, *, key: str = "") -> int:
    """Run one command line, its writes under an idempotency key; return its exit code."""
    world.streams.settle()
    session = Session(world, key)
    environment_flags(session.flags, world.environ)
    _guarded(session, lambda: _dispatch(session, arguments))
    _guarded(session, session.finish)
    return session.exit_code


def _dispatch(session: Session, arguments: list[str]) -> None:
    try:
        _require_utf8(arguments)
        bd.main(
            arguments,
            prog_name="bd",
            standalone_mode=False,
            obj=session,
            terminal_width=session.help_width,
        )
    except click.exceptions.NoArgsIsHelpError as error:
        session.write(f"{error.format_message()}\n")
    except (click.UsageError, BeadworkError):
        # Errors in the command line itself are JSON too, where it was not read so far.
        session.flags.is_json |= "--json" in arguments
        raise
    except SystemExit:
        # The parser's way to leave when nobody reads its help.
        return


def _guarded(session: Session, work: Callable[[], None]) -> None:
    """Do a piece of work; whatever goes wrong ends as one error of ours."""
    try:
        work()
    except click.UsageError as error:
        session.fail(_usage_error(error))
    except BeadworkError as error:
        session.fail(error)
    except (click.Abort, KeyboardInterrupt):
        session.exit_code = _CANCELLED
    except OSError as error:
        session.streams.drop_output()
        session.fail(FileTrouble(f"The system refused: {error.strerror or error}"))
    except Exception as error:  # noqa: BLE001 -- nobody shall see a traceback
        session.fail(_unforeseen(session, error))
