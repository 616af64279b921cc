"""CORS as an HTTP API does it: preflights answered by the gateway, headers added to answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.cloudformation import NO_VALUE, Scope

# What a page under development is served from, when the template names no origin.
LOCAL_ORIGINS = ("http://localhost", "http://localhost:*", "http://127.0.0.1", "http://127.0.0.1:*")

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class CorsRules:
    """The API's CorsConfiguration.

    allow_origins: `*`, `https://*`, or an origin
    max_age_s: int | None, how long a browser may remember a preflight
    """

    allow_origins: tuple[str, ...] = LOCAL_ORIGINS
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age_s: int | None = None
    allow_credentials: bool = False

    def preflight_headers(self, origin: str) -> Headers:
        """Headers of the answer to a preflight; none for an origin that is not allowed."""
        headers = self._origin_headers(origin)
        if headers:
            headers += _listed("access-control-allow-methods", self.allow_methods)
            headers += _listed("access-control-allow-headers", self.allow_headers)
            if self.max_age_s is not None:
                headers.append(("access-control-max-age", str(self.max_age_s)))
        return headers

    def answer_headers(self, origin: str) -> Headers:
        """Headers to add to any other answer; none for an origin that is not allowed."""
        headers = self._origin_headers(origin)
        return headers + _listed("access-control-expose-headers", self.expose_headers) if headers else []

    def _origin_headers(self, origin: str) -> Headers:
        if not any(_matches(pattern, origin) for pattern in self.allow_origins):
            return []
        anyone = "*" in self.allow_origins and not self.allow_credentials
        headers = [("access-control-allow-origin", "*" if anyone else origin)]
        if self.allow_credentials:
            headers.append(("access-control-allow-credentials", "true"))
        return headers


def read_cors(configuration: Any, scope: Scope) -> CorsRules:
    """The rules of a CorsConfiguration.

    A configuration that a condition leaves out is read all the same, and no origin means
    LOCAL_ORIGINS: a page under development shall work before anybody sets the parameter.
    """
    if isinstance(configuration, dict) and "Fn::If" in configuration:
        branches = [scope.resolve(branch) for branch in configuration["Fn::If"][1:]]
        configuration = next((branch for branch in branches if branch is not NO_VALUE), {})
    rules = scope.resolve(configuration)
    if not isinstance(rules, dict):
        return CorsRules(allow_origins=("*",), allow_methods=("*",), allow_headers=("*",))
    return CorsRules(
        allow_origins=_texts(rules.get("AllowOrigins")) or LOCAL_ORIGINS,
        allow_methods=_texts(rules.get("AllowMethods")),
        allow_headers=_texts(rules.get("AllowHeaders")),
        expose_headers=_texts(rules.get("ExposeHeaders")),
        max_age_s=int(rules["MaxAge"]) if "MaxAge" in rules else None,
        allow_credentials=str(rules.get("AllowCredentials", False)).lower() == "true",
    )


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value or ""]
    return tuple(part.strip() for text in values for part in str(text).split(",") if part.strip())


def _listed(name: str, values: Sequence[str]) -> Headers:
    return [(name, ",".join(values))] if values else []


def _matches(pattern: str, origin: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), origin, re.IGNORECASE) is not None
