"""The one place where the parts are put together, once per process."""

from __future__ import annotations

from functools import cache

from draftkeep.keyframes import Keyframes
from draftkeep.log import Log
from draftkeep.service.drafts import Drafts
from draftkeep.settings import settings
from draftkeep.store import Store, new_client
from draftkeep.trash import Trash


@cache
def drafts_store() -> Store:
    """The drafts table."""
    return Store(new_client(), settings().drafts_table)


@cache
def drafts() -> Drafts:
    """The use cases on drafts."""
    store = drafts_store()
    return Drafts(Log(store, Keyframes(store)))


@cache
def trash() -> Trash:
    """The discarded drafts."""
    return Trash(drafts_store())
