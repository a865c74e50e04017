"""Capabilities: what other projects can wait for."""

from typing import Annotated, Literal

from msgspec import Meta

from beadwork.model.errors import (
    ClaimStale,
    Conflict,
    InvalidField,
    InvalidTransition,
    UnknownIssue,
)
from beadwork.model.issue import require_label
from beadwork.ops.claim import Epoch, fence, touched
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Filter, Row, Transaction

_EXPORTS = "export:"
_PROVIDES = "provides:"


class Shipped(Response):
    """The issue that provides the capability, and the label that says so."""

    capability: str
    issue_id: str
    label: str
    status: Literal["shipped", "already_shipped", "dry_run"]


class ShipCapability(Request[Shipped], frozen=True):
    """Provide a capability to other projects: label the issue that announces it."""

    capability: Annotated[str, Meta(description="The issue has the label `export:<capability>`.")]
    force: Annotated[bool, Meta(description="Although the issue is not closed.")] = False
    dry_run: Annotated[bool, Meta(description="Check everything, store nothing.")] = False
    claim_epoch: Epoch = None


@operation(
    "capability.ship",
    kind="write",
    raises=(UnknownIssue, InvalidField, InvalidTransition, Conflict, ClaimStale),
    example={"capability": "login", "dry_run": True},
)
def ship_capability(request: ShipCapability, tx: Transaction) -> Shipped:
    """Provide a capability to other projects."""
    name = request.capability.strip().removeprefix(_EXPORTS)
    if not name:
        raise InvalidField("The capability is empty", hint="bd ship CAPABILITY", field="capability")
    label = require_label(f"{_PROVIDES}{name}")
    issue = _announcing(tx, name).issue
    entry = tx.issues.require(issue.id)
    if entry.record.status != "closed" and not request.force:
        raise InvalidTransition(
            f"The issue {entry.id} is {entry.record.status}, not closed",
            hint=f"Close it first (`bd close {entry.id}`), or pass --force.",
            id=entry.id,
        )

    def answer(status: Literal["shipped", "already_shipped", "dry_run"]) -> Shipped:
        return Shipped(capability=name, issue_id=entry.id, label=label, status=status)

    if label in entry.record.labels:
        return answer("already_shipped")
    if request.dry_run:
        return answer("dry_run")
    fence(tx, entry, request.claim_epoch)
    labels = tuple(sorted({*entry.record.labels, label}))
    tx.issues.write(entry, touched(tx, entry.record._replace(labels=labels)))
    return answer("shipped")


def _announcing(tx: Transaction, name: str) -> Row:
    label = f"{_EXPORTS}{name}"
    rows = tx.issues.select(Filter(labels=(label,)), sort="id", is_reversed=False, limit=0)
    if not rows:
        raise UnknownIssue(
            f'No issue has the label "{label}"',
            hint=f"Put it on the issue that provides it: `bd label add ID {label}`.",
            label=label,
        )
    if len(rows) > 1:
        names = [row.issue.id for row in rows]
        raise Conflict(
            f'Several issues have the label "{label}": {", ".join(names[:10])}',
            hint="Take it from all but one: `bd label remove ID LABEL`.",
            ids=names,
        )
    return rows[0]
