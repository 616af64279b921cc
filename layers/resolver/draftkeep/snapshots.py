"""How a content is stored for about the price of its edit: keyframes and zstd differences to them. Pure.

An entry holds its content whole while that is small, else as a difference to a keyframe: a whole content in items of
its own. Reading any entry takes its keyframe and one difference, whatever the length of the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from draftkeep import canonical, zstd
from draftkeep.canonical import Content
from draftkeep.errors import CorruptSnapshot
from draftkeep.items import CHUNK_BYTES, write_units
from draftkeep.model import Form, Keyframe, Snapshot

# The head's query reads some twenty entries, so an entry stays small.
ENTRY_BYTES = 4096
# No content longer than this fits an entry whole, but for one that a difference holds better anyway.
WHOLE_AT_MOST_BYTES = 64 * 1024
# Room for a chunk's own key, for the price of a keyframe.
_CHUNK_KEY_BYTES = 150
_SMALLEST_DELTA_BYTES = 40
_SMALLEST_DICTIONARY_BYTES = 8  # zstd takes none that is shorter

_LEVEL = 3
# A content is its keyframe but for some words. What matches is long, so short matches are not looked for, and a table
# of 64 Ki places is enough.
_DELTA: dict[int, int] = {
    zstd.CompressionParameter.compression_level: _LEVEL,
    zstd.CompressionParameter.hash_log: 16,
    zstd.CompressionParameter.min_match: 7,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    zstd.CompressionParameter.ldm_min_match: 16,
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A content ready to be stored: what goes into the entry, and the chunks to write before it (often none)."""

    snapshot: Snapshot
    chunks: tuple[bytes, ...] = ()


def encode(
    content: Content, previous: Snapshot | None, keyframe: bytes | None, keyframe_id: str, bytes_beside: int
) -> Encoded:
    """Choose the cheapest way to store `content` after `previous`.

    previous: the head's snapshot, None for a draft's first content; keyframe: the bytes of its keyframe, if it has one
    keyframe_id: the name for a new keyframe; bytes_beside: what the entry's item weighs without a body
    A new keyframe is cut when the write units that one would have saved since the last would have paid for it, or
    when no other form fits an entry.
    Cost: one zstd pass over the content (0.2 ms at 114 KB, 3.2 ms at 4 MB, a new keyframe 0.5 and 20 ms)
    """
    overspent = previous.overspent_units if previous else 0
    held = previous.keyframe if previous else None
    bare = Snapshot(content.hash, len(content.text), Form.WHOLE, keyframe=held, overspent_units=overspent)
    best, whole = _cheapest(bare, content, keyframe, bytes_beside)
    if best is not None:
        # What a fresh keyframe would save: everything beyond the smallest difference.
        excess = write_units(bytes_beside + len(best.body)) - write_units(bytes_beside + _SMALLEST_DELTA_BYTES)
        price = held.write_units if held else write_units(len(whole or b"") + _CHUNK_KEY_BYTES)
        if excess <= 0 or overspent < price:
            return Encoded(best._replace(overspent_units=overspent + max(excess, 0)))
    whole = _compress(content.text) if whole is None else whole
    chunks = tuple(whole[at : at + CHUNK_BYTES] for at in range(0, len(whole), CHUNK_BYTES))
    cut = Keyframe(keyframe_id, len(chunks), sum(write_units(len(chunk) + _CHUNK_KEY_BYTES) for chunk in chunks))
    return Encoded(bare._replace(form=Form.KEYFRAME, keyframe=cut, overspent_units=0), chunks)


def decode(snapshot: Snapshot, keyframe: bytes | None) -> bytes:
    """Restore the canonical bytes of a content.

    keyframe: the bytes of `snapshot.keyframe`; may be None for the form WHOLE
    Raises: CorruptSnapshot (the result is not the content that was stored)
    """
    try:
        text = _decode(snapshot, keyframe)
    except (zstd.ZstdError, ValueError):
        raise CorruptSnapshot(_place(snapshot)) from None
    if canonical.hash_of(text) != snapshot.content_hash:
        raise CorruptSnapshot(_place(snapshot))
    return text


def join_keyframe(keyframe_id: str, chunks: Sequence[bytes]) -> bytes:
    """Restore a keyframe's bytes from its chunks, in order.

    Raises: CorruptSnapshot (names the keyframe)
    """
    try:
        return zstd.decompress(b"".join(chunks))
    except zstd.ZstdError:
        raise CorruptSnapshot(f"keyframe {keyframe_id}: its chunks do not decompress") from None


def _cheapest(
    bare: Snapshot, content: Content, keyframe: bytes | None, bytes_beside: int
) -> tuple[Snapshot | None, bytes | None]:
    """The cheapest form that fits an entry (whole at the same price), and the compressed whole if it was made."""
    delta = whole = None
    if keyframe is not None and keyframe == content.text:
        return bare._replace(form=Form.KEYFRAME), None
    if keyframe is not None and len(keyframe) >= _SMALLEST_DICTIONARY_BYTES:
        delta = bare._replace(form=Form.DELTA, body=_compress(content.text, keyframe))
        if write_units(bytes_beside + len(delta.body)) == 1:
            return delta, None
    if len(content.text) <= WHOLE_AT_MOST_BYTES:
        whole = bare._replace(form=Form.WHOLE, body=_compress(content.text))
    fitting = [form for form in (whole, delta) if form and bytes_beside + len(form.body) <= ENTRY_BYTES]
    best = min(fitting, key=lambda form: write_units(bytes_beside + len(form.body)), default=None)
    return best, whole.body if whole else None


def _decode(snapshot: Snapshot, keyframe: bytes | None) -> bytes:
    if snapshot.form is Form.WHOLE:
        return zstd.decompress(snapshot.body)
    if keyframe is None:
        raise CorruptSnapshot(_place(snapshot))
    if snapshot.form is Form.KEYFRAME:
        return keyframe
    return zstd.decompress(snapshot.body, zstd_dict=zstd.ZstdDict(keyframe, is_raw=True).as_prefix)


def _compress(text: bytes, keyframe: bytes | None = None) -> bytes:
    if keyframe is None:
        return zstd.compress(text, level=_LEVEL)
    # Above 2 MB a match lies outside the level's own window, and the difference would be as large as the whole.
    window = {zstd.CompressionParameter.window_log: max(10, (len(text) + len(keyframe)).bit_length())}
    return zstd.compress(text, options=_DELTA | window, zstd_dict=zstd.ZstdDict(keyframe, is_raw=True).as_prefix)


def _place(snapshot: Snapshot) -> str:
    return f"keyframe {snapshot.keyframe.id}" if snapshot.keyframe else f"content {snapshot.content_hash}"
