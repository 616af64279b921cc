"""Save, move, read, list and discard drafts: one function per use case, the same for every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from draftkeep.canonical import Content
from draftkeep.errors import Contended, InvalidFields, MergeConflict, NothingToRedo, NothingToUndo, VersionConflict
from draftkeep.log import Listing, Log, Superseded
from draftkeep.model import Author, Draft, Entry, Form, Kind, Operation, Page, Position, Snapshot, Tombstone
from draftkeep.operations import Claim, Claimed, claimed
from draftkeep.preconditions import Precondition, Verdict, judge_discard, judge_move, judge_patch, judge_save
from draftkeep.service.conflicts import current_state, raise_unless_proceeding
from draftkeep.service.keyed import Earlier, raise_if_done
from draftkeep.service.states import Discarded, Outcome, Revision, State, Written
from draftkeep.service.terms import Terms
from draftkeep.service.writing import Step, Writing, living, owner_of
from draftkeep.store import Collided, Refused

_DONE = {Operation.UNDO: Outcome.UNDONE, Operation.REDO: Outcome.REDONE, Operation.RESET: Outcome.RESET}


Revise = Callable[[Page], Revision]


class Judge(Protocol):
    """How a precondition is judged."""

    def __call__(self, precondition: Precondition, version: int, *, identical: bool) -> Verdict:
        """Judge a save that is to follow a version (0: there is no draft)."""


@dataclass(frozen=True)
class Drafts:
    """The use cases over one log.

    Each write takes the claim of its request's operation key, None without one. With it the write is done once
    (`Writing.write`), and may raise OperationKeyReused.
    """

    writing: Writing

    @property
    def log(self) -> Log:
        """Where the drafts are."""
        return self.writing.log

    def read(self, draft: Draft) -> State:
        """Read a draft.

        Raises: NotFound
        Cost: 1 consistent query; 1 batch read more for a keyframe that is not cached
        """
        page = self.log.read(draft)
        head = living(page)
        return self.writing.state(draft, page, self.log.content(draft, head))

    def save(
        self, draft: Draft, author: Author, content: Content, precondition: Precondition, claim: Claim | None = None
    ) -> Written:
        """Make `content` the draft's next content, if the precondition lets it.

        Returns: the state with the new head, or with the current one when its content is the same
        Raises: PreconditionRequired, VersionConflict, DraftExists
        Cost: 1 consistent query and 1 conditional put; a draft's first save 1 query and 1 transaction
        """
        return self._revise(draft, author, lambda _: Revision(content), precondition, judge_save, claim)

    def save_merging(
        self,
        draft: Draft,
        author: Author,
        content: Content,
        precondition: Precondition,
        claim: Claim | None = None,
        *,
        terms: Terms,
        merges: bool,
    ) -> Written:
        """Save a content; when others have saved since the version that it was made of, tell whether it can be merged.

        merges: merge it then, if the changes are disjoint
        Raises: as save, and with `merges` MergeConflict
        Cost: as save; after a conflict 1 batch read more where contents are not at hand, and the merge
        """

        def revise(page: Page) -> Revision:
            seen = precondition.single_version
            stale = judge_save(precondition, page.version, identical=False) is Verdict.CONFLICT
            if not stale or page.head is None or page.head.snapshot.content_hash == content.hash:
                return Revision(content)
            current = current_state(self.writing, draft, page, seen)
            if seen is None or current.seen_content is None or current.content is None:
                return Revision(content)
            try:
                merged = terms.merge(current.seen_content, current.content, content.text)
            except InvalidFields:
                if merges:
                    raise
                raise VersionConflict(replace(current, disjoint=False)) from None
            if not merges:
                raise VersionConflict(replace(current, disjoint=not merged.places))
            if merged.places:
                raise MergeConflict(replace(current, disjoint=False), seen, merged.places)
            return Revision(merged.content, merged=True)

        return self._revise(draft, author, revise, precondition, judge_save, claim)

    def patch(
        self, draft: Draft, author: Author, revise: Revise, precondition: Precondition, claim: Claim | None = None
    ) -> Written:
        """Make what `revise` makes of the current content the next one; a lost race applies it to the rival's.

        revise: called with the newest page, as often as races are lost
        Raises: VersionConflict, DraftExists, and what `revise` raises
        Cost: as save
        """
        return self._revise(draft, author, revise, precondition, judge_patch, claim)

    def _revise(
        self,
        draft: Draft,
        author: Author,
        revise: Revise,
        precondition: Precondition,
        judge: Judge,
        claim: Claim | None,
    ) -> Written:
        def decide(page: Page) -> Step:
            head = page.head
            revision = revise(page)
            content = revision.content
            identical = head is not None and head.snapshot.content_hash == content.hash
            verdict = judge(precondition, page.version, identical=identical)
            if verdict is Verdict.UNCHANGED:
                return Step(Outcome.UNCHANGED, content.text)
            if not revision.merged:
                raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            version = page.last_version + 1
            position = head.position.advanced(version) if head else Position.started(version)
            snapshot = Snapshot(content.hash, len(content.text), Form.WHOLE)
            entry = self.writing.next_entry(
                page, Operation.SAVE, author, position, snapshot, revision.name, key=claim.key if claim else None
            )
            outcome = Outcome.MERGED if revision.merged else Outcome.SAVED if head else Outcome.CREATED
            return Step(outcome, content.text, entry, content)

        return self.writing.write(draft, decide, claim)

    def undo(self, draft: Draft, author: Author, precondition: Precondition, claim: Claim | None = None) -> Written:
        """Make the content before the current one current again.

        Raises: NotFound, PreconditionRequired, VersionConflict, NothingToUndo
        Cost: 1 query and 1 conditional put; 1 batch read more when the target is not among the newest entries
        """

        def decide(page: Page) -> Step:
            head = self._movable(draft, page, precondition, claim)
            if head.position.parent is None:
                raise NothingToUndo(head.version)
            (target,) = self.writing.entries(draft, page, head.position.parent)
            position = head.position.undone(head.version, target.position.parent, target.position.branch)
            return self._move(draft, page, Operation.UNDO, author, position, target=target, claim=claim)

        return self.writing.write(draft, decide, claim)

    def redo(self, draft: Draft, author: Author, precondition: Precondition, claim: Claim | None = None) -> Written:
        """Take the newest undo back.

        Raises: NotFound, PreconditionRequired, VersionConflict, NothingToRedo
        Cost: as undo
        """

        def decide(page: Page) -> Step:
            head = self._movable(draft, page, precondition, claim)
            if head.position.redo_target is None:
                raise NothingToRedo(head.version)
            rest = head.position.redo_rest
            wanted = [head.position.redo_target, *([] if rest is None else [rest])]
            target, *rests = self.writing.entries(draft, page, *wanted)
            position = head.position.redone(
                target.position.parent, rests[0].position if rests else None, target.position.branch
            )
            return self._move(draft, page, Operation.REDO, author, position, target=target, claim=claim)

        return self.writing.write(draft, decide, claim)

    def reset(self, draft: Draft, author: Author, precondition: Precondition, claim: Claim | None = None) -> Written:
        """Make the draft's first content current, as a new content that can be undone.

        Raises: NotFound, PreconditionRequired, VersionConflict
        Cost: as undo
        """

        def decide(page: Page) -> Step:
            head = living(page)
            (first,) = self.writing.entries(draft, page, head.position.first)
            verdict = judge_move(precondition, page.version, keyed=claim is not None)
            # As with a save: the retry of a reset whose answer was lost carries the old version and must succeed.
            if verdict is not Verdict.REQUIRED and first.snapshot.content_hash == head.snapshot.content_hash:
                return Step(Outcome.UNCHANGED, self.log.content(draft, head))
            raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            position = head.position.advanced(page.last_version + 1)
            return self._move(draft, page, Operation.RESET, author, position, target=first, claim=claim)

        return self.writing.write(draft, decide, claim)

    def discard(
        self,
        draft: Draft,
        author: Author,
        precondition: Precondition,
        claim: Claim | None = None,
        *,
        guarded: bool = False,
    ) -> Discarded:
        """End a draft and its history; its versions are never used again.

        guarded: refuse to end a draft whose version the caller does not say, without a claim
        Returns: the version of its tombstone, or None when there was no draft
        Raises: PreconditionRequired, VersionConflict, DraftExists
        Cost: 1 query and 1 transaction of 3 writes (6 write units)
        """

        def run(earlier: Earlier) -> Discarded:
            return self._discard(draft, author, precondition, claim, earlier, guarded=guarded)

        if claim is None:
            return run(None)
        return self.writing.once(
            owner_of(draft), claim, run, lambda record: Discarded(record.version or None, replayed=True)
        )

    def _discard(
        self,
        draft: Draft,
        author: Author,
        precondition: Precondition,
        claim: Claim | None,
        earlier: Earlier,
        *,
        guarded: bool,
    ) -> Discarded:
        tombstone: Tombstone | None = None
        first: int | None = None
        for page in self.writing.fresh_pages(draft):
            raise_if_done(earlier)
            # A lost race may have ended the draft that was meant; one that was begun since is another.
            if page.head is None or (first is not None and page.head.position.first != first):
                try:
                    return self._discarded(draft, claim, tombstone)
                except Collided:
                    continue
            first = page.head.position.first
            verdict = judge_discard(precondition, page.version, guarded=guarded, keyed=claim is not None)
            raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            tombstone = Tombstone(page.last_version + 1, self.writing.new_id(), self.writing.time_after(page), author)
            before = []
            if claim is not None:
                record = self.writing.record(draft, claim, tombstone.attempt, Outcome.DISCARDED, tombstone.version)
                before = self.writing.operations.writes_of(owner_of(draft), record)
            try:
                self.log.discard(draft, tombstone, page.head, before)
            except Superseded:
                tombstone = None
                continue
            except Refused as refusal:
                raise Claimed(claimed(refusal)) from None
            except Collided:
                continue
            return Discarded(tombstone.version)
        raise Contended

    def _discarded(self, draft: Draft, claim: Claim | None, tombstone: Tombstone | None) -> Discarded:
        """There is no draft to end, or not any more: `tombstone` is the one that a collision may hide."""
        version = tombstone.version if tombstone else 0
        if claim is not None:
            # Sent again later, the request must not end a draft that was begun since.
            record = self.writing.record(draft, claim, self.writing.new_id(), Outcome.DISCARDED, version)
            try:
                self.writing.operations.add(owner_of(draft), record)
            except Claimed as found:
                if tombstone is None or found.record.attempt != tombstone.attempt:
                    raise
        return Discarded(version or None)

    def list_drafts(self, kind: Kind, tenant: str, user: str, group: str, limit: int, after: str | None) -> Listing:
        """List an owner's drafts, newest created first.

        limit: 1 to 25; after: `Listing.next` of the page before
        Cost: 1 query, and 1 query a draft, side by side
        """
        return self.log.list_drafts(kind, tenant, user, group, limit, after)

    def _movable(self, draft: Draft, page: Page, precondition: Precondition, claim: Claim | None) -> Entry:
        head = living(page)
        verdict = judge_move(precondition, page.version, keyed=claim is not None)
        raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
        return head

    def _move(
        self,
        draft: Draft,
        page: Page,
        operation: Operation,
        author: Author,
        position: Position,
        *,
        target: Entry,
        claim: Claim | None,
    ) -> Step:
        # Restored before the write: an answer that cannot be given must not be committed.
        text = self.log.content(draft, target)
        key = claim.key if claim else None
        entry = self.writing.next_entry(page, operation, author, position, target.snapshot, target.name, key=key)
        return Step(_DONE[operation], text, entry, target=target)
