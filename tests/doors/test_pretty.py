"""JSON over several lines, in pieces."""

import msgspec
import pytest

from beadwork.doors.cli.session import _pretty


@pytest.mark.parametrize("count", [0, 1, 500, 501, 1000, 1201])
def test_a_list_in_pieces_has_the_bytes_of_the_whole(count: int) -> None:
    value = [{"n": n, "inner": [1, {"none": None}], "empty": {}} for n in range(count)]
    whole = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    assert "".join(_pretty(value)) == f"{whole}\n"
