"""Labels: words that issues carry."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from beadwork.model.errors import ClaimStale, InvalidField, InvalidTransition, UnknownIssue
from beadwork.model.issue import require_label
from beadwork.model.transition import require_alive
from beadwork.ops.claim import Epoch, IssueName, fence, touched
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Transaction


class LabelOutcome(msgspec.Struct, kw_only=True):
    """What became of one label: truthful also where nothing changed."""

    issue_id: str
    label: str
    status: Literal["added", "present", "removed", "absent"]


class Labelled(Response):
    """What became of each label."""

    outcomes: list[LabelOutcome]


class AddLabels(Request[Labelled], frozen=True):
    """Put labels on an issue."""

    issue: IssueName
    labels: Annotated[list[str], Meta(min_length=1)]
    claim_epoch: Epoch = None


@operation(
    "label.add",
    kind="write",
    raises=(UnknownIssue, InvalidField, ClaimStale, InvalidTransition),
    example={"issue": "px-a3f", "labels": ["docs"]},
)
def add_labels(request: AddLabels, tx: Transaction) -> Labelled:
    """Put labels on an issue."""
    entry = tx.issues.require(request.issue)
    fence(tx, entry, request.claim_epoch)
    require_alive(entry.record)
    wanted = list(dict.fromkeys(require_label(each) for each in request.labels))
    had = set(entry.record.labels)
    if not set(wanted) <= had:
        labels = tuple(sorted(had | set(wanted)))
        tx.issues.write(entry, touched(tx, entry.record._replace(labels=labels)))
    return Labelled(
        outcomes=[
            LabelOutcome(
                issue_id=entry.id, label=each, status="present" if each in had else "added"
            )
            for each in wanted
        ]
    )


class RemoveLabels(Request[Labelled], frozen=True):
    """Take labels from an issue."""

    issue: IssueName
    labels: Annotated[list[str], Meta(min_length=1)]
    claim_epoch: Epoch = None


@operation(
    "label.remove",
    kind="write",
    raises=(UnknownIssue, ClaimStale, InvalidTransition),
    example={"issue": "px-a3f", "labels": ["docs"]},
)
def remove_labels(request: RemoveLabels, tx: Transaction) -> Labelled:
    """Take labels from an issue."""
    entry = tx.issues.require(request.issue)
    fence(tx, entry, request.claim_epoch)
    require_alive(entry.record)
    unwanted = [each.strip() for each in request.labels]
    had = set(entry.record.labels)
    if had & set(unwanted):
        labels = tuple(sorted(had - set(unwanted)))
        tx.issues.write(entry, touched(tx, entry.record._replace(labels=labels)))
    return Labelled(
        outcomes=[
            LabelOutcome(
                issue_id=entry.id, label=each, status="removed" if each in had else "absent"
            )
            for each in unwanted
        ]
    )


class LabelCount(msgspec.Struct, kw_only=True):
    """A label and how many issues carry it."""

    label: str
    count: int


class Labels(Response):
    """Labels with the number of issues that carry each."""

    labels: list[LabelCount]


class ListLabels(Request[Labels], frozen=True):
    """List every label in use."""


@operation("label.list_all", kind="read", example={})
def list_labels(request: ListLabels, tx: Transaction) -> Labels:
    """List every label in use."""
    del request
    return Labels(
        labels=[LabelCount(label=label, count=count) for label, count in tx.labels.counts()]
    )
