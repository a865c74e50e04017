"""What is asked, before it goes either way."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from beadwork.client.messages import Keyed
from beadwork.engine import patience_s
from beadwork.model.errors import InvalidRequest
from beadwork.ops.batch import Batched, RunBatch, Step
from beadwork.ops.operation import Request, Response
from beadwork.ops.table import operation_of

R = TypeVar("R", bound=Response)

_LEAST_S = 0.001
"""Who has waited long enough still asks as one who waits."""


def write_key(request: Request[Any], key: str, new_key: Callable[[], str]) -> str:
    """Return the key of a request: a new one for a write that was given none."""
    if key or operation_of(type(request)).kind != "write":
        return key
    return new_key()


def shortened(request: Request[R], spent_s: float) -> Request[R]:
    """Return what is asked for again after a while: it waits so much less for its answer."""
    wait_s = patience_s(request)
    if not wait_s or not spent_s:
        return request
    left_s = max(_LEAST_S, wait_s - spent_s)
    return msgspec.structs.replace(request, wait_s=left_s)


def at_most(request: Request[R], wait_s: float) -> Request[R]:
    """Return a request that waits no longer than so; the same, if it does not."""
    if patience_s(request) <= wait_s:
        return request
    return msgspec.structs.replace(request, wait_s=wait_s)


def keyed(requests: Sequence[Request[Any]], key: str) -> list[Keyed]:
    """Give each of several writes a key of its own."""
    return [Keyed(request, f"{key}-{position}") for position, request in enumerate(requests)]


def only_writes(requests: Sequence[Request[Any]]) -> None:
    """Refuse what can't be carried out together with others.

    Raises:
        InvalidRequest: one of them is no write.
    """
    for request in requests:
        operation = operation_of(type(request))
        if operation.kind != "write":
            raise InvalidRequest(f"{operation.name} is no write", hint="Call it by itself.")


def batch_of(requests: Sequence[Request[Any]]) -> RunBatch:
    """Return the request that carries out all of them or none."""
    return RunBatch(
        operations=[
            Step(
                operation=operation_of(type(request)).name,
                arguments=msgspec.to_builtins(request),
            )
            for request in requests
        ]
    )


def responses_of(requests: Sequence[Request[Any]], done: Batched) -> list[Response]:
    """Return the response to each request of a batch."""
    return [
        msgspec.convert(result.answer, operation_of(type(request)).response)
        for request, result in zip(requests, done.results, strict=True)
    ]
