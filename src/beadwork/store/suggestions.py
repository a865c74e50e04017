"""Ids that begin with what was typed so far, for completion."""

from beadwork.store.session import Session

_AFTER_ALL = "\U0010ffff"


class SuggestionStore:
    """The suggestions of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def starting_with(
        self, start: str, *, is_done: bool | None, limit: int
    ) -> list[tuple[str, str]]:
        """Return ids and titles, by id."""
        rows = self._session.all(
            "suggestion.starting_with",
            start=start,
            after=start + _AFTER_ALL,
            done=None if is_done is None else int(is_done),
            limit=limit,
        )
        return [(issue_id, title) for issue_id, title in rows]
