"""Three-way merges: nothing that one side did is lost, and what both did otherwise is told."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftkeep.canonical import canonical_text, parse_object
from draftkeep.merging import ABSENT, Change, ListRule, Merged, Overlap, Path, changes, is_same, merge, partial

# The rules of these tests: where items stand matters in `steps`, and does not in `tags`. Any other list is one value.
ORDERED = ListRule(lambda item: item.get("id") if isinstance(item, dict) else None)
UNORDERED = ListRule(lambda item: item.get("id") if isinstance(item, dict) else None, ordered=False)
RULES = {"steps": ORDERED, "tags": UNORDERED}


def rule_of(at: Path) -> ListRule | None:
    """Lists are told by their name, wherever they stand."""
    return RULES.get(at[-1]) if at and isinstance(at[-1], str) else None


def _text(value: Any) -> str:
    """A value with the order of its lists."""
    return canonical_text(value)


def _keyed(ids: str, **members: Any) -> list[dict[str, Any]]:
    return [{"id": id_, **members} for id_ in ids]


def _ids(items: list[dict[str, Any]]) -> str:
    return "".join(item["id"] for item in items)


# ----------------------------------------------------------------------------------------- values and their edits

# Values that are easily taken for one another, as `parse_object` makes them.
LEAVES: list[Any] = [None, False, True, 0, 1, 1.5, "", "0", "1", "true", [], {}, [0], [False], {"a": 1}]
KEYS = ["a", "b", "c", "", "~/"]
IDS = "pqrstuvw"


@dataclass(frozen=True)
class Editors:
    """Whoever writes documents and edits them, by chance: a seed stands for all that they do."""

    chance: random.Random

    def document(self) -> dict[str, Any]:
        """Objects in objects, with lists of every sort."""
        document: dict[str, Any] = self._members(3)
        for name in RULES:
            if self.chance.random() < 0.8:
                document[name] = self._items()
        document["flow"] = {"steps": self._items(), "plain": [self._leaf() for _ in range(self.chance.randrange(3))]}
        return document

    def edited(self, value: Any) -> Any:
        """A value that was made of another: edited, added, removed and moved here and there."""
        if self.chance.random() < 0.25:
            return copy.deepcopy(value)
        if isinstance(value, dict):
            kept = {key: member for key, member in value.items() if key == "id" or self.chance.random() < 0.9}
            edited = {key: member if key == "id" else self.edited(member) for key, member in kept.items()}
            return edited | self._members(1)
        return self._edited_list(value) if isinstance(value, list) else self._leaf()

    def _edited_list(self, value: list[Any]) -> list[Any]:
        edited = [self.edited(item) for item in value if self.chance.random() < 0.85]
        held = [item.get("id") for item in edited if isinstance(item, dict)]
        for id_ in self.chance.sample(IDS, self.chance.randrange(3)):
            if id_ not in held:
                edited.insert(self.chance.randint(0, len(edited)), self._item(id_, inner=False))
        if self.chance.random() < 0.4:
            self.chance.shuffle(edited)
        return edited

    def _items(self, *, inner: bool = True) -> list[Any]:
        ids = self.chance.sample(IDS, self.chance.randrange(5))
        found: list[Any] = [self._item(id_, inner=inner) for id_ in ids]
        if self.chance.random() < 0.03:
            # What has no identity, or one that another has, makes the list one value.
            found.append(self.chance.choice(["no object", {"id": None}, *found[:1]]))
        return found

    def _item(self, id_: str, *, inner: bool) -> dict[str, Any]:
        item: dict[str, Any] = {"id": id_} | self._members(2)
        return item | {"steps": self._items(inner=False)} if inner and self.chance.random() < 0.5 else item

    def _members(self, most: int) -> dict[str, Any]:
        return {self.chance.choice(KEYS): self._leaf() for _ in range(self.chance.randint(0, most))}

    def _leaf(self) -> Any:
        return copy.deepcopy(self.chance.choice(LEAVES))


def _edit(seed: int) -> tuple[Any, Any]:
    """A base, and what one side made of it."""
    editors = Editors(random.Random(seed))
    base = editors.document()
    return base, editors.edited(base)


def _two_edits(seed: int) -> tuple[Any, Any, Any]:
    """A base, and what each of two sides made of it."""
    editors = Editors(random.Random(seed))
    base = editors.document()
    return base, editors.edited(base), editors.edited(base)


SEEDS = st.integers(0, 2**64 - 1)
EDITS = SEEDS.map(_edit)
TWO_SIDES = SEEDS.map(_two_edits)


def _merge(base: Any, ours: Any, theirs: Any) -> Merged:
    return merge(base, ours, theirs, rule_of)


# ------------------------------------------------------------------------------------------------------ properties


@settings(max_examples=300)
@given(EDITS)
def test_what_only_they_changed_is_taken_exactly(sides: tuple[Any, Any]) -> None:
    base, theirs = sides

    merged = _merge(base, base, theirs)

    assert _text(merged.value) == _text(theirs)
    assert merged.overlaps == ()


@settings(max_examples=300)
@given(EDITS)
def test_what_only_we_changed_stays_exactly(sides: tuple[Any, Any]) -> None:
    base, ours = sides

    merged = _merge(base, ours, base)

    assert _text(merged.value) == _text(ours)
    assert merged.overlaps == ()


@settings(max_examples=300)
@given(EDITS)
def test_what_both_changed_alike_is_taken_once(sides: tuple[Any, Any]) -> None:
    base, both = sides

    merged = _merge(base, both, copy.deepcopy(both))

    assert _text(merged.value) == _text(both)
    assert merged.overlaps == ()


@settings(max_examples=500)
@given(TWO_SIDES)
def test_without_overlaps_it_does_not_matter_which_side_is_which(sides: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = sides

    one, other = _merge(base, ours, theirs), _merge(base, theirs, ours)

    assert one.overlaps or _text(one.value) == _text(other.value)


@settings(max_examples=300)
@given(TWO_SIDES)
def test_the_sides_overlap_in_the_same_values_whichever_is_which(sides: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = sides

    one = [(repr(o.base), repr(o.ours), repr(o.theirs)) for o in _merge(base, ours, theirs).overlaps]
    other = [(repr(o.base), repr(o.theirs), repr(o.ours)) for o in _merge(base, theirs, ours).overlaps]

    assert sorted(one) == sorted(other)


@settings(max_examples=300)
@given(TWO_SIDES)
def test_an_overlap_is_a_place_that_each_side_changed_otherwise(sides: tuple[Any, Any, Any]) -> None:
    for overlap in _merge(*sides).overlaps:
        assert not is_same(overlap.base, overlap.ours)
        assert not is_same(overlap.base, overlap.theirs)
        assert not is_same(overlap.ours, overlap.theirs)


@given(TWO_SIDES)
def test_a_merge_leaves_its_inputs_as_they_are(sides: tuple[Any, Any, Any]) -> None:
    before = [_text(side) for side in sides]

    merged = _merge(*sides)
    changes(sides[0], sides[2], rule_of)
    partial(sides[0], sides[2], lambda _: False, rule_of)

    assert [_text(side) for side in sides] == before
    assert _text(_merge(*sides).value) == _text(merged.value)


@settings(max_examples=300)
@given(EDITS)
def test_there_are_no_changes_exactly_when_the_values_are_the_same(sides: tuple[Any, Any]) -> None:
    base, value = sides

    assert (changes(base, value, rule_of) == []) is (_text(base) == _text(value))


@settings(max_examples=300)
@given(EDITS)
def test_every_change_is_a_difference_at_its_place(sides: tuple[Any, Any]) -> None:
    base, value = sides

    for change in changes(base, value, rule_of):
        holder = base if change.value is ABSENT else value
        shown = change.base if change.value is ABSENT else change.value

        assert not is_same(change.base, change.value)
        # The part of the path that names the container is of the new value, so only new values are looked up by it.
        if change.value is not ABSENT:
            for part in change.at:
                holder = holder[part]
            assert _text(holder) == _text(shown)


@settings(max_examples=300)
@given(EDITS)
def test_making_all_changes_makes_the_value(sides: tuple[Any, Any]) -> None:
    base, value = sides

    assert _text(partial(base, value, lambda _: True, rule_of)) == _text(value)


@settings(max_examples=300)
@given(EDITS)
def test_making_no_change_makes_the_base(sides: tuple[Any, Any]) -> None:
    base, value = sides

    assert _text(partial(base, value, lambda _: False, rule_of)) == _text(base)


@settings(max_examples=300)
@given(EDITS, SEEDS)
def test_each_change_is_asked_for_once(sides: tuple[Any, Any], seed: int) -> None:
    base, value = sides
    chance = random.Random(seed)
    asked: list[Change] = []

    def takes(change: Change) -> bool:
        asked.append(change)
        return chance.random() < 0.5

    partial(base, value, takes, rule_of)

    assert sorted(map(repr, asked)) == sorted(map(repr, changes(base, value, rule_of)))


@settings(max_examples=500)
@given(EDITS, SEEDS)
def test_what_some_of_the_changes_made_takes_the_others_later(sides: tuple[Any, Any], seed: int) -> None:
    base, value = sides
    chance = random.Random(seed)
    some = partial(base, value, lambda _: chance.random() < 0.5, rule_of)

    merged = _merge(base, some, value)

    assert merged.overlaps == ()
    assert _text(merged.value) == _text(value)


@settings(max_examples=300)
@given(TWO_SIDES, SEEDS)
def test_changes_that_are_not_made_do_not_overlap(sides: tuple[Any, Any, Any], seed: int) -> None:
    base, ours, theirs = sides
    chance = random.Random(seed)
    some = partial(base, theirs, lambda _: chance.random() < 0.5, rule_of)

    less, more = _merge(base, ours, some), _merge(base, ours, theirs)

    assert more.overlaps or not less.overlaps


# ---------------------------------------------------------------------------------------------------- disjoint edits


@dataclass(frozen=True)
class Disjoint:
    """A keyed list, and two sides that edit, add and remove different items of it; one of them may move any."""

    base: list[Any]
    sides: dict[str, list[Any]]
    owners: dict[str, str]
    mover: str | None

    @classmethod
    def of(cls, seed: int) -> Disjoint:
        chance, ids, who = random.Random(seed), "abcdefghij", ("ours", "theirs")
        base: list[dict[str, Any]] = [{"id": id_, "value": 0} for id_ in chance.sample(ids[:6], 6)]
        owners = {id_: chance.choice(who) for id_ in ids}
        mover = chance.choice([None, *who])
        sides: dict[str, list[Any]] = {}
        for side in who:
            kept = [item for item in base if owners[item["id"]] != side or chance.random() < 0.7]
            edited: list[Any] = [
                item | {"value": chance.randrange(3)} if owners[item["id"]] == side else item for item in kept
            ]
            for id_ in ids[6:]:
                if owners[id_] == side and chance.random() < 0.7:
                    edited.insert(chance.randint(0, len(edited)), {"id": id_, "value": 1})
            if side == mover:
                chance.shuffle(edited)
            sides[side] = edited
        return cls(base, sides, owners, mover)


DISJOINT = SEEDS.map(Disjoint.of)


@settings(max_examples=300)
@given(DISJOINT)
def test_edits_of_different_items_do_not_overlap_and_are_all_made(case: Disjoint) -> None:
    sides = case.sides.items()
    wanted = {item["id"]: item for side, found in sides for item in found if case.owners[item["id"]] == side}

    merged = _merge(*({"steps": found} for found in (case.base, case.sides["ours"], case.sides["theirs"])))

    assert merged.overlaps == ()
    assert {item["id"]: item for item in merged.value["steps"]} == wanted


@settings(max_examples=300)
@given(DISJOINT)
def test_items_keep_the_order_of_the_side_that_moved_some_or_of_both(case: Disjoint) -> None:
    merged = _merge(*({"steps": found} for found in (case.base, case.sides["ours"], case.sides["theirs"])))

    order = _ids(merged.value["steps"])
    for side in [case.mover] if case.mover else case.sides:
        own = _ids(case.sides[side])
        assert [id_ for id_ in order if id_ in own] == [id_ for id_ in own if id_ in order]


@given(
    *(st.dictionaries(st.sampled_from(keys), st.sampled_from(LEAVES)) for keys in ("abcdef", "abc", "def")),
)
def test_different_members_of_an_object_do_not_overlap(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    # Each side writes its own half of the keys anew; what it does not write, it takes away.
    sides = [
        {key: value for key, value in base.items() if key not in half} | side
        for half, side in (("abc", ours), ("def", theirs))
    ]

    merged = _merge({"flow": base}, {"flow": sides[0]}, {"flow": sides[1]})

    assert merged.overlaps == ()
    assert _text(merged.value) == _text({"flow": ours | theirs})


# ---------------------------------------------------------------------------------------------------- sameness


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (0, None),
        (False, None),
        ("", None),
        ([], {}),
        ([1], [True]),
        ({"a": 0}, {"a": False}),
        ([[{"a": [1]}]], [[{"a": [True]}]]),
        ({"a": None}, {}),
        ([1, 2], [2, 1]),
        ("e\u0301", "\u00e9"),
        (None, ABSENT),
        ({}, ABSENT),
        (10**22, 10**22 + 1),
    ],
)
def test_what_json_tells_apart_is_not_the_same(one: Any, other: Any) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1}', '{"a":1.0}'),
        ('{"a":1}', '{"a":1e0}'),
        ('{"a":0}', '{"a":-0.0}'),
        ('{"a":1e22}', '{"a":10000000000000000000000}'),
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"a":"\\u00e9"}', '{"a":"é"}'),
    ],
)
def test_what_is_one_json_value_is_the_same_however_it_was_written(one: str, other: str) -> None:
    assert is_same(parse_object(one.encode()), parse_object(other.encode()))


def test_nothing_is_the_same_as_nothing() -> None:
    assert is_same(ABSENT, ABSENT)


@pytest.mark.parametrize(("value", "lookalike"), [(1, True), (0, False), ([1], [True]), ({"a": 0}, {"a": False})])
def test_a_change_to_a_lookalike_is_a_change(value: Any, lookalike: Any) -> None:
    base, theirs = {"steps": [{"id": "p", "v": value}]}, {"steps": [{"id": "p", "v": lookalike}]}

    merged = _merge(base, base, theirs)

    assert _text(merged.value) == _text(theirs)
    assert len(changes(base, theirs, rule_of)) == 1


def test_lookalikes_of_both_sides_overlap() -> None:
    merged = _merge({"a": None}, {"a": 1}, {"a": True})

    assert merged.overlaps == (Overlap(("a",), None, 1, True),)
    assert merged.value == {"a": True}
    assert merged.value["a"] is True


# ------------------------------------------------------------------------------------------------------ objects


def test_both_sides_members_of_one_object_come_together() -> None:
    base = {"flow": {"x": 1, "y": 1, "z": 1}}

    merged = _merge(base, {"flow": {"x": 2, "y": 1, "ours": 0}}, {"flow": {"x": 1, "y": 2, "z": 1, "theirs": 0}})

    assert merged == Merged({"flow": {"x": 2, "y": 2, "ours": 0, "theirs": 0}}, ())


def test_what_was_removed_here_and_edited_there_overlaps() -> None:
    merged = _merge({"a": 1}, {}, {"a": 2})

    assert merged == Merged({"a": 2}, (Overlap(("a",), 1, ABSENT, 2),))


def test_what_was_edited_here_and_removed_there_overlaps() -> None:
    merged = _merge({"a": 1}, {"a": 2}, {})

    assert merged == Merged({}, (Overlap(("a",), 1, 2, ABSENT),))


def test_what_both_removed_is_gone() -> None:
    assert _merge({"a": 1, "b": 1}, {"b": 1}, {"b": 1}) == Merged({"b": 1}, ())


def test_null_is_a_value_and_not_an_absence() -> None:
    merged = _merge({"a": 1}, {}, {"a": None})

    assert merged == Merged({"a": None}, (Overlap(("a",), 1, ABSENT, None),))


def test_two_objects_that_both_added_at_one_key_are_one_place_each() -> None:
    merged = _merge({}, {"a": {"x": 1}}, {"a": {"y": 1}})

    assert [overlap.at for overlap in merged.overlaps] == [("a",)]
    assert merged.value == {"a": {"y": 1}}


def test_a_container_that_became_another_type_here_and_was_edited_there_overlaps_as_a_whole() -> None:
    merged = _merge({"a": {"x": 1}}, {"a": [1]}, {"a": {"x": 2}})

    assert merged == Merged({"a": {"x": 2}}, (Overlap(("a",), {"x": 1}, [1], {"x": 2}),))


def test_only_the_place_that_both_edited_is_told_and_all_else_is_merged() -> None:
    base = {"steps": [{"id": "p", "name": "0", "x": 0, "y": 0}]}
    ours = {"steps": [{"id": "p", "name": "1", "x": 1, "y": 0}]}
    theirs = {"steps": [{"id": "p", "name": "2", "x": 0, "y": 1}]}

    merged = _merge(base, ours, theirs)

    assert merged.value == {"steps": [{"id": "p", "name": "2", "x": 1, "y": 1}]}
    assert merged.overlaps == (Overlap(("steps", 0, "name"), "0", "1", "2"),)


def test_an_overlap_is_placed_as_their_side_shows_it() -> None:
    base = {"steps": _keyed("pq", v=0)}
    ours = {"steps": [{"id": "p", "v": 0}, {"id": "q", "v": 1}]}
    theirs = {"steps": [{"id": "new", "v": 0}, {"id": "p", "v": 0}, {"id": "q", "v": 2}]}

    (overlap,) = _merge(base, ours, theirs).overlaps

    assert overlap == Overlap(("steps", 2, "v"), 0, 1, 2)


# ---------------------------------------------------------------------------------------------------- keyed lists


def test_an_item_removed_here_and_edited_there_overlaps_and_theirs_is_kept() -> None:
    base = {"steps": _keyed("pqr", v=0)}
    theirs = {"steps": [{"id": "p", "v": 0}, {"id": "q", "v": 1}, {"id": "r", "v": 0}]}

    merged = _merge(base, {"steps": _keyed("pr", v=0)}, theirs)

    assert merged.value == theirs
    assert merged.overlaps == (Overlap(("steps", 1), {"id": "q", "v": 0}, ABSENT, {"id": "q", "v": 1}),)


def test_an_item_edited_here_and_removed_there_overlaps_and_is_gone() -> None:
    base = {"steps": _keyed("pq", v=0)}

    merged = _merge(base, {"steps": [{"id": "p", "v": 0}, {"id": "q", "v": 1}]}, {"steps": _keyed("p", v=0)})

    assert merged.value == {"steps": _keyed("p", v=0)}
    assert merged.overlaps == (Overlap(("steps", 1), {"id": "q", "v": 0}, {"id": "q", "v": 1}, ABSENT),)


def test_an_item_removed_here_and_only_moved_there_is_gone() -> None:
    merged = _merge({"steps": _keyed("pqr")}, {"steps": _keyed("pr")}, {"steps": _keyed("qrp")})

    assert (_ids(merged.value["steps"]), merged.overlaps) == ("rp", ())


def test_an_id_that_both_added_otherwise_overlaps() -> None:
    merged = _merge({"steps": []}, {"steps": _keyed("p", v=1)}, {"steps": _keyed("p", v=2)})

    assert merged.value == {"steps": _keyed("p", v=2)}
    assert merged.overlaps == (Overlap(("steps", 0), ABSENT, {"id": "p", "v": 1}, {"id": "p", "v": 2}),)


def test_an_id_that_both_added_alike_is_there_once() -> None:
    merged = _merge({"steps": []}, {"steps": _keyed("p", v=1)}, {"steps": _keyed("p", v=1)})

    assert merged == Merged({"steps": _keyed("p", v=1)}, ())


@pytest.mark.parametrize("name", ["steps", "tags"])
def test_an_item_that_one_side_moved_is_edited_by_the_other_in_its_new_place(name: str) -> None:
    ours = {name: [{"id": "p", "v": 0}, {"id": "q", "v": 1}, {"id": "r", "v": 0}]}

    merged = _merge({name: _keyed("pqr", v=0)}, ours, {name: _keyed("rqp", v=0)})

    assert merged.value == {name: [{"id": "r", "v": 0}, {"id": "q", "v": 1}, {"id": "p", "v": 0}]}
    assert merged.overlaps == ()


def test_two_new_orders_overlap_where_the_order_matters() -> None:
    orders = [{"steps": _keyed(ids)} for ids in ("pqr", "qpr", "prq")]

    merged = _merge(*orders)

    assert merged.value == orders[2]
    assert merged.overlaps == (Overlap(("steps",), *(order["steps"] for order in orders)),)


def test_two_new_orders_do_not_overlap_where_the_order_does_not_matter() -> None:
    merged = _merge(*({"tags": _keyed(ids)} for ids in ("pqr", "qpr", "prq")))

    assert sorted(_ids(merged.value["tags"])) == ["p", "q", "r"]
    assert merged.overlaps == ()


def test_two_new_orders_that_do_not_overlap_make_the_same_one_whichever_side_is_which() -> None:
    """The module's own rule: without overlaps, merge(base, ours, theirs) is merge(base, theirs, ours)."""
    base, ours, theirs = ({"tags": _keyed(ids)} for ids in ("pqr", "qpr", "prq"))

    assert _merge(base, ours, theirs).value == _merge(base, theirs, ours).value


