"""The header `Prefer`, as RFC 7240 writes it; what cannot be read is as if it were not sent."""

from __future__ import annotations

import time

import pytest

from draftkeep.http.preferences import is_minimal


@pytest.mark.parametrize(
    "prefer",
    [
        "return=minimal",
        'return="minimal"',
        "Return = Minimal",
        "respond-async, return=minimal",
        'wait=10; of="a, b" , return=minimal',
        ", ,return=minimal; strictly",
        "return=minimal, return=representation",
        'foo; bar="return=representation, \\" x", return=minimal',
        "handling=, return=minimal",
        "return=minimal, {unreadable}",
    ],
)
def test_a_client_may_ask_for_answers_without_content(prefer: str) -> None:
    assert is_minimal(prefer)


@pytest.mark.parametrize(
    "prefer",
    [
        None,
        "",
        "return",
        "return=representation",
        "return=representation, return=minimal",
        "return=minimally",
        "minimal",
        "x-return=minimal",
        'foo="return=minimal"',
        "foo; return=minimal",
        "{unreadable}, return=minimal",
        'foo="open, return=minimal',
    ],
)
def test_any_other_preference_changes_nothing(prefer: str | None) -> None:
    assert not is_minimal(prefer)


@pytest.mark.parametrize("end", ["", "@"])
@pytest.mark.parametrize("begin", ["foo", "foo="])
@pytest.mark.parametrize(
    "piece", ['"\\"', ";a=", "a=b;", ', "', "=;,", " \t", "; ", " ;", " ; ", ";\t ", "= ", " =", '; a = "', "\\", ", "]
)
def test_a_long_header_is_read_in_no_time(begin: str, piece: str, end: str) -> None:
    started = time.perf_counter()

    # Short ones first: what doubles with each piece is told by them, and would not end with the long one.
    for length in (60, 10_000):
        is_minimal(begin + piece * (length // len(piece)) + end)
        assert time.perf_counter() - started < 0.5
