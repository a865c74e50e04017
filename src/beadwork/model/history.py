"""What a history of the file tells: which version each outsider's line was made from (R3).

Of several commits that arrive at once, a line without stamps may stand on a line that nobody
here has seen. Compared with an older one, what others wrote in between would seem to be the
outsider's too, at his time, and would win over what is newer than they.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from beadwork.model import codec, identity
from beadwork.model.adoption import adopt
from beadwork.model.fold import fold_all
from beadwork.model.record import Record
from beadwork.model.version import Version


def forms(versions: Iterable[Version]) -> dict[str, Record]:
    """Return what each line that came stands for, by its text; parents come before children.

    Left out are lines that stand for no stamps: nothing is known of those.
    """
    found: dict[str, Record] = {}
    for version in versions:
        before: defaultdict[str, list[Record]] = defaultdict(list)
        for line in version.gone:
            record = found.get(line) or _read(line)
            if record is not None:
                before[record.id].append(record)
        for line in version.came:
            record = None if line in found else _read(line)
            form = record and _adopted(record, before.get(record.id, []))
            if form and form.is_stamped:
                found[line] = form
    return found


def _adopted(record: Record, before: list[Record]) -> Record:
    base = fold_all(before).record if before else None
    if base is None or not base.is_stamped or len(identity.births(record.id, [base, record])) > 1:
        return record
    return adopt(record, base).record


def _read(line: str) -> Record | None:
    try:
        return codec.decode(line)
    except (msgspec.MsgspecError, ValueError):
        return None