def test_one_new_order_of_both_sides_does_not_overlap() -> None:
    merged = _merge({"steps": _keyed("pqr")}, {"steps": _keyed("rpqx")}, {"steps": _keyed("yrpq")})

    assert (_ids(merged.value["steps"]), merged.overlaps) == ("yrpqx", ())


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        pytest.param("pq", "pxq", "pyq", "pxyq", id="between the same two"),
        pytest.param("p", "xyp", "ap", "axyp", id="at the beginning, as runs"),
        pytest.param("p", "px", "pay", "payx", id="at the end, as runs"),
        pytest.param("", "x", "a", "ax", id="into an empty list"),
        pytest.param("pq", "px", "aq", "ax", id="after what the other side removed"),
        pytest.param("pqr", "prxq", "pqry", "prxyq", id="after what was moved"),
        pytest.param("pqr", "pqr", "pxryq", "pxryq", id="all of it on one side"),
    ],
)
def test_inserted_runs_stand_after_the_item_that_they_follow_whichever_side_is_which(
    base: str, ours: str, theirs: str, merged: str
) -> None:
    sides = [{"steps": _keyed(ids)} for ids in (base, ours, theirs)]

    one, other = _merge(*sides), _merge(sides[0], sides[2], sides[1])

    assert _ids(one.value["steps"]) == merged
    assert _ids(other.value["steps"]) == merged
    assert one.overlaps == other.overlaps == ()


