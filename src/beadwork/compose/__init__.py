"""The one place that builds concrete things and hands them out.

Doors get a `World` from here: it finds the store, opens the engine on it, and does the few
things that need files without a store.
"""

from beadwork.compose import lean as lean  # isort: skip  # first of all
from beadwork.compose.clients import connect, connect_async
from beadwork.compose.direct import DirectWorld
from beadwork.compose.engines import now_us, open_engine
from beadwork.compose.entry import run_bd, run_module

__all__ = [
    "DirectWorld",
    "connect",
    "connect_async",
    "now_us",
    "open_engine",
    "run_bd",
    "run_module",
]
