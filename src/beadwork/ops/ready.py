"""Readiness: what can be worked on, what can't, and by whose doing (R6)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import instants, limits
from beadwork.model.dependency import BLOCKS, EXTERNAL
from beadwork.model.errors import AmbiguousId, InvalidField, UnknownIssue
from beadwork.model.instants import parse_us
from beadwork.model.issue import Issue
from beadwork.ops.claim import IssueName
from beadwork.ops.filtered import (
    Filtered,
    blocked_filter,
    ready_filter,
    require_limit,
    require_sort,
)
from beadwork.ops.issue import Listed
from beadwork.ops.issue_fields import require_known_statuses
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Edge, Entry, Standing, Transaction
from beadwork.ops.views import listed, shown

_SORTS = ("hybrid", "priority", "oldest")


class Reason(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One reason why an issue is or isn't ready, and the issues that make it so."""

    code: str
    message: str
    by: list[str] = []


class ReadyIssues(Listed):
    """The issues that can be worked on; with `explain` why, by their ids."""

    reasons: dict[str, list[Reason]] = {}


class ListReady(Filtered[ReadyIssues], frozen=True):
    """List the issues that can be worked on now, most urgent first."""

    statuses: Annotated[
        tuple[str, ...], Meta(description="open by default; several come merged.")
    ] = ("open",)
    issue_types: Annotated[list[str], Meta(description="Any of these; may be hidden ones.")] = []
    parent: Annotated[str | None, Meta(description="Anything under this issue.")] = None
    unassigned: bool = False
    include_deferred: bool = False
    include_ephemeral: Annotated[bool, Meta(description="Ephemeral ones too.")] = False
    explain: Annotated[bool, Meta(description="Say of each why it is ready.")] = False
    sort: Annotated[str, Meta(description="hybrid, priority or oldest.")] = "hybrid"
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.READY_LIMIT_DEFAULT


@operation(
    "issue.ready",
    kind="read",
    raises=(InvalidField, UnknownIssue, AmbiguousId),
    example={"limit": 5},
)
def list_ready(request: ListReady, tx: Transaction) -> ReadyIssues:
    """List the issues that can be worked on now."""
    require_sort(request.sort, _SORTS)
    require_limit(request.limit)
    require_known_statuses(tx, request.statuses)
    wanted = ready_filter(request, tx)._replace(
        statuses=request.statuses,
        is_deferred_included=request.include_deferred,
        is_ephemeral_included=request.include_ephemeral,
    )
    if request.unassigned:
        wanted = wanted._replace(is_unassigned=True)
    rows, is_cut = tx.ready.ready(wanted, sort=request.sort, limit=request.limit)
    return ReadyIssues(
        issues=[listed(row) for row in rows],
        is_cut=is_cut,
        reasons={row.issue.id: _ready_reasons(tx, row.issue) for row in rows}
        if request.explain
        else {},
    )


def _ready_reasons(tx: Transaction, issue: Issue) -> list[Reason]:
    """Say why an issue is ready, and what held it before."""
    reasons = [Reason(code="ready", message="It is open and nothing holds it")]
    if issue.defer_until and instants.parse_us(issue.defer_until) is not None:
        message = f"It was deferred until {issue.defer_until}"
        reasons.append(Reason(code="deferred", message=message))
    for edge in tx.dependencies.edges_of(tx.issues.number_of(issue.id)):
        if edge.kind not in _SENTENCES:
            continue
        if edge.target is None:
            what = "provided now" if edge.target_id.startswith(EXTERNAL) else "not known here"
        else:
            what = tx.issues.by_number(edge.target).record.status
        message = f"It needed {edge.target_id}, which is {what}"
        if edge.kind != BLOCKS:
            message = f"{edge.target_id} holds it no more ({edge.kind}), which is {what}"
        reasons.append(Reason(code=f"{edge.kind}.met", message=message, by=[edge.target_id]))
    return reasons


class BlockedIssue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An issue that waits: for what it needs itself, and for what its parents wait for."""

    issue: Issue
    blocked_by: list[str] = []
    blocked_through: list[str] = []
    cycle: list[str] = []


class BlockedIssues(Response):
    """The issues that wait; `is_cut` if the limit left some out."""

    issues: list[BlockedIssue]
    is_cut: bool = False


class ListBlocked(Filtered[BlockedIssues], frozen=True):
    """List the issues that wait, inherited blockage included, and by whose doing."""

    parent: Annotated[str | None, Meta(description="Anything under this issue.")] = None
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = 0


@operation(
    "issue.blocked", kind="read", raises=(UnknownIssue, AmbiguousId, InvalidField), example={}
)
def list_blocked(request: ListBlocked, tx: Transaction) -> BlockedIssues:
    """List the issues that wait."""
    within = None if request.parent is None else tx.issues.number_of(request.parent)
    limit = require_limit(request.limit) and request.limit + 1
    found = tx.ready.blocked(within=within, limit=limit, only=blocked_filter(request, tx))
    kept = found[: request.limit] if request.limit else found
    knots = {
        n: [tx.issues.by_number(each).id for each in cycle]
        for cycle in tx.dependencies.cycles()
        for n in cycle
    }
    return BlockedIssues(
        issues=[
            BlockedIssue(
                issue=shown(each.entry),
                blocked_by=list(each.blockers),
                blocked_through=list(each.through),
                cycle=knots.get(each.entry.n, []),
            )
            for each in kept
        ],
        is_cut=len(found) > len(kept),
    )


class Explained(Response):
    """Whether an issue is ready, and every reason."""

    issue_id: str
    ready: bool
    reasons: list[Reason]


class ExplainIssue(Request[Explained], frozen=True):
    """Say why an issue is or isn't ready, and by whose doing."""

    issue: IssueName


