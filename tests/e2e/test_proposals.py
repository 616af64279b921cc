"""Proposals over HTTP: what a person or a program proposes, what its owner is shown, and what a decision answers.

docs/api.md, "Proposals" and "Deciding a proposal". What holds on every engine is in tests/suites/proposals.py; here is
what clients see of it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.token import mint_token
from tests.served import Api, Reply, served

FORMS = ("persona", "tool", "eval", "test")
SECRET = "a secret of this test that is long enough"
LAMBDA_BYTES = 6_291_556

forms = pytest.mark.parametrize("kind", FORMS)


@pytest.fixture
def key() -> str:
    """An operation key that no other test uses."""
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def guarded() -> Iterator[Api]:
    """A server that lets only callers with a token in."""
    with served(LOCAL_JWT_SECRET=SECRET, LOCAL_AUTH="required") as running:
        yield running


def token(user: str, actor: str | None = None, tenant: str = "acme") -> dict[str, str]:
    return {"authorization": f"Bearer {mint_token(SECRET, tenant=tenant, user=user, actor=actor)}"}


def post(api: Api, kind: str, /, *, headers: dict[str, str] | None = None, **body: Any) -> Reply:
    """A POST of a form draft."""
    return api.call("POST", f"/{kind}/draft", body, **headers or {})


def posted(api: Api, kind: str, /, **body: Any) -> Any:
    """The answer of a POST that succeeds."""
    reply = post(api, kind, **body)
    assert reply.status == 200, reply.body[:500]
    return reply.json


def begun(api: Api, kind: str = "persona", **fields: Any) -> str:
    """The id of a new form draft."""
    return str(posted(api, kind, **{"name": "Ann", "description": "A text"} | fields)["draft_id"])


def proposed(api: Api, kind: str = "persona", /, **body: Any) -> Any:
    return posted(api, kind, soft=True, **body)


def saved(api: Api, path: str, version: int = 0, **payload: Any) -> Any:
    """The answer of an agent's save that succeeds."""
    reply = api.call("PUT", path, payload, **({"if_match": str(version)} if version else {}))
    assert reply.status == 200, reply.body[:500]
    return reply.json


def propose(api: Api, path: str, payload: Any, key: str | None = None, **headers: str) -> Reply:
    """Propose an agent's payload."""
    return api.call("PUT", f"{path}?soft=true", payload, **headers | ({"idempotency_key": key} if key else {}))


def ack(api: Api, path: str, key: str, accept: bool = True, /, **headers: str) -> Reply:
    """Decide on an agent's proposal."""
    return api.call("POST", f"{path}:ack", {"idempotencyKey": key, "accept": accept}, **headers)


def accept_some(api: Api, path: str, key: str, *fields: str) -> Reply:
    """Accept some places of an agent's proposal."""
    return api.call("POST", f"{path}:ack", {"idempotencyKey": key, "accept": True, "acceptFields": list(fields)})


def told(reply: Reply) -> tuple[object, ...]:
    """All of an answer that must be the same when it is given again."""
    return reply.status, reply.body, reply.headers.get("etag"), reply.headers.get("content-type")


def is_replay(reply: Reply) -> bool:
    return reply.headers.get("idempotency-replayed") == "true"


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.code


def problems(reply: Reply) -> list[tuple[str, str]]:
    assert code(reply) == (422, "invalid_fields"), reply.body[:500]
    return sorted((error["pointer"], error["code"]) for error in reply.json["errors"])


def next_page(reply: Reply) -> str | None:
    link = reply.headers.get("link")
    if link is None:
        return None
    target, rel = link.removeprefix("<").split(">", 1)
    assert rel == '; rel="next"'
    return target


def pages(api: Api, path: str, **headers: str) -> list[list[Any]]:
    """All pages of a list, by the Link headers."""
    found: list[list[Any]] = []
    target: str | None = path
    while target is not None:
        reply = api.call("GET", target, **headers)
        assert reply.status == 200, reply.body[:500]
        assert len(reply.body) < LAMBDA_BYTES
        found.append(reply.json)
        target = next_page(reply)
        assert len(found) < 100
    return found


def refusal_of(reply: Reply) -> tuple[object, ...]:
    """All that tells one refusal from another; only the request's own marks are left out."""
    body = {name: value for name, value in reply.json.items() if name != "instance"}
    own = ("date", "apigw-requestid", "content-length")
    return reply.status, body, {name: value for name, value in reply.headers.items() if name not in own}


# ------------------------------------------------------------------------------------------------- a form, the story


@forms
def test_a_new_form_is_proposed_accepted_and_there(api: Api, kind: str, key: str) -> None:
    offered = post(api, kind, name="Ann", soft=True, idempotency_key=key)
    draft_id = offered.json["draft_id"]
    path = f"/{kind}/draft/{draft_id}"

    absent = api.call("GET", path)
    listed = api.call("GET", f"/{kind}/drafts?search=ann").json
    accepted = post(api, kind, idempotency_key=key, accept=True)
    read = api.call("GET", path)

    assert list(offered.json) == ["success", "draft_id", "idempotency_key", "message", "version", "form_state"]
    assert (offered.json["success"], offered.json["idempotency_key"], offered.json["version"]) == (True, key, 0)
    assert (offered.headers["etag"], offered.json["form_state"]["name"]) == ('"0"', "Ann")
    assert code(absent) == (404, "not_found")
    assert draft_id not in [row["id"] for row in listed]
    assert list(accepted.json) == list(offered.json)
    assert (accepted.status, accepted.json["draft_id"], accepted.json["version"]) == (200, draft_id, 1)
    assert (accepted.json["idempotency_key"], accepted.headers["etag"]) == (key, '"1"')
    assert accepted.json["form_state"] == offered.json["form_state"] == read.json["form_state"]
    assert len({offered.json["message"], accepted.json["message"], posted(api, kind)["message"]}) == 3
    assert not is_replay(offered)
    assert not is_replay(accepted)


