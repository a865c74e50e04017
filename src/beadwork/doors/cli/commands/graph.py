"""`bd graph`."""

from typing import Any

import click

from beadwork.doors.cli import graph_text, shapes, text, views
from beadwork.doors.cli.options import ID, BeadCommand, BeadGroup, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.overriding import override
from beadwork.ops.dependency import FindCycles
from beadwork.ops.graph import Graph, GraphNode, ShowGraph

_STYLES = ("text", "dot", "mermaid")
_NO = 1


class _Graphs(BeadGroup):
    """`bd graph ID` shows; `bd graph check` looks for circles."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what names no subcommand for the one that shows."""
        if args[:1] not in (["check"], ["show"]) and not {"-h", "--help"}.intersection(args):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Graphs,
    subcommand_metavar="[ID] [--all] [--compact] [--box] [--format text|dot|mermaid] | check",
)
def graph() -> None:
    """Show what waits for what, in layers: what stands in one can be done at the same time.

    `bd graph ID` shows what waits for an issue or lies under it, and what those wait for;
    `bd graph --all` shows all that is not closed.
    """


@graph.command("show", cls=BeadCommand)
@click.argument("issue_id", metavar="[ID]", type=ID, required=False)
@click.option("--all", "has_all", is_flag=True, help="All that is not closed.")
@click.option("--compact", is_flag=True, help="One line an issue.")
@click.option("--box", is_flag=True, help="A box an issue, which is usual.")
@click.option("--format", "style", default="text", help="text, dot or mermaid.")
@pass_session
def show_graph(session: Session, /, **given: Any) -> None:
    """Show what waits for what, in layers."""
    issue_id, style = given["issue_id"], given["style"]
    _require_sense(given)
    found = session.run(ShowGraph(issue=None if given["has_all"] else issue_id)).graphs
    if style == "dot":
        plain, drawn = graph_text.dot(found), None
    elif style == "mermaid":
        plain, drawn = graph_text.mermaid(found), None
    else:
        plain = graph_text.plain(found, is_compact=given["compact"])
        drawn = views.graphs(found, is_compact=given["compact"])
    shown = [_shape(each) for each in found]
    session.show(shown if given["has_all"] else shown[0], plain, drawn)


def _require_sense(given: dict[str, Any]) -> None:
    if given["style"] not in _STYLES:
        raise InvalidField(
            f'There is no format "{given["style"][:60]}"',
            hint=f"Use one of: {', '.join(_STYLES)}.",
            field="format",
        )
    if given["compact"] and given["box"]:
        raise InvalidField(
            "A graph is compact or in boxes, not both", hint="Give one.", field="box"
        )
    if given["has_all"] and given["issue_id"]:
        raise InvalidField(
            "Both an issue and --all were given", hint="Leave out one of them.", field="all"
        )
    if not given["has_all"] and not given["issue_id"]:
        raise InvalidField("No issue was named", hint="bd graph ID, or bd graph --all", field="id")


def _shape(value: Graph) -> dict[str, Any]:
    """Show a graph as classic does: Go's names inside the layout."""
    issues = {node.issue.id: shapes.issue(node.issue) for node in value.nodes}
    layers = [[node.issue.id for node in row] for row in graph_text.layers_of(value)]
    return {
        "issues": list(issues.values()),
        "layout": {
            "Nodes": {node.issue.id: _node(node, issues[node.issue.id]) for node in value.nodes},
            "Layers": layers,
            "MaxLayer": len(layers) - 1,
            "RootID": value.root,
        },
        "root": issues[value.root],
    }


def _node(node: GraphNode, issue: dict[str, Any]) -> dict[str, Any]:
    return {
        "Issue": issue,
        "Layer": node.layer,
        "Position": node.position,
        "DependsOn": node.needs,
    }


@graph.command(cls=BeadCommand)
@pass_session
def check(session: Session) -> None:
    """Look for issues that wait for one another; exit with 1 if there are any."""
    cycles = session.run(FindCycles()).cycles
    named = [[each.id for each in cycle] for cycle in cycles]
    lines = [" → ".join(text.line(each) for each in [*cycle, cycle[0]]) for cycle in named]
    session.show(
        {"cycles": named, "count": len(named), "ok": not named},
        "\n".join(lines) or "Nothing waits for itself.",
    )
    if named:
        session.exit_code = max(session.exit_code, _NO)
