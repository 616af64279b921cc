"""What the caller of `make serve` can set, read from the environment once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_PORT = 3000
DEFAULT_JWT_SECRET = "local-development-only-not-a-secret"  # public on purpose  # nosec B105
DEFAULT_TENANT_CLAIM = "custom:tenant"


class StartupError(Exception):
    """The server cannot start; the message is one line that says why."""


@dataclass(frozen=True)
class Settings:
    """What decides how the server runs.

    port: int, 0 means any free one
    auth_required: bool, False lets a caller without a token in as `dev`
    jwt_secret: str, the HS256 secret of local tokens
    engine_url: str | None, DynamoDB to use; None means the embedded one
    """

    port: int
    auth_required: bool
    jwt_secret: str
    engine_url: str | None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read PORT, LOCAL_AUTH, LOCAL_JWT_SECRET and AWS_ENDPOINT_URL_DYNAMODB; empty means unset.

    Raises: StartupError, a value that cannot be used
    """
    return Settings(
        port=_port(environ.get("PORT", "")),
        auth_required=_auth_required(environ.get("LOCAL_AUTH", "")),
        jwt_secret=environ.get("LOCAL_JWT_SECRET") or DEFAULT_JWT_SECRET,
        engine_url=environ.get("AWS_ENDPOINT_URL_DYNAMODB") or None,
    )


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise StartupError(f"PORT must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _auth_required(text: str) -> bool:
    choices = {"": False, "off": False, "required": True}
    if text.lower() not in choices:
        raise StartupError(f"LOCAL_AUTH must be `off` or `required`, not {text!r}")
    return choices[text.lower()]
