"""Issues in a Markdown file: `## Title` begins one, `### Section` says what a text is for."""

import re
from typing import Any

from beadwork.doors.cli.options import PRIORITY, split_words
from beadwork.model.errors import InvalidField
from beadwork.model.sections import SECTIONS
from beadwork.ops.issue_create import CreateIssue

_TEXTS = {
    "design": "design",
    "acceptance criteria": "acceptance_criteria",
    "acceptance": "acceptance_criteria",
    "notes": "notes",
}


def _line(text: str) -> tuple[Any, str]:
    return text, ""


def _word(text: str) -> tuple[Any, str]:
    word, _, more = text.partition(" ")
    return word, more


def _priority(text: str) -> tuple[Any, str]:
    word, more = _word(text)
    return PRIORITY.convert(word, None, None), more


_SHORT = {
    "type": ("issue_type", _word),
    "priority": ("priority", _priority),
    "assignee": ("assignee", _line),
    "parent": ("parent", _word),
}
"""Sections that say one thing in their first line; what else stands there belongs to the issue."""
_LISTS = {"labels": "labels", "dependencies": "dependencies", "deps": "dependencies"}


def requests(content: str) -> list[CreateIssue]:
    """Read the issues of a file.

    Raises:
        InvalidField: there is none, or a section has a value that it can't have.
    """
    parts = re.split(r"^## +(.+?)[ \t]*$", content.replace("\r\n", "\n"), flags=re.MULTILINE)
    if len(parts) == 1:
        raise InvalidField(
            "The file holds no issue", hint="Begin each with a line `## Title`.", field="file"
        )
    return [_request(title, body) for title, body in zip(parts[1::2], parts[2::2], strict=True)]


def _request(title: str, body: str) -> CreateIssue:
    sections = re.split(r"^### +(.+?)[ \t]*$", body, flags=re.MULTILINE)
    fields: dict[str, Any] = {"description": sections[0].strip()}
    texts: list[str] = []
    for name, raw in zip(sections[1::2], sections[2::2], strict=True):
        key, content = name.lower(), raw.strip()
        if key in _SHORT:
            field, convert = _SHORT[key]
            head, _, rest = content.partition("\n")
            word, more = convert(head.strip())
            fields[field] = word
            texts += [more, rest]
        elif key == "description":
            fields[key] = f"{fields[key]}\n\n{content}".strip()
        elif key in _TEXTS:
            fields[_TEXTS[key]] = content
        elif key in _LISTS:
            fields[_LISTS[key]] = split_words(tuple(content.split()))
        else:
            # A heading of the author's own belongs to the description.
            fields["description"] = f"{fields['description']}\n\n### {name}\n{content}".strip()
    said = "\n\n".join(filter(None, (each.strip() for each in texts)))
    fields["description"] = f"{fields['description']}\n\n{said}".strip()
    if not fields.get("issue_type", "task"):
        del fields["issue_type"]
    return CreateIssue(title=title.strip(), **fields)


def require_sections(issue_type: str, content: str) -> None:
    """Refuse a description that lacks the headings its type should have.

    Raises:
        InvalidField: it lacks some.
    """
    found = {each.strip().lower() for each in re.findall(r"^#+ +(.+?)$", content, re.MULTILINE)}
    missing = [each for each in SECTIONS.get(issue_type, ()) if each.lower() not in found]
    if missing:
        raise InvalidField(
            f"The description of a {issue_type} lacks {', '.join(missing)}",
            hint=f"Add the heading `## {missing[0]}`.",
            field="description",
        )
