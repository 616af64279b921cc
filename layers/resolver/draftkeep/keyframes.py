"""Whole contents outside the logs: written before the entry that names them, immutable, cached in the container."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from draftkeep import keys, snapshots
from draftkeep.errors import CorruptSnapshot
from draftkeep.items import Item
from draftkeep.model import Draft, Keyframe
from draftkeep.store import EXPIRES_AT, Store

CACHE_BYTES = 64 * 1024 * 1024


class Keyframes:
    """The keyframes of a table, and the newest read ones of this process."""

    def __init__(self, store: Store, cache_bytes: int = CACHE_BYTES) -> None:
        self._store = store
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def read(self, draft: Draft, keyframe: Keyframe) -> bytes:
        """Read a keyframe's bytes.

        Raises: CorruptSnapshot (a chunk is missing or damaged; names the keyframe)
        Cost: nothing when cached, else 1 consistent batch read of its chunks
        """
        place = (keys.keyframes_key(draft), keyframe.id)
        if place in self._cached:
            self._cached.move_to_end(place)
            return self._cached[place]
        wanted = [_key(draft, keyframe.id, chunk) for chunk in range(keyframe.chunks)]
        chunks = {item["sk"]["S"]: bytes(item["chunk"]["B"]) for item in self._store.get_many(wanted)}
        if len(chunks) != keyframe.chunks:
            raise CorruptSnapshot(f"keyframe {keyframe.id}: {len(chunks)} of {keyframe.chunks} chunks")
        text = snapshots.join_keyframe(keyframe.id, [chunks[name] for name in sorted(chunks)])
        self.remember(draft, keyframe, text)
        return text

    def write(self, draft: Draft, keyframe: Keyframe, chunks: Sequence[bytes]) -> None:
        """Store a keyframe's chunks, compressed already.

        No condition: the id belongs to one attempt, whose retries write the same bytes, and nothing names it yet.
        """
        self._store.put_many(
            [_key(draft, keyframe.id, number) | {"chunk": {"B": chunk}} for number, chunk in enumerate(chunks)]
        )

    def remove(self, draft: Draft, keyframe: Keyframe) -> None:
        """Delete a keyframe that no entry names, nor ever will: its attempt was refused for good."""
        self._store.delete_many([_key(draft, keyframe.id, chunk) for chunk in range(keyframe.chunks)])

    def expire(self, draft: Draft, keyframe: Keyframe, at_s: int) -> None:
        """Let a keyframe go at a time, in epoch seconds: nothing names it for longer.

        No condition: the chunks are written back as they are.
        Cost: 1 consistent batch read, and the write units of the keyframe once more
        """
        wanted = [_key(draft, keyframe.id, chunk) for chunk in range(keyframe.chunks)]
        self._store.put_many([item | {EXPIRES_AT: {"N": str(at_s)}} for item in self._store.get_many(wanted)])

    def remember(self, draft: Draft, keyframe: Keyframe, text: bytes) -> None:
        """Keep a keyframe's bytes for the next read, at the cost of the longest unread ones."""
        if len(text) > self._cache_bytes:
            return
        place = (keys.keyframes_key(draft), keyframe.id)
        self._cached[place] = text
        self._cached.move_to_end(place)
        while sum(map(len, self._cached.values())) > self._cache_bytes:
            self._cached.popitem(last=False)


def _key(draft: Draft, keyframe: str, chunk: int) -> Item:
    return {"pk": {"S": keys.keyframes_key(draft)}, "sk": {"S": keys.chunk_key(keyframe, chunk)}}
