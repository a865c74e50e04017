"""What users and agents have to know of each version, newest first."""

from typing import NamedTuple


class Version(NamedTuple):
    """A version, and what one has to know of it."""

    version: str
    lines: tuple[str, ...]


VERSIONS = (
    Version(
        "0.1.0",
        (
            "The commands, the JSON and the file of classic bd, on a store of its own.",
            "Exit codes: 0 done, 1 no, 2 bad request, 3 not found, 4 conflict, 5 unavailable.",
            "Claims have epochs and may have leases: `bd claim`, `release`, `heartbeat`.",
            "`bd why`, `bd history`, `bd undo`; --key makes a change safe to repeat.",
            "Records merge field by field, by git's driver or by the next command.",
        ),
    ),
)


def since(seen: str) -> list[Version]:
    """Return the versions after one; all where that is none of ours."""
    found = []
    for each in VERSIONS:
        if each.version == seen:
            break
        found.append(each)
    return found
