"""Finding issues that say the same, or nearly the same, and merging the former."""

import re
from collections import Counter
from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.issue import Issue
from beadwork.model.similarity import alike, bag
from beadwork.model.transition import closed
from beadwork.ops.claim import end_claim, fence, updated
from beadwork.ops.holding import require_not_others
from beadwork.ops.issue_fields import edge_token, require_known_statuses
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Row, Transaction

_RELATED = "related"
_NAMED = re.compile(r"\b[a-z][\w.-]*-[a-z0-9]+(?:\.[0-9]+)*\b", re.IGNORECASE)


# -- the same


class SameIssue(msgspec.Struct, kw_only=True):
    """An issue of a group, and how often others name or need it."""

    id: str
    title: str
    status: str
    priority: int
    references: int


class SameGroup(msgspec.Struct, kw_only=True):
    """Issues that say the same; `target` is the one to keep, the most referred to."""

    target: str
    issues: list[SameIssue]

    @property
    def sources(self) -> list[str]:
        """Return the ids of those to close."""
        return [each.id for each in self.issues if each.id != self.target]


class Groups(Response):
    """The groups of issues that say the same."""

    groups: list[SameGroup]


class FindSame(Request[Groups], frozen=True):
    """Find live issues of the same title, description, design, acceptance and status."""


@operation("issue.find_same", kind="read", example={})
def find_same(request: FindSame, tx: Transaction) -> Groups:
    """Find live issues that say the same."""
    del request
    return Groups(groups=_groups(tx))


class Merge(msgspec.Struct, kw_only=True):
    """What became of one group."""

    target: str
    sources: list[str]
    closed: list[str] = []
    linked: list[str] = []
    errors: list[str] = []


class Merged(Response):
    """The groups, and what became of each."""

    groups: list[SameGroup]
    merges: list[Merge]

    @property
    def is_unchanged(self) -> bool:
        """Tell whether nothing was written."""
        return not any(each.closed for each in self.merges)


class MergeSame(Request[Merged], frozen=True):
    """Close all but one of each group of issues that say the same, and relate them to it."""

    force: Annotated[bool, Meta(description="Also those that another holds.")] = False


@operation("issue.merge_same", kind="write", example={})
def merge_same(request: MergeSame, tx: Transaction) -> Merged:
    """Close all but one of each group of issues that say the same."""
    groups = _groups(tx)
    return Merged(
        groups=groups, merges=[_merged(tx, group, is_forced=request.force) for group in groups]
    )


def _merged(tx: Transaction, group: SameGroup, *, is_forced: bool) -> Merge:
    done = Merge(target=group.target, sources=group.sources)
    for source in done.sources:
        try:
            if _close_as_same(tx, source, group.target, is_forced=is_forced):
                done.linked.append(source)
            done.closed.append(source)
        except BeadworkError as error:
            done.errors.append(error.message)
    return done


def _close_as_same(tx: Transaction, source: str, target: str, *, is_forced: bool) -> bool:
    """Close an issue and relate it to another; tell whether it was not related so far."""
    entry = tx.issues.require(source)
    if not is_forced:
        fence(tx, entry, None)
    require_not_others(tx, entry, is_forced=is_forced)
    edges = dict(entry.record.edges)
    is_new = not any(other == target for other, _ in edges)
    if is_new:
        edges[target, _RELATED] = edge_token(tx, entry.id, target, _RELATED)
    fields = closed(
        entry.record,
        now_us=tx.now_us,
        reason=f"Duplicate of {target}",
        session=tx.holder.session,
    )
    end_claim(tx, entry)
    tx.issues.write(entry, updated(tx, entry.record._replace(edges=edges), fields))
    return is_new


def _groups(tx: Transaction) -> list[SameGroup]:
    rows = tx.issues.select(Filter(is_open_only=True), sort="id", is_reversed=False, limit=0)
    same: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        same.setdefault(_content(row.issue), []).append(row)
    groups = [group for group in same.values() if len(group) > 1]
    if not groups:
        return []
    named = _mentions(tx)
    return sorted((_group(rows, named) for rows in groups), key=lambda group: group.target)


def _content(issue: Issue) -> tuple[str, ...]:
    return (
        issue.title, issue.description, issue.design, issue.acceptance_criteria, issue.status,
    )  # fmt: skip


def _mentions(tx: Transaction) -> Counter[str]:
    """Count how often the texts of issues name each id."""
    rows = tx.issues.select(Filter(), sort="id", is_reversed=False, limit=0)
    return Counter(
        name
        for row in rows
        for text in (
            row.issue.description,
            row.issue.design,
            row.issue.acceptance_criteria,
            row.issue.notes,
        )
        for name in _NAMED.findall(text)
    )


def _group(rows: list[Row], named: Counter[str]) -> SameGroup:
    issues = [
        SameIssue(
            id=row.issue.id,
            title=row.issue.title,
            status=row.issue.status,
            priority=limits.PRIORITY_DEFAULT if row.issue.priority is None else row.issue.priority,
            references=named[row.issue.id] + row.dependent_count,
        )
        for row in rows
    ]
    target = min(issues, key=lambda each: (-each.references, each.id))
    return SameGroup(target=target.id, issues=issues)


# -- alike


class AlikePair(msgspec.Struct, kw_only=True):
    """Two issues that are alike, and how much, from 0 to 1."""

    issue_a_id: str
    issue_b_id: str
    issue_a_title: str
    issue_b_title: str
    similarity: float


class Pairs(Response):
    """The pairs, the most alike first; `is_cut` if the limit left some out."""

    pairs: list[AlikePair]
    is_cut: bool = False


class FindAlike(Request[Pairs], frozen=True):
    """Find pairs of issues whose titles and descriptions share many words."""

    threshold: Annotated[float, Meta(description="From 0 to 1; how alike they must be.")] = 0.5
    status: Annotated[
        str, Meta(description="Only of this status; all for any; else what is not done.")
    ] = ""
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT


@operation(
    "issue.find_alike", kind="read", raises=(InvalidField,), example={"threshold": 0.5, "limit": 10}
)
def find_alike(request: FindAlike, tx: Transaction) -> Pairs:
    """Find pairs of issues whose titles and descriptions share many words."""
    if not 0 <= request.threshold <= 1:
        raise InvalidField(
            f"The threshold is {request.threshold:g}",
            hint="Use a number from 0 to 1, like 0.5.",
            field="threshold",
        )
    rows = tx.issues.select(_of_status(request, tx), sort="id", is_reversed=False, limit=0)
    issues = [row.issue for row in rows]
    bags = [bag(f"{issue.title} {issue.description}") for issue in issues]
    # One more than is wanted tells whether the limit leaves any out.
    found = alike(bags, request.threshold, request.limit + 1 if request.limit else 0)
    kept = found[: request.limit] if request.limit else found
    pairs = [_pair(value, issues[one], issues[other]) for value, one, other in kept]
    return Pairs(pairs=pairs, is_cut=len(found) > len(kept))


def _of_status(request: FindAlike, tx: Transaction) -> Filter:
    if not request.status:
        return Filter(is_open_only=True)
    if request.status == "all":
        return Filter()
    require_known_statuses(tx, [request.status])
    is_gone = request.status == "tombstone"
    return Filter(statuses=(request.status,), has_tombstones=is_gone)


def _pair(value: float, one: Issue, other: Issue) -> AlikePair:
    return AlikePair(
        issue_a_id=one.id,
        issue_b_id=other.id,
        issue_a_title=one.title,
        issue_b_title=other.title,
        similarity=value,
    )
