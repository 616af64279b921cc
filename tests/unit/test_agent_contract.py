"""The agent payload: wrong types and unknown slots are refused with pointers, unfinished work is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from agent_draft.contract import check, review
from agent_draft.payload import PAYLOAD
from draftkeep.canonical import canonicalise
from draftkeep.errors import InvalidFields
from tests.unit.builders import given_up_after, json_objects

# The payload of the published example, with the members that a step may have.
SEED: dict[str, Any] = {
    "comment": "string",
    "subAgents": [
        {
            "id": "string",
            "slug": "string",
            "integrationId": "sub_agent",
            "agentId": "string",
            "displayName": "string",
            "description": "string",
            "toolType": "AGENT_TOOL",
            "actionType": "READ_ONLY",
            "resultType": "STRING",
            "authSettings": {"supportsOAuth": True, "oAuth": []},
            "flow": {"steps": [{"id": "s", "humanApproval": {"slotName": "lead"}}], "edges": []},
            "parametersMetadata": [],
            "avatarFileId": "string",
        }
    ],
    "flow": {
        "steps": [
            {
                "identifier": "s1",
                "id": "1",
                "type": "AGENT",
                "name": "First",
                "humanApproval": {"slotName": "lead"},
                "tools": [{"id": "t", "name": "T", "humanApproval": {"slotName": "lead"}}],
                "provider": {
                    "builtInTools": [{"id": "b", "name": "B", "humanApproval": {"slotName": "lead"}}],
                },
            }
        ],
        "edges": [{"source": "s1", "target": "s1"}],
    },
    "integrationSlots": [
        {
            "id": "00000000-0000-0000-0000-000000000000",
            "integrationId": "string",
            "displayName": "string",
            "tenantConfigId": "00000000-0000-0000-0000-000000000000",
        }
    ],
    "integrationBindings": {"crm": "00000000-0000-0000-0000-000000000000"},
    "assets": [{"id": "string"}],
    "slots": [{"name": "lead", "displayName": "string", "requiredKind": "UNSPECIFIED"}],
}

OBJECT, LIST, TEXT, FLAG = "object", "list", "text", "flag"

SLOT_MEMBERS = ("id", "integrationId", "displayName", "tenantConfigId")
# Every member with a known type, as the path to it in SEED.
TYPED: list[tuple[tuple[str | int, ...], str]] = [
    (("comment",), TEXT),
    (("subAgents",), LIST),
    (("subAgents", 0), OBJECT),
    *[
        (("subAgents", 0, name), TEXT)
        for name in (
            "id",
            "slug",
            "integrationId",
            "agentId",
            "displayName",
            "description",
            "toolType",
            "actionType",
            "resultType",
            "avatarFileId",
        )
    ],
    (("subAgents", 0, "authSettings"), OBJECT),
    (("subAgents", 0, "authSettings", "supportsOAuth"), FLAG),
    (("subAgents", 0, "authSettings", "oAuth"), LIST),
    (("subAgents", 0, "parametersMetadata"), LIST),
    (("subAgents", 0, "flow"), OBJECT),
    (("subAgents", 0, "flow", "steps"), LIST),
    (("subAgents", 0, "flow", "steps", 0), OBJECT),
    (("subAgents", 0, "flow", "steps", 0, "humanApproval", "slotName"), TEXT),
    (("subAgents", 0, "flow", "edges"), LIST),
    (("flow",), OBJECT),
    (("flow", "steps"), LIST),
    (("flow", "steps", 0), OBJECT),
    *[(("flow", "steps", 0, name), TEXT) for name in ("identifier", "id", "type", "name")],
    (("flow", "steps", 0, "humanApproval"), OBJECT),
    (("flow", "steps", 0, "humanApproval", "slotName"), TEXT),
    (("flow", "steps", 0, "tools"), LIST),
    (("flow", "steps", 0, "tools", 0), OBJECT),
    (("flow", "steps", 0, "tools", 0, "id"), TEXT),
    (("flow", "steps", 0, "tools", 0, "name"), TEXT),
    (("flow", "steps", 0, "tools", 0, "humanApproval"), OBJECT),
    (("flow", "steps", 0, "tools", 0, "humanApproval", "slotName"), TEXT),
    (("flow", "steps", 0, "provider"), OBJECT),
    (("flow", "steps", 0, "provider", "builtInTools"), LIST),
    (("flow", "steps", 0, "provider", "builtInTools", 0), OBJECT),
    (("flow", "steps", 0, "provider", "builtInTools", 0, "name"), TEXT),
    (("flow", "steps", 0, "provider", "builtInTools", 0, "humanApproval"), OBJECT),
    (("flow", "steps", 0, "provider", "builtInTools", 0, "humanApproval", "slotName"), TEXT),
    (("flow", "edges"), LIST),
    (("flow", "edges", 0), OBJECT),
    (("flow", "edges", 0, "source"), TEXT),
    (("flow", "edges", 0, "target"), TEXT),
    (("integrationSlots",), LIST),
    (("integrationSlots", 0), OBJECT),
    *[(("integrationSlots", 0, name), TEXT) for name in SLOT_MEMBERS],
    (("integrationBindings",), OBJECT),
    (("integrationBindings", "crm"), TEXT),
    (("assets",), LIST),
    (("assets", 0), OBJECT),
    (("assets", 0, "id"), TEXT),
    (("slots",), LIST),
    (("slots", 0), OBJECT),
    *[(("slots", 0, name), TEXT) for name in ("name", "displayName", "requiredKind")],
]

SAMPLES: dict[str, list[Any]] = {
    OBJECT: [{}],
    LIST: [[]],
    TEXT: ["lead"],
    FLAG: [True],
    "number": [0, 1, 1.5],
}

GATES: list[tuple[str | int, ...]] = [path for path, _ in TYPED if path[-1] == "slotName"]


def _with(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The seed's payload with another value at one place."""
    payload: Any = copy.deepcopy(SEED)
    holder = payload
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    result: dict[str, Any] = payload
    return result


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join(f"/{part}" for part in path)


