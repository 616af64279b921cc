"""What leads from one JSON value to another: nothing is missed, nothing that is equal is named, moves are few.

The properties apply what was listed to the earlier value, by an applier of their own, and expect the later one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_draft.merging import rule_of as agent_rule_of
from draftkeep.changes import pointer
from draftkeep.differences import MAX_DIFFERENCES, Difference, Op, differences
from draftkeep.merging import ABSENT, ListRule, Path, RuleOf, no_rules
from draftkeep.resolver.merging import form_rule_of
from tests.unit.builders import LOOKALIKES, TRICKY_KEYS, given_up_after, json_objects, nested, same_json


def _id_of(item: Any) -> Any:
    return item["id"] if isinstance(item, dict) and isinstance(item.get("id"), str) else None


def rule_of(at: Path) -> ListRule | None:
    """Ids tell the items of `steps` and `edges` apart, wherever these stand; the order of edges means nothing."""
    return {"steps": ListRule(_id_of), "edges": ListRule(_id_of, ordered=False)}.get(str(at[-1]))


# ------------------------------------------------------------------------------------------------------ values

OBJECTS = json_objects(LOOKALIKES, TRICKY_KEYS)
_IDS = st.permutations("abcdefgh").flatmap(lambda ids: st.integers(0, 8).map(lambda count: ids[:count]))


@st.composite
def edited_pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two values that have much in common."""
    before = draw(OBJECTS)
    after = copy.deepcopy(before)
    for key, value in draw(OBJECTS).items():
        if draw(st.booleans()):
            after[key] = value
        else:
            after.pop(key, None)
    for value in after.values():
        if isinstance(value, list):
            value.extend(draw(st.lists(LOOKALIKES, max_size=2)))
            del value[: draw(st.integers(0, 1))]
    return before, after


@st.composite
def flows(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """Steps with ids, some with steps of their own, and a list without identities."""
    flow: dict[str, Any] = {"free": draw(st.lists(LOOKALIKES, max_size=3)), "steps": []}
    for one in draw(_IDS):
        inner = draw(flows(depth - 1)) if depth and draw(st.integers(0, 3)) == 0 else {}
        flow["steps"].append({"id": one, "x": draw(LOOKALIKES)} | inner)
    return flow


PAIRS = edited_pairs() | st.tuples(OBJECTS, OBJECTS)
FLOWS = st.tuples(flows(), flows())
ORDERS = st.tuples(_IDS, _IDS)


# ----------------------------------------------------------------------------------------------------- applier


@dataclass
class Patch:
    """Differences, to be made in the value that they lead from. The paths of removals are the earlier value's."""

    new: dict[Path, Any] = field(default_factory=dict)
    other: dict[Path, Any] = field(default_factory=dict)
    moved: dict[Path, Path] = field(default_factory=dict)
    gone: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, listed: Iterable[Difference]) -> Patch:
        patch = cls()
        for one in listed:
            if one.op is Op.ADD:
                patch.new[one.at] = one.after
            elif one.op is Op.REPLACE:
                patch.other[one.at] = one.after
            elif one.op is Op.REMOVE:
                patch.gone.add(one.at)
            else:
                assert one.moved_from is not None
                patch.moved[one.at] = one.moved_from
        return patch

    def made(self, value: Any, at: Path = (), old_at: Path = ()) -> Any:
        """The later value of what lies at `old_at` in the earlier one, and at `at` in the later one."""
        if at in self.other:
            return self.other[at]
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if (*old_at, key) not in self.gone}
            added = {str(path[-1]): item for path, item in self.new.items() if path[:-1] == at}
            return {key: self.made(item, (*at, key), (*old_at, key)) for key, item in kept.items()} | added
        return self._list(value, at, old_at) if isinstance(value, list) else value

    def _list(self, items: list[Any], at: Path, old_at: Path) -> list[Any]:
        """What was added or moved goes where it says, and everything else keeps its order round it."""
        added = {path[-1]: item for path, item in self.new.items() if path[:-1] == at}
        moved = {path[-1]: source[-1] for path, source in self.moved.items() if path[:-1] == at}
        places = [place for place in range(len(items)) if (*old_at, place) not in self.gone]
        stays = iter([place for place in places if place not in moved.values()])
        later = []
        for index in range(len(places) + len(added)):
            if index in added:
                later.append(added[index])
                continue
            place = moved[index] if index in moved else next(stays)
            later.append(self.made(items[int(place)], (*at, index), (*old_at, place)))
        return later


