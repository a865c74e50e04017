"""Issues: making, showing, listing and changing them."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from beadwork.model import ids, instants, limits, token
from beadwork.model.dependency import (
    EXTERNAL,
    ORDERING_KINDS,
    PARENT_CHILD,
    WAITS_FOR,
    Gate,
    require_kind,
)
from beadwork.model.errors import (
    ClaimLost,
    ClaimStale,
    CloseBlocked,
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    IssueExists,
    NothingToDo,
    PrefixMismatch,
    UnknownIssue,
)
from beadwork.model.issue import (
    Issue,
    require_label,
    require_priority,
    require_text,
    require_title,
)
from beadwork.model.record import Record, Register
from beadwork.model.transition import Fields, closed, deleted, moved, require_alive
from beadwork.ops.claim import Epoch, IssueName, end_claim, fence, take, touched, updated
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Filter, Transaction
from beadwork.ops.views import IssueDetails, ListedIssue, linked, listed, shown

Text = Annotated[str, Meta(description="Markdown.")]
When = Annotated[
    str, Meta(description="RFC 3339, a date, +2d, 6h, tomorrow, next monday; UTC if it says none.")
]
Priority = Annotated[int, Meta(description="0, the most urgent, to 4.")]
_EMPTY_DROPPED = frozenset({'""', "[]", "null", "{}"})


def edge_token(  # noqa: PLR0913 -- the fields of the record
    tx: Transaction, source: str, target: str, kind: str, *, metadata: str = ""
) -> str:
    """Write an edge as it stands in the file."""
    pairs = {
        "issue_id": source,
        "depends_on_id": target,
        "type": kind,
        "created_at": tx.now_text,
        "created_by": tx.holder.actor,
        "metadata": metadata,
    }
    kept = {k: token.encode(v) for k, v in pairs.items() if v or k not in _OPTIONAL_EDGE}
    return token.compose(kept)


_OPTIONAL_EDGE = frozenset({"created_by", "metadata"})


def require_target(tx: Transaction, name: str) -> tuple[str, Entry | None]:
    """Return the id that an edge is to name; the entry is None for another project's.

    Raises:
        UnknownIssue: there is no such issue.
        InvalidField: an external target of the wrong form.
    """
    if not name.startswith(EXTERNAL):
        entry = tx.issues.require(name)
        return entry.id, entry
    if len(name.split(":", 2)) < 3 or not all(name.split(":", 2)):
        raise InvalidField(
            f'"{name}" is no external target', hint="Use external:<project>:<capability>."
        )
    return name, None


class Created(Response):
    """The new issue."""

    issue: Issue


class CreateIssue(Request[Created], frozen=True):
    """Make an issue. With `parent` it becomes a child and gets the parent's next number."""

    title: Annotated[str, Meta(description="1 to 500 characters.")]
    description: Text = ""
    design: Text = ""
    acceptance_criteria: Text = ""
    notes: Text = ""
    spec_id: str = ""
    issue_type: str = "task"
    priority: Priority = limits.PRIORITY_DEFAULT
    assignee: str = ""
    owner: str = ""
    labels: list[str] = []
    dependencies: Annotated[
        list[str], Meta(description="Ids that the issue needs, each as `id` or `type:id`.")
    ] = []
    parent: str = ""
    id: Annotated[str, Meta(description="An id of the caller's choice.")] = ""
    external_ref: str = ""
    estimated_minutes: Annotated[int | None, Meta(ge=0)] = None
    due_at: When = ""
    defer_until: When = ""
    waits_for: Annotated[str, Meta(description="Wait for the children of this issue.")] = ""
    waits_for_gate: Gate = Gate.ALL_CHILDREN
    ephemeral: bool = False
    metadata: Any = None
    extra: Annotated[
        dict[str, Any], Meta(description="The rare fields of the record, by name.")
    ] = {}
    force: Annotated[bool, Meta(description="Take an id with a foreign prefix.")] = False


_PLAIN_TEXTS = (
    "description",
    "design",
    "acceptance_criteria",
    "notes",
    "spec_id",
    "assignee",
    "owner",
    "external_ref",
)
_RARE = frozenset(
    {
        "source_system", "sender", "wisp_type", "pinned", "is_template", "bonded_from", "creator",
        "validations", "quality_score", "crystallizes", "await_type", "await_id", "timeout",
        "waiters", "holder", "source_formula", "source_location", "hook_bead", "role_bead",
        "agent_state", "last_activity", "role_type", "rig", "mol_type", "work_type", "event_kind",
        "actor", "target", "payload", "created_by",
    }
)  # fmt: skip


