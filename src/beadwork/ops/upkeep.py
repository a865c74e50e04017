"""Making old issues small: closed ones to tombstones, long texts to a digest."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import token
from beadwork.model.dependency import ORDERING_KINDS
from beadwork.model.errors import InvalidField, InvalidTransition, UnknownIssue
from beadwork.model.instants import parse_us
from beadwork.model.issue import Issue, require_text
from beadwork.model.record import Record
from beadwork.model.transition import deleted
from beadwork.ops.claim import IssueName, end_claim, updated
from beadwork.ops.event import event_of
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Filter, Row, Transaction
from beadwork.ops.views import shown

DAY_US = 86_400 * 1_000_000
TIER_DAYS = {1: 30, 2: 90}
"""How long an issue has to be closed before its text is made small, and smaller (classic)."""
_TEXTS = ("description", "design", "notes", "acceptance_criteria")
_COMPACT = "issue.compact"
_HISTORY = 10_000


# -- closed issues


class CleanedUp(Response):
    """What was deleted, and what stays: pinned issues, and every tombstone."""

    deleted: list[str]
    pinned: list[str] = []
    tombstones: int = 0


class CleanUp(Request[CleanedUp], frozen=True):
    """Delete closed issues; a tombstone of each stays, so that no old copy brings it back."""

    older_than_days: Annotated[
        float, Meta(description="Only what has been closed for so long.", ge=0, le=36_500)
    ] = 0
    ephemeral: Annotated[bool, Meta(description="Only ephemeral issues.")] = False
    cascade: Annotated[
        bool,
        Meta(description="And all that needs them, all the way, but for what is pinned or held."),
    ] = False
    dry_run: Annotated[bool, Meta(description="Only say what would be deleted.")] = False
    reason: str = "Cleaned up"


@operation("issue.clean_up", kind="write", example={"older_than_days": 30, "dry_run": True})
def clean_up(request: CleanUp, tx: Transaction) -> CleanedUp:
    """Delete closed issues."""
    until = tx.now_us - int(request.older_than_days * DAY_US)
    wanted = Filter(statuses=("closed",), closed_before_us=until)
    rows = tx.issues.select(wanted, sort="id", is_reversed=False, limit=0)
    elsewhere = tx.origins.ids()  # Their own repositories clean up.
    rows = [row for row in rows if row.issue.ephemeral or not request.ephemeral]
    rows = [row for row in rows if row.issue.id not in elsewhere]
    chosen = [tx.issues.require(row.issue.id) for row in rows if not row.issue.pinned]
    doomed = list(_with_dependents(tx, chosen)) if request.cascade else chosen
    doomed = [entry for entry in doomed if entry.id not in elsewhere]
    for entry in () if request.dry_run else doomed:
        fields = deleted(
            entry.record, now_us=tx.now_us, actor=tx.holder.actor, reason=request.reason
        )
        end_claim(tx, entry)
        tx.issues.write(entry, updated(tx, entry.record, fields))
    gone = Filter(statuses=("tombstone",), has_tombstones=True)
    return CleanedUp(
        deleted=[entry.id for entry in doomed],
        pinned=[row.issue.id for row in rows if row.issue.pinned],
        tombstones=len(tx.issues.select(gone, sort="id", is_reversed=False, limit=0)),
    )


def _with_dependents(tx: Transaction, chosen: list[Entry]) -> Iterator[Entry]:
    seen = {entry.n for entry in chosen}
    waiting = list(reversed(chosen))
    while waiting:
        entry = waiting.pop()
        yield entry
        for each in tx.dependencies.needed_by(entry.n):
            other = each.entry
            if other is None or other.n in seen or each.kind not in ORDERING_KINDS:
                continue
            if _may_go(tx, other):
                seen.add(other.n)
                waiting.append(other)


def _may_go(tx: Transaction, entry: Entry) -> bool:
    """Tell whether an issue goes with what it needs: not if it is pinned, or held by another."""
    claim = tx.claims.of(entry.n)
    is_others = claim is not None and claim.is_held and not claim.is_by(tx.holder)
    is_pinned = entry.record.fields.get("pinned") == "true" or entry.record.status == "pinned"
    return entry.record.status != "tombstone" and not is_pinned and not is_others


# -- long texts


class Candidate(msgspec.Struct, kw_only=True):
    """A closed issue whose text can be made small; the texts are what a digest is made of."""

    id: str
    title: str
    description: str
    design: str
    notes: str
    acceptance_criteria: str
    size_bytes: int
    age_days: int
    tier: int
    compacted: bool


class Candidates(Response):
    """The issues whose text can be made small, largest first."""

    candidates: list[Candidate]


class ListCompactable(Request[Candidates], frozen=True):
    """List closed issues whose text can be made small: long closed, and nothing live needs them."""

    tier: Annotated[int, Meta(description="1: never compacted; 2: once before.", ge=1, le=2)] = 1
    older_than_days: Annotated[
        Annotated[float, Meta(ge=0, le=36_500)] | None,
        Meta(description="Closed for so long; by default 30, for tier 2 90."),
    ] = None
    limit: Annotated[int, Meta(ge=0, description="0: all.")] = 0


@operation("issue.compactable", kind="read", example={"tier": 1})
def list_compactable(request: ListCompactable, tx: Transaction) -> Candidates:
    """List closed issues whose text can be made small."""
    days = TIER_DAYS[request.tier] if request.older_than_days is None else request.older_than_days
    wanted = Filter(statuses=("closed",), closed_before_us=tx.now_us - int(days * DAY_US))
    rows = tx.issues.select(wanted, sort="id", is_reversed=False, limit=0)
    elsewhere = tx.origins.ids()
    found = [
        _candidate(row, request.tier, tx.now_us)
        for row in rows
        if (row.issue.compaction_level or 0) == request.tier - 1
        and row.issue.id not in elsewhere
        and _size(row.issue)
        and not _has_live_dependents(tx, row.issue.id)
    ]
    found.sort(key=lambda each: (-each.size_bytes, each.id))
    return Candidates(candidates=found[: request.limit] if request.limit else found)


def _has_live_dependents(tx: Transaction, issue_id: str) -> bool:
    linked = tx.dependencies.needed_by(tx.issues.number_of(issue_id))
    return any(each.entry is not None and not each.entry.is_done for each in linked)


def _size(issue: Issue) -> int:
    return sum(len((getattr(issue, name) or "").encode()) for name in _TEXTS)


def _candidate(row: Row, tier: int, now_us: int) -> Candidate:
    issue = row.issue
    closed_us = parse_us(issue.closed_at or "") or now_us
    return Candidate(
        id=issue.id,
        title=issue.title,
        **{name: getattr(issue, name) or "" for name in _TEXTS},
        size_bytes=_size(issue),
        age_days=max(0, (now_us - closed_us) // DAY_US),
        tier=tier,
        compacted=tier > 1,
    )


class Compacted(Response):
    """The issue with its digest, and how much smaller it is."""

    issue: Issue
    tier: int
    original_size: int
    compacted_size: int


class CompactIssue(Request[Compacted], frozen=True):
    """Put a digest in the place of a closed issue's texts. `bd restore ID` shows the whole text."""

    issue: IssueName
    summary: Annotated[str, Meta(description="The digest: it becomes the description.")]
    tier: Annotated[int, Meta(description="1, or 2 for a digest of a digest.", ge=1, le=2)] = 1
    force: Annotated[
        bool, Meta(description="Also if it is not a candidate, or gets no smaller.")
    ] = False


