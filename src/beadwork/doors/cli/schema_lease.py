"""What `bd lease` answers under `--json`, as JSON Schema."""

from beadwork.doors.cli.schema_parts import Schema, array, number, text, texts, thing, time, truth

_LEASE: Schema = {
    "lease": number("Its number."),
    "actor": text("Who holds it, or waits for it."),
    "session?": text("In which session."),
    "state": text("held, waiting, released, expired, broken or withdrawn."),
    "exclusive": truth("Whether it excludes all others; else it is shared."),
    "patterns?": texts("The paths that it is of, from the root."),
    "names?": texts("What else it is of."),
    "reason?": text("What for."),
    "lease_epoch?": number("The epoch of its grant; a later grant has a higher one."),
    "asked_at": time("When it was asked for."),
    "granted_at?": time("When it was granted."),
    "expires_at?": time("When it ends unless renewed; absent: with its session."),
    "ended_at?": time("When it ended."),
    "ended_by?": text("Who ended it."),
    "why?": text("Why it ended."),
}
_ONE = thing("A lease.", _LEASE)

LEASE: dict[str, Schema] = {
    "lease acquire": thing(
        "The lease.", {**_LEASE, "already": truth("Whether you held it before.")}
    ),
    "lease renew": array(_ONE, "The leases, as they are now."),
    "lease release": array(_ONE, "The leases that you gave back."),
    "lease break": array(_ONE, "The lease that was broken."),
    "lease list": array(_ONE, "The leases, in the order they were asked for."),
    "lease check": array(
        thing(
            "A path that another has a lease of.",
            {"path": text("The path."), "pattern": text("What covers it."), "lease": _ONE},
        ),
        "Empty where nobody has.",
    ),
}
"""Command to the schema of its answer."""
