"""Changing fields of an issue."""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from beadwork.model import token
from beadwork.model.claim import named
from beadwork.model.dependency import (
    PARENT_CHILD,
)
from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    NothingToDo,
    UnknownIssue,
)
from beadwork.model.issue import (
    Issue,
    require_label,
    require_name,
    require_priority,
    require_text,
    require_title,
)
from beadwork.model.record import Record
from beadwork.model.transition import Fields, closed, moved, require_alive
from beadwork.ops.claim import Epoch, IssueName, LeaseSeconds, end_claim, fence, take, touched
from beadwork.ops.issue_fields import (
    EMPTY_TOKENS,
    PLAIN_TEXTS,
    Minutes,
    ZoneOffset,
    edge_token,
    rare_fields,
    require_metadata,
    require_not_waiting,
    when,
)
from beadwork.ops.issue_state import require_closable
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import shown


class Updated(Response):
    """The issue as it is now; `claim_epoch` if it was claimed with the change.

    `already`: the caller held it before.
    """

    issue: Issue
    claim_epoch: int | None = None
    already: bool = False
    is_changed: bool = True


class UpdateIssue(Request[Updated], frozen=True):
    """Change fields of an issue. What is left out stays; an empty text takes a field away."""

    circumstances: ClassVar[tuple[str, ...]] = ("zone_offset_s",)

    issue: IssueName
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    design: str | UnsetType = UNSET
    acceptance_criteria: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    append_notes: str | UnsetType = UNSET
    spec_id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    issue_type: str | UnsetType = UNSET
    assignee: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    external_ref: str | UnsetType = UNSET
    estimated_minutes: Minutes | UnsetType | None = UNSET
    due_at: str | UnsetType = UNSET
    defer_until: str | UnsetType = UNSET
    zone_offset_s: ZoneOffset = 0
    metadata: Any = UNSET
    set_metadata: Annotated[
        dict[str, Any], Meta(description="Keys of the metadata to set; the others stay.")
    ] = {}
    unset_metadata: Annotated[
        list[str], Meta(description="Keys of the metadata to take away.")
    ] = []
    pinned: bool | UnsetType = UNSET
    ephemeral: bool | UnsetType = UNSET
    add_labels: list[str] = []
    remove_labels: list[str] = []
    set_labels: list[str] | UnsetType = UNSET
    parent: Annotated[
        str | UnsetType, Meta(description="The new parent; empty takes the parent away.")
    ] = UNSET
    extra: dict[str, Any] = {}
    claim: Annotated[bool, Meta(description="Take the issue too.")] = False
    lease_s: LeaseSeconds = None
    claim_epoch: Epoch = None
    session: str = ""
    force: Annotated[bool, Meta(description="Close although something blocks it.")] = False


_UPDATED_TEXTS = (*PLAIN_TEXTS, "title")


@operation(
    "issue.update",
    kind="write",
    raises=(
        UnknownIssue, InvalidField, InvalidTransition, ClaimStale, ClaimLost, CloseBlocked,
        DependencyCycle, NothingToDo,
    ),
    example={"issue": "px-a3f", "priority": 0, "add_labels": ["urgent"]},
)  # fmt: skip
def update_issue(request: UpdateIssue, tx: Transaction) -> Updated:
    """Change fields of an issue."""
    entry = tx.issues.require(request.issue)
    if isinstance(request.assignee, str):
        request = structs.replace(request, assignee=named(request.assignee, tx.holder))
    _require_sense(request)
    require_alive(entry.record)
    claimed = None
    if request.claim:
        claimed = take(tx, entry, request.lease_s)
        entry = tx.issues.by_number(entry.n)
    else:
        fence(tx, entry, request.claim_epoch)
    record = _updated_record(tx, entry, request)
    if isinstance(request.assignee, str):
        _pass_on(tx, entry, record.text("assignee"))
    is_changed = request.claim or record != entry.record
    if record != entry.record:
        entry = tx.issues.write(entry, touched(tx, record))
    return Updated(
        issue=shown(entry),
        claim_epoch=None if claimed is None else claimed.claim_epoch,
        already=claimed is not None and claimed.already,
        is_changed=is_changed,
    )


def _pass_on(tx: Transaction, entry: Entry, assignee: str) -> None:
    """End the claim of one whose issue is given to another: its holder is its assignee."""
    claim = tx.claims.of(entry.n)
    if claim is not None and claim.is_held and claim.actor != assignee:
        end_claim(tx, entry)


def _require_sense(request: UpdateIssue) -> None:
    asked = msgspec.structs.replace(request, issue="", force=False, claim_epoch=None, session="")
    if asked == UpdateIssue(issue=""):
        raise NothingToDo("No change was asked for", hint="Name a field to change: `bd update -h`.")
    if request.claim and not isinstance(request.status, UnsetType):
        raise InvalidField(
            "A claim sets the status itself",
            hint="Leave out --status, or --claim.",
            field="status",
        )
    if request.claim and not isinstance(request.assignee, UnsetType):
        raise InvalidField(
            "A claim sets the assignee itself",
            hint="Leave out --assignee, or --claim.",
            field="assignee",
        )
    if request.lease_s is not None and not request.claim:
        raise InvalidField(
            "A lease is for a claim", hint="Pass --claim too, or use `bd heartbeat`.", field="lease"
        )
    _require_one_way(request, "notes", "append_notes")
    for name in ("set_metadata", "unset_metadata"):
        _require_one_way(request, "metadata", name)


