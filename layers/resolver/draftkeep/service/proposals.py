"""Propose a change and list what waits: one function per use case, the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from draftkeep import keys
from draftkeep.canonical import Content, canonical_text
from draftkeep.errors import Contended, CorruptSnapshot, InvalidFields, NotAProposal, Place, Problem
from draftkeep.merging import ABSENT
from draftkeep.model import Author, Draft, Entry, Page
from draftkeep.operations import Claim, Claimed, Owner, Proposal, Record
from draftkeep.preconditions import Precondition, Verdict, judge_patch, judge_proposal
from draftkeep.service.conflicts import raise_unless_proceeding
from draftkeep.service.drafts import Revise
from draftkeep.service.keyed import Earlier, raise_if_done
from draftkeep.service.states import Outcome
from draftkeep.service.terms import Merge, Terms, base_of, merged_into, raise_if_discarded
from draftkeep.service.writing import Writing, living, owner_of
from draftkeep.store import Collided

# What an operation record weighs beside its snapshot, about: for the choice of how to store that.
_RECORD_BYTES = 600
# A page of proposals ends when it shows this much, or when contents of so much have been compared and merged for it:
# a function has 25 s, and may show little of contents that took it long.
PAGE_BYTES, PAGE_WORK_BYTES = 2 * 1024 * 1024, 16 * 1024 * 1024
# Of one proposal a page shows at most so many places, and of one value so much; as `http.places` does.
_SHOWN_PLACES, _SHOWN_BYTES = 100, 64 * 1024


@dataclass(frozen=True, slots=True)
class Proposed:
    """A stored proposal with its content; `replayed` when an earlier request had stored it."""

    draft: Draft
    record: Record
    content: bytes
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending proposal as its owner sees it.

    places: what it changes; overlaps: what has been changed in the draft since, too
    version: the draft's now; preview: the content that accepting it would make now
    problems: what keeps it from being accepted as a whole; then there is no preview
    """

    draft: Draft
    key: str
    created_at_ms: int
    proposal: Proposal
    version: int
    places: tuple[Place, ...]
    overlaps: tuple[Place, ...]
    preview: bytes | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of pending proposals, by draft, then oldest first; `next` continues it, None at the end."""

    waiting: tuple[Waiting, ...]
    next: str | None


@dataclass(frozen=True)
class Proposals:
    """The use cases on proposals over one log."""

    writing: Writing

    def propose(
        self, draft: Draft, author: Author, content: Content, precondition: Precondition, claim: Claim
    ) -> Proposed:
        """Propose a whole content.

        precondition: If-Match names the version that the content was made of, which need not be the current one
        Raises: PreconditionRequired, VersionConflict (an unknown version), DraftExists, OperationKeyReused
        Cost: 1 consistent query beside 1 batch read, 1 transaction of 2 puts
        """

        def prepare(page: Page) -> tuple[Content, Entry | None]:
            first = page.head.position.first if page.head else 0
            verdict, version = judge_proposal(precondition, page.version, first)
            (base,) = self.writing.known(draft, page, version)
            if version and base is None:
                verdict = Verdict.CONFLICT
            raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            return content, base

        return self._propose(draft, author, prepare, claim)

    def propose_patch(
        self, draft: Draft, author: Author, revise: Revise, precondition: Precondition, claim: Claim
    ) -> Proposed:
        """Propose what `revise` makes of the current content.

        Raises: VersionConflict, DraftExists, OperationKeyReused, what `revise` raises
        Cost: as propose
        """

        def prepare(page: Page) -> tuple[Content, Entry | None]:
            revision = revise(page)
            verdict = judge_patch(precondition, page.version, identical=False)
            raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            return revision.content, page.head

        return self._propose(draft, author, prepare, claim)

    def _propose(
        self, draft: Draft, author: Author, prepare: Callable[[Page], tuple[Content, Entry | None]], claim: Claim
    ) -> Proposed:
        def run(earlier: Earlier) -> Proposed:
            page = self.writing.log.read(draft)
            raise_if_done(earlier)
            content, base = prepare(page)
            record = self._pending(draft, author, claim, page, content, base)
            operations, owner = self.writing.operations, owner_of(draft)
            for _ in self.writing.tries():
                # The same attempt each time: a try that was done before a collision refuses the next one as its own.
                try:
                    operations.write(operations.writes_of(owner, record), record.attempt)
                except Collided:
                    continue
                except Claimed:
                    if record.proposal:
                        self.writing.log.drop(draft, record.proposal.snapshot, record.attempt)
                    raise
                return Proposed(draft, record, content.text)
            raise Contended

        return self.writing.once(owner_of(draft), claim, run, lambda record: self._proposed(draft, record))

    def _pending(
        self, draft: Draft, author: Author, claim: Claim, page: Page, content: Content, base: Entry | None
    ) -> Record:
        attempt = self.writing.new_id()
        seen = page.last_version
        name = keys.keyframe_id(seen + 1, attempt)
        snapshot = self.writing.log.store(draft, content, base.snapshot if base else None, name, _RECORD_BYTES)
        proposal = Proposal(author, base.version if base else 0, seen, snapshot)
        record = self.writing.record(draft, claim, attempt, Outcome.PROPOSED, page.version)
        return replace(record, expires_at_s=None, proposal=proposal)

    def _proposed(self, draft: Draft, record: Record) -> Proposed:
        """The answer that a proposal gave, made anew from its record."""
        about = record.draft(owner_of(draft))
        if record.proposal is None:
            raise NotAProposal
        try:
            content = self.writing.log.restore(about, record.proposal.snapshot)
        except CorruptSnapshot:
            # What it differs from may have been swept with a draft that was discarded.
            raise_if_discarded(record.proposal, self.writing.log.read(about, limit=1))
            raise
        return Proposed(about, record, content, replayed=True)

    def raise_unless_there(self, draft: Draft) -> None:
        """Tell a draft without proposals from one that is not there.

        Raises: NotFound
        """
        living(self.writing.log.read(draft, limit=1))

    def inbox(self, owner: Owner, draft: Draft | None, limit: int, after: str | None, terms: Terms) -> Inbox:
        """List the pending proposals of an owner, or of one draft.

        after: where the page before this one ended (`Inbox.next`)
        Returns: at most `limit`, and no more than about 2 MiB, made of no more than about 16 MiB of contents, and one
            more proposal
        Cost: 1 query, 1 batch read, and for each draft 1 query; batch reads more for contents that are not at hand
        """
        found = self.writing.operations.pending(owner, draft.id if draft else None, limit, after)
        pages: dict[str, Page] = {}
        waiting: list[Waiting] = []
        shown = worked = 0
        for record in found.records:
            about = record.draft(owner)
            if about.id not in pages:
                pages[about.id] = self.writing.log.read(about)
            page, proposal = pages[about.id], record.proposal
            # What a discard left is swept later, and nobody can decide it any more.
            if proposal is None or page.ended_at > proposal.seen_version:
                continue
            base = base_of(self.writing, about, page, proposal, terms)
            one = self._waiting(about, page, record, proposal, base, terms)
            waiting.append(one)
            worked += len(base) + proposal.snapshot.size_bytes + (page.head.snapshot.size_bytes if page.head else 0)
            shown += len(one.preview or b"") + _weight(one.places) + _weight(one.overlaps)
            shown += sum(len(problem.pointer) + len(problem.message) for problem in one.problems)
            if (shown > PAGE_BYTES or worked > PAGE_WORK_BYTES) and record is not found.records[-1]:
                return Inbox(tuple(waiting), keys.proposal_sort_key(about.id, record.created_at_ms, record.key))
        return Inbox(tuple(waiting), found.next)

    def _waiting(
        self, draft: Draft, page: Page, record: Record, proposal: Proposal, base: bytes, terms: Terms
    ) -> Waiting:
        places = terms.places(base, self.writing.log.restore(draft, proposal.snapshot))
        merged: Merge | None = None
        problems: tuple[Problem, ...] = ()
        try:
            merged = merged_into(self.writing, draft, page, proposal, terms)
        except InvalidFields as refusal:
            problems = refusal.problems
        return Waiting(
            draft=draft,
            key=record.key,
            created_at_ms=record.created_at_ms,
            proposal=proposal,
            version=page.version,
            places=tuple(places),
            overlaps=merged.places if merged else (),
            preview=merged.content.text if merged else None,
            problems=problems,
        )


def _weight(places: Sequence[Place]) -> int:
    """About how many bytes places take in an answer, which shows at most 100 of them and bounds their values."""
    weight = 0
    for place in places[:_SHOWN_PLACES]:
        values = (value for value in (place.base, place.current, place.proposed) if value is not ABSENT)
        weight += len(place.name) + sum(min(len(canonical_text(value).encode()), _SHOWN_BYTES) for value in values)
    return weight
