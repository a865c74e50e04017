"""Epics: issues that are done when all their children are."""

from typing import Annotated

import msgspec
from msgspec import Meta

from beadwork.model.errors import Conflict
from beadwork.model.issue import Issue
from beadwork.model.transition import closed
from beadwork.ops.claim import end_claim, updated
from beadwork.ops.issue_state import require_closable
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Transaction


class EpicStatus(msgspec.Struct, kw_only=True):
    """An epic and how many of its children are done."""

    epic: Issue
    total_children: int
    closed_children: int
    eligible_for_close: bool


class EpicStatuses(Response):
    """The open epics, most urgent first."""

    epics: list[EpicStatus]


class ListEpics(Request[EpicStatuses], frozen=True):
    """List the open epics with the number of their children."""

    eligible_only: Annotated[bool, Meta(description="Only those whose children are done.")] = False


_OPEN_EPICS = Filter(is_open_only=True, types=("epic",))


@operation("epic.status", kind="read", example={})
def list_epics(request: ListEpics, tx: Transaction) -> EpicStatuses:
    """List the open epics with the number of their children."""
    return EpicStatuses(
        epics=[
            each for each in _statuses(tx) if each.eligible_for_close or not request.eligible_only
        ]
    )


def _statuses(tx: Transaction) -> list[EpicStatus]:
    rows = tx.issues.select(_OPEN_EPICS, sort="priority", is_reversed=False, limit=0)
    return [_status(tx, row.issue) for row in rows]


def _status(tx: Transaction, epic: Issue) -> EpicStatus:
    kids = tx.ready.kids(tx.issues.number_of(epic.id))
    return EpicStatus(
        epic=epic,
        total_children=kids.total,
        closed_children=kids.total - kids.open,
        eligible_for_close=kids.total > 0 and kids.open == 0,
    )


class ClosedEpics(Response):
    """The epics that were closed, and those that something else holds."""

    closed: list[str]
    refused: list[str] = []


class CloseEpics(Request[ClosedEpics], frozen=True):
    """Close every epic whose children are all done."""


@operation("epic.close_eligible", kind="write", example={})
def close_epics(request: CloseEpics, tx: Transaction) -> ClosedEpics:
    """Close every epic whose children are all done."""
    del request
    answer = ClosedEpics(closed=[])
    for each in _statuses(tx):
        if not each.eligible_for_close:
            continue
        entry = tx.issues.require(each.epic.id)
        try:
            require_closable(tx, entry, is_forced=False)
        except Conflict:
            answer.refused.append(entry.id)
            continue
        session = tx.holder.session
        fields = closed(
            entry.record, now_us=tx.now_us, reason="All children are done", session=session
        )
        end_claim(tx, entry)
        answer.closed.append(tx.issues.write(entry, updated(tx, entry.record, fields)).id)
    return answer
