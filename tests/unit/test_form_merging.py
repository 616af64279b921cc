"""Merging forms: what one side changed is taken from it, ids merge as sets, flags by type, arguments by name."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftkeep.catalog import Found, Lookups, Scope
from draftkeep.errors import InvalidFields, Place
from draftkeep.resolver.engine import Form, decode, encode, resolve
from draftkeep.resolver.merging import MergedForm, changed_fields, choose, merge
from draftkeep.resolver.work import FormContent
from draftkeep.resources import Row, computed_id
from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tool_draft.contract import TOOL

SCOPE = Scope("acme", "ana")
FORMS = {"persona": PERSONA.form, "tool": TOOL.form, "eval": EVAL.form, "test": TEST.form}
State = dict[str, Any]


def _row(type_: str, id_: str, value: str | None = None, **attributes: Any) -> Row:
    return Row(id_, type_, value or id_, attributes)


# Rows of the tenant: their ids are their values, but for those that are known by more.
PLAIN = ("departments", "voices", "parameter_fields", "permissions", "modalities", "qualities", "instructions")
SINGLE = ("values", "keys", "endpoints", "temperature_levels", "pricing", "reasoning_levels")
CATALOG = [
    *(_row(type_, f"{type_}-{number}") for type_ in (*PLAIN, *SINGLE, "models") for number in range(5)),
    *(_row("model_positions", f"position-{number}", model_id=f"models-{number % 3}") for number in range(6)),
    *(_row("model_rubrics", f"rubric-{number}", model_id=f"models-{number % 3}") for number in range(6)),
    *(_row("flags", f"{type_}-{value}", value, type=type_) for type_ in ("tone", "rank") for value in "abc"),
    _row("flags", "untyped"),
]


def _found(rows: list[Row]) -> Found:
    """What a look-up of all these rows finds, by id and by value."""
    found = Found()
    for row in rows:
        found.ids[row.type, row.id] = row
        lookups = Lookups()
        lookups.add_value(row.type, row.value, dict(row.attributes))
        found.values |= dict.fromkeys(lookups.values, row)
    return found


FOUND = _found(CATALOG)


def _patched(form: Form, content: FormContent, /, **patch: Any) -> FormContent:
    """A content after a patch, as it is read from the log."""
    resolved = resolve(form, SCOPE, content, patch, FOUND)
    return decode(encode(resolved.content).text, form)


def _of(form: Form, /, **patch: Any) -> FormContent:
    return _patched(form, form.empty(), **patch)


def _merged(form: Form, base: FormContent, current: FormContent, proposed: FormContent) -> MergedForm:
    return merge(form, SCOPE, base, current, proposed)


def _two_patches(form: Form, base: FormContent, ours: State, theirs: State) -> MergedForm:
    return _merged(form, base, _patched(form, base, **ours), _patched(form, base, **theirs))


def _state(merged: MergedForm) -> Mapping[str, Any]:
    return merged.resolved.content.state


def _names(merged: MergedForm) -> list[str]:
    """The fields that both sides changed, each otherwise."""
    return [place.name for place in merged.places]


# -------------------------------------------------------------------------------------------- values with their ids


def test_a_value_and_its_id_are_one_place_and_theirs_is_taken() -> None:
    base = _of(PERSONA.form, name="old")

    merged = _two_patches(PERSONA.form, base, {"name": "ours"}, {"name": "theirs"})

    assert merged.places == (Place("name", "old", "theirs", "ours"),)
    assert _state(merged)["name"] == "theirs"
    assert _state(merged)["name_id"] == computed_id("acme", "ana", "names", "theirs")


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("name", "ours", "theirs"),
        ("description", "ours", None),
        ("instructions", None, "theirs"),
        ("color", "#111", "#222"),
    ],
)
def test_each_value_of_a_persona_overlaps_in_itself_alone(field: str, ours: str | None, theirs: str | None) -> None:
    base = _of(PERSONA.form, name="old", description="old", instructions="old", color="#000")

    merged = _two_patches(PERSONA.form, base, {field: ours}, {field: theirs})

    assert _names(merged) == [field]
    assert (_state(merged)[field], _state(merged)[f"{field}_id"] is None) == (
        {"#222": "#222222"}.get(theirs or "", theirs),
        theirs is None,
    )


def test_different_values_come_together() -> None:
    base = _of(PERSONA.form, name="old", description="old", color="#000")

    merged = _two_patches(PERSONA.form, base, {"name": "new", "color": None}, {"description": "new"})

    state = _state(merged)
    assert merged.places == ()
    assert (state["name"], state["description"], state["color"], state["color_id"]) == ("new", "new", None, None)


def test_one_new_value_of_both_sides_is_taken_once() -> None:
    base = _of(PERSONA.form, name="old", description="old")

    merged = _two_patches(
        PERSONA.form, base, {"name": "new", "description": "x"}, {"name": "new", "description": "old"}
    )

    assert merged.places == ()
    assert (_state(merged)["name"], _state(merged)["description"]) == ("new", "x")


@pytest.mark.parametrize(
    ("member", "type_"),
    [
        ("value_id", "values"),
        ("key_id", "keys"),
        ("endpoint_id", "endpoints"),
        ("temperature_level_id", "temperature_levels"),
        ("pricing_id", "pricing"),
        ("reasoning_level_id", "reasoning_levels"),
    ],
)
def test_a_reference_of_both_sides_overlaps(member: str, type_: str) -> None:
    base = _of(TEST.form, **{member: f"{type_}-0"})

    merged = _two_patches(TEST.form, base, {member: f"{type_}-1"}, {member: f"{type_}-2"})

    assert merged.places == (Place(member, f"{type_}-0", f"{type_}-2", f"{type_}-1"),)
    assert _state(merged)[member] == f"{type_}-2"


# ------------------------------------------------------------------------------------------------------ lists of ids


@pytest.mark.parametrize(
    ("form", "member", "type_"),
    [
        (PERSONA.form, "department_ids", "departments"),
        (PERSONA.form, "parameter_field_ids", "parameter_fields"),
        (PERSONA.form, "voice_ids", "voices"),
        (TOOL.form, "instruction_ids", "instructions"),
        (TOOL.form, "permission_ids", "permissions"),
        (EVAL.form, "department_ids", "departments"),
        (EVAL.form, "model_ids", "models"),
        (TEST.form, "modality_ids", "modalities"),
        (TEST.form, "quality_ids", "qualities"),
        (TEST.form, "voice_ids", "voices"),
    ],
)
def test_lists_of_ids_merge_as_sets(form: Form, member: str, type_: str) -> None:
    ids = [f"{type_}-{number}" for number in range(5)]
    base = _of(form, **{member: ids[:3]})

    merged = _two_patches(form, base, {member: [ids[1], ids[2], ids[3]]}, {member: [ids[4], ids[0], ids[2]]})

    assert merged.places == ()
    assert sorted(_state(merged)[member]) == [ids[2], ids[3], ids[4]]


def test_two_new_orders_of_ids_do_not_overlap() -> None:
    ids = [f"voices-{number}" for number in range(3)]
    base = _of(PERSONA.form, voice_ids=ids)

    merged = _two_patches(
        PERSONA.form, base, {"voice_ids": [ids[1], ids[0], ids[2]]}, {"voice_ids": [ids[0], ids[2], ids[1]]}
    )

    assert merged.places == ()
    assert sorted(_state(merged)["voice_ids"]) == ids


def test_examples_merge_with_their_texts_beside_them() -> None:
    base = _of(PERSONA.form, examples=["a", "b", "b"])

    merged = _two_patches(PERSONA.form, base, {"examples": ["b", "b", "ours"]}, {"examples": ["a", "b", "theirs"]})

    state = _state(merged)
    assert merged.places == ()
    assert sorted(state["examples"]) == ["b", "ours", "theirs"]
    assert [computed_id("acme", "ana", "examples", text) for text in state["examples"]] == state["example_ids"]


@pytest.mark.parametrize("side", [0, 1])
def test_a_list_that_one_side_changed_has_that_sides_order(side: int) -> None:
    base = _of(PERSONA.form, voice_ids=["voices-0", "voices-1"])
    edits: list[State] = [{"name": "else"}, {"name": "else"}]
    edits[side] = {"voice_ids": ["voices-2", "voices-1", "voices-0"]}

    merged = _two_patches(PERSONA.form, base, *edits)

    assert _state(merged)["voice_ids"] == ["voices-2", "voices-1", "voices-0"]


def test_a_merged_list_that_became_too_long_is_refused() -> None:
    form = PERSONA.form
    base = _of(form)
    ours, theirs = ({"examples": [f"{side} {number}" for number in range(600)]} for side in ("ours", "theirs"))

    with pytest.raises(InvalidFields) as refusal:
        _two_patches(form, base, ours, theirs)

    assert {problem.pointer for problem in refusal.value.problems} == {"/example_ids", "/examples"}
    assert {problem.code for problem in refusal.value.problems} == {"too_many_items"}


# ------------------------------------------------------------------------------------------------------------ flags


@pytest.mark.parametrize("kind", ["persona", "tool", "eval"])
@pytest.mark.parametrize(
    ("before", "ours", "theirs"),
    [(None, True, False), (None, False, True), (True, False, None), (False, None, True)],
)
def test_a_switch_that_both_sides_set_otherwise_overlaps(
    kind: str, before: bool | None, ours: bool | None, theirs: bool | None
) -> None:
    form = FORMS[kind]
    base = _of(form, active=before, flag_ids=["tone-a"])

    merged = _two_patches(form, base, {"active": ours}, {"active": theirs})

    assert merged.places == (Place("active", before, theirs, ours),)
    assert _state(merged)["active"] is theirs
    assert "tone-a" in _state(merged)["flag_ids"]
    assert len(_state(merged)["flag_ids"]) == (1 if theirs is None else 2)


def test_a_switch_here_and_a_flag_there_come_together() -> None:
    base = _of(PERSONA.form, active=False, flag_ids=["tone-a"])

    merged = _two_patches(PERSONA.form, base, {"active": True}, {"flag_ids": [*base.state["flag_ids"], "rank-b"]})

    state = _state(merged)
    assert merged.places == ()
    assert state["active"] is True
    assert {"tone-a", "rank-b"} < set(state["flag_ids"])
    assert len(state["flag_ids"]) == 3


@pytest.mark.parametrize("kind", FORMS)
def test_flags_of_different_types_come_together_and_one_type_has_one(kind: str) -> None:
    form = FORMS[kind]
    base = _of(form, flag_ids=["tone-a", "rank-a"])

    merged = _two_patches(form, base, {"flag_ids": ["tone-b", "rank-a"]}, {"flag_ids": ["rank-b", "tone-a", "untyped"]})

    assert merged.places == ()
    assert sorted(_state(merged)["flag_ids"]) == ["rank-b", "tone-b", "untyped"]


@pytest.mark.parametrize("kind", FORMS)
def test_flags_of_one_type_that_both_chose_otherwise_overlap_and_theirs_is_taken(kind: str) -> None:
    form = FORMS[kind]
    base = _of(form, flag_ids=["tone-a", "rank-a"])

    merged = _two_patches(form, base, {"flag_ids": ["tone-b", "rank-a"]}, {"flag_ids": ["tone-c", "rank-a"]})

    assert _names(merged) == ["flag_ids"]
    assert sorted(_state(merged)["flag_ids"]) == ["rank-a", "tone-c"]


def test_a_flag_deselected_here_and_replaced_there_overlaps() -> None:
    base = _of(PERSONA.form, flag_ids=["tone-a"])

    merged = _two_patches(PERSONA.form, base, {"flag_ids": []}, {"flag_ids": ["tone-b"]})

    assert _names(merged) == ["flag_ids"]
    assert _state(merged)["flag_ids"] == ["tone-b"]


@pytest.mark.parametrize("side", [0, 1])
def test_flags_that_one_side_changed_are_taken_as_they_are(side: int) -> None:
    base = _of(PERSONA.form, flag_ids=["tone-a", "rank-a"], active=True)
    changed = _patched(PERSONA.form, base, flag_ids=["rank-b", "tone-a"])
    named = _patched(PERSONA.form, base, name="else")

    merged = _merged(PERSONA.form, base, *([named, changed] if side else [changed, named]))

    assert _state(merged)["flag_ids"] == changed.state["flag_ids"]
    assert _state(merged)["active"] is None
    assert merged.places == ()


# ------------------------------------------------------------------------------------------------- flags of models


EVAL_OF_TWO_MODELS = _of(
    EVAL.form,
    model_ids=["models-0", "models-1"],
    model_flags=[{"model_id": "models-0", "flag_id": "tone-a"}, {"model_id": "models-1", "flag_id": "tone-a"}],
    model_position_ids=["position-0", "position-1"],
    model_rubric_ids=["rubric-0", "rubric-1"],
)


def _flags_of_models(merged: MergedForm) -> set[tuple[str, str, str]]:
    shown = _state(merged)["model_flag_values"]
    return {(one["model_id"], one["type"], one["value"]) for one in shown}


def test_flags_of_different_models_and_types_come_together() -> None:
    merged = _two_patches(
        EVAL.form,
        EVAL_OF_TWO_MODELS,
        {"model_flags": [{"model_id": "models-0", "flag_id": "tone-b"}]},
        {
            "model_flags": [
                {"model_id": "models-1", "flag_id": "tone-c"},
                {"model_id": "models-0", "flag_id": "rank-a"},
            ]
        },
    )

    assert merged.places == ()
    assert _flags_of_models(merged) == {
        ("models-0", "tone", "b"),
        ("models-1", "tone", "c"),
        ("models-0", "rank", "a"),
    }


@pytest.mark.parametrize("form", [EVAL.form, TEST.form], ids=["eval", "test"])
def test_a_flag_of_one_model_and_type_that_both_chose_otherwise_overlaps(form: Form) -> None:
    models = {"model_ids": ["models-0"]} if form is EVAL.form else {}
    base = _of(form, **models, model_flags=[{"model_id": "models-0", "flag_id": "tone-a"}])
    ours, theirs = ({"model_flags": [{"model_id": "models-0", "flag_id": f"tone-{value}"}]} for value in "bc")

    merged = _two_patches(form, base, ours, theirs)

    assert _names(merged) == ["model_flag_ids"]
    assert _flags_of_models(merged) == {("models-0", "tone", "c")}


@pytest.mark.parametrize(
    ("added", "member"),
    [
        ({"model_flags": [{"model_id": "models-1", "flag_id": "rank-a"}]}, "model_flag_ids"),
        ({"model_flags": [{"model_id": "models-1", "flag_id": "tone-b"}]}, "model_flag_ids"),
        ({"model_position_ids": ["position-0", "position-1", "position-4"]}, "model_position_ids"),
        ({"model_position_ids": ["position-0", "position-4"]}, "model_position_ids"),
        ({"model_rubric_ids": ["rubric-0", "rubric-1", "rubric-4"]}, "model_rubric_ids"),
    ],
)
@pytest.mark.parametrize("deselecting", ["ours", "theirs"])
def test_what_one_side_adds_to_a_model_that_the_other_deselects_is_never_lost_silently(
    deselecting: str, added: State, member: str
) -> None:
    edits = [{"model_ids": ["models-0"]}, added]
    ours, theirs = edits if deselecting == "ours" else edits[::-1]
    proposed = _patched(EVAL.form, EVAL_OF_TWO_MODELS, **theirs)

    merged = _two_patches(EVAL.form, EVAL_OF_TWO_MODELS, ours, theirs)

    assert member in _names(merged)
    assert sorted(_state(merged)[member]) == sorted(proposed.state[member])


def test_what_goes_with_a_model_is_told_beside_another_overlap_too() -> None:
    """The flags of one model overlap, and the rubric that is proposed for another one has no model any more."""
    base = EVAL_OF_TWO_MODELS

    merged = _two_patches(
        EVAL.form,
        base,
        {"model_ids": ["models-0"], "model_flags": [{"model_id": "models-0", "flag_id": "tone-b"}]},
        {
            "model_flags": [{"model_id": "models-0", "flag_id": "tone-c"}],
            "model_rubric_ids": [*base.state["model_rubric_ids"], "rubric-4"],
        },
    )

    assert "model_flag_ids" in _names(merged)
    assert "rubric-4" in _state(merged)["model_rubric_ids"] or "model_rubric_ids" in _names(merged)


def test_a_model_added_beside_what_is_lost_with_another_one_is_kept_or_told() -> None:
    base = EVAL_OF_TWO_MODELS

    merged = _two_patches(
        EVAL.form,
        base,
        {
            "model_ids": ["models-0", "models-1", "models-2"],
            "model_flags": [{"model_id": "models-1", "flag_id": "rank-a"}],
        },
        {"model_ids": ["models-0"]},
    )

    assert "model_flag_ids" in _names(merged)
    assert "models-2" in _state(merged)["model_ids"] or "model_ids" in _names(merged)


def test_what_belongs_to_a_deselected_model_goes_with_it_and_is_no_overlap() -> None:
    merged = _two_patches(
        EVAL.form,
        EVAL_OF_TWO_MODELS,
        {"model_ids": ["models-0"]},
        {"model_ids": ["models-0", "models-1", "models-2"], "model_rubric_ids": ["rubric-0", "rubric-1", "rubric-2"]},
    )

    state = _state(merged)
    assert merged.places == ()
    assert state["model_ids"] == ["models-0", "models-2"]
    assert state["model_position_ids"] == ["position-0"]
    assert state["model_rubric_ids"] == ["rubric-0", "rubric-2"]
    assert _flags_of_models(merged) == {("models-0", "tone", "a")}


# -------------------------------------------------------------------------------------------------------- arguments


def _arg(name: str, *outputs: str, **attributes: Any) -> State:
    return {"name": name, "outputs": [{"name": output} for output in outputs], **attributes}


def _edited_args(base: FormContent, **edits: State) -> State:
    """The arguments as shown, with some of them edited."""
    return {"args_drafts": [one | edits.get(one["name"], {}) for one in base.state["args_drafts"]]}


def _args(merged: MergedForm) -> list[str]:
    return [one["name"] for one in _state(merged)["args_drafts"]]


def _positions(merged: MergedForm) -> list[tuple[str, int]]:
    """The argument's name and place of each position, in the order of the ids."""
    rows = merged.resolved.content.rows
    held = [rows[id_].attributes for id_ in _state(merged)["arg_position_ids"]]
    return [(rows[one["args_id"]].value, one["value"]) for one in held]


