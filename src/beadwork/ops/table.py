"""Every operation there is, listed by hand: what stands here can be asked at every door."""

from beadwork.ops import claim, comment, dependency, event, issue, label, ready, record
from beadwork.ops.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    comment.add_comment,
    comment.list_comments,
    dependency.add_dependency,
    dependency.find_cycles,
    dependency.list_dependencies,
    dependency.relate,
    dependency.remove_dependency,
    dependency.show_tree,
    event.list_events,
    event.show_history,
    event.undo,
    issue.close_issue,
    issue.create_issue,
    issue.delete_issue,
    issue.list_issues,
    issue.reopen_issue,
    issue.show_issue,
    issue.update_issue,
    claim.claim_issue,
    claim.claim_ready,
    claim.heartbeat,
    claim.release_issue,
    ready.check_capability,
    ready.explain_issue,
    ready.list_blocked,
    ready.list_ready,
    label.add_labels,
    label.list_labels,
    label.remove_labels,
    record.export_file,
    record.fold_lines,
    record.import_file,
    record.list_conflicts,
    record.list_quarantine,
    record.note_export,
    record.note_file,
    record.note_head,
    record.show_store,
    record.take_snapshot,
)

BY_NAME = {each.name: each for each in OPERATIONS}
BY_REQUEST = {each.request: each for each in OPERATIONS}
