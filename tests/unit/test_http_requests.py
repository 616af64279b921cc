"""A request is checked in the published order: size, content type, syntax, fields."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given

from draftkeep.canonical import MAX_BYTES
from draftkeep.errors import (
    ContentTooLarge,
    DraftkeepError,
    InvalidFields,
    MalformedHeader,
    MalformedJson,
    MalformedQuery,
    NestingTooDeep,
    NotFound,
    NumberOutOfRange,
    UnsupportedMediaType,
)
from draftkeep.http.principal import Principal
from draftkeep.http.requests import Request, refuse_unknown
from draftkeep.preconditions import Precondition
from tests.unit.builders import json_objects, same_json

ANA = Principal("acme", "ana", None, frozenset())


def _request(
    body: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    params: dict[str, str] | None = None,
    encoded: bool = False,
) -> Request:
    return Request(
        principal=ANA,
        params=params or {},
        query=query or {},
        headers=headers or {},
        event={"body": body, "isBase64Encoded": encoded},
        path="/",
    )


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()


# ----------------------------------------------------------------------------------------------------- bodies


@given(json_objects())
def test_a_body_is_read_alike_plain_and_in_base64(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False)

    plain = _request(text).json_object()
    encoded = _request(_base64(text.encode()), encoded=True).json_object()

    assert same_json(plain, value)
    assert same_json(encoded, value)


@pytest.mark.parametrize("body", [None, "", " ", "\r\n\t"])
def test_an_empty_body_is_not_an_object(body: str | None) -> None:
    with pytest.raises(MalformedJson):
        _request(body).json_object()


def test_an_event_without_a_body_has_an_empty_one() -> None:
    request = Request(ANA, {}, {}, {}, {}, "/")

    with pytest.raises(MalformedJson):
        request.json_object()


@pytest.mark.parametrize("body", ["e30", "e30=e30=", "e3 0=", "\u00e9", "{}", "e30=\n\n*"])
def test_a_body_that_is_not_the_base64_it_is_said_to_be_is_refused(body: str) -> None:
    with pytest.raises(MalformedJson):
        _request(body, encoded=True).json_object()


def test_a_base64_body_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedJson):
        _request(_base64(b'{"a":"\xe9"}'), encoded=True).json_object()


def test_a_plain_body_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedJson):
        _request('{"a":"\ud800"}').json_object()


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_of_4_mib_is_read_and_one_byte_more_is_refused(encoded: bool) -> None:
    longest = '{"a":"' + "x" * (MAX_BYTES - 8) + '"}'
    bodies = [_base64(text.encode()) if encoded else text for text in (longest, longest + " ")]

    assert _request(bodies[0], encoded=encoded).json_object().keys() == {"a"}
    with pytest.raises(ContentTooLarge) as refusal:
        _request(bodies[1], encoded=encoded).json_object()
    assert refusal.value.limit_bytes == MAX_BYTES


def test_the_size_of_a_body_is_counted_in_bytes_of_utf_8() -> None:
    body = '{"a":"' + "漢" * (MAX_BYTES // 3) + '"}'

    assert len(body) < MAX_BYTES
    with pytest.raises(ContentTooLarge):
        _request(body).json_object()


# ---------------------------------------------------------------------------------------------- content types


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        " ",
        "application/json",
        "Application/JSON",
        " application/json ",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/json ; charset = utf-8",
        "application/json; charset=utf-8; profile=x",
        "application/json; profile=x; charset=utf-8",
        "application/json;",
        "application/merge-patch+json",
        "application/vnd.draftkeep.v1+json; charset=utf-8",
        "application/problem+JSON",
    ],
)
def test_json_in_utf_8_is_taken_under_each_of_its_names(content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    assert _request("{}", headers=headers).json_object() == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonp",
        "application/json5",
        "application/+json",
        "application/x+jsonx",
        "application/x+json+xml",
        "application/json, text/plain",
        "application/json text/plain",
        "xapplication/json",
        "application",
        "json",
        "*/*",
        ";charset=utf-8",
        "application/json; charset=latin-1",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        'application/json; charset="utf-16"',
        "application/json; CHARSET=us-ascii",
        "application/json; charset=utf-8x",
        "application/vnd.x+json; charset=utf-7",
    ],
)
def test_a_body_in_another_type_or_charset_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        _request("{}", headers={"content-type": content_type}).json_object()


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, identity", "x"])
def test_a_body_with_a_content_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        _request("{}", headers={"content-encoding": encoding}).json_object()


@pytest.mark.parametrize("encoding", ["identity", "Identity", " identity "])
def test_the_identity_encoding_is_none(encoding: str) -> None:
    assert _request("{}", headers={"content-encoding": encoding}).json_object() == {}


# ------------------------------------------------------------------------------------------------------ order


TOO_LARGE = '{"a":NaN' + " " * MAX_BYTES


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        pytest.param(
            TOO_LARGE,
            {"content-type": "text/plain"},
            ContentTooLarge,
            id="size before content type",
        ),
        pytest.param(TOO_LARGE, {}, ContentTooLarge, id="size before syntax"),
        pytest.param(
            "{",
            {"content-type": "text/plain"},
            UnsupportedMediaType,
            id="content type before syntax",
        ),
        pytest.param("{", {"content-encoding": "gzip"}, UnsupportedMediaType, id="encoding before syntax"),
        pytest.param(
            "",
            {"content-type": "text/plain"},
            UnsupportedMediaType,
            id="content type before emptiness",
        ),
        pytest.param('{"a":' + "[" * 200 + "]" * 200 + "}", {}, NestingTooDeep, id="nesting"),
        pytest.param('{"a":1e400}', {}, NumberOutOfRange, id="numbers"),
    ],
)
def test_checks_are_made_in_the_published_order(
    body: str, headers: dict[str, str], error: type[DraftkeepError]
) -> None:
    with pytest.raises(error):
        _request(body, headers=headers).json_object()


@pytest.mark.parametrize("body", ['{"x":1e999}', '{"x":' + "[" * 200 + "]" * 200 + "}", "{"])
def test_an_unreadable_header_is_told_before_anything_that_the_body_says(body: str) -> None:
    with pytest.raises(MalformedHeader):
        _request(body, headers={"if-match": '"'}).json_object()


# -------------------------------------------------------------------------------------------- bodies of moves


@pytest.mark.parametrize("body", [None, "", "{}", " {} "])
def test_a_move_takes_an_empty_body_or_an_empty_object(body: str | None) -> None:
    _request(body).fields()


def test_the_content_type_of_a_missing_body_does_not_matter() -> None:
    _request(None, headers={"content-type": "text/plain"}).fields()


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        ('{"seqNo":1}', {}, InvalidFields),
        ('{"a":null}', {}, InvalidFields),
        ("[]", {}, MalformedJson),
        ("null", {}, MalformedJson),
        ("x", {}, MalformedJson),
        ("{}", {"content-type": "text/plain"}, UnsupportedMediaType),
    ],
)
def test_a_move_takes_no_other_body(body: str, headers: dict[str, str], error: type[DraftkeepError]) -> None:
    with pytest.raises(error):
        _request(body, headers=headers).fields()


@pytest.mark.parametrize("body", ['{"seqNo":1,"at":null}', '{"seqNo":1}', '{"at":[]}'])
def test_a_body_of_named_fields_has_some_of_them(body: str) -> None:
    assert _request(body).fields("seqNo", "at") == json.loads(body)


@pytest.mark.parametrize("body", [None, "", " ", "{}"])
def test_a_body_of_named_fields_may_be_absent(body: str | None) -> None:
    assert _request(body).fields("seqNo") == {}


def test_a_body_of_named_fields_has_no_others_and_all_are_named() -> None:
    with pytest.raises(InvalidFields) as refusal:
        _request('{"seqNo":1,"seqno":1,"x":null}').fields("seqNo")

    assert [problem.pointer for problem in refusal.value.problems] == ["/seqno", "/x"]
    assert {problem.code for problem in refusal.value.problems} == {"unknown_field"}


def test_a_body_of_named_fields_is_read_within_the_limit_of_all_bodies() -> None:
    with pytest.raises(ContentTooLarge):
        _request('{"seqNo":1}' + " " * MAX_BYTES).fields("seqNo")


def test_unknown_fields_are_named_by_pointer() -> None:
    with pytest.raises(InvalidFields) as refusal:
        refuse_unknown({"a": 1, "x/y~z": 2, "b": 3, "": 4}, frozenset({"a", "b"}))

    assert [problem.pointer for problem in refusal.value.problems] == ["/x~1y~0z", "/"]
    assert {problem.code for problem in refusal.value.problems} == {"unknown_field"}
    assert refusal.value.total == 2


def test_known_fields_pass() -> None:
    refuse_unknown({"a": 1}, frozenset({"a", "b"}))
    refuse_unknown({}, frozenset())


@pytest.mark.parametrize("count", [100, 101, 100_000])
def test_at_most_100_unknown_fields_are_named_and_all_are_counted(count: int) -> None:
    with pytest.raises(InvalidFields) as refusal:
        refuse_unknown({f"k{number}": 1 for number in range(count)}, frozenset())

    assert len(refusal.value.problems) == 100
    assert refusal.value.total == count


def test_an_unknown_field_with_a_long_name_is_quoted_in_part() -> None:
    with pytest.raises(InvalidFields) as refusal:
        refuse_unknown({"k" * 100_000: 1}, frozenset())

    (problem,) = refusal.value.problems
    assert len(problem.pointer) <= 512
    assert len(problem.message) < 200


# -------------------------------------------------------------------------------------- paths, query, headers


def test_a_path_variable_is_taken_as_it_is() -> None:
    assert _request(params={"agent": "support:v2@eu"}).param("agent") == "support:v2@eu"


@pytest.mark.parametrize("value", ["", "a/b", "a#b", "a b", "a\n", "\u00e9", "a" * 129, "a?b", "a%2Fb"])
def test_a_path_variable_with_other_characters_names_nothing(value: str) -> None:
    with pytest.raises(NotFound):
        _request(params={"agent": value}).param("agent")


def test_a_missing_path_variable_names_nothing() -> None:
    with pytest.raises(NotFound):
        _request().param("agent")


def test_a_path_variable_may_have_a_pattern_of_its_own() -> None:
    request = _request(params={"revision": "12"})

    assert request.param("revision", re.compile("[0-9]+")) == "12"
    with pytest.raises(NotFound):
        request.param("revision", re.compile("[a-z]+"))


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, 25), ("1", 1), ("25", 25), ("26", 25), ("999999999", 25)],
)
def test_a_number_in_the_query_is_cut_at_its_highest(value: str | None, number: int) -> None:
    query = {} if value is None else {"limit": value}

    assert _request(query=query).number("limit", 25, 1, 25) == number


@pytest.mark.parametrize(
    "value", ["", "0", "-1", "+1", "1_0", "1.0", " 1", "1 ", "1\n", "\u0661", "\uff11", "x", "1,2", "1" * 10]
)
def test_what_is_no_whole_number_in_the_query_is_refused_by_name(value: str) -> None:
    with pytest.raises(MalformedQuery) as refusal:
        _request(query={"limit": value}).number("limit", 25, 1, 25)

    assert refusal.value.parameter == "limit"


@pytest.mark.parametrize(
    ("query", "on"), [({}, False), ({"soft": "false"}, False), ({"soft": "true"}, True), ({"Soft": "true"}, False)]
)
def test_a_switch_in_the_query_is_off_unless_it_is_true(query: dict[str, str], on: bool) -> None:
    assert _request(query=query).switch("soft") is on


@pytest.mark.parametrize("value", ["", "1", "0", "yes", "True", "TRUE", " true", "true,true", "null"])
def test_a_switch_in_the_query_that_is_neither_true_nor_false_is_refused_by_name(value: str) -> None:
    with pytest.raises(MalformedQuery) as refusal:
        _request(query={"soft": value}).switch("soft")

    assert refusal.value.parameter == "soft"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_the_method_is_that_of_the_event(method: str) -> None:
    request = Request(ANA, {}, {}, {}, {"requestContext": {"http": {"method": method}}}, "/")

    assert request.method == method


@pytest.mark.parametrize(
    ("headers", "precondition"),
    [
        ({}, Precondition()),
        ({"if-match": '"7"'}, Precondition(versions=frozenset({7}))),
        ({"if-none-match": "*"}, Precondition(only_new=True)),
    ],
)
def test_the_precondition_is_read_from_the_headers(
    headers: dict[str, str],
    precondition: Precondition,
) -> None:
    assert _request(headers=headers).precondition() == precondition


@pytest.mark.parametrize("headers", [{"if-match": "x"}, {"if-match": "7", "if-none-match": "*"}])
def test_an_unreadable_precondition_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(MalformedHeader):
        _request(headers=headers).precondition()
