"""What doctor says of a database that can't be opened, or not be written."""

import contextlib

from beadwork.doors.upkeep_parts import Lack
from beadwork.engine import Caller, Engine
from beadwork.model.errors import BeadworkError, InvalidRequest, StoreBusy
from beadwork.model.finding import CORE, Finding, fine, listed
from beadwork.ops.issue_create import CreateIssue


def failed(name: str, error: BeadworkError) -> Finding:
    """Tell that something can't even be looked at."""
    return Finding(name=name, category=CORE, status="error", message=error.message, fix=error.hint)


def shut(folder: str) -> Finding:
    """Tell that the store's folder keeps us out."""
    return Finding(
        name="database",
        category=CORE,
        status="error",
        message=f"The permissions of {folder} keep you out",
        fix="It can be looked at once they are mended: see `permissions` and `owner`.",
    )


def other_version(version: int, known: int) -> Finding:
    """Tell that the database is of another version than this program."""
    if version > known:
        return Finding(
            name="database",
            category=CORE,
            status="error",
            message=f"The database has version {version}; this Beadwork knows {known}",
            fix="Upgrade Beadwork.",
        )
    return Finding(
        name="database",
        category=CORE,
        status="warning",
        message=f"The database has version {version}, older than {known}",
        fix="Bring it up to date; the next command does it too.",
        can_mend=True,
    )


def schema_finding(lack: Lack) -> Finding:
    """Tell whether the database has all the tables, indexes and columns of its version."""
    lines = lack.lines()
    if not lines:
        return fine("schema", CORE, "every table, index and column of this version is there")
    return Finding(
        name="schema",
        category=CORE,
        status="error",
        message=f"The database lacks {len(lines)} of its tables, indexes and columns",
        detail=listed(lines),
        fix="Restore a backup: `bd backup status`."
        if lack.columns
        else "Make them anew, and fill them as far as can be; see also `bd backup status`.",
        can_mend=not lack.columns,
    )


def whether_a_write_commits(engine: Engine, caller: Caller) -> Finding:
    """Make an issue and take it back, commit a transaction of nothing, and tell whether it works."""
    try:
        with contextlib.suppress(InvalidRequest):  # The project's rules may want more of an issue.
            engine.rehearse(CreateIssue(title="Made by doctor, and taken back at once"), caller)
        engine.probe()
    except BeadworkError as error:
        return Finding(
            name="writes",
            category=CORE,
            status="warning" if isinstance(error, StoreBusy) else "error",
            message=f"No write can be stored: {error.message}",
            fix=error.hint,
        )
    return Finding(name="writes", category=CORE, status="ok", message="a write can be stored")