def _refused(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """The places and codes with which a payload is refused."""
    with pytest.raises(InvalidFields) as refusal:
        check(payload)
    assert refusal.value.total >= len(refusal.value.problems)
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


# ----------------------------------------------------------------------------------------------------- shapes


@pytest.mark.parametrize("payload", [{}, SEED, dict.fromkeys(SEED)], ids=["empty", "seed", "nulls"])
def test_a_payload_of_the_published_shape_passes(payload: dict[str, Any]) -> None:
    check(payload)


def test_checking_changes_nothing_in_the_payload() -> None:
    payload = copy.deepcopy(SEED)

    check(payload)

    assert payload == SEED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(path, value, id=f"{_pointer(path)}={value!r}")
        for path, expected in TYPED
        for kind, values in SAMPLES.items()
        if kind != expected
        for value in values
    ],
)
def test_a_known_member_of_a_wrong_type_is_refused_with_its_pointer(
    path: tuple[str | int, ...],
    value: object,
) -> None:
    assert _refused(_with(path, value)) == [(_pointer(path), "wrong_type")]


@pytest.mark.parametrize("path", [path for path, _ in TYPED if not isinstance(path[-1], int)], ids=_pointer)
def test_a_known_member_may_be_null(path: tuple[str | int, ...]) -> None:
    check(_with(path, None) | {"slots": [{"name": "lead"}]})


@pytest.mark.parametrize("path", [path for path, _ in TYPED if isinstance(path[-1], int)], ids=_pointer)
def test_a_listed_item_may_not_be_null(path: tuple[str | int, ...]) -> None:
    assert _refused(_with(path, None)) == [(_pointer(path), "wrong_type")]


@pytest.mark.parametrize("key", ["x", "Flow", "", "a/b", "headData", "version"])
def test_an_unknown_top_level_key_is_refused_with_its_pointer(key: str) -> None:
    assert _refused(SEED | {key: None}) == [(f"/{key.replace('/', '~1')}", "unknown_field")]


