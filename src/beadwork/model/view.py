"""A record as an `Issue`."""

import msgspec

from beadwork.model.codec import body
from beadwork.model.issue import KNOWN_FIELDS, Issue
from beadwork.model.pattern import pattern
from beadwork.model.record import Record

_KNOWN = frozenset(KNOWN_FIELDS)
_ISSUE = msgspec.json.Decoder(Issue)
_LARGE = pattern(r"[0-9][eE]\+?[0-9]{3}")


def issue_of(text: str, *, has_unknown: bool) -> Issue:
    """Read a record's body.

    Raises:
        msgspec.ValidationError: a field has a value of another type than it should.
    """
    issue = _ISSUE.decode(text)
    if has_unknown:
        fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        issue.unknown_fields = {
            name: msgspec.json.decode(value) for name, value in fields.items() if name not in _KNOWN
        }
    return issue


def require_readable(line: str, record: Record) -> None:
    """Make sure that a record read from a line can be shown.

    Raises:
        msgspec.DecodeError: a field has a value of another type than it should, or out of range.
    """
    if _LARGE.search(line):
        msgspec.json.decode(line)  # A number that is out of range, in a field that nobody knows.
    try:
        _ISSUE.decode(line)
    except msgspec.MsgspecError:
        # The canonical form leaves out what is empty, nulls for one.
        view(record)


def view(record: Record, text: str | None = None) -> Issue:
    """Show a record as an issue; `text` is its body, where that is known already."""
    return issue_of(text or body(record), has_unknown=not record.fields.keys() <= _KNOWN)