@operation(
    "issue.create",
    kind="write",
    raises=(
        InvalidField, UnknownIssue, IssueExists, PrefixMismatch, InvalidTransition,
        DependencyCycle,
    ),
    example={"title": "Write the guide", "priority": 1, "labels": ["docs"]},
)  # fmt: skip
def create_issue(request: CreateIssue, tx: Transaction) -> Created:
    """Make an issue."""
    parent = _require_parent(tx, request)
    issue_id = _choose_id(tx, request, parent)
    edges = _first_edges(tx, request, issue_id, parent)
    record = Record(
        issue_id,
        _first_fields(tx, request),
        tuple(sorted({require_label(each) for each in request.labels})),
        {(target, kind): edge for (target, kind), (edge, _) in edges.items()},
    )
    births: dict[Register, int] = {
        ("dependencies", *key): birth for key, (_, birth) in edges.items() if birth is not None
    }
    return Created(issue=shown(tx.issues.write_new(record, births)))


def _first_fields(tx: Transaction, request: CreateIssue) -> dict[str, str]:
    values: dict[str, Any] = {name: getattr(request, name) for name in _PLAIN_TEXTS}
    for name, value in values.items():
        require_text(value, name)
    values["title"] = require_title(request.title)
    values["status"] = "open"
    values["priority"] = require_priority(request.priority)
    values["issue_type"] = tx.vocabulary.require_type(request.issue_type)
    values["estimated_minutes"] = request.estimated_minutes
    values["created_at"] = values["updated_at"] = tx.now_text
    values["created_by"] = tx.holder.actor
    for name in ("due_at", "defer_until"):
        values[name] = when(tx, getattr(request, name), name)
    values["metadata"] = request.metadata
    values.update(_rare_fields(request.extra))
    fields = {name: token.encode(value) for name, value in values.items()}
    fields = {name: text for name, text in fields.items() if text not in _EMPTY_DROPPED}
    if request.ephemeral:
        fields["ephemeral"] = "true"
    return fields


def _rare_fields(extra: dict[str, Any]) -> dict[str, Any]:
    for name, value in extra.items():
        if name not in _RARE:
            raise InvalidField(f'There is no field "{name[:60]}"', field=name[:60])
        if isinstance(value, str):
            require_text(value, name)
    try:
        msgspec.convert({"id": "x", **extra}, Issue)
    except msgspec.ValidationError as error:
        raise InvalidField(f"A field has the wrong type: {error}") from error
    return extra


def when(tx: Transaction, text: str, field: str) -> str:
    """Return a time as it stands in the record; empty stays empty."""
    if not text:
        return ""
    if instants.parse_ns(text) is not None:
        return text
    return instants.format_us(
        instants.parse_when(text, now_us=tx.now_us, zone_offset_s=0, field=field)
    )


def _require_parent(tx: Transaction, request: CreateIssue) -> Entry | None:
    if not request.parent:
        return None
    parent = tx.issues.require(request.parent)
    require_alive(parent.record)
    if parent.is_done and not request.force:
        raise InvalidTransition(
            f"The parent {parent.id} is {parent.record.status}",
            hint=f"Reopen it first (`bd reopen {parent.id}`), or pass --force.",
            id=parent.id,
        )
    return parent


def _choose_id(tx: Transaction, request: CreateIssue, parent: Entry | None) -> str:
    vocabulary = tx.vocabulary
    if request.id:
        prefixes = (vocabulary.prefix, *vocabulary.allowed_prefixes)
        issue_id = ids.require_explicit(request.id, prefixes=prefixes, is_forced=request.force)
        if tx.issues.is_taken(issue_id):
            raise IssueExists(f"There is an issue {issue_id}", id=issue_id)
        return issue_id
    if parent is not None:
        if ids.level(parent.id) >= limits.CHILD_LEVELS_MAX:
            raise InvalidField(
                f"{parent.id} lies {limits.CHILD_LEVELS_MAX} levels deep; "
                "its children can't have numbers",
                hint=f"Create it without --parent, then `bd dep add ID {parent.id} "
                "--type parent-child`.",
                field="parent",
            )
        while tx.issues.is_taken(child := f"{parent.id}.{tx.issues.next_child_number(parent.n)}"):
            pass
        return child
    return ids.new_id(
        vocabulary.prefix,
        title=request.title,
        description=request.description,
        creator=tx.holder.actor,
        created_ns=tx.now_us * 1000,
        issue_count=tx.issues.count_with_prefix(vocabulary.prefix),
        is_taken=tx.issues.is_taken,
    )