@forms
def test_a_proposal_for_an_existing_form_changes_it_only_when_accepted(api: Api, kind: str) -> None:
    draft_id = begun(api, kind)
    path = f"/{kind}/draft/{draft_id}"
    before = api.call("GET", path)

    offered = post(api, kind, draft_id=draft_id, name="Bob", soft=True)
    after = api.call("GET", path)
    key = offered.json["idempotency_key"]
    accepted = post(api, kind, draft_id=draft_id, idempotency_key=key, accept=True)

    assert (offered.json["version"], offered.headers["etag"]) == (1, '"1"')
    assert (offered.json["form_state"]["name"], offered.json["form_state"]["description"]) == ("Bob", "A text")
    assert told(after) == told(before)
    assert (accepted.json["version"], accepted.json["form_state"]["name"]) == (2, "Bob")
    assert api.call("GET", path).json["form_state"] == accepted.json["form_state"]


@forms
def test_a_rejection_answers_with_the_forms_current_state(api: Api, kind: str, key: str) -> None:
    draft_id = begun(api, kind)
    proposed(api, kind, draft_id=draft_id, name="Bob", idempotency_key=key)
    posted(api, kind, draft_id=draft_id, description="Another text")

    rejected = post(api, kind, idempotency_key=key, accept=False)

    assert (rejected.status, rejected.json["version"], rejected.headers["etag"]) == (200, 2, '"2"')
    assert rejected.json["form_state"] == api.call("GET", f"/{kind}/draft/{draft_id}").json["form_state"]
    assert (rejected.json["form_state"]["name"], rejected.json["form_state"]["description"]) == ("Ann", "Another text")


@forms
def test_the_rejection_of_a_new_form_answers_with_an_empty_one(api: Api, kind: str, key: str) -> None:
    draft_id = proposed(api, kind, name="Ann", idempotency_key=key)["draft_id"]

    rejected = post(api, kind, idempotency_key=key, accept=False)

    assert (rejected.status, rejected.json["draft_id"], rejected.json["version"]) == (200, draft_id, 0)
    assert all(value in (None, []) for value in rejected.json["form_state"].values())
    assert api.call("GET", f"/{kind}/draft/{draft_id}").status == 404
    assert api.call("GET", f"/{kind}/draft/{draft_id}/proposals").status == 404
    assert post(api, kind, draft_id=draft_id, name="Ann").status == 404


def test_a_key_is_minted_for_a_proposal_without_one_and_can_be_sent_again(api: Api) -> None:
    body = {"draft_id": begun(api), "name": "Bob", "soft": True}
    first, second = [api.call("POST", "/persona/draft", body) for _ in range(2)]

    again = api.call("POST", "/persona/draft", body, idempotency_key=first.json["idempotency_key"])

    assert uuid.UUID(first.json["idempotency_key"]) != uuid.UUID(second.json["idempotency_key"])
    assert is_replay(again)
    assert told(again) == told(first)


def test_a_saved_form_that_was_only_proposed_is_listed_and_its_proposal_waits(api: Api, key: str) -> None:
    draft_id = proposed(api, name=f"Ann {key}", idempotency_key=key)["draft_id"]

    answer = posted(api, "persona", draft_id=draft_id, description="saved")

    assert (answer["version"], answer["form_state"]["name"]) == (1, None)
    assert api.call("GET", f"/persona/draft/{draft_id}").status == 200
    (waiting,) = api.call("GET", f"/persona/draft/{draft_id}/proposals").json
    assert waiting["idempotency_key"] == key
    accepted = posted(api, "persona", idempotency_key=key, accept=True)
    assert (accepted["form_state"]["name"], accepted["form_state"]["description"]) == (f"Ann {key}", "saved")


def test_the_history_tells_who_proposed_and_who_accepted(guarded: Api, key: str) -> None:
    program, person = token("ann", "assistant"), token("ann", "console")
    draft_id = guarded.call("POST", "/persona/draft", {"name": "Ann"}, **person).json["draft_id"]
    body = {"draft_id": draft_id, "name": "Bob", "soft": True, "idempotency_key": key}
    guarded.call("POST", "/persona/draft", body, **program)
    guarded.call("POST", "/persona/draft", {"idempotency_key": key, "accept": True}, **person)

    newest, oldest = guarded.call("GET", f"/persona/draft/{draft_id}", **person).json["history"]

    assert (newest["operation"], newest["created_by"], newest["actor"]) == ("accept", "ann", "console")
    assert newest["proposed_by"] == {"user": "ann", "actor": "assistant"}
    assert (oldest["operation"], oldest["actor"], oldest["proposed_by"]) == ("save", "console", None)


def test_an_acceptance_is_undone_like_any_entry(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)
    accepted = post(api, "persona", idempotency_key=key, accept=True)

    undone = api.call("POST", f"/persona/draft/{draft_id}/undo", {}, if_match="2")

    assert (undone.json["form_state"]["name"], undone.json["can_redo"]) == ("Ann", True)
    assert told(post(api, "persona", idempotency_key=key, accept=True)) == told(accepted)


# ---------------------------------------------------------------------------------------------------- again, otherwise


@pytest.mark.parametrize("accept", [True, False])
@forms
def test_the_same_requests_again_have_the_same_answers(api: Api, kind: str, accept: bool, key: str) -> None:
    draft_id = begun(api, kind)
    offer = {"draft_id": draft_id, "name": "Bob", "soft": True}
    offered = api.call("POST", f"/{kind}/draft", offer, idempotency_key=key)
    decided = post(api, kind, idempotency_key=key, accept=accept)
    posted(api, kind, draft_id=draft_id, name="Cleo")

    offered_again = api.call("POST", f"/{kind}/draft", offer, idempotency_key=f'"{key}"')
    decided_again = [
        post(api, kind, idempotency_key=key, accept=accept),
        post(api, kind, accept=accept, draft_id=draft_id, headers={"idempotency_key": key, "if_match": "1"}),
    ]
    api.call("DELETE", f"/{kind}/draft/{draft_id}", if_match="*")
    decided_again.append(post(api, kind, idempotency_key=key, accept=accept))

    assert [is_replay(reply) for reply in (offered, decided)] == [False, False]
    assert [is_replay(reply) for reply in (offered_again, *decided_again)] == [True] * 4
    assert told(offered_again) == told(offered)
    assert [told(reply) for reply in decided_again] == [told(decided)] * 3


@pytest.mark.parametrize("accept", [True, False])
def test_the_opposite_ack_is_409_with_what_was_decided(api: Api, accept: bool, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)
    decided_at = posted(api, "persona", idempotency_key=key, accept=accept)

    reply = post(api, "persona", idempotency_key=key, accept=not accept)

    assert code(reply) == (409, "already_decided")
    assert (reply.json["accepted"], reply.json["accepted_fields"]) == (accept, None)
    assert (reply.json["decided_by"], reply.json["actor"]) == ("dev", None)
    assert isinstance(reply.json["decided_at"], int)
    assert decided_at["version"] == api.call("GET", f"/persona/draft/{draft_id}").json["version"]


