"""Lines of JSON to a daemon and back, with our operations and our errors."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

import msgspec

from beadwork.client.means import Absent, Broken, Means
from beadwork.model.errors import BeadworkError, InvalidRequest, Unavailable, by_code
from beadwork.ops.event import Event
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)
Outcome = Response | BeadworkError

PROTOCOL = 1
REQUEST_BYTES_MAX = 64 * 1024 * 1024
"""A daemon hangs up on a longer one."""
ANSWER_BYTES_MAX = 512 * 1024 * 1024
STREAM_BYTES_MAX = 16 * 1024 * 1024
"""As much of a stream is held that nobody takes; the daemon keeps the rest, or hangs up."""


class Keyed(NamedTuple):
    """One write of several, and the key under which it is done once."""

    request: Request[Any]
    key: str


class _Answer(msgspec.Struct):
    success: bool
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    code: str = ""
    hint: str = ""
    request_id: int | None = None


class _Results(msgspec.Struct):
    results: list[_Answer]


class _Told(msgspec.Struct):
    """A line of a stream: how far it is, and an event if there is one."""

    cursor: int
    event: Event | None = None


class _Hello(msgspec.Struct):
    program: str = ""
    protocol: int = 0


_ANSWER = msgspec.json.Decoder(_Answer)
_RESULTS = msgspec.json.Decoder(_Results)
_TOLD = msgspec.json.Decoder(_Told)
_HELLO = msgspec.json.Decoder(_Hello)


class Messages:
    """Packs the requests of one connection and unpacks their answers."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._number = 0

    def hello(self) -> bytes:
        """Pack the question who is there, and whether it serves the store that is meant."""
        return self._packed("hello", {}, expected_db=self._means.database)

    def require_friend(self, line: bytes) -> None:
        """Look at the answer to the hello.

        Raises:
            Absent: who answers is no daemon of this store, or speaks otherwise.
        """
        try:
            answer = self._answer(line)
            greeting = _HELLO.decode(answer.data) if answer.success else _Hello()
        except (Broken, msgspec.MsgspecError) as error:
            raise Absent("another program listens at the socket") from error
        if not answer.success:
            raise Absent(answer.error or "another program listens at the socket")
        if greeting.program != "beadwork":
            raise Absent("another program listens at the socket")
        if greeting.protocol != PROTOCOL:
            raise Absent(f"the daemon speaks protocol {greeting.protocol}, this client {PROTOCOL}")

    def request(self, request: Request[Any], key: str) -> bytes:
        """Pack a request."""
        return self._packed(operation_of(type(request)).name, _rooted(request), key=key)

    def response(self, request: Request[R], line: bytes) -> R:
        """Unpack a response.

        Raises:
            BeadworkError: what the operation raised.
        """
        answer = self._answer(line)
        if not answer.success:
            _refuse(answer)
        return cast("R", _response(request, answer))

    def each(self, asked: Sequence[Keyed]) -> bytes:
        """Pack several writes, each of which succeeds or fails by itself."""
        steps = [
            {"operation": operation_of(type(request)).name, "args": request, "key": key}
            for request, key in asked
        ]
        return self._packed("each", {"operations": steps})

    def outcomes(self, asked: Sequence[Keyed], line: bytes) -> list[Outcome]:
        """Unpack the outcomes of several writes.

        Raises:
            BeadworkError: none was begun.
            Broken: they are not the outcomes of these.
        """
        answer = self._answer(line)
        if not answer.success:
            _refuse(answer)
        try:
            results = _RESULTS.decode(answer.data).results
        except msgspec.MsgspecError as error:
            raise Broken from error
        if len(results) != len(asked):
            raise Broken
        return [
            _response(each.request, result) if result.success else _error(result)
            for each, result in zip(asked, results, strict=True)
        ]

    def follow(self, since: int, issues: Sequence[str]) -> bytes:
        """Pack the wish to be told all that happens after an event."""
        return self._packed("event.follow", {"since": since, "issues": list(issues)})

    def told(self, line: bytes) -> Event | None:
        """Unpack a line of a stream.

        Raises:
            BeadworkError: the stream ends with it.
            Broken: it is no such line.
        """
        answer = self._answer(line)
        if not answer.success:
            _refuse(answer)
        try:
            return _TOLD.decode(answer.data).event
        except msgspec.MsgspecError as error:
            raise Broken from error

    def _packed(self, operation: str, arguments: object, **more: str) -> bytes:
        self._number += 1
        holder = self._means.holder
        message = {
            "operation": operation,
            "args": arguments,
            "actor": holder.actor,
            "session": holder.session,
            "request_id": self._number,
            **more,
        }
        try:
            line = msgspec.json.encode(message) + b"\n"
        except UnicodeEncodeError as error:
            raise InvalidRequest("A text is not valid UTF-8", hint="Send it as UTF-8.") from error
        if len(line) > REQUEST_BYTES_MAX:
            raise InvalidRequest(
                f"The request has {len(line)} bytes; {REQUEST_BYTES_MAX} are allowed",
                hint="Send it in several parts.",
            )
        return line

    def _answer(self, line: bytes) -> _Answer:
        try:
            answer = _ANSWER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Broken from error
        is_refusal = answer.request_id is None and not answer.success
        if answer.request_id != self._number and not is_refusal:
            raise Broken
        return answer


def refuse_long_answer() -> NoReturn:
    """Refuse an answer that is not read to its end.

    Raises:
        Unavailable: always.
    """
    raise Unavailable(
        f"The answer has more than {ANSWER_BYTES_MAX} bytes", hint="Ask for less: set a limit."
    )


def _response(request: Request[Any], answer: _Answer) -> Response:
    kind = operation_of(type(request)).response
    try:
        return msgspec.json.decode(answer.data, type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable(
            f"The daemon's answer can't be read: {error}",
            hint="It is of another version than this client; restart it.",
        ) from error


def _refuse(answer: _Answer) -> NoReturn:
    raise _error(answer)


def _error(answer: _Answer) -> BeadworkError:
    """Make the error that an answer tells of, of its own class where there is one."""
    kind = by_code().get(answer.code, BeadworkError)
    error = kind(answer.error, hint=answer.hint)
    data = msgspec.json.decode(answer.data)
    error.data = data if isinstance(data, dict) else {}
    if answer.code != kind.code:
        error.data.setdefault("code", answer.code)
    return error


def _rooted(request: Request[R]) -> Request[R]:
    """Return a request whose paths are whole: the daemon runs in another folder."""
    given = {name: getattr(request, name) for name in request.file_fields}
    whole = {name: os.path.abspath(path) for name, path in given.items() if path}
    return msgspec.structs.replace(request, **whole) if whole else request
