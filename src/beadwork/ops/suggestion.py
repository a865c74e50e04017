"""Suggestions: the ids that a word which is still being typed may become."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction

SUGGESTIONS_MAX = 50


class Suggestion(msgspec.Struct, kw_only=True):
    """An id that can be meant, and the title that tells whether it is."""

    id: str
    title: str


class Suggested(Response):
    """The ids that can be meant, by id; of many, the first."""

    suggestions: list[Suggestion]


class SuggestIssues(Request[Suggested], frozen=True):
    """Say which ids begin with what was typed."""

    start: Annotated[str, Meta(description="What was typed so far.")] = ""
    done: Annotated[
        bool | None, Meta(description="Only done issues, or only those that are not.")
    ] = None


@operation("issue.suggest", kind="read", example={"start": "px-a"})
def suggest_issues(request: SuggestIssues, tx: Transaction) -> Suggested:
    """Say which ids begin with what was typed."""
    found = tx.suggestions.starting_with(request.start, is_done=request.done, limit=SUGGESTIONS_MAX)
    return Suggested(suggestions=[Suggestion(id=name, title=title) for name, title in found])
