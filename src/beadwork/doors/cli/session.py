"""One run of `bd`: its global flags, its streams, and the engine behind it."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from beadwork.doors.world import Options, World
from beadwork.engine import Call, Caller, Engine, Outcome
from beadwork.model.errors import BeadworkError, InvalidPath, WriteForbidden
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import BY_REQUEST

R = TypeVar("R", bound=Response)


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
        self._engine: Engine | None = None
        self._caller: Caller | None = None
        self._has_written = False

    # -- asking

    @property
    def caller(self) -> Caller:
        """Return who calls."""
        if self._caller is None:
            self._caller = self.world.caller(self.flags.options)
        return self._caller

    @property
    def engine(self) -> Engine:
        """Return the engine, on a store that has seen the file as it is now."""
        if self._engine is None:
            self._engine = self.world.open(self.flags.options)
            if self.flags.has_import:
                self._refresh(self._engine)
        return self._engine

    def _refresh(self, engine: Engine) -> None:
        try:
            imported = self.world.refresh(engine, self.caller)
        except BeadworkError as error:
            if error.code != "store.readonly":
                raise
            return
        if imported is not None and imported.report.quarantined:
            count = len(imported.report.quarantined)
            self.warn(f"{count} lines of the file can't be read; they are kept in quarantine")

    def run(self, request: Request[R]) -> R:
        """Carry out a request.

        Raises:
            BeadworkError: whatever it raises.
        """
        if BY_REQUEST[type(request)].kind != "read":
            self._note_write()
        return self.engine.run(request, self.caller)

    def run_each(self, requests: Sequence[Request[Any]]) -> list[Outcome]:
        """Carry out writes in one commit, each succeeding or failing by itself."""
        self._note_write()
        engine = self.engine
        return engine.write_all(
            [Call(BY_REQUEST[type(each)], each, self._keyed(i)) for i, each in enumerate(requests)]
        )

    def _keyed(self, position: int) -> Caller:
        key = self.caller.key
        return self.caller._replace(key=f"{key}#{position}") if key and position else self.caller

    def _note_write(self) -> None:
        if self.flags.is_read_only:
            raise WriteForbidden
        self._has_written = True

    # -- answering

    def show(self, value: Any, text: Callable[[], str] | str = "") -> None:  # noqa: ANN401
        """Answer: as JSON if that was asked for, else as text."""
        if self.flags.is_json:
            self.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
        else:
            shown = text if isinstance(text, str) else text()
            if shown:
                self.write(shown if shown.endswith("\n") else f"{shown}\n")

    def say(self, text: str) -> None:
        """Tell a person something that is no result; silent with --json and --quiet."""
        if not (self.flags.is_json or self.flags.is_quiet):
            self.write(f"{text}\n")

    def write(self, text: str) -> None:
        """Write to standard output."""
        sys.stdout.write(text)

    def warn(self, text: str) -> None:
        """Write a line to standard error."""
        if not self.flags.is_quiet:
            sys.stderr.write(f"{text}\n")

    def fail(self, error: BeadworkError) -> None:
        """Show an error, in the one form that every error has."""
        if self.flags.is_json:
            sys.stderr.write(msgspec.json.encode(error.as_json(), enc_hook=str).decode() + "\n")
        else:
            hint = f"\n  {error.hint}" if error.hint else ""
            sys.stderr.write(f"Error: {error.message}{hint}\n")
        self.exit_code = max(self.exit_code, error.exit_code)

    def fail_each(self, failed: Sequence[tuple[str, BeadworkError]]) -> None:
        """Show the failures of a command with several ids, and leave with the worst code."""
        if not failed:
            return
        if len(failed) == 1:
            self.fail(failed[0][1])
            return
        worst = max((error for _, error in failed), key=lambda error: error.exit_code)
        if self.flags.is_json:
            summary = type(worst)(f"{len(failed)} issues failed; the first: {failed[0][1].message}")
            summary.data["failed"] = [
                {"id": name, "code": error.code, "error": error.message} for name, error in failed
            ]
            self.fail(summary)
            return
        for _, error in failed:
            self.fail(error)

    # -- texts from elsewhere

    def read_text(self, path: str) -> str:
        """Return the text of a file, or of standard input for `-`.

        Raises:
            InvalidPath: it is not UTF-8.
        """
        content = sys.stdin.buffer.read() if path == "-" else self.world.read_file(path)
        try:
            return content.decode("utf-8").removesuffix("\n")
        except UnicodeDecodeError as error:
            raise InvalidPath(
                f"{path} is not valid UTF-8 at byte {error.start}", hint="Send UTF-8."
            ) from error

    # -- the end

    def finish(self) -> None:
        """Bring the file up to date if anything was written, and close the store."""
        if self._engine is None:
            return
        try:
            sys.stdout.flush()
            if self._has_written and self.flags.has_flush:
                self._engine.flush(self.caller)
        except BeadworkError as error:
            self.warn(f"Warning: the file was not written: {error.message}")
        finally:
            self._engine.close()

    def is_agent(self) -> bool:
        """Tell whether an agent runs the command, as classic guesses it."""
        environ = self.world.environ
        return environ.get("BD_AGENT_MODE") == "1" or bool(environ.get("CLAUDE_CODE"))


def environment_flags(flags: Flags, environ: Any) -> None:  # noqa: ANN401 -- a mapping
    """Set the flags that the environment names."""
    flags.is_json = environ.get("BD_JSON", "").lower() in ("1", "true", "yes")
