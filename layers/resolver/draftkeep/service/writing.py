"""How every write is done: read the head, decide, append one entry if no rival was faster, else start over.

Nothing is decided on a read that a rival could have overtaken. A request with an operation key is done once: its
record is written together with what it did, and a request that meets a record is answered from it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from draftkeep.canonical import Content
from draftkeep.errors import (
    Contended,
    CorruptSnapshot,
    DraftDiscarded,
    NotFound,
)
from draftkeep.log import PAGE_ENTRIES, Log, Superseded
from draftkeep.model import Author, Draft, Entry, Operation, Page, Position, Snapshot
from draftkeep.operations import SAVE_LIVES_S, Claim, Claimed, Operations, Owner, Record, claimed
from draftkeep.service.keyed import Earlier, once, raise_if_done
from draftkeep.service.states import Outcome, State, Written
from draftkeep.store import Collided, Refused, jittered

# The function ends after 25 s; a client that lost for this long is told to come back.
CONTENTION_BUDGET_S = 15.0
_LONGEST_WAIT = 3  # 160 ms

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Step:
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
class Writing:
    """Writes to one log. Clock, ids and waits are given, so that tests can hold them.

    clock: epoch milliseconds; new_id: a fresh UUID; sleep: seconds; elapsed: a monotonic clock in seconds
    """

    log: Log
    operations: Operations
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    sleep: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic

    def write(self, draft: Draft, decide: Callable[[Page], Step], claim: Claim | None = None) -> Written:
        """Do what `decide` makes of the newest page, as often as races are lost.

        Raises: what `decide` raises, Contended, and with a claim OperationKeyReused, DraftDiscarded
        Cost: 1 consistent query and 1 write; with a claim 1 batch read beside the query, and the write is a
            transaction of one record more
        """
        if claim is None:
            return self._write(draft, decide, None, None)
        return self.once(
            owner_of(draft),
            claim,
            lambda earlier: self._write(draft, decide, claim, earlier),
            lambda record: self.replayed(record.draft(owner_of(draft)), record.version, Outcome(record.outcome)),
        )

    def once(self, owner: Owner, claim: Claim, run: Callable[[Earlier], _T], replay: Callable[[Record], _T]) -> _T:
        """Do a keyed request, or answer it from the record of its success (`keyed.once`)."""
        return once(self.operations, self.clock(), owner, claim, run=run, replay=replay)

    def replayed(self, draft: Draft, version: int, outcome: Outcome) -> Written:
        """The answer that a write gave, made anew from the entry that it wrote or left as it was.

        Raises: DraftDiscarded (its entries have been swept since)
        """
        # A write answers with the entry that it added to a page.
        limit = PAGE_ENTRIES + (outcome is not Outcome.UNCHANGED)
        page = self.log.read(draft, limit, upto=version)
        if page.head is None or page.head.version != version:
            raise DraftDiscarded
        return Written(self.state(draft, page, self.log.content(draft, page.head)), outcome, replayed=True)

    def record(self, draft: Draft, claim: Claim, attempt: str, outcome: Outcome, version: int) -> Record:
        """The record of an operation that is done now."""
        now = self.clock()
        return Record(
            key=claim.key,
            fingerprint=claim.fingerprint,
            attempt=attempt,
            created_at_ms=now,
            outcome=outcome,
            version=version,
            draft_id=draft.id,
            group=draft.group,
            expires_at_s=now // 1000 + SAVE_LIVES_S,
        )

    def _write(self, draft: Draft, decide: Callable[[Page], Step], claim: Claim | None, earlier: Earlier) -> Written:
        collided: list[tuple[Entry, Step]] = []
        for page in self.fresh_pages(draft):
            raise_if_done(earlier)
            hidden = self._hidden(draft, page, collided)
            if hidden is not None:
                return hidden
            # A version that stands there is another's for good; one that does not may still be on its way.
            collided = [(entry, step) for entry, step in collided if entry.version > page.last_version]
            step = decide(page)
            try:
                return self._done(draft, page, step, claim)
            except Superseded:
                continue
            except Refused as refusal:
                raise Claimed(claimed(refusal)) from None
            except Collided:
                if step.entry is not None:
                    collided.append((step.entry, step))
                continue
        hidden = self._hidden(draft, self.log.read(draft), collided) if collided else None
        if hidden is None:
            raise Contended
        return hidden

    def _hidden(self, draft: Draft, page: Page, collided: Sequence[tuple[Entry, Step]]) -> Written | None:
        """What a collided try has written after all."""
        for entry, step in collided:
            then = self._as_written(draft, page, entry)
            if then is not None:
                return Written(self.state(draft, then, step.text, step.target), step.outcome)
        return None

    def _as_written(self, draft: Draft, page: Page, entry: Entry) -> Page | None:
        """The page after an entry was written, if it was though its try collided: an earlier try's answer was lost.

        Since then there may be more entries than a page holds, or a tombstone.
        Cost: nothing, as a rule; 1 query when it was written, or when the page does not hold its version
        """
        standing = page.entry(entry.version)
        if entry.version > page.last_version or (standing is not None and standing.attempt != entry.attempt):
            return None
        # As many as the answer would have had, and as its repetition has: those before it, and itself.
        then = self.log.read(draft, PAGE_ENTRIES + 1, upto=entry.version)
        return then if then.head is not None and then.head.attempt == entry.attempt else None

    def _done(self, draft: Draft, page: Page, step: Step, claim: Claim | None) -> Written:
        """Do a step, together with the record of its claim."""
        owner = owner_of(draft)
        if step.entry is None:
            if claim is not None:
                # Though nothing changed: sent again later, the request must not meet another state.
                self.operations.add(owner, self.record(draft, claim, self.new_id(), step.outcome, page.version))
            return Written(self.state(draft, page, step.text), step.outcome)
        before = []
        if claim is not None:
            record = self.record(draft, claim, step.entry.attempt, step.outcome, step.entry.version)
            before = self.operations.writes_of(owner, record)
        head = self.log.append(draft, step.entry, step.content, page.head, before)
        return Written(self.state(draft, page.with_head(head), step.text, step.target), step.outcome)

    def fresh_pages(self, draft: Draft) -> Iterator[Page]:
        """Read the head, again and again with growing waits, until the contention budget is spent."""
        for _ in self.tries():
            yield self.log.read(draft)

    def tries(self) -> Iterator[int]:
        """Count tries, with growing waits between them, until the contention budget is spent."""
        deadline = self.elapsed() + CONTENTION_BUDGET_S
        for attempt in count():
            yield attempt
            if self.elapsed() > deadline:
                return
            # Waits stay short: who has lost often must not stand back for rivals who have just come.
            self.sleep(jittered(min(attempt, _LONGEST_WAIT)))

    def next_entry(
        self,
        page: Page,
        operation: Operation,
        author: Author,
        position: Position,
        snapshot: Snapshot,
        name: str | None,
        *,
        key: str | None = None,
        proposer: Author | None = None,
    ) -> Entry:
        """The entry after a page."""
        now = self.time_after(page)
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
            key=key,
            proposer=proposer,
        )

    def time_after(self, page: Page) -> int:
        """Now, but never before the newest record: a log's times do not run backwards when a clock does."""
        return max(self.clock(), page.last_time_ms)

    def entries(self, draft: Draft, page: Page, *versions: int) -> list[Entry]:
        """Entries by version, from the page where it holds them."""
        found = self._found(draft, page, versions)
        missing = [version for version in versions if version not in found]
        if missing:
            raise CorruptSnapshot(f"log without version {missing[0]}")
        return [found[version] for version in versions]

    def known(self, draft: Draft, page: Page, *versions: int) -> list[Entry | None]:
        """Entries by version, as a client names them; None for one that this draft has not had.

        After a restore of the table (`recovery`) there are no entries between two versions of a log.
        """
        head = page.head
        if head is None:
            return [None] * len(versions)
        inside = [version for version in versions if head.position.first <= version <= head.version]
        found = self._found(draft, page, inside)
        had = {version: entry for version, entry in found.items() if entry.operation is not Operation.VOID}
        return [had.get(version) for version in versions]

    def _found(self, draft: Draft, page: Page, versions: Sequence[int]) -> dict[int, Entry]:
        """Entries by version, from the page where it holds them; one that is missing is left out."""
        held = {entry.version: entry for entry in page.entries if entry.version in versions}
        return held | self.log.entries(draft, [version for version in versions if version not in held])

    def state(self, draft: Draft, page: Page, text: bytes, current: Entry | None = None) -> State:
        """What is answered; `current` is the content entry at the cursor, where it is known. Then nothing is read."""
        head = living(page)
        history = tuple(entry for entry in page.entries if entry.is_content)[:PAGE_ENTRIES]
        if not history:
            # Twenty moves in a row: the page holds no content entry, and the current one stands for the history.
            history = (current,) if current else tuple(self.entries(draft, page, head.position.cursor))
        return State(draft, head, text, history)


def owner_of(draft: Draft) -> Owner:
    """Whose operation keys a draft's requests use."""
    return Owner(draft.kind, draft.tenant, draft.user)


def living(page: Page) -> Entry:
    """The head of a draft that is there.

    Raises: NotFound
    """
    if page.head is None:
        raise NotFound
    return page.head
