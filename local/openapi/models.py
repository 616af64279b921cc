"""The schemas of bodies that the code checks by their shapes: the forms' requests, and the agent payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema

from agent_draft import payload
from draftkeep.http.forms import FormContract
from draftkeep.http.members import MODEL_FLAG, MODEL_FLAG_VALUE
from draftkeep.http.naming import SNAKE
from draftkeep.http.proposals import MAX_ACCEPTED
from draftkeep.resolver.arguments import Arguments
from draftkeep.resolver.fields import Chosen, Curated, Reference, References, Texts
from draftkeep.resolver.flags import Flags
from eval_draft.contract import EVAL
from local.openapi.answers import MAYBE_KEY, MAYBE_TEXT, SAVED, Schema, ref, shape
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tool_draft.contract import ARG, ARG_DRAFT, ARG_DRAFT_OUTPUT, ARG_OUTPUT, ARG_POSITION, TOOL

FORMS: Mapping[str, FormContract] = {one.kind: one for one in (PERSONA, TOOL, EVAL, TEST)}
# How the published documents name the kinds.
_NAMES = {PERSONA.kind: "Persona", TOOL.kind: "Tool", EVAL.kind: "Eval", TEST.kind: "Invocation"}
_OPERATION = {
    "draft_id": "The draft to patch; absent, one is created.",
    "input_draft_id": "Another name of `draft_id`.",
    "args_outputs_ids": "Another name of `args_output_ids`.",
    "soft": "Propose the patch instead of saving it.",
    "accept": "Accept or reject the proposal that `idempotency_key` names.",
    "accept_fields": "The members of the proposal to accept; absent, all of them.",
    "pending_ids": "Selected ids that the draft keeps inactive.",
}
# The parts of requests that have names, those inside others first.
_FORM_PARTS = {
    "ModelFlag": (MODEL_FLAG, "One flag of one model; both halves are needed, a missing one is told with its pointer."),
    "ModelFlagValue": (MODEL_FLAG_VALUE, "One flag of one model, by the flag's type and value."),
    "CreateArgInput": (ARG, "An argument to create."),
    "CreateArgPositionInput": (ARG_POSITION, "The place of an argument."),
    "CreateArgsOutputInput": (ARG_OUTPUT, "An output of an argument."),
    "ToolArgOutputValue": (ARG_DRAFT_OUTPUT, "An output of an argument, inside the argument's draft."),
    "ToolArgDraftValue": (ARG_DRAFT, "An argument with its outputs; its position is its index in the list."),
}
# The parts of a payload that have names, those inside others first.
_PAYLOAD_PARTS = {
    "HumanApproval": payload.HUMAN_APPROVAL,
    "StepTool": payload.TOOL,
    "Step": payload.STEP,
    "Flow": payload.FLOW,
    "SubAgent": payload.SUB_AGENT,
}


def request_name(contract: FormContract) -> str:
    """The name of the schema of a form's request."""
    return f"Patch{_NAMES[contract.kind]}DraftRequest"


def response_name(contract: FormContract) -> str:
    """The name of the schema of its answer."""
    return f"Patch{_NAMES[contract.kind]}DraftResponse"


def state_name(contract: FormContract) -> str:
    """The name of the schema of its form_state."""
    return f"{_NAMES[contract.kind]}State"


def form_models() -> dict[str, Schema]:
    """The requests, answers and states of all forms."""
    parts = {name: _generated(schema) for name, (schema, _) in _FORM_PARTS.items()}
    made = parts | {request_name(one): _generated(one.request.schema) for one in FORMS.values()}
    schemas = _referring(made, parts)
    for name, (_, words) in _FORM_PARTS.items():
        schemas[name]["description"] = words
    for contract in FORMS.values():
        request = schemas[request_name(contract)]
        state = {name: _shown(request["properties"][name]) for name in contract.form.state}
        words = f"The form_state that /{contract.kind}/draft answers with."
        schemas[state_name(contract)] = shape(state, closed=True, description=words)
        answer = SAVED | {SNAKE.content: ref(state_name(contract))}
        words = f"The answer of POST /{contract.kind}/draft."
        # The content is left out when the client prefers that.
        schemas[response_name(contract)] = shape(answer, SNAKE.content, description=words)
        _describe(request, contract)
    return schemas


