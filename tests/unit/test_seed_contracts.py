"""The models of the four form endpoints have the fields of their API documents, and no others."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from draftkeep.http.forms import FormContract
from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tests.tables import ROOT
from tool_draft.contract import TOOL

CONTRACTS = {"persona": PERSONA, "tool": TOOL, "eval": EVAL, "test": TEST}
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


def type_of(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """The type of one property, nullable or not."""
    if "anyOf" in schema:
        (schema,) = [one for one in schema["anyOf"] if one.get("type") != "null"]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if schema["type"] == "array":
        return f"{type_of(schema['items'], definitions)}[]"
    return str(schema["type"])


def types_of(model: type[BaseModel]) -> dict[str, str]:
    schema = model.model_json_schema()
    return {name: type_of(one, schema.get("$defs", {})) for name, one in schema["properties"].items()}


def state_of(contract: FormContract) -> type[BaseModel]:
    model: type[BaseModel] = get_type_hints(contract.response)["form_state"]
    return model


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

    assert types_of(CONTRACTS[kind].request) == documented | MORE_IN_ALL_REQUESTS | MORE_IN_REQUESTS.get(kind, {})


@kinds
def test_no_field_of_a_request_is_required_and_each_takes_null(kind: str) -> None:
    assert not any(row["required"] for row in SEEDS[kind]["request"])
    request = CONTRACTS[kind].request

    assert request.model_validate({}).model_fields_set == set()
    assert request.model_validate(dict.fromkeys(request.model_fields)).model_fields_set == set(request.model_fields)


@kinds
def test_an_answer_has_the_documents_fields_with_their_types_and_only_the_declared_extensions(kind: str) -> None:
    documented = {row["field"]: spelled(row["type"]) for row in SEEDS[kind]["response"]}

    assert types_of(CONTRACTS[kind].response) == documented | MORE_IN_ANSWERS


@kinds
def test_an_answer_always_has_all_its_fields(kind: str) -> None:
    schema = CONTRACTS[kind].response.model_json_schema()

    assert set(schema["required"]) == {row["field"] for row in SEEDS[kind]["response"]} | MORE_IN_ANSWERS.keys()


@kinds
def test_form_state_has_its_members_in_the_documented_order(kind: str) -> None:
    documented = FORM_STATES[kind].split()

    assert list(state_of(CONTRACTS[kind]).model_fields) == documented
    assert list(CONTRACTS[kind].form.state) == documented
    assert list(CONTRACTS[kind].form.empty().state) == documented


@kinds
def test_form_states_members_have_the_types_of_the_requests(kind: str) -> None:
    types = types_of(state_of(CONTRACTS[kind]))

    for name, type_ in types.items():
        by_name = DERIVED.get(name, "string[]" if name.endswith("_ids") else "string")
        assert (name, type_) == (name, by_name)
    asked = types_of(CONTRACTS[kind].request)
    assert {name: asked[name] for name in types} == types


@kinds
def test_an_empty_form_fits_its_model(kind: str) -> None:
    contract = CONTRACTS[kind]

    empty = dict(contract.form.empty().state)

    assert state_of(contract).model_validate(empty).model_dump() == empty
    assert {name: value for name, value in empty.items() if value is not None} == {
        name: [] for name, type_ in types_of(state_of(contract)).items() if type_.endswith("[]")
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

    assert set(contract.request.model_fields) - operation == contract.form.accepts


@kinds
def test_what_the_fields_show_is_form_state(kind: str) -> None:
    form = CONTRACTS[kind].form

    shown = [name for field in form.fields for name in field.shows]

    assert sorted([*shown, "pending_ids"]) == sorted(form.state)
