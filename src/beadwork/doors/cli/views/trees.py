"""Trees: children under their parents, needs under what needs them."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import tables, theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.ops.dependency import TreeNode
from beadwork.ops.views import ListedIssue

_STEP = 3


class _Node(NamedTuple):
    depth: int
    label: Text


def tree(screen: Screen, nodes: Sequence[TreeNode]) -> str:
    """Draw a tree of dependencies."""
    return theme.render(screen, _drawn(screen, [_node(node, screen) for node in nodes]))


def _node(node: TreeNode, screen: Screen) -> _Node:
    kind = theme.faint(texts.line(node.dependency_type)) if node.dependency_type else ""
    if node.dependency_type == "blocks":
        kind = ""  # the usual one goes without saying
    more = theme.faint("…") if node.truncated else ""
    return _Node(node.depth, theme.joined(theme.issue_line(node.issue, screen), kind, more))


def forest(screen: Screen, rows: Sequence[ListedIssue]) -> str:
    """Draw a list with children under their parents, where both are in it."""
    nodes = [_Node(depth, theme.issue_line(row.issue, screen)) for row, depth in texts.nested(rows)]
    parts = [*_drawn(screen, nodes), *tables.legend(screen, [row.issue for row in rows])]
    return theme.render(screen, parts)


def _drawn(screen: Screen, nodes: Sequence[_Node]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for node, guide in zip(nodes, _guides([node.depth for node in nodes]), strict=True):
        if len(guide) > screen.width // 2:
            # Too deep for the width: its depth is said, not shown.
            guide = f"{node.depth}› "
        lines.append(theme.fitted(theme.faint(guide) + node.label, screen.width))
    return lines


def _guides(depths: Sequence[int]) -> list[str]:
    """Return the branches before each node; its children follow a node at once."""
    guides: list[str] = []
    going_on: set[int] = set()  # levels on which another node follows below
    for depth in reversed(depths):
        stems = "".join("│  " if level in going_on else " " * _STEP for level in range(1, depth))
        end = "" if depth == 0 else "├─ " if depth in going_on else "└─ "
        guides.append(stems + end)
        going_on = {level for level in going_on if level <= depth} | {depth}
    return guides[::-1]
