"""Graphs as boxes, layer under layer: what stands side by side can be done at the same time."""

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from beadwork.doors.cli import graph_text
from beadwork.doors.cli import text as texts
from beadwork.doors.cli.views import theme
from beadwork.doors.cli.views.screen import Screen
from beadwork.model.dependency import PARENT_CHILD
from beadwork.ops.graph import Graph, GraphNode

_BOX_MIN = 18
_BOX_SHARE = 34
"""As many boxes stand side by side as can be so wide; what is left over they share."""
_FRAME = 4
_GAP = 1


def graphs(screen: Screen, found: Sequence[Graph], *, is_compact: bool) -> str:
    """Draw graphs, one under another."""
    parts: list[RenderableType] = []
    for i, each in enumerate(found):
        if i:
            parts += [theme.faint("─" * min(screen.width, 60))]
        parts += _graph(screen, each, is_compact=is_compact)
    return theme.render(screen, parts)


def _graph(screen: Screen, graph: Graph, *, is_compact: bool) -> Iterator[RenderableType]:
    layers = graph_text.layers_of(graph)
    parents = {e.issue_id: e.depends_on_id for e in graph.edges if e.type == PARENT_CHILD}
    if len(graph.nodes) == 1:
        yield theme.fitted(theme.issue_line(graph.nodes[0].issue, screen), screen.width)
        return
    for i, row in enumerate(layers):
        if i and not is_compact:
            yield from (theme.faint("    │"), theme.faint("    ▼"))
        ready = sum(node.is_ready for node in row)
        said = f"{len(row)} issue{'s' if len(row) > 1 else ''}" + (
            f", {ready} ready" if ready else ""
        )
        yield theme.fitted(
            theme.joined(theme.heading(f"Layer {i}"), theme.faint(said), between=" · "),
            screen.width,
        )
        if is_compact:
            yield from (_line(node, screen) for node in row)
        else:
            yield from _boxes(row, parents, screen)
    yield Text("")
    count = sum(len(node.needs) for node in graph.nodes)
    told = f"{texts.counted(len(graph.nodes), 'issue')} in {texts.counted(len(layers), 'layer')}"
    told += f", {texts.counted(count, 'wait')}"
    yield theme.fitted(theme.faint(told), screen.width)
    if graph.is_cut:
        yield theme.faint("There are more; these are the most urgent.")


def _needs(node: GraphNode) -> str:
    return f"needs {', '.join(texts.line(each) for each in node.needs)}" if node.needs else ""


def _line(node: GraphNode, screen: Screen) -> Text:
    drawn = theme.joined(" ", theme.issue_line(node.issue, screen), theme.faint(_needs(node)))
    return theme.fitted(drawn, screen.width)


def _boxes(
    row: Sequence[GraphNode], parents: Mapping[str, str], screen: Screen
) -> Iterator[RenderableType]:
    """Draw the boxes of a layer, as many side by side as fit."""
    widest = max(cell_len(line.plain) for node in row for line in _lines(node, parents, screen))
    beside = min(max((screen.width + _GAP) // (_BOX_SHARE + _GAP), 1), len(row))
    share = (screen.width + _GAP) // beside - _GAP
    width = min(max(widest + _FRAME, _BOX_MIN), share)
    in_line = max((screen.width + _GAP) // (width + _GAP), 1)
    for start in range(0, len(row), in_line):
        chosen = row[start : start + in_line]
        height = max(len(_lines(node, parents, screen)) for node in chosen)
        drawn = [_box(_lines(node, parents, screen), width, height, node) for node in chosen]
        for pieces in zip(*drawn, strict=True):
            yield theme.joined(*pieces, between=" " * _GAP)


def _lines(node: GraphNode, parents: Mapping[str, str], screen: Screen) -> list[Text]:
    issue = node.issue
    who = Text(f"@{texts.line(issue.assignee)}", style="blue") if issue.assignee else ""
    head = theme.joined(theme.sign(issue, screen), theme.id_(issue), theme.priority(issue), who)
    lines = [head, theme.title(issue, has_labels=False)]
    if node.issue.id in parents:
        lines.append(theme.faint(f"part of {texts.line(parents[node.issue.id])}"))
    return [*lines, theme.faint(_needs(node))] if node.needs else lines


def _box(lines: Sequence[Text], width: int, height: int, node: GraphNode) -> list[Text]:
    style = "green" if node.is_ready else theme.status_style(node.issue.status) or "dim"
    rule = "─" * (width - 2)
    rows = [*lines, *(Text("") for _ in range(height - len(lines)))]
    inside = [
        Text("│ ", style=style) + theme.padded(each, width - _FRAME) + Text(" │", style=style)
        for each in rows
    ]
    return [Text(f"╭{rule}╮", style=style), *inside, Text(f"╰{rule}╯", style=style)]
