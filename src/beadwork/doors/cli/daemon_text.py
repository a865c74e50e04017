"""What is shown of daemons: the JSON that classic gives, and lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from beadwork import __version__
from beadwork.doors.cli import text
from beadwork.doors.world import Daemon
from beadwork.model.errors import BeadworkError

_MORE = (
    "active_connections",
    "commands",
    "queue_depth",
    "last_commit",
    "last_export",
    "last_error",
)
_MEASURED = (
    "uptime_seconds",
    "db_response_ms",
    "active_connections",
    "max_connections",
    "memory_alloc_mb",
    "descriptors",
    "threads",
    "queue_depth",
    "last_commit",
    "last_export",
    "last_error",
)


def _asked(daemon: Daemon, operation: str) -> tuple[dict[str, Any], str]:
    """Return what a daemon answers, or why it doesn't."""
    if daemon.is_foreign:
        return {}, "a classic daemon: stop it first"
    try:
        found = daemon.ask(operation)
    except BeadworkError as error:
        return {}, error.message
    return (found, "") if found is not None else ({}, "it does not answer")


def status(daemon: Daemon) -> dict[str, Any]:
    """Return the state of a daemon, in classic's form."""
    shown: dict[str, Any] = {"workspace": daemon.workspace}
    holder = daemon.holder
    if not daemon.is_alive:
        return shown | _absence(daemon)
    found, issue = _asked(daemon, "status")
    version = found.get("version") or holder.get("version") or ""
    shown |= {
        "pid": found.get("pid") or holder.get("pid"),
        "version": version,
        "status": "unresponsive" if issue else "running",
        "started": found.get("started_at") or holder.get("started_at") or "",
        "uptime_seconds": found.get("uptime_seconds", 0),
        "sync_interval": found.get("sync_interval", ""),
        "daemon_mode": found.get("daemon_mode", ""),
        "log_path": found.get("log_path") or daemon.log_path,
        "is_current": version == __version__,
    }
    if issue or version != __version__:
        shown["issue"] = issue or f"version {version}, and this is {__version__}"
    return shown | {name: found[name] for name in _MORE if name in found}


def _absence(daemon: Daemon) -> dict[str, Any]:
    if daemon.is_starting:
        return {"status": "not_running", "issue": "it is being started"}
    if daemon.is_stopped:
        return {"status": "not_running", "issue": "it was stopped; `bd daemon start` starts it"}
    if daemon.failure:
        issue = f"the last start failed: {daemon.failure}"
        return {"status": "not_running", "issue": issue, "retry_seconds": round(daemon.retry_s, 1)}
    return {"status": "not_running"}


def status_lines(shown: Mapping[str, Any]) -> str:
    """Return the state of a daemon for people."""
    where = text.line(shown["workspace"])
    if shown["status"] == "not_running":
        lines = [f"No daemon runs for {where}"]
    else:
        lines = [f"The daemon of {where} is {shown['status']}"]
        lines += [
            f"  {name}: {text.line(str(shown[name]))}"
            for name in ("pid", "version", "started", "sync_interval", "log_path", *_MORE)
            if shown.get(name) not in (None, "")
        ]
    if "issue" in shown:
        lines.append(f"  {text.line(shown['issue'])}")
    return "\n".join(lines)


def health_of(daemon: Daemon) -> dict[str, Any]:
    """Return how a daemon does, in classic's form, with what it measured beside."""
    found, issue = _asked(daemon, "health")
    version = found.get("version") or daemon.holder.get("version") or ""
    status_word = "unresponsive" if issue else str(found.get("status", "unhealthy"))
    if status_word == "healthy" and version != __version__:
        status_word, issue = "mismatched", f"version {version}, and this is {__version__}"
    shown = {
        "workspace": daemon.workspace,
        "socket_path": daemon.socket_path,
        "pid": daemon.holder.get("pid"),
        "version": version,
        "status": status_word,
    }
    issue = issue or str(found.get("error", ""))
    if issue:
        shown["issue"] = issue
    return shown | {name: found[name] for name in _MEASURED if name in found}


def health(daemons: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how all daemons do; `null` for none, as in classic."""
    words = [each["status"] for each in daemons]
    return {
        "total": len(words),
        "healthy": words.count("healthy"),
        "stale": 0,
        "mismatched": words.count("mismatched"),
        "unresponsive": words.count("unresponsive"),
        "daemons": list(daemons) or None,
    }


def health_lines(shown: Mapping[str, Any]) -> str:
    """Return how all daemons do, for people."""
    if not shown["daemons"]:
        return "No daemons run"
    lines = []
    for each in shown["daemons"]:
        lines.append(f"{each['status']}: {text.line(each['workspace'])} (pid {each['pid']})")
        names = ("issue", *_MEASURED)
        lines += [
            f"  {name}: {text.line(str(each[name]))}"
            for name in names
            if each.get(name) not in (None, "")
        ]
    return "\n".join(lines)


def row(daemon: Daemon) -> dict[str, Any]:
    """Return a daemon as classic lists it."""
    found, issue = _asked(daemon, "status")
    return {
        "WorkspacePath": daemon.workspace,
        "DatabasePath": daemon.database,
        "SocketPath": daemon.socket_path,
        "PID": daemon.holder.get("pid"),
        "Version": found.get("version") or daemon.holder.get("version") or "",
        "UptimeSeconds": found.get("uptime_seconds", 0),
        "LastActivityTime": found.get("last_activity_time", ""),
        "ExclusiveLockActive": False,
        "ExclusiveLockHolder": "",
        "Alive": not issue,
        "Error": issue,
    }


def row_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the daemons that run, for people."""
    return "\n".join(
        f"{each['PID']}  {each['Version']}  {each['UptimeSeconds']:.0f} s  "
        f"{text.line(each['WorkspacePath'])}{'  ' + text.line(each['Error']) if each['Error'] else ''}"
        for each in rows
    )
