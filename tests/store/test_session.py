"""A list is spelled as the database reads it."""

import json

from beadwork.store.session import listed


def test_a_list_is_spelled_as_json_whatever_its_names_are() -> None:
    for names in (["a", 'Ä "b"\n'], ["\udcff", "a"], []):
        assert json.loads(listed(names)) == names
    assert json.loads(listed([1, 2**62])) == [1, 2**62]
    assert json.loads(listed(("a", "b"))) == ["a", "b"]
