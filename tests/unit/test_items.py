"""Records as items of DynamoDB, there and back, and what an item weighs and costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep import keys
from draftkeep.items import CHUNK_BYTES, bytes_without_body, item_bytes, item_of, record_of, write_units
from draftkeep.model import Author, Draft, Entry, Form, Keyframe, Operation, Position, Record, Snapshot
from tests.unit.builders import (
    ATTEMPT,
    DRAFTS,
    ENTRIES,
    HASH,
    TEXTS,
    TOMBSTONES,
    USERS,
    draft_of,
    entry_of,
    tombstone_of,
)

# Entries of requests with an operation key, or that accepted what somebody had proposed.
KEYED_ENTRIES = st.builds(
    lambda entry, key, proposer: entry._replace(key=key, proposer=proposer),
    ENTRIES,
    st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12),
    st.none() | st.builds(Author, user=USERS, actor=st.none() | TEXTS),
)
RECORDS = ENTRIES | KEYED_ENTRIES | TOMBSTONES

# ------------------------------------------------------------------------------------------------- round trip


@given(DRAFTS, RECORDS)
def test_a_record_comes_back_from_its_item_as_it_was(draft: Draft, record: Record) -> None:
    assert record_of(item_of(draft, record)) == record


@given(DRAFTS, RECORDS)
def test_an_item_lies_in_its_drafts_log_under_its_version(draft: Draft, record: Record) -> None:
    item = item_of(draft, record)

    assert item["pk"] == {"S": keys.log_key(draft)}
    assert item["sk"] == {"S": keys.version_key(record.version)}


@given(DRAFTS, RECORDS)
def test_every_attribute_is_of_one_type_of_the_wire(draft: Draft, record: Record) -> None:
    types: dict[str, type[Any]] = {"S": str, "N": str, "B": bytes, "BOOL": bool}

    for value in item_of(draft, record).values():
        ((kind, content),) = value.items()

        assert isinstance(content, types[kind])
        assert kind != "N" or str(int(content)) == content


def test_what_an_entry_does_not_have_takes_no_attribute() -> None:
    entry = entry_of(1, snapshot=Snapshot(HASH, 2, Form.WHOLE, b"body"))

    item = item_of(draft_of(), entry)

    absent = {"via", "name", "pin", "label", "key", "pby", "pvia", "par", "redo", "rest", "over", "kf", "kfn", "kfu"}
    assert item.keys().isdisjoint(absent)


def test_who_accepted_and_who_had_proposed_are_kept_apart() -> None:
    entry = entry_of(1, user="ann")._replace(key="k1", proposer=Author("bea", "bot"))

    found = record_of(item_of(draft_of(), entry))

    assert isinstance(found, Entry)
    assert (found.key, found.author, found.proposer) == ("k1", Author("ann"), Author("bea", "bot"))


def test_a_hash_is_stored_as_32_bytes() -> None:
    item = item_of(draft_of(), entry_of(1, content_hash=HASH))

    assert item["hash"] == {"B": bytes.fromhex(HASH)}


def test_a_tombstone_is_read_as_one_whatever_lies_beside_it() -> None:
    records = [record_of(item_of(draft_of(), record)) for record in (tombstone_of(2), entry_of(1))]

    assert records == [tombstone_of(2), entry_of(1)]


def test_an_item_whose_binaries_are_no_plain_bytes_is_read_alike() -> None:
    item = item_of(draft_of(), entry_of(1))
    for name in ("hash", "body"):
        item[name] = {"B": bytearray(item[name]["B"])}

    assert record_of(item) == entry_of(1)


# --------------------------------------------------------------------------------------------- size and price


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"pk": {"S": ""}}, 2),
        ({"pk": {"S": "abc"}}, 5),
        ({"é": {"S": "é"}}, 4),
        ({"a": {"S": "\U0001f600"}}, 5),
        ({"a": {"B": b""}}, 1),
        ({"a": {"B": b"\x00" * 100}}, 101),
        ({"a": {"BOOL": True}}, 2),
        ({"a": {"BOOL": False}}, 2),
        ({"a": {"N": "7"}}, 3),
        ({"a": {"N": "12"}}, 3),
        ({"a": {"N": "123"}}, 4),
        ({"a": {"N": "-12"}}, 3),
        ({"a": {"N": "1700000000000"}}, 9),
        ({"pk": {"S": "x"}, "sk": {"S": "y"}, "body": {"B": b"12345"}}, 3 + 3 + 9),
    ],
)
def test_an_item_weighs_its_names_and_its_values(item: dict[str, dict[str, Any]], size: int) -> None:
    assert item_bytes(item) == size


@pytest.mark.parametrize("kind", ["NULL", "SS", "M", "L"])
def test_a_type_that_no_item_holds_is_not_guessed_at(kind: str) -> None:
    with pytest.raises(ValueError, match=kind):
        item_bytes({"a": {kind: ""}})


@pytest.mark.parametrize(
    ("size_bytes", "units"),
    [
        (0, 1),
        (1, 1),
        (1023, 1),
        (1024, 1),
        (1025, 2),
        (2048, 2),
        (2049, 3),
        (4096, 4),
        (4097, 5),
        (400 * 1024, 400),
    ],
)
def test_a_write_costs_one_unit_for_each_started_kibibyte(size_bytes: int, units: int) -> None:
    assert write_units(size_bytes) == units


@given(
    st.sampled_from(Form),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 4200),
    st.integers(0, 9999),
)
def test_an_entry_weighs_no_more_than_was_foreseen_without_its_body(
    form: Form,
    body_bytes: int,
    chunks: int,
    write_units: int,
    overspent_units: int,
) -> None:
    keyframe = Keyframe(keys.keyframe_id(7, ATTEMPT), chunks, write_units)
    snapshot = Snapshot(HASH, 400_000, form, b"x" * body_bytes, keyframe, overspent_units)
    bare = entry_of(7, snapshot=Snapshot(HASH, 400_000, Form.WHOLE))
    stored = bare._replace(snapshot=snapshot)

    foreseen = bytes_without_body(draft_of(), bare)

    assert item_bytes(item_of(draft_of(), stored)) <= foreseen + len(snapshot.body)


@pytest.mark.parametrize("overspent_units", [0, 9, 10, 99, 100, 999])
@pytest.mark.parametrize("form", [Form.WHOLE, Form.DELTA])
def test_an_entry_with_a_body_weighs_no_more_than_was_foreseen(form: Form, overspent_units: int) -> None:
    """An entry that fills its 4 KB to the last byte must not be over it by the name of an attribute."""
    keyframe = Keyframe(keys.keyframe_id(5, ATTEMPT), 2, 120)
    position = Position(cursor=7, parent=6, first=1)
    bare = entry_of(7, position, snapshot=Snapshot(HASH, 400_000, form))
    snapshot = Snapshot(HASH, 400_000, form, b"\x00" * 3000, keyframe, overspent_units)

    foreseen = bytes_without_body(draft_of(), bare)

    assert item_bytes(item_of(draft_of(), bare._replace(snapshot=snapshot))) <= foreseen + 3000


def test_an_entry_with_an_operation_key_weighs_no_more_than_was_foreseen() -> None:
    bare = entry_of(7)._replace(key="k" * 255, proposer=Author("bea" * 80, "bot" * 40))
    snapshot = Snapshot(HASH, 400_000, Form.WHOLE, b"\x00" * 3000)
    stored = bare._replace(snapshot=snapshot)

    foreseen = bytes_without_body(draft_of(), bare)

    assert item_bytes(item_of(draft_of(), stored)) <= foreseen + 3000


def test_the_foreseen_size_does_not_depend_on_the_body_that_is_to_come() -> None:
    entries = [
        entry_of(7, operation=Operation.SAVE, snapshot=Snapshot(HASH, 400_000, Form.WHOLE, body))
        for body in (b"", b"x" * 4000)
    ]

    assert len({bytes_without_body(draft_of(), entry) for entry in entries}) == 1


def test_a_chunk_of_a_keyframe_fits_an_item_with_the_longest_key() -> None:
    longest_key = 2048 + 1024 + len("pk") + len("sk") + len("chunk")

    assert longest_key + CHUNK_BYTES <= 400 * 1024
