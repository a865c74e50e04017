"""Single issues by classic's operations: making, changing, closing, deleting, showing."""

from typing import Any

import msgspec
from msgspec import UNSET

from beadwork.doors.classic.arguments import (
    Close,
    Comment,
    Create,
    Delete,
    Edge,
    Label,
    Named,
    Tree,
    Update,
    name_of,
)
from beadwork.doors.classic.context import Context
from beadwork.doors.cli import shapes, times
from beadwork.model.dependency import BLOCKS, Gate
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.instants import format_us
from beadwork.ops.comment import AddComment, ListComments
from beadwork.ops.dependency import AddDependency, EdgeOutcome, RemoveDependency, ShowTree
from beadwork.ops.issue import ShowIssue
from beadwork.ops.issue_create import CreateIssue
from beadwork.ops.issue_state import Closed, CloseIssue, Deleted, DeleteIssue
from beadwork.ops.issue_update import Updated, UpdateIssue
from beadwork.ops.label import AddLabels, RemoveLabels
from beadwork.ops.plan import Ask, Plan

_DEPTH = 50
_SAME = (
    "title", "description", "design", "acceptance_criteria", "notes", "spec_id", "assignee",
    "external_ref", "estimated_minutes", "issue_type", "priority",
)  # fmt: skip
_SAME_NEW = ("id", "parent", "waits_for", "ephemeral")
_SAME_OLD = ("status", "owner", "set_labels", "parent", "pinned", "ephemeral")
_RARE = {
    "sender": "sender",
    "mol_type": "mol_type",
    "wisp_type": "wisp_type",
    "role_type": "role_type",
    "rig": "rig",
    "event_category": "event_kind",
    "event_actor": "actor",
    "event_target": "target",
    "event_payload": "payload",
}
"""Arguments for the rare fields of a record, and the fields' names."""
_RARE_NEW = {**_RARE, "created_by": "created_by"}
_RARE_OLD = {
    **_RARE,
    **{
        name: name
        for name in ("agent_state", "hook_bead", "role_bead", "holder", "await_id", "waiters")
    },
}
_EDGES = {
    "replies_to": "replies-to",
    "relates_to": "relates-to",
    "duplicate_of": "duplicates",
    "superseded_by": "supersedes",
}
"""What `update` does not change: each is an edge."""
_EVENT = ("event_category", "event_actor", "event_target", "event_payload")


# -- making


def create(given: Create, context: Context) -> Plan:
    """Make an issue."""
    if given.issue_type != "event" and any(getattr(given, name) for name in _EVENT):
        raise InvalidField(
            "Only an event has a category, an actor, a target and a payload",
            hint='Pass "issue_type": "event".',
            field="issue_type",
        )
    replies = [f"replies-to:{given.replies_to}"] if given.replies_to else []
    values = {name: getattr(given, name) for name in (*_SAME, *_SAME_NEW)}
    values["issue_type"] = given.issue_type or "task"  # A typed client sends what it left out.
    request = CreateIssue(
        **values,
        owner=given.owner or context.owner(),
        labels=[each for each in given.labels if each.strip()],
        dependencies=[*(each for each in given.dependencies if each.strip()), *replies],
        prefix=given.id_prefix,
        waits_for_gate=_gate(given.waits_for_gate),
        due_at=given.due_at,
        defer_until=given.defer_until,
        zone_offset_s=times.zone_offset_s(),
        metadata=_metadata(given.metadata),
        extra={
            field: value for name, field in _RARE_NEW.items() if (value := getattr(given, name))
        },
    )
    return Plan(request, lambda answer: shapes.issue(answer.issue))


def _gate(given: str) -> Gate:
    try:
        return Gate(given or Gate.ALL_CHILDREN)
    except ValueError as error:
        raise InvalidField(
            f'There is no gate "{given[:60]}"',
            hint=f"Use {' or '.join(each.value for each in Gate)}.",
            field="waits_for_gate",
        ) from error


