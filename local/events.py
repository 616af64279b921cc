"""Builds the event of payload format 2.0 that an HTTP API sends to a function."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local.cloudformation import ACCOUNT_ID
from local.routing import Match, Target

# Bodies of these types (and text/*) arrive as text when they are UTF-8, all others, and those of no type, as base64.
TEXT_TYPES = frozenset({"application/javascript", "application/json", "application/xml"})


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    headers: pairs in the order sent, names in any case, without the hop-by-hop ones
    head_bytes: int, size of request line and headers as sent
    body_bytes: int, size of the body; `body` is empty when that is over the gateway's limit
    """

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    head_bytes: int = 0
    body_bytes: int = 0
    source_ip: str = "127.0.0.1"
    port: str = "3000"
    protocol: str = "HTTP/1.1"
    joined: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        joined: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            joined[key] = f"{joined[key]},{value}" if key in joined else value
        object.__setattr__(self, "joined", joined)


def build_event(
    request: Request, match: Match, claims: Mapping[str, str] | None, request_id: str, now_s: float
) -> dict[str, Any]:
    """The event for one request; keys without a value are left out, as the gateway does.

    claims: verified claims, every value a string; None when the route has no authorizer
    now_s: float, Unix time
    """
    headers = request.joined | {
        "x-amzn-trace-id": f"Root=1-{int(now_s):08x}-{request_id.encode().hex()[:24]}",
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": request.port,
        "x-forwarded-proto": "http",
    }
    cookies = [part for part in headers.pop("cookie", "").split("; ") if part]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": request.target.raw_path,
        "rawQueryString": request.target.raw_query,
        "headers": headers,
        "requestContext": _context(request, match, claims, request_id, now_s),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query := _query_parameters(request.target.raw_query):
        event["queryStringParameters"] = query
    if match.parameters:
        event["pathParameters"] = match.parameters
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request.body, headers.get("content-type", ""))
    return event


def _context(
    request: Request, match: Match, claims: Mapping[str, str] | None, request_id: str, now_s: float
) -> dict[str, Any]:
    domain = request.joined.get("host", "127.0.0.1").partition(":")[0]
    context: dict[str, Any] = {
        "accountId": ACCOUNT_ID,
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.target.raw_path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.joined.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now_s)),
        "timeEpoch": int(now_s * 1000),
    }
    if claims is not None:
        # `scopes` is null unless the route itself asks for scopes, and ours do not.
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    return context


def _query_parameters(raw_query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(raw_query, keep_blank_values=True, errors="replace"):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in TEXT_TYPES:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
