"""The JSON Schema of every command's answer under `--json`: `bd schema`."""

from typing import Any

from beadwork.doors.cli.schema_blob import BLOB
from beadwork.doors.cli.schema_daemon import DAEMON
from beadwork.doors.cli.schema_lease import LEASE
from beadwork.doors.cli.schema_mail import MAIL
from beadwork.doors.cli.schema_parts import ERROR, Schema, definitions
from beadwork.doors.cli.schema_project import PROJECT
from beadwork.doors.cli.schema_upkeep import UPKEEP
from beadwork.doors.cli.schema_work import WORK

ANSWERS: dict[str, Schema] = {
    **WORK,
    **LEASE,
    **PROJECT,
    **UPKEEP,
    **BLOB,
    **DAEMON,
    **MAIL,
}
"""Command to the schema of its answer."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

ALIASES = {
    "comment": "comments add",
    "done": "close",
    "new": "create",
    "view": "show",
    "stats": "status",
    "relate": "dep relate",
    "unrelate": "dep unrelate",
    "dep rm": "dep remove",
    "dep shorthand": "dep add",
    "cleanup": "admin cleanup",
    "compact": "admin compact",
    "daemons": "daemon",
    "find-dups": "find-duplicates",
    "gc": "admin cleanup",
    "graph show": "graph",
    "prune": "admin cleanup",
    "purge": "admin cleanup",
    "reset": "admin reset",
    "state show": "state",
}
"""Commands that answer like another."""

TEXT_ONLY = {
    "completion": "prints a script",
    "daemon logs": "prints the log, a JSON object a line",
    "export": "prints records, a JSON object a line",
    "help": "prints help",
    "hooks run": "is run by git, and says on standard error what the commit may not change",
    "human": "prints a text for people",
    "merge": "is run by git, and prints nothing",
    "onboard": "prints a text to paste",
    "prime": "prints a text for agents",
    "q": "prints the id",
    "quickstart": "prints a text for people",
    "schema": "prints a schema",
}
"""Commands that have no answer in JSON, and what they print."""


def commands() -> list[str]:
    """Return the commands that have a schema, aliases left out."""
    return sorted(ANSWERS)


def schema_of(command: str) -> Schema | None:
    """Return the schema of a command's answer; None if there is none."""
    made = ANSWERS.get(ALIASES.get(command, command))
    return None if made is None else _whole(f"bd {command} --json", made)


def error_schema() -> Schema:
    """Return the schema of the one object on standard error."""
    return {"$schema": _DIALECT, "title": "bd --json, on standard error", **ERROR}


def _whole(title: str, answer: Schema) -> Schema:
    known = definitions()
    wanted: dict[str, Any] = {}
    waiting = _named(answer)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted[name] = known[name]
            waiting += _named(known[name])
    shared = {"$defs": {name: wanted[name] for name in sorted(wanted)}} if wanted else {}
    return {"$schema": _DIALECT, "title": title, **answer, **shared}


def _named(schema: Any) -> list[str]:  # noqa: ANN401 -- any part of a schema
    """Return the shared objects that a schema names."""
    if isinstance(schema, list):
        return [name for each in schema for name in _named(each)]
    if not isinstance(schema, dict):
        return []
    own = [str(schema["$ref"]).rpartition("/")[2]] if "$ref" in schema else []
    return own + [name for each in schema.values() for name in _named(each)]
