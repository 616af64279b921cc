"""What is not right yet in an agent's flow is told as issues, and never a reason to lose work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_draft.flow import MAX_ISSUES, STEP_TYPES, approvals, issues, step_name
from tests.unit.builders import given_up_after

ENTRY = {"identifier": "in", "type": "ENTRY_POINT"}
EXIT = {"identifier": "out", "type": "EXIT_POINT"}
WIRE = {"source": "in", "target": "out"}


def _flow(*steps: dict[str, Any], edges: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A flow with an entry, an exit, and the given steps between them."""
    return {"steps": [ENTRY, *steps, EXIT], "edges": [WIRE] if edges is None else edges}


def _found(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.pointer, issue.code) for issue in issues(payload)[0]]


# ----------------------------------------------------------------------------------------------------- issues


def test_a_flow_with_one_entry_one_exit_and_wired_steps_has_no_issues() -> None:
    steps = [{"identifier": kind, "type": kind} for kind in ("AGENT", "TOOL", "CLAUDE_BOX")]
    edges = [{"source": "in", "target": "AGENT"}, {"source": "AGENT", "target": "out"}]

    assert _found({"flow": _flow(*steps, edges=edges)}) == []


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ({}, [("/flow", "no_entry_point"), ("/flow", "no_exit_point")]),
        ({"flow": None}, [("/flow", "no_entry_point"), ("/flow", "no_exit_point")]),
        ({"flow": {}}, [("/flow", "no_entry_point"), ("/flow", "no_exit_point")]),
        ({"flow": {"steps": None, "edges": None}}, [("/flow", "no_entry_point"), ("/flow", "no_exit_point")]),
        ({"flow": {"steps": [ENTRY]}}, [("/flow", "no_exit_point")]),
        ({"flow": {"steps": [EXIT]}}, [("/flow", "no_entry_point")]),
        ({"flow": _flow({"id": "2", "type": "ENTRY_POINT"})}, [("/flow/steps/1", "several_entry_points")]),
        ({"flow": _flow({"id": "2", "type": "EXIT_POINT"})}, [("/flow/steps/2", "several_exit_points")]),
        (
            {"flow": _flow({"id": "2", "type": "ENTRY_POINT"}, {"id": "3", "type": "ENTRY_POINT"})},
            [("/flow/steps/1", "several_entry_points"), ("/flow/steps/2", "several_entry_points")],
        ),
        ({"flow": _flow({"id": "2", "type": "ROBOT"})}, [("/flow/steps/1/type", "unknown_step_type")]),
        ({"flow": _flow({"id": "2", "type": "agent"})}, [("/flow/steps/1/type", "unknown_step_type")]),
        ({"flow": _flow({"id": "2", "type": None})}, [("/flow/steps/1/type", "unknown_step_type")]),
        ({"flow": _flow({"id": "2"})}, [("/flow/steps/1/type", "unknown_step_type")]),
        ({"flow": _flow({"type": "TOOL"})}, [("/flow/steps/1", "unnamed_step")]),
        (
            {"flow": _flow({"type": "TOOL", "identifier": "", "id": None})},
            [("/flow/steps/1", "unnamed_step")],
        ),
        ({"flow": _flow({"type": "TOOL", "id": "in"})}, [("/flow/steps/1", "duplicate_step_id")]),
        (
            {"flow": _flow({"type": "TOOL", "id": "t"}, {"type": "AGENT", "identifier": "t"})},
            [("/flow/steps/2", "duplicate_step_id")],
        ),
        (
            {"flow": _flow(edges=[{"source": "x", "target": "out"}])},
            [("/flow/edges/0/source", "dangling_edge")],
        ),
        (
            {"flow": _flow(edges=[WIRE, {"source": "in", "target": "x"}])},
            [("/flow/edges/1/target", "dangling_edge")],
        ),
        ({"flow": _flow(edges=[{"source": "in"}])}, [("/flow/edges/0/target", "dangling_edge")]),
        (
            {"flow": _flow(edges=[{"source": None, "target": ""}])},
            [("/flow/edges/0/source", "dangling_edge"), ("/flow/edges/0/target", "dangling_edge")],
        ),
        (
            {"flow": _flow(), "integrationBindings": {"crm/eu": "s1"}},
            [("/integrationBindings/crm~1eu", "unknown_integration_slot")],
        ),
        (
            {"flow": _flow(), "integrationBindings": {"crm": "s1"}, "integrationSlots": [{"id": "s2"}, {}]},
            [("/integrationBindings/crm", "unknown_integration_slot")],
        ),
    ],
)
def test_each_issue_has_a_code_and_the_pointer_of_its_place(
    payload: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert _found(payload) == found


def test_a_binding_to_a_declared_slot_or_to_none_is_no_issue() -> None:
    payload = {
        "flow": _flow(),
        "integrationSlots": [{"id": "s1"}],
        "integrationBindings": {"crm": "s1", "mail": None},
    }

    assert _found(payload) == []


def test_two_steps_without_a_name_are_not_duplicates_and_name_no_edge() -> None:
    unnamed = {"type": "TOOL"}
    edges: list[dict[str, Any]] = [{"source": None, "target": "out"}, {"source": "", "target": "out"}]

    found = _found({"flow": _flow(unnamed, unnamed, edges=edges)})

    assert found == [
        ("/flow/steps/1", "unnamed_step"),
        ("/flow/steps/2", "unnamed_step"),
        ("/flow/edges/0/source", "dangling_edge"),
        ("/flow/edges/1/source", "dangling_edge"),
    ]


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ({}, None),
        ({"id": "a"}, "a"),
        ({"identifier": "b"}, "b"),
        ({"identifier": "b", "id": "a"}, "b"),
        ({"identifier": "", "id": "a"}, "a"),
        ({"identifier": None, "id": "a"}, "a"),
    ],
)
def test_a_step_is_named_by_its_identifier_or_else_its_id(step: dict[str, Any], name: str | None) -> None:
    assert step_name(step) == name


