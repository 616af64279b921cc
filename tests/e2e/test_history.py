"""The history over HTTP: list, read, pin and label, restore, compare and merge, for agents and for forms."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from local.settings import DEFAULT_JWT_SECRET
from local.token import mint_token
from tests.served import Api, Reply

LONG = 100_000


def as_user(user: str, tenant: str = "acme") -> dict[str, str]:
    return {"authorization": f"Bearer {mint_token(DEFAULT_JWT_SECRET, tenant=tenant, user=user)}"}


@dataclass
class Subject:
    """A draft of one kind, new for each test, and how its kind spells things.

    path: of the draft; the moves follow after `separator`
    """

    api: Api
    path: str
    separator: str
    content: str
    seq_no: str
    draft_id: str | None = None

    def save(self, text: str) -> Any:
        """Save a content of which `text` is one member, whatever is there."""
        if self.separator == ":":
            existing = self.api.call("GET", self.path)
            headers = {"if_match": "*"} if existing.status == 200 else {}
            return _answered(self.api.call("PUT", self.path, {"comment": text}, **headers))
        body = {"name": text} | ({"draft_id": self.draft_id} if self.draft_id else {})
        saved = _answered(self.api.call("POST", "/persona/draft", body))
        if self.draft_id is None:
            self.draft_id, self.path = saved["draft_id"], f"{self.path}/{saved['draft_id']}"
        return saved

    def save_all(self, texts: str) -> None:
        for text in texts:
            self.save(text)

    def text_of(self, shown: dict[str, Any]) -> Any:
        return shown[self.content].get("comment" if self.separator == ":" else "name")

    def spelled(self, name: str) -> str:
        return name if self.separator == ":" else "".join(f"_{one.lower()}" if one.isupper() else one for one in name)

    def history(self, query: str = "", **headers: str) -> Reply:
        return self.api.call("GET", f"{self.path}/history{query}", **headers)

    def entry(self, seq_no: object, **headers: str) -> Reply:
        return self.api.call("GET", f"{self.path}/history/{seq_no}", **headers)

    def annotate(self, seq_no: object, body: Any, **headers: str) -> Reply:
        return self.api.call("PATCH", f"{self.path}/history/{seq_no}", body, **headers)

    def move(self, name: str, body: Any = None, **headers: str) -> Reply:
        return self.api.call("POST", f"{self.path}{self.separator}{name}", body, **headers)

    def restore(self, seq_no: object, **headers: str) -> Reply:
        return self.move("restore", {self.seq_no: seq_no}, **headers)

    def diff(self, query: str = "?from=1", **headers: str) -> Reply:
        return self.api.call("GET", f"{self.path}{self.separator}diff{query}", **headers)

    def numbers(self, query: str = "") -> list[int]:
        return [one[self.seq_no] for one in _answered(self.history(query))["entries"]]


def _answered(reply: Reply) -> Any:
    assert reply.status == 200, reply.body[:500]
    return reply.json


def _refused(reply: Reply) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json"
    return reply.status, reply.code


@pytest.fixture(params=["agent", "persona"])
def subject(request: pytest.FixtureRequest, api: Api, draft: str) -> Subject:
    """A draft of an agent, and one form, that are yet to be saved."""
    if request.param == "agent":
        return Subject(api, draft, ":", "headData", "seqNo")
    return Subject(api, "/persona/draft", "/", "form_state", "seq_no")


# --------------------------------------------------------------------------------------------------------- list


def test_the_history_lists_content_entries_newest_first_and_says_which_is_current(subject: Subject) -> None:
    subject.save_all("abc")
    subject.move("undo", if_match="3")

    listed = _answered(subject.history())

    assert listed.keys() == {"entries", "next"}
    assert listed["next"] is None
    members = [
        *("seqNo", "contentHash", "pinned", "label", "createdAt", "createdBy", "actor", "operation", "proposedBy"),
        *("sizeBytes", "parent", "branch", "current"),
    ]
    newest, current, first = listed["entries"]
    assert list(newest) == [subject.spelled(name) for name in members]
    assert [one[subject.seq_no] for one in (newest, current, first)] == [3, 2, 1]
    assert [one["current"] for one in (newest, current, first)] == [False, True, False]
    assert [one["parent"] for one in (newest, current, first)] == [2, 1, None]
    assert [one["branch"] for one in (newest, current, first)] == [1, 1, 1]
    assert (newest["pinned"], newest["label"], newest["operation"]) == (False, None, "save")
    assert newest[subject.spelled("createdBy")] == "dev"
    assert newest[subject.spelled("sizeBytes")] > 0


def test_the_history_is_walked_page_by_page(subject: Subject) -> None:
    subject.save_all("abcde")

    first = _answered(subject.history("?limit=2"))
    second = _answered(subject.history(f"?limit=2&before={first['next']}"))
    third = _answered(subject.history(f"?limit=2&before={second['next']}"))

    pages = [[one[subject.seq_no] for one in page["entries"]] for page in (first, second, third)]
    assert pages == [[5, 4], [3, 2], [1]]
    assert third["next"] is None
    assert subject.numbers("?limit=1000") == [5, 4, 3, 2, 1]
    assert subject.numbers("?before=1") == []


def test_the_history_tells_what_was_current_at_a_time(subject: Subject) -> None:
    subject.save_all("abc")
    times = {one[subject.seq_no]: one[subject.spelled("createdAt")] for one in _answered(subject.history())["entries"]}

    assert subject.numbers(f"?at={times[1] - 1}") == []
    assert subject.numbers(f"?at={times[3]}") == [3]
    assert subject.numbers("?at=999999999999999") == [3]
    assert _answered(subject.history(f"?at={times[1]}"))["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        *("?limit=0", "?limit=", "?limit=x", "?limit=-1", "?before=2&at=1", "?before=1000000000000000"),
        *(
            "?before=",
            "?before=x",
            "?before=1.5",
            "?before=-1",
            "?before=01",
            "?at=",
            "?at=now",
            "?at=-1",
            "?at=%D9%A1",
        ),
    ],
)
def test_an_unreadable_query_of_the_history_is_400(subject: Subject, query: str) -> None:
    subject.save("a")

    assert _refused(subject.history(query)) == (400, "malformed_query")


# --------------------------------------------------------------------------------------------------------- read


def test_one_content_is_read_with_its_entry(subject: Subject) -> None:
    subject.save_all("ab")
    listed = _answered(subject.history())["entries"]

    read = _answered(subject.entry(1))

    assert subject.text_of(read) == "a"
    beside = {name: value for name, value in read.items() if name != subject.content}
    assert beside == {name: listed[1][name] for name in beside}
    assert {subject.seq_no, subject.spelled("contentHash"), subject.spelled("createdAt")} <= beside.keys()


def test_the_hash_of_an_agents_entry_is_that_of_its_content(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"slots": [], "comment": "é"})

    read = api.call("GET", f"{draft}/history/1").json

    text = json.dumps(read["headData"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert read["contentHash"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("number", ["0", "3", "4", "01", "x", "-1", "1.0", "1000000000000000", "%D9%A1"])
def test_what_is_no_content_entry_is_404(subject: Subject, number: str) -> None:
    subject.save_all("ab")
    subject.move("undo", if_match="2")

    assert _refused(subject.entry(number)) == (404, "not_found")
    assert _refused(subject.annotate(number, {"pinned": True})) == (404, "not_found")


# ------------------------------------------------------------------------------------------------- pin and label


def test_a_pin_and_a_label_show_everywhere_and_make_no_version(subject: Subject) -> None:
    subject.save_all("ab")
    listed = _answered(subject.history())["entries"]

    pinned = subject.annotate(1, {"pinned": True})
    labelled = subject.annotate(1, {"label": "before the rewrite"})

    both = {"pinned": True, "label": "before the rewrite"}
    assert _answered(pinned) == listed[1] | {"pinned": True}
    assert _answered(labelled) == listed[1] | both
    assert "etag" not in labelled.headers
    state = _answered(subject.api.call("GET", subject.path))
    assert (state["version"], state["history"][1]["pinned"], state["history"][1]["label"]) == (2, *both.values())
    assert _answered(subject.entry(1)).items() >= both.items()


def test_a_label_is_taken_away_by_null_or_nothing(subject: Subject) -> None:
    subject.save("a")
    bodies: tuple[Any, ...] = (
        {"label": "x"},
        {"label": None},
        {"label": "y"},
        {"label": ""},
        {"label": "z", "pinned": None},
        {},
    )

    labels = [_answered(subject.annotate(1, body))["label"] for body in bodies]

    assert labels == ["x", None, "y", None, "z", "z"]
    assert _answered(subject.annotate(1, None))["label"] == "z"


def test_a_label_has_up_to_120_characters_of_any_script(subject: Subject) -> None:
    subject.save("a")

    for label in ("x" * 120, "漢" * 120, "\U0001f600" * 120):
        assert _answered(subject.annotate(1, {"label": label}))["label"] == label
    too_long = subject.annotate(1, {"label": "x" * 121})

    assert _refused(too_long) == (422, "invalid_fields")
    assert [(one["pointer"], one["code"]) for one in too_long.json["errors"]] == [("/label", "text_too_long")]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"pinned": 1}, [("/pinned", "wrong_type")]),
        ({"pinned": "true"}, [("/pinned", "wrong_type")]),
        ({"label": 1, "pinned": []}, [("/pinned", "wrong_type"), ("/label", "wrong_type")]),
        ({"pinned": True, "colour": "red"}, [("/colour", "unknown_field")]),
    ],
)
def test_a_wrong_annotation_is_422_and_changes_nothing(
    subject: Subject, body: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    subject.save("a")
    before = _answered(subject.history())

    refused = subject.annotate(1, body)

    assert _refused(refused) == (422, "invalid_fields")
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == errors
    assert _answered(subject.history()) == before


def test_a_body_that_is_no_object_is_400(subject: Subject) -> None:
    subject.save("a")

    assert _refused(subject.annotate(1, b"[]")) == (400, "malformed_json")
    assert _refused(subject.move("restore", b"{", if_match="1")) == (400, "malformed_json")


def test_an_annotation_with_an_operation_key_is_answered_again(subject: Subject) -> None:
    subject.save("a")
    key = str(uuid.uuid4())

    first = subject.annotate(1, {"pinned": True}, idempotency_key=key)
    again = subject.annotate(1, {"pinned": True, subject.spelled("idempotencyKey"): key})
    other = subject.annotate(1, {"pinned": False}, idempotency_key=key)

    assert _answered(first) == _answered(again)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert _refused(other) == (422, "operation_key_reused")


# ------------------------------------------------------------------------------------------------------ restore


def test_a_content_of_an_abandoned_branch_is_restored(subject: Subject) -> None:
    subject.save_all("ab")
    subject.move("undo", if_match="2")
    subject.save("c")

    restored = subject.restore(2, if_match="4")

    body = _answered(restored)
    assert (body["version"], body[subject.spelled("historyCursor")], subject.text_of(body)) == (5, 5, "b")
    assert (body[subject.spelled("canUndo")], body[subject.spelled("canRedo")]) == (True, False)
    assert body["history"][0]["operation"] == "restore"
    assert restored.headers["etag"] == '"5"'
    assert _answered(subject.api.call("GET", subject.path))["version"] == 5
    assert subject.text_of(_answered(subject.move("undo", if_match="5"))) == "c"


def test_the_retry_of_a_restore_changes_nothing(subject: Subject) -> None:
    subject.save_all("ab")
    first = subject.restore(1, if_match="2")

    again = subject.restore(1, if_match="2")

    assert _answered(again) == _answered(first)
    assert "idempotency-replayed" not in again.headers


def test_a_restore_must_say_which_version_it_saw(subject: Subject) -> None:
    subject.save_all("ab")

    silent = subject.restore(1)
    stale = subject.restore(1, if_match="1")
    exact = subject.restore(1, if_none_match="*")

    assert (_refused(silent), silent.json[subject.spelled("currentVersion")]) == ((428, "precondition_required"), 2)
    assert _refused(exact) == (428, "precondition_required")
    assert (_refused(stale), stale.headers["etag"]) == ((409, "version_conflict"), '"2"')
    assert subject.text_of(stale.json) == "b"


def test_a_restore_with_an_operation_key_needs_no_version_and_is_done_once(subject: Subject) -> None:
    subject.save_all("ab")
    key = str(uuid.uuid4())

    first = subject.restore(1, idempotency_key=key)
    subject.save("c")
    again = subject.restore(1, idempotency_key=key)

    assert _answered(again) == _answered(first)
    assert (again.headers["idempotency-replayed"], again.headers["etag"]) == ("true", '"3"')
    assert _answered(subject.api.call("GET", subject.path))["version"] == 4


@pytest.mark.parametrize("number", [3, 4, 10**300 - 1], ids=["a move", "a future one", "300 digits"])
def test_a_number_of_no_content_entry_cannot_be_restored(subject: Subject, number: int) -> None:
    subject.save_all("ab")
    subject.move("undo", if_match="2")

    assert _refused(subject.restore(number, if_match="3")) == (422, "unknown_entry")


@pytest.mark.parametrize("number", [0, -1, "1", 1.5, True, None, [1]])
def test_a_restore_of_what_is_no_number_is_422(subject: Subject, number: object) -> None:
    subject.save_all("ab")

    refused = subject.restore(number, if_match="2")

    assert _refused(refused) == (422, "invalid_fields")
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [(f"/{subject.seq_no}", "wrong_type")]
    assert _refused(subject.move("restore", {}, if_match="2")) == (422, "invalid_fields")


# --------------------------------------------------------------------------------------------------------- diff


def test_two_versions_are_compared(subject: Subject) -> None:
    subject.save_all("ab")
    member = "comment" if subject.separator == ":" else "name"

    there, back, newest = (_answered(subject.diff(query)) for query in ("?from=1&to=2", "?from=2&to=1", "?from=1"))
    same = _answered(subject.diff("?from=2&to=2"))

    shown = [one for one in there["changes"] if one["pointer"] == f"/{member}"]
    assert shown == [{"op": "replace", "pointer": f"/{member}", "from": "a", "to": "b"}]
    assert (there["from"], there["to"], there["total"]) == (1, 2, len(there["changes"]))
    assert newest == there
    assert [one["op"] for one in back["changes"]] == ["replace"] * len(there["changes"])
    assert same == {"from": 2, "to": 2, "changes": [], "total": 0}


def test_a_moves_version_stands_for_what_it_made_current(subject: Subject) -> None:
    subject.save_all("ab")
    subject.move("undo", if_match="2")

    assert _answered(subject.diff("?from=1&to=3"))["total"] == 0
    assert _answered(subject.diff("?from=3&to=2"))["changes"] == _answered(subject.diff("?from=1&to=2"))["changes"]


def test_steps_of_an_agent_are_compared_by_their_ids(api: Api, draft: str) -> None:
    steps = [{"id": one, "prompt": one} for one in "abc"]
    moved = [{"id": "new"}, steps[2] | {"prompt": "edited"}, steps[0]]
    api.call("PUT", draft, {"flow": {"steps": steps, "edges": []}})
    api.call("PUT", draft, {"flow": {"steps": moved}, "slots": None}, if_match="1")

    compared = api.call("GET", f"{draft}:diff?from=1&to=2").json

    assert compared["changes"] == [
        {"op": "remove", "pointer": "/flow/edges", "from": []},
        {"op": "remove", "pointer": "/flow/steps/1", "from": steps[1]},
        {"op": "add", "pointer": "/flow/steps/0", "to": {"id": "new"}},
        *compared["changes"][3:5],
        {"op": "add", "pointer": "/slots", "to": None},
    ]
    ops = [(one["op"], one["pointer"]) for one in compared["changes"][3:5]]
    edit = ("replace", "/flow/steps/1/prompt")
    assert ops in ([("move", "/flow/steps/1"), edit], [edit, ("move", "/flow/steps/2")])
    (move,) = [one for one in compared["changes"] if one["op"] == "move"]
    assert move.keys() == {"op", "pointer", "from"}
    assert move["from"] in ("/flow/steps/2", "/flow/steps/0")
    assert compared["total"] == 6


def test_ids_of_a_form_are_compared_as_sets(api: Api) -> None:
    ids = []
    for name in ("one", "two", "three"):
        made = api.call("POST", "/catalog/departments", {"value": f"{name} {uuid.uuid4().hex}"})
        ids.append(made.json["id"])
    saved = api.call("POST", "/persona/draft", {"department_ids": ids[:2]}).json
    path = f"/persona/draft/{saved['draft_id']}"
    body = {"draft_id": saved["draft_id"], "department_ids": [ids[2], ids[1], ids[0]]}
    api.call("POST", "/persona/draft", body)

    compared = api.call("GET", f"{path}/diff?from=1&to=2").json

    assert compared["changes"] == [{"op": "add", "pointer": "/department_ids/0", "to": ids[2]}]


def test_a_long_value_is_shown_by_hash_and_size(api: Api, draft: str) -> None:
    long = "x" * LONG
    text = f'"{long}"'.encode()
    api.call("PUT", draft, {"comment": "short"})
    api.call("PUT", draft, {"comment": long}, if_match="1")
    form = api.call("POST", "/persona/draft", {"description": long}).json
    api.call("POST", "/persona/draft", {"draft_id": form["draft_id"], "description": "short"})

    agents = api.call("GET", f"{draft}:diff?from=1&to=2").json["changes"]
    forms = api.call("GET", f"/persona/draft/{form['draft_id']}/diff?from=1&to=2").json["changes"]

    digest = hashlib.sha256(text).hexdigest()
    short = {"hash": digest, "sizeBytes": len(text)}
    assert agents == [{"op": "replace", "pointer": "/comment", "from": "short", "to": short}]
    (described,) = [one for one in forms if one["pointer"] == "/description"]
    assert described["from"] == {"hash": digest, "size_bytes": len(text)}


def test_at_most_100_changes_are_listed_with_256_kib_of_values(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "a", "flow": {"steps": []}})
    steps = [{"id": str(number), "prompt": f"{number} " + "x" * 20_000} for number in range(150)]
    api.call("PUT", draft, {"comment": "a", "flow": {"steps": steps}}, if_match="1")

    reply = api.call("GET", f"{draft}:diff?from=1&to=2")

    changes = reply.json["changes"]
    assert (len(changes), reply.json["total"]) == (100, 150)
    whole = [one for one in changes if "prompt" in one["to"]]
    assert len(whole) == 13
    assert changes[:13] == whole
    assert all(one["to"].keys() == {"hash", "sizeBytes"} for one in changes[13:])
    assert len(reply.body) < 300_000


@pytest.mark.parametrize("query", ["", "?to=1", "?from=", "?from=x", "?from=1&to=", "?from=1&to=x", "?from=-1"])
def test_an_unreadable_query_of_a_diff_is_400(subject: Subject, query: str) -> None:
    subject.save_all("ab")

    assert _refused(subject.diff(query)) == (400, "malformed_query")


@pytest.mark.parametrize("query", ["?from=0", "?from=3", "?from=1&to=0", "?from=1&to=3", "?from=999999999999999"])
def test_a_version_that_the_draft_never_had_is_404(subject: Subject, query: str) -> None:
    subject.save_all("ab")

    assert _refused(subject.diff(query)) == (404, "not_found")


# ------------------------------------------------------------------------------------------- somebody else's draft


def test_without_a_draft_every_route_is_404(subject: Subject) -> None:
    if subject.separator == "/":
        subject.path += f"/{uuid.uuid4()}"

    _assert_hidden(subject, {})


def test_after_a_discard_every_route_is_404(subject: Subject) -> None:
    subject.save_all("ab")
    subject.api.call("DELETE", subject.path, if_match="2")

    _assert_hidden(subject, {})


def test_another_users_draft_is_404_on_every_route(subject: Subject) -> None:
    subject.save_all("ab")
    tenant = "acme" if subject.separator == ":" else "local"

    _assert_hidden(subject, as_user("mallory", tenant))
    if subject.separator == ":":
        _assert_hidden(subject, as_user("dev", "other"))

    assert [one["label"] for one in _answered(subject.history())["entries"]] == [None, None]
    assert _answered(subject.api.call("GET", subject.path))["version"] == 2


def _assert_hidden(subject: Subject, headers: dict[str, str]) -> None:
    replies = [
        subject.history(**headers),
        subject.history("?at=1", **headers),
        subject.entry(1, **headers),
        subject.annotate(1, {"label": "mine"}, **headers),
        subject.annotate(1, {"label": "mine"}, idempotency_key=str(uuid.uuid4()), **headers),
        subject.restore(1, if_match="2", **headers),
        subject.restore(1, if_match="*", **headers),
        subject.diff(**headers),
    ]
    assert [_refused(reply) for reply in replies] == [(404, "not_found")] * len(replies)


# ------------------------------------------------------------------------------------------------------- merges


def test_a_stale_save_is_merged_when_the_changes_are_disjoint(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "base"})
    api.call("PUT", draft, {"comment": "theirs"}, if_match="1")

    merged = api.call("PUT", f"{draft}?merge=true", {"comment": "base", "slots": []}, if_match="1")
    plain = api.call("PUT", f"{draft}?merge=true", {"comment": "last", "slots": []}, if_match="3")
    without = api.call("PUT", draft, {"comment": "very last", "slots": []}, if_match="4")

    assert (merged.status, merged.json["merged"], merged.json["version"]) == (200, True, 3)
    assert merged.json["headData"] == {"comment": "theirs", "slots": []}
    assert merged.headers["etag"] == '"3"'
    assert (plain.status, plain.json["merged"], plain.json["version"]) == (200, False, 4)
    assert (without.status, "merged" in without.json) == (200, False)


def test_a_merge_with_an_operation_key_is_answered_again(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "base"})
    api.call("PUT", draft, {"comment": "theirs"}, if_match="1")
    mine, key = {"comment": "base", "slots": []}, str(uuid.uuid4())

    first = api.call("PUT", f"{draft}?merge=true", mine, if_match="1", idempotency_key=key)
    api.call("PUT", draft, {"comment": "later"}, if_match="3")
    again = api.call("PUT", f"{draft}?merge=true", mine, if_match="1", idempotency_key=key)
    unmerged = api.call("PUT", draft, mine, if_match="1", idempotency_key=key)

    assert (first.status, again.status) == (200, 200)
    assert again.json == first.json
    assert (again.json["merged"], again.headers["idempotency-replayed"], again.headers["etag"]) == (True, "true", '"3"')
    assert _refused(unmerged) == (422, "operation_key_reused")


def test_overlapping_changes_are_409_with_all_values(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "base", "slots": [{"name": "a"}]})
    api.call("PUT", draft, {"comment": "theirs"}, if_match="1")

    mine = {"comment": "mine", "slots": [{"name": "a"}], "assets": []}
    refused = api.call("PUT", f"{draft}?merge=true", mine, if_match="1")

    body = refused.json
    assert (_refused(refused), refused.headers["etag"]) == ((409, "merge_conflict"), '"2"')
    assert body["overlaps"] == [{"pointer": "/comment", "base": "base", "current": "theirs", "proposed": "mine"}]
    assert (body["overlapsTotal"], body["baseVersion"], body["currentVersion"]) == (1, 1, 2)
    assert (body["headData"], body["disjoint"], body["operation"]) == ({"comment": "theirs"}, False, "save")
    assert body["changed"] == {"pointers": ["/comment", "/slots"], "total": 2}
    assert api.call("GET", draft).json["version"] == 2


def test_an_overlap_of_a_long_value_is_shown_by_hash_and_size(api: Api, draft: str) -> None:
    api.call("PUT", draft, {"comment": "base"})
    api.call("PUT", draft, {"comment": "x" * LONG}, if_match="1")

    refused = api.call("PUT", f"{draft}?merge=true", {"comment": "mine"}, if_match="1")

    (overlap,) = refused.json["overlaps"]
    assert overlap["current"].keys() == {"hash", "sizeBytes"}
    assert overlap["current"]["sizeBytes"] == LONG + 2


@pytest.mark.parametrize(("mine", "disjoint"), [({"comment": "base", "slots": []}, True), ({"comment": "mine"}, False)])
def test_a_version_conflict_tells_whether_a_merge_would_do(
    api: Api, draft: str, mine: dict[str, Any], disjoint: bool
) -> None:
    api.call("PUT", draft, {"comment": "base"})
    api.call("PUT", draft, {"comment": "theirs"}, if_match="1")

    known = api.call("PUT", draft, mine, if_match="1")
    unknown = api.call("PUT", f"{draft}?merge=true", mine, if_match="7")

    assert (_refused(known), known.json["disjoint"]) == ((409, "version_conflict"), disjoint)
    assert (_refused(unknown), "disjoint" in unknown.json) == ((409, "version_conflict"), False)


def test_merging_still_needs_a_version(api: Api, draft: str) -> None:
    created = api.call("PUT", f"{draft}?merge=true", {"comment": "base"})

    silent = api.call("PUT", f"{draft}?merge=true", {"comment": "mine"})

    assert (created.status, created.json["merged"]) == (200, False)
    assert _refused(silent) == (428, "precondition_required")


def test_a_merge_that_leaves_an_approval_without_its_slot_is_422(api: Api, draft: str) -> None:
    def agent(*slots: str, **step: Any) -> dict[str, Any]:
        return {"slots": [{"name": one} for one in slots], "flow": {"steps": [{"id": "a", **step}]}}

    api.call("PUT", draft, agent("boss", "clerk"))
    api.call("PUT", draft, agent("clerk"), if_match="1")
    mine = agent("boss", "clerk", humanApproval={"slotName": "boss"})

    refused = api.call("PUT", f"{draft}?merge=true", mine, if_match="1")

    assert _refused(refused) == (422, "invalid_fields")
    (problem,) = refused.json["errors"]
    assert (problem["pointer"], problem["code"]) == ("/flow/steps/0/humanApproval/slotName", "unknown_slot")


@pytest.mark.parametrize("query", ["?merge=yes", "?merge=", "?merge=1", "?merge=TRUE"])
def test_a_switch_that_is_neither_true_nor_false_is_400(api: Api, draft: str, query: str) -> None:
    assert _refused(api.call("PUT", draft + query, {})) == (400, "malformed_query")
    assert api.call("GET", draft).status == 204
