"""The parts that schemas of answers are made of, and the objects that many answers share.

A property whose name ends with `?` may be left out.
"""

from typing import Any

import msgspec

from beadwork.model.issue import Issue

Schema = dict[str, Any]

_OF_TIME = " RFC 3339."


def text(said: str, **more: Any) -> Schema:
    """Describe a text."""
    return {"type": "string", "description": said, **more}


def time(said: str) -> Schema:
    """Describe a time."""
    return text(f"{said}{_OF_TIME}", format="date-time")


def number(said: str) -> Schema:
    """Describe a whole number."""
    return {"type": "integer", "description": said}


def real(said: str) -> Schema:
    """Describe a number."""
    return {"type": "number", "description": said}


def truth(said: str) -> Schema:
    """Describe a yes or no."""
    return {"type": "boolean", "description": said}


def anything(said: str) -> Schema:
    """Describe what may be any JSON."""
    return {"description": said}


def ref(name: str, said: str = "") -> Schema:
    """Name a shared object."""
    return {"$ref": f"#/$defs/{name}", **({"description": said} if said else {})}


def array(items: Schema, said: str) -> Schema:
    """Describe an array."""
    return {"type": "array", "items": items, "description": said}


def texts(said: str) -> Schema:
    """Describe an array of texts."""
    return array({"type": "string"}, said)


def mapping(values: Schema, said: str) -> Schema:
    """Describe an object with names that are not known beforehand."""
    return {"type": "object", "additionalProperties": values, "description": said}


def maybe(schema: Schema) -> Schema:
    """Describe what may be null."""
    said = schema.get("description", "")
    return {"anyOf": [schema, {"type": "null"}], "description": said}


def either(said: str, *schemas: Schema) -> Schema:
    """Describe an answer that has several shapes."""
    return {"anyOf": list(schemas), "description": said}


def thing(said: str, properties: Schema, *, is_open: bool = False) -> Schema:
    """Describe an object; an open one may carry fields that newer programs wrote."""
    return {
        "type": "object",
        "description": said,
        "properties": {name.removesuffix("?"): each for name, each in properties.items()},
        "required": [name for name in properties if not name.endswith("?")],
        "additionalProperties": is_open,
    }


_ISSUE_FIELDS = {
    "id": "Prefix, hyphen and hash; a child adds a dot and its number.",
    "title": "One line, 1 to 500 characters.",
    "description": "What it is about. Markdown.",
    "design": "How it is to be done. Markdown.",
    "acceptance_criteria": "When it is done. Markdown.",
    "notes": "Notes. Markdown.",
    "spec_id": "The specification that it belongs to.",
    "status": "open, in_progress, blocked, deferred, closed, tombstone, pinned, hooked, or one "
    "of the project's own.",
    "priority": "0 (critical) to 4 (backlog). Always there.",
    "issue_type": "task, bug, feature, epic, chore, event, or one of the project's own.",
    "assignee": "Who works on it.",
    "owner": "E-mail address of git's user when it was made.",
    "estimated_minutes": "Minutes of work.",
    "created_at": "When it was made. RFC 3339.",
    "created_by": "Who made it.",
    "updated_at": "When it was last changed. RFC 3339.",
    "closed_at": "When it was closed. RFC 3339.",
    "close_reason": "Why it was closed.",
    "closed_by_session": "The session that closed it.",
    "due_at": "When it is due. RFC 3339.",
    "defer_until": "Until when it is put off. RFC 3339.",
    "external_ref": "What it is called elsewhere.",
    "source_system": "Where it came from.",
    "metadata": "Any JSON.",
    "compaction_level": "How often its texts were made shorter.",
    "compacted_at": "When its texts were made shorter. RFC 3339.",
    "compacted_at_commit": "The commit that has the full texts.",
    "original_size": "How long its texts were before.",
    "labels": "Sorted.",
    "dependencies": "The edges from it.",
    "comments": "What was said about it.",
    "deleted_at": "When it was deleted. RFC 3339.",
    "deleted_by": "Who deleted it.",
    "delete_reason": "Why it was deleted.",
    "original_type": "Its type before it was deleted.",
}
_RARE = "A rare field of classic records."


