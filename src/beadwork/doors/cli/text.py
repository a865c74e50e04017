"""What people see: plain lines, the same in a pipe and on a terminal.

Text of an issue is shown, never obeyed: control characters are printed as escapes, and a text
of several lines is indented, so that it can't pass for a line of ours.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from beadwork.doors.cli import times
from beadwork.model.dependency import HOLDING_KINDS, PARENT_CHILD, READINESS_KINDS
from beadwork.model.issue import Comment, Issue
from beadwork.model.pattern import pattern
from beadwork.ops.dependency import TreeNode
from beadwork.ops.fold_report import FoldReport
from beadwork.ops.ready import BlockedIssue, Explained
from beadwork.ops.views import IssueDetails, LinkedIssue, ListedIssue

_CONTROL = pattern(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SIGNS = {"open": "○", "in_progress": "◐", "blocked": "●", "closed": "✓", "deferred": "❄"}
SECTIONS = (
    ("description", "Description"),
    ("design", "Design"),
    ("acceptance_criteria", "Acceptance criteria"),
    ("notes", "Notes"),
)
_KIB = 1024
_INDENT = "  "


def counted(count: int, what: str, several: str = "") -> str:
    """Say how many there are: `1 wait`, `2 waits`."""
    return f"{count:,} {what if count == 1 else several or what + 's'}"


class _HasIssue(Protocol):
    """A row of any list."""

    @property
    def issue(self) -> Issue:
        """Return the issue of the row."""
        ...


def safe(text: str) -> str:
    """Return a text that a terminal shows and does not obey."""
    return _CONTROL.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    if count < _KIB:
        return f"{count} bytes" if count != 1 else "1 byte"
    shown, unit = float(count), ""
    for unit in ("KiB", "MiB", "GiB", "TiB"):  # noqa: B007 -- the last one is shown
        shown /= _KIB
        if shown < _KIB - 0.05:
            break
    return f"{shown:.1f} {unit}"


def line(text: str) -> str:
    """Return a text safe to show on one line."""
    return safe(text.replace("\n", " ").replace("\t", " "))


def block(text: str, indent: str = _INDENT) -> str:
    """Return a text of several lines, safe and indented."""
    lines = safe(text.replace("\r\n", "\n")).split("\n")
    return "\n".join(f"{indent}{each}" if each else "" for each in lines)


def issue_line(issue: Issue) -> str:
    """Show an issue on one line."""
    sign = _SIGNS.get(issue.status, "•")
    parts = [sign, line(issue.id), f"[P{issue.priority}]", f"[{line(issue.issue_type)}]"]
    if issue.status not in _SIGNS or issue.status in ("in_progress", "blocked"):
        parts.append(line(issue.status))
    if issue.assignee:
        parts.append(f"@{line(issue.assignee)}")
    if issue.labels:
        parts.append(f"[{line(' '.join(issue.labels))}]")
    return f"{' '.join(parts)} - {line(issue.title)}"


def listing(rows: Iterable[_HasIssue]) -> str:
    """Show a list, an issue a line."""
    return "\n".join(issue_line(row.issue) for row in rows)


def forest(rows: Sequence[ListedIssue]) -> str:
    """Show a list with children under their parents, where both are in it."""
    return "\n".join(f"{_INDENT * depth}{issue_line(row.issue)}" for row, depth in nested(rows))


def nested(rows: Sequence[ListedIssue]) -> list[tuple[ListedIssue, int]]:
    """Return a list with children after their parents, where both are in it, and how deep."""
    listed = {row.issue.id: row for row in rows}
    children: dict[str | None, list[ListedIssue]] = {}
    for row in rows:
        children.setdefault(row.parent if row.parent in listed else None, []).append(row)
    found: list[tuple[ListedIssue, int]] = []
    waiting = [(row, 0) for row in reversed(children.pop(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        below = children.pop(row.issue.id, [])
        waiting += [(each, depth + 1) for each in reversed(below)]
    # What is left lies under one another in a circle.
    return found + [(row, 0) for rest in children.values() for row in rest]


def digraph(rows: Iterable[ListedIssue]) -> str:
    """Show what needs what, an edge a line."""
    edges = [
        f"{line(row.issue.id)} {line(edge.depends_on_id)}"
        for row in rows
        for edge in row.issue.dependencies
    ]
    return "\n".join(edges)


def dot(rows: Iterable[ListedIssue]) -> str:
    """Show what needs what, for Graphviz."""
    lines = ["digraph issues {", "  rankdir=LR;"]
    for row in rows:
        name, title = _quoted(row.issue.id), line(row.issue.title)
        label = _quoted(f"{row.issue.id}: {title}")
        lines.append(f"  {name} [label={label}];")
        lines += [
            f"  {name} -> {_quoted(edge.depends_on_id)} [label={_quoted(edge.type)}];"
            for edge in row.issue.dependencies
        ]
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return '"' + line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def details(value: IssueDetails, *, is_local: bool = False) -> str:
    """Show an issue with all around it."""
    issue = value.issue
    lines = [f"{line(issue.id)}: {line(issue.title)}", *_facts(value, is_local=is_local)]
    if value.displaced:
        others = line(", ".join(value.displaced))
        lines.append(f"Made later under this id, and moved: {others}")
    for name, label in SECTIONS:
        content = getattr(issue, name)
        lines += ["", f"{label}:", block(content)] if content else []
    for label, ends in around(value):
        lines += ["", f"{label}:", *(f"{_INDENT}{link(each)}" for each in ends)]
    if issue.comments:
        lines += ["", "Comments:", block(comments(issue.comments, is_local=is_local))]
    return "\n".join(lines)


def around(value: IssueDetails) -> Iterator[tuple[str, list[LinkedIssue]]]:
    """Yield what stands around an issue, under its heading; who waits is told from who is linked.

    A child does not wait for its parent, nor does a link of another kind hold anybody.
    """
    for ends, labels in (
        (value.dependencies, ("Parent", "Needs", "Links to")),
        (value.dependents, ("Children", "Needed by", "Linked from")),
    ):
        for label, kinds in zip(labels, ((PARENT_CHILD,), HOLDING_KINDS, None), strict=True):
            found = [each for each in ends if _is_of(each, kinds)]
            if found:
                yield label, found


def _is_of(each: LinkedIssue, kinds: tuple[str, ...] | None) -> bool:
    if kinds is None:
        return each.dependency_type not in READINESS_KINDS
    return each.dependency_type in kinds


def _facts(value: IssueDetails, *, is_local: bool) -> list[str]:
    issue = value.issue
    closed, deleted = issue.closed_at, issue.deleted_at

    def moment(text: str, author: str = "") -> str:
        said = times.shown(text, is_local=is_local) if text else ""
        return f"{said} by {author}" if said and author else said

    rows: list[list[tuple[str, object]]] = [
        [
            ("Status", issue.status),
            ("Priority", f"P{issue.priority}"),
            ("Type", issue.issue_type),
            ("Assignee", issue.assignee),
        ],
        [
            ("Created", moment(issue.created_at, issue.created_by)),
            ("Updated", moment(issue.updated_at)),
        ],
        [("Closed", moment(closed)), ("Reason", issue.close_reason)],
        [("Deleted", moment(deleted, issue.deleted_by)), ("Reason", issue.delete_reason)],
        [("Due", moment(issue.due_at)), ("Deferred until", moment(issue.defer_until))],
        [("Held by", value.claimed_by), ("claim_epoch", value.claimed_by and value.claim_epoch)],
        [("Parent", value.parent), ("Labels", ", ".join(issue.labels))],
        [
            ("Reference", issue.external_ref),
            ("Specification", issue.spec_id),
            ("Minutes", issue.estimated_minutes),
        ],
    ]
    shown = [
        "   ".join(line(f"{label}: {fact}") for label, fact in row if fact not in (None, ""))
        for row in rows
    ]
    return [each for each in shown if each]


def comments(found: Iterable[Comment], *, is_local: bool = False) -> str:
    """Show comments: who and when on a line, then what was said."""
    parts = []
    for each in found:
        head = f"{line(times.shown(each.created_at, is_local=is_local))} {line(each.author)}:"
        is_short = "\n" not in each.text
        parts.append(f"{head} {line(each.text)}" if is_short else f"{head}\n{block(each.text)}")
    return "\n".join(parts)


def link(each: LinkedIssue) -> str:
    """Show the other end of an edge."""
    what = issue_line(each.issue) if each.issue else f"? {line(each.issue_id)} (not known here)"
    return f"{line(each.dependency_type)}: {what}"


def blocked(value: BlockedIssue) -> str:
    """Show a blocked issue and what blocks it."""
    reasons = [f"needs {', '.join(value.blocked_by)}"] if value.blocked_by else []
    if value.blocked_through:
        reasons.append(f"its parent {', '.join(value.blocked_through)} is blocked")
    if value.cycle:
        reasons.append(f"they wait for one another: {' → '.join(value.cycle)}")
    why = line("; ".join(reasons) or f"its status is {value.issue.status}")
    return f"{issue_line(value.issue)}\n    {why}"


def explained(value: Explained) -> str:
    """Say why an issue is or isn't ready."""
    head = f"{line(value.issue_id)} is {'ready' if value.ready else 'not ready'}:"
    reasons = []
    for reason in value.reasons:
        others = [each for each in reason.by if each not in reason.message]
        by = f" ({', '.join(others)})" if others else ""
        reasons.append(f"  - {line(reason.message + by)}")
    return "\n".join([head, *reasons])


