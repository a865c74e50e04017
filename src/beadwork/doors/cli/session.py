"""One run of `bd`: its global flags, its streams, and the engine behind it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from beadwork.doors.cli import streams, text
from beadwork.doors.world import Options, World
from beadwork.engine import Call, Caller, Engine, Outcome
from beadwork.model import limits
from beadwork.model.errors import (
    BeadworkError,
    FileTrouble,
    InvalidField,
    InvalidPath,
    WriteForbidden,
)
from beadwork.ops.operation import Request, Response
from beadwork.ops.record_file import Imported
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)

_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]|^\s+$")
_MESSAGE_CHARS_MAX = 1000
"""What was typed is quoted in errors, but not all 200,000 characters of it."""


class Flags:
    """The global flags; each may stand before or after the command."""

    def __init__(self) -> None:
        self.is_json = False
        self.is_quiet = False
        self.is_verbose = False
        self.is_read_only = False
        self.has_flush = True
        self.has_import = True
        self.options = Options()


class Session:
    """What a command works with: `run` asks, `show` answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.flags = Flags()
        self.exit_code = 0
        self.imported: Imported | None = None
        """What was taken in from the file before the command began."""
        self._engine: Engine | None = None
        self._caller: Caller | None = None
        self._has_written = False

    # -- asking

    @property
    def caller(self) -> Caller:
        """Return who calls.

        Raises:
            InvalidField: the name is blank, too long, or not UTF-8.
        """
        if self._caller is None:
            caller = self.world.caller(self.flags.options)
            for what, name in (("actor", caller.holder.actor), ("session", caller.holder.session)):
                if _NO_NAME.search(name) or len(name) > limits.ID_CHARS_MAX:
                    raise InvalidField(
                        f"The name of the {what} is too long, or has other than letters in it",
                        hint="Set BD_ACTOR, or pass --actor NAME.",
                        field=what,
                    )
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
        return self._engine

    def _refresh(self, engine: Engine) -> None:
        try:
            self.imported = self.world.refresh(engine, self.caller)
        except BeadworkError as error:
            if error.code != "store.readonly":
                raise
            self.warn(f"Warning: what the file says since is not shown. {error.message}")
            return
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
            return self.engine.run(request, self.caller)
        self.require_writable()
        answer = self.engine.run(request, self.caller)
        self._has_written |= not getattr(answer, "is_unchanged", False)
        return answer

    def run_each(self, requests: Sequence[Request[Any]]) -> list[Outcome]:
        """Carry out writes in one commit, each succeeding or failing by itself."""
        self.require_writable()
        calls = [
            Call(operation_of(type(each)), each, self._keyed(i)) for i, each in enumerate(requests)
        ]
        answers = self.engine.write_all(calls)
        self._has_written |= any(not isinstance(each, BeadworkError) for each in answers)
        return answers

    def _keyed(self, position: int) -> Caller:
        key = self.caller.key
        return self.caller._replace(key=f"{key}#{position}") if key and position else self.caller

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

    # -- answering

    def show(self, value: Any, shown: Callable[[], str] | str = "") -> None:  # noqa: ANN401
        """Answer: as JSON if that was asked for, else as text."""
        if self.flags.is_json:
            self.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
            return
        said = shown if isinstance(shown, str) else shown()
        if said:
            self.write(said if said.endswith("\n") else f"{said}\n")

    def write(self, said: str) -> None:
        """Write to standard output."""
        streams.write(said)

    def warn(self, said: str) -> None:
        """Write a line to standard error."""
        if not self.flags.is_quiet:
            streams.write_error(f"{said}\n")

    def fail(self, error: BeadworkError) -> None:
        """Show an error, in the one form that every error has."""
        error.message = _shortened(error.message)
        error.data = {k: _shortened(v) if isinstance(v, str) else v for k, v in error.data.items()}
        if self.flags.is_json:
            streams.write_error(_error_json(error) + "\n")
        else:
            hint = f"\n  {text.line(error.hint)}" if error.hint else ""
            streams.write_error(f"Error: {text.line(error.message)}{hint}\n")
        self.exit_code = max(self.exit_code, error.exit_code)

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
        """
        if path == "-":
            return streams.read_bytes()
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
        """Bring the file up to date if anything was written, and close the store."""
        if self._engine is None:
            return
        engine, self._engine = self._engine, None
        try:
            if self._has_written and self.flags.has_flush:
                engine.flush(self.caller)
        except BeadworkError as error:
            self.warn(f"Warning: the file was not written: {error.message}")
        finally:
            engine.close()

    def is_agent(self) -> bool:
        """Tell whether an agent runs the command, as classic guesses it."""
        environ = self.world.environ
        return environ.get("BD_AGENT_MODE") == "1" or bool(environ.get("CLAUDE_CODE"))


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
    flags.is_json = environ.get("BD_JSON", "").lower() in ("1", "true", "yes")
