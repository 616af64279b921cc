"""Flags, and flags of models: one per type, the newly selected one evicts the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from draftkeep.canonical import canonical_text, clip
from draftkeep.catalog import Found, Lookups
from draftkeep.resolver.fields import Plain, selection
from draftkeep.resolver.work import FormContent, Work, ask, unique
from draftkeep.resources import Row

FLAGS = "flags"
MODEL_FLAGS = "model_flags"


@dataclass(frozen=True)
class Flags(Plain):
    """The flags of a form, and the one that is shown as a switch.

    active: the switch's member, None where a kind has none; active_type: the type of its flag
    The switch beats the ids; its flag is made on first use.
    """

    active: str | None = None
    active_type: str = ""

    ids: str = "flag_ids"

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.ids, self.active) if self.active else (self.ids,)

    @property
    def shows(self) -> tuple[str, ...]:
        return self.accepts

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        ask(lookups, FLAGS, patch.get(self.ids) or [])
        if self.active and isinstance(patch.get(self.active), bool):
            lookups.add_value(FLAGS, _text(patch[self.active]), {"type": self.active_type})

    def apply(self, work: Work) -> None:
        now = work.before[self.ids]
        ids = selection(work, self.ids, FLAGS, track=True)
        ids = _one_of_each(ids, now, lambda id_: _flag_type(work.rows.get(id_)))
        if self.active and work.sends(self.active):
            ids = [id_ for id_ in ids if _flag_type(work.rows.get(id_)) != self.active_type]
            if work.patch[self.active] is not None:
                switch = self._switch(work, _text(work.patch[self.active]))
                if work.usable(switch, (self.active,), now):
                    ids.append(work.track(switch))
        # Kept in the place that it had, so that an echo of the form changes nothing.
        ids.sort(key=lambda id_: now.index(id_) if id_ in now else len(now))
        work.state[self.ids] = ids
        if self.active:
            work.state[self.active] = self._shown(work, ids)

    def view(self, content: FormContent) -> dict[str, Any]:
        by_type = {_group(_flag_type(content.rows.get(id_)), id_): id_ for id_ in content.state[self.ids]}
        switch = {self.active: by_type.pop(_group(self.active_type, ""), None)} if self.active else {}
        return switch | {self.ids: by_type}

    def restore(self, work: Work, view: Mapping[str, Any], sides: Sequence[FormContent]) -> None:
        switch = [view[self.active]] if self.active and view[self.active] else []
        work.state[self.ids] = _in_order([*view[self.ids].values(), *switch], self.ids, sides)

    def _switch(self, work: Work, value: str) -> Row:
        attributes = {"type": self.active_type}
        return work.found.by_value(FLAGS, value, attributes) or work.make(FLAGS, value, attributes)

    def _shown(self, work: Work, ids: list[str]) -> bool | None:
        rows = [work.rows[id_] for id_ in ids if id_ in work.rows]
        values = [row.value for row in rows if _flag_type(row) == self.active_type]
        return values[0] == "true" if values else None


@dataclass(frozen=True)
class ModelSelection:
    """Models, their flags, positions and rubrics; what belongs to a deselected model goes with it.

    with_models: whether the kind selects models itself
    """

    with_models: bool

    @property
    def accepts(self) -> tuple[str, ...]:
        own = ("model_ids",) if self.with_models else ()
        return (
            *own,
            *("model_flag_ids", "model_flags", "model_flag_values", "model_position_ids", "model_rubric_ids"),
        )

    @property
    def shows(self) -> tuple[str, ...]:
        return tuple(member for member in self.accepts if member != "model_flags")

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        ask(lookups, "models", patch.get("model_ids") or [])
        ask(lookups, MODEL_FLAGS, patch.get("model_flag_ids") or [])
        ask(lookups, "model_positions", patch.get("model_position_ids") or [])
        ask(lookups, "model_rubrics", patch.get("model_rubric_ids") or [])
        for pair in patch.get("model_flags") or []:
            ask(lookups, "models", [pair.get("model_id")])
            ask(lookups, FLAGS, [pair.get("flag_id")])
            if pair.get("model_id") and pair.get("flag_id"):
                _ask_pair(lookups, pair["model_id"], pair["flag_id"])
        for entry in patch.get("model_flag_values") or []:
            ask(lookups, "models", [entry["model_id"]])
            lookups.add_value(FLAGS, entry["value"], {"type": entry["type"]})

    def follow_up(self, patch: Mapping[str, Any], found: Found, lookups: Lookups) -> None:
        for id_ in patch.get("model_flag_ids") or []:
            row = found.by_id(MODEL_FLAGS, id_) if isinstance(id_, str) else None
            if row:
                ask(lookups, FLAGS, [row.attributes.get("flag_id")])
        for entry in patch.get("model_flag_values") or []:
            flag = found.by_value(FLAGS, entry["value"], {"type": entry["type"]})
            if flag:
                _ask_pair(lookups, entry["model_id"], flag.id)

    def apply(self, work: Work) -> None:
        models: list[str] | None = None
        if self.with_models:
            models = work.state["model_ids"] = selection(work, "model_ids", "models")
        self._apply_flags(work, models)
        for member, type_ in (("model_position_ids", "model_positions"), ("model_rubric_ids", "model_rubrics")):
            ids = selection(work, member, type_, track=True)
            work.state[member] = _kept(work, ids, member, "model_id", models)

    def view(self, content: FormContent) -> dict[str, Any]:
        parts = {name: content.state[name] for name in self.shows if name.endswith("_ids")}
        ids = content.state["model_flag_ids"]
        flags = {_group(_model_and_type(content.rows, id_), id_): id_ for id_ in ids}
        return parts | {"model_flag_ids": flags}

    def restore(self, work: Work, view: Mapping[str, Any], sides: Sequence[FormContent]) -> None:
        work.state |= view
        work.state["model_flag_ids"] = _in_order(view["model_flag_ids"].values(), "model_flag_ids", sides)

    def _apply_flags(self, work: Work, models: list[str] | None) -> None:
        now = work.before["model_flag_ids"]
        ids = self._base(work)
        for id_ in ids:
            self._track_flag_of(work, id_)
        for index, pair in enumerate(work.patch.get("model_flags") or []):
            ids += self._of_pair(work, pair, ("model_flags", index), models)
        for index, entry in enumerate(work.patch.get("model_flag_values") or []):
            ids += self._of_value(work, entry, ("model_flag_values", index), models)
        ids = _kept(work, unique(ids), "model_flag_ids", "model_id", models)
        ids = _one_of_each(ids, now, lambda id_: _model_and_type(work.rows, id_))
        work.state["model_flag_ids"] = ids
        work.state["model_flag_values"] = [shown for id_ in ids if (shown := _shown_flag(work, id_))]

    def _base(self, work: Work) -> list[str]:
        """What the pairs and values join: the ids of the request, or the current ones, or nothing."""
        if work.sends("model_flag_values") and not work.sends("model_flag_ids"):
            return []
        return selection(work, "model_flag_ids", MODEL_FLAGS, track=True)

    def _track_flag_of(self, work: Work, id_: str) -> None:
        row = work.rows.get(id_)
        flag = work.found.by_id(FLAGS, str(row.attributes.get("flag_id"))) if row else None
        if flag:
            work.track(flag)

    def _of_pair(
        self, work: Work, pair: Mapping[str, Any], at: tuple[str | int, ...], models: list[str] | None
    ) -> list[str]:
        missing = [half for half in ("model_id", "flag_id") if not pair.get(half)]
        for half in missing:
            work.refuse((*at, half), "incomplete", "A model's flag needs both model_id and flag_id.")
        if missing:
            return []
        known = _is_model(work, pair["model_id"], (*at, "model_id"), models)
        flag = work.row(FLAGS, pair["flag_id"], (*at, "flag_id"))
        return [_join(work, pair["model_id"], flag)] if flag and known else []

    def _of_value(
        self, work: Work, entry: Mapping[str, Any], at: tuple[str | int, ...], models: list[str] | None
    ) -> list[str]:
        known = _is_model(work, entry["model_id"], (*at, "model_id"), models)
        flag = work.found.by_value(FLAGS, entry["value"], {"type": entry["type"]})
        if flag is None:
            wanted = f"{clip(entry['type'])!r} with the value {clip(entry['value'])!r}"
            work.refuse((*at, "value"), "no_match", f"There is no flag {wanted}.")
            return []
        usable = work.usable(flag, (*at, "value"), work.rows)
        return [_join(work, entry["model_id"], flag)] if usable and known else []


def _is_model(work: Work, id_: str, at: tuple[str | int, ...], models: list[str] | None) -> bool:
    """Whether a model may have flags: it exists, and it is selected where the kind selects models."""
    selected = work.before.get("model_ids", ())
    if work.row("models", id_, at, selected) is None and id_ not in selected:
        return False
    if models is None or id_ in models:
        return True
    # With a model that was just deselected its flags go too, also those that an echo of the form names.
    if id_ not in selected:
        work.refuse(at, "not_selected", "The model is not among model_ids.")
    return False


def _join(work: Work, model_id: str, flag: Row) -> str:
    """The row that joins a model and a flag: the one there is, or a private one to be made."""
    attributes = {"model_id": model_id, "flag_id": flag.id}
    work.track(flag)
    row = work.found.by_value(MODEL_FLAGS, _pair_value(attributes), attributes)
    return work.track(row or work.make(MODEL_FLAGS, _pair_value(attributes), attributes))


def _ask_pair(lookups: Lookups, model_id: str, flag_id: str) -> None:
    attributes = {"model_id": model_id, "flag_id": flag_id}
    lookups.add_value(MODEL_FLAGS, _pair_value(attributes), attributes)


def _pair_value(attributes: Mapping[str, Any]) -> str:
    return f"{attributes['model_id']} {attributes['flag_id']}"


def _kept(work: Work, ids: list[str], member: str, owner: str, owners: list[str] | None) -> list[str]:
    """The ids whose owner is selected; one that the request itself names without its owner is refused."""
    if owners is None:
        return ids
    kept = []
    for id_ in ids:
        row = work.rows.get(id_)
        if row is None or row.attributes.get(owner) in owners:
            kept.append(id_)
        elif id_ not in work.before[member]:
            at = (work.patch.get(member) or [id_]).index(id_)
            work.refuse((member, at), "not_selected", f"{clip(id_)!r} belongs to what is not selected.")
    return kept


def _one_of_each(ids: list[str], now: list[str], group: Callable[[str], Hashable]) -> list[str]:
    """Of ids in one group the last newly selected one stays, or else the last; an id without a group always stays."""
    winners: dict[Hashable, str] = {}
    for id_ in ids:
        key = group(id_)
        holder = winners.get(key)
        if holder is None or id_ not in now or holder in now:
            winners[key] = id_
    return [id_ for id_ in ids if group(id_) is None or winners[group(id_)] == id_]


def _flag_type(row: Row | None) -> Any:
    return row.attributes.get("type") if row else None


def _group(group: Any, id_: str) -> str:
    """The name of a group for a merge; an id without a group is one of its own."""
    return canonical_text([group] if group is not None else [None, id_])


def _in_order(ids: Iterable[str], member: str, sides: Sequence[FormContent]) -> list[str]:
    """Ids in the order that the sides have them in."""
    wanted = set(ids)
    return unique(id_ for side in sides for id_ in side.state[member] if id_ in wanted)


def _model_and_type(rows: Mapping[str, Row], id_: str) -> Hashable:
    row = rows.get(id_)
    flag = rows.get(str(row.attributes.get("flag_id"))) if row else None
    return (row.attributes.get("model_id"), _flag_type(flag)) if row and flag else None


def _shown_flag(work: Work, id_: str) -> dict[str, Any] | None:
    row = work.rows.get(id_)
    flag = work.rows.get(str(row.attributes.get("flag_id"))) if row else None
    if not row or not flag:
        return None
    return {"model_id": row.attributes["model_id"], "type": _flag_type(flag), "value": flag.value}


def _text(value: bool) -> str:  # noqa: FBT001 - the value of a switch
    return "true" if value else "false"
