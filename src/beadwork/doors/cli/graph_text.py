"""Graphs as text: plain lines, Graphviz, Mermaid. An arrow leads to what is needed."""

from collections.abc import Iterable, Sequence

from beadwork.doors.cli import text
from beadwork.ops.graph import Graph, GraphNode


def layers_of(graph: Graph) -> list[list[GraphNode]]:
    """Return the nodes of a graph, layer by layer, each in its place."""
    rows: list[list[GraphNode]] = [
        [] for _ in range(max((node.layer for node in graph.nodes), default=-1) + 1)
    ]
    for node in sorted(graph.nodes, key=lambda each: each.position):
        rows[node.layer].append(node)
    return rows


def plain(found: Sequence[Graph], *, is_compact: bool) -> str:
    """Show graphs layer by layer; what one layer holds can be done at the same time."""
    parts = [_plain(each, is_compact=is_compact) for each in found]
    return "\n\n".join(parts) or "No issues."


def _plain(graph: Graph, *, is_compact: bool) -> str:
    lines = []
    for i, row in enumerate(layers_of(graph)):
        lines += [] if is_compact else [f"Layer {i}:"]
        for node in row:
            needs = f" (needs {', '.join(text.line(each) for each in node.needs)})"
            said = text.issue_line(node.issue) + (needs if node.needs else "")
            lines.append(f"{i} {said}" if is_compact else f"  {said}")
    if graph.is_cut:
        lines.append("There are more; these are the most urgent.")
    return "\n".join(lines)


def dot(found: Iterable[Graph]) -> str:
    """Show graphs for Graphviz, each layer on a line of its own."""
    lines = ["digraph issues {", "  rankdir=BT;", "  node [shape=box];"]
    for graph in found:
        for node in graph.nodes:
            label = _quoted(f"{node.issue.id}: {node.issue.title}")
            lines.append(f"  {_quoted(node.issue.id)} [label={label}];")
        for row in layers_of(graph):
            names = " ".join(f"{_quoted(node.issue.id)};" for node in row)
            lines.append(f"  {{ rank=same; {names} }}")
        lines += [
            f"  {_quoted(each.issue_id)} -> {_quoted(each.depends_on_id)} "
            f"[label={_quoted(each.type)}];"
            for each in graph.edges
        ]
    return "\n".join([*lines, "}"])


def _quoted(words: str) -> str:
    return '"' + text.line(words).replace("\\", "\\\\").replace('"', '\\"') + '"'


def mermaid(found: Iterable[Graph]) -> str:
    """Show graphs as a Mermaid flowchart; edges that hold nothing back are dotted."""
    lines = ["flowchart BT"]
    names: dict[str, str] = {}
    for graph in found:
        for node in graph.nodes:
            names[node.issue.id] = f"n{len(names)}"
            label = _escaped(f"{node.issue.id}: {node.issue.title}")
            lines.append(f'  {names[node.issue.id]}["{label}"]')
        for each in graph.edges:
            source, target = names[each.issue_id], names[each.depends_on_id]
            is_usual = each.type == "blocks"
            arrow = "-->" if is_usual else f'-. "{_escaped(each.type)}" .->'
            lines.append(f"  {source} {arrow} {target}")
    return "\n".join(lines)


def _escaped(words: str) -> str:
    """Return a text that Mermaid shows as it is."""
    shown = text.line(words)
    for sign, name in (
        ("#", "#35;"),
        ("&", "#amp;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
    ):
        shown = shown.replace(sign, name)
    return shown