TOOL_OF_THREE = _of(TOOL.form, args_drafts=[_arg("a", "x"), _arg("b"), _arg("c")])


def test_two_arguments_edited_one_on_each_side_come_together() -> None:
    base = TOOL_OF_THREE

    merged = _two_patches(
        TOOL.form, base, _edited_args(base, a={"description": "ours"}), _edited_args(base, c={"required": True})
    )

    shown = _state(merged)["args_drafts"]
    assert merged.places == ()
    assert _args(merged) == ["a", "b", "c"]
    assert (shown[0]["description"], shown[2]["required"]) == ("ours", True)
    assert [output["name"] for output in shown[0]["outputs"]] == ["x"]
    assert _positions(merged) == [("a", 0), ("b", 1), ("c", 2)]


def test_one_argument_edited_on_both_sides_overlaps_and_theirs_is_taken() -> None:
    base = TOOL_OF_THREE

    merged = _two_patches(
        TOOL.form, base, _edited_args(base, b={"description": "ours"}), _edited_args(base, b={"description": "theirs"})
    )

    assert _names(merged) == ["args_drafts"]
    assert [one["description"] for one in _state(merged)["args_drafts"]] == [None, "theirs", None]


def test_one_argument_edited_here_and_given_an_output_there_overlaps() -> None:
    base = TOOL_OF_THREE

    merged = _two_patches(
        TOOL.form, base, _edited_args(base, a={"required": True}), _edited_args(base, a={"outputs": [{"name": "y"}]})
    )

    assert _names(merged) == ["args_drafts"]
    assert [output["name"] for output in _state(merged)["args_drafts"][0]["outputs"]] == ["y"]


