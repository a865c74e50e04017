"""The operations of classic's socket (classic-bd.md 5.3), over ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from beadwork.doors.world import Options, World
from beadwork.ops.plan import Plan


class ClassicDoor:
    """Plans classic's operations. It satisfies `daemon.answers.Classic`."""

    def __init__(self, world: World, options: Options) -> None:
        self._world = world
        self._options = options

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the operations."""
        return ()

    def plan(self, operation: str, arguments: Mapping[str, Any], actor: str) -> Plan:
        """Return how an operation is carried out."""
        raise NotImplementedError(operation)
