"""Every operation there is, listed by hand: what stands here can be asked at every door.

A module is imported when one of its operations is asked for: a command needs two or three of them.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import msgspec

from beadwork.model.errors import InvalidRequest, UnknownOperation
from beadwork.model.issue import nearest_hint
from beadwork.ops.operation import Operation, Request

PLACES = {
    "activity.list": "activity:list_activity",
    "agent.addresses": "agent:list_addresses",
    "agent.leave": "agent:leave_agent",
    "agent.list": "agent:list_agents",
    "agent.subscribe": "agent:subscribe",
    "agent.unsubscribe": "agent:unsubscribe",
    "batch.run": "batch:run_batch",
    "blob.collect": "blob_upkeep:collect_blobs",
    "blob.gc": "blob_upkeep:gc_blobs",
    "blob.get": "blob:get_blob",
    "blob.list": "blob:list_blobs",
    "blob.put": "blob:put_blob",
    "blob.stat": "blob:stat_blob",
    "blob.verify": "blob_upkeep:verify_blobs",
    "capability.ship": "capability:ship_capability",
    "comment.add": "comment:add_comment",
    "comment.list": "comment:list_comments",
    "dead_letter.drop": "dead_letter:drop_dead_letter",
    "dead_letter.list": "dead_letter:list_dead_letters",
    "dead_letter.replay": "dead_letter:replay_dead_letter",
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
    "graph.show": "graph:show_graph",
    "issue.blocked": "ready:list_blocked",
    "issue.claim": "claim:claim_issue",
    "issue.claim_ready": "claim:claim_ready",
    "issue.clean_up": "upkeep:clean_up",
    "issue.close": "issue_state:close_issue",
    "issue.close_claim": "close_next:close_and_claim",
    "issue.compact": "upkeep:compact_issue",
    "issue.compactable": "upkeep:list_compactable",
    "issue.count": "issue:count_issues",
    "issue.create": "issue_create:create_issue",
    "issue.create_graph": "graph_file:create_graph",
    "issue.defer": "deferral:defer_issue",
    "issue.delete": "issue_state:delete_issue",
    "issue.duplicate": "duplicate:mark_duplicate",
    "issue.explain": "ready:explain_issue",
    "issue.find_alike": "duplicates:find_alike",
    "issue.find_same": "duplicates:find_same",
    "issue.full_text": "upkeep:show_full_text",
    "issue.heartbeat": "claim:heartbeat",
    "issue.late": "late:list_late",
    "issue.lint": "lint:lint_issues",
    "issue.list": "issue:list_issues",
    "issue.mentioned": "mentioned:find_mentioned",
    "issue.merge_same": "duplicates:merge_same",
    "issue.past": "issue_past:show_past",
    "issue.promote": "promotion:promote_issue",
    "issue.provides": "ready:check_capability",
    "issue.query": "query:query_issues",
    "issue.ready": "ready:list_ready",
    "issue.release": "claim:release_issue",
    "issue.rename": "rename:rename_issue",
    "issue.rename_prefix": "rename:rename_prefix",
    "issue.reopen": "issue_state:reopen_issue",
    "issue.search": "search:search_issues",
    "issue.show": "issue:show_issue",
    "issue.suggest": "suggestion:suggest_issues",
    "issue.supersede": "duplicate:supersede_issue",
    "issue.undefer": "deferral:undefer_issue",
    "issue.update": "issue_update:update_issue",
    "label.add": "label:add_labels",
    "label.list_all": "label:list_labels",
    "label.propagate": "label_propagate:propagate_label",
    "label.remove": "label:remove_labels",
    "lease.acquire": "lease:acquire_lease",
    "lease.break": "lease_end:break_lease",
    "lease.check": "lease:check_leases",
    "lease.list": "lease:list_leases",
    "lease.release": "lease_end:release_leases",
    "lease.renew": "lease_end:renew_leases",
    "lease.withdraw": "lease:withdraw_lease",
    "log.append": "log:append_logs",
    "memory.forget": "memory:forget",
    "memory.list": "memory:list_memories",
    "memory.recall": "memory:recall",
    "memory.remember": "memory:remember",
    "message.ack": "delivery:acknowledge_message",
    "message.await_reply": "reply:await_reply",
    "message.extend": "delivery:extend_hold",
    "message.hook": "delivery:show_new",
    "message.inbox": "mailbox:show_inbox",
    "message.index": "mailbox:index_messages",
    "message.list": "mailbox:list_messages",
    "message.nack": "delivery:return_message",
    "message.outbox": "mailbox:show_outbox",
    "message.peek": "delivery:peek_messages",
    "message.receive": "delivery:receive_messages",
    "message.reply": "reply:reply_message",
    "message.search": "mailbox:search_messages",
    "message.send": "message:send_message",
    "message.show": "mailbox:show_message",
    "message.thread": "mailbox:show_thread",
    "origin.changed": "origin:list_changed",
    "origin.list": "origin:list_origins",
    "origin.take_out": "origin:take_out",
    "pair.clear": "pair:clear_pair",
    "pair.get": "pair:get_pair",
    "pair.list": "pair:list_pairs",
    "pair.set": "pair:set_pair",
    "record.compare": "compare:compare_file",
    "record.conflicts": "record:list_conflicts",
    "record.dangling": "record:list_dangling",
    "record.export": "record_file:export_file",
    "record.fold": "record:fold_lines",
    "record.import": "record_file:import_file",
    "record.note_export": "record:note_export",
    "record.note_file": "record:note_file",
    "record.note_head": "record:note_head",
    "record.note_lines": "record:note_lines",
    "record.note_next": "record:note_next",
    "record.preview": "preview:preview_import",
    "record.quarantine": "record:list_quarantine",
    "record.snapshot": "record:take_snapshot",
    "record.store": "record:show_store",
    "search.index": "search:index_texts",
    "search.index_batch": "search:index_batch",
    "search.queue": "search:count_queued",
    "state.list": "state:list_states",
    "state.set": "state:set_state",
    "stats.summary": "stats:summarize",
    "store.check": "check:check_store",
    "store.mend": "check:mend_store",
    "store.recover": "check:recover",
    "store.schema": "schema:show_schema",
    "vocabulary.list": "vocabulary:list_words",
}
"""Operation name to `module:attribute` in this package."""


def operation_named(name: str) -> Operation:
    """Return the operation of a name.

    Raises:
        LookupError: there is none.
    """
    return _loaded(PLACES[name])


def request_named(name: str, payload: bytes | Mapping[str, Any]) -> Request[Any]:
    """Build the request of an operation from JSON, or from plain values.

    Raises:
        UnknownOperation: there is none of this name.
        InvalidRequest: the payload does not fit it.
    """
    if name not in PLACES:
        raise UnknownOperation(
            f'There is no operation "{name[:100]}"', hint=nearest_hint(name, PLACES)
        )
    try:
        if isinstance(payload, bytes):
            return _decoder(name).decode(payload or b"{}")
        return cast("Request[Any]", msgspec.convert(payload, operation_named(name).request))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"{name}: {error}", hint="See docs/operations.") from error


@cache
def _decoder(name: str) -> msgspec.json.Decoder[Request[Any]]:
    return msgspec.json.Decoder(operation_named(name).request)


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