def test_a_field_that_is_accepted_twice_is_kept_once(api: Api, draft: str, key: str) -> None:
    saved(api, draft, comment="first")
    propose(api, draft, {"comment": "second"}, key, if_match="1")
    accepted = accept_some(api, draft, key, "comment", "comment")

    again, other = accept_some(api, draft, key, "comment"), ack(api, draft, key, False)

    assert (again.body, is_replay(again)) == (accepted.body, True)
    assert (code(other), other.json["acceptedFields"]) == ((409, "already_decided"), ["comment"])


def test_an_ack_of_other_fields_is_409_with_the_accepted_ones(api: Api, key: str) -> None:
    proposed(api, draft_id=begun(api), name="Bob", description="Another text", idempotency_key=key)
    posted(api, "persona", idempotency_key=key, accept=True, accept_fields=["name"])

    replies = [
        post(api, "persona", idempotency_key=key, accept=True),
        post(api, "persona", idempotency_key=key, accept=True, accept_fields=["description"]),
        post(api, "persona", idempotency_key=key, accept=False),
    ]

    assert {code(reply) for reply in replies} == {(409, "already_decided")}
    assert [(reply.json["accepted"], reply.json["accepted_fields"]) for reply in replies] == [(True, ["name"])] * 3


@pytest.mark.parametrize("accept", [True, False])
@forms
def test_an_ack_of_an_unknown_key_is_404(api: Api, kind: str, accept: bool, key: str) -> None:
    assert code(post(api, kind, idempotency_key=key, accept=accept)) == (404, "not_found")


@forms
def test_an_ack_that_names_another_draft_is_404(api: Api, kind: str, key: str) -> None:
    proposed(api, kind, draft_id=begun(api, kind), name="Bob", idempotency_key=key)

    for draft_id in (begun(api, kind), str(uuid.uuid4()), "nonsense"):
        assert code(post(api, kind, idempotency_key=key, accept=True, draft_id=draft_id)) == (404, "not_found")


@forms
def test_an_ack_of_the_key_of_a_plain_request_is_409(api: Api, kind: str, key: str) -> None:
    path = f"/{kind}/draft/{begun(api, kind, idempotency_key=f'{key}-1')}"
    api.call("POST", f"{path}/reset", {}, idempotency_key=f"{key}-2")
    api.call("DELETE", path, idempotency_key=f"{key}-3")

    replies = [post(api, kind, idempotency_key=f"{key}-{number}", accept=True) for number in (1, 2, 3)]

    assert [code(reply) for reply in replies] == [(409, "not_a_proposal")] * 3


@pytest.mark.parametrize("accept", [True, False])
@forms
def test_an_ack_after_a_discard_is_409(api: Api, kind: str, accept: bool, key: str) -> None:
    draft_id = begun(api, kind)
    proposed(api, kind, draft_id=draft_id, name="Bob", idempotency_key=key)
    api.call("DELETE", f"/{kind}/draft/{draft_id}", if_match="1")

    reply = post(api, kind, idempotency_key=key, accept=accept)

    assert code(reply) == (409, "draft_discarded")
    assert api.call("GET", f"/{kind}/draft/{draft_id}/proposals").status == 404
    assert key not in [one["idempotency_key"] for page in pages(api, f"/{kind}/proposals") for one in page]


def test_a_key_is_not_both_a_proposals_and_a_saves(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)

    replies = [
        post(api, "persona", draft_id=draft_id, name="Bob", idempotency_key=key),
        post(api, "persona", draft_id=draft_id, name="Cleo", soft=True, idempotency_key=key),
        api.call("POST", f"/persona/draft/{draft_id}/reset", {}, idempotency_key=key),
    ]

    assert {code(reply) for reply in replies} == {(422, "operation_key_reused")}
    assert api.call("GET", f"/persona/draft/{draft_id}").json["version"] == 1


# ------------------------------------------------------------------------------------------------- what an ack may have


@forms
def test_an_ack_without_a_key_is_422(api: Api, kind: str) -> None:
    for accept in (True, False):
        assert problems(post(api, kind, accept=accept)) == [("/idempotency_key", "missing")]


def test_an_ack_with_other_fields_is_422_with_each_of_them(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)

    reply = post(api, "persona", idempotency_key=key, accept=True, name="Cleo", soft=True, examples=[], active=False)

    assert problems(reply) == [(f"/{name}", "not_with_ack") for name in ("active", "examples", "name", "soft")]
    assert api.call("GET", f"/persona/draft/{draft_id}").json["version"] == 1
    assert len(api.call("GET", f"/persona/draft/{draft_id}/proposals").json) == 1


def test_nulls_and_a_soft_that_is_false_count_as_absent_in_an_ack(api: Api, key: str) -> None:
    draft_id = begun(api, "tool")
    proposed(api, "tool", draft_id=draft_id, name="Bob", idempotency_key=key)

    nothing: dict[str, Any] = {"name": None, "args": None, "soft": False, "accept_fields": None}
    reply = post(api, "tool", idempotency_key=key, accept=True, input_draft_id=draft_id, **nothing)

    assert (reply.status, reply.json["form_state"]["name"]) == (200, "Bob")


