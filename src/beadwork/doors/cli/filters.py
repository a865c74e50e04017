"""The filters that `bd list` and its kin share: which issues are meant (classic-bd.md 1.2)."""

import fnmatch
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from msgspec import structs

from beadwork.doors.cli import times
from beadwork.doors.cli.options import ID, PRIORITY, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.instants import parse_us
from beadwork.model.issue import Issue
from beadwork.ops.issue import Listed, ListIssues
from beadwork.ops.ready import ListReady

F = TypeVar("F", bound=Callable[..., Any])
Test = Callable[[Issue], bool]

_SIDES = ("after", "before")
_NOTED = tuple(f"{noun}_{side}" for noun in ("created", "updated", "closed") for side in _SIDES)
_PLANNED = tuple(f"{noun}_{side}" for noun in ("due", "defer") for side in _SIDES)

_OPTIONS = (
    click.option("-s", "--status", multiple=True, help="Only these statuses, comma separated."),
    click.option("-t", "--type", "issue_type", multiple=True, help="Only these types."),
    click.option("-p", "--priority", type=PRIORITY, help="Only this priority."),
    click.option("--priority-min", type=PRIORITY, help="This priority or a higher number."),
    click.option("--priority-max", type=PRIORITY, help="This priority or a lower number."),
    click.option("-a", "--assignee", help='Only of this assignee; "" for nobody\'s.'),
    click.option("--no-assignee", is_flag=True, help="Only nobody's."),
    click.option("-l", "--label", multiple=True, help="With all of these labels."),
    click.option("--label-any", multiple=True, help="With any of these labels."),
    click.option("--label-pattern", help="With a label like this: tech-*."),
    click.option("--label-regex", help="With a label that this expression finds."),
    click.option("--no-labels", is_flag=True, help="Without labels."),
    click.option("--id", "ids", multiple=True, help="Only these ids."),
    click.option("--title", help="With this text in the title."),
    click.option("--title-contains", help="With this text in the title."),
    click.option("--desc-contains", help="With this text in the description."),
    click.option("--notes-contains", help="With this text in the notes."),
    click.option("--empty-description", is_flag=True, help="Without a description."),
    click.option("--parent", type=ID, help="Children of this issue."),
    click.option("--filter-parent", type=ID, hidden=True),
    click.option("--created-after", help="Made at or after: 2026-01-31, +2d, ..."),
    click.option("--created-before", help="Made at or before."),
    click.option("--updated-after", help="Changed at or after."),
    click.option("--updated-before", help="Changed at or before."),
    click.option("--closed-after", help="Closed at or after."),
    click.option("--closed-before", help="Closed at or before."),
    click.option("--due-after", help="Due at or after."),
    click.option("--due-before", help="Due at or before."),
    click.option("--defer-after", help="Put off to this time or later."),
    click.option("--defer-before", help="Put off to this time or earlier."),
    click.option("--deferred", is_flag=True, help="Only what is put off to a date."),
    click.option("--overdue", is_flag=True, help="Only what is due by now and not closed."),
    click.option("--pinned", is_flag=True, help="Only pinned ones."),
    click.option("--no-pinned", is_flag=True, help="Without pinned ones."),
    click.option("--spec", help="Of specifications whose id begins so."),
    click.option("--mol-type", help="Molecules of this type."),
    click.option("--wisp-type", help="Wisps of this type."),
    click.option("--ready", "is_ready", is_flag=True, help="Only what can be worked on now."),
    click.option("--all", "has_all", is_flag=True, help="Closed ones too, without a limit."),
    click.option("--include-gates", is_flag=True, help="Gates too."),
    click.option("--include-templates", is_flag=True, help="Templates too."),
)

_NAMES = (
    "status", "issue_type", "priority", "priority_min", "priority_max", "assignee", "no_assignee",
    "label", "label_any", "label_pattern", "label_regex", "no_labels", "ids", "title",
    "title_contains", "desc_contains", "notes_contains", "empty_description", "parent",
    "filter_parent", *_NOTED, *_PLANNED, "deferred", "overdue", "pinned", "no_pinned", "spec",
    "mol_type", "wisp_type", "is_ready",
)  # fmt: skip


