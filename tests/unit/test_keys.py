"""Where items lie: keys sort as their numbers do, and no key of one owner is another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep import keys
from draftkeep.model import Draft, Kind
from tests.unit.builders import ATTEMPT, DRAFTS, ID_PARTS, TEXTS, USERS, draft_of

OWNERS = st.tuples(st.sampled_from(Kind), st.sampled_from(["a", "b", "a:b", "a@", "~"]) | ID_PARTS, USERS)
VERSIONS = st.integers(0, 10**12 - 1)
# Operation keys, with every character that separates or escapes.
OPERATION_KEYS = st.text(st.sampled_from("ab#/%+: 23~"), min_size=1, max_size=8) | TEXTS.filter(bool)
KIND_OF_LONGEST_NAME = max(Kind, key=len)


def _partitions(kind: Kind, tenant: str, user: str, agent: str) -> set[str]:
    draft = Draft(kind, tenant, user, f"{agent}/1", agent)
    return {
        keys.log_key(draft),
        keys.keyframes_key(draft),
        keys.index_key(kind, tenant, user, ""),
        keys.index_key(kind, tenant, user, agent),
        keys.operation_key(kind, tenant, user, agent),
        keys.proposals_key(kind, tenant, user),
    }


# ----------------------------------------------------------------------------------------------------- owners


@given(OWNERS, OWNERS, ID_PARTS, ID_PARTS)
def test_no_partition_of_one_owner_is_another_owners(
    one: tuple[Kind, str, str], other: tuple[Kind, str, str], agent: str, other_agent: str
) -> None:
    shared = _partitions(*one, agent) & _partitions(*other, other_agent)

    assert one == other or not shared


@given(USERS, USERS)
def test_users_whose_names_hold_separators_stay_apart(one: str, other: str) -> None:
    assert (keys.log_key(draft_of(one)) == keys.log_key(draft_of(other))) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (draft_of(user="a#b", draft_id="c/1"), draft_of(user="a", draft_id="b#c/1")),
        (draft_of(user="a#b"), draft_of(user="a%23b")),
        (draft_of(user="a/b"), draft_of(user="a%2Fb")),
        (draft_of(user="a%"), draft_of(user="a%25")),
        (draft_of(tenant="t", user="u#x"), draft_of(tenant="t#u", user="x")),
        (draft_of(user="e\u0301"), draft_of(user="\u00e9")),
        (draft_of(user="A"), draft_of(user="a")),
    ],
)
def test_drafts_that_a_careless_join_would_confuse_lie_apart(one: Draft, other: Draft) -> None:
    assert keys.log_key(one) != keys.log_key(other)
    assert keys.keyframes_key(one) != keys.keyframes_key(other)


@given(DRAFTS, DRAFTS)
def test_two_drafts_share_no_log_and_no_keyframes(one: Draft, other: Draft) -> None:
    assert (keys.log_key(one) == keys.log_key(other)) is (one == other)
    assert (keys.keyframes_key(one) == keys.keyframes_key(other)) is (one == other)


@given(OWNERS, ID_PARTS)
def test_a_log_its_keyframes_and_the_lists_lie_in_partitions_of_their_own(
    owner: tuple[Kind, str, str], agent: str
) -> None:
    assert len(_partitions(*owner, agent)) == 6


def test_lists_of_different_agents_lie_apart() -> None:
    one = keys.index_key(Kind.AGENT, "acme", "ana", "support")
    other = keys.index_key(Kind.AGENT, "acme", "ana", "sales")

    assert one != other


@given(OWNERS, ID_PARTS)
def test_no_partition_of_an_owner_is_the_trash(owner: tuple[Kind, str, str], agent: str) -> None:
    assert not any(partition.startswith("trash#") for partition in _partitions(*owner, agent))


@given(DRAFTS)
def test_the_keyframes_of_a_log_are_found_by_its_partition_alone(draft: Draft) -> None:
    assert keys.keyframes_key_of_log(keys.log_key(draft)) == keys.keyframes_key(draft)


@given(DRAFTS)
def test_a_draft_is_found_by_its_log_alone_but_for_its_group(draft: Draft) -> None:
    assert keys.draft_of_log(keys.log_key(draft)) == replace(draft, group="")


@given(OWNERS, OWNERS, OPERATION_KEYS, OPERATION_KEYS)
def test_two_operations_share_a_partition_only_when_owner_and_key_are_the_same(
    one: tuple[Kind, str, str], other: tuple[Kind, str, str], key: str, other_key: str
) -> None:
    first, second = keys.operation_key(*one, key), keys.operation_key(*other, other_key)

    assert (first == second) is ((one, key) == (other, other_key))


def test_the_layout_is_as_published() -> None:
    draft = draft_of(user="a b#c")

    assert keys.log_key(draft) == "agent#draft#acme#a%20b%23c#support/3"
    assert keys.version_key(7) == "V#000000000007"
    assert keys.index_key(Kind.AGENT, "acme", "a b#c", "support") == "agent#index#acme#a%20b%23c#support"
    assert keys.index_key(Kind.PERSONA, "acme", "ana", "") == "persona#index#acme#ana"
    assert keys.index_sort_key(draft, 1_700_000_000_678) == "001700000000678#support/3"
    assert keys.operation_key("catalog", "acme", "a b#c", "k 1#") == "catalog#op#acme#a%20b%23c#k%201%23"
    assert keys.proposals_key(Kind.AGENT, "acme", "a b#c") == "agent#proposal#acme#a%20b%23c"
    assert keys.proposal_sort_key("support/3", 1_700_000_000_678, "k#1") == "support/3#001700000000678#k%231"
    assert keys.trash_key(date(2026, 1, 2)) == "trash#2026-01-02"


# ------------------------------------------------------------------------------------------------------ order


@pytest.mark.parametrize("version", [1, 9, 99, 999, 9_999, 10**9 - 1, 10**11 - 1])
def test_version_keys_sort_over_a_new_digit(version: int) -> None:
    assert keys.version_key(version) < keys.version_key(version + 1)


@given(VERSIONS, VERSIONS)
def test_version_keys_sort_as_versions(one: int, other: int) -> None:
    assert (keys.version_key(one) < keys.version_key(other)) is (one < other)


@pytest.mark.parametrize("chunk", [0, 9, 99, 998])
def test_chunk_keys_sort_over_a_new_digit(chunk: int) -> None:
    keyframe = keys.keyframe_id(7, ATTEMPT)

    assert keys.chunk_key(keyframe, chunk) < keys.chunk_key(keyframe, chunk + 1)


@given(VERSIONS, VERSIONS, st.uuids(), st.integers(0, 999))
def test_a_bound_has_the_keyframes_of_earlier_versions_below_it_and_no_others(
    version: int, bound: int, attempt: object, chunk: int
) -> None:
    place = keys.chunk_key(keys.keyframe_id(version, str(attempt)), chunk)

    assert (place < keys.keyframe_bound(bound)) is (version < bound)


@given(VERSIONS, VERSIONS, st.uuids(), st.uuids())
def test_two_attempts_never_share_a_keyframe(
    version: int,
    other: int,
    attempt: object,
    rival: object,
) -> None:
    one = keys.keyframe_id(version, str(attempt))
    two = keys.keyframe_id(other, str(rival))

    assert (one == two) is ((version, attempt) == (other, rival))


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1), DRAFTS)
def test_a_list_sorts_by_time_of_creation(one_ms: int, other_ms: int, draft: Draft) -> None:
    one, other = keys.index_sort_key(draft, one_ms), keys.index_sort_key(draft, other_ms)

    assert (one < other) is (one_ms < other_ms)


@given(DRAFTS, st.integers(0, 10**15 - 1))
def test_a_list_item_names_its_draft(draft: Draft, created_at_ms: int) -> None:
    assert keys.draft_id_of_index(keys.index_sort_key(draft, created_at_ms)) == draft.id


@given(DRAFTS, st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1), OPERATION_KEYS, OPERATION_KEYS)
def test_proposals_of_one_draft_sort_by_time(
    draft: Draft, one_ms: int, other_ms: int, key: str, other_key: str
) -> None:
    one = keys.proposal_sort_key(draft.id, one_ms, key)
    other = keys.proposal_sort_key(draft.id, other_ms, other_key)

    assert one_ms == other_ms or (one < other) is (one_ms < other_ms)


@given(DRAFTS, DRAFTS, st.integers(0, 10**15 - 1), OPERATION_KEYS)
def test_a_drafts_prefix_finds_its_own_proposals_and_no_others(
    draft: Draft, other: Draft, created_at_ms: int, key: str
) -> None:
    found = keys.proposal_sort_key(draft.id, created_at_ms, key).startswith(keys.proposals_prefix(other.id))

    assert found is (draft.id == other.id)


@pytest.mark.parametrize(("one", "other"), [("a/1", "a/10"), ("a/1", "a/"), ("d", "d1")])
def test_the_proposals_of_a_draft_are_not_those_of_one_whose_id_begins_alike(one: str, other: str) -> None:
    place = keys.proposal_sort_key(other, 1, "k")

    assert not place.startswith(keys.proposals_prefix(one))


@given(DRAFTS, st.integers(0, 10**15 - 1), OPERATION_KEYS)
def test_a_proposals_place_names_its_operation_key(draft: Draft, created_at_ms: int, key: str) -> None:
    assert keys.key_of_proposal(keys.proposal_sort_key(draft.id, created_at_ms, key)) == key


# ----------------------------------------------------------------------------------------------- days, limits


@pytest.mark.parametrize(
    ("time_ms", "day"),
    [
        (0, date(1970, 1, 1)),
        (86_399_999, date(1970, 1, 1)),
        (86_400_000, date(1970, 1, 2)),
        (1_709_164_800_000, date(2024, 2, 29)),
        (1_709_251_199_999, date(2024, 2, 29)),
        (1_709_251_200_000, date(2024, 3, 1)),
        (4_102_444_800_000, date(2100, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_utc(time_ms: int, day: date) -> None:
    assert keys.day_of(time_ms) == day


def test_keys_of_the_longest_names_are_within_the_limits_of_dynamodb() -> None:
    user = "\U0001f600" * 85 + "abcd"
    draft = Draft(KIND_OF_LONGEST_NAME, "t" * 128, user, f"{'a' * 128}/{'9' * 15}", "a" * 128)
    partitions = [
        keys.log_key(draft),
        keys.keyframes_key(draft),
        keys.index_key(draft.kind, draft.tenant, draft.user, draft.group),
        keys.operation_key("catalog", draft.tenant, draft.user, "%" * 255),
        keys.proposals_key(draft.kind, draft.tenant, draft.user),
    ]
    sorts = [
        keys.version_key(10**12 - 1),
        keys.chunk_key(keys.keyframe_id(10**12 - 1, ATTEMPT), 999),
        keys.index_sort_key(draft, 10**15 - 1),
        keys.trash_sort_key(keys.log_key(draft)),
        keys.proposal_sort_key(draft.id, 10**15 - 1, "%" * 255),
    ]

    assert len(quote(user, safe="")) == 1024
    assert max(len(partition.encode()) for partition in partitions) <= 2048
    assert max(len(sort.encode()) for sort in sorts) <= 1024


@given(DRAFTS, DRAFTS)
def test_two_discarded_drafts_lie_apart_in_the_trash(one: Draft, other: Draft) -> None:
    places = [keys.trash_sort_key(keys.log_key(draft)) for draft in (one, other)]

    assert (places[0] == places[1]) is (one == other)
