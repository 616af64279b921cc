"""Save, move, read, list and discard drafts: one function per use case, the same for every kind.

Every write reads the head afresh, decides with pure functions, and appends one entry if no rival was faster; a lost
race starts over. Nothing is decided on a read that a rival could have overtaken.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from draftkeep.canonical import Content
from draftkeep.errors import (
    Contended,
    CorruptSnapshot,
    CurrentState,
    DraftExists,
    NotFound,
    NothingToRedo,
    NothingToUndo,
    PreconditionRequired,
    VersionConflict,
)
from draftkeep.log import PAGE_ENTRIES, Listing, Log, Superseded
from draftkeep.model import Author, Draft, Entry, Form, Kind, Operation, Page, Position, Snapshot, Tombstone
from draftkeep.preconditions import Precondition, Verdict, judge_discard, judge_move, judge_patch, judge_save
from draftkeep.service.states import Outcome, Revision, State, Written
from draftkeep.store import Collided, jittered

# The function ends after 25 s; a client that lost for this long is told to come back.
CONTENTION_BUDGET_S = 15.0
_LONGEST_WAIT = 3  # 160 ms


_DONE = {Operation.UNDO: Outcome.UNDONE, Operation.REDO: Outcome.REDONE, Operation.RESET: Outcome.RESET}


Revise = Callable[[Page], Revision]


class Judge(Protocol):
    """How a precondition is judged."""

    def __call__(self, precondition: Precondition, version: int, *, identical: bool) -> Verdict:
        """Judge a save that is to follow a version (0: there is no draft)."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A decision about one page of a log: the entry to append (None: nothing), and what is current afterwards.

    content: to be stored with the entry; None when the entry's snapshot is a stored one already.
    target: the content entry that a move goes to.
    """

    outcome: Outcome
    text: bytes
    entry: Entry | None = None
    content: Content | None = None
    target: Entry | None = None


@dataclass(frozen=True)
class Drafts:
    """The use cases over one log. Clock, ids and waits are given, so that tests can hold them.

    clock: epoch milliseconds; new_id: a fresh UUID; sleep: seconds; elapsed: a monotonic clock in seconds
    """

    log: Log
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    sleep: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic

    def read(self, draft: Draft) -> State:
        """Read a draft.

        Raises: NotFound
        Cost: 1 consistent query; 1 batch read more for a keyframe that is not cached
        """
        page = self.log.read(draft)
        head = _living(page)
        return self._state(draft, page, self.log.content(draft, head))

    def save(self, draft: Draft, author: Author, content: Content, precondition: Precondition) -> Written:
        """Make `content` the draft's next content, if the precondition lets it.

        Returns: the state with the new head, or with the current one when its content is the same
        Raises: PreconditionRequired, VersionConflict, DraftExists
        Cost: 1 consistent query and 1 conditional put; a draft's first save 1 query and 1 transaction
        """
        return self._revise(draft, author, lambda _: Revision(content), precondition, judge_save)

    def patch(self, draft: Draft, author: Author, revise: Revise, precondition: Precondition, *, new: bool) -> Written:
        """Make what `revise` makes of the current content the next one; a lost race applies it to the rival's.

        revise: called with the newest page, as often as races are lost; new: begin the draft, else it must exist
        Raises: NotFound, VersionConflict, DraftExists, and what `revise` raises
        Cost: as save
        """

        def revise_known(page: Page) -> Revision:
            if not new:
                _living(page)
            return revise(page)

        return self._revise(draft, author, revise_known, precondition, judge_patch)

    def _revise(
        self, draft: Draft, author: Author, revise: Revise, precondition: Precondition, judge: Judge
    ) -> Written:
        def decide(page: Page) -> _Step:
            head = page.head
            revision = revise(page)
            content = revision.content
            identical = head is not None and head.snapshot.content_hash == content.hash
            verdict = judge(precondition, page.version, identical=identical)
            if verdict is Verdict.UNCHANGED:
                return _Step(Outcome.UNCHANGED, content.text)
            self._raise_unless_proceeding(verdict, draft, page, precondition)
            version = page.last_version + 1
            position = head.position.advanced(version) if head else Position.started(version)
            snapshot = Snapshot(content.hash, len(content.text), Form.WHOLE)
            entry = self._next_entry(page, Operation.SAVE, author, position, snapshot, revision.name)
            return _Step(Outcome.SAVED if head else Outcome.CREATED, content.text, entry, content)

        return self._write(draft, decide)

    def undo(self, draft: Draft, author: Author, precondition: Precondition) -> Written:
        """Make the content before the current one current again.

        Raises: NotFound, PreconditionRequired, VersionConflict, NothingToUndo
        Cost: 1 query and 1 conditional put; 1 batch read more when the target is not among the newest entries
        """

        def decide(page: Page) -> _Step:
            head = self._movable(draft, page, precondition)
            if head.position.parent is None:
                raise NothingToUndo(head.version)
            (target,) = self._entries(draft, page, head.position.parent)
            position = head.position.undone(head.version, target.position.parent)
            return self._move(draft, page, Operation.UNDO, author, position, target)

        return self._write(draft, decide)

    def redo(self, draft: Draft, author: Author, precondition: Precondition) -> Written:
        """Take the newest undo back.

        Raises: NotFound, PreconditionRequired, VersionConflict, NothingToRedo
        Cost: as undo
        """

        def decide(page: Page) -> _Step:
            head = self._movable(draft, page, precondition)
            if head.position.redo_target is None:
                raise NothingToRedo(head.version)
            rest = head.position.redo_rest
            target, *rests = self._entries(draft, page, head.position.redo_target, *([] if rest is None else [rest]))
            position = head.position.redone(target.position.parent, rests[0].position if rests else None)
            return self._move(draft, page, Operation.REDO, author, position, target)

        return self._write(draft, decide)

    def reset(self, draft: Draft, author: Author, precondition: Precondition) -> Written:
        """Make the draft's first content current, as a new content that can be undone.

        Raises: NotFound, PreconditionRequired, VersionConflict
        Cost: as undo
        """

        def decide(page: Page) -> _Step:
            head = _living(page)
            (first,) = self._entries(draft, page, head.position.first)
            verdict = judge_move(precondition, page.version)
            # As with a save: the retry of a reset whose answer was lost carries the old version and must succeed.
            if verdict is not Verdict.REQUIRED and first.snapshot.content_hash == head.snapshot.content_hash:
                return _Step(Outcome.UNCHANGED, self.log.content(draft, head))
            self._raise_unless_proceeding(verdict, draft, page, precondition)
            position = head.position.advanced(page.last_version + 1)
            return self._move(draft, page, Operation.RESET, author, position, first)

        return self._write(draft, decide)

    def discard(
        self, draft: Draft, author: Author, precondition: Precondition, *, guarded: bool = False
    ) -> Tombstone | None:
        """End a draft and its history; its versions are never used again.

        guarded: refuse to end a draft whose version the caller does not say
        Returns: its tombstone, or None when there was no draft
        Raises: PreconditionRequired, VersionConflict, DraftExists
        Cost: 1 query and 1 transaction of 3 writes (6 write units)
        """
        tombstone: Tombstone | None = None
        first: int | None = None
        for page in self._fresh_pages(draft):
            # A lost race may have ended the draft that was meant; one that was begun since is another.
            if page.head is None or (first is not None and page.head.position.first != first):
                return tombstone
            first = page.head.position.first
            verdict = judge_discard(precondition, page.version, guarded=guarded)
            self._raise_unless_proceeding(verdict, draft, page, precondition)
            tombstone = Tombstone(page.last_version + 1, self.new_id(), self._time_after(page), author)
            try:
                self.log.discard(draft, tombstone, page.head)
            except Superseded:
                tombstone = None
                continue
            except Collided:
                continue
            return tombstone
        raise Contended

    def list_drafts(self, kind: Kind, tenant: str, user: str, group: str, limit: int, after: str | None) -> Listing:
        """List an owner's drafts, newest created first.

        limit: 1 to 25; after: `Listing.next` of the page before
        Cost: 1 query, and 1 query a draft, side by side
        """
        return self.log.list_drafts(kind, tenant, user, group, limit, after)

    def _write(self, draft: Draft, decide: Callable[[Page], _Step]) -> Written:
        tried: dict[str, _Step] = {}
        for page in self._fresh_pages(draft):
            # A collision may hide a success: an answer lost before, then a retry that met another transaction.
            own = next((entry for entry in page.entries if entry.attempt in tried), None)
            if own is not None:
                done, then = tried[own.attempt], page.as_of(own)
                return Written(self._state(draft, then, done.text, done.target), done.outcome)
            step = decide(page)
            if step.entry is None:
                return Written(self._state(draft, page, step.text), step.outcome)
            try:
                head = self.log.append(draft, step.entry, step.content, page.head)
            except Superseded:
                continue
            except Collided:
                tried[step.entry.attempt] = step
                continue
            return Written(self._state(draft, page.with_head(head), step.text, step.target), step.outcome)
        raise Contended

    def _fresh_pages(self, draft: Draft) -> Iterator[Page]:
        """Read the head, again and again with growing waits, until the contention budget is spent."""
        deadline = self.elapsed() + CONTENTION_BUDGET_S
        for attempt in count():
            yield self.log.read(draft)
            if self.elapsed() > deadline:
                return
            # Waits stay short: who has lost often must not stand back for rivals who have just come.
            self.sleep(jittered(min(attempt, _LONGEST_WAIT)))

    def _movable(self, draft: Draft, page: Page, precondition: Precondition) -> Entry:
        head = _living(page)
        self._raise_unless_proceeding(judge_move(precondition, page.version), draft, page, precondition)
        return head

    def _move(
        self, draft: Draft, page: Page, operation: Operation, author: Author, position: Position, target: Entry
    ) -> _Step:
        # Restored before the write: an answer that cannot be given must not be committed.
        text = self.log.content(draft, target)
        entry = self._next_entry(page, operation, author, position, target.snapshot, target.name)
        return _Step(_DONE[operation], text, entry, target=target)

    def _next_entry(
        self,
        page: Page,
        operation: Operation,
        author: Author,
        position: Position,
        snapshot: Snapshot,
        name: str | None,
    ) -> Entry:
        now = self._time_after(page)
        return Entry(
            version=page.last_version + 1,
            operation=operation,
            attempt=self.new_id(),
            created_at_ms=now,
            author=author,
            draft_created_at_ms=page.head.draft_created_at_ms if page.head else now,
            position=position,
            snapshot=snapshot,
            name=name,
        )

    def _time_after(self, page: Page) -> int:
        """Now, but never before the newest record: a log's times do not run backwards when a clock does."""
        return max(self.clock(), page.last_time_ms)

    def _entries(self, draft: Draft, page: Page, *versions: int) -> list[Entry]:
        """Entries by version, from the page where it holds them."""
        missing = [version for version in versions if page.entry(version) is None]
        read = self.log.entries(draft, missing)
        found = [page.entry(version) or read.get(version) for version in versions]
        if None in found:
            raise CorruptSnapshot(f"log without version {versions[found.index(None)]}")
        return [entry for entry in found if entry is not None]

    def _state(self, draft: Draft, page: Page, text: bytes, current: Entry | None = None) -> State:
        """What is answered; `current` is the content entry at the cursor, where it is known. Then nothing is read."""
        head = _living(page)
        history = tuple(entry for entry in page.entries if entry.is_content)[:PAGE_ENTRIES]
        if not history:
            # Twenty moves in a row: the page holds no content entry, and the current one stands for the history.
            history = (current,) if current else tuple(self._entries(draft, page, head.position.cursor))
        return State(draft, head, text, history)

    def _raise_unless_proceeding(self, verdict: Verdict, draft: Draft, page: Page, precondition: Precondition) -> None:
        if verdict is Verdict.REQUIRED:
            raise PreconditionRequired(page.version)
        if verdict is Verdict.CONFLICT:
            raise VersionConflict(self._current(draft, page, precondition.single_version))
        if verdict is Verdict.EXISTS:
            raise DraftExists(self._current(draft, page, None))

    def _current(self, draft: Draft, page: Page, seen: int | None) -> CurrentState:
        head = page.head
        if head is None:
            return CurrentState(version=0)
        return CurrentState(
            version=head.version,
            updated_at_ms=head.created_at_ms,
            updated_by=head.author.user,
            actor=head.author.actor,
            operation=head.operation,
            content=self.log.content(draft, head),
            seen_content=self._content_of(draft, page, head, seen),
        )

    def _content_of(self, draft: Draft, page: Page, head: Entry, version: int | None) -> bytes | None:
        # Versions below the first are of a draft that was discarded.
        if version is None or not head.position.first <= version <= head.version:
            return None
        (entry,) = self._entries(draft, page, version)
        return self.log.content(draft, entry)


def _living(page: Page) -> Entry:
    if page.head is None:
        raise NotFound
    return page.head