def _metadata(given: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return metadata as a value; classic sends it as a text that holds JSON."""
    if not isinstance(given, str) or not given:
        return given
    try:
        return msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidField(
            f"The metadata is not JSON: {error}", hint='Use {"key": "value"}.', field="metadata"
        ) from error


# -- changing


def update(given: Update, context: Context) -> Plan:
    """Change fields of an issue; reopening is one such change."""
    for name, kind in _EDGES.items():
        if getattr(given, name):
            raise InvalidField(
                f"{name} is no field of an issue",
                hint=f'Use dep_add with "dep_type": "{kind}".',
                field=name,
            )
    changes = {name: getattr(given, name) for name in (*_SAME, *_SAME_OLD)}
    if given.claim and given.assignee == context.actor():
        changes["assignee"] = UNSET  # A claim assigns it to just this name.
    changes |= {name: getattr(given, name) for name in ("due_at", "defer_until")}
    extra = {
        field: value
        for name, field in _RARE_OLD.items()
        if (value := getattr(given, name)) is not UNSET
    }
    if given.last_activity:
        extra["last_activity"] = format_us(times.now_us())
    request = UpdateIssue(
        issue=name_of(given.id),
        **changes,
        zone_offset_s=times.zone_offset_s(),
        add_labels=given.add_labels,
        remove_labels=given.remove_labels,
        metadata=_metadata(given.metadata),
        extra=extra,
        claim=given.claim,
    )
    return Plan(request, _updated)


def _updated(answer: Updated) -> Any:  # noqa: ANN401 -- JSON
    shown = shapes.issue(answer.issue)
    if answer.claim_epoch is not None:
        shown["claim_epoch"] = answer.claim_epoch
    return shown


# -- closing and deleting


def close(given: Close, context: Context) -> Plan:
    """Close an issue."""
    del context
    request = CloseIssue(
        issue=name_of(given.id),
        reason=given.reason or "Closed",
        session=given.session,
        force=given.force,
    )
    return Plan(request, _closed_and_freed if given.suggest_next else _closed)


def _closed(answer: Closed) -> Any:  # noqa: ANN401 -- JSON
    return shapes.issue(answer.issue)


def _closed_and_freed(answer: Closed) -> Any:  # noqa: ANN401 -- JSON
    return {
        "closed": shapes.issue(answer.issue),
        "unblocked": [shapes.issue(each) for each in answer.unblocked],
    }


def delete(given: Delete, context: Context) -> Plan:
    """Delete issues: one in the next commit, several each by itself as far as they can go."""
    del context
    names = list(dict.fromkeys(name_of(each, "ids") for each in given.ids))
    if not names:
        raise InvalidField("No issue was named", hint='Give "ids": [...].', field="ids")
    is_dry = given.dry_run or not given.force
    requests = [
        DeleteIssue(
            issue=each,
            reason=given.reason,
            cascade=given.cascade,
            dry_run=is_dry,
            force=given.force,
        )
        for each in names
    ]
    if len(requests) == 1:
        return Plan(requests[0], lambda answer: _deleted([answer], [], is_dry=is_dry))
    return Plan(work=lambda ask: _delete_each(ask, requests, is_dry=is_dry))


def _delete_each(ask: Ask, requests: list[DeleteIssue], *, is_dry: bool) -> Any:  # noqa: ANN401
    done: list[Deleted] = []
    errors: list[BeadworkError] = []
    for each in requests:
        try:
            done.append(ask(each))
        except BeadworkError as error:
            errors.append(error)
    if not done:
        raise errors[0]
    return _deleted(done, errors, is_dry=is_dry)


def _deleted(done: list[Deleted], errors: list[BeadworkError], *, is_dry: bool) -> Any:  # noqa: ANN401
    gone = list(dict.fromkeys(name for each in done for name in each.deleted))
    already = [name for each in done for name in each.already if name not in gone]
    shown: dict[str, Any] = {
        "deleted_count": 0 if is_dry else len(gone),
        "total_count": len(gone) + len(already) + len(errors),
        "dependencies_removed": sum(each.dependencies_removed for each in done),
        "events_removed": 0,
    }
    shown |= {"dry_run": True, "would_delete": gone} if is_dry else {"deleted": gone}
    if already:
        shown["already"] = already
    if errors:
        shown |= {"partial_success": True, "errors": [each.message for each in errors]}
    return shown


# -- showing


def show(given: Named, context: Context) -> Plan:
    """Show an issue with all around it."""
    del context
    return Plan(ShowIssue(issue=name_of(given.id)), lambda answer: shapes.details(answer.details))


def resolve_id(given: Named, context: Context) -> Plan:
    """Return the whole id of an issue."""
    del context
    return Plan(ShowIssue(issue=name_of(given.id)), lambda answer: answer.details.issue.id)


# -- edges, labels, comments


def dep_add(given: Edge, context: Context) -> Plan:
    """Let an issue need another."""
    del context
    request = AddDependency(
        issue=name_of(given.from_id, "from_id"),
        needs=name_of(given.to_id, "to_id"),
        kind=given.dep_type or BLOCKS,
    )
    return Plan(request)


def dep_remove(given: Edge, context: Context) -> Plan:
    """Take an edge away; without a type every edge between the two."""
    del context
    request = RemoveDependency(
        issue=name_of(given.from_id, "from_id"),
        needs=name_of(given.to_id, "to_id"),
        kind=given.dep_type,
    )
    return Plan(request, _removed)


def _removed(answer: EdgeOutcome) -> Any:  # noqa: ANN401 -- JSON
    return {
        "depends_on_id": answer.depends_on_id,
        "issue_id": answer.issue_id,
        "status": answer.status,
    }


def dep_tree(given: Tree, context: Context) -> Plan:
    """Show what an issue needs, all the way down."""
    del context
    if given.max_depth < 0:
        raise InvalidField("A depth is 1 or more", hint="0 means 50.", field="max_depth")
    request = ShowTree(issue=name_of(given.id), max_depth=given.max_depth or _DEPTH)
    return Plan(request, lambda answer: [shapes.tree_node(each) for each in answer.nodes])


def label_add(given: Label, context: Context) -> Plan:
    """Put a label on an issue."""
    del context
    return Plan(AddLabels(issue=name_of(given.id), labels=[given.label]), _labelled)


def label_remove(given: Label, context: Context) -> Plan:
    """Take a label from an issue."""
    del context
    return Plan(RemoveLabels(issue=name_of(given.id), labels=[given.label]), _labelled)


def _labelled(answer: Any) -> Any:  # noqa: ANN401 -- JSON
    return [msgspec.to_builtins(each) for each in answer.outcomes]


def comment_list(given: Named, context: Context) -> Plan:
    """List the comments of an issue."""
    del context
    request = ListComments(issue=name_of(given.id))
    return Plan(request, lambda answer: msgspec.to_builtins(answer.comments))


def comment_add(given: Comment, context: Context) -> Plan:
    """Say something about an issue."""
    del context
    request = AddComment(issue=name_of(given.id), text=given.text, author=given.author)
    return Plan(request, lambda answer: msgspec.to_builtins(answer.comment))
