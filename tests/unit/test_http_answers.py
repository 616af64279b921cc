"""Answers: contents are spliced in unparsed, and a large body is sent as base64 when that is the shorter way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.canonical import canonicalise, parse_object
from draftkeep.http.answers import FITS_ANYHOW, carried, entity_tag, json_text
from tests.unit.builders import TEXTS, json_objects, json_values, same_json

# Lambda's limit for an answer, counted as JSON text.
LAMBDA_BYTES = 6_291_556
BODIES = st.one_of(
    json_values(st.sampled_from(['"', "\\", "\n", "é", "漢", "\U0001f600", "plain text", "\x00", 7, None])),
    st.builds(lambda quotes, text: ['"' * quotes, "x" * text], st.integers(0, 60), st.integers(0, 200)),
).map(lambda value: large(json_text({"a": value})))


def large(body: str) -> str:
    """So many of a body that it may come near to Lambda's limit; any text goes, `carried` does not read it."""
    return body * (FITS_ANYHOW // len(body) + 1)


def _carried_bytes(body: str) -> int:
    """How many bytes Lambda counts for a body: it lies as a string in the JSON text of the response."""
    response = carried({"statusCode": 200, "body": body, "isBase64Encoded": False})
    return len(json.dumps(response["body"], ensure_ascii=False).encode())


# ----------------------------------------------------------------------------------------------------- bodies


@given(
    json_objects(),
    st.dictionaries(TEXTS.map(lambda key: f"content-{key}"), json_objects() | st.none(), max_size=3),
)
def test_spliced_contents_read_as_if_they_had_been_written(
    members: dict[str, Any],
    contents: dict[str, Any],
) -> None:
    canonical = {
        key: None if value is None else canonicalise(parse_object(json.dumps(value).encode())).text
        for key, value in contents.items()
    }

    text = json_text(members, canonical)

    assert same_json(json.loads(text), members | contents)


@pytest.mark.parametrize(
    ("members", "canonical", "text"),
    [
        ({}, None, "{}"),
        ({}, {}, "{}"),
        ({}, {"c": b'{"a":1}'}, '{"c":{"a":1}}'),
        ({"v": 1}, {"c": b"{}"}, '{"v":1,"c":{}}'),
        ({"v": 1}, {"c": None}, '{"v":1,"c":null}'),
        ({"v": 1}, {"c": b"[]", "d": b"{}"}, '{"v":1,"c":[],"d":{}}'),
        ({"v": 1}, {'"': '{"k":"é"}'.encode()}, '{"v":1,"\\"":{"k":"é"}}'),
        ([], None, "[]"),
        ([{"v": 1}], None, '[{"v":1}]'),
    ],
)
def test_a_body_is_written_without_spaces_and_contents_come_last(
    members: Any, canonical: dict[str, bytes | None] | None, text: str
) -> None:
    assert json_text(members, canonical) == text


def test_a_body_is_written_without_ascii_escapes() -> None:
    assert json_text({"a": "é漢\U0001f600"}) == '{"a":"é漢\U0001f600"}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_body_never_holds_what_is_not_json(number: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_text({"a": number})


def test_an_entity_tag_is_the_quoted_version() -> None:
    assert entity_tag(7) == {"ETag": '"7"'}


# ----------------------------------------------------------------------------------------------------- base64


@given(BODIES)
def test_the_carried_body_reads_back_as_it_was(body: str) -> None:
    response = carried({"body": body, "isBase64Encoded": False})

    if response["isBase64Encoded"]:
        assert base64.b64decode(response["body"], validate=True).decode() == body
    else:
        assert response["body"] == body


@given(BODIES)
def test_a_carried_body_never_takes_more_than_a_third_more(body: str) -> None:
    groups = -(-len(body.encode()) // 3)

    assert _carried_bytes(body) <= 4 * groups + len('""')


@given(BODIES)
def test_the_shorter_way_is_taken_but_for_the_padding_of_base64(body: str) -> None:
    plain = len(json.dumps(body, ensure_ascii=False).encode())
    encoded = len(base64.b64encode(body.encode())) + len('""')

    assert _carried_bytes(body) <= min(plain, encoded) + 2


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        pytest.param('{"a":"' + "x" * 100 + '"}', False, id="prose"),
        pytest.param('{"a":"' + "漢" * 100 + '"}', False, id="characters beyond ASCII"),
        pytest.param('{"a":"' + '\\"' * 100 + '"}', True, id="quotes inside strings"),
        pytest.param('{"a":"' + "\\n" * 100 + '"}', True, id="line breaks"),
        pytest.param("[" + '"",' * 100 + '""]', True, id="many short strings"),
        pytest.param('""1234', False, id="exactly a third"),
        pytest.param('""123', True, id="over a third"),
    ],
)
def test_a_body_is_encoded_when_escaping_would_cost_over_a_third(body: str, encoded: bool) -> None:
    assert carried({"body": large(body), "isBase64Encoded": False})["isBase64Encoded"] is encoded


@pytest.mark.parametrize("unit", ["x", '\\"', "\\n", "漢", "\\\\", "\U0001f600", '","', "\x7f", "\u2028"])
def test_a_content_of_4_mib_with_its_envelope_fits_a_lambda_answer_whatever_it_holds(unit: str) -> None:
    content = '{"a":"' + unit * ((4 * 1024 * 1024 - 8) // len(unit.encode())) + '"}'
    envelope = {"history": ["x" * 40 * 1024]}

    assert _carried_bytes(json_text(envelope, {"headData": content.encode()})) < LAMBDA_BYTES


@pytest.mark.parametrize(
    "response",
    [
        {"statusCode": 204},
        {"statusCode": 204, "body": None, "isBase64Encoded": False},
        {"statusCode": 200, "body": "", "isBase64Encoded": False},
        {"statusCode": 200, "body": "IiIi" * FITS_ANYHOW, "isBase64Encoded": True},
        {"statusCode": 200, "body": '"' * FITS_ANYHOW, "isBase64Encoded": False},
    ],
)
def test_a_response_without_text_or_with_little_is_left_as_it_is(response: dict[str, Any]) -> None:
    assert carried(dict(response)) == response


@pytest.mark.parametrize("character", ['"', "\x00", "漢", "\U0001f600"])
def test_a_text_that_is_not_weighed_fits_a_lambda_answer_however_it_is_escaped(character: str) -> None:
    assert len(json.dumps(character * FITS_ANYHOW, ensure_ascii=True)) < LAMBDA_BYTES


def test_encoding_changes_nothing_but_the_body() -> None:
    body = '"' * (FITS_ANYHOW + 1)
    response = {"statusCode": 200, "headers": {"ETag": '"7"'}, "body": body, "isBase64Encoded": False}

    encoded = base64.b64encode(body.encode()).decode()
    assert carried(response) == response | {"body": encoded, "isBase64Encoded": True}