@pytest.mark.parametrize("removing", ["ours", "theirs"])
def test_an_argument_removed_on_one_side_and_edited_on_the_other_overlaps(removing: str) -> None:
    base = TOOL_OF_THREE
    kept = [one for one in base.state["args_drafts"] if one["name"] != "b"]
    edits = [{"args_drafts": kept}, _edited_args(base, b={"required": True})]
    ours, theirs = edits if removing == "ours" else edits[::-1]

    merged = _two_patches(TOOL.form, base, ours, theirs)

    assert _names(merged) == ["args_drafts"]
    assert _args(merged) == (["a", "b", "c"] if removing == "ours" else ["a", "c"])


def test_arguments_added_removed_and_moved_come_together_with_new_positions() -> None:
    base = TOOL_OF_THREE
    a, b, c = base.state["args_drafts"]

    merged = _two_patches(TOOL.form, base, {"args_drafts": [a, b, _arg("d")]}, {"args_drafts": [_arg("e"), b, a, c]})

    assert merged.places == ()
    assert _args(merged) == ["e", "b", "d", "a"]
    assert _positions(merged) == [("e", 0), ("b", 1), ("d", 2), ("a", 3)]


def test_two_new_orders_of_arguments_overlap() -> None:
    base = TOOL_OF_THREE
    a, b, c = base.state["args_drafts"]

    merged = _two_patches(TOOL.form, base, {"args_drafts": [b, a, c]}, {"args_drafts": [a, c, b]})

    assert _names(merged) == ["args_drafts"]
    assert _args(merged) == ["a", "c", "b"]