@operation("issue.explain", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def explain_issue(request: ExplainIssue, tx: Transaction) -> Explained:
    """Say why an issue is or isn't ready."""
    entry = tx.issues.require(request.issue)
    standing = tx.ready.standing(entry.n)
    reasons = _state_reasons(tx, entry, standing) + _edge_reasons(tx, entry)
    parents = tx.ready.holding_parents(entry.n)
    if standing.held_up:
        reasons.append(
            Reason(
                code="parent.blocked",
                message=f"Its parent {', '.join(parents)} is blocked",
                by=_roots(tx, parents),
            )
        )
    if not reasons:
        reasons = [Reason(code="ready", message="It is open and nothing holds it")]
    is_ready = reasons[0].code == "ready"
    return Explained(issue_id=entry.id, ready=is_ready, reasons=reasons)


def _state_reasons(tx: Transaction, entry: Entry, standing: Standing) -> list[Reason]:
    reasons = []
    record, claim = entry.record, tx.claims.of(entry.n)
    if record.status != "open":
        holder = [claim.actor] if claim is not None and claim.is_held else []
        whose = f", held by {holder[0]}" if holder else ""
        message = f"Its status is {record.status}{whose}"
        reasons.append(Reason(code="status", message=message, by=holder))
    if record.fields.get("pinned") == "true":
        reasons.append(Reason(code="pinned", message="It is pinned"))
    if record.fields.get("ephemeral") == "true":
        reasons.append(Reason(code="ephemeral", message="It is ephemeral"))
    patterns = [p for p in tx.vocabulary.hidden_id_patterns if p in record.id]
    if patterns:
        reasons.append(Reason(code="pattern", message=f'Its id contains "{patterns[0]}"'))
    if standing.is_hidden:
        name = record.text("issue_type")
        reasons.append(
            Reason(code="type", message=f"Issues of type {name} show only with --type {name}")
        )
    if standing.is_asleep and _is_ahead(tx, entry):
        until = record.text("defer_until")
        reasons.append(Reason(code="deferred", message=f"It is deferred until {until}"))
    return reasons


def _is_ahead(tx: Transaction, entry: Entry) -> bool:
    until = parse_us(entry.record.text("defer_until"))
    return until is not None and until > tx.now_us


_SENTENCES = {
    "blocks": "It needs {0}, which is not done",
    "conditional-blocks": "It is to be done only if {0} fails, which it has not",
    "waits-for": "It waits for the children of {0}",
}


def _edge_reasons(tx: Transaction, entry: Entry) -> list[Reason]:
    reasons = []
    for edge in tx.dependencies.edges_of(entry.n):
        if edge.is_holding:
            by = [edge.target_id]
            if edge.kind == "waits-for":
                spawner = tx.issues.require(edge.spawn_id or edge.target_id)
                by = tx.ready.open_children(spawner.n) or [spawner.id]
            message = _SENTENCES[edge.kind].format(edge.spawn_id or edge.target_id)
            reasons.append(Reason(code=edge.kind, message=message, by=by))
        elif _waits_outside(tx, edge):
            message = f"It needs {edge.target_id}, in another project"
            reasons.append(Reason(code="external", message=message, by=[edge.target_id]))
    return reasons


def _waits_outside(tx: Transaction, edge: Edge) -> bool:
    is_outside = edge.kind == BLOCKS and edge.target_id.startswith(EXTERNAL)
    return is_outside and not tx.is_provided(edge.target_id)


class Provided(Response):
    """Whether this project provides a capability."""

    provided: bool


class CheckCapability(Request[Provided], frozen=True):
    """Tell whether a closed issue labelled `provides:<capability>` stands here."""

    capability: str


@operation("issue.provides", kind="read", example={"capability": "login"})
def check_capability(request: CheckCapability, tx: Transaction) -> Provided:
    """Tell whether this project provides a capability."""
    return Provided(provided=tx.ready.provides(request.capability))


def _roots(tx: Transaction, parents: list[str]) -> list[str]:
    """Return the ancestors that are held by an edge of their own: who is to blame."""
    roots: list[str] = []
    seen = set(parents)
    waiting = list(parents)
    while waiting:
        issue_id = waiting.pop(0)
        n = tx.issues.number_of(issue_id)
        if tx.ready.standing(n).own_holds:
            roots.append(issue_id)
        for above in tx.ready.holding_parents(n):
            if above not in seen:
                seen.add(above)
                waiting.append(above)
    return roots
