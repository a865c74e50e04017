"""`bd audit`: the log of interactions with models and tools."""

import contextlib
from typing import Any

import click
import msgspec

from beadwork.doors.cli import times
from beadwork.doors.cli.options import NUMBER, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model import instants
from beadwork.model.errors import FileTrouble, InvalidField, NotFound

_TEXTS = ("kind", "issue_id", "model", "prompt", "response", "tool_name", "error")
_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys((*_TEXTS, "actor", "parent_id", "label", "reason"), str),
    "exit_code": int,
    "extra": dict,
}
"""What an entry may have; its id and its time are given here."""


@click.group(cls=BeadGroup)
def audit() -> None:
    """Note what models and tools did, in .beads/interactions.jsonl; it is only appended to."""


@audit.command(cls=BeadCommand)
@click.option("--kind", help="What it was: llm_call, tool_call, ...")
@click.option("--issue-id", help="The issue that it was for.")
@click.option("--model", help="The model that was asked.")
@click.option("--prompt", help="What it was asked.")
@click.option("--response", help="What it answered.")
@click.option("--tool-name", help="The tool that was run.")
@click.option("--exit-code", type=NUMBER, help="How the tool ended.")
@click.option("--error", help="What went wrong.")
@click.option("--stdin", is_flag=True, help="Read a JSON object with these from standard input.")
@pass_session
def record(session: Session, /, stdin: bool, **given: Any) -> None:
    """Note an interaction."""
    session.require_writable()
    fields = {name: value for name, value in given.items() if value is not None}
    if stdin and fields:
        raise InvalidField("Both --stdin and fields were given", hint="Give one.", field="stdin")
    entry = _decoded(session.read_text("-")) if stdin else fields
    if not str(entry.get("kind", "")).strip():
        raise InvalidField(
            "No kind was given", hint="bd audit record --kind llm_call", field="kind"
        )
    name = _append(session, entry)
    session.show({"id": name, "kind": entry["kind"]}, name)


@audit.command(cls=BeadCommand)
@click.argument("entry", metavar="ENTRY_ID")
@click.option("--label", required=True, help="What it is to be called: good, bad, ...")
@click.option("--reason", help="Why.")
@pass_session
def label(session: Session, entry: str, label: str, reason: str | None) -> None:
    """Label an interaction; the label is an entry of its own."""
    session.require_writable()
    if not label.strip():
        raise InvalidField("The label is empty", hint="--label good", field="label")
    if entry not in _known(session):
        raise NotFound(
            f'There is no interaction "{entry[:60]}"', hint="`bd audit record` answers its id."
        )
    fields = {"kind": "label", "parent_id": entry, "label": label}
    name = _append(session, fields | ({"reason": reason} if reason else {}))
    session.show({"id": name, "parent_id": entry, "label": label}, name)


def _append(session: Session, entry: dict[str, Any]) -> str:
    created = {"created_at": instants.format_us(times.now_us())}
    actor = {"actor": session.caller.holder.actor}
    entry = {"kind": entry["kind"], **created, **actor, **entry}
    return session.world.append_interaction(session.flags.options, entry)


def _decoded(content: str) -> dict[str, Any]:
    try:
        entry: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidField(f"Standard input is not JSON: {error}", field="stdin") from error
    if not isinstance(entry, dict):
        raise InvalidField("Standard input is no JSON object", field="stdin")
    for name, value in entry.items():
        if name not in _TYPES or not isinstance(value, _TYPES[name]):
            raise InvalidField(
                f'"{name[:60]}" is no field of an interaction, or has another type',
                hint=f"Use {', '.join(_TYPES)}.",
                field=name[:60],
            )
    return entry


def _known(session: Session) -> set[str]:
    """Return the ids of all interactions; a line that can't be read has none."""
    path = f"{session.world.where(session.flags.options).path}/interactions.jsonl"
    ids: set[str] = set()
    try:
        lines = session.world.read_file(path).splitlines()
    except FileTrouble:
        return ids
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError):
            ids.add(msgspec.json.decode(line, type=_Named).id)
    return ids


class _Named(msgspec.Struct):
    """An entry, as far as it is looked at."""

    id: str
