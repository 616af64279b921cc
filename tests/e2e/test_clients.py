"""What any client meets, whatever it is written in: HEAD, preflights of browsers, and answers without content."""

from __future__ import annotations

import json
import re
import socket

import pytest

from tests.served import Api

ORIGIN = "http://localhost:5173"
STATE = {"agentId", "baseRevision", "version", "historyCursor", "canUndo", "canRedo", "updatedAt"}
REVIEW = {"issues", "issuesTotal", "publishable"}
MINIMAL = "return=minimal"


def names(listed: str) -> set[str]:
    return {name.strip().lower() for name in listed.split(",")}


# ------------------------------------------------------------------------------------------------------------ HEAD


@pytest.mark.parametrize("path", ["{draft}", "{draft}/history", "{draft}:diff?from=1", "/persona/drafts", "/docs"])
def test_head_tells_what_get_tells_but_for_the_body(api: Api, draft: str, path: str) -> None:
    api.call("PUT", draft, {"comment": "first"})
    path = path.format(draft=draft)

    got, head = api.call("GET", path), api.call("HEAD", path)

    assert (got.status, head.status, head.body) == (200, 200, b"")
    own = {"date", "apigw-requestid", "content-length", "connection"}
    assert {name: value for name, value in head.headers.items() if name not in own} == {
        name: value for name, value in got.headers.items() if name not in own
    }
    # How long the body would be is not known, and must not be said wrongly.
    assert "content-length" not in head.headers


def test_head_is_conditional_and_refused_as_get_is(api: Api, draft: str) -> None:
    assert api.call("HEAD", draft).status == 204
    api.call("PUT", draft, {"comment": "first"})

    unmodified, refused = api.call("HEAD", draft, if_none_match='"1"'), api.call("HEAD", draft, if_none_match="x")

    assert (unmodified.status, unmodified.headers["etag"]) == (304, '"1"')
    assert (refused.status, refused.headers["content-type"], refused.body) == (400, "application/problem+json", b"")


