"""The shapes of the agent payload.

An object may have more members than these, but at the top; every member may be absent or null.

Source: docs/api.md, "Payload"
"""

from __future__ import annotations

from pydantic_core import CoreSchema

from draftkeep.http.shapes import ANY, BOOLEAN, OBJECT, TEXT, Shape, items, open_record, texts


def _list(item: CoreSchema) -> CoreSchema:
    return items(item, first_only=True)


ANY_LIST = items(ANY)

# A gate that waits for a person in a role.
HUMAN_APPROVAL = open_record(slotName=TEXT)
# A tool of a step, or one built into its provider.
TOOL = open_record(**texts("id", "name"), humanApproval=HUMAN_APPROVAL)
STEP = open_record(
    **texts("identifier", "id", "type", "name"),
    tools=_list(TOOL),
    provider=open_record(builtInTools=_list(TOOL)),
    humanApproval=HUMAN_APPROVAL,
)
FLOW = open_record(steps=_list(STEP), edges=_list(open_record(**texts("source", "target"))))
SUB_AGENT = open_record(
    **texts("id", "slug", "integrationId", "agentId", "displayName", "description"),
    **texts("toolType", "actionType", "resultType", "avatarFileId"),
    authSettings=open_record(supportsOAuth=BOOLEAN, oAuth=ANY_LIST),
    flow=FLOW,
    parametersMetadata=ANY_LIST,
)

PAYLOAD = Shape(
    comment=TEXT,
    subAgents=_list(SUB_AGENT),
    flow=FLOW,
    integrationSlots=_list(open_record(**texts("id", "integrationId", "displayName", "tenantConfigId"))),
    # The slot ids are checked apart: a wrong one is named by its key, and a million of them stay cheap.
    integrationBindings=OBJECT,
    assets=_list(open_record(id=TEXT)),
    slots=_list(open_record(**texts("name", "displayName", "requiredKind"))),
)