def tree(nodes: list[TreeNode]) -> str:
    """Show a tree, indented."""
    lines = []
    for node in nodes:
        kind = f" ({line(node.dependency_type)})" if node.dependency_type else ""
        more = " …" if node.truncated else ""
        lines.append(f"{_INDENT * node.depth}{issue_line(node.issue)}{kind}{more}")
    return "\n".join(lines)


def mermaid(nodes: list[TreeNode]) -> str:
    """Show a tree as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for node in nodes:
        label = line(node.issue.title).replace('"', "'")
        lines.append(f'  {_node_name(node.issue.id)}["{line(node.issue.id)}: {label}"]')
    lines += [
        f"  {_node_name(node.parent_id)} --> {_node_name(node.issue.id)}"
        for node in nodes
        if node.depth
    ]
    return "\n".join(dict.fromkeys(lines))


def _node_name(issue_id: str) -> str:
    return re.sub(r"\W", "_", issue_id)


def report(value: FoldReport) -> str:
    """Tell what became of the lines of a file."""
    counts = [
        f"{value.created} created",
        f"{value.updated} updated",
        f"{value.unchanged} unchanged",
    ]
    lines = [f"Imported {counted(value.lines, 'line')}: {', '.join(counts)}"]
    doubled = counted(value.doubled, "line")
    lines += _noted(f"{doubled} folded into others of the same issue", value.doubled)
    lines += _noted(f"{counted(value.markers, 'conflict marker')} skipped", value.markers)
    missing = len(value.without_priority)
    lines += _noted(f"{counted(missing, 'record')} without a priority got 2", missing)
    for what, found in (
        ("status", value.unknown_statuses),
        ("type", value.unknown_types),
        ("prefix", value.foreign_prefixes),
    ):
        names = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        word = "foreign" if what == "prefix" else "unknown"
        lines += _noted(f"{word} {what} kept: {line(names)}", len(found))
    for moved in value.moved:
        lines.append(
            f"  {line(moved.former_id)} was made twice: the later one is {line(moved.issue_id)} now"
        )
    for adopted in value.adopted:
        fields = line(", ".join(adopted.fields))
        lines.append(f"  {line(adopted.issue_id)}: edited by others: {fields}")
    lines += _noted(f"{memories(value)}: {line(', '.join(value.memories))}", len(value.memories))
    for bad in value.quarantined:
        lines.append(f"  line {bad.line_number} can't be read: {line(bad.reason)}")
    lines += _noted(f"{value.conflicts} values lost to another: `bd conflicts`", value.conflicts)
    return "\n".join(lines)


def memories(value: FoldReport) -> str:
    """Tell of memories that a file held, which no file of ours does."""
    count = len(value.memories)
    return f"{count} {'memory' if count == 1 else 'memories'} kept in the store, not in the file"


def _noted(sentence: str, count: int) -> list[str]:
    return [f"  {sentence}"] if count else []