def test_what_both_inserted_at_other_places_stands_once_and_in_the_same_place_whichever_side_is_which() -> None:
    sides = [{"steps": _keyed(ids)} for ids in ("pq", "xpq", "pqx")]

    one, other = _merge(*sides), _merge(sides[0], sides[2], sides[1])

    assert one == other
    assert sorted(_ids(one.value["steps"])) == ["p", "q", "x"]
    assert one.overlaps == ()


def test_lists_inside_items_are_merged_by_their_own_rule() -> None:
    def document(*inner: str) -> dict[str, Any]:
        return {"steps": [{"id": "p", "steps": _keyed(inner[0]), "plain": inner[1:]}]}

    merged = _merge(document("ab"), document("axb"), document("b"))

    assert _ids(merged.value["steps"][0]["steps"]) == "xb"
    assert merged.overlaps == ()


# --------------------------------------------------------------------------------------------- lists as one value


def test_a_list_without_a_rule_is_one_value() -> None:
    merged = _merge({"plain": _keyed("pq")}, {"plain": _keyed("pqx")}, {"plain": _keyed("ypq")})

    assert [overlap.at for overlap in merged.overlaps] == [("plain",)]
    assert merged.value == {"plain": _keyed("ypq")}


@pytest.mark.parametrize("odd", [{"id": "p"}, {"id": None}, {}, "p", None, 1, ["p"]])
@pytest.mark.parametrize("side", ["base", "ours", "theirs"])
def test_a_list_with_an_item_that_cannot_be_told_apart_on_any_side_is_one_value(odd: Any, side: str) -> None:
    lists = {
        "base": [{"id": "p"}, {"id": "q", "v": 0}],
        "ours": [{"id": "p"}, {"id": "q", "v": 1}],
        "theirs": [{"id": "p"}, {"id": "q", "v": 0}, {"id": "r"}],
    }
    lists[side] = [*lists[side], odd]

    merged = _merge(*({"steps": found} for found in lists.values()))

    assert merged.overlaps == (Overlap(("steps",), lists["base"], lists["ours"], lists["theirs"]),)
    assert merged.value == {"steps": lists["theirs"]}


