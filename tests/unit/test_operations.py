"""Operation records as items, there and back, and where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep import keys
from draftkeep.items import Item, item_bytes
from draftkeep.model import Author, Draft, Form, Kind, Snapshot
from draftkeep.operations import (
    DECISION_LIVES_S,
    SAVE_LIVES_S,
    Answered,
    Decision,
    Operations,
    Owner,
    Proposal,
    Record,
    claimed,
    record_of,
)
from draftkeep.store import EXPIRES_AT, Collided, Delete, Put, Refused, Store
from tests.unit.builders import ATTEMPT, HASH, ID_PARTS, SNAPSHOTS, TEXTS, USERS

# What these tests ask for is written down and not done: no call reaches the store.
OPERATIONS = Operations(cast(Store, None))
OWNER = Owner(Kind.PERSONA, "acme", "ana")

_KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
_TIMES_MS = st.integers(0, 10**14)
_VERSIONS = st.integers(0, 10**12 - 1)
_AUTHORS = st.builds(Author, user=USERS, actor=st.none() | TEXTS)
OWNERS = st.builds(Owner, kind=st.sampled_from(Kind).map(str), tenant=ID_PARTS, user=USERS)
DECISIONS = st.builds(
    Decision,
    accepted=st.booleans(),
    fields=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    author=_AUTHORS,
    decided_at_ms=_TIMES_MS,
    version=_VERSIONS,
    outcome=st.sampled_from(["accepted", "unchanged", "rejected"]),
)
PROPOSALS = st.builds(
    Proposal,
    author=_AUTHORS,
    base_version=_VERSIONS,
    seen_version=_VERSIONS,
    snapshot=SNAPSHOTS,
    decision=st.none() | DECISIONS,
)
RECORDS = st.builds(
    Record,
    key=_KEYS,
    fingerprint=st.binary(min_size=32, max_size=32).map(bytes.hex),
    attempt=st.uuids(version=4).map(str),
    created_at_ms=_TIMES_MS,
    outcome=st.sampled_from(["created", "saved", "proposed", "deleted"]),
    version=_VERSIONS,
    draft_id=st.just("") | ID_PARTS,
    group=st.just("") | ID_PARTS,
    expires_at_s=st.none() | st.integers(0, 10**11),
    proposal=st.none() | PROPOSALS,
    answered=st.none() | st.builds(Answered, status=st.integers(200, 599), body=st.binary(max_size=20)),
)
PENDING = st.builds(
    lambda record, proposal: replace(record, proposal=replace(proposal, decision=None), expires_at_s=None),
    RECORDS,
    PROPOSALS,
)


def _record(**changes: Any) -> Record:
    record = Record(
        key="k1",
        fingerprint="cd" * 32,
        attempt=ATTEMPT,
        created_at_ms=1_700_000_000_999,
        outcome="saved",
        version=7,
        draft_id="d1",
    )
    return replace(record, **changes)


def _proposal(decision: Decision | None = None) -> Proposal:
    return Proposal(Author("ana", "bot"), 6, 7, Snapshot(HASH, 2, Form.WHOLE, b"{}"), decision)


def _decision(*, accepted: bool = True) -> Decision:
    return Decision(accepted, None, Author("ann"), 1_700_000_500_000, 8, "accepted" if accepted else "rejected")


def _put(record: Record, owner: Owner = OWNER) -> Put:
    write = OPERATIONS.writes_of(owner, record)[0]
    assert isinstance(write, Put)
    return write


# ------------------------------------------------------------------------------------------------------- round trip


@given(OWNERS, RECORDS)
def test_a_record_comes_back_from_its_item_as_it_was(owner: Owner, record: Record) -> None:
    assert record_of(_put(record, owner).item) == record


@given(OWNERS, PENDING, DECISIONS)
def test_a_decided_proposal_comes_back_from_its_item_as_it_was(
    owner: Owner, record: Record, decision: Decision
) -> None:
    assert record.proposal is not None
    decided = replace(record, expires_at_s=9, proposal=replace(record.proposal, decision=decision))

    write = OPERATIONS.writes_of_decision(owner, decided)[0]

    assert isinstance(write, Put)
    assert record_of(write.item) == decided


def test_no_accepted_fields_are_not_the_same_as_all() -> None:
    records = [
        record_of(_put(_record(proposal=_proposal(replace(_decision(), fields=fields)))).item)
        for fields in (None, (), ("name",))
    ]

    found = [record.proposal.decision.fields for record in records if record.proposal and record.proposal.decision]
    assert found == [None, (), ("name",)]


def test_an_item_whose_binaries_are_no_plain_bytes_is_read_alike() -> None:
    record = _record(proposal=_proposal(), answered=Answered(200, b"body"))
    item = _put(record).item
    for name in ("fp", "hash", "body", "answer"):
        item[name] = {"B": bytearray(item[name]["B"])}

    assert record_of(item) == record


@given(OWNERS, RECORDS)
def test_every_attribute_is_of_one_type_of_the_wire(owner: Owner, record: Record) -> None:
    types: dict[str, type[Any]] = {"S": str, "N": str, "B": bytes}
    items: list[Item] = [write.item for write in OPERATIONS.writes_of(owner, record) if isinstance(write, Put)]

    for value in (value for item in items for value in item.values()):
        ((kind, content),) = value.items()

        assert isinstance(content, types[kind])
        assert kind != "N" or str(int(content)) == content


def test_what_a_record_does_not_have_takes_no_attribute() -> None:
    item = _put(_record(draft_id="")).item

    assert item.keys() == {"pk", "sk", "key", "fp", "att", "at", "out", "ver"}


def test_the_record_of_a_save_fits_one_write_unit() -> None:
    owner = Owner(Kind.PERSONA, "acme", "auth0|5f7c8ec7c33c6c004bbafe82")
    record = _record(
        key="3f6c1b9e-0000-4000-8000-000000000001",
        draft_id="7d3c1b9e-0000-4000-8000-000000000001",
        expires_at_s=1_700_600_000,
    )

    assert item_bytes(_put(record, owner).item) <= 1024


def test_a_record_names_its_draft() -> None:
    owner = Owner(Kind.AGENT, "acme", "ana")

    draft = _record(draft_id="support/3", group="support").draft(owner)

    assert draft == Draft(Kind.AGENT, "acme", "ana", "support/3", "support")


def test_records_of_saves_live_7_days_and_those_of_decisions_30() -> None:
    lives_days = [lives_s / (24 * 60 * 60) for lives_s in (SAVE_LIVES_S, DECISION_LIVES_S)]

    assert lives_days == [7, 30]


# ------------------------------------------------------------------------------------------------ where items lie


@given(OWNERS, RECORDS)
def test_a_record_lies_under_its_owner_and_key(owner: Owner, record: Record) -> None:
    item = _put(record, owner).item

    assert item["pk"] == {"S": keys.operation_key(owner.kind, owner.tenant, owner.user, record.key)}
    assert item["sk"] == {"S": "OP"}


@given(OWNERS, OWNERS, _KEYS, _KEYS)
def test_keys_of_two_owners_and_kinds_never_meet(one: Owner, other: Owner, key: str, other_key: str) -> None:
    first, second = (_put(_record(key=k), owner).item["pk"]["S"] for owner, k in ((one, key), (other, other_key)))

    assert (first == second) is ((one, key) == (other, other_key))


def test_keys_of_the_catalog_are_apart_from_those_of_drafts() -> None:
    owners = [Owner(kind, "acme", "ana") for kind in (*Kind, "catalog")]

    assert len({_put(_record(), owner).item["pk"]["S"] for owner in owners}) == len(owners)


def test_a_record_of_a_save_is_one_write_that_nothing_may_stand_before() -> None:
    (write,) = OPERATIONS.writes_of(OWNER, _record(expires_at_s=9))

    assert isinstance(write, Put)
    assert write.only_new
    assert write.holding is None
    assert write.item[EXPIRES_AT] == {"N": "9"}


def test_a_record_takes_the_place_of_one_that_expired_by_then() -> None:
    assert _put(_record(created_at_ms=1_700_000_000_999)).expired_at_s == 1_700_000_000


def test_a_pending_proposal_never_expires() -> None:
    record = _record(proposal=_proposal())

    assert all(EXPIRES_AT not in write.item for write in OPERATIONS.writes_of(OWNER, record) if isinstance(write, Put))


# -------------------------------------------------------------------------------------------------------- proposals


@given(OWNERS, PENDING.filter(lambda record: bool(record.draft_id)))
def test_a_pending_proposal_is_listed_and_the_list_leads_to_its_record(owner: Owner, record: Record) -> None:
    write, pointer = OPERATIONS.writes_of(owner, record)

    assert isinstance(write, Put)
    assert isinstance(pointer, Put)
    assert record.proposal is not None
    assert pointer.item["pk"]["S"] == keys.proposals_key(Kind(owner.kind), owner.tenant, owner.user)
    assert pointer.item["sk"]["S"].startswith(keys.proposals_prefix(record.draft_id))
    assert keys.key_of_proposal(pointer.item["sk"]["S"]) == record.key
    assert pointer.item["seen"] == {"N": str(record.proposal.seen_version)}
    assert write.item["state"] == {"S": "pending"}


@given(OWNERS, PENDING, DECISIONS)
def test_a_decision_takes_the_pending_record_and_its_listing_away(
    owner: Owner, record: Record, decision: Decision
) -> None:
    assert record.proposal is not None
    decided = replace(record, attempt="another", expires_at_s=9, proposal=replace(record.proposal, decision=decision))
    written, listed = OPERATIONS.writes_of(owner, record)
    assert isinstance(written, Put)
    assert isinstance(listed, Put)

    verdict, removed = OPERATIONS.writes_of_decision(owner, decided)

    assert isinstance(verdict, Put)
    assert [verdict.item[part] for part in ("pk", "sk")] == [written.item[part] for part in ("pk", "sk")]
    assert removed == Delete({part: listed.item[part] for part in ("pk", "sk")})


def test_a_proposal_is_decided_only_while_it_is_pending() -> None:
    verdict, _ = OPERATIONS.writes_of_decision(OWNER, _record(proposal=_proposal(_decision())))

    assert isinstance(verdict, Put)
    assert verdict.holding is not None
    name, value = verdict.holding
    assert _put(_record(proposal=_proposal())).item[name] == {"S": value}


@pytest.mark.parametrize("accepted", [True, False])
def test_a_decided_proposal_is_not_taken_for_a_pending_one(accepted: bool) -> None:
    verdict, _ = OPERATIONS.writes_of_decision(OWNER, _record(proposal=_proposal(_decision(accepted=accepted))))

    assert isinstance(verdict, Put)
    assert verdict.holding is not None
    name, value = verdict.holding
    assert verdict.item[name] != {"S": value}


# --------------------------------------------------------------------------------------------------------- refusals


def test_a_refused_write_tells_the_record_that_refused_it() -> None:
    record = _record(proposal=_proposal())

    assert claimed(Refused(0, _put(record).item)) == record


def test_a_refusal_that_does_not_say_by_what_is_a_collision() -> None:
    with pytest.raises(Collided):
        claimed(Refused(0, None))
