"""The schemas of bodies that the code checks: the forms' pydantic models, and the agent payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema as core

from agent_draft import payload
from draftkeep.http.forms import FormContract
from draftkeep.http.naming import SNAKE
from draftkeep.http.proposals import MAX_ACCEPTED
from draftkeep.resolver.arguments import Arguments
from draftkeep.resolver.fields import Chosen, Curated, Reference, References, Texts
from draftkeep.resolver.flags import Flags
from eval_draft.contract import EVAL
from local.openapi.answers import MAYBE_KEY, MAYBE_TEXT, Schema, ref
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tool_draft.contract import TOOL

FORMS: Mapping[str, FormContract] = {one.kind: one for one in (PERSONA, TOOL, EVAL, TEST)}
_ROOT = "#/components/schemas/"
_OPERATION = {
    "draft_id": "The draft to patch; absent, one is created.",
    "input_draft_id": "Another name of `draft_id`.",
    "args_outputs_ids": "Another name of `args_output_ids`.",
    "soft": "Propose the patch instead of saving it.",
    "accept": "Accept or reject the proposal that `idempotency_key` names.",
    "accept_fields": "The members of the proposal to accept; absent, all of them.",
    "pending_ids": "Selected ids that the draft keeps inactive.",
}
# The parts of a payload that have names, those inside others first.
_PARTS = {
    "HumanApproval": payload.HUMAN_APPROVAL,
    "StepTool": payload.TOOL,
    "Step": payload.STEP,
    "Flow": payload.FLOW,
    "SubAgent": payload.SUB_AGENT,
}


def form_models() -> dict[str, Schema]:
    """The requests, answers and states of all forms."""
    models = [(model, "validation") for one in FORMS.values() for model in (one.request, one.response)]
    _, made = models_json_schema(models, ref_template=f"{_ROOT}{{model}}")  # type: ignore[arg-type]
    schemas: dict[str, Schema] = _plain(made["$defs"])
    for contract in FORMS.values():
        members = schemas[contract.request.__name__]["properties"]
        for name, words in _words(contract).items():
            if name in members:
                members[name]["description"] = words
        members[SNAKE.operation_key] = MAYBE_KEY
        # Left out when the client prefers that.
        schemas[contract.response.__name__]["required"].remove(SNAKE.content)
        # An empty list is a wrong one: to accept nothing is to reject.
        members[SNAKE.accepted_fields]["anyOf"][0] |= {"minItems": 1, "maxItems": MAX_ACCEPTED}
    return schemas


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
    parts = {name: _generated(schema) for name, schema in _PARTS.items()}
    members = {name: _generated(core.nullable_schema(schema)) for name, schema in payload.PAYLOAD.items()}
    # Checked apart from the types: see `agent_draft.contract`.
    members["integrationBindings"]["anyOf"][0]["additionalProperties"] = MAYBE_TEXT
    whole: Schema = {
        "type": "object",
        "properties": members,
        "additionalProperties": False,
        "description": "An agent's content. Unknown members below the top pass through unchanged.",
    }
    made = {"AgentPayload": whole, **parts}
    # The largest first, so that what is inside of it is not looked for in it.
    return {
        name: _with_references(schema, {part: one for part, one in reversed(parts.items()) if part != name})
        for name, schema in made.items()
    }


def _generated(schema: core.CoreSchema) -> Schema:
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