@operation(
    _COMPACT,
    kind="write",
    raises=(UnknownIssue, InvalidTransition, InvalidField),
    example={"issue": "px-a3f", "summary": "Fixed the login."},
)
def compact_issue(request: CompactIssue, tx: Transaction) -> Compacted:
    """Put a digest in the place of a closed issue's texts."""
    entry = tx.issues.require(request.issue)
    summary = require_text(request.summary, "summary").strip()
    if not summary:
        raise InvalidField("The summary is empty", hint="Say what was done.", field="summary")
    size, new_size = _record_size(entry.record), len(summary.encode())
    if not request.force:
        _require_candidate(tx, entry, request.tier)
        if new_size >= size:
            raise InvalidField(
                f"The summary of {entry.id} has {new_size} bytes, its texts {size}",
                hint="Make it shorter, or pass --force.",
                field="summary",
            )
    elif entry.record.status != "closed":
        raise InvalidTransition(f"The issue {entry.id} is {entry.record.status}", id=entry.id)
    fields: dict[str, str | None] = dict.fromkeys(_TEXTS)
    fields["description"] = token.encode(summary)
    fields["compaction_level"] = str(request.tier)
    fields["compacted_at"] = token.encode(tx.now_text)
    if request.tier == 1 or "original_size" not in entry.record.fields:
        fields["original_size"] = str(size)
    entry = tx.issues.write(entry, updated(tx, entry.record, fields))
    return Compacted(
        issue=shown(entry), tier=request.tier, original_size=size, compacted_size=new_size
    )


def _record_size(record: Record) -> int:
    return sum(len(record.text(name).encode()) for name in _TEXTS)


def _require_candidate(tx: Transaction, entry: Entry, tier: int) -> None:
    level = int(entry.record.fields.get("compaction_level", "0"))
    closed_us = parse_us(entry.record.text("closed_at")) or tx.now_us
    reason = ""
    if entry.record.status != "closed":
        reason = f"is {entry.record.status}"
    elif level != tier - 1:
        reason = f"was compacted to level {level}"
    elif tx.now_us - closed_us < TIER_DAYS[tier] * DAY_US:
        reason = f"was closed less than {TIER_DAYS[tier]} days ago"
    elif _has_live_dependents(tx, entry.id):
        reason = "is needed by live issues"
    if reason:
        raise InvalidTransition(
            f"The issue {entry.id} {reason}",
            hint="See `bd admin compact --analyze`, or pass --force.",
            id=entry.id,
        )


class FullText(Response):
    """A compacted issue as it was before."""

    issue: Issue


class ShowFullText(Request[FullText], frozen=True):
    """Show a compacted issue with its texts as they were, from the log."""

    issue: IssueName


@operation(
    "issue.full_text",
    kind="read",
    raises=(UnknownIssue, InvalidTransition),
    example={"issue": "px-a3f"},
)
def show_full_text(request: ShowFullText, tx: Transaction) -> FullText:
    """Show a compacted issue with its texts as they were."""
    entry = tx.issues.require(request.issue)
    if entry.record.fields.get("compaction_level", "0") == "0":
        raise InvalidTransition(
            f"The issue {entry.id} is not compacted",
            hint=f"`bd show {entry.id}` shows its full text.",
            id=entry.id,
        )
    events = tx.events.of_issue(entry.n, limit=_HISTORY)
    before: dict[str, str | None] = {}
    for row in reversed(events):
        if row.operation == _COMPACT and row.undone_by is None:
            for change in event_of(row).changes:
                if change.field in _TEXTS:
                    before.setdefault(change.field, change.before)
    if not before:
        raise InvalidTransition(
            f"The issue {entry.id} was compacted elsewhere; its full text is not in this store",
            hint="Git may have it: `git log -p -- .beads/issues.jsonl`.",
            id=entry.id,
        )
    issue = msgspec.structs.replace(shown(entry), **{k: v or "" for k, v in before.items()})
    return FullText(issue=issue)
