"""The discarded drafts of a table, by day, and their removal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from draftkeep import keys
from draftkeep.items import Item
from draftkeep.store import Store

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Discarded:
    """One discarded draft: its log's partition, and the version of the tombstone that ended it."""

    key: Item
    log: str
    tombstone: int


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

    def empty(self, discarded: Discarded) -> int:
        """Remove everything of a draft below its tombstone, then the word about it.

        A draft begun anew in the same log is above the tombstone and stays.
        Returns: the number of records and keyframe chunks removed
        Cost: 1 query and 40 batch writes per 1,000 items
        """
        removed = self._remove(discarded.log, keys.version_key(discarded.tombstone))
        removed += self._remove(keys.keyframes_key_of_log(discarded.log), keys.keyframe_bound(discarded.tombstone + 1))
        self._store.delete_many([discarded.key])
        return removed

    def _remove(self, partition: str, before: str) -> int:
        removed = 0
        while found := self._store.query(partition, before=before, limit=_PAGE, projection="pk, sk").items:
            self._store.delete_many(found)
            removed += len(found)
        return removed
