"""`bd batch`."""

from collections.abc import Sequence
from typing import Any, NoReturn

import click
import msgspec

from beadwork.doors.cli import text
from beadwork.doors.cli.batch_lines import Entry, entries
from beadwork.doors.cli.options import BeadCommand, one_of, pass_session
from beadwork.doors.cli.session import R, Session
from beadwork.doors.world import Options
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.overriding import override
from beadwork.ops.batch import Result, RunBatch, Step, substituted
from beadwork.ops.operation import Request
from beadwork.ops.table import operation_of

_TAKEN = (
    "assign", "claim", "close", "comment", "comments", "create", "defer", "delete", "dep", "done",
    "duplicate", "forget", "heartbeat", "kv", "label", "link", "new", "note", "priority", "promote", "q",
    "relate", "release", "remember", "reopen", "set-state", "supersede", "tag", "undefer",
    "unrelate", "update",
)  # fmt: skip
"""Commands that may stand in a batch: each is one write, or one for each id."""


class _Noted(Exception):
    """The command has said what it would write."""


class _Notebook(Session):
    """A session in which a command says what it would write, and writes nothing."""

    def __init__(self, session: Session, *, has_input: bool) -> None:
        super().__init__(session.world)
        self._session = session
        self._has_input = has_input
        self.flags.is_json = True  # What a command says beside its answer is not said.
        self.requests: Sequence[Request[Any]] = ()

    @override
    def run(self, request: Request[R]) -> R:
        """Note a write; carry out a read."""
        if operation_of(type(request)).kind == "read":
            return self._session.run(request)
        return self.run_each([request])

    @override
    def run_each(self, requests: Sequence[Request[Any]]) -> NoReturn:
        """Note writes."""
        self.requests = requests
        raise _Noted

    @override
    def read_bytes(self, path: str) -> bytes:
        """Read a file, but not the stream that the batch itself came on."""
        if path == "-" and self._has_input:
            raise InvalidField(
                "Standard input is the batch itself", hint="Name a file.", field="batch"
            )
        return self._session.read_bytes(path)

    @override
    def write(self, said: str) -> None:
        """Say nothing: only the batch answers."""

    @override
    def warn(self, said: str) -> None:
        """Warn at once."""
        self._session.warn(said)


@click.command(cls=BeadCommand)
@click.argument("source", metavar="[FILE]", required=False)
@click.option("-f", "--file", help="Read the batch from a file; without, from standard input.")
@click.option("--dry-run", is_flag=True, help="Only show what would be carried out.")
@click.option("-m", "--message", hidden=True)  # Of a commit that is not made here.
@pass_session
def batch(session: Session, /, **given: Any) -> None:
    """Carry out several commands as one: all of them, or none.

    A command a line, as `bd` takes it (`create "Title" -p 1`), or JSON: a list of
    {"command": "..."} or {"operation": "issue.create", "arguments": {...}}. `$0.id` is the id that
    the first command made, `$1.id` the second's. Lines that begin with # are skipped.
    """
    path = _path(given)
    session.require_writable()
    prefix = session.world.where(session.flags.options).prefix
    found = entries(session.read_text(path), prefix=prefix)
    steps, origins = _steps(session, found, has_input=path == "-")
    if given["dry_run"]:
        results: Sequence[Result] = [Result(operation=each.operation) for each in steps]
    else:
        results = _carried_out(session, steps, origins)
    _show(session, results, origins, is_dry=given["dry_run"])


def _path(given: dict[str, Any]) -> str:
    path = one_of({"file": given["file"], "argument": given["source"]}, "file")
    return "-" if path is None else path


def _carried_out(
    session: Session, steps: Sequence[Step], origins: Sequence[Entry]
) -> Sequence[Result]:
    try:
        return session.run(RunBatch(operations=list(steps))).results if steps else []
    except BeadworkError as error:
        position = error.data.get("position")
        if isinstance(position, int) and position < len(origins):
            line = origins[position].line
            places = list(dict.fromkeys(each.line for each in origins))
            error.data.update(line=line, position=places.index(line))
            error.message = f"Line {line}: {error.message}"
        raise


def _steps(
    session: Session, found: Sequence[Entry], *, has_input: bool
) -> tuple[list[Step], list[Entry]]:
    """Return the operations of all entries, and for each the entry that it came from."""
    steps: list[Step] = []
    origins: list[Entry] = []
    firsts: list[int] = []
    for entry in found:
        firsts.append(len(steps))
        try:
            for each in _asked(session, entry, has_input=has_input):
                # An entry may be several operations, and references count entries.
                arguments = substituted(each.arguments, lambda *words: _renumbered(firsts, *words))
                steps.append(Step(operation=each.operation, arguments=arguments))
                origins.append(entry)
        except BeadworkError as error:
            error.message = f"Line {entry.line} ({entry.name[:60]}): {error.message}"
            error.data.update(position=len(firsts) - 1, line=entry.line)
            raise
    return steps, origins


def _renumbered(firsts: Sequence[int], start: str, number: int, path: str) -> str:
    if number >= len(firsts) - 1:
        raise InvalidField(
            f"${number}.{path} refers to no earlier command",
            hint="The first is $0; each may refer to those before it.",
            field="batch",
        )
    return f"{start}${firsts[number]}.{path}"


def _asked(session: Session, entry: Entry, *, has_input: bool) -> list[Step]:
    if entry.operation:
        return [Step(operation=entry.operation, arguments=entry.arguments)]
    notebook = _Notebook(session, has_input=has_input)
    return [
        Step(operation=operation_of(type(each)).name, arguments=msgspec.to_builtins(each))
        for each in _noted(notebook, entry.words)
    ]


def _noted(notebook: _Notebook, words: Sequence[str]) -> Sequence[Request[Any]]:
    bd = click.get_current_context().find_root().command
    if words[0] not in _TAKEN:
        known = isinstance(bd, click.Group) and words[0] in bd.list_commands(click.Context(bd))
        what = "can't be part of a batch" if known else "is no command"
        raise InvalidField(
            f'"{words[0][:60]}" {what}', hint=f"A batch takes {', '.join(_TAKEN)}.", field="batch"
        )
    try:
        bd.main(list(words), prog_name="bd", standalone_mode=False, obj=notebook)
    except _Noted:
        if notebook.flags.options != Options():
            raise InvalidField(
                "A flag for all commands stands in one of them",
                hint="Give it to `bd batch` itself.",
                field="batch",
            ) from None
        return notebook.requests
    except click.UsageError as error:
        raise InvalidField(error.format_message().rstrip("."), field="batch") from error
    raise InvalidField("it writes nothing", hint="A batch is for writes.", field="batch")


def _show(
    session: Session, results: Sequence[Result], origins: Sequence[Entry], *, is_dry: bool
) -> None:
    shown = [
        {"line": entry.line, "op": entry.name, "target": each.id, "result": _plain(each.answer)}
        for each, entry in zip(results, origins, strict=True)
    ]
    status = {"dry_run": True} if is_dry else {"status": "ok"}
    verb = "would be carried out" if is_dry else "carried out"
    lines = [f"{len(results)} operations {verb}"]
    lines += [
        f"  line {each['line']}: {text.line(str(each['op']))} {text.line(str(each['target']))}"
        for each in shown
    ]
    session.show({"operations": len(results), **status, "results": shown}, "\n".join(lines))


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Show what a newer program wrote into an issue among its other fields."""
    issue = answer.get("issue")
    if isinstance(issue, dict) and "*" in issue:
        answer = {**answer, "issue": {**issue, **issue["*"]}}
        answer["issue"].pop("*")
    return answer