def test_accept_that_is_null_makes_no_ack(api: Api, key: str) -> None:
    reply = post(api, "persona", name="Ann", accept=None, soft=None, idempotency_key=key)

    assert (reply.status, reply.json["version"], reply.json["form_state"]["name"]) == (200, 1, "Ann")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"accept": "yes"}, [("/accept", "wrong_type")]),
        ({"accept": 1}, [("/accept", "wrong_type")]),
        ({"soft": "true"}, [("/soft", "wrong_type")]),
        ({"accept": True, "accept_fields": "name"}, [("/accept_fields", "wrong_type")]),
        ({"accept": True, "accept_fields": []}, [("/accept_fields", "wrong_type")]),
        ({"accept": True, "accept_fields": ["name", 7]}, [("/accept_fields/1", "wrong_type")]),
        ({"accept": True, "accept_fields": ["name"] * 1001}, [("/accept_fields", "too_many_items")]),
        ({"accept": True, "accept_fields": ["name", "name", "nonsense"]}, [("/accept_fields/2", "unknown_field")]),
        ({"accept": False, "accept_fields": ["name"]}, [("/accept_fields", "not_with_reject")]),
        ({"accept_fields": ["name"]}, [("/accept_fields", "only_with_accept")]),
        ({"soft": True, "accept_fields": ["name"]}, [("/accept_fields", "only_with_accept")]),
        (
            {"accept": True, "accept_fields": ["name", "nonsense", "description", "idempotency_key"]},
            [
                ("/accept_fields/1", "unknown_field"),
                ("/accept_fields/2", "not_proposed"),
                ("/accept_fields/3", "unknown_field"),
            ],
        ),
    ],
    ids=str,
)
def test_a_wrong_ack_of_a_form_is_422_with_pointers_and_decides_nothing(
    api: Api, key: str, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)

    reply = post(api, "persona", idempotency_key=key, **body)

    assert problems(reply) == expected
    assert len(api.call("GET", f"/persona/draft/{draft_id}/proposals").json) == 1


def test_only_the_accepted_fields_are_taken(api: Api, key: str) -> None:
    draft_id = begun(api)
    offered = proposed(api, draft_id=draft_id, name="Bob", description="Another", color="#fff", idempotency_key=key)

    state = posted(api, "persona", idempotency_key=key, accept=True, accept_fields=["name", "color_id"])["form_state"]

    assert (state["name"], state["description"], state["color"]) == ("Bob", "A text", "#ffffff")
    for member in ("name_id", "color_id"):
        assert state[member] == offered["form_state"][member]


def test_a_field_of_a_proposal_that_is_wrong_is_422_and_nothing_is_proposed(api: Api, key: str) -> None:
    draft_id = begun(api)

    reply = post(api, "persona", draft_id=draft_id, soft=True, departments=["nowhere"], idempotency_key=key)

    assert problems(reply) == [("/departments/0", "no_match")]
    assert api.call("GET", f"/persona/draft/{draft_id}/proposals").json == []
    assert code(post(api, "persona", idempotency_key=key, accept=True)) == (404, "not_found")


def test_a_proposal_for_a_form_that_is_not_there_is_404(api: Api) -> None:
    for draft_id in (str(uuid.uuid4()), "nonsense"):
        assert code(post(api, "persona", draft_id=draft_id, name="Ann", soft=True)) == (404, "not_found")


def test_a_proposal_for_a_form_with_a_stale_version_is_409(api: Api) -> None:
    draft_id = begun(api)
    posted(api, "persona", draft_id=draft_id, name="Bob")

    reply = post(api, "persona", draft_id=draft_id, name="Cleo", soft=True, headers={"if_match": "1"})

    assert code(reply) == (409, "version_conflict")
    assert (reply.json["current_version"], reply.json["form_state"]["name"]) == (2, "Bob")


# ------------------------------------------------------------------------------------------------------ conflicts


