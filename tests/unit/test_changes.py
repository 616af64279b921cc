"""Places as JSON pointers: each reads back as the place it was made of, and none is too long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.changes import pointer
from tests.unit.builders import TRICKY_KEYS


def _parts(text: str) -> list[str]:
    """Read a JSON pointer, by RFC 6901."""
    assert text == "" or text.startswith("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


@given(st.lists(TRICKY_KEYS | st.integers(0, 12), max_size=6))
def test_a_pointer_reads_back_as_its_parts(parts: list[str | int]) -> None:
    assert _parts(pointer(tuple(parts))) == [str(part) for part in parts]


@pytest.mark.parametrize(("length", "kept"), [(511, True), (512, False)])
def test_a_pointer_over_512_bytes_is_cut_at_an_ancestor(length: int, kept: bool) -> None:
    key = "k" * length

    assert pointer(("a", key)) == "/a"
    assert pointer((key, "a")) == (f"/{key}" if kept else "")


@pytest.mark.parametrize(("character", "size_bytes"), [("\u0001", 6), ('"', 2), ("é", 2), ("漢", 3), ("🙂", 4)])
def test_a_pointer_takes_at_most_512_bytes_of_an_answer(character: str, size_bytes: int) -> None:
    most = 511 // size_bytes

    assert pointer((character * most, "k" * 300)) == f"/{character * most}"
    assert pointer((character * (most + 1),)) == ""


@pytest.mark.parametrize("character", ["~", "/"])
def test_the_escapes_of_a_pointer_count_for_its_length(character: str) -> None:
    assert len(pointer((character * 255,))) == 511
    assert pointer((character * 256,)) == ""


def test_nothing_below_a_part_that_was_cut_is_named() -> None:
    assert pointer(("a", "k" * 600, "b")) == "/a"


@given(
    st.lists(st.sampled_from(["a", "~", "/" * 90, "k" * 200, "é" * 256, "n" * 511, "n" * 512]), max_size=8),
)
def test_a_pointer_is_never_longer_than_512_and_always_an_ancestor(parts: list[str]) -> None:
    pointers = [pointer(tuple(parts[:count])) for count in range(len(parts) + 1)]

    assert all(len(text) <= 512 for text in pointers)
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(pointers))