def test_nothing_follows_the_headers_of_a_head(api: Api, draft: str) -> None:
    # A client reads what followed as the beginning of its next answer.
    api.call("PUT", draft, {"comment": "first"})

    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(f"HEAD {draft} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.partition(b"\r\n\r\n")[2] == b""


# ------------------------------------------------------------------------------------------------------------ CORS


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
def test_a_browser_may_send_every_method_with_every_header(api: Api, draft: str, method: str) -> None:
    asked = "authorization,content-type,if-match,if-none-match,idempotency-key,prefer"

    reply = api.send(
        "OPTIONS",
        draft,
        None,
        {"Origin": ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked},
    )

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert method.lower() in names(reply.headers["access-control-allow-methods"])
    assert names(asked) <= names(reply.headers["access-control-allow-headers"])


def test_a_browser_sees_every_header_that_a_client_needs(api: Api, draft: str) -> None:
    reply = api.call("PUT", draft, {"comment": "first"}, origin=ORIGIN)

    exposed = names(reply.headers["access-control-expose-headers"])
    assert exposed == {"etag", "link", "idempotency-replayed", "retry-after", "preference-applied"}


# ---------------------------------------------------------------------------------------------------------- Prefer


def test_a_save_is_answered_without_content_when_the_client_prefers_that(api: Api, draft: str) -> None:
    whole = api.call("PUT", draft, {"comment": "first"})
    reply = api.call("PUT", draft, {"comment": "second"}, if_match='"1"', prefer=MINIMAL)

    assert (reply.status, reply.headers["etag"], reply.headers["preference-applied"]) == (200, '"2"', MINIMAL)
    assert reply.json.keys() == STATE | REVIEW
    assert whole.json.keys() == STATE | REVIEW | {"history", "headData"}
    assert (reply.json["version"], reply.json["canUndo"]) == (2, True)
    assert api.call("GET", draft, prefer=MINIMAL).json["headData"] == {"comment": "second"}


def test_every_move_and_decision_can_be_answered_without_content(api: Api, draft: str) -> None:
    for number, comment in enumerate(("first", "second", "third")):
        api.call("PUT", draft, {"comment": comment}, if_match=str(number))
    replies = [
        api.call("POST", f"{draft}:undo", if_match="3", prefer=MINIMAL),
        api.call("POST", f"{draft}:redo", if_match="4", prefer=MINIMAL),
        api.call("POST", f"{draft}:reset", if_match="5", prefer=MINIMAL),
        api.call("POST", f"{draft}:restore", {"seqNo": 2}, if_match="6", prefer=MINIMAL),
    ]
    proposed = api.call("PUT", f"{draft}?soft=true", {"comment": "x"}, if_match="7", prefer=MINIMAL)
    ack = {"idempotencyKey": proposed.json["idempotencyKey"], "accept": True}
    replies.append(api.call("POST", f"{draft}:ack", ack, if_match="7", prefer=MINIMAL))

    assert [reply.json["version"] for reply in replies] == [4, 5, 6, 7, 8]
    assert [reply.json.keys() for reply in replies] == [STATE | REVIEW] * 5
    assert proposed.json.keys() == REVIEW | {
        "agentId",
        "baseRevision",
        "version",
        "idempotencyKey",
        "baseVersion",
        "createdAt",
    }
    assert all(reply.headers["preference-applied"] == MINIMAL for reply in (*replies, proposed))


def test_a_forms_answers_can_be_without_its_state(api: Api) -> None:
    draft = {"draft_id": api.call("POST", "/tool/draft", {"name": "Ada"}).json["draft_id"]}
    saved = api.call("POST", "/tool/draft", draft | {"name": "Ada L."}, if_match="1", prefer=MINIMAL)
    proposed = api.call("POST", "/tool/draft", draft | {"name": "Grace", "soft": True}, if_match="2", prefer=MINIMAL)
    ack = draft | {"idempotency_key": proposed.json["idempotency_key"], "accept": True}
    decided = api.call("POST", "/tool/draft", ack, if_match="2", prefer=MINIMAL)
    undone = api.call("POST", f"/tool/draft/{draft['draft_id']}/undo", if_match="3", prefer=MINIMAL)

    for reply in (saved, proposed, decided):
        assert reply.json.keys() == {"success", "draft_id", "idempotency_key", "message", "version"}
    assert undone.json.keys() == {
        "draft_id",
        "idempotency_key",
        "version",
        "history_cursor",
        "can_undo",
        "can_redo",
        "updated_at",
    }
    tags = [reply.headers["etag"] for reply in (saved, proposed, decided, undone)]
    assert tags == ['"2"', '"2"', '"3"', '"4"']
    assert undone.headers["preference-applied"] == MINIMAL


def test_who_does_not_say_what_a_change_is_made_of_gets_the_whole_content(api: Api, draft: str) -> None:
    # The client would take the new version for that of what it holds, and save that over what others have made.
    form = {"draft_id": api.call("POST", "/tool/draft", {"name": "Ada"}, prefer=MINIMAL).json["draft_id"]}
    api.call("POST", "/tool/draft", form | {"description": "of another"})
    patched = api.call("POST", "/tool/draft", form | {"name": "Grace"}, prefer=MINIMAL)
    api.call("PUT", draft, {"comment": "first"})
    key = api.call("PUT", f"{draft}?soft=true", {"comment": "offer"}, if_match="1").json["idempotencyKey"]
    api.call("PUT", draft, {"comment": "first", "slots": []}, if_match="1")
    accepted = api.call("POST", f"{draft}:ack", {"idempotencyKey": key, "accept": True}, prefer=MINIMAL)
    undone = api.call("POST", f"{draft}:undo", if_match="*", prefer=MINIMAL)

    assert (patched.json["form_state"]["name"], patched.json["form_state"]["description"]) == ("Grace", "of another")
    assert accepted.json["headData"] == {"comment": "offer", "slots": []}
    assert undone.json["headData"] == {"comment": "first", "slots": []}
    assert not any("preference-applied" in reply.headers for reply in (patched, accepted, undone))


def test_a_replay_is_answered_as_its_own_request_prefers(api: Api, draft: str) -> None:
    def save(**headers: str) -> dict[str, object]:
        reply = api.call("PUT", draft, {"comment": "first"}, idempotency_key="k-1", **headers)
        replayed = reply.headers.get("idempotency-replayed")
        return {"applied": reply.headers.get("preference-applied"), "replayed": replayed, **reply.json}

    first, again, whole = save(prefer=MINIMAL), save(prefer=MINIMAL), save()

    assert again == first | {"replayed": "true"}
    assert (whole["applied"], whole["replayed"], whole["headData"]) == (None, "true", {"comment": "first"})
    assert {name: whole[name] for name in STATE} == {name: first[name] for name in STATE}


def test_what_was_merged_is_shown_whatever_the_client_prefers(api: Api, draft: str) -> None:
    # The client would go on with the content that it has sent, and take back what was merged into it.
    api.call("PUT", draft, {"comment": "a"})
    api.call("PUT", draft, {"comment": "a", "slots": []}, if_match="1")

    merged = api.call("PUT", f"{draft}?merge=true", {"comment": "b"}, if_match="1", prefer=MINIMAL)
    plain = api.call("PUT", f"{draft}?merge=true", {"comment": "c", "slots": []}, if_match="3", prefer=MINIMAL)

    assert (merged.json["merged"], merged.json["headData"]) == (True, {"comment": "b", "slots": []})
    assert "preference-applied" not in merged.headers
    assert (plain.json["merged"], "headData" in plain.json) == (False, False)


def test_a_save_that_others_have_made_already_is_shown_with_what_they_made_beside(api: Api, draft: str) -> None:
    # Its first answer was lost, somebody else went on, and it is sent again.
    api.call("PUT", draft, {"comment": "a"})
    api.call("PUT", draft, {"comment": "b"}, if_match="1")
    flow = {"steps": [{"id": "s", "type": "ENTRY_POINT"}], "edges": []}
    theirs = api.call("PUT", draft, {"comment": "b", "flow": flow}, if_match="2").json

    again = api.call("PUT", f"{draft}?merge=true", {"comment": "b"}, if_match="1", prefer=MINIMAL)

    assert (again.status, again.json["version"], again.json["merged"]) == (200, 3, True)
    assert again.json["headData"] == {"comment": "b", "flow": flow}
    assert again.json["issues"] == theirs["issues"]
    assert "preference-applied" not in again.headers


def test_refusals_and_other_preferences_are_answered_in_full(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "first"})

    conflict = api.call("PUT", draft, {"comment": "second"}, if_match="7", prefer=MINIMAL)
    whole = api.call("PUT", draft, {"comment": "second"}, if_match="1", prefer="return=representation, wait=5")

    assert (conflict.status, conflict.json["headData"]) == (409, {"comment": "first"})
    assert whole.json["headData"] == {"comment": "second"}
    assert not {"preference-applied"} & (conflict.headers.keys() | whole.headers.keys())


def test_an_answer_without_content_is_small(api: Api, draft: str) -> None:
    content = {"comment": "x" * 200_000}

    reply = api.call("PUT", draft, content, prefer=MINIMAL)

    assert len(reply.body) < 400
    assert not re.search("xxx", json.dumps(reply.json))
