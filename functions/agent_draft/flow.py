"""What is not right yet in an agent's flow, and where its approvals point. Pure; works on checked payloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import Problem

MAX_ISSUES = 100
_ENDS = ("source", "target")
STEP_TYPES = frozenset({"ENTRY_POINT", "EXIT_POINT", "AGENT", "TOOL", "CLAUDE_BOX"})

Place = tuple[str | int, ...]


def issues(payload: dict[str, Any]) -> tuple[list[Problem], int]:
    """List what keeps a payload from being published: at most 100 places, and the number of all.

    Source: docs/api.md, "Issues": exactly one ENTRY_POINT and one EXIT_POINT step, wired by edges
    """
    found = _issues(payload)
    listed = [Problem(pointer(place), code, message()) for place, code, message in islice(found, MAX_ISSUES)]
    return listed, len(listed) + sum(1 for _ in found)


def approvals(payload: dict[str, Any]) -> Iterator[tuple[Place, str]]:
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
                    name = member.get("slotName") if key == "humanApproval" and isinstance(member, dict) else None
                    if isinstance(name, str):
                        yield (*at, key, "slotName"), name


def step_name(step: dict[str, Any]) -> str | None:
    """What edges call a step."""
    return step.get("identifier") or step.get("id")


# A place, a code, and the words for it, which are made for those that are listed only.
_Issue = tuple[Place, str, Callable[[], str]]


def _issues(payload: dict[str, Any]) -> Iterator[_Issue]:
    yield from _flow_issues(("flow",), payload.get("flow") or {})
    for place, flow in _flows(payload):
        if place != ("flow",):
            yield from _flow_issues(place, flow)
    declared = {slot.get("id") for slot in payload.get("integrationSlots") or []}
    for integration, slot in (payload.get("integrationBindings") or {}).items():
        if slot is not None and slot not in declared:
            message = partial("No integration slot has the id {!r}.".format, clip(slot))
            yield ("integrationBindings", integration), "unknown_integration_slot", message


def _flow_issues(place: Place, flow: dict[str, Any]) -> Iterator[_Issue]:
    steps = flow.get("steps") or []
    types = [step.get("type") for step in steps]
    names = [step_name(step) for step in steps]
    known = set(filter(None, names))
    yield from _end_issues(place, types, "ENTRY_POINT")
    yield from _end_issues(place, types, "EXIT_POINT")
    if len(known) < len(names) or not STEP_TYPES.issuperset(types):
        yield from _step_issues(place, types, names)
    yield from _edge_issues(place, flow.get("edges") or [], known)


def _end_issues(place: Place, types: list[Any], kind: str) -> Iterator[_Issue]:
    """A flow has one entry and one exit."""
    if types.count(kind) == 1:
        return
    found = [index for index, type_ in enumerate(types) if type_ == kind]
    if not found:
        yield place, f"no_{kind.lower()}", partial("The flow has no {} step.".format, kind)
    for index in found[1:]:
        message = partial("The flow has another {} step.".format, kind)
        yield (*place, "steps", index), f"several_{kind.lower()}s", message


def _step_issues(place: Place, types: list[Any], names: list[str | None]) -> Iterator[_Issue]:
    seen: set[str] = set()
    for index, (type_, name) in enumerate(zip(types, names, strict=True)):
        if type_ not in STEP_TYPES:
            yield (*place, "steps", index, "type"), "unknown_step_type", _known_types
        if not name:
            yield (*place, "steps", index), "unnamed_step", _no_name
        elif name in seen:
            message = partial("Another step is named {!r} too.".format, clip(name))
            yield (*place, "steps", index), "duplicate_step_id", message
        else:
            seen.add(name)


def _edge_issues(place: Place, edges: list[dict[str, Any]], known: set[str]) -> Iterator[_Issue]:
    if known.issuperset({edge.get(end) for edge in edges for end in _ENDS}):
        return
    for index, edge in enumerate(edges):
        for end in _ENDS:
            if edge.get(end) not in known:
                message = partial("The edge's {} names no step.".format, end)
                yield (*place, "edges", index, end), "dangling_edge", message


def _known_types() -> str:
    return f"A step's type is one of {', '.join(sorted(STEP_TYPES))}."


def _no_name() -> str:
    return "The step has neither identifier nor id."


def _flows(payload: dict[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    if payload.get("flow") is not None:
        yield ("flow",), payload["flow"]
    for index, agent in enumerate(payload.get("subAgents") or []):
        if agent.get("flow") is not None:
            yield ("subAgents", index, "flow"), agent["flow"]
