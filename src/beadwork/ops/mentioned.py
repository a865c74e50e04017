"""Which of the words in a text elsewhere are ids of issues that are still open."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.issue import Issue
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Transaction

_LIVE = ("open", "in_progress")


class Mentioned(Response):
    """The open issues among those named, by id."""

    issues: list[Issue]


class FindMentioned(Request[Mentioned], frozen=True):
    """Find the open issues among words, most of which may be no ids at all."""

    words: Annotated[list[str], Meta(description="Whole ids; any other word is passed over.")]


@operation("issue.mentioned", kind="read", example={"words": ["px-a3f", "well-known"]})
def find_mentioned(request: FindMentioned, tx: Transaction) -> Mentioned:
    """Find the open issues among words."""
    names = tuple(sorted(tx.issues.known(request.words)))
    if not names:
        return Mentioned(issues=[])
    wanted = Filter(ids=names, statuses=_LIVE)
    rows = tx.issues.select(wanted, sort="id", is_reversed=False, limit=0)
    return Mentioned(issues=[row.issue for row in rows])
