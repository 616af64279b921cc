"""The agent payload: its shapes, what is refused at save, and what is only told as an issue.

Work in progress is saved even when the flow is not valid yet; a payload is refused for a wrong type, a top-level key
that is not part of the contract, and an approval that names no declared slot. Unknown keys further in pass through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast

from agent_draft.flow import Place, approvals, issues
from draftkeep import canonical
from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, Problem
from draftkeep.http.requests import MAX_PROBLEMS, refuse_wrong

T = TypeVar("T")
# The first wrong item of a list is reported, not each of a million.
Listed = Annotated[list[T] | None, FailFast()]


class Shape(BaseModel):
    """A known object: its known members have these types, others pass."""

    model_config = ConfigDict(strict=True, extra="allow")


class HumanApproval(Shape):
    """A gate that waits for a person in a role."""

    slotName: str | None = None


class Tool(Shape):
    """A tool of a step, or one built into its provider."""

    id: str | None = None
    name: str | None = None
    humanApproval: HumanApproval | None = None


class Provider(Shape):
    """The model provider of a step, with the tools built into it."""

    builtInTools: Listed[Tool] = None


class Step(Shape):
    """One step of a flow, named by `identifier` or `id`."""

    identifier: str | None = None
    id: str | None = None
    type: str | None = None
    name: str | None = None
    tools: Listed[Tool] = None
    provider: Provider | None = None
    humanApproval: HumanApproval | None = None


class Edge(Shape):
    """A connection between two steps, by their names."""

    source: str | None = None
    target: str | None = None


class Flow(Shape):
    """The steps of an agent and how they are wired."""

    steps: Listed[Step] = None
    edges: Listed[Edge] = None


class AuthSettings(Shape):
    """How a sub-agent signs in where it acts."""

    supportsOAuth: bool | None = None
    oAuth: list[Any] | None = None


class SubAgent(Shape):
    """A reusable small workflow that the flow refers to."""

    id: str | None = None
    slug: str | None = None
    integrationId: str | None = None
    agentId: str | None = None
    displayName: str | None = None
    description: str | None = None
    toolType: str | None = None
    actionType: str | None = None
    resultType: str | None = None
    authSettings: AuthSettings | None = None
    flow: Flow | None = None
    parametersMetadata: list[Any] | None = None
    avatarFileId: str | None = None


class IntegrationSlot(Shape):
    """A pointer to a published integration configuration of the tenant."""

    id: str | None = None
    integrationId: str | None = None
    displayName: str | None = None
    tenantConfigId: str | None = None


class Asset(Shape):
    """An uploaded file or knowledge source."""

    id: str | None = None


class Slot(Shape):
    """A declared approver role."""

    name: str | None = None
    displayName: str | None = None
    requiredKind: str | None = None


class AgentPayload(BaseModel):
    """The content of an agent draft. Every member may be absent; `{}` is valid."""

    model_config = ConfigDict(strict=True, extra="forbid")

    comment: str | None = None
    subAgents: Listed[SubAgent] = None
    flow: Flow | None = None
    integrationSlots: Listed[IntegrationSlot] = None
    # The slot ids are checked apart: a wrong one is named by its key, and a million of them stay cheap.
    integrationBindings: dict[str, Any] | None = None
    assets: Listed[Asset] = None
    slots: Listed[Slot] = None


def check(payload: dict[str, Any]) -> None:
    """Refuse a payload that must not be stored.

    Raises: InvalidFields (unknown_field, wrong_type, unknown_slot), each with its pointer
    """
    refuse_wrong(payload, AgentPayload)
    _raise_if_any(_wrong_bindings(payload))
    _raise_if_any(_unknown_slots(payload))


def review(content: bytes) -> dict[str, Any]:
    """The members of the envelope that follow from a content.

    Returns: {issues: [{pointer, code, message}], issuesTotal, publishable}, at most 100 issues
    """
    found, total = issues(canonical.load(content))
    listed = [{"pointer": one.pointer, "code": one.code, "message": one.message} for one in found]
    return {"issues": listed, "issuesTotal": total, "publishable": not listed}


def _raise_if_any(found: Iterator[Problem]) -> None:
    listed = list(islice(found, MAX_PROBLEMS))
    if listed:
        raise InvalidFields(listed, len(listed) + sum(1 for _ in found))


def _wrong_bindings(payload: dict[str, Any]) -> Iterator[Problem]:
    for integration, slot in (payload.get("integrationBindings") or {}).items():
        if not isinstance(slot, str | None):
            yield _wrong_text(("integrationBindings", integration))


def _unknown_slots(payload: dict[str, Any]) -> Iterator[Problem]:
    declared = {slot.get("name") for slot in payload.get("slots") or []}
    for place, name in approvals(payload):
        if not isinstance(name, str):
            yield _wrong_text(place)
        elif name not in declared:
            yield Problem(pointer(place), "unknown_slot", f"No slot named {clip(name)!r} is declared in slots.")


def _wrong_text(place: Place) -> Problem:
    return Problem(pointer(place), "wrong_type", "Input should be a valid string.")
