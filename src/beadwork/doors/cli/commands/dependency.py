"""`bd dep`."""

from typing import Any

import click
import msgspec

from beadwork.doors.cli import shapes, text, views
from beadwork.doors.cli.edge_lines import edge_lines, told, told_gone
from beadwork.doors.cli.options import (
    COUNT,
    ID,
    BeadCommand,
    BeadGroup,
    pass_session,
    split_words,
)
from beadwork.doors.cli.session import Session
from beadwork.model.dependency import KNOWN_KINDS
from beadwork.model.errors import BeadworkError, InvalidField
from beadwork.model.issue import nearest_hint
from beadwork.model.overriding import override
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.dependency import (
    AddDependency,
    EdgeOutcome,
    FindCycles,
    ListDependencies,
    Relate,
    RemoveDependency,
    ShowTree,
    TreeNode,
)
from beadwork.ops.issue import ListIssues


class _Dependencies(BeadGroup):
    """`bd dep A --blocks B` is short for `bd dep add B A`."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take an id in the place of a subcommand as the short form."""
        is_short = any(each.startswith(("-b", "--blocks")) for each in args)
        if is_short and self.get_command(ctx, args[0]) is None:
            args = ["shorthand", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Dependencies)
def dep() -> None:
    """Say what needs what. `bd dep add A B`: A needs B, and waits until B is done."""


def _add(session: Session, issue_id: str, needs: str, kind: str) -> None:
    found = session.run(AddDependency(issue=issue_id, needs=needs, kind=kind))
    session.show(msgspec.to_builtins(found), lambda: told(found))


@dep.command(cls=BeadCommand)
@click.argument("issue_id", metavar="[ID]", type=ID, required=False)
@click.argument("needed", metavar="[NEEDED_ID]", type=ID, required=False)
@click.option("--depends-on", type=ID, help="The issue that is needed.")
@click.option("--blocked-by", type=ID, help="The issue that is needed.")
@click.option("-t", "--type", "kind", default="blocks", show_default=True, help="Kind of edge.")
@click.option("-f", "--file", help="Edges from a file, all or none: `ID NEEDED_ID [TYPE]` a line.")
@click.option("--no-cycle-check", is_flag=True, hidden=True)
@pass_session
def add(session: Session, /, **given: Any) -> None:
    """Let the first issue need the second."""
    if given["no_cycle_check"]:
        raise InvalidField(
            "Edges are always checked: in a cycle each issue waits for ever",
            hint="Leave out --no-cycle-check; `--type related` links without waiting.",
            field="no_cycle_check",
        )
    needs = {given["needed"], given["depends_on"], given["blocked_by"]} - {None}
    if given["file"] is not None:
        if given["issue_id"] or needs:
            raise InvalidField("Both ids and a file were given", hint="Give one.", field="file")
        _add_all(session, edge_lines(session.read_text(given["file"]), given["kind"]))
        return
    if given["issue_id"] is None or len(needs) != 1:
        what = "Several issues that are needed were named" if len(needs) > 1 else "An id is missing"
        raise InvalidField(what, hint="bd dep add ID NEEDED_ID", field="needs")
    _add(session, given["issue_id"], needs.pop(), given["kind"])


def _add_all(session: Session, edges: list[tuple[int, AddDependency]]) -> None:
    steps = [
        Step(operation="dependency.add", arguments=msgspec.to_builtins(each)) for _, each in edges
    ]
    try:
        results = session.run(RunBatch(operations=steps)).results
    except BeadworkError as error:
        position = error.data.get("position", 0)
        error.data["line"] = edges[position][0]
        error.message = f"Line {edges[position][0]}: {error.message}"
        raise
    found = [msgspec.convert(each.answer, EdgeOutcome) for each in results]
    session.show(
        [msgspec.to_builtins(each) for each in found],
        lambda: "\n".join(told(each) for each in found),
    )


@dep.command(cls=BeadCommand, hidden=True)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option("-b", "--blocks", type=ID, required=True, help="The issue that needs this one.")
@pass_session
def shorthand(session: Session, issue_id: str, blocks: str) -> None:
    """Let another issue need this one."""
    _add(session, blocks, issue_id, "blocks")


@dep.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.argument("needed", metavar="NEEDED_ID", type=ID)
@click.option("-t", "--type", "kind", default="", help="Only the edge of this kind.")
@pass_session
def remove(session: Session, issue_id: str, needed: str, kind: str) -> None:
    """Let the first issue no longer need the second."""
    found = session.run(RemoveDependency(issue=issue_id, needs=needed, kind=kind))
    shown = {
        "depends_on_id": found.depends_on_id,
        "issue_id": found.issue_id,
        "status": found.status,
    }
    session.show(shown, lambda: told_gone(found))


dep.add_command(remove, "rm")


_HEADS = {"down": "Needs", "up": "Needed by"}


