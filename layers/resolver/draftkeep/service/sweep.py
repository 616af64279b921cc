"""Remove what discarded drafts left, once nothing can need it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from draftkeep import keys
from draftkeep.trash import Discarded, Trash

# Longer than any request and any operation record: an old request can no longer meet a version number set free.
KEEP_DAYS = 8
# Days looked back over, so that a sweep that failed for weeks is made up for.
LOOK_BACK_DAYS = 60


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed, and whether it came to the end of its work."""

    drafts: int
    items: int
    finished: bool


def sweep(trash: Trash, now_ms: int, may_go_on: Callable[[], bool]) -> Swept:
    """Remove the records and keyframes of drafts discarded more than 8 days ago; their tombstones stay.

    may_go_on: asked before each 1,000 items; the rest is left to the next sweep
    Safe to repeat and to end anywhere: the word in the trash goes last.
    Cost: 1 query a day looked back over; for each draft 1 query and 1 batch write per 25 items
    """
    drafts = items = 0
    for discarded in _due(trash, keys.day_of(now_ms)):
        emptied = trash.empty(discarded, may_go_on)
        items += emptied.items
        if not emptied.finished:
            return Swept(drafts, items, finished=False)
        drafts += 1
    return Swept(drafts, items, finished=True)


def _due(trash: Trash, today: date) -> Iterator[Discarded]:
    # A draft discarded at the end of a day is 8 days old when the 9th day after begins.
    for days in range(KEEP_DAYS + LOOK_BACK_DAYS, KEEP_DAYS, -1):
        yield from trash.of_day(today - timedelta(days=days))
