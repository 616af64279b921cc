"""What makes two resources the same one, and how ids follow from it: docs/api.md, "Types"."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from draftkeep import canonical
from draftkeep.resources import (
    SHARED,
    TYPES,
    Identity,
    Row,
    computed_id,
    hex_color,
    identity_of,
    normalise,
    ordinals,
    other_names,
    own_name,
    value_hash,
)
from tests.unit.builders import TEXTS, json_objects, json_values, same_json


def as_received(value: Any) -> Any:
    """A JSON value as it comes out of a request: of the ways to write a number one is left."""
    return canonical.parse_object(canonical.canonicalise({"value": value}).text)["value"]


HEX = st.text("0123456789abcdefABCDEF", min_size=1, max_size=8)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

# ------------------------------------------------------------------------------------------------------ colors


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        *(
            ("#abc", "#aabbcc"),
            ("#ABC", "#aabbcc"),
            ("#AaBbCc", "#aabbcc"),
            ("#aabbcc", "#aabbcc"),
            ("#000", "#000000"),
        ),
        *((" #abc\n", "#aabbcc"), ("#123456", "#123456"), ("#FFF", "#ffffff")),
        *(("", None), ("#", None), ("abc", None), ("#ab", None), ("#abcd", None), ("#abcde", None), ("#abcdef0", None)),
        *(("#aabbccdd", None), ("#ggg", None), ("# abc", None), ("#a b", None), ("red", None), ("rgb(0,0,0)", None)),
        *(
            ("#\u0661\u0662\u0663", None),
            ("\uff03abc", None),
            ("#\uff41\uff42\uff43", None),
            ("##abc", None),
            ("#abc;", None),
        ),
    ],
)
def test_a_color_has_one_spelling(spelling: str, code: str | None) -> None:
    assert hex_color(spelling) == code


@given(HEX)
def test_every_spelling_of_a_color_is_the_same_color(digits: str) -> None:
    code = hex_color(f"#{digits}")

    assert (code is None) == (len(digits) not in (3, 6))
    assert code == hex_color(f"#{digits.upper()}") == hex_color(f"#{digits.lower()}")
    if code:
        assert hex_color(code) == code
        assert len(code) == 7


@given(st.text(max_size=10))
def test_no_other_text_is_a_color(text: str) -> None:
    code = hex_color(text)

    assert code is None or text.strip().lower().startswith("#")


# ------------------------------------------------------------------------------------------------------ folding


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Human Resources", "  human \t\n RESOURCES "),
        ("Caf\u00e9", "CAFE\u0301"),
        ("\uac00", "\u1100\u1161"),
        ("stra\u00dfe", "STRASSE"),
        ("\u03a3\u03bf\u03c6\u03cc\u03c2", "\u03c3\u03bf\u03c6\u03cc\u03c3"),
        ("a\u00a0b", "a b"),
        ("a\u2003b", "A  B"),
        (FAMILY, f" {FAMILY}"),
        # Folding takes these apart, so what composes must be composed after it too.
        ("\u0390", "\u03aa\u0301"),
        ("\u01f0", "J\u030c"),
        ("\u1e96", "H\u0331"),
    ],
)
def test_case_spacing_and_composition_are_folded(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Cafe", "Caf\u00e9"),
        ("Human", "Humans"),
        ("ab", "a b"),
        ("\U0001f600", "\U0001f601"),
        ("a", "\u0430"),
        ("\u2460", "1"),
    ],
)
def test_different_words_stay_different(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


@given(st.text(max_size=20))
@example("\u03aa\u0301")
@example("\u0345\u0301")
def test_folding_is_done_once_and_for_all(text: str) -> None:
    folded = normalise(text)

    assert normalise(folded) == folded
    assert folded == folded.strip()


@given(st.text(max_size=20))
def test_folding_does_not_see_the_composition(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


@given(
    st.lists(st.sampled_from(["human", "resources", "\u00e9", "\U0001f600"]), max_size=4),
    st.sampled_from(" \t\n\u00a0"),
)
def test_folding_does_not_see_the_spacing(words: list[str], space: str) -> None:
    assert normalise((space * 2).join(words) + space) == " ".join(words)


# ----------------------------------------------------------------------------------------------------- identity


TYPE_IDENTITIES = {
    Identity.TEXT: {"names", "descriptions", "instructions", "examples", "values", "keys", "icons"},
    Identity.FLAG: {"flags"},
    Identity.ATTRIBUTES: {"model_flags", "model_positions", "model_rubrics", "args", "arg_positions", "args_outputs"},
}


def test_every_type_of_the_design_is_there() -> None:
    named = """
        names descriptions colors icons instructions examples flags departments parameter_fields voices args
        arg_positions args_outputs permissions models model_flags model_positions model_rubrics values keys endpoints
        modalities temperature_levels pricing reasoning_levels qualities
    """

    assert set(TYPES) == set(named.split())
    for identity, types in TYPE_IDENTITIES.items():
        assert {type_ for type_, rule in TYPES.items() if rule.identity is identity} == types


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_an_identity_depends_on_what_the_type_says(type_: str) -> None:
    rule = TYPES[type_].identity

    def same(left: tuple[str, dict[str, Any]], right: tuple[str, dict[str, Any]]) -> bool:
        return identity_of(type_, *left) == identity_of(type_, *right)

    assert same(("Caf\u00e9", {}), ("Cafe\u0301", {})) == (rule is not Identity.FLAG)
    assert same(("A b", {}), ("a  B", {})) == (rule in (Identity.FOLDED, Identity.ATTRIBUTES))
    assert same(("a", {}), ("b", {})) == (rule is Identity.ATTRIBUTES)
    assert same(("a", {"type": "x"}), ("a", {"type": "y"})) == (rule not in (Identity.FLAG, Identity.ATTRIBUTES))
    assert same(("a", {"x": 1}), ("a", {"x": 2})) == (rule is not Identity.ATTRIBUTES)


def test_equal_attributes_with_another_number_are_another_identity() -> None:
    assert identity_of("args", "a", {"name": "a"}, 0) != identity_of("args", "a", {"name": "a"}, 1)


@given(json_objects(), json_objects())
def test_attributes_are_one_identity_if_and_only_if_they_are_one_json_value(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    equal = identity_of("args", "", as_received(left)) == identity_of("args", "", as_received(right))

    assert equal == same_json(left, right)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_flags_type_and_value_do_not_run_into_each_other(a: str, b: str, c: str, d: str) -> None:
    same = identity_of("flags", a, {"type": b}) == identity_of("flags", c, {"type": d})

    assert same == ((a, b) == (c, d))


def test_a_value_hash_is_the_sha_256_of_the_text() -> None:
    assert value_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert value_hash("\u00e9") != value_hash("e\u0301")


# ----------------------------------------------------------------------------------------------------- computed


@pytest.mark.parametrize(
    ("arguments", "id_"),
    [
        (("acme", "ann", "names", "Ann"), "db90114d-ab44-5b53-ac15-40f00a125e6d"),
        (("acme", SHARED, "colors", "#aabbcc", {"name": "Mist"}), "a3500769-88ab-5d15-8d91-0d7d76995f5a"),
        (
            ("acme", "ann", "args", "query", {"name": "query", "required": True}, 2),
            "f3c4391a-7a54-57c9-aa29-4b2e5011a6a4",
        ),
    ],
)
def test_a_computed_id_never_changes_again(arguments: tuple[Any, ...], id_: str) -> None:
    assert computed_id(*arguments) == id_
    assert uuid.UUID(id_).version == 5


def test_a_computed_id_is_uuid_5_over_canonical_json() -> None:
    namespace = uuid.UUID("6f1d1c1e-6a3c-5c1e-9d0b-2f1f5c0a7d11")
    name = '["acme","ann","colors","Jos\u00e9",{"a":1,"b":[true,null]},3]'

    computed = computed_id("acme", "ann", "colors", "Jose\u0301", {"b": [True, None], "a": 1}, 3)

    assert computed == str(uuid.uuid5(namespace, name))
    text = '["acme","ann","names","Jos\u00e9",{},0]'
    assert computed_id("acme", "ann", "names", "Jose\u0301") == str(uuid.uuid5(namespace, text))


def test_the_label_of_a_row_that_its_attributes_identify_is_no_part_of_its_id() -> None:
    one, other = (computed_id("acme", "ann", "args", label, {"name": "query"}) for label in ("query", "a label"))

    assert one == other


@pytest.mark.parametrize(
    "other",
    [
        ("evil", "ann", "names", "Ann"),
        ("acme", "bob", "names", "Ann"),
        ("acme", SHARED, "names", "Ann"),
        ("acme", "ann", "descriptions", "Ann"),
        ("acme", "ann", "names", "ann"),
        ("acme", "ann", "names", "Ann "),
        ("acme", "ann", "names", "Ann", {"x": 1}),
        ("acme", "ann", "names", "Ann", {}, 1),
        ("acme,ann", "", "names", "Ann"),
    ],
)
def test_each_part_makes_another_id(other: tuple[Any, ...]) -> None:
    assert computed_id(*other) != computed_id("acme", "ann", "names", "Ann")


@pytest.mark.parametrize("text", [FAMILY, "\U0001f600", "\u6f22\u5b57", "\u0000", "", "x" * 262_144])
def test_every_text_has_an_id(text: str) -> None:
    assert computed_id("acme", "ann", "names", text) == computed_id("acme", "ann", "names", text, {})


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_texts_have_one_id_if_and_only_if_they_are_the_same_in_nfc(left: str, right: str) -> None:
    composed = [unicodedata.normalize("NFC", text) for text in (left, right)]

    same = computed_id("acme", "ann", "names", left) == computed_id("acme", "ann", "names", right)

    assert same == (composed[0] == composed[1])
    decomposed = unicodedata.normalize("NFD", left)
    assert computed_id("acme", "ann", "names", left) == computed_id("acme", "ann", "names", decomposed)


# ----------------------------------------------------------------------------------------------------- ordinals


def test_equal_items_are_numbered() -> None:
    assert ordinals([]) == []
    assert ordinals(["a", "b", "a", "a", "b"]) == [0, 0, 1, 2, 1]
    assert ordinals([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": True, "b": 2}]) == [0, 1, 0]
    assert ordinals([1, True, "1", None, 1.5, False, 0]) == [0] * 7


@given(st.lists(json_values(), max_size=8))
def test_an_item_and_its_number_are_unique_and_numbers_have_no_gap(items: list[Any]) -> None:
    numbers = ordinals([as_received(item) for item in items])

    for index, item in enumerate(items):
        assert numbers[index] == sum(same_json(item, before) for before in items[:index])


# ----------------------------------------------------------------------------------------------------- aliases


@pytest.mark.parametrize(
    ("type_", "attributes", "found"),
    [
        ("icons", {"name": "Home"}, ("v", "Home")),
        ("colors", {"name": "Red", "other": "x"}, ("v", "Red")),
        ("colors", {"name": ""}, ("v",)),
        ("colors", {"name": 7}, ("v",)),
        ("icons", {}, ("v",)),
        ("departments", {"name": "Sales"}, ("v",)),
    ],
)
def test_icons_and_colors_are_found_by_their_name_too(
    type_: str, attributes: dict[str, Any], found: tuple[str, ...]
) -> None:
    row = Row("1", type_, "v", attributes)

    assert (own_name(type_, "v", attributes), *other_names(row)) == found
