"""The options that say which issues are meant, for every command that lists or counts some.

What they mean is said once, in `ops/filtered.py`; here they are only read.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from beadwork.doors.cli import times
from beadwork.doors.cli.options import ID, PRIORITY, one_of, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField

F = TypeVar("F", bound=Callable[..., Any])


def _option(*names: str, **settings: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    return names, settings


_OPTIONS = (
    _option("-s", "--status", multiple=True, help="Only these statuses; all means any."),
    _option("-t", "--type", "issue_type", multiple=True, help="Only these types."),
    _option("--exclude-type", multiple=True, help="Not these types."),
    _option("-p", "--priority", type=PRIORITY, help="Only this priority."),
    _option("--priority-min", type=PRIORITY, help="This priority or a higher number."),
    _option("--priority-max", type=PRIORITY, help="This priority or a lower number."),
    _option("-a", "--assignee", help='Only of this assignee; me is you, "" nobody.'),
    _option("--no-assignee", is_flag=True, help="Only nobody's."),
    _option("-l", "--label", multiple=True, help="With all of these labels."),
    _option("--label-any", multiple=True, help="With any of these labels."),
    _option("--exclude-label", multiple=True, help="With none of these labels."),
    _option("--label-pattern", help="With a label like this: tech-*."),
    _option("--label-regex", help="With a label that this expression finds."),
    _option("--no-labels", is_flag=True, help="Without labels."),
    _option("--id", "ids", multiple=True, help="Only these ids."),
    _option("--title", help="With this text in the title."),
    _option("--title-contains", help="With this text in the title."),
    _option("--desc-contains", help="With this text in the description."),
    _option("--notes-contains", help="With this text in the notes."),
    _option("--empty-description", is_flag=True, help="Without a description."),
    _option("--parent", type=ID, help="Children of this issue."),
    _option("--filter-parent", type=ID, hidden=True),
    _option("--no-parent", is_flag=True, help="Only what is nobody's child."),
    _option("--created-after", help="Made at or after: 2026-01-31, -2d, ..."),
    _option("--created-before", help="Made at or before."),
    _option("--updated-after", help="Changed at or after."),
    _option("--updated-before", help="Changed at or before."),
    _option("--closed-after", help="Closed at or after."),
    _option("--closed-before", help="Closed at or before."),
    _option("--due-after", help="Due at or after."),
    _option("--due-before", help="Due at or before."),
    _option("--defer-after", help="Put off to this time or later."),
    _option("--defer-before", help="Put off to this time or earlier."),
    _option("--deferred", is_flag=True, help="Only what is put off to a date."),
    _option("--overdue", is_flag=True, help="Only what is due by now and not done."),
    _option("--pinned", is_flag=True, help="Only pinned ones."),
    _option("--no-pinned", is_flag=True, help="Without pinned ones."),
    _option("--spec", help="Of specifications whose id begins so."),
    _option("--mol-type", help="Molecules of this type."),
    _option("--wisp-type", help="Wisps of this type."),
    _option("--metadata-field", multiple=True, help="With KEY=VALUE in the metadata."),
    _option("--has-metadata-key", multiple=True, help="With this key in the metadata."),
    _option("--ready", "is_ready", is_flag=True, help="Only what `bd ready` lists."),
    _option("--all", "has_all", is_flag=True, help="Closed ones too."),
    _option("--include-gates", is_flag=True, help="Gates too."),
    _option("--include-templates", is_flag=True, help="Templates too."),
)
_WORDS = {
    "issue_type": "issue_types",
    "exclude_type": "exclude_types",
    "label": "labels",
    "label_any": "labels_any",
    "exclude_label": "exclude_labels",
    "ids": "ids",
}
_PLAIN = {
    "priority": "priority",
    "priority_min": "priority_min",
    "priority_max": "priority_max",
    "assignee": "assignee",
    "no_assignee": "no_assignee",
    "label_pattern": "label_pattern",
    "label_regex": "label_regex",
    "no_labels": "no_labels",
    "title": "title",
    "title_contains": "title_contains",
    "desc_contains": "description_contains",
    "notes_contains": "notes_contains",
    "empty_description": "empty_description",
    "no_parent": "no_parent",
    "deferred": "deferred",
    "overdue": "overdue",
    "spec": "spec",
    "mol_type": "mol_type",
    "wisp_type": "wisp_type",
    "is_ready": "ready",
    "has_all": "all",
    "include_gates": "include_gates",
    "include_templates": "include_templates",
}
_LISTS = ("metadata_field", "has_metadata_key")
_TIMES = tuple(
    f"{noun}_{side}"
    for noun in ("created", "updated", "closed", "due", "defer")
    for side in ("after", "before")
)
_NOT_OF_READY = frozenset(
    {
        "--status", "--all", "--ready", "--closed-after", "--closed-before", "--deferred",
        "--pinned", "--no-pinned", "--wisp-type", "--include-gates", "--include-templates",
    }
)  # fmt: skip
"""What `ready` settles by itself."""
_DEEP = {"help": "Anything under this issue."}
_NOT_OF_BLOCKED = frozenset(
    {
        "--all", "--ready", "--closed-after", "--closed-before", "--pinned", "--no-pinned",
        "--include-gates", "--include-templates",
    }
)  # fmt: skip


def filter_options(command: F) -> F:
    """Give a command the options that say which issues are meant."""
    return _with_options(command, frozenset())


def ready_filter_options(command: F) -> F:
    """Give a command those that make sense of what is ready."""
    return _with_options(command, _NOT_OF_READY)


def blocked_filter_options(command: F) -> F:
    """Give a command those that make sense of what waits."""
    return _with_options(command, _NOT_OF_BLOCKED)


def _with_options(command: F, left_out: frozenset[str]) -> F:
    for names, settings in reversed(_OPTIONS):
        if left_out.isdisjoint(names):
            said = settings | (_DEEP if left_out and "--parent" in names else {})
            command = click.option(*names, **said)(command)
    return command


def filter_fields(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a `Filtered` request that the options say; what is not said is absent.

    Raises:
        InvalidField: an option has an empty value, or two say different things.
    """
    del session  # What the words mean does not depend on who asks.
    fields = {field: given[name] for name, field in _PLAIN.items() if _is_given(given.get(name))}
    fields |= {name: list(given[name]) for name in _LISTS if given.get(name)}
    fields |= {
        field: _words(given[name], name) for name, field in _WORDS.items() if given.get(name)
    }
    for name in _TIMES:
        if given.get(name) is not None:
            fields[name] = times.given_bound(given[name], name)
    parent = one_of(
        {"parent": given.get("parent"), "filter_parent": given.get("filter_parent")}, "parent"
    )
    if parent is not None:
        fields["parent"] = parent
    return fields | _statuses(given) | _pinned(given)


def is_asked(fields: dict[str, Any]) -> bool:
    """Tell whether any of these fields leaves issues out; the others only let more in."""
    return bool(fields.keys() - {"all", "include_gates", "include_templates"})


def _is_given(value: object) -> bool:
    # Priority 0 and an empty assignee are filters; an absent flag is none.
    return value is not None and value is not False


def _words(values: tuple[str, ...], name: str) -> list[str]:
    words = split_words(values)
    if not words:
        flag = "--id" if name == "ids" else f"--{name.removeprefix('issue_').replace('_', '-')}"
        raise InvalidField(f"{flag} is empty", hint="Leave it out, or say something.", field=name)
    return words


def _statuses(given: dict[str, Any]) -> dict[str, Any]:
    if not given.get("status"):
        return {}
    words = _words(given["status"], "status")
    if "all" in words:
        return {"all": True}
    return {"statuses": words}


def _pinned(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("pinned") and given.get("no_pinned"):
        raise InvalidField(
            "It can't be both --pinned and --no-pinned",
            hint="Leave out one of the two.",
            field="pinned",
        )
    if given.get("pinned"):
        return {"pinned": True}
    return {"pinned": False} if given.get("no_pinned") else {}
