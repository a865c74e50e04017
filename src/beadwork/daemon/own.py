"""The daemon's own operations on the socket: who it is, how it does, and its end."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from beadwork.daemon.log import Log
from beadwork.daemon.metrics import Metrics, Tally
from beadwork.daemon.workers import Workers
from beadwork.daemon.writes import WriteQueue
from beadwork.engine import Outcome
from beadwork.model.errors import BeadworkError

PROTOCOL_VERSION = 1


class Facts(NamedTuple):
    """What is told of the daemon."""

    version: str
    workspace: str
    database: str
    socket: str
    log_path: str
    started_at: str
    export_period_s: float
    connections_max: int
    connections: Callable[[], int]
    client_at: Callable[[], str]
    """Returns when a client last asked for something, as RFC 3339."""
    exported_at: Callable[[], str]
    """Returns when the file was last written; empty: never since the start."""
    committed_at: Callable[[], str]


class OwnOperations:
    """Answers `ping`, `hello`, `status`, `health`, `metrics` and `shutdown`."""

    def __init__(  # noqa: PLR0913 -- what is told of, each by name
        self,
        facts: Facts,
        *,
        queue: WriteQueue,
        workers: Mapping[str, Workers],
        metrics: Metrics,
        log: Log,
        stop: Callable[[str], None],
    ) -> None:
        self._facts = facts
        self._queue = queue
        self._workers = workers
        self._metrics = metrics
        self._log = log
        self._stop = stop
        self._begun = time.monotonic()

    def at_once(self) -> dict[str, Callable[[], Any]]:
        """Return the operations that take no time, by name."""
        return {
            "ping": self.presence,
            "hello": self.hello,
            "status": self.status,
            "metrics": self.metrics,
            "shutdown": self.shutdown,
        }

    def in_thread(self) -> dict[str, Callable[[], Any]]:
        """Return the operations that wait for something, by name."""
        return {"health": self.health}

    def in_batches(self) -> dict[str, Callable[[], Any]]:
        """Return the operations that only tell something, by name."""
        return {
            "ping": self.presence,
            "hello": self.hello,
            "status": self.status,
            "metrics": self.metrics,
            "health": self.health,
        }

    def presence(self) -> dict[str, Any]:
        """Tell that the daemon is there."""
        return {"message": "pong", "version": self._facts.version}

    def hello(self) -> dict[str, Any]:
        """Tell which protocol is spoken, and by which build."""
        return {
            "program": "beadwork",
            "protocol": PROTOCOL_VERSION,
            "version": self._facts.version,
            "pid": os.getpid(),
        }

    def shutdown(self) -> dict[str, Any]:
        """End once what has begun is done."""
        self._stop("shutdown was asked for")
        return {"message": "The daemon ends", "pid": os.getpid()}

    def status(self) -> dict[str, Any]:
        """Tell who the daemon is and what it does."""
        facts = self._facts
        return {
            "version": facts.version,
            "workspace_path": facts.workspace,
            "database_path": facts.database,
            "socket_path": facts.socket,
            "log_path": facts.log_path,
            "pid": os.getpid(),
            "started_at": facts.started_at,
            "uptime_seconds": self._uptime_s,
            "last_activity_time": facts.client_at(),
            "exclusive_lock_active": False,
            "auto_commit": False,
            "auto_push": False,
            "auto_pull": False,
            "local_mode": False,
            "sync_interval": f"{facts.export_period_s:g}s",
            "daemon_mode": "events",
            "active_connections": facts.connections(),
            "commands": self._workers["commands"].busy,
            "queue_depth": self._queue.depth,
            "last_commit": facts.committed_at(),
            "last_export": facts.exported_at(),
            "last_error": self._log.last_error,
        }

    @property
    def _uptime_s(self) -> float:
        return round(time.monotonic() - self._begun, 3)

    def health(self) -> dict[str, Any]:
        """Tell whether a write commits, and how much of everything is in use."""
        begun = time.perf_counter()
        trouble = self._probe()
        took_ms = (time.perf_counter() - begun) * 1000
        shown = {
            "status": "unhealthy" if trouble else "healthy",
            "version": self._facts.version,
            "compatible": True,
            "uptime_seconds": self._uptime_s,
            "db_response_ms": round(took_ms, 3),
            "active_connections": self._facts.connections(),
            "max_connections": self._facts.connections_max,
            "memory_alloc_mb": int(resident_mb()),
            "descriptors": descriptors(),
            "threads": threading.active_count(),
            "queue_depth": self._queue.depth,
            "last_commit": self._facts.committed_at(),
            "last_export": self._facts.exported_at(),
            "last_error": self._log.last_error,
        }
        if trouble:
            shown["error"] = trouble
        return shown

    def _probe(self) -> str:
        """Let an empty batch be committed; return what went wrong."""
        done = threading.Event()
        found: list[Outcome] = []

        def ended(outcomes: list[Outcome]) -> None:
            found.extend(outcomes)
            done.set()

        try:
            self._queue.probe(ended)
        except BeadworkError as error:
            return error.message
        done.wait()
        return next((each.message for each in found if isinstance(each, BeadworkError)), "")

    def metrics(self) -> dict[str, Any]:
        """Tell what was counted, in classic's form, with the batches of commits beside."""
        metrics = self._metrics
        return {
            "timestamp": self._facts.client_at(),
            "uptime_seconds": self._uptime_s,
            "operations": [_operation(name, tally) for name, tally in metrics.tallies().items()],
            "total_connections": metrics.connections,
            "active_connections": self._facts.connections(),
            "rejected_connections": metrics.rejected,
            "memory_alloc_mb": int(resident_mb()),
            "memory_sys_mb": int(resident_mb()),
            "goroutine_count": threading.active_count(),
            "descriptors": descriptors(),
            "queue_depth": self._queue.depth,
            "commits": {
                "count": metrics.commits.number,
                "seconds": metrics.commits.total,
                "calls": int(metrics.batches.total),
                "batch_sizes": [
                    {"up_to": bound, "count": count}
                    for bound, count in metrics.batches.cumulative()
                ],
                "times": [
                    {"up_to_seconds": bound, "count": count}
                    for bound, count in metrics.commits.cumulative()
                ],
            },
        }


def _operation(name: str, tally: Tally) -> dict[str, Any]:
    times = sorted(each * 1000 for each in tally.recent_s)

    def part(share: float) -> float:
        return round(times[min(int(len(times) * share), len(times) - 1)], 3) if times else 0.0

    return {
        "operation": name,
        "total_count": tally.succeeded + tally.failed,
        "success_count": tally.succeeded,
        "error_count": tally.failed,
        "latency": {
            "min_ms": part(0),
            "p50_ms": part(0.5),
            "p95_ms": part(0.95),
            "p99_ms": part(0.99),
            "max_ms": part(1),
            "avg_ms": round(sum(times) / len(times), 3) if times else 0.0,
        },
    }


def resident_mb() -> float:
    """Return how much memory this process holds, in MB."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        import resource

        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024, 1)
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024, 1)


def descriptors() -> int:
    """Return how many descriptors are open; -1 where the system does not say."""
    for path in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(path)) - 1
        except OSError:
            continue
    return -1
