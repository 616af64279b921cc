"""Limits and failures: what the gateway says itself, and when."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.gateway import BODY_LIMIT_BYTES, HEAD_LIMIT_BYTES
from local.payload import PAYLOAD_LIMIT_BYTES, encode_payload
from local.runtime import Runtime
from local.template import Function
from tests.unit.local.samples import FakeFunctions, a_gateway, a_request, echo

TEXT = {"Content-Type": "text/plain"}


def _message(body: bytes) -> Any:
    return json.loads(body)["message"]


def test_an_unknown_path_is_the_gateways_404() -> None:
    answer = a_gateway().answer(a_request("/nope"))

    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')
    assert dict(answer.headers)["content-type"] == "application/json"


def test_an_unknown_method_is_404_and_not_405() -> None:
    assert a_gateway().answer(a_request("/v1/tenants/t/agents/a/revisions/1/draft", "PATCH")).status == 404


def test_head_is_a_method_like_any_other() -> None:
    assert a_gateway().answer(a_request("/v1/tenants/t/agents/a/revisions/1/draft", "HEAD")).status == 404


def test_a_body_over_ten_megabytes_is_413_even_where_there_is_no_route() -> None:
    request = replace(a_request("/nope", "PUT"), body_bytes=BODY_LIMIT_BYTES + 1)

    answer = a_gateway().answer(request)

    assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_head_at_the_limit_passes_and_one_byte_more_is_431() -> None:
    gateway = a_gateway()

    assert gateway.answer(replace(a_request(), head_bytes=HEAD_LIMIT_BYTES)).status == 200
    refused = gateway.answer(replace(a_request(), head_bytes=HEAD_LIMIT_BYTES + 1))
    assert (refused.status, _message(refused.body)) == (431, "Request Header Fields Too Large")


@pytest.mark.parametrize(
    ("letter", "size_in_event"), [("x", 1), ('"', 2), ("\n", 2), ("\0", 6), ("ü", 2), ("漢", 3)], ids=repr
)
def test_the_event_is_counted_as_escaped_json_in_utf8(letter: str, size_in_event: int) -> None:
    functions = FakeFunctions(lambda _: {"statusCode": 204})
    gateway = a_gateway(functions)
    gateway.answer(a_request(method="PUT", headers=TEXT, body=b"x"))
    room = PAYLOAD_LIMIT_BYTES - len(encode_payload(functions.events[0])) + 1
    fits, rest = divmod(room, size_in_event)

    at_limit = a_request(method="PUT", headers=TEXT, body=letter.encode() * fits + b"x" * rest)
    assert gateway.answer(at_limit).status == 204
    assert len(encode_payload(functions.events[-1])) == PAYLOAD_LIMIT_BYTES

    over = gateway.answer(a_request(method="PUT", headers=TEXT, body=at_limit.body + b"x"))
    assert (over.status, over.body) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_binary_body_counts_a_third_more() -> None:
    request = a_request(method="PUT", headers={"Content-Type": "application/octet-stream"}, body=b"x" * 4_800_000)

    assert a_gateway().answer(request).status == 413


def _runtime(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    module = f"fn_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    runtime = Runtime({"Echo": Function("Echo", f"{module}.handler", 25, 128, {})})
    runtime.load()
    return runtime


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 500)])
def test_an_answer_over_lambdas_limit_is_500_and_loud(
    extra: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # `{"statusCode": 200, "body": ""}` is 31 bytes; a quotation mark counts twice.
    marks = (PAYLOAD_LIMIT_BYTES - 31) // 2
    tail = "x" * ((PAYLOAD_LIMIT_BYTES - 31) % 2 + extra)
    source = f"def handler(event, context): return {{'statusCode': 200, 'body': '\"' * {marks} + '{tail}'}}"
    gateway = replace(a_gateway(), functions=_runtime(source, tmp_path, monkeypatch))

    answer = gateway.answer(a_request())

    assert answer.status == status
    assert ("ANSWER TOO LARGE" in caplog.text) is (status == 500)


@pytest.mark.parametrize(
    "body",
    [
        "raise RuntimeError('inside')",
        "raise SystemExit(1)",
        "return {'statusCode': 200, 'body': b'bytes'}",
        "return {'statusCode': 200, 'body': '\\ud800'}",
        "return {'statusCode': 200, 'x': float('nan')}",
        "return {'statusCode': 200, 'body': {}}",
    ],
)
def test_a_function_that_fails_is_500_without_its_message(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = _runtime(f"def handler(event, context): {body}", tmp_path, monkeypatch)

    answer = replace(a_gateway(), functions=runtime).answer(a_request())

    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR]


def test_the_function_sees_nothing_of_a_refused_request() -> None:
    functions = FakeFunctions(echo)
    gateway = a_gateway(functions, auth_required=True)

    statuses = [
        gateway.answer(request).status
        for request in (
            a_request("/nope"),
            a_request(),
            replace(a_request(), head_bytes=HEAD_LIMIT_BYTES + 1),
            replace(a_request(), body_bytes=BODY_LIMIT_BYTES + 1),
        )
    ]

    assert (statuses, functions.events) == ([404, 401, 431, 413], [])