def test_a_conflict_shows_base_current_and_proposed_and_is_settled_with_the_current_version(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", description="Another text", idempotency_key=key)
    posted(api, "persona", draft_id=draft_id, name="Cleo")

    conflict = post(api, "persona", idempotency_key=key, accept=True)
    stale = post(api, "persona", idempotency_key=key, accept=True, headers={"if_match": "1"})
    settled = post(api, "persona", idempotency_key=key, accept=True, headers={"if_match": conflict.headers["etag"]})

    assert code(conflict) == (409, "proposal_conflict")
    assert (conflict.headers["etag"], conflict.json["current_version"], conflict.json["base_version"]) == ('"2"', 2, 1)
    assert conflict.json["conflicts"] == [{"field": "name", "base": "Ann", "current": "Cleo", "proposed": "Bob"}]
    assert conflict.json["conflicts_total"] == 1
    assert code(stale) == (409, "version_conflict")
    assert (stale.json["current_version"], stale.json["form_state"]["name"]) == (2, "Cleo")
    assert (settled.status, settled.json["version"]) == (200, 3)
    assert (settled.json["form_state"]["name"], settled.json["form_state"]["description"]) == ("Bob", "Another text")


def test_disjoint_changes_are_merged(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=draft_id, name="Bob", idempotency_key=key)
    posted(api, "persona", draft_id=draft_id, description="Another text")

    accepted = posted(api, "persona", idempotency_key=key, accept=True)

    assert (accepted["form_state"]["name"], accepted["form_state"]["description"]) == ("Bob", "Another text")
    assert accepted["version"] == 3


def shape(text: str) -> dict[str, Any]:
    """How a value over 64 KiB appears."""
    canonical = json.dumps(text, ensure_ascii=False).encode()
    return {"hash": hashlib.sha256(canonical).hexdigest(), "size_bytes": len(canonical)}


def test_long_values_appear_as_hash_and_size_in_lists_and_conflicts(api: Api, key: str) -> None:
    texts = {side: f"{side} " * 15_000 for side in ("base", "current", "proposed")}
    draft_id = begun(api, instructions=texts["base"])
    proposed(api, draft_id=draft_id, instructions=texts["proposed"], name="Bob", idempotency_key=key)
    posted(api, "persona", draft_id=draft_id, instructions=texts["current"])

    (waiting,) = api.call("GET", f"/persona/draft/{draft_id}/proposals").json
    conflict = post(api, "persona", idempotency_key=key, accept=True)

    changes = {change.pop("field"): change for change in waiting["changes"]}
    assert changes["instructions"] == {"base": shape(texts["base"]), "proposed": shape(texts["proposed"])}
    assert changes["name"] == {"base": "Ann", "proposed": "Bob"}
    expected = {"field": "instructions"} | {side: shape(text) for side, text in texts.items()}
    assert waiting["conflicts"] == [expected]
    assert conflict.json["conflicts"] == [expected]
    assert len(conflict.body) < 2000
    assert waiting["form_state"]["instructions"] == texts["proposed"]


@pytest.mark.parametrize(("size_bytes", "whole"), [(65_536, True), (65_537, False)])
def test_the_limit_of_a_value_is_64_kib_of_its_json(api: Api, size_bytes: int, whole: bool) -> None:
    text = "x" * (size_bytes - 2)
    draft_id = proposed(api, instructions=text)["draft_id"]

    (waiting,) = api.call("GET", f"/persona/draft/{draft_id}/proposals").json

    (shown,) = [change["proposed"] for change in waiting["changes"] if change["field"] == "instructions"]
    assert shown == (text if whole else shape(text))


# --------------------------------------------------------------------------------------------------------- the inbox


@forms
def test_a_listed_proposal_of_a_form_has_these_members(api: Api, kind: str, key: str) -> None:
    draft_id = begun(api, kind)
    offered = proposed(api, kind, draft_id=draft_id, name="Bob", idempotency_key=key)
    posted(api, kind, draft_id=draft_id, description="Another text")

    reply = api.call("GET", f"/{kind}/draft/{draft_id}/proposals")

    (waiting,) = reply.json
    assert reply.headers["content-type"] == "application/json"
    assert waiting.keys() == {
        *("draft_id", "idempotency_key", "proposed_by", "actor", "created_at", "base_version", "current_version"),
        *("changes", "changes_total", "conflicts", "conflicts_total", "errors", "form_state"),
    }
    assert (waiting["draft_id"], waiting["idempotency_key"]) == (draft_id, key)
    assert (waiting["proposed_by"], waiting["actor"]) == ("dev", None)
    assert (waiting["base_version"], waiting["current_version"]) == (1, 2)
    assert [change["field"] for change in waiting["changes"]] == ["name_id", "name"]
    assert waiting["changes"][1] == {"field": "name", "base": "Ann", "proposed": "Bob"}
    assert (waiting["changes_total"], waiting["conflicts"], waiting["conflicts_total"]) == (2, [], 0)
    assert waiting["errors"] == []
    assert list(waiting["form_state"]) == list(offered["form_state"])
    assert (waiting["form_state"]["name"], waiting["form_state"]["description"]) == ("Bob", "Another text")


def test_a_proposal_that_cannot_be_merged_is_listed_with_its_errors(api: Api, draft: str, key: str) -> None:
    step, slots = {"id": "a", "type": "AGENT"}, [{"name": "boss"}]
    gated = step | {"humanApproval": {"slotName": "boss"}}
    saved(api, draft, flow={"steps": [step]}, slots=slots)
    propose(api, draft, {"flow": {"steps": [gated]}, "slots": slots}, key, if_match="1")
    saved(api, draft, 1, flow={"steps": [step]})

    (waiting,) = api.call("GET", f"{draft}/proposals").json
    refused = ack(api, draft, key)
    rejected = ack(api, draft, key, False)

    assert (waiting["idempotencyKey"], waiting["headData"], waiting["conflicts"]) == (key, None, [])
    assert waiting["errors"] == refused.json["errors"]
    assert problems(refused) == [("/flow/steps/0/humanApproval/slotName", "unknown_slot")]
    assert rejected.status == 200


def test_a_proposal_that_became_too_large_for_its_draft_hides_no_other_one(api: Api, draft: str, key: str) -> None:
    half = "words " * 400_000
    saved(api, draft, comment="first")
    propose(api, draft, {"comment": "first", "flow": {"prompt": half}}, f"{key}-1", if_match="1")
    propose(api, draft, {"comment": "second"}, f"{key}-2", if_match="1")
    saved(api, draft, 1, comment="first", slots=[{"name": half}])

    large, small = api.call("GET", f"{draft}/proposals").json
    refused = ack(api, draft, f"{key}-1")
    stale = api.call("PUT", draft, {"comment": "first", "flow": {"prompt": half}}, if_match="1")
    merged = api.call("PUT", f"{draft}?merge=true", {"comment": "first", "flow": {"prompt": half}}, if_match="1")

    assert (large["headData"], large["errors"]) == (None, refused.json["errors"])
    assert (small["idempotencyKey"], small["errors"]) == (f"{key}-2", [])
    assert problems(refused) == problems(merged) == [("", "content_too_large")]
    assert (code(stale), stale.json["disjoint"]) == ((409, "version_conflict"), False)
    assert ack(api, draft, f"{key}-1", False).status == 200


def test_the_places_that_an_ack_names_have_64_kib_together(api: Api, draft: str, key: str) -> None:
    names = [f"{number:04}" + "\N{GRINNING FACE}" * 100 for number in range(160)]
    saved(api, draft, flow={})
    propose(api, draft, {"flow": dict.fromkeys(names, 1)}, key, if_match="1")
    places = [f"/flow/{name}" for name in names]

    over = accept_some(api, draft, key, *places)
    under = accept_some(api, draft, key, *places[:150])
    again = accept_some(api, draft, key, *reversed(places[:150]))
    other = accept_some(api, draft, key, *places[:149])

    assert problems(over) == [("/acceptFields", "text_too_long")]
    assert under.json["headData"] == {"flow": dict.fromkeys(names[:150], 1)}
    assert (told(again), is_replay(again)) == (told(under), True)
    assert (code(other), other.json["acceptedFields"]) == ((409, "already_decided"), places[:150])


def test_the_inbox_is_paged_by_link(guarded: Api) -> None:
    cleo = token(f"cleo-{uuid.uuid4().hex}")
    for number in range(7):
        body = {"name": f"{number}", "soft": True, "idempotency_key": f"key {number}/#%"}
        assert guarded.call("POST", "/tool/draft", body, **cleo).status == 200

    inbox = pages(guarded, "/tool/proposals?limit=3", **cleo)
    whole = guarded.call("GET", "/tool/proposals", **cleo)

    assert [len(page) for page in inbox] == [3, 3, 1]
    assert [one for page in inbox for one in page] == whole.json
    assert sorted(one["idempotency_key"] for one in whole.json) == [f"key {number}/#%" for number in range(7)]
    assert "link" not in whole.headers


def test_the_proposals_of_one_draft_are_paged_oldest_first(api: Api, key: str) -> None:
    draft_id = begun(api)
    proposed(api, draft_id=begun(api), name="of another draft")
    for number in range(5):
        proposed(api, draft_id=draft_id, name=f"{number}", idempotency_key=f"{key}-{9 - number}")

    listed = pages(api, f"/persona/draft/{draft_id}/proposals?limit=2")

    assert [[one["form_state"]["name"] for one in page] for page in listed] == [["0", "1"], ["2", "3"], ["4"]]


def test_a_page_has_25_proposals_unless_asked_for_fewer(api: Api, key: str) -> None:
    draft_id = begun(api, "eval")
    for number in range(26):
        proposed(api, "eval", draft_id=draft_id, name=f"{number}", idempotency_key=f"{key}-{number}")

    for query in ("", "?limit=25", "?limit=999"):
        assert [len(page) for page in pages(api, f"/eval/draft/{draft_id}/proposals{query}")] == [25, 1]


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "cursor=", "cursor=x", "cursor=VkFMVUUj"])
def test_an_unreadable_query_of_the_inbox_is_400(api: Api, draft: str, query: str) -> None:
    for path in ("/persona/proposals", f"/persona/draft/{begun(api)}/proposals", f"{draft}/proposals"):
        assert code(api.call("GET", f"{path}?{query}")) == (400, "malformed_query")


