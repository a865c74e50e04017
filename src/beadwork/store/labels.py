"""Labels in use."""

from beadwork.store.session import Session


class LabelStore:
    """The labels of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def counts(self) -> list[tuple[str, int]]:
        """Return every label with the number of issues that carry it."""
        return [(label, count) for label, count in self._session.all("issue.label_counts")]
