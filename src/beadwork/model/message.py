"""Messages: what they are made of, their types, and how a delivery goes on."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.model.issue import nearest_hint
from beadwork.model.nesting import is_too_deep
from beadwork.model.pattern import pattern

PRIORITIES = ("urgent", "high", "normal", "low")
"""The most urgent first; the number of one is its place."""
NORMAL = PRIORITIES.index("normal")

OPEN = ("waiting", "held")
DEAD = ("expired", "undeliverable")

_TYPE = pattern(r"[a-z][a-z0-9_.-]*")
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = {sign: value for value, sign in enumerate(_BASE32)}
_PAIRS = [one + other for one in _BASE32 for other in _BASE32]
_SEQ_BITS = 48
_ID_CHARS = 26
_SECOND_US = 1_000_000


class GitState(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """Where the sender's work tree stood: on which branch, at which commit, with changes or not."""

    branch: str = ""
    commit: str = ""
    dirty: bool = False


# -- payloads of the core types; what is not named here is kept


class Note(msgspec.Struct):
    """A remark."""

    text: str


class Question(msgspec.Struct):
    """Something that wants an answer, perhaps one of some."""

    text: str
    choices: list[str] = []


class Answer(msgspec.Struct):
    """What answers a question."""

    text: str = ""
    choice: str | None = None


class Task(msgspec.Struct):
    """Work to be done, perhaps that of an issue."""

    text: str = ""
    issue: str | None = None


class Result(msgspec.Struct):
    """What came of a task."""

    text: str = ""
    issue: str | None = None
    status: Literal["done", "failed", "partial"] = "done"


class StateChange(msgspec.Struct):
    """In which state somebody, or something, is now."""

    state: str
    text: str = ""


class Review(msgspec.Struct):
    """What a reviewer says of a piece of work."""

    verdict: Literal["approved", "rejected", "comment"]
    text: str = ""
    issue: str | None = None


class Alert(msgspec.Struct):
    """Something that must be seen."""

    text: str
    level: Literal["info", "warning", "error", "critical"] = "warning"


CORE_TYPES: Mapping[str, type[msgspec.Struct]] = {
    "task": Task,
    "result": Result,
    "question": Question,
    "answer": Answer,
    "state": StateChange,
    "review": Review,
    "note": Note,
    "alert": Alert,
}
"""Types of messages whose payloads have a form; any other type may be used with any JSON."""

_VERDICTS = {"approve": "approved", "reject": "rejected"}

Priority = Annotated[
    str | int, Meta(description="urgent, high, normal or low; or 0 to 3, the most urgent first.")
]


_DIGITS_MAX = 20
"""No number of ours has more; of a text of thousands of digits none is made."""


def require_priority(said: str | int) -> int:
    """Return the number of a priority.

    Raises:
        InvalidField: there is no such priority.
    """
    text = str(said).strip().lower()
    if text in PRIORITIES:
        return PRIORITIES.index(text)
    number = text.removeprefix("p")
    is_short = number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX
    if is_short and int(number) < len(PRIORITIES):
        return int(number)
    raise InvalidField(
        f'"{text[:40]}" is no priority of a message',
        hint=nearest_hint(text, PRIORITIES),
        field="priority",
    )


@lru_cache(maxsize=256)
def require_type(said: str) -> str:
    """Return the type of a message.

    Raises:
        InvalidField: it can't be one.
    """
    if not _TYPE.fullmatch(said) or len(said) > limits.KIND_CHARS_MAX:
        raise InvalidField(
            f'"{said[:40]}" can\'t be the type of a message',
            hint=f"Use {', '.join(CORE_TYPES)}, or a word of small letters, digits, . _ and -.",
            field="type",
        )
    return said