def test_an_argument_moved_here_is_edited_there_in_its_new_place() -> None:
    base = TOOL_OF_THREE
    a, b, c = base.state["args_drafts"]

    merged = _two_patches(TOOL.form, base, {"args_drafts": [c, b, a]}, _edited_args(base, a={"required": True}))

    assert merged.places == ()
    assert _args(merged) == ["c", "b", "a"]
    assert _state(merged)["args_drafts"][2]["required"] is True


@pytest.mark.parametrize(("ours", "theirs", "places"), [("x", "x", []), ("x", "y", ["args_drafts"])])
def test_an_argument_of_one_name_that_both_added_overlaps_where_it_is_not_the_same(
    ours: str, theirs: str, places: list[str]
) -> None:
    base = _of(TOOL.form, args_drafts=[_arg("a")])

    merged = _two_patches(
        TOOL.form,
        base,
        {"args_drafts": [*base.state["args_drafts"], _arg("new", description=ours)]},
        {"args_drafts": [_arg("first"), *base.state["args_drafts"], _arg("new", description=theirs)]},
    )

    assert _names(merged) == places
    assert _args(merged) == ["first", "a", "new"]
    assert _state(merged)["args_drafts"][2]["description"] == theirs


def test_arguments_that_share_a_name_are_one_value() -> None:
    base = _of(TOOL.form, args_drafts=[_arg("a"), _arg("a", description="other")])
    first, second = base.state["args_drafts"]

    merged = _two_patches(
        TOOL.form,
        base,
        {"args_drafts": [first | {"required": True}, second]},
        {"args_drafts": [first, second | {"required": True}]},
    )

    assert _names(merged) == ["args_drafts"]
    assert [one["required"] for one in _state(merged)["args_drafts"]] == [None, True]


