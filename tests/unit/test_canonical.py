"""Strict JSON in, canonical JSON out: two contents are one content exactly when their hashes are equal."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.canonical import MAX_BYTES, canonicalise, clip, hash_of, load, parse_object
from draftkeep.errors import ContentTooLarge, MalformedJson, NestingTooDeep, NumberOutOfRange
from tests.unit.builders import LOOKALIKES, TRICKY_KEYS, json_objects, json_values, nested, same_json


def _canonical(text: str) -> str:
    return canonicalise(parse_object(text.encode())).text.decode()


# ----------------------------------------------------------------------------------------------------- syntax


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a"',
        b'{"a":',
        b'{"a":1',
        b'{"a":"',
        b"{}}",
        b"{}{}",
        b"{} x",
        b'{"a":1,}',
        b'{"a":[1,]}',
        b'{"a":[,1]}',
        b"{,}",
        b"{'a':1}",
        b"{a:1}",
        b"{1:1}",
        b'{"a" 1}',
        b'{"a":1 "b":2}',
        b'{"a":1;"b":2}',
        b'{"a":1}//',
        b'{"a":/**/1}',
        b'{"a":True}',
        b'{"a":nul}',
        b'{"a":undefined}',
        b'{"a":01}',
        b'{"a":-01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":1e}',
        b'{"a":-}',
        b'{"a":0x1}',
        b'{"a":1_0}',
        '{"a":\u0661}'.encode(),
        b'{"a":"\n"}',
        b'{"a":"\t"}',
        b'{"a":"\x00"}',
        b'{"a":"\x1f"}',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":"\\u12g4"}',
        b'{"a":"\\u 123"}',
        b'{"a":"\\"}',
        b"\x00{}",
        b"\x0b{}",
        b"{}\x0c",
        "\u00a0{}".encode(),
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body)


@pytest.mark.parametrize(
    "body", [b"[]", b"[{}]", b"null", b"true", b"0", b"1.5", b'"{}"', b"[" * 99 + b"]" * 99, b" [] "]
)
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"a":"é"}'.encode("latin-1"), id="latin-1"),
        pytest.param('{"a":1}'.encode("utf-16"), id="utf-16"),
        pytest.param('{"a":1}'.encode("utf-16-le"), id="utf-16 without a mark"),
        pytest.param('{"a":1}'.encode("utf-32"), id="utf-32"),
        pytest.param('{"a":1}'.encode("utf-8-sig"), id="byte order mark"),
        pytest.param(b'{"a":"\xc0\xaf"}', id="overlong"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', id="surrogate in UTF-8"),
        pytest.param(b'{"a":"\xf4\x90\x80\x80"}', id="beyond Unicode"),
        pytest.param(b'{"a":"\xe2\x82"}', id="cut character"),
        pytest.param(b'{"\xff":1}', id="in a key"),
    ],
)
def test_a_body_in_another_encoding_than_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("body", ['{"a":%s}', '{"a":[1,%s]}', '{"a":{"b":%s}}'])
def test_numbers_that_json_does_not_have_are_refused(body: str, literal: str) -> None:
    with pytest.raises(MalformedJson):
        parse_object((body % literal).encode())


@pytest.mark.parametrize(
    "body",
    [
        '{"a":1,"a":1}',
        '{"a":1,"b":2,"a":3}',
        '{"a":1,"\\u0061":1}',
        '{"":1,"":2}',
        '{"x":{"a":1,"a":2}}',
        '{"x":[0,{"a":1,"a":2}]}',
        '{"\\ud800":1,"\\ud800":2}',
    ],
)
def test_a_key_that_stands_twice_in_one_object_is_refused(body: str) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body.encode())


def test_a_key_may_stand_once_in_each_of_several_objects() -> None:
    body = '{"a":{"a":[{"a":1},{"a":1}]},"A":0,"e\\u0301":1,"\\u00e9":2}'

    value = parse_object(body.encode())

    assert value == {"a": {"a": [{"a": 1}, {"a": 1}]}, "A": 0, "e\u0301": 1, "\u00e9": 2}


def test_the_refusal_of_a_key_quotes_no_more_than_its_beginning() -> None:
    key = "k" * 100_000

    with pytest.raises(MalformedJson) as refusal:
        parse_object(f'{{"{key}":1,"{key}":2}}'.encode())

    assert len(refusal.value.reason) < 200


@pytest.mark.parametrize(
    "body",
    [
        '{"a":"\\ud800"}',
        '{"a":"\\uDFFF"}',
        '{"a":"\\udc00\\ud800"}',
        '{"a":"\\ud800\\ud800\\udc00"}',
        '{"a":"\\ud800x\\udc00"}',
        '{"\\uDbFf":1}',
        '{"a":[{"b":["\\udead"]}]}',
        '{"a":"\\\\\\ud800"}',
    ],
)
def test_a_lone_surrogate_is_refused(body: str) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body.encode())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a":"\\ud83d\\ude00"}', "\U0001f600"),
        ('{"a":"\\uD83D\\uDE00"}', "\U0001f600"),
        ('{"a":"\\\\ud800"}', "\\ud800"),
        ('{"a":"\\ud7ff\\ue000"}', "\ud7ff\ue000"),
    ],
)
def test_a_pair_of_surrogates_is_one_character(body: str, text: str) -> None:
    assert parse_object(body.encode()) == {"a": text}


# ------------------------------------------------------------------------------------------- size and nesting


@pytest.mark.parametrize("objects", [False, True])
def test_100_containers_inside_each_other_are_read(objects: bool) -> None:
    value = {"a": nested(1, 99, objects=objects)}

    assert parse_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize("objects", [False, True])
@pytest.mark.parametrize("levels", [100, 101, 500])
def test_more_than_100_containers_inside_each_other_are_refused(objects: bool, levels: int) -> None:
    body = json.dumps({"a": nested(1, levels, objects=objects)}).encode()

    with pytest.raises(NestingTooDeep):
        parse_object(body)


@pytest.mark.parametrize("levels", [10_000, 2_000_000])
def test_nesting_that_would_exhaust_the_stack_is_refused_like_any_other(levels: int) -> None:
    with pytest.raises(NestingTooDeep):
        parse_object(b'{"a":' + b"[" * levels + b"]" * levels + b"}")


@pytest.mark.parametrize(
    "text",
    ["[" * 500, "]" * 500, "{[" * 300, '"' + "[" * 300, '\\"[' * 300, "\\", '[\\\\"' * 300, "\n[" * 200],
)
def test_brackets_inside_strings_are_not_containers(text: str) -> None:
    value = {"a": text, text: [text, text]}

    assert parse_object(json.dumps(value).encode()) == value


def test_many_containers_beside_each_other_are_not_deep() -> None:
    value: dict[str, Any] = {"a": [[{}] for _ in range(1000)]}

    assert parse_object(json.dumps(value).encode()) == value


def test_a_string_that_ends_in_a_backslash_hides_no_container_behind_it() -> None:
    body = json.dumps({"a": ["\\", nested("\\", 99)]}).encode()

    with pytest.raises(NestingTooDeep):
        parse_object(body)


@given(
    st.integers(94, 103),
    st.sampled_from(["[[[[", "]]", '"', "\\", '\\"[', '"]', "{", "x"]).flatmap(
        lambda text: st.lists(st.just(text), max_size=6)
    ),
    st.booleans(),
)
def test_nesting_is_counted_by_containers_alone(levels: int, texts: list[str], objects: bool) -> None:
    body = json.dumps({"".join(texts): nested(texts, levels, objects=objects)}).encode()
    containers = levels + 2

    try:
        parse_object(body)
        refused = False
    except NestingTooDeep:
        refused = True

    assert refused is (containers > 100)


def test_a_body_of_4_mib_is_read() -> None:
    body = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'

    assert MAX_BYTES == len(body) == 4 * 1024 * 1024
    assert len(parse_object(body)["a"]) == MAX_BYTES - 8


def test_a_body_over_4_mib_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ContentTooLarge) as refusal:
        parse_object(b"x" * (MAX_BYTES + 1))

    assert refusal.value.limit_bytes == MAX_BYTES


def test_a_content_whose_canonical_form_is_over_4_mib_is_refused() -> None:
    value = parse_object(b'{"a":[' + b"1e299," * 14_000 + b"0]}")

    with pytest.raises(ContentTooLarge):
        canonicalise(value)


# ---------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("literal", ["9" * 300, "-" + "9" * 300, "1" + "0" * 299])
def test_an_integer_of_300_digits_is_exact(literal: str) -> None:
    assert _canonical(f'{{"a":{literal}}}') == f'{{"a":{literal}}}'


@pytest.mark.parametrize("literal", ["1" + "0" * 300, "-" + "9" * 301, "9" * 5000])
def test_an_integer_of_more_than_300_digits_is_refused(literal: str) -> None:
    with pytest.raises(NumberOutOfRange):
        parse_object(f'{{"a":[{literal}]}}'.encode())


@pytest.mark.parametrize("literal", ["1e400", "-1e400", "1.8e308", "1E+999999999", "9" * 400 + ".0"])
def test_a_number_beyond_a_double_is_refused(literal: str) -> None:
    with pytest.raises(NumberOutOfRange) as refusal:
        parse_object(f'{{"a":{literal}}}'.encode())

    assert len(refusal.value.literal) <= 80


@pytest.mark.parametrize(
    ("literal", "written"),
    [
        ("1.0", "1"),
        ("1e0", "1"),
        ("10e-1", "1"),
        ("-1.0", "-1"),
        ("-0.0", "0"),
        ("-0", "0"),
        ("0e9", "0"),
        ("1e-400", "0"),
        ("-1e-400", "0"),
        ("0.1", "0.1"),
        ("1.10", "1.1"),
        ("1e-7", "1e-07"),
        ("1e22", "1" + "0" * 22),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1e23", "99999999999999991611392"),
        ("1e300", "1e+300"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ],
)
def test_a_number_has_one_canonical_spelling(literal: str, written: str) -> None:
    assert _canonical(f'{{"a":{literal}}}') == f'{{"a":{written}}}'


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "true"), ("0", "false"), ("0", "null"), ("1", '"1"'), ("[]", "{}")],
)
def test_values_of_different_types_are_different_contents(one: str, other: str) -> None:
    left, right = (canonicalise(parse_object(f'{{"a":{value}}}'.encode())) for value in (one, other))

    assert left.hash != right.hash


# --------------------------------------------------------------------------------------------- canonical form


def test_the_canonical_form_sorts_by_code_point_without_spaces_in_utf_8() -> None:
    body = ' { "\U00010000" : [ 1 , { } ] , "\uffff" : "\\u00e9\\/\\n" , "b" : null , "a" : 1 , "B" : [ ] } '

    text = _canonical(body)

    assert text == '{"B":[],"a":1,"b":null,"\uffff":"é/\\n","\U00010000":[1,{}]}'


def test_the_hash_is_sha_256_of_the_canonical_bytes() -> None:
    content = canonicalise({"a": 1})

    assert content.text == b'{"a":1}'
    assert content.hash == hash_of(b'{"a":1}') == hashlib.sha256(b'{"a":1}').hexdigest()


@given(json_objects())
def test_the_canonical_form_parses_to_an_equal_value(value: dict[str, Any]) -> None:
    content = canonicalise(parse_object(json.dumps(value).encode()))

    assert same_json(parse_object(content.text), value)
    assert same_json(load(content.text), value)


@given(json_objects())
def test_the_canonical_form_is_its_own_canonical_form(value: dict[str, Any]) -> None:
    content = canonicalise(parse_object(json.dumps(value).encode()))

    assert canonicalise(parse_object(content.text)) == content
    assert canonicalise(load(content.text)) == content


@given(
    json_objects(LOOKALIKES, TRICKY_KEYS) | json_objects(),
    json_objects(LOOKALIKES, TRICKY_KEYS) | json_objects(),
)
def test_hashes_are_equal_exactly_when_values_are(left: dict[str, Any], right: dict[str, Any]) -> None:
    hashes = [canonicalise(parse_object(json.dumps(value).encode())).hash for value in (left, right)]

    assert (hashes[0] == hashes[1]) is same_json(left, right)


@given(LOOKALIKES, LOOKALIKES)
def test_hashes_of_lookalikes_are_equal_exactly_when_values_are(left: object, right: object) -> None:
    hashes = [canonicalise(parse_object(json.dumps({"a": value}).encode())).hash for value in (left, right)]

    assert (hashes[0] == hashes[1]) is same_json(left, right)


@given(json_values(), st.integers(0, 2**32))
def test_every_spelling_of_one_value_has_one_hash(value: object, seed: int) -> None:
    spelled = _spelled({"a": value}, random.Random(seed))

    content = canonicalise(parse_object(spelled.encode()))

    assert content == canonicalise(parse_object(json.dumps({"a": value}).encode()))


def _spelled(value: Any, chance: random.Random) -> str:
    """Write a value as another client would: spaces, order of keys, escapes and numbers as it pleases."""
    space = chance.choice(["", " ", "\n\t", "\r\n"])
    if isinstance(value, dict):
        colon = f"{space}:{space}"
        members = chance.sample(list(value.items()), len(value))
        spelled = [_spelled(key, chance) + colon + _spelled(member, chance) for key, member in members]
        return f"{{{space}{f'{space},'.join(spelled)}{space}}}"
    if isinstance(value, list):
        return f"[{space}{f',{space}'.join(_spelled(member, chance) for member in value)}{space}]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return chance.choice([f"{value}", f"{value}.0", f"{value}e0", f"{value}.00e+0", f"{value * 10}E-1"])
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


# ---------------------------------------------------------------------------------------------------- quoting


@pytest.mark.parametrize(("text", "clipped"), [("", ""), ("abcde", "abcde"), ("abcdef", "abcd…")])
def test_a_quoted_text_is_cut_at_its_limit(text: str, clipped: str) -> None:
    assert clip(text, 5) == clipped
