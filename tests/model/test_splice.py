"""Putting lines into a sorted file gives what writing the whole file anew would give."""

import json

from hypothesis import given
from hypothesis import strategies as st

from beadwork.model.splice import splice

IDS = st.text("abé<\u2028-.01", min_size=1, max_size=4).map("px-{}".format)
RECORDS = st.dictionaries(IDS, st.integers(0, 9), max_size=25)


def line(issue_id: str, value: int) -> str:
    return json.dumps({"id": issue_id, "value": value}, separators=(",", ":"))


def whole(records: dict[str, int]) -> bytes:
    in_order = sorted(records, key=str.encode)
    return "".join(line(each, records[each]) + "\n" for each in in_order).encode()


@given(RECORDS, RECORDS)
def test_spliced_is_what_a_whole_export_writes(old: dict[str, int], new: dict[str, int]) -> None:
    spliced = splice(whole(old), [(each, line(each, value)) for each, value in new.items()])
    assert spliced == (whole({**old, **new}), len(new.keys() - old.keys()))


def test_nothing_to_splice_changes_nothing() -> None:
    assert splice(b'{"id":"px-1"}\n', []) == (b'{"id":"px-1"}\n', 0)
