"""Every error that an agent route can answer with, over HTTP: nothing is stored, and nothing inside is told."""

from __future__ import annotations

import json

import pytest

from local.token import mint_token
from tests.served import Api, served

MIB = 1024 * 1024


def nested(depth: int) -> bytes:
    """An object whose containers are `depth` deep, the outermost counted."""
    return b'{"flow":{"steps":[{"x":' + b"[" * (depth - 4) + b"]" * (depth - 4) + b"}]}}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"   ", 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b'"text"', 400, "malformed_json"),
        (b"null", 400, "malformed_json"),
        (b'{"comment": "a",}', 400, "malformed_json"),
        (b'{"comment": "a"', 400, "malformed_json"),
        (b'{"comment": "a", "comment": "b"}', 400, "malformed_json"),
        (b'{"flow": {"steps": [], "steps": []}}', 400, "malformed_json"),
        (b'{"flow": {"x": NaN}}', 400, "malformed_json"),
        (b'{"flow": {"x": -Infinity}}', 400, "malformed_json"),
        (b'{"comment": "\\ud800"}', 400, "malformed_json"),
        (b'{"comment": "\xed\xa0\x80"}', 400, "malformed_json"),
        ('{"comment": "caf\xe9"}'.encode("latin-1"), 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
        (b'{"flow": {"x": 1e999}}', 422, "number_out_of_range"),
        (b'{"flow": {"x": ' + b"9" * 301 + b"}}", 422, "number_out_of_range"),
        (b'{"flow": {"x": ' + b"9" * 100_000 + b"}}", 422, "number_out_of_range"),
        (nested(101), 422, "nesting_too_deep"),
        (nested(100_000), 422, "nesting_too_deep"),
        (b'{"surprise": 1}', 422, "invalid_fields"),
        (b'{"comment": 1}', 422, "invalid_fields"),
        (b'{"flow": []}', 422, "invalid_fields"),
        (b'{"flow": {"steps": [null]}}', 422, "invalid_fields"),
        (b'{"integrationBindings": {"slack": 7}}', 422, "invalid_fields"),
        (b'{"__proto__": {}}', 422, "invalid_fields"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_and_changes_nothing(
    api: Api, draft: str, body: bytes, status: int, code: str
) -> None:
    reply = api.call("PUT", draft, body)

    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["type"] == f"/problems/{code}"
    assert reply.json["instance"] == reply.headers["apigw-requestid"]
    assert len(reply.body) < 2000
    assert api.call("GET", draft).status == 204


def test_wrong_fields_are_named_by_pointer(api: Api, draft: str) -> None:
    reply = api.call("PUT", draft, {"flow": {"steps": [{"id": 4}], "edges": {}}, "assets": [{"id": []}]})

    assert {error["pointer"] for error in reply.json["errors"]} == {"/flow/steps/0/id", "/flow/edges", "/assets/0/id"}
    assert reply.json["total"] == 3


def test_a_million_wrong_items_have_a_short_answer(api: Api, draft: str) -> None:
    items = b"[" + b",".join([b"1"] * 1_000_000) + b"]"

    reply = api.call("PUT", draft, b'{"flow":{"steps":' + items + b"}}")

    assert reply.status == 422
    assert len(reply.body) < 2000


def test_a_thousand_unknown_fields_are_counted_and_a_hundred_listed(api: Api, draft: str) -> None:
    reply = api.call("PUT", draft, {f"x{number}": 1 for number in range(1000)})

    assert (reply.json["total"], len(reply.json["errors"])) == (1000, 100)


def test_100_levels_of_nesting_pass(api: Api, draft: str) -> None:
    reply = api.call("PUT", draft, nested(100))

    assert reply.status == 200
    assert api.call("GET", draft).json["headData"] == json.loads(nested(100))


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/json; charset=latin-1"},
        {"content_type": "application/json", "content_encoding": "gzip"},
    ],
)
def test_another_media_type_charset_or_encoding_is_415(api: Api, draft: str, headers: dict[str, str]) -> None:
    reply = api.call("PUT", draft, b"{}", **headers)

    assert (reply.status, reply.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", "application/vnd.agent+json", "Application/JSON"]
)
def test_json_under_its_other_names_is_taken(api: Api, draft: str, content_type: str) -> None:
    assert api.call("PUT", draft, b"{}", content_type=content_type).status == 200


