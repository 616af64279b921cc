"""What is sent: payloads of agents, and patches of forms in the catalog's words. Small sets, so that things meet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from tests.machine.model import Content

Body = dict[str, Any]
_Bodies = st.SearchStrategy[Body]

TEXTS = st.sampled_from(["a", "b", "é ☃", ' "quoted"\n'])


def _some(*choices: Any, most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(choices), unique_by=repr, max_size=most)


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, st.none())


# ----------------------------------------------------------------------------------------------------- agents

_STEPS = st.fixed_dictionaries(
    {"type": st.sampled_from(["ENTRY_POINT", "EXIT_POINT", "AGENT"]), "prompt": TEXTS},
    optional={"humanApproval": st.fixed_dictionaries({"slotName": st.sampled_from("xy")}), "more": st.just([1, None])},
)
_ENDS = (("s1", "s2"), ("s2", "s1"))


@st.composite
def payloads(draw: st.DrawFn) -> Content:
    """A payload whose lists are in the order of their names; an approval may name a slot that is not declared."""
    steps = [{"id": id_, **draw(_STEPS)} for id_ in sorted(draw(_some("s1", "s2")))]
    slots = [{"name": name} | draw(st.sampled_from([{}, {"requiredKind": "k"}])) for name in sorted(draw(_some(*"xy")))]
    edges = [{"source": source, "target": target} for source, target in sorted(draw(_some(*_ENDS)))]
    content: Content = {
        "flow": {"edges": edges, "steps": steps},
        "integrationBindings": dict.fromkeys(draw(_some("one", "two")), "i"),
        "slots": slots,
    }
    comment = draw(st.one_of(st.just("absent"), _or_null(TEXTS)))
    return content if comment == "absent" else content | {"comment": comment}


MEMBERS = st.sampled_from(["comment", "flow", "slots", "integrationBindings"])


def edits(content: Content, members: st.SearchStrategy[str] = MEMBERS) -> st.SearchStrategy[Content]:
    """A payload that differs from a content in one member; disjoint from most others."""
    return st.tuples(members, payloads()).map(
        lambda drawn: content | {name: value for name, value in drawn[1].items() if name == drawn[0]}
    )


# ------------------------------------------------------------------------------------------------------ forms

_MODEL_IDS = ("atlas-large", "borealis")
_MODEL_FLAGS = [
    {"model_id": model, "type": type_, "value": value}
    for model in _MODEL_IDS
    for type_, value in (("streaming", "true"), ("streaming", "false"), ("reasoning_effort", "high"))
]
_PAIRS = [{"model_id": model, "flag_id": flag} for model in _MODEL_IDS for flag in ("streaming-true", "safety-strict")]
_OUTPUTS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("mn")}, optional={"template": TEXTS}),
    max_size=2,
    unique_by=lambda one: one["name"],
)
_ARGUMENT = st.fixed_dictionaries(
    {"field_type": st.sampled_from(["string", "number"])},
    optional={"required": st.booleans(), "default_value": st.sampled_from([0, False, {"a": [1]}]), "outputs": _OUTPUTS},
)


@st.composite
def _arguments(draw: st.DrawFn) -> list[Body]:
    return [{"name": name, **draw(_ARGUMENT)} for name in sorted(draw(_some("p", "q")))]


_NAMED: dict[str, st.SearchStrategy[Any]] = {
    "name": _or_null(TEXTS),
    "description": _or_null(TEXTS),
}
_BY_ID: dict[str, st.SearchStrategy[Any]] = {
    "name_id": _or_null(st.sampled_from(["support-agent", "tone-check"])),
    "department_ids": _or_null(_some("legal", "sales", "finance")),
}
_FLAGS = {"active": _or_null(st.booleans()), "flag_ids": _or_null(_some("safety-strict", "safety-standard", most=2))}
_DEPARTMENTS = {"departments": _or_null(_some("Legal", " SALES ", "finance", "Magic"))}
_MODELS = {
    "model_flag_values": _or_null(_some(*_MODEL_FLAGS)),
    "model_flags": _some(*_PAIRS, most=2),
    "model_position_ids": _or_null(_some("atlas-large-place-1", "borealis-place-3")),
    "model_rubric_ids": _or_null(_some("atlas-large-helpfulness", "borealis-helpfulness")),
}
_PENDING = {"pending_ids": _or_null(_some("legal", "sales", "finance", most=2))}
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "persona": _NAMED
    | _BY_ID
    | _FLAGS
    | _DEPARTMENTS
    | _PENDING
    | {
        "instructions": _or_null(TEXTS),
        "instructions_id": _or_null(st.just("hand-over")),
        "color": _or_null(st.sampled_from(["#F09", "#ff0099", "#123456", "#D92D20", "Red", "puce"])),
        "color_id": _or_null(st.sampled_from(["color-red", "color-black"])),
        "icon": _or_null(st.sampled_from(["chat", "Star", "no icon"])),
        "icon_id": _or_null(st.just("icon-bolt")),
        "examples": _or_null(_some("one", "two", "three")),
        "example_ids": _or_null(_some("late-parcel", "wrong-size")),
        "voices": _some("alloy", "Coral", "sage"),
        "voice_ids": _some("voice-alloy", "voice-verse"),
        "parameter_fields": _some("order  NUMBER", "Region"),
    },
    "tool": _NAMED
    | _BY_ID
    | _FLAGS
    | _PENDING
    | {
        "args_drafts": _or_null(_arguments()),
        "instruction_id": _or_null(st.just("hand-over")),
        "instruction_ids": _or_null(_some("hand-over", "polite-and-brief")),
        "permission_ids": _or_null(_some("read-orders", "refund-orders", "read-customers")),
    },
    "eval": _NAMED | _BY_ID | _FLAGS | _DEPARTMENTS | _PENDING | _MODELS | {"model_ids": _or_null(_some(*_MODEL_IDS))},
    "test": _NAMED
    | _BY_ID
    | _PENDING
    | _MODELS
    | {
        "flag_ids": _FLAGS["flag_ids"],
        "value_id": _or_null(st.sampled_from(["late-parcel", "wrong-size"])),
        "key_id": _or_null(st.just("staging-key")),
        "modality_ids": _or_null(_some("modality-text", "modality-image", "modality-audio")),
        "quality_ids": _or_null(_some("quality-tone", "quality-safety")),
        "temperature_level_id": _or_null(st.sampled_from(["temperature-precise", "temperature-creative"])),
        "voice_ids": _or_null(_some("voice-alloy", "voice-verse")),
    },
}


def patches(kind: str, among: Collection[str] = ()) -> _Bodies:
    """A patch of one to four members. among: the members to choose from, if there are any"""
    names = st.lists(st.sampled_from(sorted(among or FIELDS[kind])), min_size=1, max_size=4, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: FIELDS[kind][name] for name in chosen}))
