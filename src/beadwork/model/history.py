"""What a history of the file tells: which version each outsider's line was made from (R3).

Of several commits that arrive at once, a line without stamps may stand on a line that nobody
here has seen. Compared with an older one, what others wrote in between would seem to be the
outsider's too, at his time, and would win over what is newer than they.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from beadwork.model import codec
from beadwork.model.adoption import adopt
from beadwork.model.fold import folded_kin
from beadwork.model.record import Record
from beadwork.model.version import Version


class Past(NamedTuple):
    """What a history tells of lines, by their text.

    `forms`: what each line stands for, as far as that is known. `bases`: the lines that others
    were made from, where these have no stamps themselves.
    """

    forms: dict[str, Record]
    bases: dict[str, Record]


def past(versions: Iterable[Version]) -> Past:
    """Return what a history tells of each line that came; parents come before children."""
    known = Past({}, {})
    for version in versions:
        before: defaultdict[str, list[Record]] = defaultdict(list)
        for line in version.gone:
            record = known.forms.get(line) or _read(line)
            if record is not None:
                before[record.id].append(record)
        for line in version.came:
            record = None if line in known.forms else _read(line)
            if record is not None:
                _note(known, line, record, before.get(record.id, []))
    return known


def _note(known: Past, line: str, record: Record, before: list[Record]) -> None:
    base = folded_kin(record, before)
    form = adopt(record, base).record if base is not None and base.is_stamped else record
    if form.is_stamped:
        known.forms[line] = form
    elif base is not None:
        known.bases.setdefault(line, base)


def _read(line: str) -> Record | None:
    try:
        return codec.decode(line)
    except (msgspec.MsgspecError, ValueError):
        return None
