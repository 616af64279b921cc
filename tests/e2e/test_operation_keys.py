"""Operation keys over HTTP: docs/api.md. Keys are the caller's own, so each test takes one that no other knows.

`test_ietf_…` are the cases of the IETF draft "The Idempotency-Key HTTP Header Field", as this service answers them.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from local.token import mint_token
from tests.served import Api, Reply, served

FORMS = ("persona", "tool", "eval", "test")
KINDS = ("agent", *FORMS)
SECRET = "a secret of this test that is long enough"


@dataclass(frozen=True)
class Call:
    """A request, ready to be sent any number of times."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, api: Api, **headers: str) -> Reply:
        return api.call(self.method, self.path, self.body, **self.headers | headers)

    def with_member(self, name: str, value: Any) -> Call:
        """The same request with one member more in its body."""
        return replace(self, body=(self.body or {}) | {name: value})

    @property
    def key_member(self) -> str:
        """What the operation key is called in its body."""
        return "idempotencyKey" if self.path.startswith("/v1/") else "idempotency_key"


@pytest.fixture
def key() -> str:
    """An operation key that no other test uses."""
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def guarded() -> Iterator[Api]:
    """A server that lets only callers with a token in."""
    with served(LOCAL_JWT_SECRET=SECRET, LOCAL_AUTH="required") as running:
        yield running


def token(user: str, *groups: str, tenant: str = "acme") -> dict[str, str]:
    return {"authorization": f"Bearer {mint_token(SECRET, tenant=tenant, user=user, groups=groups)}"}


def walked(api: Api, kind: str) -> str:
    """The path of a draft with three contents, whose newest entry 4 is an undo."""
    if kind == "agent":
        path = f"/v1/tenants/acme/agents/agent-{uuid.uuid4().hex}/revisions/3/draft"
        for number, text in enumerate("abc"):
            assert api.call("PUT", path, {"comment": text}, if_match=str(number)).status == 200
        assert api.call("POST", f"{path}:undo", {}, if_match="3").status == 200
        return path
    draft_id = api.call("POST", f"/{kind}/draft", {"name": "a"}).json["draft_id"]
    for text in "bc":
        assert api.call("POST", f"/{kind}/draft", {"draft_id": draft_id, "name": text}).status == 200
    path = f"/{kind}/draft/{draft_id}"
    assert api.call("POST", f"{path}/undo", {}, if_match="3").status == 200
    return path


def creation(kind: str) -> Call:
    """The creation of a draft."""
    if kind == "agent":
        path = f"/v1/tenants/acme/agents/agent-{uuid.uuid4().hex}/revisions/3/draft"
        return Call("PUT", path, {"comment": "new"})
    return Call("POST", f"/{kind}/draft", {"name": "new"})


def save(path: str, text: str = "mine") -> Call:
    """A save of a walked draft."""
    if path.startswith("/v1/"):
        return Call("PUT", path, {"comment": text}, {"if_match": "4"})
    _, kind, _, draft_id = path.split("/")
    return Call("POST", f"/{kind}/draft", {"draft_id": draft_id, "name": text})


def move(path: str, name: str) -> Call:
    return Call("POST", f"{path}{':' if path.startswith('/v1/') else '/'}{name}", {})


def restore(path: str) -> Call:
    call = move(path, "restore")
    return call.with_member("seqNo" if path.startswith("/v1/") else "seq_no", 1)


def discard(path: str) -> Call:
    return Call("DELETE", path)


# What each route does to a walked draft; with a key none of them needs a version but an agent's save.
MUTATIONS: dict[str, Callable[[str], Call]] = {
    "save": save,
    "undo": lambda path: move(path, "undo"),
    "redo": lambda path: move(path, "redo"),
    "reset": lambda path: move(path, "reset"),
    "restore": restore,
    "discard": discard,
}

kinds = pytest.mark.parametrize("kind", KINDS)
few_kinds = pytest.mark.parametrize("kind", ["agent", "persona"])
mutations = pytest.mark.parametrize("mutation", MUTATIONS)