def test_the_proposals_of_a_form_that_is_not_there_are_404_and_of_one_without_any_none(api: Api) -> None:
    none = api.call("GET", f"/persona/draft/{begun(api)}/proposals")
    absent = api.call("GET", f"/persona/draft/{uuid.uuid4()}/proposals")

    assert (none.status, none.json) == (200, [])
    assert code(absent) == (404, "not_found")


def test_a_page_of_proposals_with_many_large_changes_fits_into_an_answer(api: Api, draft: str, key: str) -> None:
    steps = [{"id": f"s{number}", "type": "AGENT", "prompt": "word " * 12_000} for number in range(8)]
    shortened = [step | {"prompt": ""} for step in steps]
    saved(api, draft, flow={"steps": steps})
    for number in range(25):
        payload = {"comment": f"{number}", "flow": {"steps": shortened}}
        assert propose(api, draft, payload, f"{key}-{number}", if_match="1").status == 200

    listed = pages(api, f"{draft}/proposals")

    assert [one["headData"]["comment"] for page in listed for one in page] == [f"{number}" for number in range(25)]
    assert listed[0][0]["changes"][1]["base"] == "word " * 12_000


# ------------------------------------------------------------------------------------------------------- two users


def test_the_ack_of_another_users_key_is_answered_exactly_as_that_of_an_unknown_one(guarded: Api, key: str) -> None:
    ann, bob, eve = token("ann"), token("bob"), token("ann", tenant="evil")
    draft_id = guarded.call("POST", "/persona/draft", {"name": "Ann"}, **ann).json["draft_id"]
    body = {"draft_id": draft_id, "name": "Bob", "soft": True, "idempotency_key": key}
    assert guarded.call("POST", "/persona/draft", body, **ann).status == 200

    for accept in (True, False):
        for naming in ({}, {"draft_id": draft_id}):
            for other in (bob, eve):
                known, unknown = [
                    guarded.call(
                        "POST", "/persona/draft", {"idempotency_key": one, "accept": accept, **naming}, **other
                    )
                    for one in (key, uuid.uuid4().hex)
                ]
                assert code(known) == (404, "not_found")
                assert refusal_of(known) == refusal_of(unknown)
    decided = guarded.call("POST", "/persona/draft", {"idempotency_key": key, "accept": True}, **ann)
    assert (decided.status, decided.json["form_state"]["name"]) == (200, "Bob")


def test_the_ack_of_another_users_agent_key_is_answered_exactly_as_that_of_an_unknown_one(
    guarded: Api, draft: str, key: str
) -> None:
    ann, bob, eve = token("ann"), token("bob"), token("ann", tenant="evil")
    assert propose(guarded, draft, {"comment": "Ann"}, key, **ann).status == 200

    for accept in (True, False):
        for other in (bob, eve):
            known, unknown = [ack(guarded, draft, one, accept, **other) for one in (key, uuid.uuid4().hex)]
            assert code(known) == (404, "not_found")
            assert refusal_of(known) == refusal_of(unknown)
    assert ack(guarded, draft, key, **ann).status == 200


def test_a_user_sees_no_proposal_of_another_and_can_not_add_one(guarded: Api, draft: str, key: str) -> None:
    ann, bob, eve = token("ann"), token("bob"), token("ann", tenant="evil")
    body = {"name": "Ann", "soft": True, "idempotency_key": key}
    draft_id = guarded.call("POST", "/eval/draft", body, **ann).json["draft_id"]
    propose(guarded, draft, {"comment": "Ann"}, key, **ann)

    assert [one["idempotency_key"] for one in guarded.call("GET", "/eval/proposals", **ann).json] == [key]
    for other in (bob, eve):
        assert guarded.call("GET", "/eval/proposals", **other).json == []
        assert guarded.call("GET", f"/eval/draft/{draft_id}/proposals", **other).status == 404
        for soft in (True, False):
            patch = {"draft_id": draft_id, "name": "Bob", "soft": soft}
            assert guarded.call("POST", "/eval/draft", patch, **other).status == 404
    assert guarded.call("GET", f"{draft}/proposals", **bob).json == []
    assert guarded.call("GET", f"{draft}/proposals", **eve).status == 404
    assert guarded.call("GET", "/eval/proposals").status == 401
    assert guarded.call("GET", f"{draft}/proposals").status == 401


# --------------------------------------------------------------------------------------------------- agents, the story


def test_a_new_agent_is_proposed_accepted_and_there(api: Api, agent: str, draft: str, key: str) -> None:
    payload = {"comment": "new", "flow": {"steps": [{"id": "a", "type": "ENTRY_POINT", "name": "in"}]}}

    offered = propose(api, draft, payload, key)
    absent, listed = api.call("GET", draft), api.call("GET", f"{agent}/drafts").json
    accepted = ack(api, draft, key)
    read = api.call("GET", draft)

    assert offered.json.keys() == {
        *("agentId", "baseRevision", "version", "idempotencyKey", "baseVersion", "createdAt", "headData"),
        *("issues", "issuesTotal", "publishable"),
    }
    assert (offered.json["agentId"], offered.json["baseRevision"]) == (agent.rsplit("/", 1)[1], 3)
    assert (offered.json["version"], offered.json["baseVersion"], offered.headers["etag"]) == (0, 0, '"0"')
    assert (offered.json["idempotencyKey"], offered.json["headData"]) == (key, payload)
    assert [issue["code"] for issue in offered.json["issues"]] == ["no_exit_point"]
    assert offered.json["publishable"] is False
    assert (absent.status, listed) == (204, [])
    assert (accepted.status, accepted.headers["etag"]) == (200, '"1"')
    assert told(accepted) == told(read)
    assert (read.json["version"], read.json["canUndo"], read.json["headData"]) == (1, False, payload)
    (entry,) = read.json["history"]
    assert (entry["operation"], entry["proposedBy"]) == ("accept", {"user": "dev", "actor": None})
    assert [one["baseRevision"] for one in api.call("GET", f"{agent}/drafts").json] == [3]


