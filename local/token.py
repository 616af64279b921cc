"""Prints a token for the development server: `TENANT=acme USER=alice python -m local.token`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from typing import Any

import jwt

from local.identity import DEV_TENANT, DEV_USER
from local.settings import DEFAULT_TENANT_CLAIM, read_settings

DEFAULT_HOURS = 12.0


def mint_token(
    secret: str,
    tenant: str,
    user: str,
    *,
    groups: Sequence[str] = (),
    actor: str | None = None,
    hours: float = DEFAULT_HOURS,
    tenant_claim: str = DEFAULT_TENANT_CLAIM,
) -> str:
    """A token that the development server accepts.

    secret: str, LOCAL_JWT_SECRET of that server
    actor: str | None, the program that acts for the user
    hours: float, until it expires; negative makes an expired one
    """
    now_s = int(time.time())
    claims: dict[str, Any] = {
        "sub": user,
        tenant_claim: tenant,
        "iat": min(now_s, now_s + int(hours * 3600)),
        "exp": now_s + int(hours * 3600),
    }
    if groups:
        claims["cognito:groups"] = list(groups)
    if actor:
        claims["client_id"] = actor
    return jwt.encode(claims, secret, algorithm="HS256")


def main() -> None:
    """Read flags, or the environment variables of the same names, and print one token."""
    env = os.environ
    parser = argparse.ArgumentParser(prog="python -m local.token", description=__doc__)
    parser.add_argument("--tenant", default=env.get("TENANT") or DEV_TENANT)
    parser.add_argument("--user", default=env.get("USER") or DEV_USER)
    parser.add_argument("--groups", default=env.get("GROUPS", ""), help="separated by commas")
    parser.add_argument("--actor", default=env.get("ACTOR") or None, help="the program that acts for the user")
    parser.add_argument("--hours", type=float, default=env.get("HOURS") or DEFAULT_HOURS)
    arguments = parser.parse_args()
    token = mint_token(
        secret=read_settings({"LOCAL_JWT_SECRET": env.get("LOCAL_JWT_SECRET", "")}).jwt_secret,
        tenant=arguments.tenant,
        user=arguments.user,
        groups=[group.strip() for group in arguments.groups.split(",") if group.strip()],
        actor=arguments.actor,
        hours=arguments.hours,
        tenant_claim=env.get("TENANT_CLAIM") or DEFAULT_TENANT_CLAIM,
    )
    print(token)


if __name__ == "__main__":
    main()
