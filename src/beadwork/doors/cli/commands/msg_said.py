"""The flags that say what a message says, and until when it counts."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from beadwork.doors.cli.session import Session
from beadwork.model.blob import is_digest
from beadwork.model.errors import InvalidField
from beadwork.model.instants import duration_s
from beadwork.model.message import CORE_TYPES
from beadwork.ops.blob import StatBlob

F = TypeVar("F", bound=Callable[..., Any])


class Said(NamedTuple):
    """The flags that say what a message says."""

    words: tuple[str, ...] = ()
    message: str | None = None
    subject: str | None = None
    payload: str | None = None
    payload_file: str | None = None
    stdin: bool = False
    blob: str | None = None


def content_options(command: F) -> F:
    """Add the flags that say what a message says."""
    for option in reversed(
        (
            click.option("-m", "--message", "--body", "--text", "message", help="The text."),
            click.option("-s", "--subject", help="A heading, kept beside the text."),
            click.option("--payload", metavar="JSON", help="What it says, as JSON."),
            click.option("--payload-file", metavar="FILE", help="The same, from a file or -."),
            click.option("--stdin", is_flag=True, help="Read the text from standard input."),
            click.option(
                "--blob",
                metavar="DIGEST",
                help="A blob that belongs to it; the first 6 digits will do.",
            ),
            click.option("-p", "--priority", default="normal", help="urgent, high, normal or low."),
        )
    ):
        command = option(command)
    return command


def of_flags(given: dict[str, Any]) -> Said:
    """Return the flags of a command that say what a message says."""
    return Said(**{name: given[name] for name in Said._fields})


def payload(session: Session, given: Said, kind: str) -> Any:  # noqa: ANN401 -- any JSON value
    """Return what a message of a type is to say.

    Raises:
        InvalidField: it is said twice, is no JSON, or says nothing where something must be said.
    """
    _once(given)
    if given.payload is not None or given.payload_file is not None:
        encoded = given.payload or session.read_text(given.payload_file or "-")
        return _with_subject(_decoded(encoded), given.subject)
    said = _text(session, given)
    if not said.strip() and given.subject is None and given.blob is None and kind in CORE_TYPES:
        raise InvalidField(
            f"A message of type {kind} must say something",
            hint='Give it a text in quotes, or `-` for standard input: "The build is red".',
            field="payload",
        )
    is_said = said or (kind in CORE_TYPES and given.subject is not None)
    return _with_subject({"text": said} if is_said else None, given.subject)


def blob_of(session: Session, given: str | None) -> str | None:
    """Return the digest of the blob that is meant, by all of it or by its beginning."""
    if given is None or is_digest(given):
        return given
    return session.run(StatBlob(digest=given)).blob.digest


def _once(given: Said) -> None:
    sources = [given.message, given.payload, given.payload_file, given.words or None]
    if sum(each is not None for each in sources) + given.stdin > 1:
        raise InvalidField(
            "What the message says was given twice", hint="Give it once.", field="payload"
        )


def _text(session: Session, given: Said) -> str:
    if given.stdin or given.words == ("-",):
        return session.read_text("-")
    return given.message if given.message is not None else " ".join(given.words)


def _decoded(text: str) -> Any:  # noqa: ANN401 -- any JSON value
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidField(
            f"The payload is no JSON: {error}",
            hint='A text goes without --payload: `bd msg send --to NAME "text"`.',
            field="payload",
        ) from error


def _with_subject(said: Any, subject: str | None) -> Any:  # noqa: ANN401 -- any JSON value
    if subject is None:
        return said
    if said is not None and not isinstance(said, dict):
        raise InvalidField(
            "A subject stands beside an object", hint='Use {"text": ...}.', field="subject"
        )
    return {"subject": subject, **(said or {})}


# -- lengths of time


def seconds(text: str | None, field: str, most: float, *, least: float = 0.0) -> float | None:
    """Read a length of time: 30s, 5m, 1h.

    Raises:
        InvalidField: it is none, or is too long or too short.
    """
    if text is None:
        return None
    try:
        found = duration_s(text)
    except InvalidField as error:
        error.data["field"] = field
        raise
    if not least <= found <= most:
        bound = f"at least {least:g} s" if found < least else f"at most {_length(most)}"
        raise InvalidField(
            f'"{text[:40]}" can\'t be the {field}', hint=f"It is {bound}.", field=field
        )
    return found


def _length(length_s: float) -> str:
    """Write a length of time as it is typed."""
    for unit, unit_s in (("d", 86400), ("h", 3600), ("m", 60)):
        if length_s >= unit_s:
            return f"{length_s / unit_s:g}{unit}"
    return f"{length_s:g}s"


def require_one(given: dict[str, Any], *names: str) -> None:
    """Refuse two flags that say the same.

    Raises:
        InvalidField: both were given.
    """
    if all(given[each] is not None for each in names):
        flags = " and ".join(f"--{each.replace('_', '-')}" for each in names)
        raise InvalidField(f"{flags} say the same twice", hint="Give one of them.", field=names[0])