def test_a_list_as_one_value_is_taken_from_the_one_side_that_changed_it() -> None:
    base, theirs = {"steps": [1, 2]}, {"steps": [2, 1, 3]}

    assert _merge(base, base, theirs) == Merged(theirs, ())
    assert _merge(base, theirs, base) == Merged(theirs, ())


def test_without_rules_every_list_is_one_value() -> None:
    base, ours, theirs = ({"steps": _keyed(ids)} for ids in ("pq", "pqx", "ypq"))

    assert [overlap.at for overlap in merge(base, ours, theirs).overlaps] == [("steps",)]


def test_a_list_that_is_none_on_one_side_is_one_value() -> None:
    merged = _merge({"steps": _keyed("p")}, {"steps": None}, {"steps": _keyed("pq")})

    assert merged == Merged({"steps": _keyed("pq")}, (Overlap(("steps",), _keyed("p"), None, _keyed("pq")),))


# --------------------------------------------------------------------------------------------- changes, some of them


def test_changes_are_told_at_the_places_that_a_merge_takes_or_leaves() -> None:
    base = {"a": 1, "gone": 0, "steps": [{"id": "p", "v": 0}, {"id": "q"}], "plain": [1, 2]}
    value = {"a": 1, "new": {"x": 1}, "steps": [{"id": "r"}, {"id": "p", "v": 1}], "plain": [1]}

    assert changes(base, value, rule_of) == [
        Change(("gone",), 0, ABSENT),
        Change(("steps", 1, "v"), 0, 1),
        Change(("steps", 1), {"id": "q"}, ABSENT),
        Change(("steps", 0), ABSENT, {"id": "r"}),
        Change(("plain",), [1, 2], [1]),
        Change(("new",), ABSENT, {"x": 1}),
    ]