def test_the_rejection_of_a_new_agent_is_204_and_again(api: Api, draft: str, key: str) -> None:
    propose(api, draft, {"comment": "new"}, key)

    rejected = ack(api, draft, key, False)
    again = ack(api, draft, key, False)

    assert [(reply.status, reply.body) for reply in (rejected, again)] == [(204, b"")] * 2
    assert [is_replay(reply) for reply in (rejected, again)] == [False, True]
    assert api.call("GET", draft).status == 204
    assert api.call("GET", f"{draft}/proposals").json == []


def test_the_rejection_of_a_change_answers_with_the_agent_as_it_is(api: Api, draft: str, key: str) -> None:
    saved(api, draft, comment="a")
    propose(api, draft, {"comment": "b"}, key, if_match="1")

    rejected = ack(api, draft, key, False)

    assert told(rejected) == told(api.call("GET", draft))
    assert (rejected.json["version"], rejected.json["headData"]) == (1, {"comment": "a"})


def test_a_listed_proposal_of_an_agent_has_these_members(api: Api, agent: str, draft: str, key: str) -> None:
    flow = {"steps": [{"id": "a", "type": "AGENT"}]}
    saved(api, draft, comment="a", flow=flow)
    propose(api, draft, {"flow": flow, "assets": [{"id": "x"}]}, key, if_match="1")
    saved(api, draft, 1, comment="b", flow=flow)

    (waiting,) = api.call("GET", f"{draft}/proposals").json

    assert waiting.keys() == {
        *("agentId", "baseRevision", "idempotencyKey", "proposedBy", "actor", "createdAt"),
        *("baseVersion", "currentVersion", "changes", "changesTotal", "conflicts", "conflictsTotal"),
        *("errors", "headData"),
    }
    assert (waiting["agentId"], waiting["baseRevision"]) == (agent.rsplit("/", 1)[1], 3)
    assert (waiting["baseVersion"], waiting["currentVersion"], waiting["changesTotal"]) == (1, 2, 2)
    changes = sorted(waiting["changes"], key=lambda change: change["pointer"])
    assert changes == [{"pointer": "/assets", "proposed": [{"id": "x"}]}, {"pointer": "/comment", "base": "a"}]
    assert waiting["conflicts"] == [{"pointer": "/comment", "base": "a", "current": "b"}]
    assert waiting["headData"] == {"flow": flow, "assets": [{"id": "x"}]}


def test_a_proposal_made_of_an_older_version_keeps_what_was_saved_since(api: Api, draft: str, key: str) -> None:
    for version, comment in enumerate("abc"):
        saved(api, draft, version, comment=comment)

    offered = propose(api, draft, {"comment": "a", "assets": [{"id": "x"}]}, key, if_match="1")
    accepted = ack(api, draft, key)

    assert (offered.json["version"], offered.json["baseVersion"], offered.headers["etag"]) == (3, 1, '"3"')
    assert accepted.json["headData"] == {"comment": "c", "assets": [{"id": "x"}]}


def test_a_conflict_of_an_agent_shows_three_values_by_pointer(api: Api, draft: str, key: str) -> None:
    def step(prompt: str) -> dict[str, Any]:
        return {"flow": {"steps": [{"id": "a", "type": "AGENT"}, {"id": "b", "type": "AGENT", "prompt": prompt}]}}

    saved(api, draft, **step("base"))
    propose(api, draft, step("proposed"), key, if_match="1")
    saved(api, draft, 1, **step("current"))

    conflict = ack(api, draft, key)
    settled = ack(api, draft, key, if_match="2")

    assert code(conflict) == (409, "proposal_conflict")
    assert (conflict.headers["etag"], conflict.json["currentVersion"], conflict.json["baseVersion"]) == ('"2"', 2, 1)
    values = {"base": "base", "current": "current", "proposed": "proposed"}
    assert conflict.json["conflicts"] == [{"pointer": "/flow/steps/1/prompt", **values}]
    assert conflict.json["conflictsTotal"] == 1
    assert settled.json["headData"] == step("proposed")


