"""One run of `bd`: its global flags, its streams, and the engine behind it."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from beadwork.doors.cli import text, times, views
from beadwork.doors.cli.views.screen import (
    Drawing,
    Screen,
    error_screen,
    output_screen,
    progress_screen,
)
from beadwork.doors.world import Options, World
from beadwork.engine import Call, Caller, Engine, Outcome, Progress
from beadwork.model.claim import require_holder
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    InvalidField,
    InvalidPath,
    StoreBusy,
    StoreReadOnly,
    WriteForbidden,
)
from beadwork.ops.operation import Request, Response
from beadwork.ops.record_file import Imported
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)

_TRUTHS = frozenset(("1", "true", "yes", "on"))
_UNTRUTHS = frozenset(("", "0", "false", "no", "off"))
_MESSAGE_CHARS_MAX = 1000
"""What was typed is quoted in errors, but not all 200,000 characters of it."""
_CAUSES_MAX = 10
_PIECE = 500
_HELP_WIDTH = 80
_HELP_WIDTH_MAX = 100


class Flags:
    """The global flags; each may stand before or after the command.

    Where one was not given, `setting` says what holds: it is asked only when that matters.
    """

    def __init__(self, setting: Callable[[str], str] = lambda _: "") -> None:
        self.given: dict[str, bool] = {}
        """What was given on the command line, by the key of its setting."""
        self.is_quiet = False
        self.is_verbose = False
        self.is_read_only = False
        self.is_debug = False
        self.options = Options()
        self._setting = setting

    def _is_on(self, key: str) -> bool:
        if key not in self.given:
            self.given[key] = self._setting(key).strip().lower() in _TRUTHS
        return self.given[key]

    @property
    def is_json(self) -> bool:
        """Tell whether answers are JSON."""
        return self._is_on("json")

    @is_json.setter
    def is_json(self, is_json: bool) -> None:
        self.given["json"] = is_json

    @property
    def has_flush(self) -> bool:
        """Tell whether the file is written after a command that changed something."""
        return not self._is_on("no-auto-flush")

    @has_flush.setter
    def has_flush(self, has_flush: bool) -> None:
        self.given["no-auto-flush"] = not has_flush

    @property
    def has_import(self) -> bool:
        """Tell whether the file is read before a command."""
        return not self._is_on("no-auto-import")

    @has_import.setter
    def has_import(self, has_import: bool) -> None:
        self.given["no-auto-import"] = not has_import


class Session:
    """What a command works with: `run` asks, `show` answers."""

    def __init__(self, world: World, key: str = "") -> None:
        self.world = world
        self._key = key
        self._writes = 0
        self.streams = world.streams
        self.flags = Flags(self._setting)
        self.exit_code = 0
        self.imported: Imported | None = None
        """What was taken in from the file before the command began."""
        self._engine: Engine | None = None
        self._is_input_read = False
        self._caller: Caller | None = None
        self._has_written = False
        self._has_committed = False
        """Something happened that the logs tell of, a record changed or not."""

    def _setting(self, key: str) -> str:
        """Return a setting, as far as there are any that can be read."""
        try:
            return self.world.setting(self.flags.options, key)
        except BeadworkError:
            return ""

    # -- asking

    def visit(self, folder: str | None) -> None:
        """Turn to the store of the repository in a folder, if one is named; nothing was asked yet.

        Raises:
            InvalidField: a store is named too.
            InvalidPath: there is no such folder.
        """
        if folder is None:
            return
        if self.flags.options.database:
            raise InvalidField("Both --repo and --db were given", hint="Give one.", field="repo")
        self.world.visit(folder, flag="--repo")

    @property
    def caller(self) -> Caller:
        """Return who calls.

        Raises:
            InvalidField: the name is blank, too long, or not UTF-8.
        """
        if self._caller is None:
            caller = self.world.caller(self.flags.options)
            require_holder(caller.holder)
            self._caller = caller
        return self._caller

    @property
    def engine(self) -> Engine:
        """Return the engine, on a store that has seen the file as it is now."""
        if self._engine is None:
            self.require_readable_folder()
            self._engine = self.world.open(self.flags.options)
            if self.flags.has_import:
                self._refresh(self._engine)
            self.warn_of_loss()
        return self._engine

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Show on a terminal how far a long piece of work is."""
        screen = progress_screen(self.streams.terminals, self.world.environ)
        if screen is None or self.flags.is_quiet or self.flags.is_json or self.is_agent():
            yield None
            return
        from beadwork.doors.cli.views.progress import Bar

        bar = Bar(screen, times.now_us, self.streams.write_error)
        bar.start()
        try:
            yield bar
        finally:
            bar.clear()

    def warn_of_loss(self) -> None:
        """Say, once, what is gone with a database that was lost."""
        if not self.flags.is_quiet and self.world.is_lost(self.flags.options):
            self.warn(
                "Warning: messages and leases of the old database are gone; "
                ".beads/log and backups hold what is left."
            )

    def _refresh(self, engine: Engine) -> None:
        try:
            with self.progress() as progress:
                self.imported = self.world.refresh(engine, self.caller, progress)
            self._has_committed |= self.imported is not None
        except BeadworkError as error:
            if error.code != "store.readonly":
                raise
            self.warn(f"Warning: what the file says since is not shown. {error.message}")
            return
        if self.imported is not None and self.imported.report.memories:
            what = text.memories(self.imported.report)
            self.warn(f"Note: {what}; the next export writes none. See `bd memories`.")
        if self.imported is not None and self.imported.report.quarantined:
            count = len(self.imported.report.quarantined)
            what = "1 line" if count == 1 else f"{count} lines"
            self.warn(f"Warning: {what} of the file can't be read; quarantine keeps them.")

    def run(self, request: Request[R]) -> R:
        """Carry out a request.

        Raises:
            BeadworkError: whatever it raises.
        """
        if operation_of(type(request)).kind == "read":
            engine = self.engine
            with self.progress():
                return engine.run(request, self.caller)
        self.require_writable()
        engine = self.engine
        with self.progress() as progress:
            answer = engine.run(request, self._keyed(), progress)
        self._has_committed = True
        self._has_written |= not getattr(answer, "is_unchanged", False)
        return answer

    def run_again(self, request: Request[R]) -> R:
        """Carry out a request that a command makes again and again, each time anew.

        Raises:
            BeadworkError: whatever it raises.
        """
        self.require_writable()
        answer = self.engine.run(request, self.caller._replace(key=""))
        self._has_committed = True
        return answer

    def run_each(self, requests: Sequence[Request[Any]]) -> list[Outcome]:
        """Carry out writes in one commit, each succeeding or failing by itself; one undo for all."""
        self.require_writable()
        calls = [
            Call(operation_of(type(each)), each, self._keyed(), is_joined=position > 0)
            for position, each in enumerate(requests)
        ]
        engine = self.engine
        with self.progress():
            answers = engine.write_all(calls)
        self._has_committed |= any(not isinstance(each, BeadworkError) for each in answers)
        self._has_written |= any(
            not isinstance(each, BeadworkError) and not getattr(each, "is_unchanged", False)
            for each in answers
        )
        return answers

    def _keyed(self) -> Caller:
        """Return the caller, with a key for the next write (R11)."""
        key = self.caller.key or self._key
        position, self._writes = self._writes, self._writes + 1
        return self.caller._replace(key=f"{key}#{position}" if key and position else key)

    def require_readable_folder(self) -> None:
        """Refuse a folder whose name neither the database nor JSON can hold.

        Raises:
            InvalidPath: its path is not UTF-8.
        """
        try:
            self.world.full_path(".").encode()
        except UnicodeEncodeError:
            raise InvalidPath(
                "The path of this folder is not valid UTF-8", hint="Rename the folder."
            ) from None

    def require_writable(self) -> None:
        """Refuse to go on where nothing is to be written.

        Raises:
            WriteForbidden: --readonly was given.
        """
        if self.flags.is_read_only:
            raise WriteForbidden

    def await_change(self, seen: str, timeout_s: float | None) -> bool:
        """Wait until the store or its file is another than at a glimpse; tell whether it is."""
        if not self.world.await_change(self.engine, seen, timeout_s):
            return False
        if self.flags.has_import:
            # Where nothing can be written, what the store has is all that is shown.
            with contextlib.suppress(StoreReadOnly):
                self.world.refresh(self.engine, self.caller)
        return True

    # -- answering

    def show(
        self,
        value: Any,  # noqa: ANN401 -- any JSON value
        shown: Callable[[], str] | str = "",
        drawn: Drawing | None = None,
    ) -> None:
        """Answer: as JSON if that was asked for, drawn on a terminal, else as plain text."""
        if self.flags.is_json:
            for piece in _pretty(value):
                self.write(piece)
            return
        terminal = self.terminal() if drawn is not None else None
        if drawn is not None and terminal is not None:
            self.write(drawn(terminal))
            return
        said = shown if isinstance(shown, str) else shown()
        if said:
            self.write(said if said.endswith("\n") else f"{said}\n")

    def terminal(self) -> Screen | None:
        """Return the terminal that answers are drawn on; agents have none."""
        if self.is_agent():
            return None
        return output_screen(self.streams.terminals, self.world.environ, times.now_us())

    @property
    def help_width(self) -> int:
        """Return how wide the help is written."""
        terminal = self.terminal()
        return max(min(terminal.width if terminal else _HELP_WIDTH, _HELP_WIDTH_MAX) - 2, 50)

    def write(self, said: str) -> None:
        """Write to standard output."""
        self.streams.write(said)

    def warn(self, said: str) -> None:
        """Write a line to standard error."""
        if not self.flags.is_quiet:
            self.streams.write_error(f"{said}\n")

    def fail(self, error: BeadworkError) -> None:
        """Show an error, in the one form that every error has."""
        error.message = _shortened(error.message)
        error.data = {k: _shortened(v) if isinstance(v, str) else v for k, v in error.data.items()}
        causes = _causes(error) if self.flags.is_debug else []
        if self.flags.is_json:
            error.data |= {"causes": causes} if causes else {}
            self.streams.write_error(_error_json(error) + "\n")
        else:
            because = "".join(f"\n  because of {text.line(each)}" for each in causes)
            self.streams.write_error(f"{self._said(error)}{because}\n")
        self.exit_code = max(self.exit_code, error.exit_code)

    def _said(self, error: BeadworkError) -> str:
        screen = error_screen(self.streams.terminals, self.world.environ)
        if screen is not None and not self.is_agent():
            return views.error(error.message, error.hint)(screen).rstrip("\n")
        hint = f"\n  {text.line(error.hint)}" if error.hint else ""
        return f"Error: {text.line(error.message)}{hint}"

    def fail_each(self, failed: Sequence[tuple[str, BeadworkError]]) -> None:
        """Show the failures of a command with several ids, and leave with the worst code."""
        if not failed:
            return
        if len(failed) == 1 or not self.flags.is_json:
            for _, error in failed:
                self.fail(error)
            return
        worst = max((error for _, error in failed), key=lambda error: error.exit_code)
        summary = type(worst)(f"{len(failed)} failed; the worst: {worst.message}", hint=worst.hint)
        summary.data["failed"] = [
            {"id": name, "code": error.code, "error": _shortened(error.message)}
            for name, error in failed
        ]
        self.fail(summary)

    # -- texts from elsewhere

    def read_bytes(self, path: str) -> bytes:
        """Return what a file holds, or standard input for `-`.

        Raises:
            InvalidPath: it can't be read.
            InvalidField: standard input was read already.
        """
        if path == "-":
            if self._is_input_read:
                raise InvalidField(
                    "Standard input was named twice", hint="Give one of the two in a file."
                )
            self._is_input_read = True
            return self.streams.read_bytes()
        try:
            return self.world.read_file(path)
        except FileTrouble as error:
            # Nothing is out of order but the name that was given.
            raise InvalidPath(error.message, hint="Name a file that can be read.") from error

    def read_text(self, path: str) -> str:
        """Return the text of a file, or of standard input for `-`, without its last line end.

        Raises:
            InvalidPath: it can't be read, or is not UTF-8.
        """
        try:
            return self.read_bytes(path).decode("utf-8").removesuffix("\n")
        except UnicodeDecodeError as error:
            name = "Standard input" if path == "-" else path
            raise InvalidPath(
                f"{name} is not valid UTF-8 at byte {error.start}", hint="Send UTF-8."
            ) from error

    # -- the end

    def finish(self) -> None:
        """Bring the files up to date if anything was written, and close the store."""
        if self._engine is None:
            return
        engine, self._engine = self._engine, None
        try:
            self._write_file(engine)
            self._write_logs(engine)
        finally:
            engine.close()

    def _write_file(self, engine: Engine) -> None:
        try:
            if self._has_written and self.flags.has_flush:
                with self.progress():
                    self.world.write_file(engine, self.caller)
        except BeadworkError as error:
            self.warn(f"Warning: the file was not written: {error.message}")

    def _write_logs(self, engine: Engine) -> None:
        try:
            if self._has_committed:
                # Where others write the logs just now, they or the next command write these lines.
                with contextlib.suppress(StoreBusy):
                    self.world.write_logs(self.flags.options, engine, self.caller)
        except BeadworkError as error:
            self.warn(f"Warning: the logs were not written: {error.message}")

    def is_agent(self) -> bool:
        """Tell whether an agent runs the command, as classic guesses it."""
        environ = self.world.environ
        return environ.get("BD_AGENT_MODE") == "1" or bool(environ.get("CLAUDE_CODE"))


