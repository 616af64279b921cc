"""The log of a draft: one partition, one record per version, the newest one is the head.

A save is one conditional put of the next version. Two writers cannot both create it: that is If-Match.

    writer A   read head 7 ........ put 8 if absent: done
    writer B   read head 7 ............ put 8 if absent: refused, reads 8 and judges its precondition again
    A's SDK    put 8 sent, answer lost, sent again: refused by an entry of its own attempt, so it was done
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from draftkeep import keys, snapshots
from draftkeep.canonical import Content
from draftkeep.items import Item, bytes_without_body, item_of, record_of
from draftkeep.keyframes import Keyframes
from draftkeep.model import Draft, Entry, Form, Kind, Page, Record, Snapshot, Tombstone, page_of
from draftkeep.store import Collided, Delete, Put, Refused, Store, Update, Write

PAGE_ENTRIES = 20


class Superseded(Exception):
    """A rival wrote this version first. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of an owner's drafts, newest created first; `next` continues it, None at the end."""

    drafts: tuple[tuple[Draft, Entry], ...]
    next: str | None


class Log:
    """The drafts of a table. Calls may raise what `Store` raises, Superseded and CorruptSnapshot."""

    def __init__(self, store: Store, keyframes: Keyframes) -> None:
        self._store = store
        self._keyframes = keyframes

    def read(self, draft: Draft, limit: int = PAGE_ENTRIES, upto: int | None = None) -> Page:
        """Read the newest part of a log, its head included.

        upto: as the log was when this was its newest version
        Cost: 1 consistent query; 1 read unit per 4 KB (an entry takes 0.5 to 4 KB)
        """
        before = None if upto is None else keys.version_key(upto + 1)
        found = self._store.query(keys.log_key(draft), before=before, newest_first=True, limit=limit)
        return page_of([record_of(item) for item in found.items])

    def entries(self, draft: Draft, versions: Iterable[int]) -> dict[int, Entry]:
        """Read entries by version; a version without an entry is left out.

        Cost: 1 consistent batch read
        """
        wanted = [_key(draft, version) for version in set(versions)]
        records = (record_of(item) for item in self._store.get_many(wanted)) if wanted else ()
        return {record.version: record for record in records if isinstance(record, Entry)}

    def records(self, draft: Draft, limit: int, upto: int, down_to: int) -> list[Entry]:
        """Read entries by version, newest first, from `upto` down to `down_to`, at most `limit` and 1 MB of them.

        Cost: 1 consistent query; 1 read unit per 4 KB
        """
        page = self.read(draft, limit, upto)
        return [entry for entry in page.entries if entry.version >= down_to]

    def write(self, writes: Sequence[Write], attempt: str) -> None:
        """Do writes that append nothing, all or none.

        Raises: Refused, Collided
        """
        if writes:
            self._store.write(writes, token=attempt)

    def annotation(self, draft: Draft, version: int, *, pinned: bool | None, label: str | None) -> Update:
        """What sets a content entry's pin and label: nothing else of an entry ever changes.

        pinned: None leaves it; label: None leaves it, "" takes it away
        """
        sets: dict[str, dict[str, Any]] = {}
        removes: list[str] = []
        if pinned:
            sets["pin"] = {"BOOL": True}
        elif pinned is False:
            removes.append("pin")
        if label:
            sets["label"] = {"S": label}
        elif label == "":
            removes.append("label")
        # Only a content entry's cursor is its own version.
        return Update(_key(draft, version), sets, removes, holding=("cur", {"N": str(version)}))

    def content(self, draft: Draft, entry: Entry) -> bytes:
        """Restore the content that an entry makes current, as canonical bytes.

        Cost: nothing for a content held whole or a cached keyframe, else 1 consistent batch read
        """
        return self.restore(draft, entry.snapshot)

    def restore(self, draft: Draft, snapshot: Snapshot) -> bytes:
        """Restore a content from its snapshot, as `content` does."""
        needs_keyframe = snapshot.form is not Form.WHOLE
        return snapshots.decode(snapshot, self._keyframe(draft, snapshot) if needs_keyframe else None)

    def store(
        self, draft: Draft, content: Content, previous: Snapshot | None, keyframe_id: str, bytes_beside: int
    ) -> Snapshot:
        """Store a content after `previous`; a keyframe, where one is cut, is written before this returns.

        keyframe_id: the name for it; bytes_beside: what the item that will hold the snapshot weighs without it
        Cost: nothing, as a rule: the snapshot holds the content; 1 batch write for a keyframe
        """
        held = self._keyframe(draft, previous) if previous else None
        encoded = snapshots.encode(content, previous, held, keyframe_id, bytes_beside)
        cut = encoded.snapshot.keyframe
        if encoded.chunks and cut is not None:
            self._keyframes.write(draft, cut, encoded.chunks)
            self._keyframes.remember(draft, cut, content.text)
        return encoded.snapshot

    def drop(self, draft: Draft, snapshot: Snapshot, attempt: str) -> None:
        """Remove the keyframe that an attempt cut for a snapshot, if it did: nothing names it, nor ever will."""
        cut = snapshot.keyframe
        if cut is not None and keys.is_cut_by(cut.id, attempt):
            self._keyframes.remove(draft, cut)

    def expire(self, draft: Draft, snapshot: Snapshot, attempt: str, at_s: int) -> None:
        """Let the keyframe that an attempt cut for a snapshot go at a time, in epoch seconds."""
        cut = snapshot.keyframe
        if cut is not None and keys.is_cut_by(cut.id, attempt):
            self._keyframes.expire(draft, cut, at_s)

    def append(
        self, draft: Draft, entry: Entry, content: Content | None, head: Entry | None, before: Sequence[Write] = ()
    ) -> Entry:
        """Write `entry` as the next version, after `head` (None: the draft's first entry, which also lists it).

        content: what the entry makes current, to be stored; None when `entry.snapshot` holds a stored one already
        before: writes to be done together with it, of the same attempt, and judged before it
        Returns: the entry as stored
        Raises: Superseded (another attempt wrote this version), Refused (one of `before`), Collided
        Cost: 1 conditional put (1 write unit for a small edit); a first entry, or one with writes before it, 1
            transaction; a new keyframe 1 batch write more
        """
        if content is None:
            self._write(draft, entry, head, before)
            return entry
        name, beside = keys.keyframe_id(entry.version, entry.attempt), bytes_without_body(draft, entry)
        snapshot = self.store(draft, content, head.snapshot if head else None, name, beside)
        entry = entry._replace(snapshot=snapshot)
        try:
            self._write(draft, entry, head, before)
        except (Superseded, Refused):
            self.drop(draft, snapshot, entry.attempt)
            raise
        return entry

    def append_all(self, draft: Draft, records: Sequence[Record]) -> None:
        """Write records of one attempt whose contents are stored already, all or none; the last one is the head.

        An entry's draft is listed anew, and a tombstone leaves word for the sweep, as if it were the first.
        Raises: Superseded (another attempt wrote one of the versions), Collided
        Cost: 1 transaction
        """
        last = records[-1]
        writes: list[Write] = [Put(item_of(draft, record), only_new=True) for record in records]
        if isinstance(last, Entry):
            writes.append(Put(_index_key(draft, last.draft_created_at_ms)))
        else:
            writes.append(Put(_trash_item(draft, last)))
        self._settle(last.attempt, (), writes)

    def newest_versions(self, segment: int, segments: int) -> Iterator[tuple[Draft, int]]:
        """Read the newest version of every log in one of several parts of the table, discarded drafts too.

        Not consistent; cost: as `Store.scan_keys`
        """
        for partition, items in groupby(self._store.scan_keys(segment, segments), lambda item: item["pk"]["S"]):
            draft = keys.draft_of_log_key(partition)
            if draft is not None:
                yield draft, max(keys.version_of(item["sk"]["S"]) for item in items)

    def discard(self, draft: Draft, tombstone: Tombstone, head: Entry, before: Sequence[Write] = ()) -> None:
        """End a draft: write its tombstone, take it off its owner's list, and leave word for the sweep.

        before: as in `append`
        Raises: Superseded, Refused, Collided
        Cost: 1 transaction of 3 writes, 6 write units
        """
        writes: list[Write] = [
            Put(item_of(draft, tombstone), only_new=True),
            Delete(_index_key(draft, head.draft_created_at_ms)),
            # No condition: a second discard on the same day only raises the version up to which to sweep.
            Put(_trash_item(draft, tombstone)),
        ]
        self._settle(tombstone.attempt, before, writes)

    def list_drafts(self, kind: Kind, tenant: str, user: str, group: str, limit: int, after: str | None) -> Listing:
        """List an owner's drafts of a kind and group with their heads.

        after: where the page before this one ended (`Listing.next`)
        Cost: 1 query, and 1 query a draft, side by side
        """
        partition = keys.index_key(kind, tenant, user, group)
        found = self._store.query(partition, after=after, newest_first=True, limit=limit + 1, projection="sk")
        names = [item["sk"]["S"] for item in found.items[:limit]]
        drafts = [Draft(kind, tenant, user, keys.draft_id_of_index(name), group) for name in names]
        if not drafts:
            return Listing((), None)
        with ThreadPoolExecutor(len(drafts)) as pool:
            heads = [page.head for page in pool.map(lambda draft: self.read(draft, limit=1), drafts)]
        living = tuple((draft, head) for draft, head in zip(drafts, heads, strict=True) if head)
        return Listing(living, names[-1] if len(found.items) > limit else None)

    def _write(self, draft: Draft, entry: Entry, head: Entry | None, before: Sequence[Write]) -> None:
        writes: list[Write] = [Put(item_of(draft, entry), only_new=True)]
        if head is None:
            # The list item needs no condition: it stands and falls with the entry beside it.
            writes.append(Put(_index_key(draft, entry.draft_created_at_ms)))
        self._settle(entry.attempt, before, writes)

    def _settle(self, attempt: str, before: Sequence[Write], writes: Sequence[Write]) -> None:
        """Do writes whose first one is a record that must be new, and tell a rival's success from one's own."""
        try:
            self._store.write([*before, *writes], token=attempt)
        except Refused as refusal:
            if refusal.item is None:
                # Whose record stands there is not known: nothing may be concluded, let alone removed.
                raise Collided from None
            if refusal.item["att"]["S"] == attempt:
                return
            if refusal.index < len(before):
                raise
            raise Superseded from None

    def _keyframe(self, draft: Draft, snapshot: Snapshot) -> bytes | None:
        held = snapshot.keyframe
        return self._keyframes.read(draft, held) if held else None


def _key(draft: Draft, version: int) -> Item:
    return {"pk": {"S": keys.log_key(draft)}, "sk": {"S": keys.version_key(version)}}


def _index_key(draft: Draft, created_at_ms: int) -> Item:
    return {
        "pk": {"S": keys.index_key(draft.kind, draft.tenant, draft.user, draft.group)},
        "sk": {"S": keys.index_sort_key(draft, created_at_ms)},
    }


def _trash_item(draft: Draft, tombstone: Tombstone) -> Item:
    return {
        "pk": {"S": keys.trash_key(keys.day_of(tombstone.created_at_ms))},
        "sk": {"S": keys.trash_sort_key(keys.log_key(draft))},
        "log": {"S": keys.log_key(draft)},
        "upto": {"N": str(tombstone.version)},
    }
