"""The issue as people and programs see it, its statuses, types and priorities.

Field names and their order are classic's (classic-bd.md 3.1): the order is that of the file.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from beadwork.model import limits
from beadwork.model.errors import InvalidField


class DependencyRecord(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """An edge as it stands in the record of the issue that needs the other."""

    issue_id: str = ""
    depends_on_id: str
    type: str = "blocks"
    created_at: str | None = None
    created_by: str | None = None
    metadata: Any = None
    thread_id: str | None = None


class Comment(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A remark on an issue; `id` is a number here, and may be text in newer files."""

    id: int | str = 0
    issue_id: str = ""
    author: str = ""
    text: str = ""
    created_at: str = ""


class Issue(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A piece of work: one record of the file, typed. Times are RFC 3339 text."""

    id: str
    title: str = ""
    description: str = ""
    design: str = ""
    acceptance_criteria: str = ""
    notes: str = ""
    spec_id: str = ""
    status: str = ""
    priority: int | None = None
    issue_type: str = ""
    assignee: str = ""
    owner: str = ""
    estimated_minutes: int | float | None = None
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    closed_at: str = ""
    close_reason: str = ""
    closed_by_session: str = ""
    due_at: str = ""
    defer_until: str = ""
    external_ref: str = ""
    source_system: str = ""
    metadata: Any = None
    compaction_level: int = 0
    compacted_at: str = ""
    compacted_at_commit: str = ""
    original_size: int = 0
    labels: list[str] = []
    dependencies: list[DependencyRecord] = []
    comments: list[Comment] = []
    deleted_at: str = ""
    deleted_by: str = ""
    delete_reason: str = ""
    original_type: str = ""
    sender: str = ""
    ephemeral: bool = False
    wisp_type: str = ""
    pinned: bool = False
    is_template: bool = False
    bonded_from: Any = None
    creator: Any = None
    validations: Any = None
    quality_score: float | None = None
    crystallizes: bool = False
    await_type: str = ""
    await_id: str = ""
    timeout: int | float = 0
    waiters: list[str] = []
    holder: str = ""
    source_formula: str = ""
    source_location: str = ""
    hook_bead: str = ""
    role_bead: str = ""
    agent_state: str = ""
    last_activity: str = ""
    role_type: str = ""
    rig: str = ""
    mol_type: str = ""
    work_type: str = ""
    event_kind: str = ""
    actor: str = ""
    target: str = ""
    payload: str = ""
    unknown_fields: dict[str, Any] = msgspec.field(default_factory=dict, name="*")
    """What newer programs wrote beside the fields above; doors show it among them."""


KNOWN_FIELDS: tuple[str, ...] = Issue.__struct_fields__[:-1]
STATE_FIELDS = (
    "status",
    "closed_at",
    "close_reason",
    "closed_by_session",
    "deleted_at",
    "deleted_by",
    "delete_reason",
    "original_type",
)
"""The fields that together are one register (R1): a closing is written as a whole."""

BUILT_IN_STATUSES = (
    "open",
    "in_progress",
    "blocked",
    "deferred",
    "closed",
    "tombstone",
    "pinned",
    "hooked",
)
BUILT_IN_TYPES = ("bug", "feature", "task", "epic", "chore", "event")
TYPE_ALIASES = {"enhancement": "feature", "feat": "feature"}
HIDDEN_TYPES = ("merge-request", "gate", "molecule", "message", "agent", "role", "rig")
"""Types that `ready` leaves out unless one is asked for (classic-bd.md 4.1)."""
LISTED_NEVER = ("gate",)
DONE_STATUSES = frozenset({"closed", "tombstone"})
_FAILURE_WORDS = (
    "failed",
    "rejected",
    "wontfix",
    "won't fix",
    "canceled",
    "cancelled",
    "abandoned",
    "blocked",
    "error",
    "timeout",
    "aborted",
)


def names_failure(close_reason: str) -> bool:
    """Tell whether a reason says that the work failed (classic-bd.md 4.2)."""
    reason = close_reason.lower()
    return any(word in reason for word in _FAILURE_WORDS)


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """The statuses and types that this project accepts, and what its ids look like."""

    prefix: str = ""
    allowed_prefixes: tuple[str, ...] = ()
    custom_statuses: tuple[str, ...] = ()
    done_statuses: tuple[str, ...] = ()
    custom_types: tuple[str, ...] = ()
    hidden_id_patterns: tuple[str, ...] = ("-mol-", "-wisp-")
    claim_lease_s: float | None = None
    """How long a claim holds unless renewed, where it does not say so itself; None: for ever."""

    def is_done(self, status: str) -> bool:
        """Tell whether a status ends the work."""
        return status in DONE_STATUSES or status in self.done_statuses

    def statuses(self) -> tuple[str, ...]:
        """Return every status, built in and custom."""
        return BUILT_IN_STATUSES + self.custom_statuses

    def _settable(self) -> tuple[str, ...]:
        return tuple(each for each in self.statuses() if each != "tombstone")

    def types(self) -> tuple[str, ...]:
        """Return every issue type, built in and custom."""
        return BUILT_IN_TYPES + self.custom_types

    def require_status(self, status: str) -> str:
        """Return the status if there is one of this name.

        Raises:
            InvalidField: there is none.
        """
        if status not in self.statuses():
            from beadwork.model.synonyms import STATUSES

            raise InvalidField(
                f'There is no status "{status[:60]}"',
                hint=nearest_hint(status, self._settable(), STATUSES),
                field="status",
            )
        return status

    def require_type(self, issue_type: str) -> str:
        """Return the type that this name or alias stands for.

        Raises:
            InvalidField: there is none.
        """
        name = TYPE_ALIASES.get(issue_type, issue_type)
        if name not in self.types():
            from beadwork.model.synonyms import TYPES

            raise InvalidField(
                f'There is no issue type "{issue_type[:60]}"',
                hint=nearest_hint(issue_type, self.types(), TYPES)
                + " Add your own under types.custom in .beads/config.yaml.",
                field="issue_type",
            )
        return name


def nearest_hint(word: str, known: Iterable[str], meanings: Mapping[str, str] | None = None) -> str:
    """Name the known word that was meant by another or is nearest to it, or else all of them."""
    # Late import: only a mistake needs it.
    import difflib

    names = list(known)
    meant = (meanings or {}).get(word.strip().lower())
    if meant in names:
        return f'Did you mean "{meant}"?'
    near = difflib.get_close_matches(word[:100].lower(), names, n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Use one of: {', '.join(names)}."


def require_text(text: str, field: str) -> str:
    """Return a text that the store can hold.

    Raises:
        InvalidField: it has a NUL, is not Unicode, or is too long.
    """
    if "\x00" in text:
        raise InvalidField(f"The {field} has a NUL character", hint="Remove it.", field=field)
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise InvalidField(
            f"The {field} is not valid UTF-8", hint="Send the text as UTF-8.", field=field
        ) from None
    if size > limits.TEXT_BYTES_MAX:
        raise InvalidField(
            f"The {field} has {size} bytes",
            hint=f"{limits.TEXT_BYTES_MAX} bytes are the limit.",
            field=field,
        )
    return text


def require_name(name: str, field: str) -> str:
    """Return the name of an assignee: it has one line, as that of an actor.

    Raises:
        InvalidField: it is blank, has several lines, or is too long.
    """
    if name and not name.strip():
        raise InvalidField(f"The {field} is blank", hint="Leave it empty for none.", field=field)
    if len(name) > limits.ID_CHARS_MAX or "\n" in name or "\r" in name:
        raise InvalidField(
            f"The {field} is too long, or has a line end in it",
            hint="Give a name in one line.",
            field=field,
        )
    return require_text(name, field)


def require_title(title: str) -> str:
    """Return a title that says something.

    Raises:
        InvalidField: it is blank, too long, or not text that the store can hold.
    """
    if not title.strip():
        raise InvalidField(
            "The title is empty", hint="Give a title of at least one word.", field="title"
        )
    if len(title) > limits.TITLE_CHARS_MAX:
        raise InvalidField(
            f"The title has {len(title)} characters",
            hint=f"{limits.TITLE_CHARS_MAX} are the limit; put the rest into the description.",
            field="title",
        )
    return require_text(title, "title")


def require_label(label: str) -> str:
    """Return a label without the spaces around it.

    Raises:
        InvalidField: it is blank or too long.
    """
    stripped = require_text(label, "label").strip()
    if not stripped or len(stripped) > limits.LABEL_CHARS_MAX:
        raise InvalidField(
            "The label is empty" if not stripped else "The label is too long",
            hint=f"A label has 1 to {limits.LABEL_CHARS_MAX} characters.",
            field="label",
        )
    return stripped


def require_priority(priority: int) -> int:
    """Return a priority from 0, the most urgent, to 4.

    Raises:
        InvalidField: it lies outside.
    """
    if not limits.PRIORITY_MIN <= priority <= limits.PRIORITY_MAX:
        raise InvalidField(
            f"There is no priority {priority}",
            hint="Use 0 (critical) to 4 (backlog), or P0 to P4.",
            field="priority",
        )
    return priority