def test_long_values_of_an_agent_appear_as_hash_and_size(api: Api, draft: str, key: str) -> None:
    text = "word " * 20_000
    saved(api, draft, comment="a")
    propose(api, draft, {"comment": text}, key, if_match="1")

    (waiting,) = api.call("GET", f"{draft}/proposals").json

    expected = {"hash": shape(text)["hash"], "sizeBytes": shape(text)["size_bytes"]}
    assert waiting["changes"] == [{"pointer": "/comment", "base": "a", "proposed": expected}]
    assert waiting["headData"] == {"comment": text}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (428, "precondition_required")),
        ({"if_match": "0"}, (409, "version_conflict")),
        ({"if_match": "2"}, (409, "version_conflict")),
        ({"if_none_match": "*"}, (409, "draft_exists")),
        ({"if_match": "x"}, (400, "malformed_header")),
    ],
    ids=str,
)
def test_a_proposal_must_say_which_version_of_an_agent_it_was_made_of(
    api: Api, draft: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    saved(api, draft, comment="a")

    assert code(propose(api, draft, {"comment": "b"}, **headers)) == expected
    assert api.call("GET", f"{draft}/proposals").json == []


def test_a_payload_that_must_not_be_saved_must_not_be_proposed(api: Api, draft: str) -> None:
    assert problems(propose(api, draft, {"nonsense": 1})) == [("/nonsense", "unknown_field")]


@pytest.mark.parametrize("value", ["yes", "1", "TRUE", ""])
def test_a_soft_that_is_neither_true_nor_false_is_400(api: Api, draft: str, value: str) -> None:
    assert code(api.call("PUT", f"{draft}?soft={value}", {})) == (400, "malformed_query")
    assert api.call("GET", draft).status == 204


def test_a_soft_that_is_false_is_a_save(api: Api, draft: str) -> None:
    assert api.call("PUT", f"{draft}?soft=false", {}).json["version"] == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/accept", "wrong_type"), ("/idempotencyKey", "missing")]),
        ({"accept": True}, [("/idempotencyKey", "missing")]),
        ({"accept": None, "idempotencyKey": "{key}"}, [("/accept", "wrong_type")]),
        ({"accept": "true", "idempotencyKey": "{key}"}, [("/accept", "wrong_type")]),
        ({"accept": True, "idempotencyKey": ""}, [("/idempotencyKey", "bad_operation_key")]),
        ({"accept": True, "idempotencyKey": "{key}", "comment": "x"}, [("/comment", "unknown_field")]),
        ({"accept": True, "idempotencyKey": "{key}", "acceptFields": []}, [("/acceptFields", "wrong_type")]),
        ({"accept": True, "idempotencyKey": "{key}", "acceptFields": [1]}, [("/acceptFields/0", "wrong_type")]),
        (
            {"accept": False, "idempotencyKey": "{key}", "acceptFields": ["comment"]},
            [("/acceptFields", "not_with_reject")],
        ),
        (
            {"accept": True, "idempotencyKey": "{key}", "acceptFields": ["comment", "comment", "zzz"]},
            [("/acceptFields/2", "not_proposed")],
        ),
        (
            {"accept": True, "idempotencyKey": "{key}", "acceptFields": ["comment", "flow", "/assets/0", ""]},
            [(f"/acceptFields/{number}", "not_proposed") for number in (1, 2, 3)],
        ),
    ],
    ids=str,
)
def test_a_wrong_ack_of_an_agent_is_422_with_pointers_and_decides_nothing(
    api: Api, draft: str, key: str, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    saved(api, draft, comment="a")
    propose(api, draft, {"comment": "b"}, key, if_match="1")
    sent = body | ({"idempotencyKey": key} if body.get("idempotencyKey") else {})

    reply = api.call("POST", f"{draft}:ack", sent)

    assert problems(reply) == expected
    assert len(api.call("GET", f"{draft}/proposals").json) == 1


def test_only_the_accepted_places_of_an_agent_are_taken(api: Api, draft: str, key: str) -> None:
    saved(api, draft, comment="a", flow={"steps": [{"id": "s", "type": "AGENT"}]})
    offered = {"comment": "b", "flow": {"steps": [{"id": "s", "type": "TOOL"}]}, "assets": [{"id": "x"}]}
    propose(api, draft, offered, key, if_match="1")

    accepted = accept_some(api, draft, key, "/flow/steps/0/type", "assets")
    again = accept_some(api, draft, key, "assets", "/flow/steps/0/type")
    other = ack(api, draft, key)

    assert accepted.json["headData"] == offered | {"comment": "a"}
    assert is_replay(again)
    assert told(again) == told(accepted)
    assert code(other) == (409, "already_decided")
    assert sorted(other.json["acceptedFields"]) == ["/flow/steps/0/type", "assets"]


def test_the_key_of_an_ack_may_be_in_the_header(api: Api, draft: str, key: str) -> None:
    propose(api, draft, {"comment": "new"}, key)

    differing = api.call("POST", f"{draft}:ack", {"accept": True, "idempotencyKey": "x"}, idempotency_key=key)
    accepted = api.call("POST", f"{draft}:ack", {"accept": True}, idempotency_key=f'"{key}"')

    assert code(differing) == (400, "operation_keys_differ")
    assert accepted.status == 200


def test_the_refusals_of_an_agents_ack(api: Api, agent: str, draft: str, key: str) -> None:
    api.call("PUT", draft, {"comment": "a"}, idempotency_key=f"{key}-save")
    propose(api, draft, {"comment": "b"}, key, if_match="1")
    elsewhere = f"{agent}/revisions/4/draft"

    assert code(ack(api, draft, f"{key}-unknown")) == (404, "not_found")
    assert code(ack(api, elsewhere, key)) == (404, "not_found")
    assert code(ack(api, draft, f"{key}-save")) == (409, "not_a_proposal")
    assert code(ack(api, draft, key, if_match="7")) == (409, "version_conflict")
    assert code(ack(api, draft, key, if_match="x")) == (400, "malformed_header")
    api.call("DELETE", draft)
    assert code(ack(api, draft, key)) == (409, "draft_discarded")
    saved(api, draft, comment="begun anew")
    assert [code(ack(api, draft, key, accept)) for accept in (True, False)] == [(409, "draft_discarded")] * 2
    assert api.call("GET", f"{draft}/proposals").json == []
    assert api.call("GET", draft).json["headData"] == {"comment": "begun anew"}


def test_the_same_requests_of_an_agent_again_have_the_same_answers(api: Api, draft: str, key: str) -> None:
    saved(api, draft, comment="a")
    offered = propose(api, draft, {"comment": "b"}, key, if_match="1")
    accepted = ack(api, draft, key)
    saved(api, draft, 2, comment="c")

    offered_again = propose(api, draft, {"comment": "b"}, key)
    accepted_again = ack(api, draft, key, if_match="1")
    reused = propose(api, draft, {"comment": "c"}, key, if_match="3")

    assert [is_replay(reply) for reply in (offered, accepted, offered_again, accepted_again)] == [
        *(False, False),
        *(True, True),
    ]
    assert told(offered_again) == told(offered)
    assert told(accepted_again) == told(accepted)
    assert code(reused) == (422, "operation_key_reused")


def test_the_log_tells_what_was_proposed_and_decided_and_never_of_contents(key: str) -> None:
    with served() as running:
        body = {"name": "a very private sentence", "soft": True, "idempotency_key": key}
        running.call("POST", "/persona/draft", body)
        running.call("GET", "/persona/proposals")
        running.call("POST", "/persona/draft", {"idempotency_key": key, "accept": True})
        running.call("POST", "/persona/draft", {"idempotency_key": key, "accept": True})

    lines = [json.loads(line) for line in running.output if '"request_answered"' in line]
    assert [line.get("outcome") for line in lines] == ["proposed", None, "accepted", "replayed"]
    assert "private" not in "".join(running.output)


@pytest.mark.parametrize(
    ("body", "status"), [({"departments": ["Magic"]}, 422), ({"draft_id": str(uuid.uuid4()), "name": "Ann"}, 404)]
)
@pytest.mark.parametrize("soft", [False, True])
def test_a_stale_patch_is_judged_after_its_draft_and_its_values(
    api: Api, body: dict[str, Any], status: int, soft: bool
) -> None:
    made = api.call("POST", "/persona/draft", {"name": "Ann"}).json

    reply = api.call("POST", "/persona/draft", {"draft_id": made["draft_id"], "soft": soft} | body, if_match="7")

    assert reply.status == status
