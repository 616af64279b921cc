"""Acknowledge a proposal: accept it, or some of its fields, or reject it. Once, whatever races."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from draftkeep.errors import AlreadyDecided, Contended, NotAProposal, NotFound, ProposalConflict, Unavailable
from draftkeep.log import Superseded
from draftkeep.model import Author, Draft, Form, Operation, Page, Position, Snapshot
from draftkeep.operations import DECISION_LIVES_S, Claimed, Decision, Owner, Proposal, Record
from draftkeep.preconditions import Precondition, judge_patch
from draftkeep.service.conflicts import raise_unless_proceeding
from draftkeep.service.states import Outcome, State
from draftkeep.service.terms import Merge, Terms, merged_into, raise_if_discarded
from draftkeep.service.writing import Writing
from draftkeep.store import Collided, Refused


@dataclass(frozen=True, slots=True)
class Ack:
    """A decision as it is asked for.

    draft_id: of the draft that the caller means, if it says; fields: to accept only these, None for all
    """

    key: str
    accept: bool
    draft_id: str | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided proposal, and the draft's state after it: None when there is no draft."""

    draft: Draft
    key: str
    accepted: bool
    outcome: Outcome
    state: State | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """One try at a decision: the pending proposal, and the draft as it is now.

    attempt: of this try; whatever it writes carries it
    """

    owner: Owner
    ack: Ack
    author: Author
    precondition: Precondition
    record: Record
    proposal: Proposal
    draft: Draft
    page: Page
    attempt: str


@dataclass(frozen=True)
class Acks:
    """The decisions on proposals over one log."""

    writing: Writing

    def decide(self, owner: Owner, author: Author, ack: Ack, precondition: Precondition, terms: Terms) -> Decided:
        """Accept or reject a pending proposal, once.

        precondition: with If-Match the caller has seen what the draft is now: what was proposed goes over it
        Raises: NotFound, NotAProposal, AlreadyDecided (otherwise), DraftDiscarded, ProposalConflict, InvalidFields,
            VersionConflict, DraftExists
        Cost: 1 batch read, 1 consistent query, 1 transaction (6 write units to accept, 4 to reject, for a small
            draft); batch reads more for contents that are not at hand
        """
        tried: set[str] = set()
        for _ in self.writing.tries():
            record, proposal = self._read(owner, ack)
            if proposal.decision is not None:
                return self._decided(owner, record, proposal.decision, ack, replayed=record.attempt not in tried)
            draft, attempt = record.draft(owner), self.writing.new_id()
            page = self.writing.log.read(draft)
            tried.add(attempt)
            case = _Case(owner, ack, author, precondition, record, proposal, draft, page, attempt)
            # Whoever was faster, at the decision or at the draft: both are read afresh.
            with suppress(Superseded, Refused, Claimed, Collided):
                return self._decide(case, terms)
        raise Contended

    def _read(self, owner: Owner, ack: Ack) -> tuple[Record, Proposal]:
        record = self.writing.operations.read(owner, ack.key, self.writing.clock())
        if record is None or ack.draft_id not in (None, record.draft_id):
            raise NotFound
        if record.proposal is None:
            raise NotAProposal
        return record, record.proposal

    def _decided(self, owner: Owner, record: Record, decision: Decision, ack: Ack, *, replayed: bool) -> Decided:
        """Answer an ack of what has been decided: the same again, or a refusal."""
        if decision.accepted is not ack.accept or _as_set(decision.fields) != _as_set(ack.fields):
            raise AlreadyDecided(
                accepted=decision.accepted,
                fields=decision.fields,
                decided_at_ms=decision.decided_at_ms,
                decided_by=decision.author.user,
                actor=decision.author.actor,
            )
        draft, outcome, state = record.draft(owner), Outcome(decision.outcome), None
        if decision.version:
            # What adds no entry answers with the page as it was.
            kept = outcome if outcome is Outcome.ACCEPTED else Outcome.UNCHANGED
            state = self.writing.replayed(draft, decision.version, kept).state
        return Decided(draft, record.key, decision.accepted, outcome, state, replayed)

    def _decide(self, case: _Case, terms: Terms) -> Decided:
        page = case.page
        raise_if_discarded(case.proposal, page)
        verdict = judge_patch(case.precondition, page.version, identical=False)
        raise_unless_proceeding(self.writing, verdict, case.draft, page, case.precondition)
        if not case.ack.accept:
            return self._settle(case, Outcome.REJECTED)
        merged = merged_into(self.writing, case.draft, page, case.proposal, terms, case.ack.fields)
        if merged.places and case.precondition.is_empty:
            raise ProposalConflict(page.version, case.proposal.base_version, merged.places)
        if page.head is not None and page.head.snapshot.content_hash == merged.content.hash:
            return self._settle(case, Outcome.UNCHANGED)
        merged.prepare()
        return self._append(case, merged, terms.name_of(merged.content.text))

    def _settle(self, case: _Case, outcome: Outcome) -> Decided:
        """Decide without an entry."""
        page, operations = case.page, self.writing.operations
        # Restored before the write: an answer that cannot be given must not be committed.
        state = self._state(case.draft, page)
        decided = self._with_decision(case, page.version, outcome)
        operations.write(operations.writes_of_decision(case.owner, decided), case.attempt)
        self._let_go(case, decided)
        return Decided(case.draft, case.ack.key, case.ack.accept, outcome, state)

    def _append(self, case: _Case, merged: Merge, name: str | None) -> Decided:
        """Decide with the entry that it makes."""
        page, content = case.page, merged.content
        version = page.last_version + 1
        entry = self.writing.next_entry(
            page,
            Operation.ACCEPT,
            case.author,
            page.head.position.advanced(version) if page.head else Position.started(version),
            Snapshot(content.hash, len(content.text), Form.WHOLE),
            name,
            key=case.record.key,
            proposer=case.proposal.author,
        )
        decided = self._with_decision(case, version, Outcome.ACCEPTED)
        entry = self.writing.log.append(
            case.draft,
            entry._replace(attempt=case.attempt),
            content,
            page.head,
            self.writing.operations.writes_of_decision(case.owner, decided),
        )
        self._let_go(case, decided)
        state = self.writing.state(case.draft, page.with_head(entry), content.text)
        return Decided(case.draft, case.ack.key, accepted=True, outcome=Outcome.ACCEPTED, state=state)

    def _with_decision(self, case: _Case, version: int, outcome: Outcome) -> Record:
        now = self.writing.clock()
        fields = None if case.ack.fields is None else tuple(dict.fromkeys(case.ack.fields))
        decision = Decision(case.ack.accept, fields, case.author, now, version, outcome)
        return replace(
            case.record,
            attempt=case.attempt,
            expires_at_s=now // 1000 + DECISION_LIVES_S,
            proposal=replace(case.proposal, decision=decision),
        )

    def _let_go(self, case: _Case, decided: Record) -> None:
        """What the proposal stored outside its record goes with the record."""
        if decided.expires_at_s is not None:
            # The decision stands: what fails here costs storage, and goes when the draft is discarded.
            with suppress(Unavailable):
                snapshot = case.proposal.snapshot
                self.writing.log.expire(case.draft, snapshot, case.record.attempt, decided.expires_at_s)

    def _state(self, draft: Draft, page: Page) -> State | None:
        if page.head is None:
            return None
        return self.writing.state(draft, page, self.writing.log.content(draft, page.head))


def _as_set(fields: Sequence[str] | None) -> frozenset[str] | None:
    return None if fields is None else frozenset(fields)