def test_the_flows_of_sub_agents_are_reviewed_under_their_own_pointers() -> None:
    payload = {
        "flow": _flow(),
        "subAgents": [
            {"flow": None},
            {},
            {"flow": {"steps": [ENTRY]}},
            {"flow": _flow(edges=[{"source": "in"}])},
        ],
    }

    assert _found(payload) == [
        ("/subAgents/2/flow", "no_exit_point"),
        ("/subAgents/3/flow/edges/0/target", "dangling_edge"),
    ]


def test_names_of_steps_count_within_one_flow_only() -> None:
    payload = {
        "flow": _flow(edges=[{"source": "in", "target": "inner"}]),
        "subAgents": [{"flow": _flow({"identifier": "inner", "type": "AGENT"})}],
    }

    assert _found(payload) == [("/flow/edges/0/target", "dangling_edge")]


def test_the_step_types_are_the_published_ones() -> None:
    assert frozenset({"ENTRY_POINT", "EXIT_POINT", "AGENT", "TOOL", "CLAUDE_BOX"}) == STEP_TYPES


@pytest.mark.parametrize(("unnamed", "listed"), [(99, 99), (100, 100), (101, 100), (100_000, 100)])
def test_at_most_100_issues_are_listed(unnamed: int, listed: int) -> None:
    payload = {"flow": _flow(*[{"type": "TOOL"}] * unnamed)}

    with given_up_after(5.0):
        assert len(issues(payload)[0]) == listed <= MAX_ISSUES == 100


@pytest.mark.parametrize(
    "payload",
    [
        {"flow": _flow(edges=[{}] * 100_000)},
        {"flow": {"steps": [ENTRY] * 100_000}},
        {"subAgents": [{"flow": {}}] * 100_000},
        {"integrationBindings": {str(number): "x" for number in range(100_000)}},
        {"flow": _flow(*[{"type": "TOOL", "id": "n" * 30_000}] * 100)},
    ],
    ids=["edges", "entries", "sub-agents", "bindings", "long names"],
)
def test_any_number_of_issues_stays_a_short_list(payload: dict[str, Any]) -> None:
    with given_up_after(5.0):
        listed = issues(payload)[0]

    assert 0 < len(listed) <= 100
    assert sum(len(issue.message) + len(issue.pointer) for issue in listed) < 50_000


# -------------------------------------------------------------------------------------------------- approvals


def _gate(name: object) -> dict[str, Any]:
    return {"slotName": name}


def test_an_approval_is_found_at_each_place_where_one_may_sit() -> None:
    step = {
        "humanApproval": _gate("a"),
        "tools": [{"humanApproval": _gate("b")}, {}, {"humanApproval": _gate("c")}],
        "provider": {"builtInTools": [{"humanApproval": _gate("d")}]},
    }
    payload = {
        "flow": {"steps": [{}, step]},
        "subAgents": [{}, {"flow": {"steps": [{"humanApproval": _gate("e")}]}}],
    }

    assert sorted(approvals(payload), key=lambda found: str(found[1])) == [
        (("flow", "steps", 1, "humanApproval", "slotName"), "a"),
        (("flow", "steps", 1, "tools", 0, "humanApproval", "slotName"), "b"),
        (("flow", "steps", 1, "tools", 2, "humanApproval", "slotName"), "c"),
        (("flow", "steps", 1, "provider", "builtInTools", 0, "humanApproval", "slotName"), "d"),
        (("subAgents", 1, "flow", "steps", 0, "humanApproval", "slotName"), "e"),
    ]


@pytest.mark.parametrize("gate", [None, {}, {"slotName": None}, [], [_gate("a")], "a", True])
def test_an_approval_without_a_slot_name_refers_to_nothing(gate: object) -> None:
    assert list(approvals({"flow": {"steps": [{"humanApproval": gate}]}})) == []


@pytest.mark.parametrize(
    "payload", [{}, {"flow": None}, {"subAgents": None}, {"slots": [{"humanApproval": _gate("a")}]}]
)
def test_approvals_outside_flows_are_none(payload: dict[str, Any]) -> None:
    assert list(approvals(payload)) == []


def _gates(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every slot name under a value, found the plain way."""
    if isinstance(value, dict):
        gate = value.get("humanApproval")
        if isinstance(gate, dict) and isinstance(gate.get("slotName"), str):
            yield (*at, "humanApproval", "slotName"), gate["slotName"]
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(member, dict | list):
            yield from _gates(member, (*at, key))


@given(
    st.recursive(
        st.sampled_from([None, "a", "b", 1]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["humanApproval", "slotName", "x"]), inner, max_size=3)
        ),
        max_leaves=15,
    )
)
def test_every_approval_inside_a_flow_is_found_once_at_whatever_depth(value: object) -> None:
    flow = {"steps": [{"x": value, "humanApproval": value}]}

    found = list(approvals({"flow": flow}))

    assert sorted(map(repr, found)) == sorted(map(repr, _gates(flow, ("flow",))))
