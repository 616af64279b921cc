"""The shapes of the agent payload, as data for pydantic's core.

An object may have more members than these, but at the top; every member may be absent or null. The core checks them as
it checks models, without the models: importing those takes a fifth of the function's start.

Source: docs/api.md, "Payload"
"""

from __future__ import annotations

from typing import Any

from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as core


def _object(**members: CoreSchema) -> CoreSchema:
    """A dictionary, not a model: a payload of a million small objects is checked without a million instances."""
    fields = {
        name: core.typed_dict_field(core.nullable_schema(schema), required=False) for name, schema in members.items()
    }
    return core.typed_dict_schema(fields, strict=True, extra_behavior="allow")


def _list(item: CoreSchema) -> CoreSchema:
    """The first wrong item of a list is reported, not each of a million."""
    return core.list_schema(item, strict=True, fail_fast=True)


def _texts(*names: str) -> dict[str, CoreSchema]:
    return dict.fromkeys(names, TEXT)


TEXT = core.str_schema(strict=True)
ANY_LIST = core.list_schema(core.any_schema(), strict=True)

# A gate that waits for a person in a role.
HUMAN_APPROVAL = _object(slotName=TEXT)
# A tool of a step, or one built into its provider.
TOOL = _object(**_texts("id", "name"), humanApproval=HUMAN_APPROVAL)
STEP = _object(
    **_texts("identifier", "id", "type", "name"),
    tools=_list(TOOL),
    provider=_object(builtInTools=_list(TOOL)),
    humanApproval=HUMAN_APPROVAL,
)
FLOW = _object(steps=_list(STEP), edges=_list(_object(**_texts("source", "target"))))
SUB_AGENT = _object(
    **_texts("id", "slug", "integrationId", "agentId", "displayName", "description"),
    **_texts("toolType", "actionType", "resultType", "avatarFileId"),
    authSettings=_object(supportsOAuth=core.bool_schema(strict=True), oAuth=ANY_LIST),
    flow=FLOW,
    parametersMetadata=ANY_LIST,
)

PAYLOAD: dict[str, CoreSchema] = {
    "comment": TEXT,
    "subAgents": _list(SUB_AGENT),
    "flow": FLOW,
    "integrationSlots": _list(_object(**_texts("id", "integrationId", "displayName", "tenantConfigId"))),
    # The slot ids are checked apart: a wrong one is named by its key, and a million of them stay cheap.
    "integrationBindings": core.dict_schema(core.str_schema(), core.any_schema(), strict=True),
    "assets": _list(_object(id=TEXT)),
    "slots": _list(_object(**_texts("name", "displayName", "requiredKind"))),
}

_validator = SchemaValidator(_object(**PAYLOAD))


def validate(payload: dict[str, Any]) -> None:
    """Check the types of a payload's known members.

    Raises: pydantic_core.ValidationError
    """
    _validator.validate_python(payload)
