"""Every error that a caller can meet, in five families, each with one exit code.

`code` is stable and crosses every door. The class docstring is the default message.
`hint` says what to do next, `data` holds the facts for a program. Exit codes: R8.
"""

from typing import Any, ClassVar


class BeadworkError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str | None = None, *, hint: str | None = None, **data: Any) -> None:
        self.message = message or (type(self).__doc__ or self.code).splitlines()[0]
        self.hint = self.default_hint if hint is None else hint
        self.data: dict[str, Any] = data
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        """Return the one error object that every door shows."""
        shown: dict[str, Any] = {"error": self.message, "code": self.code}
        if self.hint:
            shown["hint"] = self.hint
        if self.data:
            shown["data"] = self.data
        return shown


class InvalidRequest(BeadworkError):
    """The request is wrong and will stay wrong."""

    code = "request.invalid"
    exit_code = 2


class NotFound(BeadworkError):
    """There is no such thing."""

    code = "not_found"
    exit_code = 3


class Conflict(BeadworkError):
    """The present state says no."""

    code = "conflict"
    exit_code = 4


class Unavailable(BeadworkError):
    """It can't be done now."""

    code = "unavailable"
    exit_code = 5


class Fault(BeadworkError):
    """Beadwork failed."""

    code = "fault"
    exit_code = 70


class InvalidField(InvalidRequest):
    """A field has a value that it can't have."""

    code = "field.invalid"


class InvalidQuery(InvalidRequest):
    """The query can't be read."""

    code = "query.invalid"


class UnknownOperation(InvalidRequest):
    """There is no such operation."""

    code = "operation.unknown"
    default_hint = "See docs/operations for the list."


class AmbiguousId(InvalidRequest):
    """Several issues match this id."""

    code = "id.ambiguous"
    default_hint = "Give more characters of the id."


class AmbiguousBlob(InvalidRequest):
    """Several blobs have digests that begin so."""

    code = "blob.ambiguous"
    default_hint = "Give more characters of the digest."


class BlobMismatch(InvalidRequest):
    """The content is not the one of this digest."""

    code = "blob.mismatch"
    default_hint = "Nothing was kept. Check the content and the digest."


class NothingToDo(InvalidRequest):
    """The request changes nothing."""

    code = "request.empty"


class PrefixMismatch(InvalidRequest):
    """The id has a prefix that is not this project's."""

    code = "id.prefix"
    default_hint = "Use the project's prefix, list it in allowed_prefixes, or pass --force."


class InvalidPath(InvalidRequest):
    """The path can't be used."""

    code = "path.invalid"


class WriteForbidden(InvalidRequest):
    """This command writes, and --readonly forbids it."""

    code = "request.readonly"
    default_hint = "Leave out --readonly."


class UnknownIssue(NotFound):
    """There is no issue with this id."""

    code = "issue.unknown"
    default_hint = "See `bd list --all` for the ids."


class UnknownEdge(NotFound):
    """There is no such dependency."""

    code = "dependency.unknown"


class UnknownEvent(NotFound):
    """There is no such change."""

    code = "event.unknown"


class CursorExpired(NotFound):
    """What happened after this event is not known any more."""

    code = "cursor.expired"


class UnknownMemory(NotFound):
    """Nothing is remembered under this key."""

    code = "memory.unknown"
    default_hint = "See `bd memories` for the keys."


class UnknownBlob(NotFound):
    """There is no blob with this digest."""

    code = "blob.unknown"
    default_hint = "Check the digest. What nothing refers to is collected by `bd blob gc`."


class UnknownMessage(NotFound):
    """There is no message with this id."""

    code = "message.unknown"
    default_hint = "`bd msg inbox --all` and `bd msg outbox` show the ids."


class UnknownReceipt(NotFound):
    """There is no such receipt."""

    code = "receipt.unknown"


class NoSuchRecipient(NotFound):
    """Nobody knows this recipient."""

    code = "recipient.unknown"


class UnknownLease(NotFound):
    """There is no such lease."""

    code = "lease.unknown"
    default_hint = "See `bd lease list` for the numbers."


class NoStore(NotFound):
    """There is no Beadwork store here."""

    code = "store.absent"
    default_hint = "Run `bd init` in the project's folder."


class NoRepository(NotFound):
    """There is no git repository here."""

    code = "git.absent"
    default_hint = "Run `git init` first."


class UnknownRepository(NotFound):
    """No such repository is named."""

    code = "repository.unknown"
    default_hint = "See `bd repo list`."


class NoWorktree(NotFound):
    """There is no such worktree."""

    code = "worktree.unknown"
    default_hint = "See `bd worktree list`."


class BlobDamaged(Conflict):
    """A blob is not what it was."""

    code = "blob.damaged"
    default_hint = "Put the same content again: `bd blob put FILE` mends it."


class WorkAtRisk(Conflict):
    """Work would be lost."""

    code = "worktree.dirty"
    default_hint = "Commit or stash it, or pass --force."


class HookExists(Conflict):
    """There is a hook of somebody else's."""

    code = "hook.exists"


class GitRefused(Conflict):
    """Git refused."""

    code = "git.refused"


class ClaimLost(Conflict):
    """Someone else holds this issue."""

    code = "claim.lost"
    default_hint = "Take other work: `bd ready`."