def require_payload(message_type: str, payload: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return the payload of a message; of a core type, a bare text is its `text`.

    Raises:
        InvalidField: it has not the form of its type, or lists too deep in one another.
    """
    _require_shallow(payload)
    form = CORE_TYPES.get(message_type)
    if form is None:
        return payload
    whole = {"text": payload} if isinstance(payload, str) else payload
    if whole is None:
        whole = {}
    if form is Review and isinstance(whole, dict) and whole.get("verdict") in _VERDICTS:
        whole = {**whole, "verdict": _VERDICTS[whole["verdict"]]}
    try:
        msgspec.convert(whole, form)
    except msgspec.ValidationError as error:
        if not whole:
            raise InvalidField(
                f"A message of type {message_type} must say something",
                hint=f"Its fields are {_fields(form)}.",
                field="payload",
            ) from error
        raise InvalidField(
            f"The payload is none of a message of type {message_type}: {error}",
            hint=f"Its fields are {_fields(form)}. A type of your own takes any JSON: `--type data`.",
            field="payload",
        ) from error
    return whole


def _fields(form: type[msgspec.Struct]) -> str:
    """Name the fields of a payload, each with the words that it takes if they are given."""
    found = []
    for name, kind in get_type_hints(form).items():
        words = get_args(kind) if get_origin(kind) is Literal else ()
        found.append(f"{name} ({', '.join(words)})" if words else name)
    return ", ".join(found)


def _require_shallow(payload: Any) -> None:  # noqa: ANN401 -- any JSON value
    """Refuse what could be stored and then not be read again."""
    if is_too_deep(payload):
        raise InvalidField(
            f"The payload has more than {limits.JSON_LEVELS_MAX} levels",
            hint="For a file: `bd blob put FILE`, then send with --blob DIGEST.",
            field="payload",
        )


# -- ids


def new_id(at_us: int, replica: str, seq: int) -> str:
    """Return the ULID of a message: its millisecond, then the copy of the store, then its number.

    Two copies of a store never make the same, and the number can be read from it.
    """
    value = (max(at_us, 0) // 1000) << 80 | _number_of(replica) << _SEQ_BITS | seq
    pairs = [_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)]
    return "".join(pairs)


@cache
def _number_of(replica: str) -> int:
    return int(replica, 16) if re.fullmatch(r"[0-9a-f]{8}", replica) else 0


def number_in(message_id: str) -> int | None:
    """Return the number of a message that its id holds; None if it is no such id."""
    if len(message_id) != _ID_CHARS or not all(sign in _DIGITS for sign in message_id):
        return None
    value = 0
    for sign in message_id:
        value = value * 32 + _DIGITS[sign]
    return value & (1 << _SEQ_BITS) - 1


class Receipt(NamedTuple):
    """What names one handing out of one delivery: a later one has another."""

    seq: int
    place: int
    attempt: int
    at_us: int

    @property
    def text(self) -> str:
        """Write it."""
        return f"{self.seq}.{self.place}.{self.attempt}.{self.at_us % 1_000_000_007:x}"


def delivery_in(receipt: str) -> tuple[int, int] | None:
    """Return the message's number and the place of the delivery that a receipt names."""
    parts = receipt.strip().split(".")
    numbers = parts[:3]
    if len(parts) != 4 or not all(each.isascii() and each.isdigit() for each in numbers):
        return None
    if max(map(len, numbers)) > _DIGITS_MAX:
        return None
    seq, place = int(parts[0]), int(parts[1])
    return (seq, place) if max(seq, place) < 1 << _SEQ_BITS else None


def backoff_us(attempts: int) -> int:
    """Return how long a delivery waits that was handed out so often in vain.

    At once the first time; then 1 s, 2 s, 4 s, up to five minutes.
    """
    if attempts <= 1:
        return 0
    return int(min(2 ** min(attempts - 2, 20), limits.BACKOFF_S_MAX)) * _SECOND_US


def summary(payload: Any, *, chars: int) -> str:  # noqa: ANN401 -- any JSON value
    """Return the beginning of what a message says, on one line."""
    said = payload
    if isinstance(payload, dict):
        named = (payload.get(name) for name in ("text", "title", "choice", "state", "verdict"))
        texts = [each for each in named if isinstance(each, str) and each.strip()][:1]
        subject = payload.get("subject")
        if isinstance(subject, str) and subject.strip():
            texts = [subject, *texts]
        said = ": ".join(texts) or payload
    if not isinstance(said, str):
        said = msgspec.json.encode(said).decode() if said is not None else ""
    line = " ".join(said.split())
    return line if len(line) <= chars else f"{line[: chars - 1]}…"
