"""Every operation there is, listed by hand: what stands here can be asked at every door.

A module is imported when one of its operations is asked for: a command needs two or three of them.
"""

import importlib
from functools import cache
from typing import Any

from beadwork.ops.operation import Operation, Request

PLACES = {
    "comment.add": "comment:add_comment",
    "comment.list": "comment:list_comments",
    "dependency.add": "dependency:add_dependency",
    "dependency.cycles": "dependency:find_cycles",
    "dependency.list": "dependency:list_dependencies",
    "dependency.relate": "dependency:relate",
    "dependency.remove": "dependency:remove_dependency",
    "dependency.tree": "dependency:show_tree",
    "epic.close_eligible": "epic:close_epics",
    "epic.status": "epic:list_epics",
    "event.history": "event:show_history",
    "event.list": "event:list_events",
    "event.undo": "event:undo",
    "issue.blocked": "ready:list_blocked",
    "issue.claim": "claim:claim_issue",
    "issue.claim_ready": "claim:claim_ready",
    "issue.close": "issue_state:close_issue",
    "issue.create": "issue_create:create_issue",
    "issue.delete": "issue_state:delete_issue",
    "issue.explain": "ready:explain_issue",
    "issue.heartbeat": "claim:heartbeat",
    "issue.list": "issue:list_issues",
    "issue.provides": "ready:check_capability",
    "issue.ready": "ready:list_ready",
    "issue.release": "claim:release_issue",
    "issue.reopen": "issue_state:reopen_issue",
    "issue.show": "issue:show_issue",
    "issue.update": "issue_update:update_issue",
    "label.add": "label:add_labels",
    "label.list_all": "label:list_labels",
    "label.remove": "label:remove_labels",
    "record.conflicts": "record:list_conflicts",
    "record.dangling": "record:list_dangling",
    "record.export": "record_file:export_file",
    "record.fold": "record:fold_lines",
    "record.import": "record_file:import_file",
    "record.note_export": "record:note_export",
    "record.note_file": "record:note_file",
    "record.note_head": "record:note_head",
    "record.note_next": "record:note_next",
    "record.quarantine": "record:list_quarantine",
    "record.snapshot": "record:take_snapshot",
    "record.store": "record:show_store",
}
"""Operation name to `module:attribute` in this package."""


def operation_named(name: str) -> Operation:
    """Return the operation of a name.

    Raises:
        LookupError: there is none.
    """
    return _loaded(PLACES[name])


def operations() -> list[Operation]:
    """Return every operation, by name."""
    return [_loaded(place) for place in PLACES.values()]


@cache
def _loaded(place: str) -> Operation:
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(f"beadwork.ops.{module}"), attribute)
    if not isinstance(found, Operation):
        raise TypeError(f"{place} is no operation")
    return found


@cache
def operation_of(request: type[Request[Any]]) -> Operation:
    """Return the operation that answers a request.

    Raises:
        LookupError: none does.
    """
    module = request.__module__.rpartition(".")[2]
    for place in PLACES.values():
        if place.startswith(f"{module}:") and _loaded(place).request is request:
            return _loaded(place)
    raise LookupError(f"nothing answers {request.__name__}")
