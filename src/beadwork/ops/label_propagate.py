"""Handing a label down from an issue to its children."""

from typing import Annotated

from msgspec import Meta

from beadwork.model.errors import ClaimStale, InvalidField, UnknownIssue
from beadwork.model.issue import require_label
from beadwork.ops.claim import IssueName, fence, touched
from beadwork.ops.label import Labelled, LabelOutcome
from beadwork.ops.operation import Request, operation
from beadwork.ops.transaction import Filter, Transaction


class PropagateLabel(Request[Labelled], frozen=True):
    """Put a label on every child of an issue."""

    issue: IssueName
    label: Annotated[str, Meta(description="The issue itself need not carry it.")]


@operation(
    "label.propagate",
    kind="write",
    raises=(UnknownIssue, InvalidField, ClaimStale),
    example={"issue": "px-a3f", "label": "branch:login"},
)
def propagate_label(request: PropagateLabel, tx: Transaction) -> Labelled:
    """Put a label on every child of an issue."""
    parent = tx.issues.number_of(request.issue)
    label = require_label(request.label)
    answer = Labelled(outcomes=[])
    children = tx.issues.select(Filter(parent=parent), sort="id", is_reversed=False, limit=0)
    for row in children:
        entry = tx.issues.require(row.issue.id)
        is_new = label not in entry.record.labels
        if is_new:
            fence(tx, entry)
            labels = tuple(sorted({*entry.record.labels, label}))
            tx.issues.write(entry, touched(tx, entry.record._replace(labels=labels)))
        answer.outcomes.append(
            LabelOutcome(issue_id=entry.id, label=label, status="added" if is_new else "present")
        )
    return answer
