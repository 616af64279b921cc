"""/openapi.json and /docs: the reference, as `make openapi` has written it. For everybody: no identity."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from draftkeep.http.answers import JSON, carried, without_body

_FOLDER = Path(__file__).resolve().parent
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
# A deployment changes it, nothing else does.
_SHARED = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def policy(html: str) -> str:
    """The Content-Security-Policy of a page that has one style of its own, and needs nothing else."""
    (style,) = _STYLE.findall(html)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _answer(name: str, media_type: str) -> dict[str, Any]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    headers = _SHARED | {"Content-Type": media_type}
    if media_type != JSON:
        headers["Content-Security-Policy"] = policy(text)
    return carried({"statusCode": 200, "headers": headers, "body": text, "isBase64Encoded": False})


_ANSWERS = {
    "GET /openapi.json": _answer("openapi.json", JSON),
    "GET /docs": _answer("docs.html", "text/html; charset=utf-8"),
}
_ANSWERS |= {route.replace("GET", "HEAD"): without_body(answer) for route, answer in _ANSWERS.items()}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Serve one HTTP API event (payload format 2.0); the gateway sends no other routes here."""
    return _ANSWERS[event["routeKey"]]
