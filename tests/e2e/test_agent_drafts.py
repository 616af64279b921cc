"""Agent drafts as an editor uses them, over HTTP: the envelope, the moves, the list, parallel clients."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.served import Api, Reply, served

SEED_KEYS = {
    *("agentId", "baseRevision", "version", "historyCursor", "canUndo", "canRedo"),
    *("updatedAt", "headData", "history"),
}


def flow(*types: str, **members: Any) -> dict[str, Any]:
    steps = [{"id": f"s{number}", "type": kind} for number, kind in enumerate(types)]
    edges = [{"source": f"s{number}", "target": f"s{number + 1}"} for number in range(len(types) - 1)]
    return {"flow": {"steps": steps, "edges": edges, **members}}


def test_the_envelope_has_the_documented_keys_and_types(api: Api, agent: str) -> None:
    reply = api.call("PUT", f"{agent}/revisions/12/draft", {"comment": "a"})

    body = reply.json
    assert body.keys() == SEED_KEYS | {"issues", "issuesTotal", "publishable"}
    assert (body["agentId"], body["baseRevision"]) == (agent.rsplit("/", 1)[1], 12)
    (entry,) = body["history"]
    assert entry.keys() == {
        *("seqNo", "contentHash", "pinned", "label", "createdAt"),
        *("createdBy", "actor", "operation", "proposedBy"),
    }
    assert (entry["seqNo"], entry["pinned"], entry["label"], entry["createdAt"]) == (1, False, None, body["updatedAt"])
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"


def test_what_is_saved_comes_back_equal_as_json_values(api: Api, draft: str) -> None:
    payload = {
        "comment": '“ünï” \u0000 \U0001f600 \\ " \n 漢字',
        "flow": {"steps": [{"id": "a", "type": "AGENT", "anything": {"deep": [1, -2.5, 1e-9, 10**299, None, True]}}]},
        "integrationBindings": {"slack": None},
        "slots": None,
    }

    api.call("PUT", draft, payload)

    assert api.call("GET", draft).json["headData"] == payload


def test_one_content_in_another_spelling_is_the_same_content(api: Api, draft: str) -> None:
    api.call("PUT", draft, b'{"flow":{"steps":[{"id":"a","x":1.0,"y":100}]},"comment":"a"}')

    same = api.call("PUT", draft, b' {"comment": "\\u0061", "flow": {"steps": [{"y": 1e2, "x": 1, "id": "a"}]}}')

    assert (same.status, same.json["version"]) == (200, 1)


def test_undo_redo_and_reset_walk_the_history(api: Api, draft: str) -> None:
    for number, text in enumerate("abc"):
        api.call("PUT", draft, {"comment": text}, if_match=str(number))

    undone = api.call("POST", f"{draft}:undo", {}, if_match="3")
    redone = api.call("POST", f"{draft}:redo", None, if_match="4")
    reset = api.call("POST", f"{draft}:reset", {}, if_match="5")
    end = api.call("POST", f"{draft}:redo", {}, if_match="6")

    seen = [(one.json["version"], one.json["historyCursor"], one.json["headData"]) for one in (undone, redone, reset)]
    assert seen == [(4, 2, {"comment": "b"}), (5, 3, {"comment": "c"}), (6, 6, {"comment": "a"})]
    assert [one.json["canRedo"] for one in (undone, redone, reset)] == [True, False, False]
    assert (end.status, end.code, end.json["currentVersion"]) == (422, "nothing_to_redo", 6)
    assert [entry["seqNo"] for entry in reset.json["history"]] == [6, 3, 2, 1]


def test_undo_at_the_first_content_is_422_with_the_version(api: Api, draft: str) -> None:
    api.call("PUT", draft, {})

    reply = api.call("POST", f"{draft}:undo", {}, if_match="1")

    assert (reply.status, reply.code, reply.json["currentVersion"]) == (422, "nothing_to_undo", 1)


def test_history_is_bounded_to_20_content_entries(api: Api, draft: str) -> None:
    for number in range(23):
        reply = api.call("PUT", draft, {"comment": str(number)}, if_match=str(number))

    assert [entry["seqNo"] for entry in reply.json["history"]] == list(range(23, 3, -1))


def test_work_in_progress_is_saved_with_its_issues(api: Api, draft: str) -> None:
    broken = api.call("PUT", draft, flow("ENTRY_POINT", "AGENT", "NOVEL"))
    mended = api.call("PUT", draft, flow("ENTRY_POINT", "AGENT", "EXIT_POINT"), if_match="1")

    found = {(issue["code"], issue["pointer"]) for issue in broken.json["issues"]}
    assert found == {("no_exit_point", "/flow"), ("unknown_step_type", "/flow/steps/2/type")}
    assert (broken.json["publishable"], mended.json["publishable"], mended.json["issues"]) == (False, True, [])


def test_an_approval_by_an_undeclared_slot_is_refused_with_its_pointer_and_nothing_is_stored(
    api: Api, draft: str
) -> None:
    tools = [{"name": "refund", "humanApproval": {"slotName": "boss"}}]
    payload = {"flow": {"steps": [{"id": "a", "type": "AGENT", "tools": tools}]}, "slots": [{"name": "clerk"}]}

    refused = api.call("PUT", draft, payload)
    accepted = api.call("PUT", draft, payload | {"slots": [{"name": "boss"}]})

    assert (refused.status, refused.code) == (422, "invalid_fields")
    (problem,) = refused.json["errors"]
    pointer = "/flow/steps/0/tools/0/humanApproval/slotName"
    assert (problem["pointer"], problem["code"]) == (pointer, "unknown_slot")
    assert (accepted.status, accepted.json["version"]) == (200, 1)


def test_the_list_shows_the_callers_drafts_of_the_agent_page_by_page(api: Api, agent: str) -> None:
    for revision in range(5):
        api.call("PUT", f"{agent}/revisions/{revision}/draft", {"comment": str(revision)})
    api.call("DELETE", f"{agent}/revisions/2/draft")

    first = api.call("GET", f"{agent}/drafts?limit=3")
    target = first.headers["link"].removeprefix("<").split(">", 1)[0]
    rest = api.call("GET", target)

    assert first.headers["link"].endswith('; rel="next"')
    assert [one["baseRevision"] for one in first.json + rest.json] == [4, 3, 1, 0]
    assert first.json[0].keys() == {"agentId", "baseRevision", "version", "updatedAt"}
    assert "link" not in rest.headers


def test_16_savers_with_one_version_have_one_winner_whose_content_the_others_see(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "base"})
    start = threading.Barrier(16)

    def put(number: int) -> Reply:
        start.wait()
        return api.call("PUT", draft, {"comment": f"saver {number}"}, if_match="1")

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(put, range(16)))

    (winner,) = [reply for reply in replies if reply.status == 200]
    losers = [reply for reply in replies if reply.status == 409]
    assert len(losers) == 15
    assert all(reply.json["headData"] == winner.json["headData"] for reply in losers)
    assert api.call("GET", draft).json["version"] == 2


def test_parallel_clients_on_drafts_of_their_own_never_see_each_others_answers(api: Api, agent: str) -> None:
    def edit(number: int) -> bool:
        path = f"{agent}/revisions/{number}/draft"
        replies = [api.call("PUT", path, {"comment": f"{number}.{v}"}, if_match=str(v)) for v in range(5)]
        return all(
            reply.json["headData"]["comment"] == f"{number}.{v}" and reply.json["baseRevision"] == number
            for v, reply in enumerate(replies)
        )

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(edit, range(12)))


def test_ctrl_c_ends_the_server_cleanly_and_the_log_holds_no_content() -> None:
    with served() as api:
        api.call("PUT", "/v1/tenants/acme/agents/a/revisions/1/draft", {"comment": "a very private sentence"})

    assert api.process.returncode == 0
    output = "".join(api.output)
    assert "Traceback" not in output
    assert '"operation":"save"' in output
    assert "private" not in output
