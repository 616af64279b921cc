"""Every row of the precondition table, over HTTP."""

from __future__ import annotations

import pytest

from tests.served import Api

ONE = {"comment": "one"}
TWO = {"comment": "two"}


def created(api: Api, draft: str) -> None:
    assert api.call("PUT", draft, ONE).status == 200


@pytest.mark.parametrize("headers", [{}, {"if_match": "0"}, {"if_match": 'W/"0"'}, {"if_none_match": "*"}])
def test_put_creates_version_1_where_there_is_no_draft(api: Api, draft: str, headers: dict[str, str]) -> None:
    reply = api.call("PUT", draft, ONE, **headers)

    assert (reply.status, reply.json["version"], reply.headers["etag"]) == (200, 1, '"1"')


@pytest.mark.parametrize("if_match", ["1", "*", '"3"', '1, "2"'])
def test_put_with_a_version_is_409_with_version_0_where_there_is_no_draft(api: Api, draft: str, if_match: str) -> None:
    reply = api.call("PUT", draft, ONE, if_match=if_match)

    assert (reply.status, reply.code, reply.json["currentVersion"]) == (409, "version_conflict", 0)
    assert api.call("GET", draft).status == 204


@pytest.mark.parametrize(
    "headers", [{}, {"if_match": "0"}, {"if_match": "7"}, {"if_match": "*"}, {"if_none_match": "*"}]
)
def test_put_of_the_heads_own_payload_changes_nothing_whatever_the_precondition(
    api: Api, draft: str, headers: dict[str, str]
) -> None:
    created(api, draft)

    reply = api.call("PUT", draft, ONE, **headers)

    assert (reply.status, reply.json["version"], len(reply.json["history"])) == (200, 1, 1)


@pytest.mark.parametrize("if_match", ["1", '"1"', 'W/"1"', '"x", "1"', "*", ' "1" ,'])
def test_put_with_the_current_version_is_the_next_one(api: Api, draft: str, if_match: str) -> None:
    created(api, draft)

    reply = api.call("PUT", draft, TWO, if_match=if_match)

    assert (reply.status, reply.json["version"], reply.headers["etag"]) == (200, 2, '"2"')


@pytest.mark.parametrize("if_match", ["0", "2", '"abc"', '"01"', '"2", "3"'])
def test_put_with_another_version_is_409_with_the_current_state(api: Api, draft: str, if_match: str) -> None:
    created(api, draft)

    reply = api.call("PUT", draft, TWO, if_match=if_match)

    assert (reply.status, reply.code, reply.headers["etag"]) == (409, "version_conflict", '"1"')
    assert reply.json["headData"] == ONE
    assert {"updatedAt", "updatedBy", "actor", "operation", "changed"} <= reply.json.keys()


def test_put_without_a_precondition_is_428_where_there_is_another_content(api: Api, draft: str) -> None:
    created(api, draft)

    reply = api.call("PUT", draft, TWO)

    assert (reply.status, reply.code, reply.json["currentVersion"]) == (428, "precondition_required", 1)


def test_put_of_a_new_draft_is_409_where_there_is_another_content(api: Api, draft: str) -> None:
    created(api, draft)

    reply = api.call("PUT", draft, TWO, if_none_match="*")

    assert (reply.status, reply.code, reply.json["headData"]) == (409, "draft_exists", ONE)


@pytest.mark.parametrize(
    "headers",
    [
        {"if_match": "1", "if_none_match": "*"},
        {"if_match": ""},
        {"if_match": "abc"},
        {"if_match": "01"},
        {"if_match": "1_0"},
        {"if_match": "-1"},
        {"if_match": "1.0"},
        {"if_match": '"1'},
        {"if_match": "*, 1"},
        {"if_match": "1" * 16},
        {"if_none_match": '"1"'},
    ],
)
def test_put_with_an_unreadable_header_is_400(api: Api, draft: str, headers: dict[str, str]) -> None:
    reply = api.call("PUT", draft, ONE, **headers)

    assert (reply.status, reply.code) == (400, "malformed_header")
    assert api.call("GET", draft).status == 204


@pytest.mark.parametrize("move", ["undo", "redo", "reset"])
def test_a_move_needs_an_existing_draft_then_a_version_then_the_current_one(api: Api, draft: str, move: str) -> None:
    missing = api.call("POST", f"{draft}:{move}", {}, if_match="1")
    created(api, draft)
    api.call("PUT", draft, TWO, if_match="1")

    silent = api.call("POST", f"{draft}:{move}", {})
    stale = api.call("POST", f"{draft}:{move}", {}, if_match="9")

    assert (missing.status, missing.code) == (404, "not_found")
    assert (silent.status, silent.code) == (428, "precondition_required")
    assert (stale.status, stale.code, stale.json["headData"]) == (409, "version_conflict", TWO)


def test_delete_needs_no_version_and_keeps_to_one_that_is_sent(api: Api, draft: str) -> None:
    nothing = api.call("DELETE", draft, if_match="4")
    created(api, draft)
    stale = api.call("DELETE", draft, if_match="4")
    kept = api.call("GET", draft)
    discarded = api.call("DELETE", draft, if_match="1")

    assert (nothing.status, stale.status, kept.status, discarded.status) == (204, 409, 200, 204)
    assert (discarded.body, api.call("GET", draft).status) == (b"", 204)


def test_versions_go_on_after_a_discard_so_that_an_old_one_never_matches(api: Api, draft: str) -> None:
    created(api, draft)
    api.call("DELETE", draft)

    begun = api.call("PUT", draft, ONE)
    stale = api.call("PUT", draft, TWO, if_match="1")

    assert begun.json["version"] == 3
    assert (stale.status, stale.json["currentVersion"], stale.json["changed"]) == (409, 3, None)


def test_get_with_the_current_tag_is_304(api: Api, draft: str) -> None:
    created(api, draft)

    same = api.call("GET", draft, if_none_match='W/"1"')
    other = api.call("GET", draft, if_none_match='"2"')
    unreadable = api.call("GET", draft, if_none_match="nonsense")

    assert (same.status, same.headers["etag"], same.body) == (304, '"1"', b"")
    assert (other.status, unreadable.status) == (200, 400)
