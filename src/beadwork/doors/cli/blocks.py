"""A marked block in a text file: put in, brought up to date, taken out; the rest stays as it is.

The beginning mark notes how many line ends were added before it, or that the file was new, so
that taking the block out leaves the bytes that were there before.
"""

import re
from typing import Literal, NamedTuple

from beadwork.model.errors import FileTrouble

State = Literal["absent", "outdated", "current"]

_BEGIN = re.compile(
    r"^(?:<!-- |# )BEGIN BEADS INTEGRATION(?P<facts>(?: [\w:.-]+)*)(?: -->)?[ \t]*(?P<end>\r?\n|\Z)",
    re.MULTILINE,
)
_END = re.compile(r"^(?:<!-- |# )END BEADS INTEGRATION(?: -->)?[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_ADDED = re.compile(r" added:(\w+)")
_NEW = "new"


class Form(NamedTuple):
    """How a file takes a block: the sign of a comment, and what a new file begins with."""

    is_yaml: bool = False
    head: str = ""


class _Block(NamedTuple):
    start: int
    end: int
    added: str
    line_end: str
    """That of the block: what stands around it may have others."""


def _find(content: str) -> _Block | None:
    begin = _BEGIN.search(content)
    if begin is None:
        return None
    end = _END.search(content, begin.end())
    again = _BEGIN.search(content, begin.end())
    if end is None or (again and again.start() < end.start()):
        raise FileTrouble(
            "The beginning of the block of bd has no end",
            hint="Put the line END BEADS INTEGRATION back, or take the block out by hand.",
        )
    added = _ADDED.search(begin["facts"])
    return _Block(begin.start(), end.end(), added[1] if added else "0", begin["end"])


def _written(body: str, added: str, form: Form, line_end: str) -> str:
    opening, closing = ("# ", "") if form.is_yaml else ("<!-- ", " -->")
    text = (
        f"{opening}BEGIN BEADS INTEGRATION added:{added}{closing}\n{body.rstrip()}\n"
        f"{opening}END BEADS INTEGRATION{closing}\n"
    )
    return text.replace("\n", line_end)


def _line_end(content: str) -> str:
    return "\r\n" if "\r\n" in content else "\n"


def put(content: str | None, body: str, form: Form) -> str:
    """Return a file's content with the block in it; None stands for a file that is not there.

    Raises:
        FileTrouble: the marks of the block are damaged.
    """
    if content is None:
        return form.head + _written(body, _NEW, form, "\n")
    found = _find(content)
    if found is not None:
        block = _written(body, found.added, form, found.line_end)
        return content[: found.start] + block + content[found.end :]
    line_end = _line_end(content)
    missing = _missing(content, line_end)
    return content + line_end * missing + _written(body, str(missing), form, line_end)


def _missing(content: str, line_end: str) -> int:
    """Return how many line ends are missing for an empty line to stand before the block."""
    if content in ("", line_end) or content.endswith(line_end * 2):
        return 0
    return 1 if content.endswith(line_end) else 2


def take(content: str, form: Form) -> str | None:
    """Return a file's content without the block; None if the file was made for it alone.

    Raises:
        FileTrouble: the marks of the block are damaged.
    """
    found = _find(content)
    if found is None:
        return content
    before, after = content[: found.start], content[found.end :]
    if found.added == _NEW:
        return None if before + after in ("", form.head) else before + after
    for _ in range(int(found.added) if found.added.isdigit() else 0):
        before = before.removesuffix(found.line_end)
    return before + after


def state(content: str | None, body: str, form: Form) -> State:
    """Tell whether a file has the block, and whether the block is as it would be written now.

    Raises:
        FileTrouble: the marks of the block are damaged.
    """
    if content is None or _find(content) is None:
        return "absent"
    return "current" if put(content, body, form) == content else "outdated"
