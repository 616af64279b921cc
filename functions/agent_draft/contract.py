"""The agent payload: its shapes, what is refused at save, and what is only told as an issue.

Work in progress is saved even when the flow is not valid yet; a payload is refused for a wrong type, a top-level key
that is not part of the contract, and an approval that names no declared slot. Unknown keys further in pass through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast
from typing_extensions import TypedDict

from agent_draft.flow import approvals, issues
from draftkeep import canonical
from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, Problem
from draftkeep.http.requests import MAX_PROBLEMS, wrong_members

T = TypeVar("T")
# The first wrong item of a list is reported, not each of a million.
Listed = Annotated[list[T] | None, FailFast()]


class Shape(TypedDict, total=False):
    """A known object: its known members have these types, others pass.

    A dictionary, not a model: a payload of a million small objects is checked without a million instances.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="allow")  # type: ignore[misc]


class HumanApproval(Shape, total=False):
    """A gate that waits for a person in a role."""

    slotName: str | None


class Tool(Shape, total=False):
    """A tool of a step, or one built into its provider."""

    id: str | None
    name: str | None
    humanApproval: HumanApproval | None


class Provider(Shape, total=False):
    """The model provider of a step, with the tools built into it."""

    builtInTools: Listed[Tool]


class Step(Shape, total=False):
    """One step of a flow, named by `identifier` or `id`."""

    identifier: str | None
    id: str | None
    type: str | None
    name: str | None
    tools: Listed[Tool]
    provider: Provider | None
    humanApproval: HumanApproval | None


class Edge(Shape, total=False):
    """A connection between two steps, by their names."""

    source: str | None
    target: str | None


class Flow(Shape, total=False):
    """The steps of an agent and how they are wired."""

    steps: Listed[Step]
    edges: Listed[Edge]


class AuthSettings(Shape, total=False):
    """How a sub-agent signs in where it acts."""

    supportsOAuth: bool | None
    oAuth: list[Any] | None


class SubAgent(Shape, total=False):
    """A reusable small workflow that the flow refers to."""

    id: str | None
    slug: str | None
    integrationId: str | None
    agentId: str | None
    displayName: str | None
    description: str | None
    toolType: str | None
    actionType: str | None
    resultType: str | None
    authSettings: AuthSettings | None
    flow: Flow | None
    parametersMetadata: list[Any] | None
    avatarFileId: str | None


class IntegrationSlot(Shape, total=False):
    """A pointer to a published integration configuration of the tenant."""

    id: str | None
    integrationId: str | None
    displayName: str | None
    tenantConfigId: str | None


class Asset(Shape, total=False):
    """An uploaded file or knowledge source."""

    id: str | None


class Slot(Shape, total=False):
    """A declared approver role."""

    name: str | None
    displayName: str | None
    requiredKind: str | None


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
    problems, total = wrong_members(payload, AgentPayload)
    if problems:
        raise InvalidFields(problems[:MAX_PROBLEMS], total)
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
            at = pointer(("integrationBindings", integration))
            yield Problem(at, "wrong_type", "Input should be a valid string.")


def _unknown_slots(payload: dict[str, Any]) -> Iterator[Problem]:
    declared = {slot.get("name") for slot in payload.get("slots") or []}
    for place, name in approvals(payload):
        if name not in declared:
            yield Problem(pointer(place), "unknown_slot", f"No slot named {clip(name)!r} is declared in slots.")