@dep.command("list", cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option(
    "--direction", type=click.Choice(["down", "up", "both"]), default="down", show_default=True
)
@click.option("-t", "--type", "kind", default="", help="Only edges of this kind.")
@pass_session
def list_(session: Session, issue_id: str, direction: Any, kind: str) -> None:  # noqa: ANN401
    """Show what an issue needs (down), what needs it (up), or both."""
    ways: Any = ("down", "up") if direction == "both" else (direction,)
    by_way = {
        way: session.run(ListDependencies(issue=issue_id, direction=way, kind=kind)).dependencies
        for way in ways
    }
    found = [each for links in by_way.values() for each in links]
    _require_kind(kind, is_found=bool(found))
    session.show(
        [shapes.link(each) for each in found],
        lambda: "\n".join(text.link(each) for each in found) or "None.",
        views.links({_HEADS[way]: links for way, links in by_way.items()}),
    )


@dep.command(cls=BeadCommand)
@click.argument("issue_id", metavar="ID", type=ID)
@click.option(
    "--direction", type=click.Choice(["down", "up", "both"]), default="down", show_default=True
)
@click.option("--reverse", is_flag=True, help="The same as --direction up.")
@click.option(
    *("-d", "--max-depth"),
    type=click.IntRange(1, COUNT.max),
    default=50,
    show_default=True,
    help="So many levels.",
)
@click.option("--show-all-paths", is_flag=True, help="Repeat issues reached on several ways.")
@click.option("--format", "style", type=click.Choice(["text", "mermaid"]), default="text")
@click.option("-s", "--status", multiple=True, help="Only what has this status, and the way to it.")
@click.option("-t", "--type", "kind", default="", help="Only edges of this kind.")
@pass_session
def tree(session: Session, /, **given: Any) -> None:
    """Show what an issue needs, all the way down."""
    nodes = session.run(
        ShowTree(
            issue=given["issue_id"],
            direction="up" if given["reverse"] else given["direction"],
            max_depth=given["max_depth"],
            show_all_paths=given["show_all_paths"],
            kind=given["kind"],
        )
    ).nodes
    _require_kind(given["kind"], is_found=len(nodes) > 1)
    statuses = split_words(given["status"])
    if statuses:
        session.run(ListIssues(statuses=statuses, limit=1))  # An unknown one is refused.
        nodes = _with_status(nodes, set(statuses))
    shown = text.mermaid if given["style"] == "mermaid" else text.tree
    drawn = None if given["style"] == "mermaid" else views.tree(nodes)
    session.show([shapes.tree_node(node) for node in nodes], lambda: shown(nodes), drawn)


def _require_kind(kind: str, *, is_found: bool) -> None:
    """Refuse a kind of edge that nobody knows and none of these has: it is mistyped."""
    if kind and not is_found and kind not in KNOWN_KINDS:
        raise InvalidField(
            f'There is no edge of the type "{kind[:60]}" here',
            hint=nearest_hint(kind, KNOWN_KINDS),
            field="type",
        )


def _with_status(nodes: list[TreeNode], statuses: set[str]) -> list[TreeNode]:
    """Return the nodes of some statuses with those that lead to them, root included."""
    kept: list[TreeNode] = []
    depth = 0
    for node in reversed(nodes):
        # What leads to a kept node comes before it, and lies less deep.
        if node.issue.status in statuses or node.depth < depth or not node.depth:
            kept.append(node)
            depth = node.depth
    return kept[::-1]


@dep.command(cls=BeadCommand)
@pass_session
def cycles(session: Session) -> None:
    """Show issues that wait for one another."""
    found = session.run(FindCycles()).cycles
    session.show(
        [[shapes.issue(each) for each in cycle] for cycle in found],
        lambda: (
            "\n".join(
                " → ".join(text.line(each.id) for each in [*cycle, cycle[0]]) for cycle in found
            )
            or "No cycles."
        ),
    )


def _relate(session: Session, first: str, second: str, *, is_gone: bool) -> None:
    found = session.run(Relate(issue=first, other=second, remove=is_gone))
    key = "unrelated" if is_gone else "related"
    session.show(
        {"id1": found.id1, "id2": found.id2, key: True},
        lambda: f"{text.line(found.id1)} and {text.line(found.id2)}: {key}",
    )


@dep.command(cls=BeadCommand)
@click.argument("first", metavar="ID", type=ID)
@click.argument("second", metavar="ID", type=ID)
@pass_session
def relate(session: Session, first: str, second: str) -> None:
    """Link two issues both ways; neither waits for the other."""
    _relate(session, first, second, is_gone=False)


@dep.command(cls=BeadCommand)
@click.argument("first", metavar="ID", type=ID)
@click.argument("second", metavar="ID", type=ID)
@pass_session
def unrelate(session: Session, first: str, second: str) -> None:
    """Take the link between two issues away."""
    _relate(session, first, second, is_gone=True)
