"""Two versions of a form put together: fields that one side changed are taken from it, lists of ids merge as sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from draftkeep import merging
from draftkeep.catalog import Found, Scope
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, Place, Problem
from draftkeep.merging import ListRule, Path, is_same
from draftkeep.resolver.engine import PENDING, Form, Resolved, resolve
from draftkeep.resolver.fields import Field
from draftkeep.resolver.work import FormContent, Work

_SET = ListRule(key=lambda id_: id_, ordered=False)
_NAMED = ListRule(key=lambda bundle: bundle["name"])
# Positions are numbered anew, and the second list of outputs is another name of the first.
_FOLLOWING = frozenset({PENDING, "arg_position_ids", "args_outputs_ids"})


@dataclass(frozen=True, slots=True)
class MergedForm:
    """A merged form with the rows to be made for it, and the fields that both sides changed, each otherwise."""

    resolved: Resolved
    places: tuple[Place, ...]


def changed_fields(base: FormContent, proposed: FormContent) -> list[Place]:
    """The members of form_state that differ, in their order."""
    return [
        Place(name, base.state[name], value)
        for name, value in proposed.state.items()
        if not is_same(base.state[name], value)
    ]


def choose(form: Form, scope: Scope, base: FormContent, proposed: FormContent, names: Sequence[str]) -> FormContent:
    """The base with only some of the proposed fields; what belongs together goes together: a value with its id.

    names: members of form_state that the proposal changes
    Raises: InvalidFields (an unknown name, or one that is not changed), with pointers into `accept_fields`
    """
    changed = {place.name for place in changed_fields(base, proposed)}
    problems = []
    for index, name in enumerate(names):
        at = pointer(("accept_fields", index))
        if name not in form.state:
            problems.append(Problem(at, "unknown_field", "form_state has no such field."))
        elif name not in changed:
            problems.append(Problem(at, "not_proposed", "The proposal does not change this field."))
    if problems:
        raise InvalidFields(problems)
    state = dict(base.state)
    for group in _groups(form):
        if any(name in group for name in names):
            state |= {name: proposed.state[name] for name in group}
    return _settled(form, scope, FormContent(state, {**base.rows, **proposed.rows})).content


def merge(form: Form, scope: Scope, base: FormContent, current: FormContent, proposed: FormContent) -> MergedForm:
    """Put what was proposed into what the form has become.

    Returns: the merged form; where both sides changed a field otherwise, it has what was proposed
    Raises: InvalidFields (a list that became too long)
    """
    work = Work(scope, {}, current.state, Found(), {**current.rows, **proposed.rows})
    overlapping: dict[str, None] = {}
    for group, field in zip(_groups(form), (*form.fields, None), strict=True):
        whole = _only_one_changed(group, base, current, proposed)
        if whole is not None:
            work.state |= whole
            continue
        before, ours, theirs = (_view(field, side) for side in (base, current, proposed))
        merged = merging.merge(before, ours, theirs, _rule_of)
        overlapping |= dict.fromkeys(str(overlap.at[0]) for overlap in merged.overlaps)
        if field is None:
            work.state[PENDING] = merged.value[PENDING]
        else:
            field.restore(work, merged.value, (current, proposed))
    joined = {**current.state, **work.state}
    settled = _settled(form, scope, FormContent(joined, work.rows))
    lost = _lost(joined, settled.content.state, base.state)
    if lost:
        # There, too, what was proposed goes over what is: with all that belongs to it.
        for group in _groups(form):
            if lost & set(group):
                work.state |= {name: proposed.state[name] for name in group}
                differing = (name for name in group if not is_same(current.state[name], proposed.state[name]))
                overlapping |= dict.fromkeys(name for name in differing if name not in _FOLLOWING)
        settled = _settled(form, scope, FormContent({**current.state, **work.state}, work.rows))
    places = tuple(Place(name, base.state[name], proposed.state[name], current.state[name]) for name in overlapping)
    made = tuple(row for row in work.made.values() if row.id in settled.content.rows)
    return MergedForm(Resolved(settled.content, made), places)


def _groups(form: Form) -> list[tuple[str, ...]]:
    """The members of form_state that belong together, field by field, the pending ids last."""
    return [*(tuple(field.shows) for field in form.fields), (PENDING,)]


def _only_one_changed(
    group: Sequence[str], base: FormContent, current: FormContent, proposed: FormContent
) -> dict[str, Any] | None:
    """A group's members, when one side at most has changed them."""
    before, ours, theirs = ({name: side.state[name] for name in group} for side in (base, current, proposed))
    if is_same(before, ours):
        return theirs
    return ours if is_same(before, theirs) or is_same(ours, theirs) else None


def _view(field: Field | None, content: FormContent) -> dict[str, Any]:
    return field.view(content) if field else {PENDING: content.state[PENDING]}


_BY_ID = ListRule(key=lambda one: one["id"] if isinstance(one, dict) else None)
_MODEL_FLAGS = ListRule(key=lambda one: (one["model_id"], one["type"]) if isinstance(one, dict) else None)


def form_rule_of(at: Path) -> ListRule | None:
    """How the items of the lists of a form_state are told apart."""
    if at[0] == "args_drafts":
        return _BY_ID
    if at[0] == "model_flag_values":
        return _MODEL_FLAGS
    return _SET if len(at) == 1 and str(at[0]).endswith("_ids") else None


def _rule_of(at: Path) -> ListRule | None:
    if at == ("args_drafts",):
        return _NAMED
    return _SET if len(at) == 1 and str(at[0]).endswith("_ids") else None


def _settled(form: Form, scope: Scope, content: FormContent) -> Resolved:
    """What follows from the ids, made anew; what belongs to something that is not selected any more goes."""
    return resolve(form, scope, content, {}, Found())


def _lost(joined: Mapping[str, Any], settled: Mapping[str, Any], base: Mapping[str, Any]) -> set[str]:
    """The lists in which something that a side selected went with what the other side deselected."""
    return {
        name
        for name, ids in joined.items()
        if name.endswith("_ids") and name not in _FOLLOWING and set(ids) - set(settled[name]) - set(base[name])
    }
