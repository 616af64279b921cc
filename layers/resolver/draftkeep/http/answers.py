"""Answers: JSON bodies, entity tags, and the form in which Lambda carries them cheapest."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
PROBLEM = "application/problem+json"

# Characters that fit an answer of Lambda however they are escaped: 12 bytes each at the most.
FITS_ANYHOW = 256 * 1024

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `body` is JSON text; None sends no body."""

    status: int
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


def json_text(members: Mapping[str, Any] | list[Any], canonical: Mapping[str, bytes | None] | None = None) -> str:
    """Write an answer's body.

    canonical: members whose values are canonical JSON bytes already; they are copied in, not parsed and written again
    """
    text = _encode(members)
    for key, value in (canonical or {}).items():
        opened = text[:-1] + ("," if len(text) > 2 else "")
        text = f"{opened}{_encode(key)}:{'null' if value is None else value.decode()}}}"
    return text


def entity_tag(version: int) -> dict[str, str]:
    """The header that carries a draft's version."""
    return {"ETag": f'"{version}"'}


def without_body(response: dict[str, Any]) -> dict[str, Any]:
    """The answer to a HEAD, from that to the GET: the same status and headers. Source: RFC 9110 section 9.3.2."""
    return response | {"body": "", "isBase64Encoded": False}


def carried(response: dict[str, Any]) -> dict[str, Any]:
    """Encode a large body of a Lambda response as base64 when that makes the response smaller.

    Lambda takes 6 MB, counted as JSON text, so each quote and backslash of the body counts twice; base64 costs a third.
    What fits however it is escaped stays as it is: to weigh 114 KB costs half of what it costs to parse it.
    """
    body = response.get("body")
    if isinstance(body, str) and len(body) > FITS_ANYHOW and not response.get("isBase64Encoded"):
        escapes = body.count('"') + body.count("\\")
        raw = body.encode()
        if escapes * 3 > len(raw):
            return response | {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    return response
