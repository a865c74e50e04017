"""Issues as tasks of Obsidian's plugin Tasks, in Markdown: `bd export --format obsidian`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from beadwork.doors.cli import text
from beadwork.model.dependency import BLOCKS, PARENT_CHILD
from beadwork.model.issue import Issue

_BOXES = {
    "open": " ",
    "in_progress": "/",
    "hooked": "/",
    "blocked": "c",
    "closed": "x",
    "tombstone": "-",
    "deferred": "-",
    "pinned": "n",
}
_PRIORITIES = ("🔺", "⏫", "🔼", "🔽", "⏬")
_INDENT = "  "


def tasks(issues: Sequence[Issue]) -> str:
    """Show issues under the days of their last change, latest first, children below parents."""
    tree = _Tree(issues)
    days: defaultdict[str, list[Issue]] = defaultdict(list)
    for issue in tree.tops:
        days[(issue.closed_at or issue.updated_at or issue.created_at)[:10]].append(issue)
    lines = ["# Changes Log", ""]
    for day in sorted(days, reverse=True):
        lines += [f"## {day}", ""]
        lines += [line for issue in days[day] for line in tree.lines(issue)]
        lines.append("")
    return "\n".join(lines) + "\n"


class _Tree:
    """Which issues stand below which; who is in a ring, or without its parent, stands at the top."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self._children: defaultdict[str, list[Issue]] = defaultdict(list)
        known = {issue.id for issue in issues}
        parents = {issue.id: _parent(issue, known) for issue in issues}
        self.tops = [issue for issue in issues if _top(issue.id, parents)]
        for issue in issues:
            parent = parents[issue.id]
            if parent is not None and not _top(issue.id, parents):
                self._children[parent].append(issue)

    def lines(self, issue: Issue) -> Iterator[str]:
        """Yield the lines of an issue and of all below it."""
        waiting = [(issue, 0)]
        while waiting:
            each, depth = waiting.pop()
            yield _INDENT * depth + _line(each)
            waiting += [(child, depth + 1) for child in reversed(self._children[each.id])]


def _parent(issue: Issue, known: set[str]) -> str | None:
    targets = (e.depends_on_id for e in issue.dependencies if e.type == PARENT_CHILD)
    return next((each for each in targets if each in known), None)


def _top(issue_id: str, parents: dict[str, str | None]) -> bool:
    """Tell whether an issue has no parent, or is its own ancestor."""
    above, seen = parents[issue_id], set[str]()
    if above is None:
        return True
    while above is not None and above not in seen:
        if above == issue_id:
            return True
        seen.add(above)
        above = parents[above]
    return False


def _line(issue: Issue) -> str:
    """Show one issue as a task, its signs in the order in which the plugin reads them."""
    priority = 2 if issue.priority is None else issue.priority
    parts = [f"- [{_BOXES.get(issue.status, ' ')}]", issue.title, f"🆔 {issue.id}"]
    parts += [_PRIORITIES[priority]] if 0 <= priority < len(_PRIORITIES) else []
    parts += [_hashed("".join(word.capitalize() for word in issue.issue_type.split("-")))]
    parts += [_hashed(label) for label in issue.labels]
    parts += [f"🛫 {issue.created_at[:10]}"] if issue.created_at else []
    parts += [f"✅ {issue.closed_at[:10]}"] if issue.closed_at else []
    parts += [
        f"⛔ {e.depends_on_id}" for e in issue.dependencies if e.type in (BLOCKS, PARENT_CHILD)
    ]
    return text.line(" ".join(part for part in parts if part))


def _hashed(word: str) -> str:
    return f"#{'-'.join(word.split())}" if word.strip() else ""
