"""What people see on a terminal: tables, trees, panels, pictures.

Everywhere else, and for agents, the plain lines of `doors/cli/text.py` are written. A view is
asked for here and drawn later, if at all: only then rich is imported, which takes longer than
most commands do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beadwork.doors.cli.views.screen import Drawing, Screen
    from beadwork.model.issue import Comment, Issue
    from beadwork.model.search import Term
    from beadwork.ops.activity import Deed
    from beadwork.ops.dependency import TreeNode
    from beadwork.ops.duplicates import AlikePair, SameGroup
    from beadwork.ops.epic import EpicStatus
    from beadwork.ops.event import Event
    from beadwork.ops.graph import Graph
    from beadwork.ops.lease import ShownLease
    from beadwork.ops.lint import Lacking
    from beadwork.ops.ready import BlockedIssue, Explained
    from beadwork.ops.stats import Summary
    from beadwork.ops.views import IssueDetails, LinkedIssue, ListedIssue


def listing(rows: Sequence["ListedIssue"]) -> "Drawing | None":
    """Draw a list as a table; nothing to draw where it is empty."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import tables

        return tables.listing(screen, [row.issue for row in rows])

    return draw if rows else None


def forest(rows: Sequence["ListedIssue"]) -> "Drawing | None":
    """Draw a list with children under their parents."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import trees

        return trees.forest(screen, rows)

    return draw if rows else None


def tree(nodes: Sequence["TreeNode"]) -> "Drawing":
    """Draw a tree of dependencies."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import trees

        return trees.tree(screen, nodes)

    return draw


def hits(rows: Sequence["ListedIssue"], terms: Sequence["Term"]) -> "Drawing | None":
    """Draw what a search found."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.hits(screen, rows, terms)

    return draw if rows else None


def links(found: Mapping[str, Sequence["LinkedIssue"]]) -> "Drawing | None":
    """Draw the other ends of edges, each group under its heading if there are several."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.links(screen, found)

    return draw if any(found.values()) else None


def lacking(found: Sequence["Lacking"]) -> "Drawing | None":
    """Draw issues with the sections that they lack."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.lacking(screen, found)

    return draw if found else None


def same(groups: Sequence["SameGroup"], notes: Sequence[str]) -> "Drawing | None":
    """Draw groups of issues that say the same, and below them notes."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.same(screen, groups, notes)

    return draw if groups else None


def alike(pairs: Sequence["AlikePair"]) -> "Drawing | None":
    """Draw pairs of issues that are alike."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.alike(screen, pairs)

    return draw if pairs else None


def statuses(rows: Sequence[tuple[str, str, str]]) -> "Drawing":
    """Draw statuses: the name of each, its category, what it means."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import findings

        return findings.statuses(screen, rows)

    return draw


def epics(found: Sequence["EpicStatus"]) -> "Drawing | None":
    """Draw how far epics are."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import charts

        return charts.epics(screen, found)

    return draw if found else None


def blocked(found: Sequence["BlockedIssue"]) -> "Drawing | None":
    """Draw what is blocked, and who blocks it."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import tables

        return tables.blocked(screen, found)

    return draw if found else None


def leases(found: Sequence["ShownLease"]) -> "Drawing | None":
    """Draw who has leases of what; nothing to draw where there are none."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import lease_lines

        return lease_lines.table(screen, found)

    return draw if found else None


def details(found: Sequence["IssueDetails"], *, is_local: bool = False) -> "Drawing":
    """Draw issues whole."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.details(screen, found, is_local=is_local)

    return draw


def comments(found: Sequence["Comment"], *, is_local: bool = False) -> "Drawing | None":
    """Draw the comments of an issue."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.discussion(screen, found, is_local=is_local)

    return draw if found else None


def explained(value: "Explained") -> "Drawing":
    """Draw why an issue is or isn't ready."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.explained(screen, value)

    return draw


def history(events: Sequence["Event"], short: Callable[[Any], str]) -> "Drawing | None":
    """Draw what happened to an issue; `short` says a value in a few words."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.history(screen, events, short)

    return draw if events else None


def undone(issues: Sequence["Issue"]) -> "Drawing | None":
    """Draw what was taken back."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.undone(screen, issues)

    return draw if issues else None


def graphs(found: Sequence["Graph"], *, is_compact: bool) -> "Drawing | None":
    """Draw graphs in layers."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import boxes

        return boxes.graphs(screen, found, is_compact=is_compact)

    return draw if found else None


def stats(found: "Summary", happened: Sequence[tuple[str, int]]) -> "Drawing":
    """Draw counts as bars."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import charts

        return charts.stats(screen, found, happened)

    return draw


def error(message: str, hint: str) -> "Drawing":
    """Draw an error."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import panels

        return panels.error(screen, message, hint)

    return draw


def activity(deeds: Sequence["Deed"]) -> "Drawing | None":
    """Draw what happened."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import deeds as drawn

        return drawn.activity(screen, deeds)

    return draw if deeds else None


def start(
    summary: "Summary", claimed: Sequence["ListedIssue"], ready: Sequence["ListedIssue"]
) -> "Drawing":
    """Draw what to do next."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import overview

        return overview.overview(
            screen, summary, [row.issue for row in claimed], [row.issue for row in ready]
        )

    return draw


def welcome() -> "Drawing":
    """Draw how to begin."""

    def draw(screen: "Screen") -> str:
        from beadwork.doors.cli.views import overview

        return overview.welcome(screen)

    return draw