def _issue_properties() -> Schema:
    """Return the properties of an issue by its typed record, each with what it means."""
    [_, components] = msgspec.json.schema_components([Issue], ref_template="#/$defs/{name}")
    found: Schema = {}
    for name, each in components["Issue"]["properties"].items():
        if name == "*":
            continue
        plain = {key: value for key, value in each.items() if key != "default"}
        said = _ISSUE_FIELDS.get(name, _RARE)
        found[name] = {**plain, "description": said}
        if said.endswith(_OF_TIME):
            found[name]["format"] = "date-time"
    found["priority"] = number(_ISSUE_FIELDS["priority"])
    found["dependencies"] = array(ref("Dependency"), _ISSUE_FIELDS["dependencies"])
    found["comments"] = array(ref("Comment"), _ISSUE_FIELDS["comments"])
    return found


_ALWAYS = ("id", "title", "status", "priority", "issue_type")


def _issue(said: str, more: Schema, *, without: tuple[str, ...] = ()) -> Schema:
    plain = _issue_properties()
    named = {(name if name in _ALWAYS else f"{name}?"): each for name, each in plain.items()}
    for name in without:
        named.pop(f"{name}?", None)
    for name in more:
        named.pop(f"{name.removesuffix('?')}?", None)
    return thing(said, named | more, is_open=True)


_EDGES = ("dependencies", "comments")
_KIND = text("The kind of the edge between the two: blocks, parent-child, related, ...")
_COUNTS = {
    "dependency_count": number("How many issues it needs."),
    "dependent_count": number("How many issues need it."),
    "comment_count": number("How many comments it has."),
    "parent?": text("The id of its parent."),
}


def definitions() -> Schema:
    """Return the objects that answers share, by name."""
    return _issues() | _others()


def _issues() -> Schema:
    return {
        "Issue": _issue("An issue.", {}, without=_EDGES),
        "IssueWithCounts": _issue(
            "An issue of a list. `dependencies` are raw edges.", _COUNTS, without=("comments",)
        ),
        "ReadyIssue": _issue(
            "An issue that is ready.",
            _COUNTS | {"reasons?": array(ref("Reason"), "With --explain: why it is ready.")},
            without=_EDGES,
        ),
        "LinkedIssue": _issue(
            "The issue at the other end of an edge.", {"dependency_type": _KIND}, without=_EDGES
        ),
        "IssueDetails": _issue(
            "An issue with all around it. `dependencies` are whole issues.",
            {
                "dependencies?": array(ref("LinkedIssue"), "What it needs."),
                "dependents?": array(ref("LinkedIssue"), "What needs it."),
                "parent?": text("The id of its parent."),
                "displaced?": texts("Issues that had this id until an older one came to light."),
                "claimed_by?": text("Who holds it."),
                "claim_epoch?": number("Counts the grants of it; an older one is stale."),
            },
        ),
        "PastIssue": _issue(
            "An issue as it was. `dependencies` are raw edges.",
            {"as_of": time("When it was so.")},
        ),
        "ClaimedIssue": _issue(
            "An issue, and the claim of it.",
            {
                "claim_epoch?": number("Counts the grants of it; an older one is stale."),
                "already?": truth("Whether the caller held it before."),
            },
            without=_EDGES,
        ),
        "BlockedIssue": _issue(
            "An issue that waits.",
            {
                "blocked_by_count": number("How many hold it."),
                "blocked_by": texts("The ids of those that hold it."),
                "blocked_through?": texts("Parents that pass their blockage on."),
                "cycle?": texts("The circle of needs that it is in."),
            },
            without=_EDGES,
        ),
        "TreeNode": _issue(
            "A node of a flat tree, depth first.",
            {
                "depth": number("How far it is from the root."),
                "parent_id": text("What it hangs on; the root on itself."),
                "truncated": truth("Whether more lies below, left out for the depth."),
                "dependency_type?": _KIND,
            },
            without=(*_EDGES, "owner", "created_by", "labels"),
        ),
    }