def version_of(api: Api, path: str) -> int:
    reply = api.call("GET", path)
    return int(reply.json["version"]) if reply.status == 200 else 0


def is_replay(reply: Reply) -> bool:
    assert reply.headers.get("idempotency-replayed") in (None, "true")
    return "idempotency-replayed" in reply.headers


def told(reply: Reply) -> tuple[object, ...]:
    """All of an answer that must be the same when it is given again."""
    return reply.status, reply.body, reply.headers.get("etag"), reply.headers.get("content-type")


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.code


def pointers(reply: Reply) -> list[tuple[str, str]]:
    assert code(reply) == (422, "invalid_fields"), reply.body[:500]
    return [(error["pointer"], error["code"]) for error in reply.json["errors"]]


def at_once(count: int, send: Callable[[int], Reply]) -> list[Reply]:
    """Send that many requests at the same moment."""
    start = threading.Barrier(count)

    def one(number: int) -> Reply:
        start.wait(30)
        return send(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


# --------------------------------------------------------------------------------------------- the cases of the IETF


@pytest.mark.parametrize("name", ["undo", "redo", "reset"])
@kinds
def test_ietf_missing_key_where_one_is_required_is_refused(api: Api, kind: str, name: str, key: str) -> None:
    path = walked(api, kind)

    missing = move(path, name).send(api)

    assert code(missing) == (428, "precondition_required")
    assert version_of(api, path) == 4
    assert move(path, name).send(api, idempotency_key=key).status == 200


@pytest.mark.parametrize("kind", FORMS)
def test_ietf_missing_key_of_a_discard_is_refused(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)

    missing = discard(path).send(api)

    assert code(missing) == (428, "precondition_required")
    assert version_of(api, path) == 4
    assert discard(path).send(api, idempotency_key=key).status == 204
    assert api.call("GET", path).status == 404


@kinds
def test_ietf_key_reused_with_another_payload_is_422(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)
    first = save(path, "mine").send(api, idempotency_key=key)

    reused = save(path, "another").send(api, idempotency_key=key)

    assert first.status == 200
    assert code(reused) == (422, "operation_key_reused")
    assert reused.headers["content-type"] == "application/problem+json"
    assert not is_replay(reused)
    assert version_of(api, path) == 5


@mutations
@kinds
def test_ietf_completed_duplicate_is_replayed(api: Api, kind: str, mutation: str, key: str) -> None:
    path = walked(api, kind)
    call = MUTATIONS[mutation](path)

    first, *others = [call.send(api, idempotency_key=key) for _ in range(3)]

    assert first.status == (204 if mutation == "discard" else 200)
    assert not is_replay(first)
    assert [is_replay(reply) for reply in others] == [True, True]
    assert [told(reply) for reply in others] == [told(first)] * 2
    assert version_of(api, path) == (0 if mutation == "discard" else 5)


@kinds
def test_ietf_completed_duplicate_of_a_creation_is_replayed(api: Api, kind: str, key: str) -> None:
    call = creation(kind)

    first, again = [call.send(api, idempotency_key=key) for _ in range(2)]

    assert (first.status, first.json["version"], is_replay(first), is_replay(again)) == (200, 1, False, True)
    assert told(again) == told(first)


@pytest.mark.parametrize("mutation", ["creation", *MUTATIONS])
@few_kinds
def test_ietf_concurrent_duplicates_get_one_answer(api: Api, kind: str, mutation: str, key: str) -> None:
    path = "" if mutation == "creation" else walked(api, kind)
    call = creation(kind) if mutation == "creation" else MUTATIONS[mutation](path)

    replies = at_once(20, lambda _: call.send(api, idempotency_key=key))

    assert {reply.status for reply in replies} == {204 if mutation == "discard" else 200}
    assert len({told(reply) for reply in replies}) == 1
    assert [is_replay(reply) for reply in replies].count(False) == 1
    if mutation not in ("creation", "discard"):
        assert version_of(api, path) == 5


def test_ietf_concurrent_duplicates_of_a_creation_make_one_draft(api: Api, key: str) -> None:
    replies = at_once(20, lambda _: api.call("POST", "/persona/draft", {"name": f"once {key}"}, idempotency_key=key))

    assert len({reply.json["draft_id"] for reply in replies}) == 1
    assert len(api.call("GET", f"/persona/drafts?search={key}").json) == 1


def test_ietf_concurrent_requests_with_one_key_and_different_payloads_have_one_winner(api: Api, key: str) -> None:
    path = walked(api, "persona")

    replies = at_once(20, lambda number: save(path, f"request {number}").send(api, idempotency_key=key))

    (winner,) = [reply for reply in replies if reply.status == 200]
    losers = [reply for reply in replies if reply.status != 200]
    assert {code(reply) for reply in losers} == {(422, "operation_key_reused")}
    assert api.call("GET", path).json["form_state"] == winner.json["form_state"]
    assert version_of(api, path) == 5


@kinds
def test_ietf_failed_request_can_be_sent_again_with_its_key(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)
    stale = move(path, "undo").send(api, if_match="3", idempotency_key=key)

    retried = move(path, "undo").send(api, if_match="4", idempotency_key=key)

    assert code(stale) == (409, "version_conflict")
    assert (retried.status, retried.json["version"], is_replay(retried)) == (200, 5, False)


# ------------------------------------------------------------------------------------------------------- the header


@pytest.mark.parametrize(
    ("sent", "is_key"),
    [
        ('"{key}"', "{key}"),
        ("{key}", "{key}"),
        ("  {key}  ", "{key}"),
        ('"{key}\\"q\\\\"', '{key}"q\\'),
        ('{key}"q', '{key}"q'),
        ("{key} a, b; c=d", "{key} a, b; c=d"),
    ],
)
def test_a_quoted_header_and_an_unquoted_one_are_the_same_key(api: Api, key: str, sent: str, is_key: str) -> None:
    call = Call("POST", "/persona/draft", {"name": "Ann"})

    first = call.send(api, idempotency_key=sent.format(key=key))
    again = call.with_member("idempotency_key", is_key.format(key=key)).send(api)

    assert first.json["idempotency_key"] == is_key.format(key=key)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert told(again) == told(first)


MALFORMED = ["", "   ", '""', '" a"', '"a "', "a" * 256, '"' + "a" * 256 + '"', "a\tb", "é", '"é"']


@few_kinds
def test_a_malformed_header_is_400_on_every_route_and_nothing_is_done(api: Api, kind: str) -> None:
    path = walked(api, kind)
    calls = [creation(kind), *(mutation(path) for mutation in MUTATIONS.values())]
    calls.append(Call("POST", "/catalog/departments", {"value": uuid.uuid4().hex}))

    for header in MALFORMED:
        replies = [call.send(api, idempotency_key=header) for call in calls]

        assert {code(reply) for reply in replies} == {(400, "malformed_header")}, header
    assert version_of(api, path) == 4


def test_a_key_of_255_characters_is_taken(api: Api, key: str) -> None:
    long = key.ljust(255, "~")
    call = Call("POST", "/tool/draft", {"name": "Ann"})

    first, again = [call.send(api, idempotency_key=long) for _ in range(2)]

    assert (first.json["idempotency_key"], is_replay(again)) == (long, True)


def test_a_malformed_header_is_told_before_a_wrong_body(api: Api) -> None:
    reply = api.call("POST", "/persona/draft", {"nonsense": 1}, idempotency_key="é")

    assert code(reply) == (400, "malformed_header")


# ----------------------------------------------------------------------------------------------------- the body's key


def with_body_keys(api: Api, key: Any) -> list[Call]:
    """Every mutating route whose body may name the operation key, with one key each."""
    agent, form, other, row = walked(api, "agent"), walked(api, "eval"), walked(api, "tool"), uuid.uuid4().hex
    assert api.call("POST", "/catalog/departments", {"value": row, "id": row}).status == 201
    moves = [MUTATIONS[name](path) for path in (agent, form) for name in MUTATIONS if name != "save"]
    catalog = [
        Call("POST", "/catalog/departments", {"value": f"new {row}"}),
        Call("POST", "/catalog/import", {"records": [{"type": "departments", "value": f"imported {row}"}]}),
        Call("DELETE", f"/catalog/departments/{row}"),
    ]
    return [call.with_member(call.key_member, key) for call in (*moves, save(other), creation("test"), *catalog)]


def test_a_key_in_the_body_works_on_every_route_that_has_a_body_for_it(api: Api) -> None:
    for unkeyed in with_body_keys(api, None):
        key = uuid.uuid4().hex
        call = unkeyed.with_member(unkeyed.key_member, key)
        first, again = call.send(api), call.send(api)

        assert first.status in (200, 201, 204), (call, first.body)
        assert (is_replay(first), is_replay(again)) == (False, True), call
        assert told(again) == told(first)


BAD: list[Any] = ["", " ", " a", "a ", "a\n", "é", "a" * 256, 7, True, [], {}]


def test_a_bad_key_in_the_body_is_422_with_its_pointer_on_every_route(api: Api) -> None:
    calls = with_body_keys(api, None)

    for bad in BAD:
        for call in calls:
            reply = call.with_member(call.key_member, bad).send(api)

            assert [pointer for pointer, _ in pointers(reply)] == [f"/{call.key_member}"], (bad, call)


def test_a_bad_key_is_told_together_with_the_other_problems_of_a_form(api: Api) -> None:
    reply = api.call("POST", "/persona/draft", {"idempotency_key": "", "name": 7, "nonsense": None})

    assert sorted(pointer for pointer, _ in pointers(reply)) == ["/idempotency_key", "/name", "/nonsense"]


def test_a_body_and_a_header_with_two_keys_are_400_on_every_route(api: Api, key: str) -> None:
    for call in with_body_keys(api, key):
        reply = call.send(api, idempotency_key=f"{key}-other")

        assert code(reply) == (400, "operation_keys_differ"), call


def test_a_body_and_a_header_with_one_key_are_that_key(api: Api, key: str) -> None:
    call = Call("POST", "/persona/draft", {"name": "Ann"})
    in_both = call.with_member("idempotency_key", key)

    first = in_both.send(api, idempotency_key=key)
    again = [in_both.send(api, idempotency_key=f'"{key}"'), in_both.send(api), call.send(api, idempotency_key=key)]

    assert not is_replay(first)
    assert [is_replay(reply) for reply in again] == [True] * 3
    assert [told(reply) for reply in again] == [told(first)] * 3


def test_null_in_the_body_is_no_key(api: Api) -> None:
    call = Call("POST", "/persona/draft", {"name": "Ann", "idempotency_key": None})

    first, second = call.send(api), call.send(api)

    assert first.json["draft_id"] != second.json["draft_id"]
    assert not is_replay(second)


def test_the_payload_of_an_agent_has_no_member_for_the_key(api: Api, key: str) -> None:
    reply = creation("agent").with_member("idempotencyKey", key).send(api)

    assert pointers(reply) == [("/idempotencyKey", "unknown_field")]


# ----------------------------------------------------------------------------------------------------- the catalog


def catalog_calls(api: Api) -> dict[str, Call]:
    row = uuid.uuid4().hex
    assert api.call("POST", "/catalog/departments", {"value": row, "id": row}).status == 201
    records = [{"type": "departments", "value": f"{row} {number}"} for number in range(3)]
    return {
        "create": Call("POST", "/catalog/departments", {"value": f"new {row}"}),
        "import": Call("POST", "/catalog/import", {"records": [*records, {"type": "nonsense"}]}),
        "archive": Call("DELETE", f"/catalog/departments/{row}"),
    }


@pytest.mark.parametrize("route", ["create", "import", "archive"])
def test_a_catalog_write_again_with_its_key_is_replayed(api: Api, route: str, key: str) -> None:
    call = catalog_calls(api)[route]

    first, again = [call.send(api, idempotency_key=key) for _ in range(2)]
    unkeyed = call.send(api)

    assert first.status == {"create": 201, "import": 200, "archive": 204}[route]
    assert (is_replay(first), is_replay(again), is_replay(unkeyed)) == (False, True, False)
    assert told(again) == told(first)


def test_an_archiving_again_with_its_key_spares_the_row_that_was_taken_into_use_since(api: Api, key: str) -> None:
    row = uuid.uuid4().hex
    api.call("POST", "/catalog/departments", {"value": row, "id": row})
    api.call("DELETE", f"/catalog/departments/{row}", idempotency_key=key)
    api.call("POST", "/catalog/departments", {"value": row})

    again = api.call("DELETE", f"/catalog/departments/{row}", idempotency_key=key)

    assert (again.status, is_replay(again)) == (204, True)
    assert api.call("GET", f"/catalog/departments/{row}").json["archived"] is False


def test_a_catalog_key_of_another_request_is_422(api: Api, key: str) -> None:
    calls = catalog_calls(api)
    calls["create"].send(api, idempotency_key=key)

    replies = [calls[route].send(api, idempotency_key=key) for route in ("import", "archive")]
    replies.append(calls["create"].with_member("attributes", {"floor": 3}).send(api, idempotency_key=key))

    assert {code(reply) for reply in replies} == {(422, "operation_key_reused")}


def test_concurrent_duplicates_of_a_catalog_creation_get_one_answer(api: Api, key: str) -> None:
    call = Call("POST", "/catalog/departments", {"value": f"once {key}"})

    replies = at_once(20, lambda _: call.send(api, idempotency_key=key))

    assert len({told(reply) for reply in replies}) == 1
    assert replies[0].status in (200, 201)
    assert [is_replay(reply) for reply in replies].count(False) == 1


def test_a_refused_catalog_write_can_be_sent_again_with_its_key(api: Api, key: str) -> None:
    refused = api.call("POST", "/catalog/departments", {"value": ""}, idempotency_key=key)

    mended = api.call("POST", "/catalog/departments", {"value": f"mended {key}"}, idempotency_key=key)

    assert (refused.status, mended.status, is_replay(mended)) == (422, 201, False)


# ---------------------------------------------------------------------------------------------------- the same request


def test_the_query_is_part_of_a_request(api: Api, key: str) -> None:
    call = creation("agent")
    call.send(api, idempotency_key=key)

    with_query = replace(call, path=f"{call.path}?note=1").send(api, idempotency_key=key)
    soft = replace(call, path=f"{call.path}?soft=true").send(api, idempotency_key=key)

    assert {code(reply) for reply in (with_query, soft)} == {(422, "operation_key_reused")}


def test_the_order_of_parameters_in_the_query_is_not(api: Api, key: str) -> None:
    call = creation("agent")
    first = replace(call, path=f"{call.path}?a=1&b=2").send(api, idempotency_key=key)

    again = replace(call, path=f"{call.path}?b=2&a=1").send(api, idempotency_key=key)

    assert is_replay(again)
    assert told(again) == told(first)


def test_order_spaces_and_spelling_in_the_body_are_not(api: Api, key: str) -> None:
    path = creation("agent").path
    bodies = [
        b'{"comment":"a","flow":{"steps":[{"id":"s","x":1.0,"y":100}]}}',
        b' { "flow": {"steps": [ {"y": 1e2, "x": 1, "id": "\\u0073"} ] }, "comment": "\\u0061" } ',
    ]

    first, again = [api.call("PUT", path, body, idempotency_key=key) for body in bodies]

    assert (is_replay(first), is_replay(again)) == (False, True)
    assert told(again) == told(first)


def test_the_order_of_a_list_in_the_body_is(api: Api, key: str) -> None:
    path = walked(api, "persona")
    call = save(path).with_member("examples", ["a", "b"])
    call.send(api, idempotency_key=key)

    other = call.with_member("examples", ["b", "a"]).send(api, idempotency_key=key)

    assert code(other) == (422, "operation_key_reused")


@kinds
def test_the_path_and_the_route_are_part_of_a_request(api: Api, kind: str, key: str) -> None:
    one, other = walked(api, kind), walked(api, kind)
    move(one, "undo").send(api, idempotency_key=key)

    replies = [
        move(one, "redo").send(api, idempotency_key=key),
        move(one, "reset").send(api, idempotency_key=key),
        move(other, "undo").send(api, idempotency_key=key),
        discard(one).send(api, idempotency_key=key),
    ]

    assert {code(reply) for reply in replies} == {(422, "operation_key_reused")}
    assert (version_of(api, one), version_of(api, other)) == (5, 4)


def test_a_body_that_is_absent_is_an_empty_one(api: Api, key: str) -> None:
    path = walked(api, "agent")
    first = move(path, "undo").send(api, idempotency_key=key)

    again = replace(move(path, "undo"), body=None).send(api, idempotency_key=key)

    assert is_replay(again)
    assert told(again) == told(first)


@mutations
@few_kinds
def test_a_retry_needs_no_version_or_carries_a_stale_one(api: Api, kind: str, mutation: str, key: str) -> None:
    path = walked(api, kind)
    call = replace(MUTATIONS[mutation](path), headers={})
    first = call.send(api, if_match="4", idempotency_key=key)

    again = [
        call.send(api, idempotency_key=key),
        call.send(api, if_match="4", idempotency_key=key),
        call.send(api, if_match="99", idempotency_key=key),
        call.send(api, if_none_match="*", idempotency_key=key),
    ]

    assert first.status in (200, 204)
    assert [is_replay(reply) for reply in again] == [True] * 4
    assert [told(reply) for reply in again] == [told(first)] * 4


# --------------------------------------------------------------------------------------------------------- replays


@mutations
@few_kinds
def test_a_replay_is_byte_for_byte_the_first_answer_whatever_happened_since(
    api: Api, kind: str, mutation: str, key: str
) -> None:
    path = walked(api, kind)
    call = MUTATIONS[mutation](path)
    first = call.send(api, idempotency_key=key)
    if mutation != "discard":
        assert move(path, "undo").send(api, if_match="*").status in (200, 422)
        for _ in range(11):
            replies = [move(path, name).send(api, if_match="*") for name in ("redo", "undo")]
            assert [reply.status for reply in replies] == [200, 200]
        after_moves = call.send(api, idempotency_key=key)
        assert (is_replay(after_moves), told(after_moves)) == (True, told(first))
    discard(path).send(api, if_match="*")

    again = call.send(api, idempotency_key=key)

    assert (is_replay(again), told(again)) == (True, told(first))
    assert version_of(api, path) == 0


def test_a_discard_again_with_its_key_spares_the_draft_begun_since(api: Api, key: str) -> None:
    path = creation("agent").path
    nothing = discard(path).send(api, idempotency_key=key)
    api.call("PUT", path, {"comment": "begun since"})

    again = discard(path).send(api, idempotency_key=key)

    assert [(reply.status, is_replay(reply)) for reply in (nothing, again)] == [(204, False), (204, True)]
    assert api.call("GET", path).json["headData"] == {"comment": "begun since"}


@pytest.mark.parametrize("kind", FORMS)
def test_a_save_that_changes_nothing_is_replayed_and_reverts_nothing(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)
    same = save(path, "b").send(api, idempotency_key=key)
    save(path, "later").send(api)

    again = save(path, "b").send(api, idempotency_key=key)

    assert (same.json["version"], is_replay(same), is_replay(again)) == (4, False, True)
    assert told(again) == told(same)
    assert api.call("GET", path).json["form_state"]["name"] == "later"


@kinds
def test_only_replays_are_said_to_be_replays(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)
    save(path).send(api, idempotency_key=key)

    replies = [
        save(path, "another").send(api, idempotency_key=key),
        move(path, "undo").send(api, if_match="5"),
        move(path, "undo").send(api, if_match="5"),
        api.call("GET", path, idempotency_key=key),
        creation(kind).send(api),
    ]

    assert [is_replay(reply) for reply in replies] == [False] * 5


def test_a_key_is_ignored_where_nothing_is_written(api: Api, key: str) -> None:
    path = walked(api, "persona")

    reads = [api.call("GET", path, idempotency_key=key) for _ in range(2)]

    assert [(reply.status, is_replay(reply)) for reply in reads] == [(200, False)] * 2
    assert save(path).send(api, idempotency_key=key).status == 200


# ------------------------------------------------------------------------------------------------- keys in answers


@pytest.mark.parametrize("kind", FORMS)
def test_every_answer_of_a_form_carries_the_key_that_was_sent(api: Api, kind: str, key: str) -> None:
    path = walked(api, kind)

    replies = [
        save(path).send(api, idempotency_key=f"{key}-1"),
        move(path, "undo").send(api, idempotency_key=f"{key}-2"),
        move(path, "redo").with_member("idempotency_key", f"{key}-3").send(api),
    ]
    read = api.call("GET", path)

    assert [reply.json["idempotency_key"] for reply in replies] == [f"{key}-{number}" for number in (1, 2, 3)]
    assert read.json["idempotency_key"] == f"{key}-3"


@pytest.mark.parametrize("kind", FORMS)
def test_a_key_is_minted_for_each_entry_that_was_made_without_one(api: Api, kind: str) -> None:
    path = walked(api, kind)

    replies = [save(path, "x").send(api), move(path, "undo").send(api, if_match="5"), api.call("GET", path)]

    first, second, read = [reply.json["idempotency_key"] for reply in replies]
    assert uuid.UUID(first) != uuid.UUID(second)
    assert read == second


def test_a_minted_key_is_not_the_key_of_a_request(api: Api) -> None:
    path = walked(api, "persona")
    minted = save(path, "x").send(api).json["idempotency_key"]

    reply = save(path, "x").send(api, idempotency_key=minted)

    assert not is_replay(reply)


# ------------------------------------------------------------------------------------------------- two users, two kinds


def test_keys_of_two_users_tenants_or_kinds_never_meet(guarded: Api, key: str) -> None:
    ann, bob, eve = token("ann"), token("bob"), token("ann", tenant="evil")
    body = {"name": "mine"}

    replies = [
        guarded.call("POST", "/persona/draft", body, idempotency_key=key, **ann),
        guarded.call("POST", "/persona/draft", body, idempotency_key=key, **bob),
        guarded.call("POST", "/persona/draft", body, idempotency_key=key, **eve),
        guarded.call("POST", "/tool/draft", body, idempotency_key=key, **ann),
        guarded.call("PUT", "/v1/tenants/acme/agents/a/revisions/1/draft", {}, idempotency_key=key, **ann),
    ]

    assert [(reply.status, is_replay(reply)) for reply in replies] == [(200, False)] * 5
    assert len({reply.json["draft_id"] for reply in replies[:4]}) == 4
    again = guarded.call("POST", "/persona/draft", body, idempotency_key=key, **bob)
    assert told(again) == told(replies[1])


def test_a_forbidden_write_is_not_recorded(guarded: Api, key: str) -> None:
    call = Call("POST", "/catalog/departments", {"value": f"Sales {key}"})

    refused = call.send(guarded, idempotency_key=key, **token("ann"))
    allowed = call.send(guarded, idempotency_key=key, **token("ann", "catalog-admin"))
    refused_again = call.send(guarded, idempotency_key=key, **token("ann"))

    assert (refused.status, allowed.status, is_replay(allowed), refused_again.status) == (403, 201, False, 403)


def test_a_request_without_a_principal_is_401_whatever_its_key(guarded: Api, key: str) -> None:
    guarded.call("POST", "/persona/draft", {"name": "mine"}, idempotency_key=key, **token("ann"))

    reply = guarded.call("POST", "/persona/draft", {"name": "mine"}, idempotency_key=key)

    assert reply.status == 401
    assert "idempotency-replayed" not in reply.headers


def test_the_log_tells_of_replays_and_never_of_contents(key: str) -> None:
    with served() as api:
        call = Call("POST", "/persona/draft", {"name": "a very private sentence"})
        for _ in range(2):
            call.send(api, idempotency_key=key)

    lines = [json.loads(line) for line in api.output if '"request_answered"' in line]
    assert [line.get("outcome") for line in lines] == ["created", "replayed"]
    assert "private" not in "".join(api.output)