def test_the_top_level_keys_are_the_published_ones() -> None:
    assert PAYLOAD.members.keys() == set(SEED)


@pytest.mark.parametrize(
    "path",
    [path for path, kind in TYPED if kind == OBJECT and path != ("integrationBindings",)],
    ids=_pointer,
)
def test_an_unknown_key_further_in_passes_with_whatever_it_holds(path: tuple[str | int, ...]) -> None:
    for value in (None, 1, "x", [1, [2]], {"slotName": 7, "type": 8}):
        check(_with((*path, "unknown"), value))


@given(json_objects())
def test_any_object_passes_as_an_unknown_member_of_a_step(value: dict[str, Any]) -> None:
    check({"flow": {"steps": [{"identifier": "s", "parameters": value}]}})


def test_a_wrong_type_behind_a_key_with_separators_is_escaped_in_its_pointer() -> None:
    assert _refused({"integrationBindings": {"a/b~c": 1}}) == [("/integrationBindings/a~1b~0c", "wrong_type")]


def test_several_wrong_members_are_named_together() -> None:
    refused = _refused({"comment": 1, "assets": {}, "flow": {"steps": 1, "edges": 2}})

    assert sorted(refused) == [
        ("/assets", "wrong_type"),
        ("/comment", "wrong_type"),
        ("/flow/edges", "wrong_type"),
        ("/flow/steps", "wrong_type"),
    ]


# ------------------------------------------------------------------------------------------------------ slots


@pytest.mark.parametrize("path", GATES, ids=_pointer)
def test_an_approval_that_names_no_declared_slot_is_refused_at_each_place(
    path: tuple[str | int, ...],
) -> None:
    assert _refused(_with(path, "nobody")) == [(_pointer(path), "unknown_slot")]


@pytest.mark.parametrize("path", GATES, ids=_pointer)
@pytest.mark.parametrize("name", ["", "Lead", "lead ", " lead", "l\u0435ad"])
def test_a_slot_is_named_exactly(path: tuple[str | int, ...], name: str) -> None:
    assert _refused(_with(path, name)) == [(_pointer(path), "unknown_slot")]


@pytest.mark.parametrize("slots", [None, [], [{}], [{"name": None}], [{"displayName": "lead"}]])
def test_without_a_declared_slot_every_approval_is_refused(slots: object) -> None:
    refused = _refused(SEED | {"slots": slots})

    assert sorted(refused) == sorted((_pointer(path), "unknown_slot") for path in GATES)


def test_an_approval_deeper_inside_a_step_is_judged_too() -> None:
    step = {"identifier": "s", "branches": [{"then": {"humanApproval": {"slotName": "nobody"}}}]}

    assert _refused({"flow": {"steps": [step]}}) == [
        ("/flow/steps/0/branches/0/then/humanApproval/slotName", "unknown_slot")
    ]


def test_a_slot_name_of_another_type_inside_an_unknown_key_passes() -> None:
    schema = {"properties": {"humanApproval": {"slotName": {"type": "string"}}}}

    check({"flow": {"steps": [{"id": "a", "parameters": schema}]}})


def test_an_unknown_slot_with_a_long_name_is_quoted_in_part() -> None:
    with pytest.raises(InvalidFields) as refusal:
        check({"flow": {"steps": [{"humanApproval": {"slotName": "n" * 100_000}}]}})

    assert len(refusal.value.problems[0].message) < 200