def test_a_body_without_a_content_type_is_taken_as_json(api: Api, draft: str) -> None:
    assert api.send("PUT", draft, b"{}", {}).status == 200


def test_a_move_takes_no_fields(api: Api, draft: str) -> None:
    api.call("PUT", draft, {})

    reply = api.call("POST", f"{draft}:undo", {"seqNo": 1}, if_match="1")

    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/seqNo")


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=-1", "limit=%D9%A1", "cursor=zzz", "cursor=AAAA"])
def test_a_list_with_an_unreadable_query_is_400(api: Api, agent: str, query: str) -> None:
    reply = api.call("GET", f"{agent}/drafts?{query}")

    assert (reply.status, reply.code) == (400, "malformed_query")


@pytest.mark.parametrize("part", ["tenant", "agent", "revision"])
@pytest.mark.parametrize(
    "value",
    [
        *("%2F", "a%2Fb", "%23", "a%23b", "%3F", "3%3Fx", "..", "%2E%2E%2Fsales", "%00", "3%00", "%0A", "3%0A"),
        *("%D9%A1", ".", "%F0%9F%98%80", "%22", "'", "%5C", "%25", "%2525", "%FF", "a%20b", "+", "a" * 129, "%7B%7D"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_with_other_characters_is_404_and_never_another_draft(
    api: Api, agent: str, part: str, value: str, method: str
) -> None:
    parts = {"tenant": "acme", "agent": agent.rsplit("/", 1)[1], "revision": "3"}
    kept = "/v1/tenants/{tenant}/agents/{agent}/revisions/{revision}/draft"
    api.call("PUT", kept.format(**parts), {"comment": "kept"})

    reply = api.send(method, kept.format(**parts | {part: value}), b"{}" if method == "PUT" else None, {})

    assert reply.status == 404
    assert api.call("GET", kept.format(**parts)).json["headData"] == {"comment": "kept"}


def test_an_underscore_makes_another_agent_and_no_revision(api: Api, agent: str) -> None:
    api.call("PUT", f"{agent}/revisions/10/draft", {"comment": "kept"})

    assert api.call("GET", f"{agent}/revisions/1_0/draft").status == 404
    assert api.call("GET", f"{agent}_0/revisions/10/draft").status == 204


@pytest.mark.parametrize("revision", ["03", "-1", "1.0", "1e3", "9" * 16, "x", "%31_0"])
def test_a_revision_that_is_no_plain_number_is_404(api: Api, agent: str, revision: str) -> None:
    assert api.call("PUT", f"{agent}/revisions/{revision}/draft", {}).status == 404


def test_revisions_up_to_15_digits_are_exact(api: Api, agent: str) -> None:
    reply = api.call("PUT", f"{agent}/revisions/{'9' * 15}/draft", {})

    assert reply.json["baseRevision"] == 999_999_999_999_999


def test_another_tenant_than_the_tokens_is_404_and_another_users_draft_is_absent() -> None:
    secret = "a secret of this test that is long enough"
    tokens = {
        name: mint_token(secret, tenant=tenant, user=user)
        for name, tenant, user in (("ann", "acme", "ann"), ("bob", "acme", "bob"), ("eve", "evil", "ann"))
    }
    path = "/v1/tenants/acme/agents/support/revisions/1/draft"

    with served(LOCAL_JWT_SECRET=secret, LOCAL_AUTH="required") as api:

        def status(method: str, token: str | None, body: object = None) -> int:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            return api.call(method, path, body, **headers).status

        assert status("PUT", tokens["ann"], {"comment": "mine"}) == 200
        assert status("GET", tokens["ann"]) == 200
        assert status("GET", tokens["bob"]) == 204
        assert status("GET", tokens["eve"]) == 404
        assert status("DELETE", tokens["bob"]) == 204
        assert status("GET", tokens["ann"]) == 200
        assert status("GET", None) == 401
        assert status("GET", tokens["ann"] + "x") == 401
