"""Making an issue."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from beadwork.model import ids, limits, token
from beadwork.model.claim import named
from beadwork.model.dependency import (
    ORDERING_KINDS,
    PARENT_CHILD,
    WAITS_FOR,
    Gate,
)
from beadwork.model.errors import (
    DependencyCycle,
    InvalidField,
    InvalidTransition,
    IssueExists,
    PrefixMismatch,
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
from beadwork.model.record import Record, Register
from beadwork.model.transition import require_alive
from beadwork.model.view import view
from beadwork.ops.issue_fields import (
    EMPTY_TOKENS,
    PLAIN_TEXTS,
    Minutes,
    Priority,
    Text,
    When,
    ZoneOffset,
    edge_token,
    rare_fields,
    refuse_to_wait_for_parent,
    require_live_target,
    require_metadata,
    split_dependency,
    when,
)
from beadwork.ops.operation import Request, Response, operation
from beadwork.ops.transaction import Entry, Transaction
from beadwork.ops.views import shown


class Created(Response):
    """The new issue."""

    issue: Issue


class CreateIssue(Request[Created], frozen=True):
    """Make an issue. With `parent` it becomes a child and gets the parent's next number."""

    circumstances: ClassVar[tuple[str, ...]] = ("zone_offset_s",)

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
    prefix: Annotated[
        str, Meta(description="What the new id begins with, if not the project's prefix.")
    ] = ""
    external_ref: str = ""
    estimated_minutes: Minutes | None = None
    due_at: When = ""
    defer_until: When = ""
    zone_offset_s: ZoneOffset = 0
    waits_for: Annotated[str, Meta(description="Wait for the children of this issue.")] = ""
    waits_for_gate: Gate = Gate.ALL_CHILDREN
    ephemeral: bool = False
    metadata: Any = None
    extra: Annotated[
        dict[str, Any], Meta(description="The rare fields of the record, by name.")
    ] = {}
    force: Annotated[bool, Meta(description="Take an id with a foreign prefix.")] = False
    dry_run: Annotated[bool, Meta(description="Check everything, store nothing.")] = False


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
    return Created(issue=make_issue(request, tx))


def make_issue(request: CreateIssue, tx: Transaction) -> Issue:
    """Make an issue, or show what would be made.

    Raises:
        BeadworkError: whatever `issue.create` refuses.
    """
    parent = _require_parent(tx, request)
    issue_id = _choose_id(tx, request, parent)
    edges = _first_edges(tx, request, issue_id, parent)
    record = Record(
        issue_id,
        _first_fields(tx, request),
        tuple(sorted({require_label(each) for each in request.labels})),
        {(target, kind): edge for (target, kind), (edge, _) in edges.items()},
    )
    if request.dry_run:
        return view(record)
    births: dict[Register, int] = {
        ("dependencies", *key): birth for key, (_, birth) in edges.items() if birth is not None
    }
    entry = tx.issues.write_new(record, births)
    if request.id:
        _require_acyclic(tx, entry)
    return shown(entry)


def _require_acyclic(tx: Transaction, entry: Entry) -> None:
    """Refuse an id of one's own that others wait for already, if it waits for them."""
    for target_id, kind in entry.record.edges:
        target = tx.issues.by_id(target_id) if kind in ORDERING_KINDS else None
        cycle = [] if target is None else tx.dependencies.would_cycle(entry.n, target.n)
        if cycle:
            raise DependencyCycle(
                f"{entry.id} can't need {target_id}, which waits for it: {' → '.join(cycle)}",
                cycle=cycle,
            )


def _first_fields(tx: Transaction, request: CreateIssue) -> dict[str, str]:
    values: dict[str, Any] = {
        name: require_text(text, name) for name in PLAIN_TEXTS if (text := getattr(request, name))
    }
    if request.assignee:
        values["assignee"] = require_name(named(request.assignee, tx.holder), "assignee")
    values["title"] = require_title(request.title)
    values["priority"] = require_priority(request.priority)
    values["estimated_minutes"] = request.estimated_minutes
    for name in ("due_at", "defer_until"):
        values[name] = when(tx, getattr(request, name), name, request.zone_offset_s)
    values["metadata"] = require_metadata(request.metadata)
    values.update(rare_fields(request.extra))
    fields = {name: token.encode_word(word) for name, word in _words(tx, request)}
    for name, value in values.items():
        if value not in ("", None) and (text := token.encode(value)) not in EMPTY_TOKENS:
            fields[name] = text
    if request.ephemeral:
        fields["ephemeral"] = "true"
    return fields


def _words(tx: Transaction, request: CreateIssue) -> Iterator[tuple[str, str]]:
    """Yield the fields that hold the same in many issues."""
    yield "status", "open"
    yield "issue_type", tx.vocabulary.require_type(request.issue_type)
    yield "created_at", tx.now_text
    yield "updated_at", tx.now_text
    if tx.holder.actor:
        yield "created_by", tx.holder.actor


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
    prefix = _require_prefix(tx, request)
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
        if request.dry_run:
            # A number that is given out is never given again.
            return f"{parent.id}.{tx.issues.last_child(parent.n) + 1}"
        while tx.issues.is_taken(child := f"{parent.id}.{tx.issues.next_child_number(parent.n)}"):
            pass
        return child
    return ids.new_id(
        prefix,
        title=request.title,
        description=request.description,
        creator=tx.holder.actor,
        created_ns=tx.now_us * 1000,
        issue_count=tx.issues.count_with_prefix(prefix),
        is_taken=tx.issues.is_taken,
    )


def _require_prefix(tx: Transaction, request: CreateIssue) -> str:
    vocabulary = tx.vocabulary
    if not request.prefix:
        return vocabulary.prefix
    prefix = ids.require_prefix(request.prefix)
    if request.id or request.parent:
        raise InvalidField(
            "A prefix has no effect on an id that is chosen, or a child's",
            hint="Leave out --prefix, or --id and --parent.",
            field="prefix",
        )
    known = (vocabulary.prefix, *vocabulary.allowed_prefixes)
    if prefix not in known and not request.force:
        raise PrefixMismatch(
            f'"{prefix}" is no prefix of this project', hint=f"Use {' or '.join(known)}."
        )
    return prefix


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
        target = require_live_target(tx, name)
        if parent is None or (target, kind) != (parent.id, PARENT_CHILD):
            add(target, kind)
    if request.waits_for:
        spawner = require_live_target(tx, request.waits_for)
        metadata = {"gate": request.waits_for_gate.value, "spawner_id": spawner}
        add(spawner, WAITS_FOR, token.encode(metadata))
    parents = {target for target, kind in edges if kind == PARENT_CHILD}
    for target, kind in edges:
        if target in parents and kind in ORDERING_KINDS and kind != PARENT_CHILD:
            refuse_to_wait_for_parent(issue_id, target)
    return edges
