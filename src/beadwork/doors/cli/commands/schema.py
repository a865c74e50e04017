"""`bd schema`: the shape of every answer."""

import click
import msgspec

from beadwork.doors.cli import schemas
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.issue import nearest_hint


@click.command(cls=BeadCommand)
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@click.option("--error", "is_error", is_flag=True, help="Of the object on standard error.")
@pass_session
def schema(session: Session, words: tuple[str, ...], is_error: bool) -> None:
    """Print the JSON Schema of a command's JSON answer; without one, list the commands."""
    name = " ".join(words)
    if is_error and words:
        raise InvalidField("Every command has the same errors", hint="bd schema --error")
    if not words and not is_error:
        known = schemas.commands()
        session.show(known, "\n".join(known))
        return
    found = schemas.error_schema() if is_error else schemas.schema_of(name)
    if found is None:
        raise _unknown(name)
    session.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")


def _unknown(name: str) -> InvalidField:
    if name in schemas.TEXT_ONLY:
        return InvalidField(
            f"`bd {name}` has no answer in JSON: it {schemas.TEXT_ONLY[name]}",
            hint="`bd schema` lists those that have.",
            field="command",
        )
    return InvalidField(
        f'There is no schema of "{name[:60]}"',
        hint=nearest_hint(name, [*schemas.commands(), *schemas.ALIASES]),
        field="command",
    )