_Edges = dict[tuple[str, str], tuple[str, int | None]]


def _first_edges(
    tx: Transaction, request: CreateIssue, issue_id: str, parent: Entry | None
) -> _Edges:
    edges: _Edges = {}

    def add(target: str, kind: str, metadata: str = "") -> None:
        edge = edge_token(tx, issue_id, target, kind, metadata=metadata)
        edges[target, kind] = edge, tx.dependencies.birth_of(target)

    if parent is not None:
        add(parent.id, PARENT_CHILD)
    for text in request.dependencies:
        kind, name = split_dependency(text)
        target, _ = require_target(tx, name)
        if parent is not None and target == parent.id and kind in ORDERING_KINDS:
            if kind == PARENT_CHILD:
                continue
            raise DependencyCycle(
                f"A child can't wait for its own parent {parent.id}", cycle=[issue_id, parent.id]
            )
        add(target, kind)
    if request.waits_for:
        spawner, _ = require_target(tx, request.waits_for)
        metadata = {"gate": request.waits_for_gate.value, "spawner_id": spawner}
        add(spawner, WAITS_FOR, token.encode(metadata))
    return edges


def split_dependency(text: str) -> tuple[str, str]:
    """Split `type:id` or `id` into a dependency type and the id."""
    kind, colon, name = text.strip().partition(":")
    if not colon or kind == EXTERNAL[:-1]:
        return "blocks", text.strip()
    return require_kind(kind), name.strip()


class Shown(Response):
    """The issue with its edges, comments and claim."""

    details: IssueDetails


class ShowIssue(Request[Shown], frozen=True):
    """Show an issue with all around it."""

    issue: IssueName


@operation("issue.show", kind="read", raises=(UnknownIssue,), example={"issue": "px-a3f"})
def show_issue(request: ShowIssue, tx: Transaction) -> Shown:
    """Show an issue with all around it."""
    entry = tx.issues.require(request.issue)
    claim = tx.claims.of(entry.n)
    parent = tx.dependencies.parent_of(entry.n)
    return Shown(
        details=IssueDetails(
            issue=shown(entry),
            dependencies=[
                linked(each)
                for each in tx.dependencies.needs(entry.n)
                if each.entry is None or each.entry.record.status != "tombstone"
            ],
            dependents=[
                linked(each)
                for each in tx.dependencies.needed_by(entry.n)
                if each.entry is None or each.entry.record.status != "tombstone"
            ],
            parent=parent.id if parent else None,
            claim_epoch=claim.claim_epoch if claim else None,
            claimed_by=claim.actor or None if claim else None,
        )
    )


class Listed(Response):
    """The issues found; `is_cut` if the limit left some out."""

    issues: list[ListedIssue]
    is_cut: bool = False


class ListIssues(Request[Listed], frozen=True):
    """List issues. Without a status: all that are not closed or deleted."""

    statuses: Annotated[list[str], Meta(description="Any of these.")] = []
    all: Annotated[bool, Meta(description="Closed ones too.")] = False
    issue_types: Annotated[list[str], Meta(description="Any of these.")] = []
    priority: int | None = None
    priority_min: int | None = None
    priority_max: int | None = None
    assignee: str | None = None
    no_assignee: bool = False
    labels: Annotated[list[str], Meta(description="All of these.")] = []
    labels_any: Annotated[list[str], Meta(description="Any of these.")] = []
    no_labels: bool = False
    ids: list[str] = []
    title_contains: str | None = None
    parent: Annotated[str | None, Meta(description="Children of this issue.")] = None
    pinned: bool | None = None
    created_after: When | None = None
    created_before: When | None = None
    updated_after: When | None = None
    updated_before: When | None = None
    closed_after: When | None = None
    closed_before: When | None = None
    sort: Annotated[
        str,
        Meta(
            description="priority, created, updated, closed, status, id, title, type or assignee."
        ),
    ] = "priority"
    reverse: bool = False
    limit: Annotated[int, Meta(ge=0, description="0 means all.")] = limits.LIST_LIMIT_DEFAULT
    include_gates: bool = False
    include_templates: bool = False