@pytest.mark.parametrize("lookalikes", [(1, True), (0, False), ("1", 1)])
def test_an_argument_edited_to_a_lookalike_on_one_side_takes_it(lookalikes: tuple[Any, Any]) -> None:
    before, after = lookalikes
    base = _of(TOOL.form, args_drafts=[_arg("a", default_value=before), _arg("b")])

    merged = _two_patches(
        TOOL.form, base, _edited_args(base, b={"required": True}), _edited_args(base, a={"default_value": after})
    )

    (default, _) = (one["default_value"] for one in _state(merged)["args_drafts"])
    assert (type(default), default) == (type(after), after)
    assert merged.places == ()


def test_rows_that_a_merge_needs_anew_are_told_for_making() -> None:
    base = TOOL_OF_THREE
    a, b, c = base.state["args_drafts"]

    merged = _two_patches(TOOL.form, base, {"args_drafts": [b, c]}, {"args_drafts": [_arg("d"), a, b, c]})

    made = {row.id for row in merged.resolved.made}
    content = merged.resolved.content
    assert _positions(merged) == [("d", 0), ("b", 1), ("c", 2)]
    assert {id_ for id_ in content.state["arg_position_ids"] if id_ not in base.rows} <= made
    assert made <= content.rows.keys()
    assert all(row.private for row in merged.resolved.made)


def test_the_arguments_of_a_merge_that_is_one_side_keep_that_sides_positions() -> None:
    base = _of(TOOL.form, args=[{"name": "a"}, {"name": "b"}])
    ids = base.state["arg_ids"]
    ours = _patched(TOOL.form, base, args_outputs=[{"args_id": ids[0], "name": "x"}])
    both = _patched(TOOL.form, ours, arg_positions=[{"args_id": ids[0], "value": 7}, {"args_id": ids[1], "value": 3}])

    merged = _merged(TOOL.form, base, ours, both)

    assert merged.places == ()
    assert _state(merged)["args_drafts"] == both.state["args_drafts"]
    assert sorted(_positions(merged)) == [("a", 7), ("b", 3)]


@pytest.mark.parametrize("side", [0, 1])
def test_positions_that_one_side_gave_are_not_lost_where_the_other_edited_an_argument(side: int) -> None:
    base = _of(TOOL.form, args=[{"name": "a"}, {"name": "b"}])
    first, second = base.state["arg_ids"]
    placed = _patched(TOOL.form, base, arg_positions=[{"args_id": first, "value": 5}, {"args_id": second, "value": 9}])
    edited = _patched(TOOL.form, base, args_outputs=[{"args_id": first, "name": "x"}])

    merged = _merged(TOOL.form, base, *([placed, edited] if side else [edited, placed]))

    assert merged.places == ()
    assert _args(merged) == ["a", "b"]
    assert [name for name, _ in _positions(merged)] == ["a", "b"]


# ----------------------------------------------------------------------------------------------------- pending ids


def test_pending_ids_merge_as_a_set() -> None:
    voices = [f"voices-{number}" for number in range(4)]
    base = _of(PERSONA.form, voice_ids=voices, pending_ids=voices[:2])

    merged = _two_patches(
        PERSONA.form, base, {"pending_ids": [voices[1], voices[2]]}, {"pending_ids": [voices[0], voices[1], voices[3]]}
    )

    assert merged.places == ()
    assert sorted(_state(merged)["pending_ids"]) == voices[1:]


def test_an_id_deselected_here_and_made_pending_there_is_not_pending() -> None:
    base = _of(PERSONA.form, voice_ids=["voices-0", "voices-1"])

    merged = _two_patches(PERSONA.form, base, {"voice_ids": ["voices-1"]}, {"pending_ids": ["voices-0", "voices-1"]})

    assert _state(merged)["voice_ids"] == ["voices-1"]
    assert _state(merged)["pending_ids"] == ["voices-1"]


def test_an_id_selected_as_pending_on_one_side_stays_pending() -> None:
    base = _of(PERSONA.form, voice_ids=["voices-0"])

    merged = _two_patches(
        PERSONA.form,
        base,
        {"voice_ids": ["voices-0", "voices-1"], "pending_ids": ["voices-1"]},
        {"voice_ids": ["voices-2", "voices-0"]},
    )

    assert _state(merged)["pending_ids"] == ["voices-1"]


# ------------------------------------------------------------------------------------------------------- properties


def _known(type_: str) -> list[str]:
    return [row.id for row in CATALOG if row.type == type_]


# What a member may be sent as, but for those that depend on others.
SENT: dict[str, list[Any]] = {
    "name": ["a", "b", "c"],
    "description": ["a", "b", "c"],
    "instructions": ["a", "b", "c"],
    "color": ["#111", "#222", "#333"],
    "active": [True, False],
    "examples": ["e", "f", "g"],
    "flag_ids": _known("flags"),
    **{f"{type_[:-1]}_ids": _known(type_) for type_ in PLAIN if type_ not in ("modalities", "qualities")},
    "modality_ids": _known("modalities"),
    "quality_ids": _known("qualities"),
    "pricing_id": _known("pricing"),
    **{f"{type_[:-1]}_id": _known(type_) for type_ in (*SINGLE, "instructions") if type_ != "pricing"},
}


