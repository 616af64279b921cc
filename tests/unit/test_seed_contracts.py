"""The bodies of the four form endpoints have the fields of their API documents, and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tests.tables import ROOT
from tool_draft.contract import TOOL

CONTRACTS = {"persona": PERSONA, "tool": TOOL, "eval": EVAL, "test": TEST}
DOCUMENT = json.loads((ROOT / "functions" / "reference" / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
SEEDS = json.loads((ROOT / "tests" / "contract" / "seeds.json").read_text())

# What the product adds to the documents: docs/api.md, "Additions to the published contracts".
MORE_IN_ALL_REQUESTS = {"accept_fields": "string[]"}
MORE_IN_REQUESTS = {"test": {"soft": "boolean"}}
MORE_IN_ANSWERS = {"version": "integer"}

# Every member of `form_state`, in its order: docs/api.md, from "Persona" to "Test".
FORM_STATES = {
    "persona": """
        name_id name description_id description instructions_id instructions color_id color icon_id icon flag_ids active
        department_ids example_ids examples parameter_field_ids voice_ids pending_ids
    """,
    "tool": """
        name_id name description_id description flag_ids active department_ids arg_ids arg_position_ids args_output_ids
        args_outputs_ids args_drafts instruction_id instruction_ids permission_ids pending_ids
    """,
    "eval": """
        name_id name description_id description flag_ids active department_ids model_ids model_flag_ids
        model_flag_values model_position_ids model_rubric_ids pending_ids
    """,
    "test": """
        name_id name description_id description value_id flag_ids department_ids key_id endpoint_id modality_ids
        temperature_level_id pricing_id reasoning_level_id quality_ids voice_ids model_flag_ids model_flag_values
        model_position_ids model_rubric_ids pending_ids
    """,
}
DERIVED = {"active": "boolean", "examples": "string[]", "args_drafts": "object[]", "model_flag_values": "object[]"}

kinds = pytest.mark.parametrize("kind", CONTRACTS)


def spelled(type_: str) -> str:
    """A document's type in the words of a JSON schema: a named list is one of objects, a named type an object."""
    if type_ in ("string", "boolean", "string[]"):
        return type_
    return "object[]" if type_.endswith("[]") else "object"


def type_of(schema: dict[str, Any]) -> str:
    """The type of one property, nullable or not."""
    if "anyOf" in schema:
        (schema,) = [one for one in schema["anyOf"] if one.get("type") != "null"]
    if "$ref" in schema:
        schema = schema_of(schema)
    if schema["type"] == "array":
        return f"{type_of(schema['items'])}[]"
    return str(schema["type"])


def schema_of(reference: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = SCHEMAS[reference["$ref"].rpartition("/")[2]]
    return schema


def body_of(told: dict[str, Any]) -> dict[str, Any]:
    return schema_of(told["content"]["application/json"]["schema"])


def request_of(kind: str) -> dict[str, Any]:
    return body_of(DOCUMENT["paths"][f"/{kind}/draft"]["post"]["requestBody"])


def answer_of(kind: str) -> dict[str, Any]:
    return body_of(DOCUMENT["paths"][f"/{kind}/draft"]["post"]["responses"]["200"])


def state_of(kind: str) -> dict[str, Any]:
    return schema_of(answer_of(kind)["properties"]["form_state"])


def types_of(schema: dict[str, Any]) -> dict[str, str]:
    return {name: type_of(one) for name, one in schema["properties"].items()}


def test_every_kind_of_form_has_a_document() -> None:
    assert SEEDS.keys() == CONTRACTS.keys() == FORM_STATES.keys()
    assert {kind: contract.kind for kind, contract in CONTRACTS.items()} == {kind: kind for kind in SEEDS}
    assert {kind: (len(seed["request"]), len(seed["response"])) for kind, seed in SEEDS.items()} == {
        "persona": (25, 5),
        "tool": (24, 5),
        "eval": (20, 5),
        "test": (25, 5),
    }


@kinds
def test_a_request_has_the_documents_fields_with_their_types_and_only_the_declared_extensions(kind: str) -> None:
    documented = {row["field"]: spelled(row["type"]) for row in SEEDS[kind]["request"]}

    assert types_of(request_of(kind)) == documented | MORE_IN_ALL_REQUESTS | MORE_IN_REQUESTS.get(kind, {})


@kinds
def test_no_field_of_a_request_is_required_and_each_takes_null(kind: str) -> None:
    assert not any(row["required"] for row in SEEDS[kind]["request"])
    request = CONTRACTS[kind].request

    request.validate({})
    request.validate(dict.fromkeys(request.members))
    assert "required" not in request_of(kind)


@kinds
def test_an_answer_has_the_documents_fields_with_their_types_and_only_the_declared_extensions(kind: str) -> None:
    documented = {row["field"]: spelled(row["type"]) for row in SEEDS[kind]["response"]}

    assert types_of(answer_of(kind)) == documented | MORE_IN_ANSWERS


@kinds
def test_an_answer_always_has_all_its_fields(kind: str) -> None:
    documented = {row["field"] for row in SEEDS[kind]["response"]} | MORE_IN_ANSWERS.keys()

    # Without form_state only for a client that prefers that.
    assert {*answer_of(kind)["required"], "form_state"} == documented
    state = state_of(kind)
    assert (sorted(state["required"]), state["additionalProperties"]) == (sorted(FORM_STATES[kind].split()), False)


@kinds
def test_form_state_has_its_members_in_the_documented_order(kind: str) -> None:
    documented = FORM_STATES[kind].split()

    assert types_of(state_of(kind)).keys() == set(documented)
    assert list(CONTRACTS[kind].form.state) == documented
    assert list(CONTRACTS[kind].form.empty().state) == documented


@kinds
def test_form_states_members_have_the_types_of_the_requests(kind: str) -> None:
    types = types_of(state_of(kind))

    for name, type_ in types.items():
        by_name = DERIVED.get(name, "string[]" if name.endswith("_ids") else "string")
        assert (name, type_) == (name, by_name)
    asked = types_of(request_of(kind))
    assert {name: asked[name] for name in types} == types


@kinds
def test_an_empty_form_fits_its_schema(kind: str) -> None:
    contract = CONTRACTS[kind]

    empty = dict(contract.form.empty().state)

    OAS31Validator({**state_of(kind), "components": DOCUMENT["components"]}).validate(empty)
    assert {name: value for name, value in empty.items() if value is not None} == {
        name: [] for name, type_ in types_of(state_of(kind)).items() if type_.endswith("[]")
    }


@kinds
def test_every_field_of_a_request_is_resolved_or_belongs_to_the_operation(kind: str) -> None:
    operation = {
        "draft_id",
        "input_draft_id",
        "idempotency_key",
        "soft",
        "accept",
        "args_outputs_ids",
    } | MORE_IN_ALL_REQUESTS.keys()

    contract = CONTRACTS[kind]

    assert set(contract.request.members) - operation == contract.form.accepts


@kinds
def test_what_the_fields_show_is_form_state(kind: str) -> None:
    form = CONTRACTS[kind].form

    shown = [name for field in form.fields for name in field.shows]

    assert sorted([*shown, "pending_ids"]) == sorted(form.state)
