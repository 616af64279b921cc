"""The model of the four forms: what a patch makes of a form_state, with made ids written as names.

An id that the server computes is a text here, `made:<type>:<what it was made of>`: whoever compares learns each id when
it is seen first, and then holds the server to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

State = dict[str, Any]
Problems = list[tuple[str, str]]

CATALOG = [json.loads(line) for line in Path("local/catalog.jsonl").read_text(encoding="utf-8").splitlines()]
ROWS: dict[tuple[str, str], dict[str, Any]] = {(row["type"], row["id"]): row for row in CATALOG if "id" in row}

_LISTS_BY_NAME = {"departments": "department_ids", "parameter_fields": "parameter_field_ids", "voices": "voice_ids"}
_MODELS = ("model_ids", "model_flag_ids", "model_flag_values", "model_position_ids", "model_rubric_ids")
ARGUMENTS = ("arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids", "args_drafts")
_TEST_SINGLES = ("key_id", "endpoint_id", "temperature_level_id", "pricing_id", "reasoning_level_id")

_NAMED = ("name_id", "name", "description_id", "description")
MEMBERS: dict[str, tuple[str, ...]] = {
    "persona": (
        *_NAMED,
        *("instructions_id", "instructions", "color_id", "color", "icon_id", "icon", "flag_ids", "active"),
        *("department_ids", "example_ids", "examples", "parameter_field_ids", "voice_ids", "pending_ids"),
    ),
    "tool": (
        *(*_NAMED, "flag_ids", "active", "department_ids", *ARGUMENTS),
        *("instruction_id", "instruction_ids", "permission_ids", "pending_ids"),
    ),
    "eval": (*_NAMED, "flag_ids", "active", "department_ids", *_MODELS, "pending_ids"),
    "test": (
        *(*_NAMED, "value_id", "flag_ids", "department_ids", "key_id", "endpoint_id", "modality_ids"),
        *_TEST_SINGLES[2:],
        *("quality_ids", "voice_ids", *_MODELS[1:], "pending_ids"),
    ),
}
_CHOSEN = {"name": "names", "description": "descriptions", "instructions": "instructions"}
_CHOSEN |= {"color": "colors", "icon": "icons"}


def empty(kind: str) -> State:
    """The form_state of a draft that nothing was sent to."""
    lists = ("examples", "args_drafts", "model_flag_values")
    return {name: [] if name.endswith("_ids") or name in lists else None for name in MEMBERS[kind]}


def made(type_: str, *of: str) -> str:
    return f"made:{type_}:{' '.join(of)}"


def groups(kind: str) -> list[tuple[str, ...]]:
    """The members of form_state that belong together, the pending ids last."""
    members = MEMBERS[kind]
    found: list[tuple[str, ...]] = [(f"{name}_id", name) for name in _CHOSEN if name in members]
    found += [("flag_ids", "active"), ("example_ids", "examples"), ARGUMENTS, _MODELS]
    found = [tuple(name for name in group if name in members) for group in found]
    grouped = {name for group in found for name in group}
    alone = [(name,) for name in members if name not in grouped and name != "pending_ids"]
    return [group for group in found if group] + alone + [("pending_ids",)]


def patched(kind: str, state: State, body: Mapping[str, Any]) -> tuple[State, Problems]:
    """What a patch makes of a form_state, or what is wrong with it; a list that is null is cleared."""
    new, problems = dict(state), Problems()
    for name, type_ in _CHOSEN.items():
        if name in state:
            new[f"{name}_id"], new[name] = _chosen(name, type_, state, body, problems)
    singles = {name for name in state if name.endswith("_id") and name[:-3] not in _CHOSEN}
    new |= {name: body[name] for name in body if name in singles}
    new |= {name: _unique(ids or []) for name, ids in body.items() if name.endswith("_ids")}
    for values, ids in _LISTS_BY_NAME.items():
        if values in body:
            new[ids] = _by_name(values, body.get(ids) or [], body[values] or [], problems)
    if "examples" in state:
        _examples(new, state, body)
    _flags(kind, new, state, body)
    if "args_drafts" in body:
        _arguments(new, body["args_drafts"] or [])
    if "model_flag_ids" in state:
        _models(new, state, body, problems)
    _pending(new, state, body, problems)
    return new, problems


def settled(state: State) -> State:
    """What follows from the ids: what belongs to a deselected model goes, and pending ids that are not selected."""
    new = dict(state)
    if "model_flag_ids" in new:
        _models(new, new, {}, Problems())
    _pending(new, new, {}, Problems())
    return new


def _unique(items: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def _chosen(name: str, type_: str, now: State, body: Mapping[str, Any], problems: Problems) -> tuple[Any, Any]:
    """A value with its id: the id beats the value, but the id that is there with another value is an edit."""
    before = (now[f"{name}_id"], now[name])
    id_, value = body.get(f"{name}_id"), body.get(name)
    if id_ is not None and (id_ != before[0] or name not in body):
        return before if id_ == before[0] else (id_, ROWS[type_, id_]["value"])
    if value is None:
        return (None, None) if name in body or f"{name}_id" in body else before
    if id_ == before[0] and value == before[1]:
        return before
    if type_ in ("colors", "icons"):
        return _of_catalog(name, type_, value, before, problems)
    return made(type_, value), value


def _of_catalog(name: str, type_: str, value: str, before: tuple[Any, Any], problems: Problems) -> tuple[Any, Any]:
    wanted = value.lower()
    if type_ == "colors" and len(wanted) == 4 and wanted.startswith("#"):
        wanted = "#" + "".join(digit * 2 for digit in wanted[1:])
    for (other, id_), row in ROWS.items():
        if other == type_ and wanted in (row["value"].lower(), row["attributes"]["name"].lower()):
            return id_, row["value"]
    if wanted.startswith("#"):
        return made("colors", wanted), wanted
    problems.append((f"/{name}", "bad_color" if type_ == "colors" else "no_match"))
    return before


def _by_name(type_: str, ids: list[str], values: list[str], problems: Problems) -> list[str]:
    found = list(ids)
    for index, value in enumerate(values):
        wanted = " ".join(value.split()).lower()
        matches = [id_ for (other, id_), row in ROWS.items() if other == type_ and row["value"].lower() == wanted]
        found += matches
        if not matches:
            problems.append((f"/{type_}/{index}", "no_match"))
    return _unique(found)


def _examples(new: State, state: State, body: Mapping[str, Any]) -> None:
    texts = dict(zip(state["example_ids"], state["examples"], strict=True))
    written = {made("examples", text): text for text in body.get("examples") or []}
    texts |= written
    texts |= {id_: ROWS["examples", id_]["value"] for id_ in body.get("example_ids") or [] if id_ not in texts}
    if "examples" in body and "example_ids" not in body:
        new["example_ids"] = []
    shown = {texts[id_] for id_ in new["example_ids"]}
    added = [id_ for id_, text in written.items() if text not in shown]
    new["example_ids"] = _unique([*new["example_ids"], *added])
    new["examples"] = [texts[id_] for id_ in new["example_ids"]]


def _flag_of(type_: str, value: str) -> str:
    flags = [row for (other, _), row in ROWS.items() if other == "flags" and row["value"] == value]
    return next(str(row["id"]) for row in flags if row["attributes"]["type"] == type_)


def _type_of_flag(id_: str) -> str:
    return str(ROWS["flags", id_]["attributes"]["type"])


def _one_of_each(ids: list[str], now: list[str], type_of: Callable[[str], Any]) -> list[str]:
    """One id of each type: a newly selected one evicts the other, of two new ones the last stays."""
    kept = {type_of(id_): id_ for id_ in sorted(ids, key=lambda id_: id_ not in now)}
    return [id_ for id_ in ids if kept[type_of(id_)] == id_]


def _flags(kind: str, new: State, state: State, body: Mapping[str, Any]) -> None:
    now, own = state["flag_ids"], f"{kind}_active"
    ids = _one_of_each(new["flag_ids"], now, _type_of_flag)
    if "active" in state and "active" in body:
        switch = {True: [f"{kind}-active-true"], False: [f"{kind}-active-false"], None: []}[body["active"]]
        ids = [id_ for id_ in ids if _type_of_flag(id_) != own] + switch
    new["flag_ids"] = sorted(ids, key=lambda id_: now.index(id_) if id_ in now else len(now))
    if "active" in state:
        new["active"] = next((id_.endswith("true") for id_ in ids if _type_of_flag(id_) == own), None)


def _arguments(new: State, drafts: list[dict[str, Any]]) -> None:
    """The arguments as one list: its order is their order."""
    shown = []
    for draft in drafts:
        own = {name: draft.get(name) for name in ("name", "field_type", "description", "required", "default_value")}
        id_ = made("args", json.dumps(own))
        pairs = [{"name": one["name"], "template": one.get("template")} for one in draft.get("outputs") or []]
        outputs = [{"id": made("args_outputs", id_, json.dumps(one)), **one} for one in pairs]
        shown.append({"id": id_, **own, "outputs": outputs})
    place(new, shown)


def place(new: State, shown: list[dict[str, Any]]) -> None:
    """Set what follows from the arguments as they are shown."""
    new["args_drafts"] = shown
    new["arg_ids"] = [one["id"] for one in shown]
    new["arg_position_ids"] = [made("arg_positions", one["id"], str(index)) for index, one in enumerate(shown)]
    new["args_output_ids"] = [output["id"] for one in shown for output in one["outputs"]]
    new["args_outputs_ids"] = list(new["args_output_ids"])


def flag_parts(id_: str) -> tuple[str, str, str]:
    """Model, type and flag of a model's flag."""
    model, flag = id_.removeprefix("made:model_flags:").split(" ")
    return model, _type_of_flag(flag), flag


