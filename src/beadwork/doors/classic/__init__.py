"""The operations of classic's socket (classic-bd.md 5.3), over ours.

An operation is a function that makes a plan of its arguments: one request of ours where that will
do, so that a write goes with the next commit, and work of several where it takes more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from beadwork.doors.classic import arguments, issues, lists, mutations, upkeep
from beadwork.doors.classic.arguments import Arguments, arguments_of
from beadwork.doors.classic.context import Context, Shared
from beadwork.doors.world import Options, World
from beadwork.ops.plan import Plan


class _Operation(NamedTuple):
    """What an operation takes, and how it is planned."""

    takes: type[Arguments]
    plan: Callable[[Any, Context], Plan]


_OPERATIONS = {
    "blocked": _Operation(arguments.Blocked, lists.blocked),
    "close": _Operation(arguments.Close, issues.close),
    "comment_add": _Operation(arguments.Comment, issues.comment_add),
    "comment_list": _Operation(arguments.Named, issues.comment_list),
    "compact": _Operation(arguments.Compact, upkeep.compact),
    "compact_stats": _Operation(arguments.Tier, upkeep.compact_stats),
    "count": _Operation(arguments.Count, lists.count),
    "create": _Operation(arguments.Create, issues.create),
    "delete": _Operation(arguments.Delete, issues.delete),
    "dep_add": _Operation(arguments.Edge, issues.dep_add),
    "dep_remove": _Operation(arguments.Edge, issues.dep_remove),
    "dep_tree": _Operation(arguments.Tree, issues.dep_tree),
    "epic_status": _Operation(arguments.Epics, lists.epic_status),
    "export": _Operation(arguments.File, upkeep.export),
    "get_config": _Operation(arguments.Key, upkeep.get_config),
    "get_mutations": _Operation(arguments.Since, mutations.get_mutations),
    "get_worker_status": _Operation(arguments.Assignee, lists.worker_status),
    "import": _Operation(arguments.File, upkeep.import_),
    "label_add": _Operation(arguments.Label, issues.label_add),
    "label_remove": _Operation(arguments.Label, issues.label_remove),
    "list": _Operation(arguments.List, lists.list_),
    "ready": _Operation(arguments.Ready, lists.ready),
    "resolve_id": _Operation(arguments.Named, issues.resolve_id),
    "show": _Operation(arguments.Named, issues.show),
    "stale": _Operation(arguments.Stale, lists.stale),
    "stats": _Operation(arguments.Nothing, lists.stats),
    "update": _Operation(arguments.Update, issues.update),
}


class ClassicDoor:
    """Plans classic's operations. It satisfies `daemon.answers.Classic`."""

    def __init__(self, world: World, options: Options) -> None:
        self._shared = Shared(world, options)

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the operations, those too that are refused with a reason."""
        return [*_OPERATIONS, *upkeep.ABSENT]

    def plan(self, operation: str, given: Mapping[str, Any], actor: str) -> Plan:
        """Return how an operation is carried out; one of `names`.

        Raises:
            InvalidField: an argument is missing, or is none.
            UnknownOperation: Beadwork has no such thing.
        """
        if operation in upkeep.ABSENT:
            return upkeep.absent(operation)
        found = _OPERATIONS[operation]
        return found.plan(arguments_of(found.takes, operation, given), Context(self._shared, actor))
