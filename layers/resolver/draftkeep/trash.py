"""The discarded drafts of a table, by day, and their removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from draftkeep import keys
from draftkeep.items import Item
from draftkeep.model import Draft
from draftkeep.store import Store

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Discarded:
    """One discarded draft: its log's partition, and the version of the tombstone that ended it."""

    key: Item
    log: str
    tombstone: int


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many records and keyframe chunks were removed, and whether none is left."""

    items: int
    finished: bool


class Trash:
    """The discarded drafts of a table. Calls may raise what `Store` raises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_day(self, day: date) -> Iterator[Discarded]:
        """The drafts discarded on a day (UTC), read page by page.

        Cost: 1 consistent query per 1,000 drafts
        """
        after: str | None = None
        while True:
            found = self._store.query(keys.trash_key(day), after=after, limit=_PAGE)
            for item in found.items:
                key = {"pk": item["pk"], "sk": item["sk"]}
                yield Discarded(key, item["log"]["S"], int(item["upto"]["N"]))
            after = found.next
            if after is None:
                return

    def empty(self, discarded: Discarded, may_go_on: Callable[[], bool]) -> Emptied:
        """Remove everything of a draft below its tombstone, also proposals for it, then the word about it.

        A draft begun anew in the same log is above the tombstone and stays.
        may_go_on: asked before each 1,000 items; the rest is left for the next time
        Cost: 1 query and 40 batch writes per 1,000 items
        """
        removed = 0
        for partition, before in (
            (discarded.log, keys.version_key(discarded.tombstone)),
            (keys.keyframes_key_of_log(discarded.log), keys.keyframe_bound(discarded.tombstone + 1)),
        ):
            while found := self._store.query(partition, before=before, limit=_PAGE, projection="pk, sk").items:
                if not may_go_on():
                    return Emptied(removed, finished=False)
                self._store.delete_many(found)
                removed += len(found)
        while found := self._proposals(discarded):
            if not may_go_on():
                return Emptied(removed, finished=False)
            self._store.delete_many(found)
            removed += len(found)
        self._store.delete_many([discarded.key])
        return Emptied(removed, finished=True)

    def _proposals(self, discarded: Discarded) -> list[Item]:
        """Keys of the proposals that were made before the discard, and of their records: nobody can decide them."""
        draft = keys.draft_of_log(discarded.log)
        partition, after = keys.proposals_key(draft.kind, draft.tenant, draft.user), None
        while True:
            found = self._store.query(partition, prefix=keys.proposals_prefix(draft.id), after=after, limit=_PAGE)
            void = [item for item in found.items if int(item["seen"]["N"]) < discarded.tombstone]
            after = found.next
            if void or after is None:
                return [key for item in void for key in _keys_of_proposal(draft, item)]


def _keys_of_proposal(draft: Draft, pointer: Item) -> tuple[Item, Item]:
    key = keys.key_of_proposal(pointer["sk"]["S"])
    record = {"pk": {"S": keys.operation_key(draft.kind, draft.tenant, draft.user, key)}, "sk": {"S": "OP"}}
    return {"pk": pointer["pk"], "sk": pointer["sk"]}, record