_SORTS = (
    "priority", "created", "updated", "closed", "status", "id", "title", "type", "assignee",
)  # fmt: skip


@operation(
    "issue.list",
    kind="read",
    raises=(UnknownIssue, InvalidField),
    example={"statuses": ["open"], "limit": 10},
)
def list_issues(request: ListIssues, tx: Transaction) -> Listed:
    """List issues."""
    if request.sort not in _SORTS:
        raise InvalidField(
            f'There is no sort "{request.sort[:60]}"',
            hint=f"Use one of: {', '.join(_SORTS)}.",
            field="sort",
        )
    wanted = list_filter(request, tx)
    limit = request.limit + 1 if request.limit else 0
    rows = tx.issues.select(wanted, sort=request.sort, is_reversed=request.reverse, limit=limit)
    kept = rows[: request.limit] if request.limit else rows
    return Listed(issues=[listed(row) for row in kept], is_cut=len(rows) > len(kept))


def list_filter(request: ListIssues, tx: Transaction) -> Filter:
    """Turn a request into the filter of the store.

    Raises:
        InvalidField: an unknown status, or a range that nothing can lie in.
    """
    vocabulary = tx.vocabulary
    for status in request.statuses:
        vocabulary.require_status(status)
    times = {
        name: None if text is None else instants.parse_us(when(tx, text, name))
        for name in _RANGES
        if (text := getattr(request, name)) is not None
    }
    for noun in ("created", "updated", "closed"):
        _require_range(times.get(f"{noun}_after"), times.get(f"{noun}_before"), noun)
    _require_range(request.priority_min, request.priority_max, "priority")
    parent = None if request.parent is None else tx.issues.number_of(request.parent)
    is_any = request.all or bool(request.statuses)
    hides = not (request.include_gates or request.issue_types)
    return Filter(
        statuses=tuple(request.statuses),
        is_open_only=not is_any,
        types=tuple(request.issue_types),
        hidden_types=("gate",) if hides else (),
        priority=request.priority,
        priority_min=request.priority_min,
        priority_max=request.priority_max,
        assignee=request.assignee,
        has_no_assignee=request.no_assignee,
        labels=tuple(request.labels),
        labels_any=tuple(request.labels_any),
        has_no_labels=request.no_labels,
        ids=tuple(request.ids),
        title_contains=request.title_contains,
        parent=parent,
        is_pinned=request.pinned,
        has_templates=request.include_templates,
        has_tombstones="tombstone" in request.statuses,
        **{f"{name}_us": value for name, value in times.items()},
    )


_RANGES = tuple(
    f"{noun}_{side}" for noun in ("created", "updated", "closed") for side in ("after", "before")
)


def _require_range(low: int | None, high: int | None, noun: str) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidField(
            f"The {noun} range ends before it begins", hint="Swap the two.", field=noun
        )


class Updated(Response):
    """The issue as it is now; `claim_epoch` if it was claimed with the change."""

    issue: Issue
    claim_epoch: int | None = None
    is_changed: bool = True


class UpdateIssue(Request[Updated], frozen=True):
    """Change fields of an issue. What is left out stays; an empty text takes a field away."""

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
    estimated_minutes: Annotated[int, Meta(ge=0)] | None | UnsetType = UNSET
    due_at: str | UnsetType = UNSET
    defer_until: str | UnsetType = UNSET
    metadata: Any = UNSET
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
    claim_epoch: Epoch = None
    session: str = ""
    force: Annotated[bool, Meta(description="Close although something blocks it.")] = False


_UPDATED_TEXTS = (*_PLAIN_TEXTS, "title")


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
    _require_sense(request)
    require_alive(entry.record)
    epoch = None
    if request.claim:
        claimed = take(tx, entry, None)
        entry, epoch = tx.issues.by_number(entry.n), claimed.claim_epoch
    else:
        fence(tx, entry, request.claim_epoch)
    record = _updated_record(tx, entry, request)
    is_changed = request.claim or record != entry.record
    if record != entry.record:
        entry = tx.issues.write(entry, touched(tx, record))
    return Updated(issue=shown(entry), claim_epoch=epoch, is_changed=is_changed)


