"""Reading issues and their edges as a graph."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beadwork.model.issue import Issue
from beadwork.ops.transaction import Link
from beadwork.store.session import Session, listed

if TYPE_CHECKING:
    from beadwork.store.transaction import StoreTransaction


class GraphStore:
    """The graph of one transaction."""

    def __init__(self, session: Session, tx: "StoreTransaction") -> None:
        self._session = session
        self._tx = tx

    def around(self, n: int) -> list[int]:
        """Return an issue, what waits for it, and what those wait for, most urgent first."""
        return [row[0] for row in self._session.all("graph.around", n=n)]

    def live(self) -> list[int]:
        """Return every issue that is not done, most urgent first."""
        return [row[0] for row in self._session.all("graph.live")]

    def issues(self, ns: Sequence[int]) -> list[Issue]:
        """Return the issues of these numbers, in their order."""
        return [row.issue for row in self._tx.issues.rows(list(ns))]

    def links(self, ns: Sequence[int]) -> list[Link]:
        """Return the edges between these issues."""
        return [Link(*row) for row in self._session.all("graph.links", ns=listed(ns))]

    def workable(self, ns: Sequence[int]) -> list[str]:
        """Return those of these issues that can be worked on."""
        return [row[0] for row in self._session.all("graph.workable", ns=listed(ns))]
