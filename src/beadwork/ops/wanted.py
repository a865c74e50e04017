"""What the store is asked to look for: which issues, and which of those that are ready."""

from typing import NamedTuple


class Filter(NamedTuple):
    """Which issues a list shows. Times are microseconds; None or empty means any."""

    statuses: tuple[str, ...] = ()
    is_open_only: bool = False
    types: tuple[str, ...] = ()
    hidden_types: tuple[str, ...] = ()
    priority: int | None = None
    priority_min: int | None = None
    priority_max: int | None = None
    assignee: str | None = None
    has_no_assignee: bool = False
    labels: tuple[str, ...] = ()
    labels_any: tuple[str, ...] = ()
    has_no_labels: bool = False
    label_alike: str | None = None
    """Upper or lower case alike; so is `assignee_alike`."""
    assignee_alike: str | None = None
    ids: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    label_patterns: tuple[str, ...] = ()
    """Expressions, for each of which one label is to be found."""
    contains: tuple[tuple[str, str], ...] = ()
    """A field and a text in it, upper or lower case alike."""
    has_no_description: bool = False
    spec_start: str | None = None
    mol_type: str | None = None
    wisp_type: str | None = None
    metadata: tuple[tuple[str, str | None], ...] = ()
    """Keys at the top of the metadata; with a value, or None for any."""
    parent: int | None = None
    within: int | None = None
    has_no_parent: bool = False
    is_pinned: bool | None = None
    is_deferred: bool = False
    overdue_by_us: int | None = None
    is_ready: bool = False
    """Only what `ready` lists too; of hidden types if `types` names them."""
    has_templates: bool = True
    has_tombstones: bool = False
    created_after_us: int | None = None
    created_before_us: int | None = None
    updated_after_us: int | None = None
    updated_before_us: int | None = None
    closed_after_us: int | None = None
    closed_before_us: int | None = None
    due_after_us: int | None = None
    due_before_us: int | None = None
    defer_after_us: int | None = None
    defer_before_us: int | None = None


class ReadyFilter(NamedTuple):
    """Which ready issues are asked for; `statuses` are tried as one merged list."""

    statuses: tuple[str, ...] = ("open",)
    types: tuple[str, ...] = ()
    priority: int | None = None
    assignee: str | None = None
    is_unassigned: bool = False
    labels: tuple[str, ...] = ()
    labels_any: tuple[str, ...] = ()
    within: int | None = None
    is_deferred_included: bool = False
    is_ephemeral_included: bool = False
    only: Filter | None = None
    """What else is asked of them; to look at that costs going through all issues."""