def filter_options(command: F) -> F:
    """Give a command the options that say which issues are meant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_asked(given: dict[str, Any]) -> bool:
    """Tell whether any filter was given."""
    return any(_is_given(given[name]) for name in _NAMES)


def _is_given(value: object) -> bool:
    # Priority 0 and an empty assignee are filters; an absent flag is none.
    return value is not None and value is not False and value != ()


def find(session: Session, given: dict[str, Any], request: ListIssues) -> Listed:
    """Return the issues that are meant, in the order and number that `request` says."""
    wanted = structs.replace(request, **_asked(given))
    tests = _tests(given)
    if given["is_ready"]:
        _require_only_ready(given)
        ready = session.run(ListReady(limit=0, issue_types=wanted.issue_types)).issues
        ids = {each.issue.id for each in ready}
        tests.append(lambda issue: issue.id in ids)
    if not tests:
        return session.run(wanted)
    rows = [
        row
        for row in session.run(structs.replace(wanted, limit=0)).issues
        if all(test(row.issue) for test in tests)
    ]
    kept = rows[: request.limit] if request.limit else rows
    return Listed(issues=kept, is_cut=len(rows) > len(kept))


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a filter that the store can answer itself."""
    if given["pinned"] and given["no_pinned"]:
        raise InvalidField("It can't be both --pinned and --no-pinned", field="pinned")
    statuses = split_words(given["status"])
    assignee = given["assignee"]
    words = [text for text in (given["title"], given["title_contains"]) if text]
    return {
        "statuses": [each for each in statuses if each != "all"],
        "all": given["has_all"] or "all" in statuses,
        "issue_types": split_words(given["issue_type"]),
        "priority": given["priority"],
        "priority_min": given["priority_min"],
        "priority_max": given["priority_max"],
        "assignee": assignee or None,
        "no_assignee": given["no_assignee"] or assignee == "",
        "labels": split_words(given["label"]),
        "labels_any": split_words(given["label_any"]),
        "no_labels": given["no_labels"],
        "ids": split_words(given["ids"]),
        "title_contains": words[0] if words else None,
        "parent": given["parent"] or given["filter_parent"],
        "pinned": True if given["pinned"] else False if given["no_pinned"] else None,
        "include_gates": given["include_gates"],
        "include_templates": given["include_templates"],
        **{name: times.given_time(given[name], name) for name in _NOTED if given[name]},
    }


def _tests(given: dict[str, Any]) -> list[Test]:
    """Return the part of a filter that is tried on each issue."""
    tests: list[Test] = [*_text_tests(given), *_label_tests(given), *_time_tests(given)]
    for flag, field in (("mol_type", "mol_type"), ("wisp_type", "wisp_type")):
        if given[flag]:
            tests.append(_is_equal(field, given[flag]))
    if given["spec"]:
        tests.append(lambda issue: issue.spec_id.startswith(given["spec"]))
    if given["empty_description"]:
        tests.append(lambda issue: not issue.description.strip())
    return tests


def _is_equal(field: str, value: str) -> Test:
    return lambda issue: bool(getattr(issue, field) == value)


def _has_text(field: str, words: str) -> Test:
    sought = words.casefold()
    return lambda issue: sought in getattr(issue, field).casefold()


def _text_tests(given: dict[str, Any]) -> list[Test]:
    sought = (
        ("title", "title"),
        ("title_contains", "title"),
        ("desc_contains", "description"),
        ("notes_contains", "notes"),
    )
    tests = [_has_text(field, given[flag]) for flag, field in sought if given[flag]]
    # One text in the title is the store's to find.
    is_title_alone = len(tests) == 1 and bool(given["title"] or given["title_contains"])
    return [] if is_title_alone else tests


def _label_tests(given: dict[str, Any]) -> list[Test]:
    tests: list[Test] = []
    patterns = []
    if given["label_pattern"]:
        patterns.append(fnmatch.translate(given["label_pattern"]))
    if given["label_regex"]:
        patterns.append(given["label_regex"])
    for pattern in patterns:
        try:
            sought = re.compile(pattern)
        except re.error as error:
            raise InvalidField(
                f'"{pattern[:60]}" is no regular expression: {error}', field="label_regex"
            ) from error
        tests.append(_has_label(sought))
    return tests


def _has_label(sought: re.Pattern[str]) -> Test:
    return lambda issue: any(sought.search(label) for label in issue.labels)


def _time_tests(given: dict[str, Any]) -> list[Test]:
    bounds = {name: times.instant_us(given[name], name) for name in _PLANNED if given[name]}
    tests: list[Test] = []
    for noun, field in (("due", "due_at"), ("defer", "defer_until")):
        low, high = bounds.get(f"{noun}_after"), bounds.get(f"{noun}_before")
        if low is not None and high is not None and low > high:
            raise InvalidField(
                f"The {noun} range ends before it begins", hint="Swap the two.", field=noun
            )
        if low is not None or high is not None:
            tests.append(_is_between(field, low, high))
    if given["deferred"]:
        tests.append(lambda issue: bool(issue.defer_until))
    if given["overdue"]:
        is_due = _is_between("due_at", None, times.now_us())
        tests.append(lambda issue: is_due(issue) and issue.status != "closed")
    return tests


def _is_between(field: str, low: int | None, high: int | None) -> Test:
    def test(issue: Issue) -> bool:
        moment = parse_us(getattr(issue, field))
        if moment is None:
            return False
        return (low is None or moment >= low) and (high is None or moment <= high)

    return test


def _require_only_ready(given: dict[str, Any]) -> None:
    statuses = set(split_words(given["status"])) - {"open"}
    if statuses or given["has_all"]:
        raise InvalidField(
            "What is ready is open",
            hint="Leave out --ready, or the other statuses.",
            field="status",
        )
