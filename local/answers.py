"""Turns what a function returned into an HTTP answer, and makes the gateway's own answers."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from typing import Any

# RFC 9110 section 7.6.1, and what the gateway counts itself.
_NOT_PASSED_ON = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class MalformedAnswer(Exception):
    """A function returned something that the gateway cannot send; the caller gets a 500."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; the body of a 204 or 304 is empty."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_headers(self, headers: list[tuple[str, str]]) -> Answer:
        """The same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))

    def without_headers(self, prefix: str) -> Answer:
        """The same answer without the headers whose names begin with `prefix`."""
        return replace(self, headers=tuple(pair for pair in self.headers if not pair[0].lower().startswith(prefix)))


def gateway_answer(status: int, message: str) -> Answer:
    """An answer that the gateway gives without asking a function: `{"message": "Not Found"}`."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(status, (("content-type", "application/json"),), body)


def function_answer(returned: Any) -> Answer:
    """The answer for what a function returned, already a plain JSON value.

    Without a `statusCode` the value itself is the body: 200, application/json.
    Raises: MalformedAnswer
    Source: API Gateway developer guide, "Lambda function response for format 2.0"
    """
    if not isinstance(returned, dict) or "statusCode" not in returned:
        text = returned if isinstance(returned, str) else json.dumps(returned, ensure_ascii=False)
        return Answer(200, (("content-type", "application/json"),), text.encode())
    status = returned["statusCode"]
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedAnswer(f"statusCode is {status!r}")
    headers = [_header(name, value) for name, value in _mapping(returned, "headers").items() if value is not None]
    headers = [(name, value) for name, value in headers if name.lower() not in _NOT_PASSED_ON]
    cookies = returned.get("cookies") or []
    if not isinstance(cookies, list):
        raise MalformedAnswer("cookies is not a list")
    headers += [_header("set-cookie", cookie) for cookie in cookies]
    if status in (204, 304):
        return Answer(status, tuple(headers), b"")
    if all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=utf-8"))
    return Answer(status, tuple(headers), _body(returned))


def _mapping(returned: dict[str, Any], key: str) -> dict[str, Any]:
    value = returned.get(key) or {}
    if not isinstance(value, dict):
        raise MalformedAnswer(f"{key} is not an object")
    return value


def _header(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str) or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise MalformedAnswer(f"header {name!r} is {value!r}")
    return name, value


def _body(returned: dict[str, Any]) -> bytes:
    body = returned.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswer(f"body is a {type(body).__name__}, not a string")
    if not returned.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise MalformedAnswer("isBase64Encoded is true and body is not base64") from error
