"""What doctor looks at of the logs: whether each line follows from the one before."""

import contextlib
from collections.abc import Iterator

from beadwork.model.errors import BeadworkError
from beadwork.model.finding import UPKEEP, Finding, listed
from beadwork.sync.locate import Place
from beadwork.sync.log_files import LogFiles

_TIMEOUT_S = 5.0
NAME = "logs"


def _logs(place: Place) -> LogFiles:
    lock = place.lock_path("log.lock")
    return LogFiles(place.log_folder, lock, timeout_s=_TIMEOUT_S, store=place.folder)


@contextlib.contextmanager
def _still(logs: LogFiles) -> Iterator[None]:
    """Keep others from writing meanwhile, where there is a lock that can be taken."""
    with contextlib.ExitStack() as stack:
        if logs.exist:
            with contextlib.suppress(BeadworkError):
                stack.enter_context(logs.writing())
        yield


def logs_finding(place: Place) -> Finding:
    """Verify the logs; nothing is changed."""
    logs = _logs(place)
    try:
        with _still(logs):
            flaws = logs.verify()
    except BeadworkError as error:
        return Finding(
            name=NAME, category=UPKEEP, status="warning", message=error.message, fix=error.hint
        )
    if not flaws:
        said = "each line of the logs follows from the one before"
        return Finding(name=NAME, category=UPKEEP, status="ok", message=said)
    return Finding(
        name=NAME,
        category=UPKEEP,
        status="warning",
        message=f"{len(flaws)} files of the logs are damaged",
        detail=listed([each.said for each in flaws]),
        fix="Put them aside, and write anew what the store has; a torn end is cut off.",
        can_mend=True,
    )


def mend_logs(place: Place) -> None:
    """Mend the logs. What they lack then is written with the next event.

    Raises:
        FileTrouble: a file can't be written.
    """
    logs = _logs(place)
    with logs.writing():
        logs.mend()
