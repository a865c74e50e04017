"""Issues that came from the files of other repositories: which, and what changed of them here."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from beadwork.model import codec
from beadwork.ops.transaction import ChangedLine
from beadwork.store.session import Session

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class OriginStore:
    """Where issues came from, in one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def put(self, numbers: Iterable[int], repository: str) -> None:
        """Note that issues came from a repository: its file holds them, and ours does not."""
        self._session.many("origin.put", ({"n": n, "repository": repository} for n in numbers))

    def counts(self) -> list[tuple[str, int]]:
        """Return how many issues came from each repository."""
        return [(str(name), int(count)) for name, count in self._session.all("origin.counts")]

    def ids(self) -> set[str]:
        """Return the ids of all issues that came from elsewhere."""
        return {row[0] for row in self._session.all("origin.ids")}

    def taken(self, issue_ids: Sequence[str], repository: str) -> set[str]:
        """Return those of these ids that issues have which did not come from a repository."""
        rows = self._session.all("origin.known_of", ids=json.dumps(issue_ids))
        return {issue_id for issue_id, origin in rows if origin != repository}

    def changed(self, repository: str) -> list[ChangedLine]:
        """Return what the file of a repository does not say yet of its issues."""
        return [
            ChangedLine(raw if raw is not None else codec.join_line(body, stamps), base)
            for body, stamps, raw, base in self._session.all(
                "origin.changed", repository=repository
            )
        ]

    def take_out(self, repository: str) -> int:
        """Take the issues of a repository out of the store; its file keeps them."""
        rows = self._session.all("origin.numbers", repository=repository)
        if rows:
            self._tx.mends.take_out([row[0] for row in rows])
        return len(rows)
