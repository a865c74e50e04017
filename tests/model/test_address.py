"""Addresses are read in one way, however they are written."""

import pytest

from beadwork.model.address import EVERYONE, Address, parse, parse_group_or_topic
from beadwork.model.errors import InvalidField


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("bob", Address("agent", "bob")),
        (" Jane Doe ", Address("agent", "Jane Doe")),
        ("agent:Doe, Jane", Address("agent", "Doe, Jane")),
        ("agent:everyone", Address("agent", "everyone")),
        ("@crew", Address("group", "crew")),
        ("group:@crew", Address("group", "crew")),
        ("#build", Address("topic", "build")),
        ("topic:build", Address("topic", "build")),
        ("attempt:px-1.2", Address("attempt", "px-1.2")),
        ("everyone", EVERYONE),
        ("@all", EVERYONE),
        ("*", EVERYONE),
        ("http://x", Address("agent", "http://x")),
    ],
)
def test_an_address_is_read(said: str, address: Address) -> None:
    assert parse(said) == address
    if address.kind != "agent":
        assert parse(address.text) == address


@pytest.mark.parametrize(
    "said", ["", " ", "@", "#", "@a b", "#a,b", "a,b", "a\x00", "agent:", "a\nb"]
)
def test_what_is_no_address_is_refused(said: str) -> None:
    with pytest.raises(InvalidField):
        parse(said)


def test_a_bare_word_is_a_topic_where_only_topics_and_groups_can_be() -> None:
    assert parse_group_or_topic("build").text == "#build"
    assert parse_group_or_topic("@crew").text == "@crew"
    for said in ("everyone", "attempt:a"):
        with pytest.raises(InvalidField):
            parse_group_or_topic(said)
