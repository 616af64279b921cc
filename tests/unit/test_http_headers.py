"""Conditional headers: which spellings of a version are read, and which are refused as unreadable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.errors import MalformedHeader
from draftkeep.http.headers import NUMBER, is_unmodified, precondition_of
from draftkeep.preconditions import Precondition
from tests.unit.builders import given_up_after

TAGS = st.sampled_from(["{}", '"{}"', 'W/"{}"'])
PADS = st.sampled_from(["", " ", "\t", "  "])

UNREADABLE = [
    "",
    " ",
    "\t",
    ",",
    " , , ",
    "abc",
    "7a",
    "a7",
    "0x7",
    "7.0",
    "-1",
    "+1",
    "1_0",
    "1e3",
    "007",
    "00",
    "1000000000000000",
    "\u0661",
    "\u0661\u0662",
    "1\u0661",
    "\u00b2",
    "\uff17",
    "7 8",
    "7;8",
    "7,,x",
    "7, *",
    "*, 7",
    "**",
    '"*',
    "'7'",
    '"7',
    '7"',
    '""7""',
    '"7" "8"',
    '"7""8"',
    "W/7",
    'w/"7"',
    'W / "7"',
    'W/ "7"',
    'W/W/"7"',
    '"a b"',
    '"a\tb"',
    '"a\x7fb"',
    '"\u0661"',
    "7\x00",
    "null",
    "[7]",
    "7\r\n8",
]


# --------------------------------------------------------------------------------------------------- If-Match


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        ("7", {7}),
        ('"7"', {7}),
        ('W/"7"', {7}),
        ("0", {0}),
        ('"0"', {0}),
        ("999999999999999", {999_999_999_999_999}),
        (" 7 ", {7}),
        ('\t"7"\t', {7}),
        ("7,8", {7, 8}),
        ('"7", W/"8" ,9', {7, 8, 9}),
        ("7, 7", {7}),
        (",7,", {7}),
        ("7,,8", {7, 8}),
        (" , 7 , ", {7}),
    ],
)
def test_if_match_takes_every_spelling_of_a_version_and_lists(if_match: str, versions: set[int]) -> None:
    precondition = precondition_of(if_match, None)

    assert precondition.versions == frozenset(versions)
    assert precondition.is_list is (len(re.findall(r"\d+", if_match)) > 1)


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        ('"abc"', set()),
        ('""', set()),
        ('W/""', set()),
        ('"*"', set()),
        ('"007"', set()),
        ('"+1"', set()),
        ('"1_0"', set()),
        ('"7,8"', set()),
        ('"1000000000000000"', set()),
        ('"\xe9"', set()),
        ('"\\7"', set()),
        ('"abc", 7', {7}),
    ],
)
def test_a_well_formed_tag_that_is_no_number_matches_nothing(if_match: str, versions: set[int]) -> None:
    precondition = precondition_of(if_match, None)

    assert precondition.versions == frozenset(versions)
    assert not precondition.is_empty


@pytest.mark.parametrize("if_match", ["*", " *", "*\t"])
def test_if_match_star_matches_any_version(if_match: str) -> None:
    assert precondition_of(if_match, None) == Precondition(any_version=True)


@pytest.mark.parametrize("if_match", UNREADABLE)
def test_an_unreadable_if_match_is_refused_by_name(if_match: str) -> None:
    with pytest.raises(MalformedHeader) as refusal:
        precondition_of(if_match, None)

    assert refusal.value.header == "If-Match"


@pytest.mark.parametrize("if_match", ["7\n", '"7"\n', "7,\n", "7, 8\n", "\n", "\n7", "7\r\n"])
def test_an_if_match_with_a_line_break_is_refused_and_does_not_hang(if_match: str) -> None:
    with given_up_after(1.0), pytest.raises(MalformedHeader):
        precondition_of(if_match, None)


@pytest.mark.parametrize(
    "if_match",
    [
        pytest.param(" " * 40_000 + "x", id="spaces"),
        pytest.param("7" + " " * 40_000 + "x", id="spaces after a version"),
        pytest.param("1" * 40_000, id="digits"),
        pytest.param("7," * 20_000 + "x", id="versions"),
        pytest.param("," * 40_000, id="commas"),
        pytest.param('"' * 40_001, id="quotes"),
        pytest.param('W/"' * 13_000, id="openings"),
    ],
)
def test_a_long_unreadable_if_match_is_refused_in_time(if_match: str) -> None:
    with given_up_after(2.0), pytest.raises(MalformedHeader):
        precondition_of(if_match, None)


def test_a_long_list_is_read_whole() -> None:
    versions = range(1, 2001)

    precondition = precondition_of(",".join(f'"{version}"' for version in versions), None)

    assert precondition.versions == frozenset(versions)


@given(st.lists(st.tuples(st.integers(0, 10**15 - 1), TAGS, PADS), min_size=1, max_size=5))
def test_a_list_of_versions_is_read_however_each_is_spelled(elements: list[tuple[int, str, str]]) -> None:
    spelled = ",".join(pad + tag.format(version) + pad for version, tag, pad in elements)

    precondition = precondition_of(spelled, None)

    assert precondition.versions == frozenset(version for version, _, _ in elements)


@given(st.text(st.sampled_from('0179 \t,"W/*x+_\u0661\xe9-'), max_size=12))
def test_any_if_match_is_either_read_or_refused(if_match: str) -> None:
    try:
        precondition = precondition_of(if_match, None)
    except MalformedHeader:
        return

    numbers = set(re.findall("[0-9]+", if_match))
    assert precondition.any_version is (if_match.strip() == "*")
    assert all(str(version) in numbers for version in precondition.versions or ())


# ---------------------------------------------------------------------------------------------- If-None-Match


def test_no_header_is_an_empty_precondition() -> None:
    assert precondition_of(None, None).is_empty


@pytest.mark.parametrize("if_none_match", ["*", " * "])
def test_a_write_takes_if_none_match_star(if_none_match: str) -> None:
    assert precondition_of(None, if_none_match) == Precondition(only_new=True)


@pytest.mark.parametrize("if_none_match", ["7", '"7"', "", "**", "*, 7", "abc"])
def test_a_write_takes_no_other_if_none_match(if_none_match: str) -> None:
    with pytest.raises(MalformedHeader) as refusal:
        precondition_of(None, if_none_match)

    assert refusal.value.header == "If-None-Match"


@pytest.mark.parametrize(
    ("if_match", "if_none_match"),
    [("7", "*"), ("*", "*"), ("7", '"7"'), ("", ""), ("x", "*")],
)
def test_both_headers_at_once_are_refused(if_match: str, if_none_match: str) -> None:
    with pytest.raises(MalformedHeader):
        precondition_of(if_match, if_none_match)


@pytest.mark.parametrize(
    ("if_none_match", "unmodified"),
    [
        (None, False),
        ("*", True),
        (" * ", True),
        ("7", True),
        ('"7"', True),
        ('W/"7"', True),
        ('"6", "7"', True),
        ("6", False),
        ('"6", "8"', False),
        ('"abc"', False),
        ('"07"', False),
    ],
)
def test_a_read_is_unmodified_when_the_client_holds_this_version(
    if_none_match: str | None,
    unmodified: bool,
) -> None:
    assert is_unmodified(if_none_match, 7) is unmodified


@pytest.mark.parametrize("if_none_match", UNREADABLE)
def test_an_unreadable_if_none_match_of_a_read_is_refused_by_name(if_none_match: str) -> None:
    with pytest.raises(MalformedHeader) as refusal:
        is_unmodified(if_none_match, 7)

    assert refusal.value.header == "If-None-Match"


# ---------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("text", ["0", "1", "10", "999999999999999"])
def test_a_number_is_written_in_ascii_digits(text: str) -> None:
    assert NUMBER.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "00", "01", "-1", "+1", "1_0", "1.0", " 1", "1 ", "1\n", "\u0661", "1\u0661", "1" * 16]
)
def test_no_other_spelling_is_a_number(text: str) -> None:
    assert not NUMBER.fullmatch(text)