def at_path(value: Any, path: Path) -> Any:
    """What lies at a path: one value, or ABSENT."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError):
            return ABSENT
    return value


def moves_of(before: Any, after: Any) -> list[tuple[str, str]]:
    return [
        (pointer(one.moved_from), pointer(one.at))
        for one in differences(before, after, rule_of).listed
        if one.op is Op.MOVE and one.moved_from is not None
    ]


def told(before: Any, after: Any, rule_of: RuleOf = rule_of) -> list[str]:
    """What is listed, each as `operation pointer`; of a move with where it came from."""
    found = differences(before, after, rule_of)
    assert found.total == len(found.listed)
    return [
        f"{one.op} {pointer(one.at)}" if one.moved_from is None else f"move {pointer(one.moved_from)} {pointer(one.at)}"
        for one in found.listed
    ]


def steps(ids: Sequence[str], **members: Any) -> dict[str, Any]:
    """Steps by their ids; of those that are named the member x as given."""
    return {"steps": [{"id": one, "x": members.get(one, 0)} for one in ids]}


def edges(ids: Sequence[str], **members: Any) -> dict[str, Any]:
    return {"edges": steps(ids, **members)["steps"]}


# -------------------------------------------------------------------------------------------------- properties


@given(OBJECTS | flows())
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    found = differences(value, copy.deepcopy(value), rule_of)

    assert (found.listed, found.total) == ((), 0)


@given(PAIRS | FLOWS, st.sampled_from([no_rules, rule_of]))
def test_there_are_no_differences_exactly_when_the_values_are_equal(pair: tuple[Any, Any], rule_of: RuleOf) -> None:
    found = differences(*pair, rule_of)

    assert bool(found.listed) is bool(found.total) is not same_json(*pair)


@given(PAIRS | FLOWS, st.sampled_from([no_rules, rule_of]))
def test_making_the_differences_gives_the_later_value(pair: tuple[Any, Any], rule_of: RuleOf) -> None:
    before, after = pair
    found = differences(before, after, rule_of)
    assume(found.total <= MAX_DIFFERENCES)

    made = Patch.of(found.listed).made(before)

    assert same_json(made, after)
    assert found.total == len(found.listed)


@given(PAIRS | FLOWS, st.sampled_from([no_rules, rule_of]))
def test_each_difference_tells_what_lies_at_its_place(pair: tuple[Any, Any], rule_of: RuleOf) -> None:
    before, after = pair

    for one in differences(before, after, rule_of).listed:
        if one.op is Op.MOVE:
            assert one.moved_from is not None
            assert (one.before, one.after) == (ABSENT, ABSENT)
            assert at_path(before, one.moved_from)["id"] == at_path(after, one.at)["id"]
            continue
        if one.op is Op.REMOVE:
            assert (at_path(before, one.at), one.after) == (one.before, ABSENT)
        else:
            assert at_path(after, one.at) is one.after
        assert (one.before is ABSENT) is (one.op is Op.ADD)
        assert one.moved_from is None
        assert not same_json(one.before, one.after)


@given(PAIRS)
def test_without_identities_both_directions_name_the_same_places(pair: tuple[Any, Any]) -> None:
    there, back = differences(*pair), differences(*reversed(pair))

    assert {one.at for one in there.listed} == {one.at for one in back.listed}
    assert there.total == back.total


@given(ORDERS)
def test_as_few_items_are_moved_as_can_be(orders: tuple[list[str], list[str]]) -> None:
    before, after = orders
    common = [one for one in before if one in after]
    most_that_stay = next(
        size
        for size in range(len(common), -1, -1)
        if any(sorted(kept, key=after.index) == list(kept) for kept in combinations(common, size))
    )

    assert len(moves_of(steps(before), steps(after))) == len(common) - most_that_stay


@given(ORDERS)
def test_where_the_order_means_nothing_nothing_is_moved(orders: tuple[list[str], list[str]]) -> None:
    before, after = orders

    found = told(edges(before), edges(after))

    gone = [f"remove /edges/{place}" for place, one in enumerate(before) if one not in after]
    new = [f"add /edges/{place}" for place, one in enumerate(after) if one not in before]
    assert found == gone + new


# ---------------------------------------------------------------------------------------- examples, by key and index


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["replace /a"]),
        ({"a": True}, {"a": 1}, ["replace /a"]),
        ({"a": 0}, {"a": False}, ["replace /a"]),
        ({"a": [1]}, {"a": [True]}, ["replace /a/0"]),
        ({"a": None}, {"a": False}, ["replace /a"]),
        ({"a": None}, {}, ["remove /a"]),
        ({}, {"a": None}, ["add /a"]),
        ({"a": []}, {"a": {}}, ["replace /a"]),
        ({"a": ""}, {"a": []}, ["replace /a"]),
        ({"a": "1"}, {"a": 1}, ["replace /a"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["replace /a/c"]),
        ({"a": {"b": {"c": 1}}}, {}, ["remove /a"]),
        ({"a": [1, 2, 3]}, {"a": [1, 2]}, ["remove /a/2"]),
        ({"a": [1, 2]}, {"a": [0, 1, 2]}, ["replace /a/0", "replace /a/1", "add /a/2"]),
        ({"": 1}, {"": 2}, ["replace /"]),
        ({"a/b": 1}, {"a/b": 2}, ["replace /a~1b"]),
        ({"~": 1}, {"~": 2}, ["replace /~0"]),
        ({"~1": 1}, {"~1": 2}, ["replace /~01"]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, ["replace /a", "replace /b"]),
    ],
)
def test_members_are_compared_by_key_and_items_by_index(before: Any, after: Any, expected: list[str]) -> None:
    assert told(before, after) == expected


def test_two_values_that_are_no_containers_differ_as_a_whole() -> None:
    assert differences(1, True).listed == (Difference(Op.REPLACE, (), 1, True),)


def test_items_are_listed_in_their_own_order() -> None:
    assert told({"a": [0] * 12}, {"a": [1] * 12}) == [f"replace /a/{index}" for index in range(12)]


# ------------------------------------------------------------------------------------------ examples, by identity


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # An item put in before others moves none of them.
        (steps("ab"), steps("xab"), ["add /steps/0"]),
        (steps("abc"), steps("bc"), ["remove /steps/0"]),
        (steps("abc"), steps("cab"), ["move /steps/2 /steps/0"]),
        (steps("abc"), steps("bca"), ["move /steps/0 /steps/2"]),
        (steps("ab"), steps("cd"), ["remove /steps/0", "remove /steps/1", "add /steps/0", "add /steps/1"]),
        # The edit of an item is told where the item is now.
        (steps("ab"), steps("xab", b=1), ["add /steps/0", "replace /steps/2/x"]),
        (steps("abc"), steps("cab", c=1), ["move /steps/2 /steps/0", "replace /steps/0/x"]),
        (steps("abc"), steps("bca", c=1), ["replace /steps/1/x", "move /steps/0 /steps/2"]),
        # What is gone from a moved item is told where the item was.
        (
            steps("abc"),
            {"steps": [{"id": "c"}, *steps("ab")["steps"]]},
            ["move /steps/2 /steps/0", "remove /steps/2/x"],
        ),
        (edges("abc"), edges("cba", c=1), ["replace /edges/0/x"]),
    ],
)
def test_items_with_an_identity_are_compared_wherever_they_are(before: Any, after: Any, expected: list[str]) -> None:
    assert told(before, after) == expected


@pytest.mark.parametrize(
    "spoilt",
    [
        [{"id": "b"}, {"id": "b"}, {"id": "a"}],  # two of one name
        [{"id": "b"}, {}, {"id": "a"}],  # one without a name
        [{"id": "b"}, "b", {"id": "a"}],
        [{"id": 1}, {"id": "b"}, {"id": "a"}],
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_whose_items_cannot_be_told_apart_is_compared_by_index(spoilt: list[Any], backwards: bool) -> None:
    pair = [{"steps": [{"id": "a"}, {"id": "b"}]}, {"steps": spoilt}]
    before, after = reversed(pair) if backwards else pair

    found = told(before, after)

    assert found[-1] == ("remove /steps/2" if backwards else "add /steps/2")
    assert not any(one.startswith("move") for one in found)


def test_a_list_that_is_no_member_of_an_object_has_no_identities() -> None:
    found = told({"steps": [[{"id": "a"}, {"id": "b"}]]}, {"steps": [[{"id": "b"}, {"id": "a"}]]})

    assert found == ["replace /steps/0/0/id", "replace /steps/0/1/id"]


def test_an_item_moved_inside_of_a_moved_item_is_told_with_both_of_its_places() -> None:
    inner, turned = steps("xy")["steps"], steps("yx")["steps"]
    before = {"steps": [{"id": "a"}, {"id": "b"}, {"id": "c", "steps": inner}]}
    after = {"steps": [{"id": "c", "steps": turned}, {"id": "a"}, {"id": "b"}]}

    found = told(before, after)

    assert found[0] == "move /steps/2 /steps/0"
    assert found[1] in ("move /steps/2/steps/0 /steps/0/steps/1", "move /steps/2/steps/1 /steps/0/steps/0")
    assert len(found) == 2


def test_a_step_of_an_agent_that_is_renamed_is_another_step() -> None:
    before = {"flow": {"steps": [{"identifier": "a", "type": "AGENT"}], "edges": [{"source": "a", "target": "b"}]}}
    after = {"flow": {"steps": [{"identifier": "b", "type": "AGENT"}], "edges": [{"source": "b", "target": "b"}]}}

    assert told(before, after, agent_rule_of) == [
        *("remove /flow/edges/0", "add /flow/edges/0"),
        *("remove /flow/steps/0", "add /flow/steps/0"),
    ]


def test_a_moved_argument_and_a_selected_department_of_a_form_are_one_difference_each() -> None:
    before = {"args_drafts": [{"id": "1"}, {"id": "2"}, {"id": "3"}], "department_ids": ["b", "c"]}
    after = {"args_drafts": [{"id": "3"}, {"id": "1"}, {"id": "2"}], "department_ids": ["a", "c", "b"]}

    assert told(before, after, form_rule_of) == ["move /args_drafts/2 /args_drafts/0", "add /department_ids/0"]


# ----------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(("number", "listed"), [(99, 99), (100, 100), (101, 100), (5000, 100)])
def test_at_most_100_differences_are_listed_and_all_are_counted(number: int, listed: int) -> None:
    found = differences({"a": [0] * number}, {"a": [1] * number})

    assert (len(found.listed), found.total) == (listed, number)


def test_moves_count_as_other_differences_do() -> None:
    ids = [f"s{number}" for number in range(300)]

    found = differences(steps(ids), steps(ids[::-1]), rule_of)

    assert (len(found.listed), found.total) == (100, 299)


def test_differences_below_one_cut_pointer_have_that_pointer_and_count_each() -> None:
    deep = "k" * 600

    found = differences({"a": {deep: [0, 0, 0]}, "b": 0}, {"a": {deep: [1, 1, 1]}, "b": 1})

    assert [pointer(one.at) for one in found.listed] == ["/a", "/a", "/a", "/b"]
    assert found.total == 4


def test_a_value_100_containers_deep_is_compared() -> None:
    assert differences(nested(0, 100), nested(1, 100)).total == 1
    assert differences(nested(0, 100, objects=True), nested(1, 100, objects=True)).total == 1


def test_many_items_are_compared_in_little_time() -> None:
    ids = [f"s{number}" for number in range(20_000)]

    with given_up_after(5):
        found = differences(steps(ids), steps(ids[10_000:] + ids[:10_000]), rule_of)

    assert found.total == 10_000
