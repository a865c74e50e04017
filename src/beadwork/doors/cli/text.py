"""What people see: plain lines, the same in a pipe and on a terminal.

Text of an issue is shown, never obeyed: control characters are printed as escapes.
"""

import re
from collections.abc import Iterable

from beadwork.model.issue import Issue
from beadwork.ops.dependency import TreeNode
from beadwork.ops.folding import FoldReport
from beadwork.ops.ready import BlockedIssue, Explained
from beadwork.ops.views import IssueDetails, ListedIssue

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SIGNS = {"open": "○", "in_progress": "◐", "blocked": "●", "closed": "✓", "deferred": "❄"}
_SECTIONS = (
    ("description", "Description"),
    ("design", "Design"),
    ("acceptance_criteria", "Acceptance criteria"),
    ("notes", "Notes"),
)


def safe(text: str) -> str:
    """Return a text that a terminal shows and does not obey."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def line(text: str) -> str:
    """Return a text safe to show on one line."""
    return safe(text.replace("\n", " ").replace("\t", " "))


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


def listing(rows: Iterable[ListedIssue], nothing: str) -> str:
    """Show a list, an issue a line."""
    lines = [issue_line(row.issue) for row in rows]
    return "\n".join(lines) if lines else nothing


def details(value: IssueDetails) -> str:
    """Show an issue with all around it."""
    issue = value.issue
    facts = [f"Status: {issue.status}", f"Priority: P{issue.priority}", f"Type: {issue.issue_type}"]
    facts += [f"Assignee: {issue.assignee}"] if issue.assignee else []
    lines = [f"{line(issue.id)}: {line(issue.title)}", line("   ".join(facts))]
    times = [f"Created: {issue.created_at}" + (f" by {issue.created_by}" * bool(issue.created_by))]
    times.append(f"Updated: {issue.updated_at}")
    lines.append(line("   ".join(times)))
    if issue.closed_at:
        lines.append(line(f"Closed: {issue.closed_at}   Reason: {issue.close_reason}"))
    for name, label in (("due_at", "Due"), ("defer_until", "Deferred until")):
        moment = getattr(issue, name)
        lines += [f"{label}: {line(moment)}"] if moment else []
    if value.claimed_by:
        lines.append(f"Held by: {line(value.claimed_by)} (claim_epoch {value.claim_epoch})")
    lines += [f"Labels: {line(', '.join(issue.labels))}"] if issue.labels else []
    lines += [f"Parent: {line(value.parent)}"] if value.parent else []
    for name, label in _SECTIONS:
        content = getattr(issue, name)
        lines += ["", f"{label}:", safe(content)] if content else []
    lines += _links("Needs", value.dependencies) + _links("Needed by", value.dependents)
    if issue.comments:
        lines += ["", "Comments:"]
    for comment in issue.comments:
        lines.append(f"  {line(comment.created_at)} {line(comment.author)}: {safe(comment.text)}")
    return "\n".join(lines)


def _links(label: str, links: list) -> list[str]:  # type: ignore[type-arg] # of LinkedIssue
    lines = ["", f"{label}:"] if links else []
    for each in links:
        what = issue_line(each.issue) if each.issue else f"? {line(each.issue_id)} (not known here)"
        lines.append(f"  {line(each.dependency_type)}: {what}")
    return lines


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
        by = f" ({', '.join(reason.by)})" if reason.by else ""
        reasons.append(f"  - {line(reason.message + by)}")
    return "\n".join([head, *reasons])


def tree(nodes: list[TreeNode]) -> str:
    """Show a tree, indented."""
    lines = []
    for node in nodes:
        kind = f" ({line(node.dependency_type)})" if node.dependency_type else ""
        more = " …" if node.truncated else ""
        lines.append(f"{'  ' * node.depth}{issue_line(node.issue)}{kind}{more}")
    return "\n".join(lines)


def mermaid(nodes: list[TreeNode]) -> str:
    """Show a tree as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for node in nodes:
        label = line(node.issue.title).replace('"', "'")
        lines.append(f'  {_node_name(node.issue.id)}["{line(node.issue.id)}: {label}"]')
    for node in nodes:
        if node.depth:
            lines.append(f"  {_node_name(node.parent_id)} --> {_node_name(node.issue.id)}")
    return "\n".join(lines)


def _node_name(issue_id: str) -> str:
    return re.sub(r"\W", "_", issue_id)


def report(value: FoldReport) -> str:
    """Tell what became of the lines of a file."""
    counts = [
        f"{value.created} created",
        f"{value.updated} updated",
        f"{value.unchanged} unchanged",
    ]
    lines = [f"Imported {value.lines} lines: {', '.join(counts)}"]
    lines += _noted(f"{value.doubled} lines of an issue that has others were folded", value.doubled)
    lines += _noted(f"{value.markers} conflict markers were skipped", value.markers)
    missing = len(value.without_priority)
    lines += _noted(f"{missing} records without a priority got 2", missing)
    for what, counted in (
        ("status", value.unknown_statuses),
        ("type", value.unknown_types),
        ("prefix", value.foreign_prefixes),
    ):
        names = ", ".join(f"{name} ({count})" for name, count in sorted(counted.items()))
        word = "foreign" if what == "prefix" else "unknown"
        lines += _noted(f"{word} {what} kept: {line(names)}", len(counted))
    for moved in value.moved:
        lines.append(
            f"  {line(moved.former_id)} was made twice: the later one is {line(moved.issue_id)} now"
        )
    for adopted in value.adopted:
        fields = line(", ".join(adopted.fields))
        lines.append(f"  {line(adopted.issue_id)}: edited by others: {fields}")
    for bad in value.quarantined:
        lines.append(f"  line {bad.line_number} can't be read: {line(bad.reason)}")
    lines += _noted(f"{value.conflicts} values lost to another; see the conflicts", value.conflicts)
    return "\n".join(lines)


def _noted(sentence: str, count: int) -> list[str]:
    return [f"  {sentence}"] if count else []
