"""What the use cases of drafts take and give: a draft's state, what a write did, and what it is to save."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from draftkeep.canonical import Content
from draftkeep.model import Draft, Entry


class Outcome(StrEnum):
    """What a use case did; also the name of its metric."""

    CREATED = "created"
    SAVED = "saved"
    UNCHANGED = "unchanged"
    UNDONE = "undone"
    REDONE = "redone"
    RESET = "reset"
    RESTORED = "restored"
    MERGED = "merged"
    ANNOTATED = "annotated"
    DISCARDED = "discarded"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class State:
    """A draft as its owner sees it.

    content: canonical JSON bytes
    history: the newest content entries, newest first, at most 20 and never none
    """

    draft: Draft
    head: Entry
    content: bytes
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The state after a write, and what the write did; `replayed` when an earlier request had done it."""

    state: State
    outcome: Outcome
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Discarded:
    """What a discard did: the version of the tombstone, None when there was no draft."""

    version: int | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """A content to be saved, and the name that lists show of it.

    merged: the content is merged with the newest one, so the version that the caller saw does not matter any more
    """

    content: Content
    name: str | None = None
    merged: bool = False
