"""What `bd daemon` answers under `--json` (classic-bd.md 2.2), as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
    Schema,
    array,
    either,
    maybe,
    number,
    real,
    text,
    thing,
    truth,
)

_WORK = {
    "active_connections?": number("Clients that are connected."),
    "queue_depth?": number("Writes that wait for a commit."),
    "last_commit?": text("When it last committed; empty: never so far."),
    "last_export?": text("When it last wrote the file; empty: never so far."),
    "last_error?": text("What went wrong last; empty: nothing."),
}
_STATUS = thing(
    "The daemon of a store.",
    {
        "workspace": text("The folder of the project."),
        "status": text("running, unresponsive or not_running."),
        "pid?": number("Its process."),
        "version?": text("Its version."),
        "started?": text("Since when it runs."),
        "uptime_seconds?": real("How long it runs."),
        "sync_interval?": text("How soon it writes the file."),
        "daemon_mode?": text("events."),
        "log_path?": text("Its log."),
        "is_current?": truth("Whether it has the version of this bd."),
        "issue?": text("What is not in order, or why it does not run."),
        "retry_seconds?": real("How long commands won't try to start it."),
        "commands?": number("Commands that it is running."),
        **_WORK,
    },
)
_HEALTH = thing(
    "A daemon.",
    {
        "workspace": text("The folder of the project."),
        "socket_path": text("Where it listens."),
        "pid": number("Its process."),
        "version": text("Its version."),
        "status": text("healthy, unhealthy, mismatched or unresponsive."),
        "issue?": text("What is not in order."),
        "uptime_seconds?": real("How long it runs."),
        "db_response_ms?": real("How long a commit took just now."),
        "max_connections?": number("How many clients there may be."),
        "memory_alloc_mb?": real("Its memory."),
        "descriptors?": number("Its open files and sockets."),
        "threads?": number("Its threads."),
        **_WORK,
    },
)
_ROW = thing(
    "A daemon, with classic's names.",
    {
        "WorkspacePath": text("The folder of the project."),
        "DatabasePath": text("The database."),
        "SocketPath": text("Where it listens."),
        "PID": number("Its process."),
        "Version": text("Its version."),
        "UptimeSeconds": real("How long it runs."),
        "LastActivityTime": text("When a client last asked for something."),
        "ExclusiveLockActive": truth("Always false."),
        "ExclusiveLockHolder": text("Always empty."),
        "Alive": truth("Whether it answers."),
        "Error": text("Why it does not; empty if it does."),
    },
)
_ENDED = {"workspace": text("The folder of the project."), "pid": maybe(number("Its process."))}
_TIMES = {
    f"{each}_ms": real("Milliseconds.") for each in ("min", "p50", "p95", "p99", "max", "avg")
}
_METRICS = thing(
    "What the daemon counted.",
    {
        "timestamp": text("When a client last asked for something."),
        "uptime_seconds": real("How long it runs."),
        "operations": array(
            thing(
                "An operation.",
                {
                    "operation": text("Its name; `command` for all command lines."),
                    "total_count": number("How often it was asked for."),
                    "success_count": number("How often it succeeded."),
                    "error_count": number("How often it failed."),
                    "latency": thing("The times of the latest.", _TIMES),
                },
            ),
            "By operation.",
        ),
        "total_connections": number("Clients that came."),
        "active_connections": number("Clients that are connected."),
        "rejected_connections": number("Clients that were sent away."),
        "memory_alloc_mb": real("Its memory."),
        "memory_sys_mb": real("The same."),
        "goroutine_count": number("Its threads."),
        "descriptors": number("Its open files and sockets."),
        "queue_depth": number("Writes that wait for a commit."),
        "commits": thing(
            "Commits, each of many writes.",
            {
                "count": number("How many."),
                "seconds": real("How long all of them took."),
                "calls": number("How many writes they held."),
                "batch_sizes": array(
                    thing(
                        "A size.",
                        {
                            "up_to": number("So many writes or fewer."),
                            "count": number("How many commits."),
                        },
                    ),
                    "How large they were.",
                ),
                "times": array(
                    thing(
                        "A time.",
                        {
                            "up_to_seconds": real("So long or less."),
                            "count": number("How many commits."),
                        },
                    ),
                    "How long they took.",
                ),
            },
        ),
    },
)

DAEMON: dict[str, Schema] = {
    "daemon start": _STATUS,
    "daemon restart": _STATUS,
    "daemon status": either(
        "This store's daemon; with --all, every one.", _STATUS, array(_STATUS, "All that run.")
    ),
    "daemon stop": thing(
        "What became of it.", {**_ENDED, "status": text("stopped, or not_running before.")}
    ),
    "daemon killall": thing(
        "What became of all.",
        {
            "stopped": number("How many were stopped."),
            "failed": number("How many were not."),
            "daemons": array(thing("One that was stopped.", _ENDED), "Those that were."),
        },
    ),
    "daemon list": maybe(array(_ROW, "The daemons that run; null if there are none.")),
    "daemon health": thing(
        "How the daemons do.",
        {
            "total": number("How many there are."),
            "healthy": number("How many do their work."),
            "stale": number("Always 0."),
            "mismatched": number("How many have another version."),
            "unresponsive": number("How many don't answer."),
            "daemons": maybe(array(_HEALTH, "Each; null if there are none.")),
        },
    ),
    "daemon metrics": _METRICS,
    "daemon install": either(
        "What was written, or would be.",
        thing(
            "With --print: the unit.",
            {"path": text("Its file."), "content": text("What is in it.")},
        ),
        thing(
            "The unit.",
            {
                "path": text("Its file."),
                "kind": text("systemd or launchd."),
                "next": text("The command that makes it run."),
            },
        ),
        thing(
            "With --remove: the unit.",
            {"path": text("Its file."), "removed": truth("Whether it was there.")},
        ),
    ),
}
DAEMON["daemon"] = either(
    "As `daemon start`, `stop`, `killall`, `health` or `metrics`, by classic's older flags.",
    *(DAEMON[f"daemon {name}"] for name in ("start", "stop", "killall", "health", "metrics")),
)
"""Command to the schema of its answer."""