class ClaimStale(Conflict):
    """Your claim of this issue has ended."""

    code = "claim.stale"
    default_hint = "Stop work on it. What you sent is kept: `bd late`."


class ReceiptStale(Conflict):
    """This receipt holds nothing any more."""

    code = "receipt.stale"
    default_hint = "It was settled, or its time ran out and it was handed out anew: receive again."


class MessageExpired(Conflict):
    """The message has expired."""

    code = "message.expired"


class RepliesLoop(Conflict):
    """Too many replies follow one another."""

    code = "thread.loop"
    default_hint = "Two programs seem to answer each other. Begin a new thread: `bd msg send`."


class LeaseHeld(Conflict):
    """Someone else has a lease of this."""

    code = "lease.held"
    default_hint = "See `bd lease list`."


class LeaseStale(Conflict):
    """Your lease has ended."""

    code = "lease.stale"
    default_hint = "Acquire it again before you go on: another may have changed what it covers."


class CloseBlocked(Conflict):
    """The issue has open blockers."""

    code = "close.blocked"
    default_hint = "Close the blockers first, or pass --force."


class InvalidTransition(Conflict):
    """The issue's state does not allow this."""

    code = "state.invalid"


class DependencyCycle(Conflict):
    """The dependency would close a cycle."""

    code = "dependency.cycle"
    default_hint = "Remove one edge of the cycle first: `bd dep remove`."


class IssueExists(Conflict):
    """There is an issue with this id."""

    code = "issue.exists"
    default_hint = "Choose another id, or leave out --id."


class KeyReused(Conflict):
    """This key was used with other arguments."""

    code = "key.reused"
    default_hint = "Use a new key for a new request."


class UndoConflict(Conflict):
    """What the change wrote has been changed since."""

    code = "undo.conflict"
    default_hint = "Undo the later changes first, or set the fields by hand."


class StoreExists(Conflict):
    """There is a store here."""

    code = "store.exists"


class RestoreLoses(Conflict):
    """The present store knows more than the backup."""

    code = "restore.loses"
    default_hint = "Pass --force to lose it; the present store is kept beside."


class MailboxFull(Unavailable):
    """Too many messages wait for this recipient."""

    code = "mailbox.full"
    default_hint = "Wait until some are taken; `bd msg inbox --agent NAME` shows them."


class NoReply(Unavailable):
    """No answer came in time."""

    code = "message.no_reply"


class StoreBusy(Unavailable):
    """The store is locked by another process."""

    code = "store.busy"
    default_hint = "Try again; raise --lock-timeout if it goes on."


class StoreReadOnly(Unavailable):
    """The store can't be written."""

    code = "store.readonly"
    default_hint = "Check the permissions of the .beads folder."


class StoreRemote(Unavailable):
    """The store lies on a network file system."""

    code = "store.remote"
    default_hint = (
        "Keep the database on a local disk: `bd config set store.path FILE`, or BD_STORE_PATH=FILE."
    )


class StoreFull(Unavailable):
    """The disk is full."""

    code = "store.full"
    default_hint = "Make room and run the command again; nothing of it was stored."


class ClockWrong(Unavailable):
    """The clock of this machine shows a time that no record can hold."""

    code = "clock.wrong"
    default_hint = "Set the clock of this machine; nothing was stored."


class StoreNewer(Unavailable):
    """The database was made by a newer Beadwork."""

    code = "store.newer"
    default_hint = "Upgrade Beadwork to use this store."


class FileTrouble(Unavailable):
    """A file can't be read or written."""

    code = "file.trouble"


class FileGone(FileTrouble):
    """A file is not there any more."""

    code = "file.gone"
    default_hint = "Check the path, and try again."


class StoreCorrupt(Fault):
    """The database is damaged."""

    code = "store.corrupt"
    default_hint = (
        "Run `bd doctor --fix`. Or move .beads/beadwork.db and its -wal and -shm files aside and "
        "run `bd init`; it rebuilds the store from .beads/issues.jsonl."
    )


class StoreTrouble(Fault):
    """The database failed."""

    code = "store.trouble"
    default_hint = "Check the disk, then run the command again."


def _subclasses(base: type[BeadworkError]) -> list[type[BeadworkError]]:
    return [base] + [leaf for child in base.__subclasses__() for leaf in _subclasses(child)]


def by_code() -> dict[str, type[BeadworkError]]:
    """Return every error class by its code."""
    return {each.code: each for each in _subclasses(BeadworkError)}


class DatabaseMismatch(InvalidRequest):
    """The request is meant for another store."""

    code = "database.mismatch"
    default_hint = "Ask the daemon of that store: its socket lies beside the database."


class DaemonRunning(Conflict):
    """A daemon of this store is running already."""

    code = "daemon.running"
    default_hint = "`bd daemon status` shows it."


class ForeignDaemon(Conflict):
    """Another program serves this store."""

    code = "daemon.foreign"
    default_hint = "Stop the classic daemon first: `bd daemon stop` of the program that started it."


class DaemonFailed(Unavailable):
    """The daemon could not be started."""

    code = "daemon.failed"
    default_hint = "`bd daemon logs` tells more; commands work without it, too."


class NoDaemon(Unavailable):
    """Concurrent access detected. Start daemon: `bd daemon start`."""

    code = "daemon.required"
    default_hint = "`bd daemon start`, or set `daemon: auto`."
