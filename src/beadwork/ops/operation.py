"""How an operation is declared: a typed request, a typed response and a handler, in one place."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar, cast

import msgspec

from beadwork.model.errors import BeadworkError

Kind = Literal["read", "write", "follow", "job"]
"""What an operation does to the store, and so on which connection it runs (R12)."""


class Response(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The answer of an operation. It is always an object, so that fields can be added."""


class Unrecorded(Response):
    """An answer of an operation that changes no record, so that the file need not be written."""

    @property
    def is_unchanged(self) -> bool:
        """Tell that no record changed."""
        return True


class Expected(Unrecorded):
    """An answer that may have to be waited for: it is not there yet as long as `wake_on` is set.

    `wake_on` names what whoever waits listens for, `wake_us` when to look again in any case.
    """

    wake_on: list[str] = []
    wake_us: int | None = None

    @property
    def is_pending(self) -> bool:
        """Tell whether what was asked for is not there yet."""
        return bool(self.wake_on)


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

    circumstances: ClassVar[tuple[str, ...]] = ()
    """Fields that tell how things stood, not what is asked: a repeat may have them otherwise."""
    file_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that name files: over the socket only whole paths mean something."""

    def leaving(self, answer: "Response | None" = None) -> "list[Request[Any]]":
        """Return what is to be asked where whoever waited went away, before or after the answer."""
        del answer
        return []


Progress = Callable[[int, int, str], None]
"""Is told how much of how much is done, and of what."""


def tell_nobody(done: int, total: int, what: str) -> None:
    """Tell nobody how far it is."""
    del done, total, what


class BlobFiles(Protocol):
    """The files that hold what is too large for the database; `sync` satisfies it."""

    def put(self, content: bytes) -> str:
        """Keep a content; return its digest."""
        ...

    def keep(self, digest: str) -> int:
        """Let a content that is there not be collected for a while; return its size in bytes.

        Raises:
            UnknownBlob: there is none of this digest.
        """
        ...

    def read(self, digest: str) -> bytes:
        """Return a content, verified.

        Raises:
            UnknownBlob: there is none of this digest.
            BlobDamaged: it is not what it was.
        """
        ...


Stage = Callable[[Any, BlobFiles], "Request[Any]"]
"""Returns a request with what is too large put aside; one that has been through it comes back."""


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
    stage: "Stage | None" = None
    """Puts what is too large for the database aside, before the transaction begins."""


def operation(
    name: str,
    *,
    kind: Kind,
    raises: tuple[type[BeadworkError], ...] = (),
    example: Mapping[str, Any],
    stage: Stage | None = None,
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
            stage=stage,
        )

    return declare