def _require_one_way(request: UpdateIssue, whole: str, part: str) -> None:
    if getattr(request, whole) is not UNSET and getattr(request, part) not in (UNSET, {}, []):
        raise InvalidField(
            f"{whole} and {part} contradict one another", hint="Give one of them.", field=whole
        )


def _updated_record(tx: Transaction, entry: Entry, request: UpdateIssue) -> Record:
    record = entry.record
    tokens = dict(record.fields)
    for name, text in _field_tokens(tx, entry, request).items():
        if text is None or text in EMPTY_TOKENS or text == "false":
            tokens.pop(name, None)
        else:
            tokens[name] = text
    record = record._replace(fields=tokens, labels=_labels_after(record, request))
    if isinstance(request.parent, str):
        record = _reparented(tx, entry, record, request.parent)
    return record


_AS_GIVEN = ("estimated_minutes", "metadata", "pinned", "ephemeral")


def _field_tokens(tx: Transaction, entry: Entry, request: UpdateIssue) -> Fields:
    require_metadata([request.metadata, request.set_metadata])
    fields = _text_tokens(entry, request)
    fields.update(_metadata_tokens(entry, request))
    for name in _AS_GIVEN:
        value = getattr(request, name)
        if value is not UNSET:
            fields[name] = token.encode(value)
    for name in ("due_at", "defer_until"):
        value = getattr(request, name)
        if value is not UNSET:
            fields[name] = token.encode(when(tx, value, name, request.zone_offset_s))
    if isinstance(request.priority, int):
        fields["priority"] = str(require_priority(request.priority))
    if isinstance(request.issue_type, str):
        fields["issue_type"] = token.encode(tx.vocabulary.require_type(request.issue_type))
    fields.update({k: token.encode(v) for k, v in rare_fields(request.extra).items()})
    if isinstance(request.status, str) and request.status != entry.record.status:
        fields.update(_status_fields(tx, entry, request, request.status))
    return fields


def _metadata_tokens(entry: Entry, request: UpdateIssue) -> Fields:
    if not request.set_metadata and not request.unset_metadata:
        return {}
    before = entry.record.fields.get("metadata", "{}")
    if not before.startswith("{"):
        raise InvalidField(
            f"The metadata of {entry.id} is no JSON object",
            hint="Put one in its place: --metadata '{...}'.",
            field="metadata",
        )
    pairs = token.members(before)
    for name, value in request.set_metadata.items():
        if not name.strip():
            raise InvalidField(
                "A key of metadata is empty", hint="Use key=value.", field="metadata"
            )
        pairs[name] = token.encode(value)
    for name in request.unset_metadata:
        pairs.pop(name, None)
    return {"metadata": token.compose(pairs)}


def _text_tokens(entry: Entry, request: UpdateIssue) -> Fields:
    if isinstance(request.title, str):
        require_title(request.title)
    if isinstance(request.assignee, str):
        require_name(request.assignee, "assignee")
    fields: Fields = {
        name: token.encode(require_text(getattr(request, name), name))
        for name in _UPDATED_TEXTS
        if getattr(request, name) is not UNSET
    }
    if isinstance(request.append_notes, str):
        before = entry.record.text("notes")
        joined = f"{before}\n{request.append_notes}" if before else request.append_notes
        fields["notes"] = token.encode(require_text(joined, "notes"))
    return fields


_NOBODYS = ("open", "deferred")
"""Statuses in which nobody holds an issue."""


def _status_fields(tx: Transaction, entry: Entry, request: UpdateIssue, status: str) -> Fields:
    """Return what a new status writes: one rule, whichever command asks for it."""
    tx.vocabulary.require_status(status)
    if status == "tombstone":
        raise InvalidTransition(
            "A status can't delete an issue", hint=f"Use `bd delete {entry.id}`.", id=entry.id
        )
    if tx.vocabulary.is_done(status):
        require_closable(tx, entry, is_forced=request.force)
        end_claim(tx, entry)
        if status == "closed":
            session = request.session or tx.holder.session
            return closed(entry.record, now_us=tx.now_us, reason="Closed", session=session)
    fields = moved(entry.record, status, is_reopening=entry.is_done)
    if status in _NOBODYS:
        claim = tx.claims.of(entry.n)
        if claim is not None and claim.is_held:
            # Else the issue would show as ready, now or in time, and nobody could claim it.
            if claim.actor == entry.record.text("assignee") and request.assignee is UNSET:
                fields["assignee"] = None
            end_claim(tx, entry)
    return fields


def _labels_after(record: Record, request: UpdateIssue) -> tuple[str, ...]:
    labels = set(record.labels)
    if not isinstance(request.set_labels, UnsetType):
        labels = {require_label(each) for each in request.set_labels}
    labels |= {require_label(each) for each in request.add_labels}
    labels -= {each.strip() for each in request.remove_labels}
    return tuple(sorted(labels))


def _reparented(tx: Transaction, entry: Entry, record: Record, name: str) -> Record:
    edges = {key: edge for key, edge in record.edges.items() if key[1] != PARENT_CHILD}
    if name:
        parent = tx.issues.require(name)
        require_alive(parent.record)
        require_not_waiting(record, parent.id, PARENT_CHILD)
        cycle = tx.dependencies.would_cycle(entry.n, parent.n)
        if cycle:
            raise DependencyCycle(
                f"{entry.id} can't be under {parent.id}: {' → '.join(cycle)}",
                hint="Choose a parent that does not wait for it or lie under it.",
                cycle=cycle,
            )
        key = (parent.id, PARENT_CHILD)
        kept = record.edges.get(key)
        edges[key] = kept or edge_token(tx, entry.id, parent.id, PARENT_CHILD)
    return record._replace(edges=edges)
