"""What a function returns becomes the HTTP answer of payload format 2.0."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from local.answers import MalformedAnswer, function_answer


def test_status_headers_cookies_and_body_are_sent() -> None:
    answer = function_answer(
        {
            "statusCode": 201,
            "headers": {"ETag": '"7"', "Content-Type": "application/json", "X-Number": 5, "X-Flag": True},
            "cookies": ["a=1", "b=2"],
            "body": '{"ü":1}',
        }
    )

    assert answer.status == 201
    assert answer.headers == (
        ("ETag", '"7"'),
        ("Content-Type", "application/json"),
        ("X-Number", "5"),
        ("X-Flag", "true"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    )
    assert answer.body == '{"ü":1}'.encode()


def test_a_base64_body_is_decoded() -> None:
    body = base64.b64encode(b"\x00\xff").decode()

    assert function_answer({"statusCode": 200, "body": body, "isBase64Encoded": True}).body == b"\x00\xff"


@pytest.mark.parametrize("status", [204, 304])
def test_204_and_304_have_no_body(status: int) -> None:
    answer = function_answer({"statusCode": status, "headers": {"ETag": '"7"'}, "body": "text"})

    assert (answer.body, answer.headers) == (b"", (("ETag", '"7"'),))


def test_headers_that_the_gateway_owns_are_dropped() -> None:
    headers = {"Content-Length": "99", "Connection": "close", "Transfer-Encoding": "chunked", "Content-Type": "a/b"}

    assert function_answer({"statusCode": 200, "headers": headers, "body": ""}).headers == (("Content-Type", "a/b"),)


def test_without_a_content_type_the_body_is_plain_text() -> None:
    answer = function_answer({"statusCode": 200, "body": "hello"})

    assert dict(answer.headers)["content-type"] == "text/plain;charset=utf-8"


@pytest.mark.parametrize(
    ("returned", "body"), [({"a": 1}, b'{"a": 1}'), ("text", b"text"), (None, b"null"), ([1], b"[1]")]
)
def test_without_a_status_the_returned_value_is_the_body(returned: Any, body: bytes) -> None:
    answer = function_answer(returned)

    assert (answer.status, answer.headers, answer.body) == (200, (("content-type", "application/json"),), body)


@pytest.mark.parametrize(
    "returned",
    [
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 100},
        {"statusCode": 600},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "YWJj!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"X": "a\r\nb"}},
        {"statusCode": 200, "headers": {"X Y": "a"}},
        {"statusCode": 200, "headers": {"X": "☃"}},
        {"statusCode": 200, "headers": {"X": ["a"]}},
        {"statusCode": 200, "cookies": "a=1"},
    ],
)
def test_an_answer_that_the_gateway_cannot_send_is_malformed(returned: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        function_answer(returned)