def _require_sense(request: UpdateIssue) -> None:
    given = [
        name
        for name in request.__struct_fields__
        if name not in ("issue", "force", "claim_epoch", "session")
        and getattr(request, name) not in (UNSET, [], {}, False)
    ]
    given += [n for n in ("pinned", "ephemeral") if getattr(request, n) is False]
    if not given:
        raise NothingToDo("No change was asked for", hint="Name a field to change: `bd update -h`.")
    if request.claim and not isinstance(request.status, UnsetType):
        raise InvalidField(
            "A claim sets the status itself",
            hint="Leave out --status, or --claim.",
            field="status",
        )


def _updated_record(tx: Transaction, entry: Entry, request: UpdateIssue) -> Record:
    record = entry.record
    tokens = dict(record.fields)
    for name, text in _field_tokens(tx, entry, request).items():
        if text is None or text in _EMPTY_DROPPED or text == "false":
            tokens.pop(name, None)
        else:
            tokens[name] = text
    record = record._replace(fields=tokens, labels=_labels_after(record, request))
    if isinstance(request.parent, str):
        record = _reparented(tx, entry, record, request.parent)
    return record


def _field_tokens(tx: Transaction, entry: Entry, request: UpdateIssue) -> Fields:
    fields: Fields = {}
    for name in _UPDATED_TEXTS:
        value = getattr(request, name)
        if value is not UNSET:
            fields[name] = token.encode(require_text(value, name))
    if isinstance(request.title, str):
        require_title(request.title)
    if isinstance(request.append_notes, str):
        before = entry.record.text("notes")
        joined = f"{before}\n{request.append_notes}" if before else request.append_notes
        fields["notes"] = token.encode(require_text(joined, "notes"))
    if isinstance(request.priority, int):
        fields["priority"] = str(require_priority(request.priority))
    if isinstance(request.issue_type, str):
        fields["issue_type"] = token.encode(tx.vocabulary.require_type(request.issue_type))
    if request.estimated_minutes is not UNSET:
        fields["estimated_minutes"] = token.encode(request.estimated_minutes)
    for name in ("due_at", "defer_until"):
        value = getattr(request, name)
        if value is not UNSET:
            fields[name] = token.encode(when(tx, value, name))
    for name in ("metadata", "pinned", "ephemeral"):
        value = getattr(request, name)
        if value is not UNSET:
            fields[name] = token.encode(value)
    fields.update({k: token.encode(v) for k, v in _rare_fields(request.extra).items()})
    if isinstance(request.status, str) and request.status != entry.record.status:
        fields.update(_status_fields(tx, entry, request, request.status))
    return fields


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
    if status == "open":
        claim = tx.claims.of(entry.n)
        if claim is not None and claim.is_held:
            # Else the issue would show as ready, and nobody could claim it.
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


def require_closable(tx: Transaction, entry: Entry, *, is_forced: bool) -> None:
    """Refuse to close what is blocked or held by another.

    Raises:
        CloseBlocked: an edge holds the issue.
        ClaimLost: another holds it.
    """
    if is_forced:
        return
    claim = tx.claims.of(entry.n)
    if claim is not None and claim.is_held and not claim.is_by(tx.holder):
        raise ClaimLost(
            f"The issue {entry.id} is held by {claim.actor}",
            hint="Let its holder close it, or pass --force.",
            id=entry.id,
            holder=claim.actor,
        )
    blockers = [each.target_id for each in tx.dependencies.edges_of(entry.n) if each.is_holding]
    if blockers:
        raise CloseBlocked(
            f"The issue {entry.id} is blocked by {', '.join(blockers[:10])}",
            id=entry.id,
            blocked_by=blockers,
        )


class Closed(Response):
    """The closed issue, and what can be worked on now because of it."""

    issue: Issue
    unblocked: list[Issue] = []
    already: bool = False


class CloseIssue(Request[Closed], frozen=True):
    """Close an issue. Closing it again changes nothing."""

    issue: IssueName
    reason: str = "Closed"
    session: str = ""
    claim_epoch: Epoch = None
    force: Annotated[bool, Meta(description="Although it is blocked, or another holds it.")] = False