def test_a_move_is_a_change_of_the_list() -> None:
    base, value = {"steps": _keyed("pqr")}, {"steps": _keyed("prq")}

    assert changes(base, value, rule_of) == [Change(("steps",), base["steps"], value["steps"])]


def test_a_move_is_no_change_where_the_items_stand_as_before_but_for_others() -> None:
    base, value = {"steps": _keyed("pqr")}, {"steps": _keyed("xqyr")}

    assert [change.at for change in changes(base, value, rule_of)] == [("steps", 0), ("steps", 0), ("steps", 2)]


def test_a_move_that_is_not_taken_leaves_the_order_and_takes_the_edits() -> None:
    base = {"steps": _keyed("pq", v=0)}
    value = {"steps": [{"id": "q", "v": 0}, {"id": "x"}, {"id": "p", "v": 1}]}

    some = partial(base, value, lambda change: change.at != ("steps",), rule_of)

    assert some == {"steps": [{"id": "p", "v": 1}, {"id": "q", "v": 0}, {"id": "x"}]}


def test_a_removal_that_is_not_taken_keeps_the_item_where_it_was() -> None:
    base, value = {"steps": _keyed("pqr")}, {"steps": _keyed("pxr")}

    some = partial(base, value, lambda change: change.value is not ABSENT, rule_of)

    assert _ids(some["steps"]) in ("pqxr", "pxqr")


def test_one_member_of_an_item_is_taken_without_the_others() -> None:
    base, value = {"steps": [{"id": "p", "a": 0, "b": 0}]}, {"steps": [{"id": "p", "a": 1, "b": 1}]}

    some = partial(base, value, lambda change: change.at[-1] == "a", rule_of)

    assert some == {"steps": [{"id": "p", "a": 1, "b": 0}]}