def _shown(member: Schema) -> Schema:
    """A member of form_state, from that of the request: a list is there, and may be empty; else it may be null."""
    listed = [one for one in member["anyOf"] if one.get("type") == "array"]
    return {key: value for key, value in listed[0].items() if key != "maxItems"} if listed else dict(member)


def _describe(request: Schema, contract: FormContract) -> None:
    """Say of a request what its shape does not."""
    request["description"] = f"The body of POST /{contract.kind}/draft. Absent is unchanged, null clears."
    members = request["properties"]
    for name, words in _words(contract).items():
        if name in members:
            members[name]["description"] = words
    members[SNAKE.operation_key] = MAYBE_KEY
    # An empty list is a wrong one: to accept nothing is to reject.
    members[SNAKE.accepted_fields]["anyOf"][0] |= {"minItems": 1, "maxItems": MAX_ACCEPTED}


def _words(contract: FormContract) -> dict[str, str]:
    """What the members of a request mean, from the fields that resolve them."""
    words = dict(_OPERATION)
    for field in contract.form.fields:
        match field:
            case Chosen():
                words |= {field.value: f"Resolved to `{field.id}`.", field.id: f"One of `{field.type}`."}
            case Curated() | Texts():
                words |= {field.values: f"Resolved to `{field.ids}`.", field.ids: f"Of `{field.type}`."}
            case References():
                words[field.ids] = f"Of `{field.type}`."
            case Reference():
                words[field.id] = f"One of `{field.type}`."
            case Flags():
                words[field.ids] = "Of `flags`; at most one of each type."
                if field.active:
                    words[field.active] = f"The flag of the type `{field.active_type}`; beats `{field.ids}`."
            case Arguments():
                words["args_drafts"] = "The arguments with their outputs; the other lists are then not read."
    return words


def payload_schemas() -> dict[str, Schema]:
    """The agent payload, and its parts."""
    parts = {name: _generated(schema) for name, schema in _PAYLOAD_PARTS.items()}
    whole = _generated(payload.PAYLOAD.schema)
    # Checked apart from the types: see `agent_draft.contract`.
    whole["properties"]["integrationBindings"]["anyOf"][0]["additionalProperties"] = MAYBE_TEXT
    whole["description"] = "An agent's content. Unknown members below the top pass through unchanged."
    return _referring({"AgentPayload": whole, **parts}, parts)


def _referring(schemas: Mapping[str, Schema], parts: Mapping[str, Schema]) -> dict[str, Schema]:
    """Schemas with a reference in the place of each part that they hold."""
    # The largest first, so that what is inside of it is not looked for in it.
    largest_first = dict(reversed(list(parts.items())))
    return {
        name: _with_references(schema, {part: one for part, one in largest_first.items() if part != name})
        for name, schema in schemas.items()
    }


def _generated(schema: CoreSchema) -> Schema:
    made: Schema = _plain(GenerateJsonSchema().generate(schema))
    return made


def _plain(value: Any) -> Any:
    """A schema without the titles that pydantic makes of the names, and without defaults of null."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, one in value.items():
        if key == "properties":
            made[key] = {name: _plain(member) for name, member in one.items()}
        elif key != "title" and not (key == "default" and one is None):
            made[key] = _plain(one)
    return made


def _with_references(value: Any, parts: Mapping[str, Schema]) -> Any:
    """A schema with a reference in the place of each part that it holds."""
    if isinstance(value, list):
        return [_with_references(one, parts) for one in value]
    if not isinstance(value, dict):
        return value
    for name, part in parts.items():
        if value == part:
            return ref(name)
    return {key: _with_references(one, parts) for key, one in value.items()}
