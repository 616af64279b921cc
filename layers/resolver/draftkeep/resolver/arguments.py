"""The arguments of a tool with their positions and outputs: as three lists, or as one list of drafts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from draftkeep.canonical import canonicalise
from draftkeep.catalog import Lookups
from draftkeep.errors import InvalidFields, Problem
from draftkeep.resolver.fields import Plain, selection
from draftkeep.resolver.work import MAX_ITEMS, FormContent, Work, ask, unique
from draftkeep.resources import Row, computed_id, ordinals

ARGS, POSITIONS, OUTPUTS = "args", "arg_positions", "args_outputs"
ARG_ATTRIBUTES = ("name", "field_type", "description", "required", "default_value")

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Arguments(Plain):
    """A tool's arguments. `args_drafts`, when sent, is the whole truth: position = index in it."""

    @property
    def accepts(self) -> tuple[str, ...]:
        return (
            *("arg_ids", "args", "arg_position_ids", "arg_positions"),
            *("args_output_ids", "args_outputs", "args_drafts"),
        )

    @property
    def shows(self) -> tuple[str, ...]:
        return ("arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids", "args_drafts")

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        ask(lookups, ARGS, patch.get("arg_ids") or [])
        ask(lookups, POSITIONS, patch.get("arg_position_ids") or [])
        ask(lookups, OUTPUTS, patch.get("args_output_ids") or [])
        drafts = patch.get("args_drafts") or []
        if sum(len(draft.get("outputs") or []) for draft in drafts) > MAX_ITEMS:
            message = f"All arguments together have at most {MAX_ITEMS} outputs."
            raise InvalidFields([Problem("/args_drafts", "too_many_items", message)])
        for draft in drafts:
            ask(lookups, ARGS, [draft.get("id")])
            ask(lookups, OUTPUTS, [output.get("id") for output in draft.get("outputs") or []])

    def apply(self, work: Work) -> None:
        if work.sends("args_drafts"):
            args, positions, outputs = self._of_drafts(work, work.patch["args_drafts"] or [])
        else:
            args, positions, outputs = self._of_lists(work)
        state = work.state
        state["arg_ids"], state["arg_position_ids"], state["args_output_ids"] = args, positions, outputs
        state["args_outputs_ids"] = list(outputs)
        state["args_drafts"] = _shown(work, args, positions, outputs)

    def view(self, content: FormContent) -> dict[str, Any]:
        # By name, since an argument that is edited gets another id. Its outputs name it, so they go with it. Where it
        # is placed is its place in the list; whether it is placed at all is told beside.
        placed = _placed(content)
        bundles = [
            {
                "name": one["name"],
                "ids": [one["id"], [output["id"] for output in one["outputs"]]],
                "placed": one["id"] in placed,
            }
            for one in content.state["args_drafts"]
        ]
        return {"args_drafts": bundles}

    def restore(self, work: Work, view: Mapping[str, Any], sides: Sequence[FormContent]) -> None:
        args = [bundle["ids"][0] for bundle in view["args_drafts"]]
        outputs = [id_ for bundle in view["args_drafts"] for id_ in bundle["ids"][1]]
        placed = [bundle["ids"][0] for bundle in view["args_drafts"] if bundle["placed"]]
        places = [{"args_id": id_, "value": index} for index, id_ in enumerate(placed)]
        positions = [work.track(work.make(POSITIONS, _value_of(place), place)) for place in places]
        for side in sides:
            # Taken over as they are, whatever their numbers, where one side has them all.
            if self.view(side) == view:
                positions = side.state["arg_position_ids"]
        work.state |= {"arg_ids": args, "arg_position_ids": positions, "args_output_ids": outputs}

    def _of_lists(self, work: Work) -> tuple[list[str], list[str], list[str]]:
        sent = work.patch.get("args") or []
        new = [_attributes(arg) for arg in sent]
        made = [work.make(ARGS, one["name"], one, nth) for one, nth in zip(new, ordinals(new), strict=True)]
        args = unique([*selection(work, "arg_ids", ARGS, track=True), *map(work.track, made)])
        positions = self._joined(work, "arg_position_ids", "arg_positions", POSITIONS, ("args_id", "value"), args)
        outputs = self._joined(work, "args_output_ids", "args_outputs", OUTPUTS, ("args_id", "name", "template"), args)
        return args, _one_position_each(work, positions), outputs

    def _joined(
        self, work: Work, ids: str, inline: str, type_: str, attributes: tuple[str, ...], args: list[str]
    ) -> list[str]:
        """A list of rows that belong to arguments, with those that the request makes; only of selected arguments."""
        new = [{name: row.get(name) for name in attributes} for row in work.patch.get(inline) or []]
        selected, chosen = [], set(args)
        for index, (one, nth) in enumerate(zip(new, ordinals(new), strict=True)):
            if one["args_id"] in chosen:
                selected.append(work.track(work.make(type_, _value_of(one), one, nth)))
            else:
                work.refuse((inline, index, "args_id"), "not_selected", "The argument is not among arg_ids.")
        kept = []
        for index, id_ in enumerate(selection(work, ids, type_, track=True)):
            row = work.rows.get(id_)
            if row is None or row.attributes.get("args_id") in chosen:
                kept.append(id_)
            elif id_ not in work.before[ids]:
                work.refuse((ids, index), "not_selected", "Its argument is not among arg_ids.")
        return unique([*kept, *selected])

    def _of_drafts(self, work: Work, drafts: list[Mapping[str, Any]]) -> tuple[list[str], list[str], list[str]]:
        positions: list[str] = []
        linked = [self._linked(work, ARGS, one, _attributes(one), ("args_drafts", i)) for i, one in enumerate(drafts)]
        args, outputs = _Listed(work, ARGS), _Listed(work, OUTPUTS)
        args.keep_for(linked)
        for index, (draft, row) in enumerate(zip(drafts, linked, strict=True)):
            arg = args.add(row, draft["name"], _attributes(draft))
            place = {"args_id": arg.id, "value": index}
            positions.append(work.track(work.make(POSITIONS, _value_of(place), place)))
            self._add_outputs(work, draft, index, arg, outputs)
        return list(args.ids), positions, list(outputs.ids)

    def _add_outputs(self, work: Work, draft: Mapping[str, Any], index: int, arg: Row, outputs: _Listed) -> None:
        """Add the outputs of one argument, linked where they are as they were, else made anew in their places."""
        sent = draft.get("outputs") or []
        wanted = [{"args_id": arg.id, "name": one["name"], "template": one.get("template")} for one in sent]
        linked = [
            self._linked(work, OUTPUTS, one, attributes, ("args_drafts", index, "outputs", number))
            for number, (one, attributes) in enumerate(zip(sent, wanted, strict=True))
        ]
        outputs.keep_for(linked)
        for row, attributes in zip(linked, wanted, strict=True):
            outputs.add(row, attributes["name"], attributes)

    def _linked(
        self, work: Work, type_: str, sent: Mapping[str, Any], wanted: Mapping[str, Any], at: Place
    ) -> Row | None:
        """The row of the id that was sent, if its attributes are still the ones that were sent."""
        id_ = sent.get("id")
        if id_ is None:
            return None
        member = "arg_ids" if type_ == ARGS else "args_output_ids"
        row = work.row(type_, id_, (*at, "id"), work.before[member])
        return row if row and _is_same(row, wanted) else None