@dataclass(frozen=True)
class Editors:
    """Whoever fills in forms, by chance: a seed stands for all that they do."""

    chance: random.Random
    kind: str

    @property
    def form(self) -> Form:
        return FORMS[self.kind]

    def edited(self, content: FormContent) -> FormContent:
        """A content after a few patches."""
        for _ in range(self.chance.randrange(3)):
            content = _patched(self.form, content, **self._patch(content))
            if self.chance.random() < 0.3:
                content = _patched(self.form, content, pending_ids=self._some(_selected(content.state)))
        return content

    def _patch(self, content: FormContent) -> State:
        sent = [name for name in sorted(self.form.accepts & SENT.keys()) if self.chance.random() < 0.3]
        patch = {name: self._value(name) for name in sent}
        if self.chance.random() < 0.5:
            patch |= self._arguments(content) if self.kind == "tool" else {}
            patch |= self._models(content) if self.kind in ("eval", "test") else {}
        return patch

    def _value(self, name: str) -> Any:
        if name.endswith("_ids"):
            return self._some(SENT[name])
        if name == "examples":
            return self.chance.choices(SENT[name], k=self.chance.randrange(4))
        return self.chance.choice([None, *SENT[name]])

    def _arguments(self, content: FormContent) -> State:
        if self.chance.random() < 0.3:
            members = ("arg_ids", "arg_position_ids", "args_output_ids")
            kept = {name: self._most(content.state[name]) for name in members if self.chance.random() < 0.4}
            # What is sent with an argument must be of one that is selected.
            return kept if len(kept) < 2 else {"arg_ids": kept.get("arg_ids", content.state["arg_ids"])}
        drafts = [dict(one) for one in content.state["args_drafts"] if self.chance.random() < 0.8]
        for one in drafts:
            if self.chance.random() < 0.3:
                one["description"] = self.chance.choice("xyz")
            if self.chance.random() < 0.2:
                one["outputs"] = [*one["outputs"][:1], {"name": self.chance.choice("opq")}]
        for name in self._some("abcdef"):
            if all(one["name"] != name for one in drafts):
                drafts.insert(self.chance.randint(0, len(drafts)), _arg(name, *self._some("op")))
        if self.chance.random() < 0.3:
            self.chance.shuffle(drafts)
        return {"args_drafts": drafts}

    def _models(self, content: FormContent) -> State:
        models = [f"models-{number}" for number in range(3)]
        patch: State = {}
        if self.kind == "eval":
            patch["model_ids"] = models = self._some(models)
        owned = {row.id: row for row in CATALOG if row.attributes.get("model_id") in models}
        for member, type_ in (("model_position_ids", "model_positions"), ("model_rubric_ids", "model_rubrics")):
            if self.chance.random() < 0.5:
                patch[member] = self._some([id_ for id_, row in owned.items() if row.type == type_])
        if self.chance.random() < 0.5:
            patch["model_flag_ids"] = self._some(content.state["model_flag_ids"])
        flags = [row.id for row in CATALOG if row.type == "flags"]
        pairs = [{"model_id": model, "flag_id": self.chance.choice(flags)} for model in models]
        return patch | {"model_flags": [pair for pair in pairs if self.chance.random() < 0.5]}

    def _most(self, values: list[str]) -> list[str]:
        return [value for value in values if self.chance.random() < 0.7]

    def _some(self, values: Any) -> list[Any]:
        return self.chance.sample(list(values), self.chance.randint(0, min(len(values), 3)))


def _selected(state: Mapping[str, Any]) -> list[str]:
    ids = [id_ for name, value in state.items() if name.endswith("_ids") and name != "pending_ids" for id_ in value]
    return sorted({*ids, *(value for name, value in state.items() if name.endswith("_id") and value)})


@dataclass(frozen=True)
class Sides:
    """A form, its base, and what each of two sides made of it."""

    kind: str
    base: FormContent
    ours: FormContent
    theirs: FormContent

    @property
    def form(self) -> Form:
        return FORMS[self.kind]

    @classmethod
    def of(cls, kind: str, seed: int) -> Sides:
        editors = Editors(random.Random(f"{kind} {seed}"), kind)
        base = editors.edited(editors.edited(editors.form.empty()))
        return cls(kind, base, editors.edited(base), editors.edited(base))


SEEDS = st.integers(0, 2**64 - 1)
SIDES = st.builds(Sides.of, st.sampled_from(sorted(FORMS)), SEEDS)
SIDES_OF_TOOLS = st.builds(Sides.of, st.just("tool"), SEEDS)
SIDES_OF_EVALS = st.builds(Sides.of, st.just("eval"), SEEDS)


def _assert_consistent(kind: str, content: FormContent) -> None:
    """What is derived agrees with the ids, and every id with what it belongs to."""
    state, rows = content.state, content.rows
    assert tuple(state) == FORMS[kind].state
    assert set(state["pending_ids"]) <= set(_selected(state))
    for name, type_ in (("name", "names"), ("description", "descriptions"), ("instructions", "instructions")):
        if name in state:
            wanted = None if state[name] is None else computed_id("acme", "ana", type_, state[name])
            assert state[f"{name}_id"] == wanted
    types = [rows[id_].attributes["type"] for id_ in state["flag_ids"] if rows[id_].attributes.get("type")]
    assert len(types) == len(set(types))
    if "active" in state:
        values = [rows[id_].value for id_ in state["flag_ids"] if rows[id_].attributes.get("type") == f"{kind}_active"]
        assert state["active"] is {"true": True, "false": False, "": None}["".join(values)]
    if "examples" in state:
        assert len(state["examples"]) == len(state["example_ids"]) == len(set(state["example_ids"]))
    if kind == "tool":
        _assert_arguments_consistent(state, rows)
    if "model_flag_ids" in state:
        _assert_models_consistent(state, rows)


