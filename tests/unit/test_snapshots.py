"""A content costs about the price of its edit: whole while small, else a difference to a keyframe."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftkeep import keys
from draftkeep.canonical import Content, canonicalise, hash_of
from draftkeep.errors import CorruptSnapshot
from draftkeep.items import CHUNK_BYTES, bytes_without_body, item_bytes, item_of, write_units
from draftkeep.model import Form, Keyframe, Position, Snapshot
from draftkeep.snapshots import ENTRY_BYTES, Encoded, decode, encode, join_keyframe
from tests.unit.builders import draft_of, entry_of

WORDS = [
    "agent",
    "answer",
    "ask",
    "call",
    "check",
    "customer",
    "draft",
    "edit",
    "flow",
    "if",
    "order",
    "then",
]


# ---------------------------------------------------------------------------------------------- what is saved


def _sentence(chance: random.Random, words: int) -> str:
    """Text that compresses as prose does, not as noise or as one repeated word."""
    return " ".join(chance.choice(WORDS) + str(chance.randrange(40)) for _ in range(words))


def _flow(chance: random.Random, steps: int, words: int) -> dict[str, Any]:
    return {
        "comment": _sentence(chance, 4),
        "flow": {
            "edges": [{"source": f"s{step}", "target": f"s{step + 1}"} for step in range(steps)],
            "steps": [{"id": f"s{step}", "prompt": _sentence(chance, words)} for step in range(steps)],
        },
    }


def _edited(chance: random.Random, payload: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """One autosave later: mostly a word, sometimes a step, rarely all of it or what it was before."""
    after: dict[str, Any] = json.loads(json.dumps(payload))
    steps = after["flow"]["steps"]
    kind = chance.randrange(12)
    if kind == 0:
        return _flow(chance, chance.randrange(12), chance.randrange(400))
    if kind == 1:
        return chance.choice(earlier)
    if kind == 2:
        steps.insert(
            chance.randrange(len(steps) + 1),
            {"prompt": _sentence(chance, 200), "unknown": [1.5, None]},
        )
    elif kind == 3 and steps:
        steps.pop(chance.randrange(len(steps)))
    elif kind == 4:
        after["flow"]["noise"] = chance.randbytes(chance.randrange(6000)).hex()
    elif steps:
        chance.choice(steps)["prompt"] += " " + _sentence(chance, 1)
    else:
        after["comment"] = _sentence(chance, 5)
    return after


def _noise(seed: int, size: int) -> str:
    """Text that does not compress below half its size."""
    return random.Random(seed).randbytes(size // 2).hex()


@dataclass
class Shelf:
    """A log that keeps snapshots and keyframes as the real one does, in dictionaries."""

    user: str = "ana"
    snapshots: list[Snapshot] = field(default_factory=list)
    chunks: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def save(self, content: Content) -> Encoded:
        version = len(self.snapshots) + 1
        position = Position(version, version - 1 or None, 1)
        bare = entry_of(version, position, snapshot=Snapshot(content.hash, len(content.text), Form.WHOLE))
        bare = bare._replace(author=bare.author._replace(user=self.user))
        draft = draft_of(self.user)
        head = self.snapshots[-1] if self.snapshots else None
        name = keys.keyframe_id(version, bare.attempt)
        encoded = encode(content, head, self.keyframe(head), name, bytes_without_body(draft, bare))
        if encoded.chunks:
            self.chunks[name] = encoded.chunks
        self.snapshots.append(encoded.snapshot)
        self.sizes.append(item_bytes(item_of(draft, bare._replace(snapshot=encoded.snapshot))))
        return encoded

    def keyframe(self, snapshot: Snapshot | None) -> bytes | None:
        return self._joined(snapshot.keyframe.id) if snapshot and snapshot.keyframe else None

    def _joined(self, name: str) -> bytes:
        return join_keyframe(name, self.chunks[name])

    def contents(self) -> list[bytes]:
        return [decode(snapshot, self.keyframe(snapshot)) for snapshot in self.snapshots]


def _large(seed: int = 1, steps: int = 40) -> dict[str, Any]:
    return _flow(random.Random(seed), steps, 200)


# ------------------------------------------------------------------------------------------------- round trip


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 3, 10, 40]))
def test_every_content_of_60_edits_is_restored_and_no_entry_is_over_4_kb(seed: int, steps: int) -> None:
    chance, shelf = random.Random(seed), Shelf()
    saved = [_flow(chance, steps, 150)]
    for _ in range(59):
        saved.append(_edited(chance, saved[-1], saved))
    contents = [canonicalise(payload) for payload in saved]

    for content in contents:
        shelf.save(content)

    assert shelf.contents() == [content.text for content in contents]
    assert max(shelf.sizes) <= ENTRY_BYTES == 4096


@settings(max_examples=20)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=12), st.sampled_from([3, 700]))
def test_the_smallest_contents_are_restored_however_long_the_users_name_is(
    members: list[int], name_length: int
) -> None:
    """A long name makes every entry cost more than a unit, so that even a tiny content becomes a keyframe."""
    shelf = Shelf(user="u" * name_length)
    contents = [canonicalise({str(key): key for key in range(count)}) for count in members]

    for content in contents:
        shelf.save(content)

    assert shelf.contents() == [content.text for content in contents]


@pytest.mark.parametrize("keyframe", [b"{}", b'{"a":1}', b'{"a":12}'])
def test_a_keyframe_of_a_few_bytes_does_not_stop_the_next_save(keyframe: bytes) -> None:
    """A dictionary for zstd has at least eight bytes, a content has at least two."""
    held = Snapshot(hash_of(keyframe), len(keyframe), Form.KEYFRAME, keyframe=Keyframe("1#a", 1, 1))
    content = canonicalise({"comment": "the next save"})

    encoded = encode(content, held, keyframe, "2#b", bytes_beside=300)

    assert decode(encoded.snapshot, keyframe) == content.text


def test_a_snapshot_tells_hash_and_size_of_its_content() -> None:
    content = canonicalise(_large())

    snapshot = Shelf().save(content).snapshot

    assert snapshot.content_hash == hash_of(content.text)
    assert snapshot.size_bytes == len(content.text)


# --------------------------------------------------------------------------------------------- choice of form


def test_a_small_content_lies_whole_in_its_entry() -> None:
    encoded = Shelf().save(canonicalise(_flow(random.Random(1), 2, 40)))

    assert encoded.snapshot.form is Form.WHOLE
    assert encoded.snapshot.keyframe is None
    assert encoded.chunks == ()


def test_a_content_too_large_for_an_entry_becomes_a_keyframe() -> None:
    shelf = Shelf()

    encoded = shelf.save(canonicalise(_large()))

    assert encoded.snapshot.form is Form.KEYFRAME
    assert encoded.snapshot.body == b""
    assert encoded.snapshot.overspent_units == 0
    assert len(encoded.chunks) == 1
    assert shelf.sizes[-1] <= 1024


def test_a_content_that_compresses_well_but_is_long_is_no_whole_either() -> None:
    encoded = Shelf().save(canonicalise({"comment": "x" * 100_000}))

    assert encoded.snapshot.form is Form.KEYFRAME


def test_one_edited_word_of_a_large_content_costs_one_write_unit() -> None:
    shelf, payload = Shelf(), _large()
    shelf.save(canonicalise(payload))
    payload["flow"]["steps"][20]["prompt"] += " please"

    encoded = shelf.save(canonicalise(payload))

    assert encoded.snapshot.form is Form.DELTA
    assert encoded.snapshot.overspent_units == 0
    assert write_units(shelf.sizes[-1]) == 1
    assert len(encoded.snapshot.body) < 300


def test_the_keyframes_own_content_takes_no_body_when_it_comes_back() -> None:
    shelf, payload = Shelf(), _large()
    first = canonicalise(payload)
    shelf.save(first)
    payload["comment"] = "later"
    shelf.save(canonicalise(payload))

    encoded = shelf.save(first)

    assert encoded.snapshot.form is Form.KEYFRAME
    assert encoded.snapshot.body == b""
    assert encoded.chunks == ()
    assert shelf.contents()[-1] == first.text


def test_a_content_that_became_small_lies_whole_and_keeps_the_keyframe_for_later() -> None:
    shelf, payload = Shelf(), _large()
    first = shelf.save(canonicalise(payload)).snapshot
    small = shelf.save(canonicalise({"comment": _noise(1, 2000)})).snapshot
    payload["comment"] = "back"

    back = shelf.save(canonicalise(payload)).snapshot

    assert (small.form, small.keyframe) == (Form.WHOLE, first.keyframe)
    assert (back.form, back.keyframe) == (Form.DELTA, first.keyframe)


def test_the_whole_is_preferred_to_a_difference_of_the_same_price() -> None:
    shelf = Shelf()
    shelf.save(canonicalise(_large()))

    encoded = shelf.save(canonicalise({"comment": _noise(2, 3500)}))

    assert write_units(shelf.sizes[-1]) > 1
    assert encoded.snapshot.form is Form.WHOLE


def test_a_content_longer_than_an_item_is_cut_into_chunks_that_fit() -> None:
    shelf = Shelf()
    content = canonicalise({"comment": _noise(3, 1_000_000)})

    encoded = shelf.save(content)
    cut = encoded.snapshot.keyframe

    assert cut is not None
    assert cut.chunks == len(encoded.chunks) == 2
    assert max(map(len, encoded.chunks)) <= CHUNK_BYTES
    assert cut.write_units >= sum(write_units(len(chunk)) for chunk in encoded.chunks)
    assert shelf.contents() == [content.text]


@pytest.mark.parametrize("place", ["beginning", "middle", "end"])
def test_above_2_mb_one_edited_word_stays_a_small_difference(place: str) -> None:
    chance = random.Random(4)
    texts = [_sentence(chance, 60_000) for _ in range(6)]
    shelf = Shelf()
    shelf.save(canonicalise({"assets": texts}))
    at = {"beginning": 0, "middle": 3, "end": 5}[place]
    texts[at] = texts[at].replace(" ", " inserted ", 1)
    content = canonicalise({"assets": texts})

    encoded = shelf.save(content)

    assert len(content.text) > 2 * 1024 * 1024
    assert encoded.snapshot.form is Form.DELTA
    assert len(encoded.snapshot.body) < 400
    assert shelf.contents()[-1] == content.text


# ------------------------------------------------------------------------------------------- when to cut anew


def test_a_new_keyframe_is_cut_when_the_overspent_units_would_have_paid_for_it() -> None:
    shelf, payload = Shelf(), _large()
    first = shelf.save(canonicalise(payload)).snapshot.keyframe
    assert first is not None
    cuts = []

    for save in range(1, first.write_units + 3):
        payload["comment"] = _noise(save, 2400)
        cuts.append(bool(shelf.save(canonicalise(payload)).chunks))

    assert {write_units(size) for size in shelf.sizes[1 : first.write_units]} == {2}
    assert cuts.index(True) == first.write_units
    assert cuts.count(True) == 1
    assert shelf.snapshots[-1].keyframe != first


def test_overspent_units_are_counted_from_the_last_keyframe_on() -> None:
    shelf, payload = Shelf(), _large()
    counted = []
    shelf.save(canonicalise(payload))

    for save in range(3):
        payload["comment"] = _noise(save, 2400)
        counted.append(shelf.save(canonicalise(payload)).snapshot.overspent_units)

    assert counted == [1, 2, 3]


def test_saves_of_one_unit_each_never_cut_a_new_keyframe() -> None:
    shelf, payload = Shelf(), _large()
    shelf.save(canonicalise(payload))

    for save in range(200):
        payload["flow"]["steps"][7]["prompt"] = f"the {save}th try"
        shelf.save(canonicalise(payload))

    assert len(shelf.chunks) == 1
    assert {write_units(size) for size in shelf.sizes} == {1}


def test_a_new_keyframe_is_cut_when_the_difference_outgrows_the_entry() -> None:
    shelf, payload = Shelf(), _large()
    first = shelf.save(canonicalise(payload)).snapshot
    payload["comment"] = _noise(5, 12_000)

    encoded = shelf.save(canonicalise(payload))

    assert encoded.snapshot.form is Form.KEYFRAME
    assert encoded.snapshot.keyframe != first.keyframe
    assert encoded.snapshot.overspent_units == 0
    assert shelf.sizes[-1] <= ENTRY_BYTES


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_what_differences_overspend_never_exceeds_a_keyframes_price_and_one_entry(seed: int) -> None:
    chance, shelf = random.Random(seed), Shelf()
    payload = _flow(chance, 20, 100)
    saved = [payload]

    for _ in range(50):
        shelf.save(canonicalise(saved[-1]))
        saved.append(_edited(chance, saved[-1], saved))

    for snapshot in shelf.snapshots:
        price = snapshot.keyframe.write_units if snapshot.keyframe else write_units(ENTRY_BYTES)
        assert snapshot.overspent_units < price + write_units(ENTRY_BYTES)


# -------------------------------------------------------------------------------------------- what is damaged


# The snapshot of a difference, its keyframe, the keyframe's chunks, and the content.
Damaged = tuple[Snapshot, bytes, tuple[bytes, ...], bytes]


@pytest.fixture(scope="module")
def damaged() -> Damaged:
    """A content that lies as a difference on a keyframe of two chunks."""
    payload = {"assets": [_noise(6, 900_000), _sentence(random.Random(6), 1000)]}
    shelf = Shelf()
    chunks = shelf.save(canonicalise(payload)).chunks
    payload["assets"][1] += " and " + _noise(7, 600)
    content = canonicalise(payload)
    snapshot = shelf.save(content).snapshot
    assert snapshot.form is Form.DELTA
    return snapshot, join_keyframe("1", chunks), chunks, content.text


def _restored(snapshot: Snapshot, keyframe: bytes | None) -> bytes | None:
    """The content, or None when the damage was noticed. Any other error fails the test."""
    try:
        return decode(snapshot, keyframe)
    except CorruptSnapshot:
        return None


@pytest.mark.parametrize("form", [Form.DELTA, Form.KEYFRAME])
def test_a_content_that_lies_on_a_keyframe_is_not_restored_without_it(form: Form) -> None:
    snapshot = Snapshot(hash_of(b"{}"), 2, form, b"x", Keyframe("000000000001#a", 1, 1))

    with pytest.raises(CorruptSnapshot) as refusal:
        decode(snapshot, None)

    assert "000000000001#a" in refusal.value.place


@pytest.mark.parametrize(
    "keyframe", [b"", b"{}", b'{"a":1}', b'{"a":12}', b'{"comment":"another draft"}', b"\x00" * 100]
)
@pytest.mark.parametrize("form", [Form.DELTA, Form.KEYFRAME])
def test_another_keyframe_never_restores_a_content(damaged: Damaged, form: Form, keyframe: bytes) -> None:
    snapshot = damaged[0]._replace(form=form)

    with pytest.raises(CorruptSnapshot):
        decode(snapshot, keyframe)


@settings(max_examples=40)
@given(st.data())
def test_a_keyframe_with_a_changed_byte_never_restores_another_content(
    damaged: Damaged,
    data: st.DataObject,
) -> None:
    snapshot, keyframe, _, content = damaged
    at = data.draw(st.integers(0, len(keyframe) - 1) | st.integers(900_000, len(keyframe) - 1))
    changed = keyframe[:at] + bytes([keyframe[at] ^ data.draw(st.integers(1, 255))]) + keyframe[at + 1 :]

    assert _restored(snapshot, changed) in (None, content)


@given(st.data())
def test_a_body_with_a_changed_byte_never_restores_another_content(
    damaged: Damaged,
    data: st.DataObject,
) -> None:
    snapshot, keyframe, _, content = damaged
    at = data.draw(st.integers(0, len(snapshot.body) - 1))
    body = bytearray(snapshot.body)
    body[at] ^= data.draw(st.integers(1, 255))

    assert _restored(snapshot._replace(body=bytes(body)), keyframe) in (None, content)


@given(st.binary(max_size=200), st.sampled_from([Form.WHOLE, Form.DELTA]))
def test_a_body_of_anything_restores_nothing(damaged: Damaged, body: bytes, form: Form) -> None:
    snapshot, keyframe, _, _ = damaged

    with pytest.raises(CorruptSnapshot):
        decode(snapshot._replace(form=form, body=body), keyframe)


@given(st.data())
def test_a_body_that_was_cut_restores_nothing(damaged: Damaged, data: st.DataObject) -> None:
    snapshot, keyframe, _, _ = damaged
    length = data.draw(st.integers(0, len(snapshot.body) - 1))

    with pytest.raises(CorruptSnapshot):
        decode(snapshot._replace(body=snapshot.body[:length]), keyframe)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_chunks_with_a_changed_byte_never_restore_another_content(damaged: Damaged, seed: int) -> None:
    snapshot, _, chunks, content = damaged
    chance = random.Random(seed)
    changed = [bytearray(chunk) for chunk in chunks]
    chunk = chance.choice(changed)
    chunk[chance.choice([chance.randrange(40), chance.randrange(len(chunk))])] ^= chance.randrange(1, 256)

    try:
        restored = _restored(snapshot, join_keyframe("1", [bytes(chunk) for chunk in changed]))
    except CorruptSnapshot:
        restored = None

    assert restored in (None, content)


def test_chunks_in_another_order_or_number_are_noticed(
    damaged: Damaged,
) -> None:
    _, _, (first, second), _ = damaged

    for chunks in ([second, first], [first], [second], [first, first], [first, second, second]):
        with pytest.raises(CorruptSnapshot):
            join_keyframe("1", chunks)
