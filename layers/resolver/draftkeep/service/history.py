"""The history of a draft: list it, read one content, find the one of a time, compare two, pin and label, restore."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from draftkeep.errors import Contended, DraftDiscarded, NotFound, UnknownEntry
from draftkeep.model import Author, Draft, Entry, Operation, Page
from draftkeep.operations import Claim, Claimed, Record, claimed
from draftkeep.preconditions import Precondition, Verdict, judge_move
from draftkeep.service.conflicts import raise_unless_proceeding
from draftkeep.service.keyed import Earlier, raise_if_done
from draftkeep.service.states import Outcome, Written
from draftkeep.service.writing import Step, Writing, living, owner_of
from draftkeep.store import Collided, Refused

# One read takes this many records, moves among them; one request reads at most this often.
_READ_RECORDS = 100
_READS = 5
# A search by time asks for this many entries at once: a thousand saves in three reads, a million in five.
_PROBES = 15


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Content entries, newest first.

    cursor: the entry whose content is current; next: continue before this version, None at the end
    """

    entries: tuple[Entry, ...]
    cursor: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Annotated:
    """A content entry with its pin and label."""

    entry: Entry
    cursor: int
    replayed: bool = False


@dataclass(frozen=True)
class History:
    """The use cases on the history of drafts over one log."""

    writing: Writing

    def page(self, draft: Draft, limit: int, before: int | None) -> HistoryPage:
        """List content entries, of abandoned branches too.

        before: only older ones than this version; limit: 1 to 100
        Raises: NotFound
        Cost: 1 query for the head, and 1 per 100 records or per twice the limit, moves included; at most 6 in all, so
            after many moves a page may be short, or empty, and yet have a next one
        """
        head = living(self.writing.log.read(draft, limit=1))
        first, upto = head.position.first, head.version if before is None else min(head.version, before - 1)
        found: list[Entry] = []
        for _ in range(_READS):
            records = self.writing.log.records(draft, min(_READ_RECORDS, limit * 2), upto, first)
            for entry in records:
                upto = entry.version - 1
                if entry.is_content:
                    found.append(entry)
                if len(found) == limit:
                    break
            if len(found) == limit or upto < first or not records:
                break
        return HistoryPage(tuple(found), head.position.cursor, upto + 1 if upto >= first else None)

    def at(self, draft: Draft, time_ms: int) -> HistoryPage:
        """The content entry that was current at a time, none before the draft began.

        time_ms: epoch milliseconds; of entries with the same time the newest counts
        Raises: NotFound
        Cost: 1 query, then batch reads of 15 entries each, as many as the 16-logarithm of the versions, and one more
        """
        page = self.writing.log.read(draft)
        head = living(page)
        version = self._version_at(draft, page, head, time_ms)
        if version is None:
            return HistoryPage((), head.position.cursor, None)
        (entry,) = self.writing.entries(draft, page, version)
        (current,) = [entry] if entry.is_content else self.writing.entries(draft, page, entry.position.cursor)
        return HistoryPage((current,), head.position.cursor, None)

    def _version_at(self, draft: Draft, page: Page, head: Entry, time_ms: int) -> int | None:
        """The newest version that is not younger than a time: times in a log never run backwards."""
        if head.created_at_ms <= time_ms:
            return head.version
        # Wanted is in [low, high); `low` is one before the first while none is known to be old enough.
        low, high = head.position.first - 1, head.version
        while high - low > 1:
            step = -(-(high - low) // (_PROBES + 1))
            probes = list(range(low + step, high, step))
            read = [entry for entry in self.writing.known(draft, page, *probes) if entry]
            if len(read) < len(probes):
                low = self._halved(draft, low, high, time_ms)
                break
            old_enough = bisect_right([entry.created_at_ms for entry in read], time_ms)
            if old_enough < len(probes):
                high = probes[old_enough]
            low = probes[old_enough - 1] if old_enough else low
        return low if low >= head.position.first else None

    def _halved(self, draft: Draft, low: int, high: int, time_ms: int) -> int:
        """The same between two bounds among whose versions some have no entry: what is newest below each is asked for.

        Cost: 1 query for each halving, 37 at most
        """
        found = low
        while high - low > 1:
            middle = (low + high) // 2
            entry = living(self.writing.log.read(draft, limit=1, upto=middle))
            if entry.created_at_ms > time_ms:
                high = entry.version
            else:
                low, found = middle, entry.version
        return found

    def read(self, draft: Draft, seq_no: int) -> tuple[Entry, bytes]:
        """Read one content entry with its content.

        Raises: NotFound (no such entry, or a move's number)
        Cost: 1 query, 1 batch read where the entry is not among the newest, 1 for a keyframe that is not cached
        """
        page = self.writing.log.read(draft)
        entry = self._content_entry(draft, page, seq_no)
        return entry, self.writing.log.content(draft, entry)

    def contents(self, draft: Draft, from_version: int, to_version: int | None) -> tuple[Entry, Entry, bytes, bytes]:
        """Two contents to be compared: those that were current after two versions.

        to_version: None for the newest
        Raises: NotFound
        Cost: 1 query, at most 1 batch read of entries and 2 of keyframes
        """
        page = self.writing.log.read(draft)
        head = living(page)
        one, other = self.writing.known(draft, page, from_version, head.version if to_version is None else to_version)
        if one is None or other is None:
            raise NotFound
        return one, other, self.writing.log.content(draft, one), self.writing.log.content(draft, other)

    def annotate(
        self, draft: Draft, seq_no: int, *, pinned: bool | None, label: str | None, claim: Claim | None = None
    ) -> Annotated:
        """Pin or label a content entry; no new version.

        pinned, label: None leaves it; an empty label takes it away
        Raises: NotFound, OperationKeyReused
        Cost: 1 query and 1 conditional update, which cannot make an item; with a claim 1 transaction of two writes
        """
        if claim is None:
            return self._annotate(draft, seq_no, None, None, pinned=pinned, label=label)

        def run(earlier: Earlier) -> Annotated:
            return self._annotate(draft, seq_no, claim, earlier, pinned=pinned, label=label)

        def replay(record: Record) -> Annotated:
            # As the draft was then, also when it was discarded since; its pin and label are those of now.
            page = self.writing.log.read(draft, upto=record.version)
            if page.version != record.version:
                raise DraftDiscarded
            (entry,) = self.writing.entries(draft, page, seq_no)
            return Annotated(entry, living(page).position.cursor, replayed=True)

        return self.writing.once(owner_of(draft), claim, run, replay)

    def _annotate(
        self,
        draft: Draft,
        seq_no: int,
        claim: Claim | None,
        earlier: Earlier,
        *,
        pinned: bool | None,
        label: str | None,
    ) -> Annotated:
        for page in self.writing.fresh_pages(draft):
            raise_if_done(earlier)
            entry, attempt = self._content_entry(draft, page, seq_no), self.writing.new_id()
            cursor = living(page).position.cursor
            writes = []
            if claim is not None:
                record = self.writing.record(draft, claim, attempt, Outcome.ANNOTATED, page.version)
                writes = self.writing.operations.writes_of(owner_of(draft), record)
            changed = entry._replace(
                pinned=entry.pinned if pinned is None else pinned,
                label=entry.label if label is None else label or None,
            )
            if pinned is not None or label is not None:
                writes.append(self.writing.log.annotation(draft, seq_no, pinned=pinned, label=label))
            try:
                self.writing.log.write(writes, attempt)
            except Collided:
                continue
            except Refused as refusal:
                if claim is None or refusal.index > 0:
                    raise NotFound from None
                record = claimed(refusal)
                if record.attempt != attempt:
                    raise Claimed(record) from None
            return Annotated(changed, cursor)
        raise Contended

    def restore(
        self, draft: Draft, author: Author, seq_no: int, precondition: Precondition, claim: Claim | None = None
    ) -> Written:
        """Make an older content current, also of an abandoned branch, as a new content that can be undone.

        Raises: NotFound, UnknownEntry, PreconditionRequired, VersionConflict
        Cost: 1 query and 1 conditional put; 1 batch read more when the entry is not among the newest
        """

        def decide(page: Page) -> Step:
            head = living(page)
            try:
                target = self._content_entry(draft, page, seq_no)
            except NotFound:
                raise UnknownEntry(seq_no) from None
            verdict = judge_move(precondition, page.version, keyed=claim is not None)
            # Restored before the write: an answer that cannot be given must not be committed.
            text = self.writing.log.content(draft, target)
            # As with a reset: the retry of a restore whose answer was lost carries the old version and must succeed.
            if verdict is not Verdict.REQUIRED and target.snapshot.content_hash == head.snapshot.content_hash:
                return Step(Outcome.UNCHANGED, text)
            raise_unless_proceeding(self.writing, verdict, draft, page, precondition)
            position = head.position.advanced(page.last_version + 1)
            entry = self.writing.next_entry(
                page,
                Operation.RESTORE,
                author,
                position,
                target.snapshot,
                target.name,
                key=claim.key if claim else None,
            )
            return Step(Outcome.RESTORED, text, entry, target=target)

        return self.writing.write(draft, decide, claim)

    def _content_entry(self, draft: Draft, page: Page, seq_no: int) -> Entry:
        living(page)
        (entry,) = self.writing.known(draft, page, seq_no)
        if entry is None or not entry.is_content:
            raise NotFound
        return entry