def _others() -> Schema:
    return {
        "Dependency": thing(
            "An edge: the first issue needs the second.",
            {
                "issue_id?": text("The issue that needs the other."),
                "depends_on_id": text("The issue that is needed."),
                "type?": _KIND,
                "created_at?": time("When it was made."),
                "created_by?": text("Who made it."),
                "metadata?": anything("Any JSON; of waits-for, its gate."),
                "thread_id?": text("The talk that it belongs to."),
            },
        ),
        "Comment": thing(
            "What somebody said about an issue.",
            {
                "id?": {"type": ["integer", "string"], "description": "Its number."},
                "issue_id?": text("The issue."),
                "author?": text("Who said it."),
                "text?": text("What was said. Markdown."),
                "created_at?": time("When."),
            },
        ),
        "Event": thing("What happened.", EVENT),
        "Reason": thing(
            "A reason why an issue is ready, or is not.",
            {
                "code": text("What it is, for programs: blocks, status, ready, ..."),
                "message": text("What it is, in a sentence."),
                "by?": texts("The issues that make it so."),
            },
        ),
        "Report": thing("What became of the lines of a file.", REPORTED),
        "Error": ERROR,
    }


EVENT: Schema = {
    "seq": number("The number of the event."),
    "at": time("When."),
    "actor": text("Who did it."),
    "operation": text("In which operation."),
    "kind": text("created, updated, closed, ..."),
    "issue_id": text("The issue."),
    "session?": text("In which session."),
    "request?": number("The request, for `bd undo --request`."),
    "changes?": array(
        thing(
            "A change.",
            {
                "field": text("What changed."),
                "before?": anything("What it was: any JSON."),
                "after?": anything("What it is: any JSON."),
            },
        ),
        "What changed.",
    ),
    "undone?": truth("Whether it was taken back."),
}


ERROR = thing(
    "What stands on standard error when a command fails.",
    {
        "error": text("What is wrong, in a sentence."),
        "code": text("What is wrong, for programs: claim.lost, issue.unknown, ..."),
        "hint?": text("What to do about it."),
        "data?": mapping(anything("A fact: any JSON."), "The facts, by name."),
    },
)


REPORTED: Schema = {
    "lines": number("How many lines were looked at."),
    "created": number("How many made an issue."),
    "updated": number("How many changed one."),
    "unchanged": number("How many said nothing new."),
    "markers": number("How many conflict markers git had left."),
    "doubled": number("How many were folded into another of the same issue."),
    "conflicts": number("How many values lost against another."),
    "without_priority?": texts("Issues without a priority; they have 2."),
    "unknown_statuses?": mapping(number("How many."), "Statuses that are not known."),
    "unknown_types?": mapping(number("How many."), "Types that are not known."),
    "foreign_prefixes?": mapping(number("How many."), "Prefixes of other projects."),
    "taken?": texts("Ids of another repository that issues here have; their lines are left out."),
    "moved?": array(
        thing(
            "A move.",
            {"issue_id": text("Its new id."), "former_id": text("Its old one.")},
        ),
        "Issues that got another id.",
    ),
    "adopted?": array(
        thing("An edit.", {"issue_id": text("Its id."), "fields": texts("What changed.")}),
        "Edits by programs that write no stamps.",
    ),
    "quarantined?": array(
        thing(
            "A line.",
            {"line_number": number("Which."), "reason": text("Why it can't be read.")},
        ),
        "Lines that can't be read; they are kept apart.",
    ),
    "memories?": texts(
        "Keys of memories in the file; they are kept in the store, not in the file."
    ),
}
"""What became of the lines of a file, by name."""

ISSUES = array(ref("Issue"), "The issues.")
LISTED = array(ref("IssueWithCounts"), "The issues found.")
