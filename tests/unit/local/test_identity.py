"""Tokens are verified locally, and their claims look as the gateway's JWT authorizer hands them on."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from local.identity import render_claims
from local.token import mint_token
from tests.unit.local.samples import SECRET, FakeFunctions, a_gateway, a_request, event_of

PATH = "/v1/tenants/acme/agents/a/revisions/1/draft"


def _claims(headers: dict[str, str], target: str = PATH, **variables: str) -> dict[str, Any]:
    answer = a_gateway(FakeFunctions(variables=variables)).answer(a_request(target, "PUT", headers))
    claims = event_of(answer)["requestContext"]["authorizer"]["jwt"]["claims"]
    assert isinstance(claims, dict)
    return claims


def _signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic ZGV2OmRldg=="}, {"Authorization": "Bearer dev"}])
def test_without_a_token_the_caller_is_dev_of_the_tenant_in_the_path(headers: dict[str, str]) -> None:
    assert _claims(headers) == {"sub": "dev", "custom:tenant": "acme", "cognito:groups": "[catalog-admin]"}


def test_without_a_tenant_in_the_path_dev_belongs_to_local() -> None:
    assert _claims({}, "/echo/a")["custom:tenant"] == "local"


def test_the_tenant_claim_is_named_by_the_functions_environment() -> None:
    assert _claims({}, TENANT_CLAIM="org") == {"sub": "dev", "org": "acme", "cognito:groups": "[catalog-admin]"}


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_a_token_tells_who_calls(scheme: str) -> None:
    token = mint_token(SECRET, "other", "alice", groups=["a", "b"], actor="bot")

    claims = _claims({"Authorization": scheme + token})

    assert claims.pop("exp").isdigit()
    assert claims.pop("iat").isdigit()
    assert claims == {"sub": "alice", "custom:tenant": "other", "cognito:groups": "[a b]", "client_id": "bot"}


@pytest.mark.parametrize(
    "token",
    [
        "a.b.c",
        mint_token("another secret of thirty-two bytes and more", "acme", "alice"),
        mint_token(SECRET, "acme", "alice", hours=-1),
        jwt.encode({"sub": "alice"}, "", "none"),
        _signed({"sub": "alice"}, algorithm="HS512"),
        _signed({"sub": "alice", "nbf": time.time() + 3600}),
        _signed({"sub": "alice", "exp": "never"}),
        _signed({"sub": "alice"})[:-2],
    ],
)
def test_a_token_that_does_not_verify_is_refused(token: str) -> None:
    functions = FakeFunctions()

    answer = a_gateway(functions).answer(a_request(headers={"Authorization": f"Bearer {token}"}))

    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert dict(answer.headers)["www-authenticate"].startswith("Bearer ")
    assert functions.events == []


def test_a_token_for_another_audience_is_accepted() -> None:
    token = _signed({"sub": "alice", "aud": "client"})

    assert _claims({"Authorization": f"Bearer {token}"})["aud"] == "client"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic ZGV2OmRldg=="}])
def test_a_missing_token_is_refused_when_one_is_required(headers: dict[str, str]) -> None:
    answer = a_gateway(auth_required=True).answer(a_request(headers=headers))

    assert (answer.status, dict(answer.headers)["www-authenticate"]) == (401, "Bearer")


def test_a_good_token_passes_when_one_is_required() -> None:
    token = mint_token(SECRET, "acme", "alice")

    answer = a_gateway(auth_required=True).answer(a_request(headers={"Authorization": f"Bearer {token}"}))

    assert answer.status == 200


def test_a_path_without_a_route_is_404_whoever_asks() -> None:
    gateway = a_gateway(auth_required=True)

    assert gateway.answer(a_request("/nope")).status == 404
    assert gateway.answer(a_request("/nope", headers={"Authorization": "Bearer a.b.c"})).status == 404


def test_claims_are_rendered_as_strings() -> None:
    claims = {
        "text": "a b",
        "number": 5,
        "fraction": 1.5,
        "yes": True,
        "list": ["a", 1, True],
        "empty": [],
        "object": {"a": [1]},
        "nothing": None,
        "half": "\ud800",
    }

    assert render_claims(claims) == {
        "text": "a b",
        "number": "5",
        "fraction": "1.5",
        "yes": "true",
        "list": "[a 1 true]",
        "empty": "[]",
        "object": '{"a":[1]}',
        "half": "?",
    }
