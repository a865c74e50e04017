"""The sections that the description of an issue should have, by its type."""

SECTIONS = {
    "bug": ("Steps to Reproduce", "Acceptance Criteria"),
    "task": ("Acceptance Criteria",),
    "feature": ("Acceptance Criteria",),
    "epic": ("Success Criteria",),
}
_CRITERIA = frozenset({"Acceptance Criteria", "Success Criteria"})
"""Sections that the field of the acceptance criteria stands for too."""


def missing_sections(issue_type: str, description: str, acceptance: str) -> list[str]:
    """Return the sections that a text should have and lacks.

    A section is there if its name is anywhere in the text, as in classic.
    """
    said = f"{description}\n{acceptance}".casefold()
    return [
        name
        for name in SECTIONS.get(issue_type, ())
        if name.casefold() not in said and not (name in _CRITERIA and acceptance.strip())
    ]
