"""What a draft is: a log of immutable entries, and the pure moves from one entry to the next. No I/O.

Records and most of what they hold are named tuples: each save reads some twenty, and they are made in less time than
frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple, cast


class Kind(StrEnum):
    """The kinds of draft; the value is the first part of every key."""

    AGENT = "agent"
    PERSONA = "persona"
    TOOL = "tool"
    EVAL = "eval"
    TEST = "test"


class Operation(StrEnum):
    """What an entry did; `recover` and `void` are those of `service.recovery`, `discard` is a tombstone's."""

    SAVE = "save"
    UNDO = "undo"
    REDO = "redo"
    RESET = "reset"
    RESTORE = "restore"
    ACCEPT = "accept"
    RECOVER = "recover"
    VOID = "void"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Draft:
    """The identity of one draft: one log in one partition.

    id: unique for its owner and kind, without `#`; `group` narrows the list it appears in (an agent's id, or "").
    """

    kind: Kind
    tenant: str
    user: str
    id: str
    group: str = ""


class Author(NamedTuple):
    """Who made an entry: the user, and the program that acted for them (None when they acted themselves)."""

    user: str
    actor: str | None = None


class Form(StrEnum):
    """How an entry holds its content."""

    WHOLE = "whole"  # `body` is the compressed content
    DELTA = "delta"  # `body` is the difference to the keyframe
    KEYFRAME = "keyframe"  # the content is the keyframe; no body


class Keyframe(NamedTuple):
    """A content stored whole outside the log, for entries to differ from.

    id: unique for the attempt that wrote it; chunks: items it takes; write_units: what it cost.
    """

    id: str
    chunks: int
    write_units: int


class Snapshot(NamedTuple):
    """The content that an entry makes current, as stored.

    content_hash: SHA-256 of the canonical bytes, hexadecimal; size_bytes: their number.
    overspent_units: write units that a fresh keyframe would have saved, since the last one was cut.
    """

    content_hash: str
    size_bytes: int
    form: Form
    body: bytes = b""
    keyframe: Keyframe | None = None
    overspent_units: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where a draft stands in its tree of contents. All numbers are versions of entries of its own log.

    cursor: the content entry whose content is current; parent: the content entry it came from.
    first: the content entry the draft began with.
    redo_target: the content entry that redo goes to; redo_rest: the entry that holds the rest of the redo stack.
    branch: the content entry that the cursor's branch began with; a content that follows an undo begins a new one.
    """

    cursor: int
    parent: int | None
    first: int
    redo_target: int | None = None
    redo_rest: int | None = None
    branch: int = 0

    def __post_init__(self) -> None:
        if not self.branch:
            object.__setattr__(self, "branch", self.first)

    @property
    def can_undo(self) -> bool:
        """Whether there is an older content on this branch."""
        return self.parent is not None

    @property
    def can_redo(self) -> bool:
        """Whether an undo stands to be taken back."""
        return self.redo_target is not None

    @classmethod
    def started(cls, version: int) -> Position:
        """The position after the first content."""
        return cls(cursor=version, parent=None, first=version)

    def advanced(self, version: int) -> Position:
        """The position after a new content: a new branch, so nothing is left to redo."""
        branch = version if self.can_redo else self.branch
        return Position(cursor=version, parent=self.cursor, first=self.first, branch=branch)

    def undone(self, at: int, parent_of_target: int | None, branch: int = 0) -> Position:
        """The position one content back, seen from the entry `at` that holds this position; `branch`: the target's."""
        if self.parent is None:
            raise ValueError("nothing to undo")
        return Position(
            cursor=self.parent,
            parent=parent_of_target,
            first=self.first,
            redo_target=self.cursor,
            redo_rest=at if self.can_redo else None,
            branch=branch,
        )

    def redone(self, parent_of_target: int | None, rest: Position | None, branch: int = 0) -> Position:
        """The position one content forward, on the target's branch.

        rest: the position in the entry `redo_rest`, if there is one
        """
        if self.redo_target is None:
            raise ValueError("nothing to redo")
        return Position(
            cursor=self.redo_target,
            parent=parent_of_target,
            first=self.first,
            redo_target=rest.redo_target if rest else None,
            redo_rest=rest.redo_rest if rest else None,
            branch=branch,
        )


class Entry(NamedTuple):
    """One state of a draft. Immutable but for `pinned` and `label`; the newest one is the head.

    attempt: UUID of the one execution that wrote it; name: the draft's, for lists, cut.
    key: the operation key of the request, if it had one.
    author: who made it, for an accepted proposal who accepted it; proposer: then who had proposed it.
    Times are epoch milliseconds and never run backwards in a log.
    """

    version: int
    operation: Operation
    attempt: str
    created_at_ms: int
    author: Author
    draft_created_at_ms: int
    position: Position
    snapshot: Snapshot
    name: str | None = None
    pinned: bool = False
    label: str | None = None
    key: str | None = None
    proposer: Author | None = None

    @property
    def is_content(self) -> bool:
        """Whether this entry introduced the content that it makes current, as against a move."""
        return self.position.cursor == self.version


class Tombstone(NamedTuple):
    """The record that ends a draft: nothing at or below its version is read again, and no version is used twice."""

    version: int
    attempt: str
    created_at_ms: int
    author: Author


Record = Entry | Tombstone


@dataclass(frozen=True, slots=True)
class Page:
    """The newest part of a log, as one consistent read gives it.

    last_version, last_time_ms: of the newest record, a tombstone included; 0 for an empty log.
    entries: of the living draft, newest first, at most as many as were asked for; empty when there is no draft.
    """

    last_version: int
    last_time_ms: int
    entries: tuple[Entry, ...]

    @property
    def head(self) -> Entry | None:
        """The newest entry, or None when there is no draft."""
        return self.entries[0] if self.entries else None

    @property
    def version(self) -> int:
        """What preconditions are judged against: 0 when there is no draft."""
        return self.entries[0].version if self.entries else 0

    @property
    def ended_at(self) -> int:
        """The version of the newest tombstone, 0 when there is none: a draft begins right after it."""
        return self.entries[0].position.first - 1 if self.entries else self.last_version

    def entry(self, version: int) -> Entry | None:
        """The entry of that version, if this page holds it."""
        return next((entry for entry in self.entries if entry.version == version), None)

    def with_head(self, head: Entry) -> Page:
        """The page after `head` was appended."""
        return Page(head.version, head.created_at_ms, (head, *self.entries))


def page_of(records: Sequence[Record]) -> Page:
    """Make a page of a log's newest records (newest first); what a tombstone ended is not seen."""
    if not records:
        return Page(0, 0, ())
    living = tuple(takewhile(lambda record: isinstance(record, Entry), records))
    return Page(records[0].version, records[0].created_at_ms, cast(tuple[Entry, ...], living))
