"""Stands in for the HTTP API's JWT authorizer: HS256 tokens, or the fixed principal `dev`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

DEV_USER = "dev"
DEV_TENANT = "local"
DEV_GROUPS = ("catalog-admin",)

_JWT = re.compile(r"[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]*")

_TENANT = re.compile(r"(?!\.\.?$)[A-Za-z0-9._~:@-]{1,128}")


class Unauthorized(Exception):
    """No principal; the message is the value of the `WWW-Authenticate` header."""


@dataclass(frozen=True)
class Authorizer:
    """Knows who calls.

    required: bool, whether a request without a token is refused
    secret: str, the HS256 key
    """

    required: bool
    secret: str

    def claims(self, authorization: str, path_tenant: str | None, tenant_claim: str) -> dict[str, str]:
        """The claims of one request as the gateway puts them into the event: every value a string.

        authorization: str, the header's value, "" without one; `Bearer <token>` or the bare token
        path_tenant: str | None, the `tenant` of the path, which is also the tenant of `dev`
        Raises: Unauthorized
        """
        token = re.sub(r"^bearer\s+", "", authorization.split(",", maxsplit=1)[0], flags=re.IGNORECASE).strip()
        if _JWT.fullmatch(token):
            return render_claims(self._verify(token))
        if self.required:
            raise Unauthorized("Bearer")
        # A path that names no possible tenant is for the handler to refuse, as it would be with a token.
        tenant = path_tenant if path_tenant and _TENANT.fullmatch(path_tenant) else DEV_TENANT
        return render_claims({"sub": DEV_USER, tenant_claim: tenant, "cognito:groups": list(DEV_GROUPS)})

    def _verify(self, token: str) -> dict[str, Any]:
        try:
            # No audience is configured locally, so a token may carry any.
            return jwt.decode(token, self.secret, algorithms=["HS256"], options={"verify_aud": False})
        except (jwt.PyJWTError, ValueError, OverflowError) as error:
            reason = re.sub(r"[^ -~]|[\"\\]", "'", str(error))
            raise Unauthorized(f'Bearer scope="" error="invalid_token" error_description="{reason}"') from error


def render_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as HTTP APIs hand them on: `true`, `1700000000`, `[a b]`, objects as JSON, nulls left out."""
    return {name: _text(value) for name, value in claims.items() if value is not None}


def _text(value: Any) -> str:
    match value:
        case str():
            return value.encode(errors="replace").decode()  # a lone surrogate fits into no event
        case list():
            return "[" + " ".join(map(_text, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
