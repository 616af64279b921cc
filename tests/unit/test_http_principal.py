"""Who calls: nothing but the verified claims of the event says so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from draftkeep.errors import Unauthenticated
from draftkeep.http.principal import ID_PART, Principal, principal_of
from draftkeep.model import Author
from tests.unit.builders import ID_PARTS, USERS, settings_of

DEPLOYED = settings_of()
SAM_LOCAL = settings_of(sam_local=True)


def _event(**claims: Any) -> dict[str, Any]:
    """An event with the claims of a valid token, but for those given (`tenant` for the tenant claim)."""
    long_names = {"tenant": "custom:tenant", "groups": "cognito:groups"}
    named = {"custom:tenant": "acme", "sub": "ana"}
    named |= {long_names.get(name, name): value for name, value in claims.items()}
    return {"requestContext": {"authorizer": {"jwt": {"claims": named, "scopes": None}}}}


# ----------------------------------------------------------------------------------------------------- claims


def test_tenant_and_user_are_read_from_the_verified_claims() -> None:
    principal = principal_of(_event(), DEPLOYED)

    assert principal == Principal("acme", "ana", None, frozenset())
    assert principal.author == Author("ana", None)


def test_the_tenant_claim_is_the_one_that_the_deployment_names() -> None:
    settings = settings_of(tenant_claim="org")

    assert principal_of(_event(org="umbrella"), settings).tenant == "umbrella"


@pytest.mark.parametrize(
    ("claims", "actor"),
    [
        ({}, None),
        ({"client_id": "bot"}, "bot"),
        ({"azp": "app"}, "app"),
        ({"client_id": "bot", "azp": "app"}, "bot"),
        ({"client_id": "", "azp": "app"}, "app"),
        ({"client_id": ""}, None),
    ],
)
def test_the_actor_is_the_program_that_the_token_was_issued_to(
    claims: dict[str, str],
    actor: str | None,
) -> None:
    principal = principal_of(_event(**claims), DEPLOYED)

    assert principal.actor == actor
    assert principal.author == Author("ana", actor)


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("", set()),
        ("[]", set()),
        ("catalog-admin", {"catalog-admin"}),
        ("[catalog-admin]", {"catalog-admin"}),
        ("[editors catalog-admin]", {"editors", "catalog-admin"}),
        ("editors,catalog-admin", {"editors", "catalog-admin"}),
        ("[editors, catalog-admin]", {"editors", "catalog-admin"}),
        ("not-catalog-admin", {"not-catalog-admin"}),
        ("[guests x,catalog-admin]", {"guests", "x,catalog-admin"}),
        ("[[catalog-admin]]", {"[catalog-admin]"}),
    ],
)
def test_groups_are_read_as_the_gateway_flattens_them(claim: str, groups: set[str]) -> None:
    assert principal_of(_event(groups=claim), DEPLOYED).groups == groups


@given(ID_PARTS, USERS)
def test_any_user_name_is_taken_as_it_is(tenant: str, user: str) -> None:
    principal = principal_of(_event(tenant=tenant, sub=user), DEPLOYED)

    assert (principal.tenant, principal.user) == (tenant, user)


# --------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"authorizer": None},
        {"authorizer": {}},
        {"authorizer": {"jwt": None}},
        {"authorizer": {"jwt": {}}},
        {"authorizer": {"jwt": {"claims": None}}},
        {"authorizer": {"jwt": {"claims": {}}}},
        {"authorizer": {"lambda": {"claims": {"custom:tenant": "acme", "sub": "ana"}}}},
        {"authorizer": {"claims": {"custom:tenant": "acme", "sub": "ana"}}},
        {"claims": {"custom:tenant": "acme", "sub": "ana"}},
    ],
)
def test_an_event_without_verified_claims_has_no_principal(context: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        principal_of({"requestContext": context}, DEPLOYED)


def test_headers_and_query_never_make_a_principal() -> None:
    event = {
        "requestContext": {},
        "headers": {"authorization": "Bearer x", "custom:tenant": "acme", "sub": "ana"},
        "queryStringParameters": {"custom:tenant": "acme", "sub": "ana"},
        "pathParameters": {"tenant": "acme"},
    }

    with pytest.raises(Unauthenticated):
        principal_of(event, DEPLOYED)


@pytest.mark.parametrize(
    "claims",
    [
        {"tenant": ""},
        {"tenant": "a/b"},
        {"tenant": "a#b"},
        {"tenant": "a b"},
        {"tenant": "acme\n"},
        {"tenant": "\u00e9"},
        {"tenant": "a" * 129},
        {"tenant": None},
        {"sub": ""},
        {"sub": None},
        {"sub": "u" * 1025},
        {"sub": "\u00e9" * 200},
        {"sub": "\ud800"},
    ],
)
def test_claims_that_name_no_tenant_or_user_make_no_principal(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        principal_of(_event(**claims), DEPLOYED)


@pytest.mark.parametrize("missing", ["custom:tenant", "sub"])
def test_claims_without_tenant_or_user_make_no_principal(missing: str) -> None:
    event = _event()
    del event["requestContext"]["authorizer"]["jwt"]["claims"][missing]

    with pytest.raises(Unauthenticated):
        principal_of(event, DEPLOYED)


@pytest.mark.parametrize("claims", [{"tenant": "a" * 128}, {"sub": "u" * 1024}, {"sub": "\u00e9" * 170}])
def test_names_of_the_longest_permitted_length_are_taken(claims: dict[str, Any]) -> None:
    principal = principal_of(_event(**claims), DEPLOYED)

    assert (principal.tenant, principal.user) == (claims.get("tenant", "acme"), claims.get("sub", "ana"))


@pytest.mark.parametrize("part", ["a", "A0._~:@-", "x" * 128])
def test_path_parts_are_made_of_published_characters(part: str) -> None:
    assert ID_PART.fullmatch(part)


@pytest.mark.parametrize(
    "part",
    ["", "x" * 129, "a/b", "a#b", "a b", "a%20", "a\n", "\u00e9", "a?b", "a\\b", "a\x00"],
)
def test_path_parts_have_no_other_characters(part: str) -> None:
    assert not ID_PART.fullmatch(part)


# -------------------------------------------------------------------------------------------------- sam local


@pytest.mark.parametrize(
    ("parameters", "tenant"),
    [({"tenant": "acme"}, "acme"), ({}, "local"), (None, "local")],
)
def test_sam_local_has_one_developer_in_the_tenant_of_the_path(
    parameters: dict[str, str] | None,
    tenant: str,
) -> None:
    event = {"requestContext": {}, "pathParameters": parameters}

    assert principal_of(event, SAM_LOCAL) == Principal(tenant, "dev", None, frozenset({"catalog-admin"}))


def test_sam_local_prefers_claims_where_there_are_some() -> None:
    assert principal_of(_event(), SAM_LOCAL) == Principal("acme", "ana", None, frozenset())
