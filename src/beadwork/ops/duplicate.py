"""Issues that another takes the place of: duplicates, and what is superseded."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from beadwork.model.dependency import DUPLICATES, SUPERSEDES
from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.issue import Issue
from beadwork.model.transition import closed, require_alive
from beadwork.ops.claim import Epoch, IssueName, end_claim, fence, updated
from beadwork.ops.holding import require_not_others
from beadwork.ops.issue_fields import edge_token
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import shown

_SAID = {DUPLICATES: "a duplicate of", SUPERSEDES: "superseded by"}
Forced = Annotated[bool, Meta(description="Also if another holds it.")]


class Replaced(Response):
    """The issue, closed, and the id of the one that stands for it now."""

    issue: Issue
    other: str
    unblocked: list[Issue] = []
    already: bool = False


class MarkDuplicate(Request[Replaced], frozen=True):
    """Close an issue as a duplicate of another."""

    issue: IssueName
    canonical: Annotated[str, Meta(description="Id of the issue that stays.", min_length=1)]
    claim_epoch: Epoch = None
    force: Forced = False


class SupersedeIssue(Request[Replaced], frozen=True):
    """Close an issue because another replaces it."""

    issue: IssueName
    replacement: Annotated[str, Meta(description="Id of the issue that replaces it.", min_length=1)]
    claim_epoch: Epoch = None
    force: Forced = False


@operation(
    "issue.duplicate",
    kind="write",
    raises=(UnknownIssue, InvalidField, InvalidTransition, ClaimStale, ClaimLost),
    example={"issue": "px-a3f", "canonical": "px-b7k"},
)
def mark_duplicate(request: MarkDuplicate, tx: Transaction) -> Replaced:
    """Close an issue as a duplicate of another."""
    return _replace(tx, request, request.canonical, DUPLICATES)


@operation(
    "issue.supersede",
    kind="write",
    raises=(UnknownIssue, InvalidField, InvalidTransition, ClaimStale, ClaimLost),
    example={"issue": "px-a3f", "replacement": "px-b7k"},
)
def supersede_issue(request: SupersedeIssue, tx: Transaction) -> Replaced:
    """Close an issue because another replaces it."""
    return _replace(tx, request, request.replacement, SUPERSEDES)


def _replace(
    tx: Transaction, request: MarkDuplicate | SupersedeIssue, name: str, kind: str
) -> Replaced:
    entry, other = tx.issues.require(request.issue), tx.issues.require(name)
    require_alive(entry.record)
    require_alive(other.record)
    if not request.force:
        fence(tx, entry, request.claim_epoch)
    is_marked = (other.id, kind) in entry.record.edges
    if is_marked and entry.record.status == "closed":
        return Replaced(issue=shown(entry), other=other.id, already=True)
    _require_sense(tx, entry, other, kind)
    require_not_others(tx, entry, is_forced=request.force)
    edges = dict(entry.record.edges)
    edges.setdefault((other.id, kind), edge_token(tx, entry.id, other.id, kind))
    fields = {}
    if entry.record.status != "closed":
        reason = f"{_SAID[kind].removeprefix('a ').capitalize()} {other.id}"
        session = tx.holder.session
        fields = closed(entry.record, now_us=tx.now_us, reason=reason, session=session)
    end_claim(tx, entry)
    record = updated(tx, entry.record._replace(edges=edges), fields)
    entry = tx.issues.write(entry, record)
    freed = [shown(each) for each in tx.ready.freed()]
    return Replaced(issue=shown(entry), other=other.id, unblocked=freed)


def _require_sense(tx: Transaction, entry: Entry, other: Entry, kind: str) -> None:
    """Refuse an issue that replaces itself, some that replace one another, and a second target.

    Raises:
        InvalidField: it is the same issue.
        InvalidTransition: one of the two has been replaced before.
    """
    if entry.n == other.n:
        raise InvalidField(
            f"{entry.id} can't be {_SAID[kind]} itself", hint="Name another issue.", field="id"
        )
    for target, held in entry.record.edges:
        if held in _SAID and (target, held) != (other.id, kind):
            raise InvalidTransition(
                f"The issue {entry.id} is {_SAID[held]} {target}",
                hint=f"Take that back first: `bd dep remove {entry.id} {target}`.",
                id=entry.id,
                other=target,
            )
    for source, replacement, held in _replacements(tx, other):
        if replacement.n == entry.n:
            raise InvalidTransition(
                f"The issue {source.id} is {_SAID[held]} {entry.id} itself",
                hint=f"Take that back first: `bd dep remove {source.id} {entry.id}`.",
                id=source.id,
                other=entry.id,
            )


def _replacements(tx: Transaction, entry: Entry) -> Iterator[tuple[Entry, Entry, str]]:
    """Yield what stands for an issue, what stands for that, and so on: each with its source."""
    seen, waiting = {entry.n}, [entry]
    while waiting:
        source = waiting.pop()
        for each in tx.dependencies.needs(source.n):
            if each.entry is not None and each.kind in _SAID:
                yield source, each.entry, each.kind
                if each.entry.n not in seen:
                    seen.add(each.entry.n)
                    waiting.append(each.entry)
