"""What classic's operations take, as classic-bd.md 5.3 lists it.

Keys that are not known are passed over, as classic does, and null is the same as nothing. An empty
text, an empty list, false and 0 say nothing either, but where 5.3 has a pointer: there they are values.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from beadwork.model import limits
from beadwork.model.errors import InvalidField
from beadwork.ops.issue_fields import Minutes


class Arguments(msgspec.Struct, kw_only=True):
    """The arguments of one operation."""


A = TypeVar("A", bound=Arguments)


def arguments_of(kind: type[A], operation: str, given: Mapping[str, Any]) -> A:
    """Read the arguments of an operation.

    Raises:
        InvalidField: one is missing, or has the wrong type.
    """
    said = {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise InvalidField(
            f"{operation}: {error}",
            hint="docs/socket.md lists what each operation takes.",
            field=_field_of(str(error)),
        ) from error


def _field_of(message: str) -> str:
    """Return the argument that an error is about: `... at `$.labels[0]``, `... field `title``."""
    start = "`$." if "`$." in message else "field `"
    _, _, path = message.rpartition(start)
    return path.partition("`")[0].partition("[")[0][:60]


def name_of(given: str, argument: str = "id") -> str:
    """Return the id of an issue as it was given; an empty one means nothing.

    Raises:
        InvalidField: it is empty.
    """
    name = given.strip()
    if not name:
        raise InvalidField("An id is empty", hint="See `list` for the ids.", field=argument)
    return name


class Named(Arguments):
    """One issue, by its id or the unique start of its hash."""

    id: str


class Create(Arguments):
    """A new issue."""

    title: str
    issue_type: str = "task"
    priority: int = limits.PRIORITY_DEFAULT
    id: str = ""
    parent: str = ""
    description: str = ""
    design: str = ""
    acceptance_criteria: str = ""
    notes: str = ""
    spec_id: str = ""
    assignee: str = ""
    external_ref: str = ""
    estimated_minutes: Minutes | None = None
    labels: list[str] = []
    dependencies: list[str] = []
    waits_for: str = ""
    waits_for_gate: str = ""
    sender: str = ""
    ephemeral: bool = False
    replies_to: str = ""
    id_prefix: str = ""
    created_by: str = ""
    owner: str = ""
    mol_type: str = ""
    wisp_type: str = ""
    role_type: str = ""
    rig: str = ""
    event_category: str = ""
    event_actor: str = ""
    event_target: str = ""
    event_payload: str = ""
    due_at: str = ""
    defer_until: str = ""
    metadata: Any = None


class Update(Arguments):
    """Changes of an issue. All are pointers: what is given is set, and an empty text clears."""

    id: str
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    design: str | UnsetType = UNSET
    acceptance_criteria: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    spec_id: str | UnsetType = UNSET
    assignee: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    external_ref: str | UnsetType = UNSET
    estimated_minutes: Minutes | UnsetType = UNSET
    issue_type: str | UnsetType = UNSET
    add_labels: list[str] = []
    remove_labels: list[str] = []
    set_labels: list[str] | UnsetType = UNSET
    parent: str | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    ephemeral: bool | UnsetType = UNSET
    claim: bool = False
    metadata: Any = UNSET
    due_at: str | UnsetType = UNSET
    defer_until: str | UnsetType = UNSET
    sender: str | UnsetType = UNSET
    mol_type: str | UnsetType = UNSET
    wisp_type: str | UnsetType = UNSET
    role_type: str | UnsetType = UNSET
    rig: str | UnsetType = UNSET
    event_category: str | UnsetType = UNSET
    event_actor: str | UnsetType = UNSET
    event_target: str | UnsetType = UNSET
    event_payload: str | UnsetType = UNSET
    agent_state: str | UnsetType = UNSET
    hook_bead: str | UnsetType = UNSET
    role_bead: str | UnsetType = UNSET
    holder: str | UnsetType = UNSET
    await_id: str | UnsetType = UNSET
    waiters: list[str] | UnsetType = UNSET
    last_activity: bool = False
    replies_to: str = ""
    relates_to: str = ""
    duplicate_of: str = ""
    superseded_by: str = ""


class Close(Arguments):
    """An issue that is done."""

    id: str
    reason: str = ""
    session: str = ""
    suggest_next: bool = False
    force: bool = False


class Delete(Arguments):
    """Issues to delete; without `force` only what would go is told."""

    ids: list[str]
    force: bool = False
    dry_run: bool = False
    cascade: bool = False
    reason: str = ""


class Filters(Arguments):
    """Which issues are meant."""

    query: str = ""
    status: str = ""
    priority: int | None = None
    issue_type: str = ""
    assignee: str = ""
    label: str = ""
    labels: list[str] = []
    labels_any: list[str] = []
    label_pattern: str = ""
    label_regex: str = ""
    ids: list[str] = []
    spec_id_prefix: str = ""
    title_contains: str = ""
    description_contains: str = ""
    notes_contains: str = ""
    created_after: str = ""
    created_before: str = ""
    updated_after: str = ""
    updated_before: str = ""
    closed_after: str = ""
    closed_before: str = ""
    defer_after: str = ""
    defer_before: str = ""
    due_after: str = ""
    due_before: str = ""
    empty_description: bool = False
    no_assignee: bool = False
    no_labels: bool = False
    priority_min: int | None = None
    priority_max: int | None = None
    pinned: bool | None = None
    include_templates: bool = False
    parent_id: str = ""
    ephemeral: bool | None = None
    mol_type: str = ""
    wisp_type: str = ""
    exclude_status: list[str] = []
    exclude_types: list[str] = []
    deferred: bool = False
    overdue: bool = False


class List(Filters):
    """Which issues are listed, and how many at most; 0 for all."""

    limit: int = 0


class Count(Filters):
    """Which issues are counted, and in which groups."""

    group_by: str = ""


class Ready(Arguments):
    """Which of the issues that are ready are meant."""

    status: str = ""
    assignee: str = ""
    unassigned: bool = False
    priority: int | None = None
    type: str = ""
    limit: int = 0
    sort_policy: str = ""
    labels: list[str] = []
    labels_any: list[str] = []
    parent_id: str = ""
    mol_type: str = ""
    include_deferred: bool = False


class Blocked(Arguments):
    """Under which issue."""

    parent_id: str = ""


class Stale(Arguments):
    """For how many days unchanged."""

    days: int = 0
    status: str = ""
    limit: int = 0


class Edge(Arguments):
    """An edge: the first needs the second."""

    from_id: str
    to_id: str
    dep_type: str = ""


class Tree(Arguments):
    """The root of a tree, and how deep it is shown."""

    id: str
    max_depth: int = 0


class Label(Arguments):
    """A label of an issue."""

    id: str
    label: str


class Comment(Arguments):
    """A remark on an issue."""

    id: str
    text: str
    author: str = ""


class File(Arguments):
    """A file of records; the project's own where none is named."""

    jsonl_path: str = ""


class Epics(Arguments):
    """Only epics that can be closed, or all."""

    eligible_only: bool = False


class Since(Arguments):
    """From when on, in milliseconds since 1970."""

    since: int = 0


class Key(Arguments):
    """The key of a setting."""

    key: str


class Assignee(Arguments):
    """Whose work."""

    assignee: str = ""


class Compact(Arguments):
    """What is to be compacted."""

    issue_id: str = ""
    tier: int = 1
    dry_run: bool = False


class Tier(Arguments):
    """Of which tier, or of both."""

    tier: int = 0


class Nothing(Arguments):
    """No arguments."""
