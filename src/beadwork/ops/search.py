"""Searching the texts of issues, and keeping the index that makes it quick (decision 0013)."""

from typing import Annotated

from msgspec import Meta

from beadwork.model import limits
from beadwork.model.errors import AmbiguousId, InvalidField, StoreReadOnly, UnknownIssue
from beadwork.model.search import sought
from beadwork.ops.filtered import Filtered, meant, require_limit, require_sort
from beadwork.ops.mailbox import IndexMessages
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Desk, Filter, Row, Transaction
from beadwork.ops.views import ListedIssue, listed

BEST = "relevance"
SORTS = (
    BEST, "priority", "created", "updated", "closed", "status", "id", "title", "type", "assignee",
)  # fmt: skip


class Found(Response):
    """The issues found; `is_cut` if the limit left some out."""

    issues: list[ListedIssue]
    is_cut: bool = False


class SearchIssues(Filtered[Found], frozen=True):
    """Find issues by their texts, the best first. Without a status: of any but deleted."""

    query: Annotated[
        str,
        Meta(description='Words, "phrases", and starts of words with a star. Any text is one.'),
    ] = ""
    sort: Annotated[str, Meta(description=f"{', '.join(SORTS[:-1])} or {SORTS[-1]}.")] = BEST
    reverse: bool = False
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT


_NO_FILTERS = SearchIssues()
_NOT_FILTERS = frozenset({"query", "sort", "reverse", "limit", "all"})


@operation(
    "issue.search",
    kind="read",
    raises=(InvalidField, UnknownIssue, AmbiguousId),
    example={"query": "login page", "limit": 10},
)
def search_issues(request: SearchIssues, tx: Transaction) -> Found:
    """Find issues by their texts: by an id, by words, by parts of words."""
    require_sort(request.sort, SORTS)
    limit = require_limit(request.limit)
    has_filters = any(
        getattr(request, name) != getattr(_NO_FILTERS, name)
        for name in request.__struct_fields__
        if name not in _NOT_FILTERS
    )
    if not request.query.strip() and not has_filters:
        raise InvalidField(
            "There is nothing to search for", hint="Give a word, or a filter.", field="query"
        )
    wanted = _wanted(request, tx)
    most = limit + 1 if limit else 0
    rows = _found(request, tx, wanted if has_filters else None, limit=most)
    kept = rows[:limit] if limit else rows
    return Found(issues=[listed(row) for row in kept], is_cut=len(rows) > len(kept))


def _wanted(request: SearchIssues, tx: Transaction) -> Filter:
    """Return the filter; what a search is not told to leave out it looks at."""
    wanted = meant(request, tx)
    is_of_any = not (request.issue_types or request.exclude_types)
    return wanted._replace(
        is_open_only=False,
        hidden_types=() if is_of_any else wanted.hidden_types,
        has_templates=True,
    )


def _found(
    request: SearchIssues, tx: Transaction, wanted: Filter | None, *, limit: int
) -> list[Row]:
    terms, sort = sought(request.query), request.sort
    if sort != BEST or not terms:
        order = "priority" if sort == BEST else sort
        everything = wanted or _wanted(request, tx)
        if not terms:
            return tx.issues.select(
                everything, sort=order, is_reversed=request.reverse, limit=limit
            )
        return tx.search.find_sorted(
            terms, everything, sort=order, is_reversed=request.reverse, limit=limit
        )
    if request.reverse:
        # The other way round begins with the worst of all.
        rows = tx.search.find(terms, wanted, limit=0)[::-1]
        return rows[:limit] if limit else rows
    return _first_by_id(request.query, tx, tx.search.find(terms, wanted, limit=limit))


def _first_by_id(query: str, tx: Transaction, rows: list[Row]) -> list[Row]:
    """Put the issue that the query names before all others."""
    name = query.strip()
    if " " in name or not rows:
        return rows
    entry = tx.issues.by_id(name)
    if entry is None:
        return rows
    return sorted(rows, key=lambda row: row.issue.id != entry.id)


class Queued(Response):
    """How many issues the index does not know as they are now, and whether it lacks messages."""

    count: int = 0
    has_messages: bool = False


class CountQueued(Request[Queued], frozen=True):
    """Count the issues whose texts wait for the index."""


@operation("search.queue", kind="read", example={})
def count_queued(request: CountQueued, tx: Transaction) -> Queued:
    """Count the issues whose texts wait for the index."""
    del request
    has_messages = bool(tx.messages.unindexed(limit=1))
    return Queued(count=tx.search.queue_length(), has_messages=has_messages)


class Indexed(Response):
    """How many issues were indexed."""

    count: int = 0

    @property
    def is_unchanged(self) -> bool:
        """Tell that no record changed."""
        return True


class IndexBatch(Request[Indexed], frozen=True):
    """Index some of the issues that wait, in one transaction."""

    limit: Annotated[int, Meta(ge=1)] = limits.SEARCH_BATCH


@operation("search.index_batch", kind="write", example={"limit": 500})
def index_batch(request: IndexBatch, tx: Transaction) -> Indexed:
    """Index some of the issues that wait, in one transaction."""
    return Indexed(count=tx.search.index(request.limit))


class IndexTexts(Request[Indexed], frozen=True):
    """Index the issues that wait, if a search is better off for it."""

    spare: Annotated[
        int, Meta(ge=0, description="So few may wait on: a search looks at them beside the index.")
    ] = limits.SEARCH_BESIDE_MAX


@operation("search.index", kind="job", raises=(StoreReadOnly,), example={"spare": 0})
def index_texts(request: IndexTexts, desk: Desk) -> Indexed:
    """Index the issues that wait, a batch at a time."""
    queued = desk.call(CountQueued())
    if queued.has_messages:
        while desk.call(IndexMessages()).count:
            pass
    total = queued.count
    if total <= request.spare:
        return Indexed()
    done = 0
    while count := desk.call(IndexBatch()).count:
        done += count
        desk.progress(min(done, total), total, "indexed")
        if count < limits.SEARCH_BATCH:
            break
    return Indexed(count=done)
