"""How an operation is declared: a typed request, a typed response and a handler, in one place."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast

import msgspec

from beadwork.model.errors import BeadworkError

Kind = Literal["read", "write", "follow", "job"]
"""What an operation does to the store, and so on which connection it runs (R12)."""


class Response(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The answer of an operation. It is always an object, so that fields can be added."""


R = TypeVar("R", bound=Response)
R_co = TypeVar("R_co", bound=Response, covariant=True)
Q = TypeVar("Q", bound="Request[Any]")


class Request(
    msgspec.Struct,
    Generic[R_co],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What is asked of an operation; the type parameter names the answer."""


class Operation(NamedTuple):
    """One thing that can be asked of Beadwork, at every door."""

    name: str
    kind: Kind
    request: type[Request[Any]]
    response: type[Response]
    handler: Callable[[Any, Any], Response]
    raises: tuple[type[BeadworkError], ...]
    example: Mapping[str, Any]
    summary: str


def operation(
    name: str,
    *,
    kind: Kind,
    raises: tuple[type[BeadworkError], ...] = (),
    example: Mapping[str, Any],
) -> Callable[[Callable[[Q, Any], R_co]], Operation]:
    """Declare the operation that a handler carries out. It registers nothing: see `table`."""

    def declare(handler: Callable[[Q, Any], R_co]) -> Operation:
        hints = handler.__annotations__
        request = hints["request"]
        return Operation(
            name=name,
            kind=kind,
            request=request,
            response=cast("type[Response]", hints["return"]),
            handler=handler,
            raises=raises,
            example=example,
            summary=(request.__doc__ or "").strip(),
        )

    return declare
