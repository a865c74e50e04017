"""Counts of issues and events, and who gives them."""

from typing import NamedTuple, Protocol


class Tally(NamedTuple):
    """How many issues stand where; `lead_us` is how long the closed ones took in all."""

    total: int
    open: int
    in_progress: int
    closed: int
    blocked: int
    deferred: int
    ready: int
    tombstones: int
    pinned: int
    ripe_epics: int
    lead_us: int
    lead_count: int


class Happened(NamedTuple):
    """How many events of which sort there were."""

    created: int
    closed: int
    updated: int
    reopened: int


class Statistics(Protocol):
    """Counts of issues and events."""

    def tally(self, assignee: str | None) -> Tally: ...
    def happened(self, since_us: int) -> Happened: ...
