"""`python -m local.token` prints a token that the server accepts."""

from __future__ import annotations

import sys
import time

import jwt
import pytest

from local import token
from local.settings import DEFAULT_JWT_SECRET

VARIABLES = ("TENANT", "USER", "GROUPS", "ACTOR", "HOURS", "TENANT_CLAIM", "LOCAL_JWT_SECRET")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def _printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *flags: str, secret: str = DEFAULT_JWT_SECRET
) -> dict[str, object]:
    monkeypatch.setattr(sys, "argv", ["token", *flags])
    token.main()
    return jwt.decode(capsys.readouterr().out.strip(), secret, algorithms=["HS256"])


def test_by_default_it_is_dev_of_local_for_half_a_day(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = _printed(monkeypatch, capsys)

    now_s = time.time()
    issued_at_s, expires_at_s = claims.pop("iat"), claims.pop("exp")
    assert claims == {"sub": "dev", "custom:tenant": "local"}
    assert isinstance(issued_at_s, int)
    assert isinstance(expires_at_s, int)
    assert now_s - 60 < issued_at_s <= now_s
    assert expires_at_s - issued_at_s == 12 * 3600


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "another secret of thirty-two bytes and more"
    values = ("acme", "alice", "a, b,", "bot", "0.5", "org", secret)
    for name, value in zip(VARIABLES, values, strict=True):
        monkeypatch.setenv(name, value)

    claims = _printed(monkeypatch, capsys, secret=secret)

    lifetime_s = int(str(claims.pop("exp"))) - int(str(claims.pop("iat")))
    assert lifetime_s == 1800
    assert claims == {"sub": "alice", "org": "acme", "cognito:groups": ["a", "b"], "client_id": "bot"}


def test_flags_beat_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TENANT", "acme")
    monkeypatch.setenv("USER", "login")

    claims = _printed(monkeypatch, capsys, "--tenant", "other", "--user", "bob", "--groups", "catalog-admin")

    assert (claims["sub"], claims["custom:tenant"]) == ("bob", "other")
    assert claims["cognito:groups"] == ["catalog-admin"]