def let_go(values: list[Any]) -> None:
    """Free a list in pieces, so that others have a turn between: Python frees it all at once."""
    while values:
        del values[-_PIECE:]


def _pretty(value: Any) -> Iterator[str]:  # noqa: ANN401 -- any JSON value
    """Show JSON over several lines; a long list in pieces, so that others have a turn between."""
    if not isinstance(value, list) or len(value) <= _PIECE:
        yield _pretty_whole(value) + "\n"
        return
    for start in range(0, len(value), _PIECE):
        piece = _pretty_whole(value[start : start + _PIECE])
        yield ("," if start else "[") + piece.removeprefix("[").removesuffix("\n]")
    yield "\n]\n"


def _pretty_whole(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _causes(error: BaseException) -> list[str]:
    """Return what led to an error, the nearest first, each with the place where it arose."""
    found: list[str] = []
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None and len(found) < _CAUSES_MAX:
        trace = cause.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        code = trace.tb_frame.f_code if trace is not None else None
        place = f" ({code.co_name} in {code.co_filename})" if code else ""
        found.append(_shortened(f"{type(cause).__name__}: {cause}{place}"))
        cause = cause.__cause__ or cause.__context__
    return found


def _shortened(message: str) -> str:
    return message if len(message) <= _MESSAGE_CHARS_MAX else f"{message[:_MESSAGE_CHARS_MAX]}…"


def _error_json(error: BeadworkError) -> str:
    try:
        return msgspec.json.encode(error.as_json(), enc_hook=str).decode()
    except UnicodeEncodeError:
        # Something that is not UTF-8 was quoted.
        error.message = error.message.encode("utf-8", "backslashreplace").decode()
        error.data = {}
        return msgspec.json.encode(error.as_json(), enc_hook=str).decode()


def environment_flags(flags: Flags, environ: Any) -> None:  # noqa: ANN401 -- a mapping
    """Set the flags that the environment names."""
    said = environ.get("BD_JSON", "").strip().lower()
    if said:
        flags.is_json = said in _TRUTHS
    flags.is_debug = environ.get("BD_DEBUG", "").strip().lower() not in _UNTRUTHS
