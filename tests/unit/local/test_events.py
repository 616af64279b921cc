"""The event has the shape of payload format 2.0."""

from __future__ import annotations

import base64

import pytest

from tests.unit.local.samples import NOW_S, a_gateway, a_request, event_of


def test_the_event_of_a_plain_request_is_complete() -> None:
    request = a_request(
        "/v1/tenants/acme/agents/a/revisions/1/draft", "PUT", {"Host": "localhost:3000", "User-Agent": "x"}
    )

    event = event_of(a_gateway().answer(request))

    key = "PUT /v1/tenants/{tenant}/agents/{agent}/revisions/{revision}/draft"
    context = event["requestContext"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == key
    assert event["rawPath"] == context["http"]["path"] == "/v1/tenants/acme/agents/a/revisions/1/draft"
    assert event["pathParameters"] == {"tenant": "acme", "agent": "a", "revision": "1"}
    assert event["isBase64Encoded"] is False
    assert context["http"] | {"path": ""} == {
        "method": "PUT",
        "path": "",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "x",
    }
    assert (context["stage"], context["apiId"], context["domainName"]) == ("$default", "local", "localhost")
    assert (context["time"], context["timeEpoch"]) == ("14/Nov/2023:22:13:20 +0000", int(NOW_S * 1000))
    assert context["authorizer"]["jwt"]["scopes"] is None


def test_the_request_id_is_also_a_header_of_the_answer() -> None:
    answer = a_gateway().answer(a_request())

    assert dict(answer.headers)["apigw-requestid"] == event_of(answer)["requestContext"]["requestId"]


def test_keys_without_a_value_are_absent() -> None:
    event = event_of(a_gateway().answer(a_request()))

    assert not {"body", "cookies", "queryStringParameters", "stageVariables"} & event.keys()
    assert event["rawQueryString"] == ""


def test_headers_are_lower_case_and_repeated_ones_joined_by_commas() -> None:
    request = a_request(headers=(("If-Match", '"1"'), ("X-Other", "a, b"), ("IF-MATCH", '"2"')))

    headers = event_of(a_gateway().answer(request))["headers"]

    assert headers["if-match"] == '"1","2"'
    assert headers["x-other"] == "a, b"
    assert headers["x-forwarded-for"] == "127.0.0.1"


def test_cookies_move_out_of_the_headers() -> None:
    event = event_of(a_gateway().answer(a_request(headers={"Cookie": "a=1; b=2"})))

    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]


def test_the_query_is_raw_and_decoded_with_repeated_parameters_joined() -> None:
    event = event_of(a_gateway().answer(a_request("/echo/a?x=1&y=a+b%2B&x=2&z=&%E2%98%83=%20")))

    assert event["rawQueryString"] == "x=1&y=a+b%2B&x=2&z=&%E2%98%83=%20"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "a b+", "z": "", "☃": " "}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/plain",
        "text/x-anything",
        "application/javascript",
        "application/xml",
    ],
)
def test_a_body_of_a_text_type_is_text(content_type: str) -> None:
    request = a_request(method="PUT", headers={"Content-Type": content_type}, body='{"ü": 1}'.encode())

    event = event_of(a_gateway().answer(request))

    assert (event["body"], event["isBase64Encoded"]) == ('{"ü": 1}', False)


def test_a_body_without_a_type_is_base64() -> None:
    event = event_of(a_gateway().answer(a_request(method="PUT", body=b"{}")))

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"{}", True)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/vnd.x+json",
        "application/problem+json",
        "application/octet-stream",
        "image/svg+xml",
    ],
)
def test_a_body_of_any_other_type_is_base64(content_type: str) -> None:
    request = a_request(method="PUT", headers={"Content-Type": content_type}, body=b"{}")

    event = event_of(a_gateway().answer(request))

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"{}", True)


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_a_body_that_is_not_utf8_is_base64(headers: dict[str, str]) -> None:
    event = event_of(a_gateway().answer(a_request(method="PUT", headers=headers, body=b"\xff{}")))

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff{}", True)


def test_a_route_without_authorizer_has_no_claims() -> None:
    from local.template import Route  # noqa: PLC0415

    gateway = a_gateway(routes=(Route("GET", "/echo/{part}", "Echo", authorized=False),), auth_required=True)

    assert "authorizer" not in event_of(gateway.answer(a_request()))["requestContext"]
