"""The gateway answers preflights and adds CORS headers, as HTTP APIs do."""

from __future__ import annotations

import pytest

from local.cors import CorsRules
from tests.unit.local.samples import FakeFunctions, a_gateway, a_request

RULES = CorsRules(
    allow_methods=("GET", "PUT"), allow_headers=("if-match",), expose_headers=("ETag", "Link"), max_age_s=600
)


def _preflight(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "PUT"}


def _cors_headers(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {name: value for name, value in headers if name.startswith("access-control-")}


@pytest.mark.parametrize("target", ["/echo/a", "/no/such/route"])
def test_a_preflight_is_answered_204_without_asking_the_function(target: str) -> None:
    functions = FakeFunctions()
    request = a_request(target, "OPTIONS", _preflight("http://localhost:5173"))

    answer = a_gateway(functions, cors=RULES, auth_required=True).answer(request)

    assert (answer.status, answer.body, functions.events) == (204, b"", [])
    assert _cors_headers(answer.headers) == {
        "access-control-allow-origin": "http://localhost:5173",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "if-match",
        "access-control-max-age": "600",
    }


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:1", "http://127.0.0.1:8080"])
def test_pages_of_this_machine_may_read_answers(origin: str) -> None:
    answer = a_gateway(cors=RULES).answer(a_request(headers={"Origin": origin}))

    assert _cors_headers(answer.headers) == {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "ETag,Link",
    }


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://localhost:1", "http://localhost.evil.example", "http://127.0.0.10", "null"],
)
def test_other_origins_get_no_cors_headers(origin: str) -> None:
    gateway = a_gateway(cors=RULES)

    preflight = gateway.answer(a_request(method="OPTIONS", headers=_preflight(origin)))
    plain = gateway.answer(a_request(headers={"Origin": origin}))

    assert (preflight.status, plain.status) == (204, 200)
    assert _cors_headers(preflight.headers) == _cors_headers(plain.headers) == {}


def test_the_gateways_own_refusals_can_be_read_by_pages_too() -> None:
    request = a_request("/nope", headers={"Origin": "http://localhost:1"})

    answer = a_gateway(cors=RULES).answer(request)

    assert answer.status == 404
    assert _cors_headers(answer.headers)["access-control-allow-origin"] == "http://localhost:1"


def test_cors_headers_of_the_function_are_ignored() -> None:
    returned = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": ""}

    answer = a_gateway(FakeFunctions(lambda _: returned), cors=RULES).answer(a_request())

    assert "access-control-allow-origin" not in {name.lower() for name, _ in answer.headers}


def test_without_an_origin_there_are_no_cors_headers() -> None:
    assert _cors_headers(a_gateway(cors=RULES).answer(a_request()).headers) == {}


def test_options_that_is_no_preflight_is_a_request_like_any_other() -> None:
    assert a_gateway(cors=RULES).answer(a_request("/nope", "OPTIONS")).status == 404


def test_without_a_cors_configuration_a_preflight_is_404() -> None:
    request = a_request("/nope", "OPTIONS", _preflight("http://localhost:1"))

    assert a_gateway(cors=None).answer(request).status == 404


def test_anybody_is_allowed_by_a_star() -> None:
    assert CorsRules(allow_origins=("*",)).answer_headers("https://x") == [("access-control-allow-origin", "*")]


def test_a_star_with_credentials_names_the_origin() -> None:
    rules = CorsRules(allow_origins=("*",), allow_credentials=True)

    assert rules.answer_headers("https://x") == [
        ("access-control-allow-origin", "https://x"),
        ("access-control-allow-credentials", "true"),
    ]


def test_a_scheme_with_a_star_allows_its_origins() -> None:
    rules = CorsRules(allow_origins=("https://*",))

    assert rules.answer_headers("https://x.example")
    assert not rules.answer_headers("http://x.example")