# ----------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("payload", "total"),
    [
        pytest.param(
            {"flow": {"steps": [{"humanApproval": {"slotName": "x"}}] * 100_000}},
            100_000,
            id="approvals",
        ),
        pytest.param({"integrationBindings": {str(n): 1 for n in range(100_000)}}, 100_000, id="bindings"),
        pytest.param({str(n): 1 for n in range(100_000)}, 100_000, id="top-level keys"),
    ],
)
def test_100_000_bad_places_are_counted_and_100_of_them_named(payload: dict[str, Any], total: int) -> None:
    with given_up_after(10.0), pytest.raises(InvalidFields) as refusal:
        check(payload)

    assert len(refusal.value.problems) == 100
    assert refusal.value.total == total


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"slots": [1] * 100_000}, id="slots"),
        pytest.param({"assets": [None] * 100_000}, id="assets"),
        pytest.param({"integrationSlots": [{"id": 1}] * 100_000}, id="integration slots"),
        pytest.param({"flow": {"steps": [{"name": 1}] * 100_000}}, id="steps"),
        pytest.param({"flow": {"edges": [[]] * 100_000}}, id="edges"),
        pytest.param({"flow": {"steps": [{"tools": [1] * 100_000}]}}, id="tools"),
        pytest.param(
            {"flow": {"steps": [{"provider": {"builtInTools": [1] * 100_000}}]}},
            id="built-in tools",
        ),
        pytest.param({"subAgents": [{"flow": {"steps": [1] * 100}}] * 1000}, id="sub-agents"),
    ],
)
def test_100_000_bad_items_are_refused_in_a_short_list_and_in_time(payload: dict[str, Any]) -> None:
    with given_up_after(5.0), pytest.raises(InvalidFields) as refusal:
        check(payload)

    assert 1 <= len(refusal.value.problems) <= 100


def test_everything_wrong_at_once_is_still_a_short_list() -> None:
    step = {
        "identifier": 1,
        "id": 1,
        "type": 1,
        "name": 1,
        "tools": [{"id": 1, "name": 1, "humanApproval": 1}] * 50,
    }
    agent = dict.fromkeys(SEED["subAgents"][0], 1) | {"flow": {"steps": [step] * 50, "edges": [1] * 50}}
    payload = {
        "comment": 1,
        "subAgents": [agent] * 50,
        "flow": {
            "steps": [step | {"provider": {"builtInTools": [step]}}] * 50,
            "edges": [{"source": 1}] * 50,
        },
        "integrationSlots": [dict.fromkeys(SEED["integrationSlots"][0], 1)] * 50,
        "integrationBindings": 1,
        "assets": [{"id": 1}] * 50,
        "slots": [dict.fromkeys(SEED["slots"][0], 1)] * 50,
    }

    refused = _refused(payload)

    assert 7 <= len(refused) <= 100
    assert {code for _, code in refused} == {"wrong_type"}


# ----------------------------------------------------------------------------------------------------- review


def test_a_content_without_issues_is_publishable() -> None:
    content = canonicalise(
        {
            "flow": {
                "steps": [{"id": "in", "type": "ENTRY_POINT"}, {"id": "out", "type": "EXIT_POINT"}],
                "edges": [{"source": "in", "target": "out"}],
            }
        }
    )

    assert review(content.text) == {"issues": [], "issuesTotal": 0, "publishable": True}


def test_issues_are_told_with_pointer_code_and_message() -> None:
    reviewed = review(canonicalise({"flow": {"steps": [{"id": "in", "type": "ENTRY_POINT"}]}}).text)

    assert reviewed == {
        "issues": [
            {"pointer": "/flow", "code": "no_exit_point", "message": "The flow has no EXIT_POINT step."},
        ],
        "issuesTotal": 1,
        "publishable": False,
    }


def test_what_passes_the_check_can_always_be_reviewed() -> None:
    for path, _ in TYPED:
        payload = _with(path, None)
        if isinstance(path[-1], int):
            continue
        payload |= {"slots": [{"name": "lead"}]}
        check(payload)

        assert review(canonicalise(payload).text).keys() == {"issues", "issuesTotal", "publishable"}


def test_at_most_100_issues_are_told_and_the_draft_is_not_publishable() -> None:
    reviewed = review(canonicalise({"flow": {"edges": [{}] * 5000}}).text)

    assert len(reviewed["issues"]) == 100
    assert reviewed["publishable"] is False
