"""Who calls: read from the claims that the gateway's authorizer has verified, from nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import quote

from draftkeep.canonical import clip
from draftkeep.errors import Unauthenticated
from draftkeep.model import Author
from draftkeep.settings import Settings

# `.` and `..` are taken out: a proxy on the way would resolve them to another path.
ID_PART = re.compile(r"(?!\.\.?$)[A-Za-z0-9._~:@-]{1,128}")
_MAX_USER_KEY_BYTES = 1024
_MAX_ACTOR_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Principal:
    """The verified caller.

    actor: the program that acts for the user, if the token names one
    """

    tenant: str
    user: str
    actor: str | None
    groups: frozenset[str]

    @property
    def author(self) -> Author:
        """The caller as the author of an entry."""
        return Author(self.user, self.actor)


def principal_of(event: Mapping[str, Any], settings: Settings) -> Principal:
    """Read the principal of an HTTP API event (payload format 2.0).

    Raises: Unauthenticated (no verified claims, or claims that name no tenant and user)
    """
    claims = ((event["requestContext"].get("authorizer") or {}).get("jwt") or {}).get("claims")
    if not claims:
        if settings.sam_local:
            return _sam_local_principal(event)
        raise Unauthenticated
    tenant, user = claims.get(settings.tenant_claim), claims.get("sub")
    if not isinstance(tenant, str) or not ID_PART.fullmatch(tenant) or not _is_user(user):
        raise Unauthenticated
    actor = claims.get("client_id") or claims.get("azp")
    # It goes into every entry, to be shown; what identifies the caller is the user.
    return Principal(
        tenant, user, clip(str(actor), _MAX_ACTOR_LENGTH) if actor else None, _groups(claims.get("cognito:groups", ""))
    )


def _is_user(claim: object) -> TypeGuard[str]:
    """Whether a claim can be part of a key (2,048 bytes at most)."""
    try:
        return isinstance(claim, str) and 0 < len(quote(claim, safe="")) <= _MAX_USER_KEY_BYTES
    except UnicodeEncodeError:
        return False


def _sam_local_principal(event: Mapping[str, Any]) -> Principal:
    """`sam local` has no authorizer: one developer, in whatever tenant the path names."""
    tenant = (event.get("pathParameters") or {}).get("tenant", "local")
    return Principal(tenant, "dev", None, frozenset({"catalog-admin"}))


def _groups(claim: object) -> frozenset[str]:
    """The gateway flattens a list claim to `[a b]`; other issuers write `a, b`, whose names have no comma."""
    text = str(claim)
    flattened = text.startswith("[") and text.endswith("]")
    names = re.split(r",?\s+", text[1:-1]) if flattened else re.split(r"[\s,]+", text)
    return frozenset(name for name in names if name)
