"""The tables of preconditions, row by row: what was sent, what there is, what is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep.http.headers import precondition_of
from draftkeep.preconditions import (
    Precondition,
    Verdict,
    judge_discard,
    judge_move,
    judge_patch,
    judge_proposal,
    judge_save,
)

PROCEED, UNCHANGED = Verdict.PROCEED, Verdict.UNCHANGED
REQUIRED, CONFLICT, EXISTS = Verdict.REQUIRED, Verdict.CONFLICT, Verdict.EXISTS

# (If-Match, If-None-Match): every precondition that a request can carry, seen from a draft at version 7.
ALL_SENT = [
    (None, None),
    ("0", None),
    ("6", None),
    ("7", None),
    ('"8"', None),
    ("6, 7", None),
    ("5, 6", None),
    ('"abc"', None),
    ("*", None),
    (None, "*"),
]


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "verdict"),
    [
        pytest.param(None, None, PROCEED, id="nothing sent creates"),
        pytest.param("0", None, PROCEED, id="If-Match 0 creates"),
        pytest.param('"0"', None, PROCEED, id="If-Match quoted 0 creates"),
        pytest.param("0, 7", None, PROCEED, id="a list with 0 creates"),
        pytest.param(None, "*", PROCEED, id="If-None-Match * creates"),
        pytest.param("1", None, CONFLICT, id="If-Match 1 conflicts"),
        pytest.param("7", None, CONFLICT, id="If-Match n conflicts"),
        pytest.param("7, 8", None, CONFLICT, id="a list without 0 conflicts"),
        pytest.param('"abc"', None, CONFLICT, id="a tag that is no number conflicts"),
        pytest.param("*", None, CONFLICT, id="If-Match * conflicts"),
    ],
)
def test_a_save_without_a_draft(if_match: str | None, if_none_match: str | None, verdict: Verdict) -> None:
    assert judge_save(precondition_of(if_match, if_none_match), 0, identical=False) is verdict


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "verdict"),
    [
        pytest.param("7", None, PROCEED, id="If-Match v saves"),
        pytest.param('"7"', None, PROCEED, id="If-Match quoted v saves"),
        pytest.param('W/"7"', None, PROCEED, id="If-Match weak v saves"),
        pytest.param("6, 7", None, PROCEED, id="a list with v saves"),
        pytest.param("6", None, CONFLICT, id="If-Match of an older version conflicts"),
        pytest.param("8", None, CONFLICT, id="If-Match of a later version conflicts"),
        pytest.param("0", None, CONFLICT, id="If-Match 0 conflicts"),
        pytest.param("5, 6", None, CONFLICT, id="a list without v conflicts"),
        pytest.param('"abc"', None, CONFLICT, id="a tag that is no number conflicts"),
        pytest.param("*", None, PROCEED, id="If-Match * overwrites"),
        pytest.param(None, None, REQUIRED, id="nothing sent is asked for a precondition"),
        pytest.param(None, "*", EXISTS, id="If-None-Match * finds a draft"),
    ],
)
def test_a_save_of_another_content_over_version_7(
    if_match: str | None, if_none_match: str | None, verdict: Verdict
) -> None:
    assert judge_save(precondition_of(if_match, if_none_match), 7, identical=False) is verdict


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_a_save_of_the_heads_own_content_changes_nothing_whatever_was_sent(
    if_match: str | None, if_none_match: str | None
) -> None:
    assert judge_save(precondition_of(if_match, if_none_match), 7, identical=True) is UNCHANGED


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "verdict"),
    [
        pytest.param(None, None, PROCEED, id="nothing sent patches whatever is there"),
        pytest.param("7", None, PROCEED, id="If-Match v"),
        pytest.param("*", None, PROCEED, id="If-Match *"),
        pytest.param("6", None, CONFLICT, id="an older version"),
        pytest.param("0", None, CONFLICT, id="If-Match 0"),
        pytest.param('"abc"', None, CONFLICT, id="a tag that is no number"),
        pytest.param(None, "*", EXISTS, id="If-None-Match *"),
    ],
)
def test_a_patch_of_version_7(if_match: str | None, if_none_match: str | None, verdict: Verdict) -> None:
    assert judge_patch(precondition_of(if_match, if_none_match), 7, identical=False) is verdict


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_a_patch_that_changes_nothing_is_no_new_version_whatever_was_sent(
    if_match: str | None,
    if_none_match: str | None,
) -> None:
    assert judge_patch(precondition_of(if_match, if_none_match), 7, identical=True) is UNCHANGED


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_a_patch_that_begins_a_draft_is_judged_as_a_save(
    if_match: str | None,
    if_none_match: str | None,
) -> None:
    precondition = precondition_of(if_match, if_none_match)

    assert judge_patch(precondition, 0, identical=False) is judge_save(precondition, 0, identical=False)


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "verdict"),
    [
        pytest.param(None, None, REQUIRED, id="nothing sent"),
        pytest.param(None, "*", REQUIRED, id="If-None-Match names no version"),
        pytest.param("7", None, PROCEED, id="If-Match v"),
        pytest.param('W/"7"', None, PROCEED, id="If-Match weak v"),
        pytest.param("6, 7", None, PROCEED, id="a list with v"),
        pytest.param("*", None, PROCEED, id="If-Match *"),
        pytest.param("6", None, CONFLICT, id="an older version"),
        pytest.param("8", None, CONFLICT, id="a later version"),
        pytest.param("0", None, CONFLICT, id="If-Match 0"),
        pytest.param("5, 6", None, CONFLICT, id="a list without v"),
        pytest.param('"abc"', None, CONFLICT, id="a tag that is no number"),
    ],
)
def test_a_move_of_version_7(if_match: str | None, if_none_match: str | None, verdict: Verdict) -> None:
    assert judge_move(precondition_of(if_match, if_none_match), 7) is verdict


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_an_operation_key_stands_in_for_the_version_of_a_move_and_for_nothing_else(
    if_match: str | None, if_none_match: str | None
) -> None:
    """docs/api.md, "Preconditions": a move needs If-Match or an operation key; a version that is sent still counts."""
    precondition = precondition_of(if_match, if_none_match)

    keyed = judge_move(precondition, 7, keyed=True)

    assert keyed is (PROCEED if precondition.is_empty else judge_move(precondition, 7))


@pytest.mark.parametrize(
    ("if_match", "verdict"),
    [
        pytest.param(None, PROCEED, id="nothing sent"),
        pytest.param("7", PROCEED, id="If-Match v"),
        pytest.param('"7"', PROCEED, id="If-Match quoted v"),
        pytest.param("6, 7", PROCEED, id="a list with v"),
        pytest.param("*", PROCEED, id="If-Match *"),
        pytest.param("6", CONFLICT, id="an older version"),
        pytest.param("8", CONFLICT, id="a later version"),
        pytest.param("0", CONFLICT, id="If-Match 0"),
        pytest.param('"abc"', CONFLICT, id="a tag that is no number"),
    ],
)
def test_a_discard_of_version_7(if_match: str | None, verdict: Verdict) -> None:
    assert judge_discard(precondition_of(if_match, None), 7) is verdict


@pytest.mark.parametrize(
    ("if_match", "verdict"),
    [
        pytest.param(None, REQUIRED, id="nothing sent"),
        pytest.param("7", PROCEED, id="If-Match v"),
        pytest.param("*", PROCEED, id="If-Match *"),
        pytest.param("6", CONFLICT, id="an older version"),
    ],
)
def test_a_guarded_discard_of_version_7_must_say_a_version(if_match: str | None, verdict: Verdict) -> None:
    assert judge_discard(precondition_of(if_match, None), 7, guarded=True) is verdict


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_an_operation_key_stands_in_for_the_version_of_a_guarded_discard_and_for_nothing_else(
    if_match: str | None, if_none_match: str | None
) -> None:
    precondition = precondition_of(if_match, if_none_match)

    keyed = judge_discard(precondition, 7, guarded=True, keyed=True)

    assert keyed is (PROCEED if precondition.is_empty else judge_discard(precondition, 7, guarded=True))


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_an_operation_key_changes_nothing_about_an_unguarded_discard(
    if_match: str | None, if_none_match: str | None
) -> None:
    precondition = precondition_of(if_match, if_none_match)

    assert judge_discard(precondition, 7, keyed=True) is judge_discard(precondition, 7)


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "verdict", "base"),
    [
        pytest.param("7", None, PROCEED, 7, id="made of the current version"),
        pytest.param("6", None, PROCEED, 6, id="made of an older version"),
        pytest.param("4", None, PROCEED, 4, id="made of the first version"),
        pytest.param('W/"5"', None, PROCEED, 5, id="a weak tag"),
        pytest.param("*", None, PROCEED, 7, id="If-Match * is the current version"),
        pytest.param("4, 6", None, PROCEED, 6, id="the newest of a list"),
        pytest.param("6, 9", None, PROCEED, 6, id="the newest of a list that there is"),
        pytest.param("3", None, CONFLICT, 0, id="a version of a draft that was discarded"),
        pytest.param("8", None, CONFLICT, 0, id="a version that is not there yet"),
        pytest.param("0", None, CONFLICT, 0, id="If-Match 0"),
        pytest.param("3, 8", None, CONFLICT, 0, id="a list of none"),
        pytest.param('"abc"', None, CONFLICT, 0, id="a tag that is no number"),
        pytest.param(None, None, REQUIRED, 0, id="nothing sent"),
        pytest.param(None, "*", EXISTS, 0, id="If-None-Match *"),
    ],
)
def test_a_proposal_to_a_draft_of_the_versions_4_to_7(
    if_match: str | None, if_none_match: str | None, verdict: Verdict, base: int
) -> None:
    assert judge_proposal(precondition_of(if_match, if_none_match), 7, 4) == (verdict, base)


@pytest.mark.parametrize(("if_match", "if_none_match"), ALL_SENT)
def test_a_proposal_that_would_begin_a_draft_is_judged_as_a_save_and_has_no_base(
    if_match: str | None, if_none_match: str | None
) -> None:
    precondition = precondition_of(if_match, if_none_match)

    assert judge_proposal(precondition, 0, 0) == (judge_save(precondition, 0, identical=False), 0)


def test_a_discard_that_asks_for_no_draft_to_be_there_does_not_end_one() -> None:
    """RFC 9110, 13.1.2: with `If-None-Match: *` the method is not performed when there is something."""
    assert judge_discard(precondition_of(None, "*"), 7) is not PROCEED


@given(st.frozensets(st.integers(0, 5)), st.integers(0, 5))
def test_a_list_of_versions_matches_exactly_the_versions_in_it(
    versions: frozenset[int],
    version: int,
) -> None:
    assert Precondition(versions=versions).matches(version) is (version in versions)


@pytest.mark.parametrize(("version", "matches"), [(0, False), (1, True), (7, True)])
def test_any_version_matches_whatever_draft_there_is(version: int, matches: bool) -> None:
    assert Precondition(any_version=True).matches(version) is matches


@pytest.mark.parametrize(
    ("precondition", "seen"),
    [
        (Precondition(), None),
        (Precondition(any_version=True), None),
        (Precondition(only_new=True), None),
        (Precondition(versions=frozenset()), None),
        (Precondition(versions=frozenset({7})), 7),
        (Precondition(versions=frozenset({6, 7}), is_list=True), None),
        (Precondition(versions=frozenset({7}), is_list=True), None),
    ],
)
def test_a_client_saw_one_version_only_when_it_named_exactly_one(
    precondition: Precondition,
    seen: int | None,
) -> None:
    assert precondition.single_version == seen


@pytest.mark.parametrize(
    ("precondition", "empty"),
    [
        (Precondition(), True),
        (Precondition(versions=frozenset()), False),
        (Precondition(any_version=True), False),
        (Precondition(only_new=True), False),
    ],
)
def test_only_a_precondition_without_a_header_is_empty(precondition: Precondition, empty: bool) -> None:
    assert precondition.is_empty is empty
