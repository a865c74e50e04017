"""Tokens: the one form that the file uses."""

import msgspec
import pytest

from beadwork.model import token


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("<a> & b", '"\\u003ca\\u003e \\u0026 b"'),
        ("\u2028 and \u2029", '"\\u2028 and \\u2029"'),
        ('tab\tline\nquote" back\\slash', '"tab\\tline\\nquote\\" back\\\\slash"'),
        ("\b\f\r", '"\\b\\f\\r"'),
        ("\x01\x1f", '"\\u0001\\u001f"'),
        ("\x7f ü 漢 😀 /", '"\x7f ü 漢 😀 /"'),
        ({"<": ["&"]}, '{"\\u003c":["\\u0026"]}'),
    ],
)
def test_text_is_escaped_as_classic_escapes_it(value: object, written: str) -> None:
    assert token.encode(value) == written
    assert token.decode(written) == value


@pytest.mark.parametrize("number", ["1.10", "1e3", "1E+3", "-0", "0.0", "12345678901234567890.5"])
def test_a_number_keeps_the_digits_it_came_with(number: str) -> None:
    assert token.canonical(number) == number
    assert token.canonical(f'{{ "a" : [ {number} ] }}') == f'{{"a":[{number}]}}'


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ('"plain"', '"plain"'),
        ('"<\\u00fc\\/\\ud83d\\ude00\u2028>"', '"\\u003cü/😀\\u2028\\u003e"'),
        ('[ 1 ,\t"a b" ,\n{ } ]', '[1,"a b",{}]'),
        ('{"a\\u0062" : "c \\" : d"}', '{"ab":"c \\" : d"}'),
        ('{"k": "<"}', '{"k":"\\u003c"}'),
        ("null", "null"),
        ("true", "true"),
    ],
)
def test_every_writers_json_gets_the_one_form(raw: str, canonical: str) -> None:
    assert token.canonical(raw) == canonical
    assert token.canonical(canonical) == canonical


@pytest.mark.parametrize("raw", ['"\\ud800"', '"\\udc00 x"', '["ok","\\ud83d"]', '{"\\udfff":1}'])
def test_a_lone_surrogate_is_refused(raw: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        token.canonical(raw)


def test_members_are_split_and_joined_without_a_change() -> None:
    written = '{"b":1.10,"a":{"x":[null]},"\\u003c":"\\u0026"}'
    members = token.members(written)
    assert members == {"b": "1.10", "a": '{"x":[null]}', "<": '"\\u0026"'}
    assert token.compose(members) == written


def test_what_is_no_object_has_no_members() -> None:
    with pytest.raises(msgspec.MsgspecError):
        token.members("[1]")


@pytest.mark.parametrize(
    ("raw", "text"), [('"a\\nb"', "a\nb"), ('"a"', "a"), (None, ""), ("5", ""), ("null", "")]
)
def test_only_a_string_is_read_as_text(raw: str | None, text: str) -> None:
    assert token.decode_text(raw) == text