@dataclass
class _Listed:
    """A list of rows in the making, each once.

    ids: those that are in it, in order; kept: those that linked items will have; next: the number of the next of
    equal new rows, by the id of their first one
    """

    work: Work
    type_: str
    ids: dict[str, None] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    next: dict[str, int] = field(default_factory=dict)

    def keep_for(self, linked: Iterable[Row | None]) -> None:
        """Have no new row take the id of a linked one that comes later."""
        self.kept |= {row.id for row in linked if row}

    def add(self, linked: Row | None, value: str, attributes: Mapping[str, Any]) -> Row:
        """Add the linked row if it is not there yet, else a new one that is kept apart from equal ones."""
        row = linked if linked and linked.id not in self.ids else self._fresh(value, attributes)
        self.ids[self.work.track(row)] = None
        return row

    def _fresh(self, value: str, attributes: Mapping[str, Any]) -> Row:
        first = self._id(value, attributes, 0)
        nth = self.next.get(first, 0)
        while (id_ := self._id(value, attributes, nth)) in self.ids or id_ in self.kept:
            nth += 1
        self.next[first] = nth + 1
        return self.work.make(self.type_, value, attributes, nth)

    def _id(self, value: str, attributes: Mapping[str, Any], nth: int) -> str:
        return computed_id(self.work.scope.tenant, self.work.scope.user, self.type_, value, attributes, nth)


def _attributes(arg: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arg.get(name) for name in ARG_ATTRIBUTES}


def _is_same(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Whether a row has these attributes as JSON values: 1 is not true."""
    has = {name: row.attributes.get(name) for name in wanted}
    return canonicalise(has).hash == canonicalise(dict(wanted)).hash


def _value_of(attributes: Mapping[str, Any]) -> str:
    return str(attributes.get("name") or attributes.get("value"))


def _one_position_each(work: Work, positions: list[str]) -> list[str]:
    """Of several positions of one argument the last one stays."""
    last = {work.rows[id_].attributes.get("args_id"): id_ for id_ in positions if id_ in work.rows}
    return [id_ for id_ in positions if id_ not in work.rows or last[work.rows[id_].attributes.get("args_id")] == id_]


def _shown(work: Work, args: list[str], positions: list[str], outputs: list[str]) -> list[dict[str, Any]]:
    """The arguments as drafts, in the order of their positions, those without one last."""
    place = {
        work.rows[id_].attributes["args_id"]: work.rows[id_].attributes["value"]
        for id_ in positions
        if id_ in work.rows
    }
    ordered = sorted(args, key=lambda id_: (id_ not in place, _number(place.get(id_))))
    own: dict[str, list[Row]] = defaultdict(list)
    for output in (work.rows[id_] for id_ in outputs if id_ in work.rows):
        own[str(output.attributes["args_id"])].append(output)
    shown = []
    for id_ in ordered:
        row = work.rows.get(id_)
        if row is None:
            continue
        listed = [
            {"id": one.id, "name": one.attributes["name"], "template": one.attributes.get("template")}
            for one in own[id_]
        ]
        shown.append({"id": id_, **_attributes(row.attributes), "outputs": listed})
    return shown


def _placed(content: FormContent) -> set[str]:
    """The arguments that have a position."""
    ids = content.state["arg_position_ids"]
    return {str(content.rows[id_].attributes["args_id"]) for id_ in ids if id_ in content.rows}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