def _models(new: State, state: State, body: Mapping[str, Any], problems: Problems) -> None:
    models = new.get("model_ids")
    ids = list(new["model_flag_ids"])
    if "model_flag_values" in body and "model_flag_ids" not in body:
        ids = []
    wanted = [
        (f"/model_flags/{index}", one["model_id"], one["flag_id"])
        for index, one in enumerate(body.get("model_flags") or [])
    ]
    wanted += [
        (f"/model_flag_values/{index}", one["model_id"], _flag_of(one["type"], one["value"]))
        for index, one in enumerate(body.get("model_flag_values") or [])
    ]
    for at, model, flag in wanted:
        if models is None or model in models:
            ids.append(made("model_flags", model, flag))
        elif model not in state["model_ids"]:
            problems.append((f"{at}/model_id", "not_selected"))
    if models is not None:
        ids = [id_ for id_ in ids if flag_parts(id_)[0] in models]
    ids = _one_of_each(_unique(ids), state["model_flag_ids"], lambda id_: flag_parts(id_)[:2])
    new["model_flag_ids"] = ids
    new["model_flag_values"] = [
        {"model_id": model, "type": type_, "value": ROWS["flags", flag]["value"]}
        for model, type_, flag in map(flag_parts, ids)
    ]
    for member in ("model_position_ids", "model_rubric_ids"):
        for index, id_ in enumerate(new[member] if models is not None else []):
            if _model_of(member, id_) not in (models or []) and id_ not in state[member]:
                problems.append((f"/{member}/{index}", "not_selected"))
        new[member] = [id_ for id_ in new[member] if models is None or _model_of(member, id_) in models]


def _model_of(member: str, id_: str) -> str:
    return str(ROWS[member.removesuffix("_ids") + "s", id_]["attributes"]["model_id"])


def selected(state: State) -> set[str]:
    """Every id that a form selects."""
    ids = {value for name, value in state.items() if name.endswith("_id") and value}
    lists = (value for name, value in state.items() if name.endswith("_ids") and name != "pending_ids")
    return ids.union(*lists)


def _pending(new: State, state: State, body: Mapping[str, Any], problems: Problems) -> None:
    chosen = selected(new)
    if "pending_ids" not in body:
        new["pending_ids"] = [id_ for id_ in state["pending_ids"] if id_ in chosen]
        return
    for index, id_ in enumerate(body["pending_ids"] or []):
        if id_ not in chosen:
            problems.append((f"/pending_ids/{index}", "not_selected"))
