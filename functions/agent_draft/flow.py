"""What is not right yet in an agent's flow, and where its approvals point. Pure; works on checked payloads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import Problem

MAX_ISSUES = 100
STEP_TYPES = frozenset({"ENTRY_POINT", "EXIT_POINT", "AGENT", "TOOL", "CLAUDE_BOX"})

Place = tuple[str | int, ...]


def issues(payload: dict[str, Any]) -> tuple[list[Problem], int]:
    """List what keeps a payload from being published: at most 100 places, and the number of all.

    Source: seeds/agent-draft.md: exactly one ENTRY_POINT and one EXIT_POINT step, wired by edges
    """
    found = _issues(payload)
    listed = list(islice(found, MAX_ISSUES))
    return listed, len(listed) + sum(1 for _ in found)


def approvals(payload: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Every slot name that an approval refers to, with its place, in the flow and in the flows of sub-agents.

    An approval may sit on a step, its tools, or what is built into its provider: every `humanApproval` inside a flow
    counts, at whatever depth.
    """
    for place, flow in _flows(payload):
        open_places: list[tuple[Place, Any]] = [(place, flow)]
        while open_places:
            at, value = open_places.pop()
            members = value.items() if isinstance(value, dict) else enumerate(value)
            for key, member in members:
                if isinstance(member, dict | list):
                    open_places.append(((*at, key), member))
                    if key == "humanApproval" and isinstance(member, dict) and member.get("slotName") is not None:
                        yield (*at, key, "slotName"), member["slotName"]


def step_name(step: dict[str, Any]) -> str | None:
    """What edges call a step."""
    return step.get("identifier") or step.get("id")


def _issues(payload: dict[str, Any]) -> Iterator[Problem]:
    yield from _flow_issues(("flow",), payload.get("flow") or {})
    for place, flow in _flows(payload):
        if place != ("flow",):
            yield from _flow_issues(place, flow)
    declared = {slot.get("id") for slot in payload.get("integrationSlots") or []}
    for integration, slot in (payload.get("integrationBindings") or {}).items():
        if slot is not None and slot not in declared:
            yield Problem(
                pointer(("integrationBindings", integration)),
                "unknown_integration_slot",
                f"No integration slot has the id {clip(slot)!r}.",
            )


def _flow_issues(place: Place, flow: dict[str, Any]) -> Iterator[Problem]:
    steps = flow.get("steps") or []
    yield from _end_issues(place, steps, "ENTRY_POINT")
    yield from _end_issues(place, steps, "EXIT_POINT")
    yield from _step_issues(place, steps)
    names = set(map(step_name, steps)) - {None, ""}
    for index, edge in enumerate(flow.get("edges") or []):
        for end in ("source", "target"):
            if edge.get(end) not in names:
                at = pointer((*place, "edges", index, end))
                yield Problem(at, "dangling_edge", f"The edge's {end} names no step.")


def _end_issues(place: Place, steps: list[dict[str, Any]], kind: str) -> Iterator[Problem]:
    """A flow has one entry and one exit."""
    found = [index for index, step in enumerate(steps) if step.get("type") == kind]
    if not found:
        yield Problem(pointer(place), f"no_{kind.lower()}", f"The flow has no {kind} step.")
    for index in found[1:]:
        at = pointer((*place, "steps", index))
        yield Problem(at, f"several_{kind.lower()}s", f"The flow has another {kind} step.")


def _step_issues(place: Place, steps: list[dict[str, Any]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(steps):
        at = (*place, "steps", index)
        if step.get("type") not in STEP_TYPES:
            known = ", ".join(sorted(STEP_TYPES))
            yield Problem(pointer((*at, "type")), "unknown_step_type", f"A step's type is one of {known}.")
        name = step_name(step)
        if not name:
            yield Problem(pointer(at), "unnamed_step", "The step has neither identifier nor id.")
        elif name in seen:
            yield Problem(pointer(at), "duplicate_step_id", f"Another step is named {clip(name)!r} too.")
        else:
            seen.add(name)


def _flows(payload: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    if payload.get("flow") is not None:
        yield ("flow",), payload["flow"]
    for index, agent in enumerate(payload.get("subAgents") or []):
        if agent.get("flow") is not None:
            yield ("subAgents", index, "flow"), agent["flow"]
