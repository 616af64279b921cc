"""Places with their values: at most 100, none with a long value, and not too much of all together."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.errors import Place
from draftkeep.http.naming import CAMEL, SNAKE
from draftkeep.http.places import MAX_PLACES, MAX_VALUE_BYTES, MAX_VALUES_BYTES, listed_places
from draftkeep.merging import ABSENT
from tests.unit.builders import json_values


def _text_of(size_bytes: int) -> str:
    """A value whose canonical JSON has this size."""
    return "x" * (size_bytes - 2)


def _hashed(value: Any, size: str) -> dict[str, Any]:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return {"hash": hashlib.sha256(text).hexdigest(), size: len(text)}


# ------------------------------------------------------------------------------------------------------------ shape


def test_a_forms_place_is_a_field_with_its_values() -> None:
    listed = listed_places([Place("name", "a", "c", "b")], SNAKE, current=True)

    assert listed == [{"field": "name", "base": "a", "current": "b", "proposed": "c"}]


def test_an_agents_place_is_a_pointer_with_its_values() -> None:
    listed = listed_places([Place("/flow/steps/0", {"id": "a"}, [], 1)], CAMEL, current=True)

    assert listed == [{"pointer": "/flow/steps/0", "base": {"id": "a"}, "current": 1, "proposed": []}]


def test_what_is_now_is_left_out_where_it_is_not_asked_for() -> None:
    listed = listed_places([Place("name", "a", "c", "b")], SNAKE, current=False)

    assert listed == [{"field": "name", "base": "a", "proposed": "c"}]


@pytest.mark.parametrize(
    ("place", "sides"),
    [
        (Place("/a", ABSENT, 1, 2), {"current": 2, "proposed": 1}),
        (Place("/a", 1, ABSENT, 2), {"base": 1, "current": 2}),
        (Place("/a", 1, 2, ABSENT), {"base": 1, "proposed": 2}),
        (Place("/a", None, None, None), {"base": None, "current": None, "proposed": None}),
    ],
)
def test_what_is_not_there_is_left_out_and_null_is_a_value(place: Place, sides: dict[str, Any]) -> None:
    assert listed_places([place], CAMEL, current=True) == [{"pointer": "/a"} | sides]


@given(st.lists(st.builds(Place, st.text(max_size=5), *[json_values()] * 3), max_size=4))
def test_short_values_are_shown_as_they_are_in_the_order_of_the_places(places: list[Place]) -> None:
    assert listed_places(places, CAMEL, current=True) == [
        {"pointer": place.name, "base": place.base, "current": place.current, "proposed": place.proposed}
        for place in places
    ]


# ----------------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(("count", "listed"), [(0, 0), (99, 99), (100, 100), (101, 100), (5000, 100)])
def test_at_most_100_places_are_listed(count: int, listed: int) -> None:
    places = [Place(f"/{number}", 0, 1) for number in range(count)]

    found = listed_places(places, CAMEL, current=False)

    assert MAX_PLACES == 100
    assert [one["pointer"] for one in found] == [f"/{number}" for number in range(listed)]


@pytest.mark.parametrize("side", ["base", "current", "proposed"])
def test_a_value_of_64_kib_is_shown_and_one_byte_more_is_a_hash_and_a_size(side: str) -> None:
    longest, longer = _text_of(64 * 1024), _text_of(64 * 1024 + 1)
    places = [Place("/a", **{"base": 0, "current": 0, "proposed": 0, side: value}) for value in (longest, longer)]

    shown = [one[side] for one in listed_places(places, CAMEL, current=True)]

    assert MAX_VALUE_BYTES == 64 * 1024
    assert shown == [longest, _hashed(longer, "sizeBytes")]


def test_the_size_of_a_form_value_is_spelt_as_forms_are() -> None:
    value = [_text_of(70_000)]

    (place,) = listed_places([Place("examples", [], value)], SNAKE, current=False)

    assert place["proposed"] == _hashed(value, "size_bytes")


def test_a_value_is_measured_in_bytes_of_its_canonical_json() -> None:
    value = "é" * 32_767
    longer = "é" * 32_768

    shown = [
        one["base"] for one in listed_places([Place("/a", value, 0), Place("/b", longer, 0)], CAMEL, current=False)
    ]

    assert shown == [value, _hashed(longer, "sizeBytes")]


def test_two_values_that_differ_in_the_order_of_members_have_one_hash() -> None:
    long = _text_of(70_000)
    places = [Place("/a", {"a": long, "b": 1}, 0), Place("/b", {"b": 1, "a": long}, 0)]

    first, second = listed_places(places, CAMEL, current=False)

    assert first["base"] == second["base"]


def test_all_values_together_are_at_most_256_kib_and_what_comes_later_is_hashed() -> None:
    value = _text_of(MAX_VALUE_BYTES)
    places = [Place(f"/{number}", value, value) for number in range(6)]

    shown = [one[side] for one in listed_places(places, CAMEL, current=False) for side in ("base", "proposed")]

    assert MAX_VALUES_BYTES == 4 * MAX_VALUE_BYTES
    assert shown == [value] * 4 + [_hashed(value, "sizeBytes")] * 8


def test_a_short_value_is_shown_after_one_that_no_longer_fitted() -> None:
    places = [*(Place(f"/{number}", _text_of(60_000), 0) for number in range(5)), Place("/last", "short", 0)]

    listed = listed_places(places, CAMEL, current=False)

    assert "hash" in listed[4]["base"]
    assert listed[5]["base"] == "short"


def test_what_is_left_out_does_not_count() -> None:
    value = _text_of(MAX_VALUE_BYTES)
    places = [Place(f"/{number}", value, ABSENT, value) for number in range(4)]

    listed = listed_places(places, CAMEL, current=False)

    assert [one["base"] for one in listed] == [value] * 4


@given(st.lists(st.integers(3, 140_000), max_size=40))
def test_a_list_of_places_is_never_longer_than_its_bounds_allow(sizes: list[int]) -> None:
    places = [Place(f"/{number}", _text_of(size), 0, 0) for number, size in enumerate(sizes)]

    listed = listed_places(places, CAMEL, current=True)

    shown = [json.dumps(one["base"]) for one in listed if isinstance(one["base"], str)]
    assert sum(map(len, shown)) <= MAX_VALUES_BYTES
    assert all(len(text) <= MAX_VALUE_BYTES for text in shown)
