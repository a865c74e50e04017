"""Counts: how many issues stand where, and what happened lately."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction

_HOUR_US = 3600 * 1_000_000
HOURS_TRACKED = 24


class Summary(msgspec.Struct, kw_only=True):
    """How many issues stand where (classic-bd.md 2.2), in classic's order of keys."""

    total_issues: int
    open_issues: int
    in_progress_issues: int
    closed_issues: int
    blocked_issues: int
    deferred_issues: int
    ready_issues: int
    tombstone_issues: int
    pinned_issues: int
    epics_eligible_for_closure: int
    average_lead_time_hours: float


class Activity(msgspec.Struct, kw_only=True):
    """What happened in the hours before now."""

    hours_tracked: int
    issues_created: int
    issues_closed: int
    issues_updated: int
    issues_reopened: int


class Summarized(Response):
    """The counts, and what happened lately if that was asked for."""

    summary: Summary
    activity: Activity | None = None


class Summarize(Request[Summarized], frozen=True):
    """Count the issues by where they stand: ready and blocked as `ready` and `blocked` list them."""

    assignee: Annotated[str | None, Meta(description="Only what this actor is to do.")] = None
    hours: Annotated[
        int, Meta(ge=0, le=10_000, description="Also what happened in so many hours; 0: not.")
    ] = 0


@operation("stats.summary", kind="read", example={"hours": 24})
def summarize(request: Summarize, tx: Transaction) -> Summarized:
    """Count the issues by where they stand."""
    tally = tx.stats.tally(request.assignee)
    lead_hours = tally.lead_us / tally.lead_count / _HOUR_US if tally.lead_count else 0.0
    return Summarized(
        summary=Summary(
            total_issues=tally.total,
            open_issues=tally.open,
            in_progress_issues=tally.in_progress,
            closed_issues=tally.closed,
            blocked_issues=tally.blocked,
            deferred_issues=tally.deferred,
            ready_issues=tally.ready,
            tombstone_issues=tally.tombstones,
            pinned_issues=tally.pinned,
            epics_eligible_for_closure=tally.ripe_epics,
            average_lead_time_hours=lead_hours,
        ),
        activity=_activity(request.hours, tx) if request.hours else None,
    )


def _activity(hours: int, tx: Transaction) -> Activity:
    happened = tx.stats.happened(tx.now_us - hours * _HOUR_US)
    return Activity(
        hours_tracked=hours,
        issues_created=happened.created,
        issues_closed=happened.closed,
        issues_updated=happened.updated,
        issues_reopened=happened.reopened,
    )
