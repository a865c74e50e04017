"""Ids that stand in texts, and what becomes of them when issues get other ids."""

import re
from collections.abc import Callable, Mapping

from beadwork.model import ids


def renamer(renames: Mapping[str, str]) -> Callable[[str], str]:
    """Return what rewrites a text: each old id that stands there whole becomes its new one.

    `px-a` stands neither in `px-ab` nor in `px-a.1`, but it does in `(px-a).`
    """
    starts = sorted({_start(each) for each in renames}, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(starts)})(?:\.\d+)*(?![\w-]|\.\w)")

    def rewrite(text: str) -> str:
        return pattern.sub(lambda found: renames.get(found[0], found[0]), text)

    return rewrite


def _start(issue_id: str) -> str:
    prefix, part, _ = ids.split(issue_id)
    # One pattern for all ids of a prefix: there may be thousands.
    return rf"{re.escape(prefix)}-\w+" if prefix else re.escape(part)
