"""What `bd blob` answers under `--json`, as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
    Schema,
    array,
    either,
    number,
    text,
    texts,
    thing,
    time,
    truth,
)

_DIGEST = text("The SHA-256 of the content, whole.")
_SIZE = number("How long the content is.")

BLOB: dict[str, Schema] = {
    "blob put": thing(
        "The blob.",
        {"digest": _DIGEST, "size_bytes": _SIZE, "is_new": truth("Whether it was not known.")},
    ),
    "blob get": either(
        "With -o, where the content is; else the content.",
        thing(
            "Written.", {"digest": _DIGEST, "size_bytes": _SIZE, "path": text("The file it is in.")}
        ),
        thing(
            "The content.",
            {"digest": _DIGEST, "size_bytes": _SIZE, "content": text("As base64.")},
        ),
    ),
    "blob stat": thing(
        "What is known of the blob.",
        {
            "digest": _DIGEST,
            "size_bytes": _SIZE,
            "created_at": time("When it was put, while nothing referred to it."),
            "refs": number("How much refers to it."),
            "state": text("whole, damaged or missing, by a look at its file."),
        },
    ),
    "blob list": array(
        thing(
            "A blob.",
            {
                "digest": _DIGEST,
                "size_bytes": _SIZE,
                "created_at": time("When it was put, while nothing referred to it."),
                "refs": number("How much refers to it."),
            },
        ),
        "The blobs, by digest.",
    ),
    "blob verify": thing(
        "What reading the blobs told.",
        {
            "checked": number("How many were read."),
            "damaged": texts("Those whose content is not what it was."),
            "missing": texts("Those without a file."),
            "unreadable": texts("Those whose file can't be read."),
            "unreferenced": texts("Those that nothing refers to, whole or not."),
        },
    ),
    "blob gc": thing(
        "What was removed.",
        {
            "digests": texts("The blobs."),
            "count": number("How many."),
            "freed_bytes": number("How long they were in all."),
            "leftovers": number("How many files that were left half written were removed."),
            "dry_run": truth("Whether nothing was removed."),
        },
    ),
}
"""Command to the schema of its answer."""
