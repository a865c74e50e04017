"""What is done with a single call, whatever the transaction around it."""

from typing import Any

import msgspec

from beadwork.engine.parts import Call
from beadwork.model import limits
from beadwork.model.digests import sha256
from beadwork.model.errors import InvalidRequest, KeyReused
from beadwork.ops.operation import Expected, R, Request, Response
from beadwork.ops.table import operation_of
from beadwork.store.transaction import StoreTransaction

_NUMBER_CHARS = 8
"""A command that writes several times puts a number behind its key."""


def checked(request: Request[R]) -> Request[R]:
    """Hold a request that a program built against its own bounds, as one from outside is.

    Raises:
        InvalidRequest: a field lies outside them.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(request), type(request))
    except (msgspec.ValidationError, RecursionError) as error:
        name = operation_of(type(request)).name
        raise InvalidRequest(f"{name}: {error}", hint="See docs/operations.") from error


def _digest(request: Request[Any]) -> str:
    """Return what tells a request from another, whatever the circumstances of a repeat.

    Raises:
        InvalidRequest: a text in it is no Unicode.
    """
    left_out = dict.fromkeys(request.circumstances)
    asked = msgspec.structs.replace(request, **left_out) if left_out else request
    try:
        return sha256(msgspec.json.encode(asked)).hexdigest()
    except UnicodeEncodeError as error:
        raise InvalidRequest("A text is not valid UTF-8", hint="Send it as UTF-8.") from error


def keyed(call: Call, transaction: StoreTransaction) -> Response:
    """Run a handler, or answer a repeated key with its first answer (R11)."""
    key = call.caller.key
    if not key:
        return call.operation.handler(call.request, transaction)
    if len(key) > limits.KEY_CHARS_MAX + _NUMBER_CHARS:
        raise InvalidRequest(
            f"The key has {len(key)} characters", hint=f"{limits.KEY_CHARS_MAX} are the limit."
        )
    arguments = _digest(call.request)
    found = transaction.keys.find(call.operation.name, key)
    if found is not None:
        if found[0] != arguments:
            raise KeyReused(f"The key {key[: limits.KEY_CHARS_MAX]} was used for something else")
        return msgspec.json.decode(found[1], type=call.operation.response)
    response = call.operation.handler(call.request, transaction)
    if isinstance(response, Expected) and response.is_pending:
        return response
    answer = msgspec.json.encode(response).decode()
    transaction.keys.keep(call.operation.name, key, arguments, answer)
    return response


def patience_s(request: Request[Any]) -> float:
    """Return how long whoever asks would wait for an answer."""
    return getattr(request, "wait_s", None) or 0.0
