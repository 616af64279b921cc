"""The model of accepting: what was proposed is merged into what the draft has become, or a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.machine import forms
from tests.machine.forms import State
from tests.machine.merging import as_json, differing, merge, nested, pointer

Content = dict[str, Any]


def merged_agent(base: Content, ours: Content, theirs: Content) -> tuple[Content, set[str]]:
    """The merged payload, and the pointers into theirs where both changed something otherwise."""
    if base == ours:
        return theirs, set()
    value, overlaps = merge(nested(base), nested(ours), nested(theirs))
    return as_json(value), {pointer(at, theirs, base, ours) for at in overlaps}


def part_of_agent(base: Content, proposed: Content, members: Sequence[str]) -> Content:
    """The base with some of the proposed top-level members."""
    kept = {name: value for name, value in base.items() if name not in members}
    return kept | {name: value for name, value in proposed.items() if name in members}


def is_valid_agent(content: Content) -> bool:
    """Whether every approval names a declared slot."""
    slots = {slot["name"] for slot in content.get("slots", [])}
    steps = content.get("flow", {}).get("steps", [])
    return all(step["humanApproval"]["slotName"] in slots for step in steps if "humanApproval" in step)


def part_of_form(kind: str, base: State, proposed: State, members: Sequence[str]) -> State:
    """The base with some of the proposed members, and what belongs to them."""
    new = dict(base)
    for group in forms.groups(kind):
        if set(group) & set(members):
            new |= {name: proposed[name] for name in group}
    return forms.settled(new)


def merged_form(kind: str, base: State, ours: State, theirs: State) -> tuple[State, set[str]]:
    """The merged form, and the fields that both changed otherwise."""
    new, conflicts = dict(ours), set[str]()
    for group in forms.groups(kind):
        before, mine, other = ({name: side[name] for name in group} for side in (base, ours, theirs))
        if other in (before, mine):
            continue
        if mine == before:
            new |= other
            continue
        value, overlaps = merge(_view(group, base), _view(group, ours), _view(group, theirs))
        conflicts |= {str(at[0]) for at in overlaps}
        _set(new, group, value, ours, theirs)
    result = forms.settled(new)
    lost = {name for name in result if name.endswith("_ids") and set(new[name]) - set(result[name]) - set(base[name])}
    for group in forms.groups(kind):
        if set(group) & (lost - {"pending_ids"}):
            # What one side selected went with what the other one deselected: there the proposal goes over it.
            new |= {name: theirs[name] for name in group}
            conflicts |= {name for name in group if ours[name] != theirs[name]}
            result = forms.settled(new)
    return result, conflicts


def _view(group: Sequence[str], state: State) -> dict[str, Any]:
    """What a merge compares: single values whole, lists as sets, flags by type, arguments by name."""
    if "flag_ids" in group:
        flags = {str(forms.ROWS["flags", id_]["attributes"]["type"]): id_ for id_ in state["flag_ids"]}
        own = next((flags.pop(type_) for type_ in list(flags) if type_.endswith("_active")), None)
        return {"active": own, "flag_ids": flags}
    if "args_drafts" in group:
        return {"args_drafts": {one["name"]: [one] for one in state["args_drafts"]}}
    if "examples" in group:
        return {"example_ids": dict(zip(state["example_ids"], state["examples"], strict=True))}
    view: dict[str, Any] = {name: {id_: id_ for id_ in state[name]} for name in group if name.endswith("_ids")}
    if "model_flag_ids" in group:
        view["model_flag_ids"] = {forms.flag_parts(id_)[:2]: id_ for id_ in state["model_flag_ids"]}
    return view or {group[-1]: [state[name] for name in group]}


def _set(new: State, group: Sequence[str], view: dict[str, Any], ours: State, theirs: State) -> None:
    if "flag_ids" in group:
        chosen = [*view["flag_ids"].values(), *([view["active"]] if view["active"] else [])]
        new["flag_ids"] = _in_order(chosen, ours["flag_ids"], theirs["flag_ids"])
        if "active" in group:
            new["active"] = view["active"].endswith("true") if view["active"] else None
    elif "args_drafts" in group:
        forms.place(new, [view["args_drafts"][name][0] for name in sorted(view["args_drafts"])])
    elif "examples" in group:
        new["example_ids"] = sorted(view["example_ids"])
        new["examples"] = [view["example_ids"][id_] for id_ in new["example_ids"]]
    elif group[-1] in view and isinstance(view[group[-1]], list):
        new |= dict(zip(group, view[group[-1]], strict=True))
    else:
        new |= {name: sorted(ids) for name, ids in view.items()}
        if "model_flag_ids" in group:
            ids = view["model_flag_ids"].values()
            new["model_flag_ids"] = _in_order(ids, ours["model_flag_ids"], theirs["model_flag_ids"])


def _in_order(ids: Any, *lists: list[str]) -> list[str]:
    wanted = set(ids)
    return list(dict.fromkeys(id_ for one in lists for id_ in one if id_ in wanted))


def changed(base: Content, proposed: Content, by_pointer: bool) -> set[str]:
    """Where a proposal changes its base: pointers of a payload, members of a form."""
    if not by_pointer:
        return {name for name in proposed if proposed[name] != base[name]}
    return {pointer(at, proposed, base) for at in differing(nested(base), nested(proposed))}