@operation(
    "issue.close",
    kind="write",
    raises=(UnknownIssue, CloseBlocked, ClaimStale, ClaimLost, InvalidTransition),
    example={"issue": "px-a3f", "reason": "Done"},
)
def close_issue(request: CloseIssue, tx: Transaction) -> Closed:
    """Close an issue."""
    entry = tx.issues.require(request.issue)
    require_alive(entry.record)
    if not request.force:
        fence(tx, entry, request.claim_epoch)
    if entry.record.status == "closed":
        return Closed(issue=shown(entry), already=True)
    require_closable(tx, entry, is_forced=request.force)
    reason = require_text(request.reason, "reason").strip() or "Closed"
    session = request.session or tx.holder.session
    fields = closed(entry.record, now_us=tx.now_us, reason=reason, session=session)
    end_claim(tx, entry)
    entry = tx.issues.write(entry, updated(tx, entry.record, fields))
    return Closed(
        issue=shown(entry), unblocked=[shown(each) for each in tx.ready.freed_by(entry.n)]
    )


class Reopened(Response):
    """The issue, open."""

    issue: Issue
    already: bool = False


class ReopenIssue(Request[Reopened], frozen=True):
    """Open a closed, deferred or set-aside issue again; its defer date goes."""

    issue: IssueName
    reason: str = ""
    claim_epoch: Epoch = None


@operation(
    "issue.reopen",
    kind="write",
    raises=(UnknownIssue, InvalidTransition, ClaimStale),
    example={"issue": "px-a3f", "reason": "It came back"},
)
def reopen_issue(request: ReopenIssue, tx: Transaction) -> Reopened:
    """Open an issue again."""
    entry = tx.issues.require(request.issue)
    fence(tx, entry, request.claim_epoch)
    if entry.record.status == "open" and "defer_until" not in entry.record.fields:
        return Reopened(issue=shown(entry), already=True)
    fields = moved(entry.record, "open", is_reopening=True)
    fields["defer_until"] = None
    end_claim(tx, entry)
    record = updated(tx, entry.record, fields)
    if request.reason.strip():
        # Late import: comments build on issues.
        from beadwork.ops.comment import commented

        record = commented(tx, record, f"Reopened: {require_text(request.reason, 'reason')}")
    return Reopened(issue=shown(tx.issues.write(entry, record)))


class Deleted(Response):
    """What was deleted, and how many edges of others no longer count."""

    deleted: list[str]
    dependencies_removed: int = 0
    already: list[str] = []


class DeleteIssue(Request[Deleted], frozen=True):
    """Delete an issue. A tombstone stays, so that no old copy brings it back."""

    issue: IssueName
    reason: str = ""
    cascade: Annotated[bool, Meta(description="And all that needs it, all the way.")] = False
    dry_run: Annotated[bool, Meta(description="Only say what would be deleted.")] = False
    claim_epoch: Epoch = None


@operation(
    "issue.delete",
    kind="write",
    raises=(UnknownIssue, ClaimStale),
    example={"issue": "px-a3f", "dry_run": True},
)
def delete_issue(request: DeleteIssue, tx: Transaction) -> Deleted:
    """Delete an issue."""
    first = tx.issues.require(request.issue)
    doomed = {first.n: first}
    waiting = [first]
    while waiting:
        entry = waiting.pop()
        fence(tx, entry, request.claim_epoch if entry is first else None)
        for each in tx.dependencies.needed_by(entry.n) if request.cascade else ():
            if each.entry is not None and each.entry.n not in doomed:
                doomed[each.entry.n] = each.entry
                waiting.append(each.entry)
    alive = [e for e in doomed.values() if e.record.status != "tombstone"]
    edges = {(source, target) for e in alive for source, target in _edges_around(tx, e)}
    for entry in () if request.dry_run else alive:
        actor = tx.holder.actor
        fields = deleted(entry.record, now_us=tx.now_us, actor=actor, reason=request.reason)
        end_claim(tx, entry)
        tx.issues.write(entry, updated(tx, entry.record, fields))
    return Deleted(
        deleted=[e.id for e in alive],
        dependencies_removed=len(edges),
        already=[e.id for e in doomed.values() if e.record.status == "tombstone"],
    )


def _edges_around(tx: Transaction, entry: Entry) -> list[tuple[str, str]]:
    around = [(entry.id, each.issue_id) for each in tx.dependencies.needs(entry.n)]
    return around + [(each.issue_id, entry.id) for each in tx.dependencies.needed_by(entry.n)]