def _assert_arguments_consistent(state: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
    positions = [rows[id_].attributes for id_ in state["arg_position_ids"]]
    outputs = [rows[id_] for id_ in state["args_output_ids"]]
    place = {one["args_id"]: one["value"] for one in positions}
    assert len(place) == len(positions)
    assert {*place, *(one.attributes["args_id"] for one in outputs)} <= set(state["arg_ids"])
    assert state["args_outputs_ids"] == state["args_output_ids"]
    ordered = sorted(state["arg_ids"], key=lambda id_: (id_ not in place, place.get(id_, 0)))
    assert [one["id"] for one in state["args_drafts"]] == ordered
    for one in state["args_drafts"]:
        assert {name: one[name] for name in rows[one["id"]].attributes} == rows[one["id"]].attributes
        assert [output["id"] for output in one["outputs"]] == [
            output.id for output in outputs if output.attributes["args_id"] == one["id"]
        ]


def _assert_models_consistent(state: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
    pairs = [rows[id_].attributes for id_ in state["model_flag_ids"]]
    shown = [
        {"model_id": pair["model_id"], "type": rows[pair["flag_id"]].attributes.get("type"), "value": value}
        for pair in pairs
        for value in [rows[pair["flag_id"]].value]
    ]
    assert state["model_flag_values"] == shown
    typed = [(one["model_id"], one["type"]) for one in shown if one["type"]]
    assert len(typed) == len(set(typed))
    if "model_ids" in state:
        for member in ("model_flag_ids", "model_position_ids", "model_rubric_ids"):
            assert {rows[id_].attributes["model_id"] for id_ in state[member]} <= set(state["model_ids"])


@settings(max_examples=200)
@given(SIDES)
def test_a_merge_with_an_unchanged_form_is_the_other_side(sides: Sides) -> None:
    for current, proposed in ((sides.base, sides.theirs), (sides.theirs, sides.base)):
        merged = _merged(sides.form, sides.base, current, proposed)

        assert merged.resolved.content == sides.theirs
        assert merged.places == ()
        assert merged.resolved.made == ()


@settings(max_examples=100)
@given(SIDES)
def test_a_merge_of_one_change_made_twice_is_that_change(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.theirs, sides.theirs)

    assert merged.resolved.content == sides.theirs
    assert merged.places == ()


@settings(max_examples=400)
@given(SIDES)
def test_what_is_derived_agrees_with_the_ids_after_a_merge(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.ours, sides.theirs)

    for content in (sides.base, sides.ours, sides.theirs, merged.resolved.content):
        _assert_consistent(sides.kind, content)


@settings(max_examples=400)
@given(SIDES)
def test_a_merged_form_is_what_an_empty_patch_of_it_makes_and_what_the_log_gives_back(sides: Sides) -> None:
    content = _merged(sides.form, sides.base, sides.ours, sides.theirs).resolved.content

    patched = resolve(sides.form, SCOPE, content, {}, Found())

    assert patched.content == content
    assert decode(encode(content).text, sides.form).state == content.state


# Positions are numbered anew, an argument that is edited has other ids, and pending ids go with what they are about.
_FOLLOWING = {"arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids", "pending_ids"}


@settings(max_examples=400)
@given(SIDES)
def test_without_places_nothing_that_a_side_chose_is_lost_and_nothing_that_it_took_away_is_back(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.ours, sides.theirs)
    if merged.places:
        return

    base, state = sides.base.state, _state(merged)
    for side in (sides.ours.state, sides.theirs.state):
        for name in state.keys() - _FOLLOWING:
            if name.endswith("_ids"):
                assert set(side[name]) - set(base[name]) <= set(state[name])
                assert not (set(base[name]) - set(side[name])) & set(state[name])
            elif not isinstance(state[name], list) and side[name] != base[name]:
                assert state[name] == side[name]


@settings(max_examples=200)
@given(SIDES_OF_TOOLS)
def test_without_places_the_arguments_of_both_sides_are_there(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.ours, sides.theirs)
    if merged.places:
        return

    base, found = (_by_name(content) for content in (sides.base, merged.resolved.content))
    for side in (_by_name(sides.ours), _by_name(sides.theirs)):
        changed = {name: one for name, one in side.items() if one != base.get(name)}
        assert {name: found.get(name) for name in changed} == changed
        assert not (base.keys() - side.keys()) & found.keys()


@settings(max_examples=400)
@given(SIDES_OF_EVALS)
def test_every_list_of_models_from_which_something_is_lost_is_told(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.ours, sides.theirs)

    for name in ("model_ids", "model_flag_ids", "model_position_ids", "model_rubric_ids"):
        base, found = set(sides.base.state[name]), set(_state(merged)[name])
        added = [set(side.state[name]) - base for side in (sides.ours, sides.theirs)]
        assert name in _names(merged) or found >= added[0] | added[1]


def _by_name(content: FormContent) -> dict[str, Any]:
    return {one["name"]: one for one in content.state["args_drafts"]}


@settings(max_examples=400)
@given(SIDES)
def test_whichever_side_is_which_the_same_is_selected_where_nothing_overlaps(sides: Sides) -> None:
    one = _merged(sides.form, sides.base, sides.ours, sides.theirs)
    other = _merged(sides.form, sides.base, sides.theirs, sides.ours)

    assert bool(one.places) is bool(other.places)
    assert one.places or _selected(_state(one)) == _selected(_state(other))


@settings(max_examples=400)
@given(SIDES)
def test_a_place_is_a_member_that_both_sides_changed_with_its_three_values(sides: Sides) -> None:
    merged = _merged(sides.form, sides.base, sides.ours, sides.theirs)

    states = sides.base.state, sides.theirs.state, sides.ours.state
    assert len(set(_names(merged))) == len(merged.places)
    assert merged.places == tuple(Place(name, *(state[name] for state in states)) for name in _names(merged))


# ----------------------------------------------------------------------------------------------------- what changed


def test_the_fields_that_changed_are_told_in_the_order_of_the_form() -> None:
    base = _of(PERSONA.form, name="a", voice_ids=["voices-0"])

    found = changed_fields(base, _patched(PERSONA.form, base, voice_ids=[], name="b", active=True))

    assert [place.name for place in found] == ["name_id", "name", "flag_ids", "active", "voice_ids"]
    assert found[1] == Place("name", "a", "b")
    assert found[-1] == Place("voice_ids", ["voices-0"], [])


@given(SIDES)
def test_no_field_is_told_exactly_when_the_forms_are_the_same(sides: Sides) -> None:
    assert (changed_fields(sides.base, sides.theirs) == []) is (sides.base.state == sides.theirs.state)


def test_a_default_that_became_a_lookalike_is_a_changed_field() -> None:
    base = _of(TOOL.form, args_drafts=[_arg("a", default_value=1)])

    found = changed_fields(base, _patched(TOOL.form, base, **_edited_args(base, a={"default_value": True})))

    assert "args_drafts" in [place.name for place in found]


# ------------------------------------------------------------------------------------------------------ some fields


def test_a_chosen_value_takes_its_id_along_and_leaves_the_others() -> None:
    base = _of(PERSONA.form, name="old", description="old")
    proposed = _patched(PERSONA.form, base, name="new", description="new")

    for name in ("name", "name_id"):
        state = choose(PERSONA.form, SCOPE, base, proposed, [name]).state

        assert (state["name"], state["name_id"]) == (proposed.state["name"], proposed.state["name_id"])
        assert (state["description"], state["description_id"]) == ("old", base.state["description_id"])


@pytest.mark.parametrize("name", ["flag_ids", "active"])
def test_a_chosen_switch_takes_the_flags_along(name: str) -> None:
    base = _of(PERSONA.form, flag_ids=["tone-a"])
    proposed = _patched(PERSONA.form, base, active=True, name="new")

    chosen = choose(PERSONA.form, SCOPE, base, proposed, [name])

    assert chosen.state["active"] is True
    assert chosen.state["flag_ids"] == proposed.state["flag_ids"]
    assert chosen.state["name"] is None
    _assert_consistent("persona", chosen)


@pytest.mark.parametrize("name", ["model_ids", "model_flag_ids", "model_flag_values", "model_rubric_ids"])
def test_a_chosen_model_takes_its_flags_and_rubrics_along(name: str) -> None:
    base = _of(EVAL.form, name="old")
    proposed = _patched(EVAL.form, EVAL_OF_TWO_MODELS, name="new")

    chosen = choose(EVAL.form, SCOPE, base, proposed, [name])

    assert chosen.state == {**EVAL_OF_TWO_MODELS.state, "name": "old", "name_id": base.state["name_id"]}
    _assert_consistent("eval", chosen)


def test_chosen_examples_take_their_texts_along() -> None:
    base = _of(PERSONA.form, examples=["a"])
    proposed = _patched(PERSONA.form, base, examples=["b", "a"])

    for name in ("example_ids", "examples"):
        assert choose(PERSONA.form, SCOPE, base, proposed, [name]).state == proposed.state


def test_chosen_arguments_take_positions_and_outputs_along() -> None:
    base = _of(TOOL.form, name="old")
    proposed = _patched(TOOL.form, TOOL_OF_THREE, name="new")

    for name in ("arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids", "args_drafts"):
        chosen = choose(TOOL.form, SCOPE, base, proposed, [name])

        assert chosen.state["args_drafts"] == TOOL_OF_THREE.state["args_drafts"]
        assert chosen.state["name"] == "old"
        _assert_consistent("tool", chosen)


def test_a_pending_id_is_chosen_only_where_it_is_selected() -> None:
    base = _of(PERSONA.form, voice_ids=["voices-0"], department_ids=["departments-0"])
    proposed = _patched(
        PERSONA.form, base, voice_ids=["voices-0", "voices-1"], pending_ids=["voices-1", "departments-0"]
    )

    assert choose(PERSONA.form, SCOPE, base, proposed, ["pending_ids"]).state["pending_ids"] == ["departments-0"]
    assert choose(PERSONA.form, SCOPE, base, proposed, ["voice_ids"]).state["pending_ids"] == []
    assert choose(PERSONA.form, SCOPE, base, proposed, ["pending_ids", "voice_ids"]).state == proposed.state


@settings(max_examples=200)
@given(SIDES)
def test_all_changed_fields_together_are_the_proposal_and_none_the_base(sides: Sides) -> None:
    changed = [place.name for place in changed_fields(sides.base, sides.theirs)]

    assert choose(sides.form, SCOPE, sides.base, sides.theirs, changed) == sides.theirs
    assert choose(sides.form, SCOPE, sides.base, sides.theirs, []) == sides.base


@settings(max_examples=200)
@given(SIDES)
def test_one_chosen_field_is_as_proposed_and_leaves_a_form_that_agrees_with_itself(sides: Sides) -> None:
    for place in changed_fields(sides.base, sides.theirs):
        chosen = choose(sides.form, SCOPE, sides.base, sides.theirs, [place.name])

        assert chosen.state[place.name] == place.proposed or place.name == "pending_ids"
        _assert_consistent(sides.kind, chosen)


def test_fields_that_cannot_be_chosen_are_told_each_with_its_place_in_the_request() -> None:
    base = _of(PERSONA.form, name="old", description="old")
    proposed = _patched(PERSONA.form, base, name="new")

    with pytest.raises(InvalidFields) as refusal:
        choose(PERSONA.form, SCOPE, base, proposed, ["name", "nothing", "description", "draft_id", "/name", ""])

    assert [(problem.pointer, problem.code) for problem in refusal.value.problems] == [
        ("/accept_fields/1", "unknown_field"),
        ("/accept_fields/2", "not_proposed"),
        ("/accept_fields/3", "unknown_field"),
        ("/accept_fields/4", "unknown_field"),
        ("/accept_fields/5", "unknown_field"),
    ]
    assert refusal.value.total == 5


def test_of_many_fields_that_cannot_be_chosen_100_are_told_and_all_are_counted() -> None:
    base = _of(PERSONA.form)

    with pytest.raises(InvalidFields) as refusal:
        choose(PERSONA.form, SCOPE, base, base, ["nothing"] * 101)

    assert len(refusal.value.problems) == 100
    assert refusal.value.total == 101


def test_a_form_that_its_rows_make_too_large_is_refused_as_a_form() -> None:
    attributes = {"type": "tone", "text": "x" * 60_000}
    rows = {f"f{number}": Row(f"f{number}", "flags", "a", attributes) for number in range(80)}

    with pytest.raises(InvalidFields) as refusal:
        encode(FormContent(PERSONA.form.empty().state, rows))

    assert [(problem.pointer, problem.code) for problem in refusal.value.problems] == [("", "form_too_large")]
