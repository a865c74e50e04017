"""The parts of a run in their order: each measures something and returns its figures."""

from collections.abc import Callable, Iterable

import blobs
import commands
import crowd
import daemon
import engines
import files
import graph
import leases
import mail
import search
from figures import Figure

from bench import Bench

PARTS: dict[str, tuple[str, Callable[[Bench], Iterable[Figure]]]] = {
    "commands": ("Direct commands, whole process, 10,000 issues", commands.measure),
    "engine": ("In the engine", engines.measure),
    "import": ("Import", files.measure_import),
    "export": ("Export after one change, records of 300 bytes", files.measure_export),
    "fold": ("Fold of two files of 100,000 lines, few of them different", files.measure_fold),
    "graph": ("Readiness", graph.measure),
    "search": ("Search in the engine, 100,000 issues", search.measure),
    "blobs": ("Blobs of a gigabyte, in a direct command", blobs.measure),
    "leases": (
        "Leases in the engine, among 10,000 live ones, without their commit",
        leases.measure,
    ),
    "daemon": ("Through the daemon", daemon.measure),
    "messages": ("Messages", mail.measure),
    "processes": ("Processes that create at once", crowd.measure),
}
