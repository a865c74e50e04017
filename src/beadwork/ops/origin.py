"""Issues of other repositories: what changed of them here, and taking them out again.

They come by `record.import` with an origin. Their own repository's file holds them, and ours
does not; what is changed of them here goes back there.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


class Origin(msgspec.Struct, kw_only=True):
    """A repository that issues came from, and how many did."""

    repository: str
    issues: int


class Origins(Response):
    """The repositories that issues came from, by name."""

    origins: list[Origin]


class ListOrigins(Request[Origins], frozen=True):
    """List the other repositories that issues here came from."""


@operation("origin.list", kind="read", example={})
def list_origins(request: ListOrigins, tx: Transaction) -> Origins:
    """List the other repositories that issues here came from."""
    del request
    return Origins(
        origins=[Origin(repository=name, issues=count) for name, count in tx.origins.counts()]
    )


class ChangedLines(Response):
    """Lines that the repository's file lacks, and the lines that they were made from."""

    lines: list[str]
    bases: list[str]


class ListChanged(Request[ChangedLines], frozen=True):
    """List what changed here of another repository's issues, as lines for its file."""

    repository: Annotated[str, Meta(description="As `origin.list` names it.")]


@operation("origin.changed", kind="read", example={"repository": "../planning"})
def list_changed(request: ListChanged, tx: Transaction) -> ChangedLines:
    """List what changed here of another repository's issues."""
    changed = tx.origins.changed(request.repository)
    return ChangedLines(
        lines=[each.text for each in changed],
        bases=[each.base for each in changed if each.base is not None],
    )


class TakenOut(Response):
    """How many issues were taken out."""

    issues: int


class TakeOut(Request[TakenOut], frozen=True):
    """Take another repository's issues out of the store; nothing of them is deleted there."""

    repository: Annotated[str, Meta(description="As `origin.list` names it.")]


@operation("origin.take_out", kind="write", example={"repository": "../planning"})
def take_out(request: TakeOut, tx: Transaction) -> TakenOut:
    """Take another repository's issues out of the store."""
    return TakenOut(issues=tx.origins.take_out(request.repository))
