"""Files, settings and upkeep by classic's operations; and what Beadwork has not."""

import os
from typing import Any

import msgspec

from beadwork.doors.classic.arguments import Compact, File, Key, Tier
from beadwork.doors.classic.context import Context
from beadwork.doors.cli import shapes
from beadwork.model.errors import InvalidField, InvalidRequest, UnknownOperation
from beadwork.model.settings import require_key
from beadwork.ops.issue import CountIssues
from beadwork.ops.plan import Ask, Plan
from beadwork.ops.record_file import ExportFile, Imported, ImportFile
from beadwork.ops.upkeep import TIER_DAYS, Candidate, ListCompactable

_TIERS = (1, 2)


# -- files


def export(given: File, context: Context) -> Plan:
    """Write the records into a file."""
    request = ExportFile(path=_path(given, context), force=True)
    return Plan(request, msgspec.to_builtins)


def import_(given: File, context: Context) -> Plan:
    """Take in a file of records."""
    return Plan(ImportFile(path=_path(given, context), force=True), _imported)


def _path(given: File, context: Context) -> str:
    """Return the path of a file; empty for the project's own, however it is spelled."""
    if not given.jsonl_path:
        return ""
    if "\0" in given.jsonl_path:
        raise InvalidField("A path holds no NUL", hint="Name a file.", field="jsonl_path")
    place = context.shared.world.where(context.shared.options)
    path = os.path.join(os.path.dirname(place.path), given.jsonl_path)
    own = place.records_path
    return "" if os.path.realpath(path) == os.path.realpath(own) else path


def _imported(answer: Imported) -> Any:  # noqa: ANN401 -- JSON
    answer.report.quarantined.sort(key=lambda each: each.line_number)
    unread = answer.report.quarantined
    if unread:
        raise InvalidRequest(
            f"{len(unread)} of {answer.report.lines} lines can't be read; quarantine keeps them",
            hint="Mend the lines and import them again.",
            lines=[msgspec.to_builtins(each) for each in unread],
        )
    return shapes.report(answer.report) | {"is_unchanged": answer.is_unchanged}


# -- settings


def get_config(given: Key, context: Context) -> Plan:
    """Return a setting as the files and the environment have it; empty if they don't."""
    key = require_key(given.key)

    def work(ask: Ask) -> Any:  # noqa: ANN401 -- JSON
        del ask
        layers = context.shared.world.config(context.shared.options).layers(key)
        return {"key": given.key, "value": layers[0].value if layers else ""}

    return Plan(work=work)


# -- compaction


def compact(given: Compact, context: Context) -> Plan:
    """Show what could be compacted; a digest has to be written by somebody."""
    del context
    tier = _tier(given.tier)
    if not given.dry_run:
        raise InvalidField(
            "Nothing is summed up by itself: there is no key of an AI here",
            hint="Let an agent write the digest, and store it with the operation issue.compact.",
            field="dry_run",
        )

    def shape(answer: Any) -> Any:  # noqa: ANN401 -- JSON
        chosen = [each for each in answer.candidates if given.issue_id in ("", each.id)]
        return {"success": True, "dry_run": True, "results": [_result(each) for each in chosen]}

    return Plan(ListCompactable(tier=tier), shape)


def _result(each: Candidate) -> dict[str, Any]:
    return {"issue_id": each.id, "success": True, "original_size": each.size_bytes}


def _tier(tier: int) -> int:
    if tier not in _TIERS:
        raise InvalidField(f"There is no tier {tier}", hint="Use 1 or 2.", field="tier")
    return tier


def compact_stats(given: Tier, context: Context) -> Plan:
    """Count what could be compacted."""
    del context
    tiers = _TIERS if not given.tier else (_tier(given.tier),)

    def work(ask: Ask) -> Any:  # noqa: ANN401 -- JSON
        closed = ask(CountIssues(statuses=["closed"], include_gates=True, include_templates=True))
        shown: dict[str, Any] = {"total_closed": closed.count}
        for tier in _TIERS:
            found = ask(ListCompactable(tier=tier)).candidates if tier in tiers else []
            shown[f"tier{tier}_candidates"] = len(found)
            shown[f"tier{tier}_min_age"] = f"{TIER_DAYS[tier]} days"
        return {"success": True, "stats": shown}

    return Plan(work=work)


# -- what is not here

_MOLECULES = "There are no molecules here", "See epic_status, or list with a parent_id."
_GATES = "There are no gates that run here", "Let issues wait: create with waits_for, or dep_add."
ABSENT = {
    "get_molecule_progress": _MOLECULES,
    "mol_stale": _MOLECULES,
    "gate_create": _GATES,
    "gate_list": _GATES,
    "gate_show": _GATES,
    "gate_close": _GATES,
    "gate_wait": _GATES,
}


def absent(operation: str) -> Plan:
    """Refuse what classic has and Beadwork has not.

    Raises:
        UnknownOperation: always.
    """
    said, hint = ABSENT[operation]
    raise UnknownOperation(f"{operation}: {said}", hint=hint)
