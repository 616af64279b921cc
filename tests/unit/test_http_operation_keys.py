"""Operation keys come in the body or the header, and a fingerprint tells whether two requests are the same."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.canonical import parse_object
from draftkeep.errors import InvalidFields, KeysDiffer, MalformedHeader
from draftkeep.http.operation_keys import claim_of, fingerprint, header_key, key_problem, operation_key
from draftkeep.http.principal import Principal
from draftkeep.http.requests import Request
from draftkeep.operations import Claim
from tests.unit.builders import LOOKALIKES, TRICKY_KEYS, json_objects, same_json

MEMBER = "idempotency_key"


def _request(
    header: str | None = None,
    *,
    method: str = "POST",
    route: str = "POST /persona/draft",
    path: str = "/persona/draft",
    query: dict[str, str] | None = None,
) -> Request:
    return Request(
        principal=Principal("acme", "ana", None, frozenset()),
        params={},
        query=query or {},
        headers={} if header is None else {"idempotency-key": header},
        event={"routeKey": route, "requestContext": {"http": {"method": method}}},
        path=path,
    )


# Printable ASCII: those at the ends of a key are no spaces.
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
KEYS = st.builds(
    lambda first, middle, last: first + middle + last,
    VISIBLE,
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20),
    VISIBLE,
) | VISIBLE.map(str)
NO_KEYS = [
    "",
    " ",
    "a" * 256,
    " a",
    "a ",
    "a\n",
    "\na",
    "a\tb",
    "a\x00",
    "a\x7f",
    "é",
    "a\u00a0b",
    "\u0661",
    "\U0001f600",
    "a\ud800",
]


# --------------------------------------------------------------------------------------------------- in the header


@given(KEYS.filter(lambda key: '"' not in key and "\\" not in key))
def test_a_key_in_the_header_is_taken_plain_and_in_quotes(key: str) -> None:
    assert header_key(_request(key)) == key
    assert header_key(_request(f'"{key}"')) == key


@given(KEYS)
def test_a_quoted_key_may_hold_quotes_and_backslashes(key: str) -> None:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')

    assert header_key(_request(f'"{quoted}"')) == key


@pytest.mark.parametrize("header", [" k1", "k1 ", "\tk1\t", '  "k1" '])
def test_spaces_around_the_header_do_not_count(header: str) -> None:
    assert header_key(_request(header)) == "k1"


@pytest.mark.parametrize("length", [1, 2, 255])
def test_a_key_of_1_to_255_characters_is_taken(length: int) -> None:
    assert header_key(_request("k" * length)) == "k" * length
    assert header_key(_request('"' + "k" * length + '"')) == "k" * length


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_header_that_is_no_key_is_refused_by_name(key: str) -> None:
    for header in [f'"{key}"', *([key] if key == key.strip(" \t") else [])]:
        with pytest.raises(MalformedHeader) as refusal:
            header_key(_request(header))

        assert refusal.value.header == "Idempotency-Key"


def test_a_request_without_the_header_has_no_key() -> None:
    assert header_key(_request()) is None
    assert operation_key(_request(), {}, MEMBER) is None
    assert claim_of(_request(), {}, MEMBER) is None


# ----------------------------------------------------------------------------------------------------- in the body


@given(KEYS)
def test_a_key_in_the_body_is_taken_to_the_letter(key: str) -> None:
    assert operation_key(_request(), {MEMBER: key}, MEMBER) == key


@pytest.mark.parametrize("key", [*NO_KEYS, 1, 0, True, False, [], ["k1"], {}])
def test_a_body_with_what_is_no_key_is_refused_with_its_pointer(key: Any) -> None:
    with pytest.raises(InvalidFields) as refusal:
        operation_key(_request(), {MEMBER: key}, MEMBER)

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/idempotency_key", "bad_operation_key")
    assert key_problem({MEMBER: key}, MEMBER) == problem


def test_the_member_of_the_key_is_that_of_the_kind() -> None:
    body = {"idempotencyKey": "camel", "idempotency_key": "snake"}

    assert operation_key(_request(), body, "idempotencyKey") == "camel"
    assert operation_key(_request(), body, "idempotency_key") == "snake"


@pytest.mark.parametrize("body", [{}, {MEMBER: None}])
def test_null_in_the_body_is_the_same_as_absent(body: dict[str, Any]) -> None:
    assert key_problem(body, MEMBER) is None
    assert operation_key(_request("k1"), body, MEMBER) == "k1"
    assert operation_key(_request(), body, MEMBER) is None


# ------------------------------------------------------------------------------------------------------ in both


@pytest.mark.parametrize("header", ["k1", '"k1"', " k1 "])
def test_one_key_in_both_places_is_that_key(header: str) -> None:
    assert operation_key(_request(header), {MEMBER: "k1"}, MEMBER) == "k1"


@pytest.mark.parametrize(("header", "member"), [("k1", "k2"), ("k", "K"), ('"k1"', '"k1"'), ("k1", "k1x")])
def test_keys_that_differ_are_refused(header: str, member: str) -> None:
    with pytest.raises(KeysDiffer):
        operation_key(_request(header), {MEMBER: member}, MEMBER)


def test_a_header_that_is_no_key_is_told_before_the_body() -> None:
    with pytest.raises(MalformedHeader):
        operation_key(_request(""), {MEMBER: ""}, MEMBER)


# ---------------------------------------------------------------------------------------------------- fingerprints

OBJECTS = json_objects(LOOKALIKES, TRICKY_KEYS)


@given(OBJECTS, OBJECTS)
def test_two_bodies_have_one_fingerprint_exactly_when_they_are_one_json_value(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    bodies = [parse_object(json.dumps(body).encode()) for body in (one, other)]

    prints = [fingerprint(_request(), body, MEMBER) for body in bodies]

    assert (prints[0] == prints[1]) is same_json(*bodies)


@given(OBJECTS, st.none() | KEYS)
def test_the_key_itself_does_not_count(body: dict[str, Any], key: str | None) -> None:
    before = copy.deepcopy(body)

    assert fingerprint(_request("k1"), body | {MEMBER: key}, MEMBER) == fingerprint(_request(), body, MEMBER)
    assert body == before


def test_another_kinds_member_of_that_meaning_counts() -> None:
    assert fingerprint(_request(), {"idempotencyKey": "k"}, MEMBER) != fingerprint(_request(), {}, MEMBER)


@pytest.mark.parametrize(
    "other",
    [
        _request(method="PUT"),
        _request(route="POST /tool/draft"),
        _request(path="/persona/draft/"),
        _request(query={"soft": "true"}),
        _request(query={"": ""}),
    ],
    ids=["method", "route", "path", "query", "empty query parameter"],
)
def test_another_method_route_path_or_query_is_another_request(other: Request) -> None:
    assert fingerprint(_request(), {}, MEMBER) != fingerprint(other, {}, MEMBER)


def test_the_order_of_members_and_parameters_does_not_count() -> None:
    one = fingerprint(_request(query={"a": "1", "b": "2"}), {"x": 1, "y": {"p": 1, "q": 2}}, MEMBER)
    other = fingerprint(_request(query={"b": "2", "a": "1"}), {"y": {"q": 2, "p": 1}, "x": 1}, MEMBER)

    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
        ({"a": 1}, {"a": True}),
        ({"a": "1"}, {"a": 1}),
        ({"nested": {MEMBER: "k1"}}, {"nested": {MEMBER: "k2"}}),
    ],
)
def test_bodies_that_differ_are_other_requests(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert fingerprint(_request(), one, MEMBER) != fingerprint(_request(), other, MEMBER)


def test_headers_and_the_caller_do_not_count_since_keys_are_scoped_to_the_caller() -> None:
    request = _request("k1")
    other = replace(
        request,
        principal=Principal("acme", "ana", "bot", frozenset({"x"})),
        headers={"if-match": "7", "user-agent": "x"},
        notes={"x": 1},
    )

    assert fingerprint(request, {}, MEMBER) == fingerprint(other, {}, MEMBER)


def test_a_fingerprint_is_a_sha_256_in_hexadecimal() -> None:
    found = fingerprint(_request(), {"é": "\U0001f600"}, MEMBER)

    assert len(bytes.fromhex(found)) == 32


@given(KEYS, OBJECTS)
def test_a_claim_is_the_key_with_the_fingerprint(key: str, body: dict[str, Any]) -> None:
    wanted = Claim(key, fingerprint(_request(), body, MEMBER))

    assert claim_of(_request(), body | {MEMBER: key}, MEMBER) == wanted
