"""What commands on issues answer under `--json` (classic-bd.md 2.2), as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
    ISSUES,
    LISTED,
    Schema,
    anything,
    array,
    either,
    mapping,
    maybe,
    number,
    ref,
    text,
    texts,
    thing,
    truth,
)

_CLAIMED = array(ref("ClaimedIssue"), "The issue and its claim.")
_LABELLED = array(
    thing(
        "One label of one issue.",
        {
            "issue_id": text("The issue."),
            "label": text("The label."),
            "status": text("added, removed, present or absent."),
        },
    ),
    "What became of each label.",
)
_EDGE = thing(
    "An edge: the first issue needs the second.",
    {
        "issue_id": text("The issue that needs the other."),
        "depends_on_id": text("The issue that is needed."),
        "type": text("The kind of the edge."),
        "status": text("added, or present if it was there."),
    },
)
_MOVES = array(
    thing("A move.", {"old_id": text("Its id before."), "new_id": text("Its id now.")}),
    "The issues that got another id.",
)
_TOUCHED = {
    "dependencies_updated": number("How many edges name the new ids now."),
    "references_updated": number("How many texts name the new ids now."),
}
_GONE = {
    "deleted": either("What was deleted.", text("The id."), texts("The ids.")),
    "dependencies_removed": number("How many edges went."),
    "references_updated": number("How many texts were changed: none."),
    "deleted_count?": number("How many were deleted."),
    "events_removed?": number("How many events went: none."),
    "labels_removed?": number("How many labels went: none."),
    "orphaned_issues?": texts("Issues that needed one of them."),
    "already?": texts("Issues that were deleted before."),
}

_CORE: dict[str, Schema] = {
    "create": either(
        "The issue; of a file, all of them.",
        ref("Issue"),
        ISSUES,
        thing("Of a graph.", {"ids": mapping(text("Its id."), "The ids, by key.")}),
        thing(
            "What a graph would make.",
            {
                "dry_run": truth("True."),
                "node_count": number("How many issues."),
                "edge_count": number("How many edges."),
                "nodes": array(
                    thing(
                        "An issue.",
                        {
                            "key": text("Its name in the file."),
                            "title": text("Its title."),
                            "type": text("Its type."),
                            "priority": number("0 to 4."),
                            "parent?": text("The name or the id of its parent."),
                        },
                    ),
                    "The issues.",
                ),
            },
        ),
    ),
    "show": either(
        "The issues, also for one id; with --children or --refs, what hangs on each.",
        array(ref("IssueDetails"), "The issues."),
        array(ref("TreeNode"), "With --thread."),
        array(ref("PastIssue"), "With --as-of."),
        mapping(array(ref("LinkedIssue"), "What hangs on it."), "By id."),
    ),
    "list": LISTED,
    "ready": either(
        "The issues; with --claim, the one taken.",
        array(ref("ReadyIssue"), "The issues."),
        _CLAIMED,
    ),
    "blocked": array(ref("BlockedIssue"), "The issues that wait."),
    "why": thing(
        "Whether an issue is ready, and every reason.",
        {
            "issue_id": text("The issue."),
            "ready": truth("Whether it is."),
            "reasons": array(ref("Reason"), "Why, or why not."),
        },
    ),
    "update": _CLAIMED,
    "close": either(
        "The closed issues; where more is told, under `closed`.",
        ISSUES,
        thing(
            "With --suggest-next, --continue or --claim-next.",
            {
                "closed": ISSUES,
                "unblocked?": array(ref("Issue"), "What became ready because of it."),
                "claimed?": maybe(ref("ClaimedIssue", "What was taken next.")),
            },
        ),
    ),
    "reopen": ISSUES,
    "delete": either(
        "What was deleted; without --force, what would be.",
        thing("Deleted.", _GONE),
        thing(
            "What would be deleted.",
            {
                "dry_run": truth("True."),
                "would_delete": texts("The ids."),
                "deleted_count": number("0."),
                "total_count": number("How many would go."),
                "dependencies_removed": number("How many edges would go."),
                "references_updated": number("How many texts would be changed: none."),
            },
        ),
    ),
    "claim": _CLAIMED,
    "release": ISSUES,
    "heartbeat": _CLAIMED,
    "dep add": either("The edge; of a file, all of them.", _EDGE, array(_EDGE, "The edges.")),
    "dep remove": thing(
        "The edge that was removed.",
        {
            "depends_on_id": text("The issue that was needed."),
            "issue_id": text("The issue that needed it."),
            "status": text("removed."),
        },
    ),
    "dep list": array(ref("LinkedIssue"), "The issues at the other ends."),
    "dep tree": array(ref("TreeNode"), "The tree, flat, depth first, the root first."),
    "dep cycles": array(array(ref("Issue"), "A circle."), "The circles."),
    "dep relate": thing(
        "Two issues.",
        {"id1": text("One."), "id2": text("The other."), "related": truth("True.")},
    ),
    "dep unrelate": thing(
        "Two issues.",
        {"id1": text("One."), "id2": text("The other."), "unrelated": truth("True.")},
    ),
    "label add": _LABELLED,
    "label remove": _LABELLED,
    "label propagate": _LABELLED,
    "label list": texts("The labels of the issue."),
    "label list-all": array(
        thing(
            "A label.", {"label": text("Its name."), "count": number("How many issues carry it.")}
        ),
        "The labels in use.",
    ),
    "comments": array(ref("Comment"), "The comments, oldest first."),
    "comments list": array(ref("Comment"), "The comments, oldest first."),
    "comments add": ref("Comment"),
    "history": array(ref("Event"), "The events, latest first."),
    "late": array(
        thing(
            "What was sent under a claim that had ended.",
            {
                "at": text("When."),
                "actor": text("By whom."),
                "session": text("In which session."),
                "operation": text("The operation that was asked for."),
                "issue_id": text("The issue."),
                "request": anything("The arguments of the operation."),
            },
        ),
        "What came late, the latest first.",
    ),
    "conflicts": array(
        thing(
            "A value that lost.",
            {
                "issue_id": text("The issue."),
                "title": text("Its title."),
                "field": text("The field: title, status, labels.NAME."),
                "lost": anything("What lost: any JSON."),
                "lost_at": text("When it was written."),
                "holds": anything("What the field holds now: any JSON."),
                "won_at": text("When that was written which won."),
            },
        ),
        "The values that lost against one written at the same time.",
    ),
    "undo": thing(
        "What was taken back.",
        {"request": number("The request."), "issues": ISSUES},
    ),
}

_VERBS: dict[str, Schema] = {
    "assign": ISSUES,
    "priority": ISSUES,
    "note": ISSUES,
    "tag": _LABELLED,
    "link": _EDGE,
    "defer": ISSUES,
    "undefer": ISSUES,
    "promote": ref("Issue"),
    "duplicate": thing(
        "Two issues.",
        {
            "duplicate": text("The one that is closed."),
            "canonical": text("The one that stays."),
            "status": text("The status of the first."),
        },
    ),
    "supersede": thing(
        "Two issues.",
        {
            "superseded": text("The one that is closed."),
            "replacement": text("The one in its place."),
            "status": text("The status of the first."),
        },
    ),
    "rename": thing(
        "What got another id.",
        {
            "old_id": text("The id before."),
            "new_id": text("The id now."),
            "changed": truth("Whether anything was."),
            "renamed": _MOVES,
            **_TOUCHED,
        },
    ),
    "rename-prefix": thing(
        "What got another id.",
        {
            "old_prefix": text("The prefix before."),
            "new_prefix": text("The prefix now."),
            "issues_count": number("How many issues."),
            "dry_run": truth("Whether it was only a look."),
            "renamed": _MOVES,
            **_TOUCHED,
        },
    ),
    "todo add": ref("Issue"),
    "todo list": ISSUES,
    "todo done": thing("What was closed.", {"closed": texts("The ids."), "reason": text("Why.")}),
    "state": thing(
        "A state of an issue.",
        {
            "issue_id": text("The issue."),
            "dimension": text("Which state."),
            "value": maybe(text("Its value; null if it has none.")),
        },
    ),
    "state list": thing(
        "The states of an issue.",
        {
            "issue_id": text("The issue."),
            "states": mapping(text("A value."), "The values, by dimension."),
        },
    ),
    "set-state": thing(
        "A state of an issue.",
        {
            "issue_id": text("The issue."),
            "dimension": text("Which state."),
            "old_value": maybe(text("Its value before.")),
            "new_value": text("Its value now."),
            "changed": truth("Whether it changed."),
            "event_id": maybe(text("The event issue that tells of it.")),
        },
    ),
    "ship": thing(
        "A capability that other projects can need.",
        {
            "status": text("shipped, already_shipped or dry_run."),
            "capability": text("Its name."),
            "issue_id": text("The issue that provides it."),
            "label?": text("The label that says so."),
            "would_add?": text("The label that would say so."),
        },
    ),
    "batch": thing(
        "What the lines did, in one transaction.",
        {
            "operations": number("How many."),
            "status?": text("ok."),
            "dry_run?": truth("True if nothing was kept."),
            "results": array(
                thing(
                    "One line.",
                    {
                        "line": number("Its number."),
                        "op": text("What was asked."),
                        "target": text("Of which issue."),
                        "result": mapping(anything("A part: any JSON."), "What it answered."),
                    },
                ),
                "In the order of the lines.",
            ),
        },
    ),
}

WORK: dict[str, Schema] = {**_CORE, **_VERBS}
"""Command to the schema of its answer."""
