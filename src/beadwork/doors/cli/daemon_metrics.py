"""What the daemon counted, as Prometheus reads it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from beadwork.model.overriding import override

_GAUGES = {
    "uptime_seconds": "How long the daemon runs.",
    "active_connections": "Clients that are connected.",
    "queue_depth": "Writes that wait for a commit.",
    "descriptors": "Open file descriptors.",
    "goroutine_count": "Threads.",
}
_NAMES = {"goroutine_count": "threads"}
_QUANTILES = {"p50_ms": "0.5", "p95_ms": "0.95", "p99_ms": "0.99"}
_MS = 1000
_MB = 1024 * 1024


class _Counted(Collector):
    """Yields what one answer of the operation `metrics` says."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        found = self._found
        for key, meaning in _GAUGES.items():
            if key in found:
                name = f"beadwork_{_NAMES.get(key, key)}"
                yield GaugeMetricFamily(name, meaning, value=found[key])
        memory = found.get("memory_alloc_mb", 0) * _MB
        yield GaugeMetricFamily("beadwork_memory_bytes", "Resident memory.", value=memory)
        yield from self._connections()
        yield from self._operations()
        yield from self._commits()

    def _connections(self) -> Iterator[Metric]:
        for key in ("total", "rejected"):
            name = "beadwork_connections" if key == "total" else "beadwork_rejected_connections"
            said = "Clients that came." if key == "total" else "Clients that were sent away."
            yield CounterMetricFamily(name, said, value=self._found.get(f"{key}_connections", 0))

    def _operations(self) -> Iterator[Metric]:
        labels = ["operation", "result"]
        requests = CounterMetricFamily("beadwork_requests", "Requests answered.", labels=labels)
        times = GaugeMetricFamily(
            "beadwork_request_seconds",
            "Times of the latest requests, by quantile.",
            labels=["operation", "quantile"],
        )
        for each in self._found.get("operations", ()):
            name = each["operation"]
            requests.add_metric([name, "success"], each["success_count"])
            requests.add_metric([name, "error"], each["error_count"])
            for key, quantile in _QUANTILES.items():
                times.add_metric([name, quantile], each["latency"][key] / _MS)
        yield requests
        yield times

    def _commits(self) -> Iterator[Metric]:
        commits = self._found.get("commits")
        if commits is None:
            return
        count = commits["count"]
        sizes = [(each["up_to"], each["count"]) for each in commits["batch_sizes"]]
        times = [(each["up_to_seconds"], each["count"]) for each in commits["times"]]
        yield _histogram("batch_size", "Writes in a commit.", sizes, count, commits["calls"])
        yield _histogram("commit_seconds", "Times of commits.", times, count, commits["seconds"])


def _histogram(
    name: str, said: str, bounds: Sequence[tuple[float, int]], count: int, total: float
) -> Metric:
    buckets = [*((f"{bound:g}", float(seen)) for bound, seen in bounds), ("+Inf", float(count))]
    family = HistogramMetricFamily(f"beadwork_{name}", said)
    family.add_metric([], buckets=buckets, sum_value=total)
    return family


def exposition(found: Mapping[str, Any]) -> str:
    """Return the text that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counted(found))
    return generate_latest(registry).decode()
