"""Where two values differ, as JSON pointers: every difference is found, nothing that is equal is named."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from draftkeep.changes import changed_pointers, pointer
from tests.unit.builders import LOOKALIKES, TRICKY_KEYS, json_objects, same_json

OBJECTS = json_objects(LOOKALIKES, TRICKY_KEYS)


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


PAIRS = edited_pairs() | st.tuples(OBJECTS, OBJECTS)


def _parts(text: str) -> list[str]:
    """Read a JSON pointer, by RFC 6901."""
    assert text == "" or text.startswith("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _found(value: Any, text: str) -> list[Any]:
    """What lies at a pointer: one value, or none."""
    for part in _parts(text):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return []
    return [value]


def _put(root: Any, text: str, value: Any) -> None:
    *path, last = _parts(text)
    holder = root
    for part in path:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    if isinstance(holder, dict):
        holder[last] = value
    elif int(last) < len(holder):
        holder[int(last)] = value
    else:
        holder.append(value)


def _take(root: Any, text: str) -> None:
    *path, last = _parts(text)
    holder = root
    for part in path:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    if isinstance(holder, list):
        del holder[int(last)]
    else:
        del holder[last]


# ------------------------------------------------------------------------------------------------- properties


@given(PAIRS)
def test_there_are_no_pointers_exactly_when_the_values_are_equal(pair: tuple[Any, Any]) -> None:
    changes = changed_pointers(*pair)

    assert (changes.pointers == ()) is same_json(*pair)
    assert (changes.total == 0) is same_json(*pair)


@given(PAIRS)
def test_every_pointer_names_a_place_that_differs(pair: tuple[Any, Any]) -> None:
    before, after = pair

    for text in changed_pointers(before, after).pointers:
        found = [_found(before, text), _found(after, text)]

        assert found != [[], []]
        assert [] in found or not same_json(*found)


@given(PAIRS)
def test_the_pointers_name_every_difference(pair: tuple[Any, Any]) -> None:
    before, after = pair
    changes = changed_pointers(before, after)
    assume(changes.total <= 100)
    patched = copy.deepcopy(before)

    for text in changes.pointers:
        if found := _found(after, text):
            _put(patched, text, copy.deepcopy(found[0]))
    for text in reversed(changes.pointers):
        if not _found(after, text):
            _take(patched, text)

    assert same_json(patched, after)
    assert changes.total == len(changes.pointers)


@given(PAIRS)
def test_both_directions_name_the_same_places(pair: tuple[Any, Any]) -> None:
    before, after = pair

    assert changed_pointers(before, after) == changed_pointers(after, before)


@given(st.lists(TRICKY_KEYS | st.integers(0, 12), max_size=6))
def test_a_pointer_reads_back_as_its_parts(parts: list[str | int]) -> None:
    assert _parts(pointer(tuple(parts))) == [str(part) for part in parts]


# --------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("before", "after", "pointers"),
    [
        ({}, {}, ()),
        ({"a": 1}, {"a": 1.0}, ()),
        ({"a": 1}, {"a": True}, ("/a",)),
        ({"a": 0}, {"a": False}, ("/a",)),
        ({"a": [1]}, {"a": [True]}, ("/a/0",)),
        ({"a": None}, {"a": False}, ("/a",)),
        ({"a": None}, {}, ("/a",)),
        ({}, {"a": None}, ("/a",)),
        ({"a": []}, {"a": {}}, ("/a",)),
        ({"a": ""}, {"a": []}, ("/a",)),
        ({"a": "1"}, {"a": 1}, ("/a",)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ("/a/c",)),
        ({"a": {"b": {"c": 1}}}, {}, ("/a",)),
        ({"a": [1, 2, 3]}, {"a": [1, 2]}, ("/a/2",)),
        ({"a": [1, 2]}, {"a": [0, 1, 2]}, ("/a/0", "/a/1", "/a/2")),
        ({"": 1}, {"": 2}, ("/",)),
        ({"a/b": 1}, {"a/b": 2}, ("/a~1b",)),
        ({"~": 1}, {"~": 2}, ("/~0",)),
        ({"~1": 1}, {"~1": 2}, ("/~01",)),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, ("/a", "/b")),
    ],
)
def test_differences_are_named_by_key_and_index(before: Any, after: Any, pointers: tuple[str, ...]) -> None:
    changes = changed_pointers(before, after)

    assert changes.pointers == pointers
    assert changes.total == len(pointers)


def test_two_values_that_are_no_containers_differ_as_a_whole() -> None:
    assert changed_pointers(1, True).pointers == ("",)


def test_list_places_are_named_in_their_own_order() -> None:
    changes = changed_pointers({"a": [0] * 12}, {"a": [1] * 12})

    assert changes.pointers == tuple(f"/a/{index}" for index in range(12))


# ----------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(("differences", "named"), [(99, 99), (100, 100), (101, 100), (5000, 100)])
def test_at_most_100_places_are_named_and_all_are_counted(differences: int, named: int) -> None:
    changes = changed_pointers({"a": [0] * differences}, {"a": [1] * differences})

    assert len(changes.pointers) == named
    assert changes.total == differences


@pytest.mark.parametrize(("length", "kept"), [(511, True), (512, False)])
def test_a_pointer_over_512_characters_is_cut_at_an_ancestor(length: int, kept: bool) -> None:
    key = "k" * length

    assert pointer(("a", key)) == "/a"
    assert pointer((key, "a")) == (f"/{key}" if kept else "")


@pytest.mark.parametrize("character", ["~", "/"])
def test_the_escapes_of_a_pointer_count_for_its_length(character: str) -> None:
    assert len(pointer((character * 255,))) == 511
    assert pointer((character * 256,)) == ""


def test_nothing_below_a_part_that_was_cut_is_named() -> None:
    assert pointer(("a", "k" * 600, "b")) == "/a"


def test_differences_below_one_cut_pointer_are_named_once_and_counted_each() -> None:
    deep = "k" * 600

    changes = changed_pointers({"a": {deep: [0, 0, 0]}, "b": 0}, {"a": {deep: [1, 1, 1]}, "b": 1})

    assert changes.pointers == ("/a", "/b")
    assert changes.total == 4


@given(
    st.lists(st.sampled_from(["a", "~", "/" * 90, "k" * 200, "é" * 256, "n" * 511, "n" * 512]), max_size=8),
)
def test_a_pointer_is_never_longer_than_512_and_always_an_ancestor(parts: list[str]) -> None:
    pointers = [pointer(tuple(parts[:count])) for count in range(len(parts) + 1)]

    assert all(len(text) <= 512 for text in pointers)
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(pointers))
