"""The contract of the history: list, read, find by time, compare, pin, label and restore, on every engine."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest

from agent_draft.merging import AgentTerms
from draftkeep import keys
from draftkeep.canonical import Content, canonicalise
from draftkeep.errors import (
    CorruptSnapshot,
    DraftExists,
    DraftkeepError,
    InvalidFields,
    MergeConflict,
    NotFound,
    NothingToRedo,
    NothingToUndo,
    OperationKeyReused,
    Place,
    PreconditionRequired,
    UnknownEntry,
    VersionConflict,
)
from draftkeep.merging import ABSENT
from draftkeep.model import Draft, Entry, Operation
from draftkeep.operations import Claim, Operations
from draftkeep.preconditions import Precondition
from draftkeep.service.drafts import Drafts
from draftkeep.service.history import Annotated, History, HistoryPage
from draftkeep.service.states import Outcome, Written
from draftkeep.service.writing import Writing
from draftkeep.store import Store, Write
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_content, a_draft, a_long_content, seen
from tests.suites.log import items_of
from tests.tables import new_log, new_writing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STEPS = {"save": 50, "undo": 16, "redo": 10, "restore": 10, "pin": 8, "same": 4, "discard": 2}


@dataclass
class Past:
    """One entry of the model: what it made current, and when."""

    content: bytes
    time: int
    cursor: int
    parent: int | None
    branch: int
    redo: tuple[int, ...] = ()
    pinned: bool = False
    label: str | None = None


@dataclass
class Model:
    """A draft as a plain list of everything that happened to it; an entry's place is its version less one."""

    entries: list[Past | None] = field(default_factory=list)
    first: int = 0  # 0: there is no draft

    @property
    def head(self) -> Past:
        head = self.entries[-1]
        assert head
        return head

    def past(self, version: int) -> Past:
        found = self.entries[version - 1]
        assert found
        return found

    def contents(self) -> list[int]:
        """The versions of the living draft that introduced a content."""
        living = range(self.first, len(self.entries) + 1) if self.first else range(0)
        return [version for version in living if self.past(version).cursor == version]

    def add(self, content: bytes, time: int) -> None:
        version = len(self.entries) + 1
        parent = self.head.cursor if self.first else None
        branch = version if not self.first or self.head.redo else self.head.branch
        self.first = self.first or version
        self.entries.append(Past(content, time, version, parent, branch))

    def move(self, cursor: int, redo: tuple[int, ...], time: int) -> None:
        target = self.past(cursor)
        self.entries.append(Past(target.content, time, cursor, target.parent, target.branch, redo))

    def discard(self) -> None:
        self.entries.append(None)
        self.first = 0

    def current_at(self, time: int) -> int | None:
        """The content entry that was current at a time: the list is looked through from its end."""
        for version in range(len(self.entries), self.first - 1, -1):
            if self.past(version).time <= time:
                return self.past(version).cursor
        return None


@dataclass
class Editing:
    """One draft and its model, driven by the same random steps."""

    drafts: Drafts
    history: History
    draft: Draft
    clock: list[int]
    choose: random.Random
    steps: Mapping[str, int]
    model: Model = field(default_factory=Model)
    texts: list[str] = field(default_factory=list)
    compared: int = 0

    def step(self) -> None:
        # Some entries have the same time.
        self.clock[0] += self.choose.choice((0, 0, 1, 7))
        name = self.choose.choices(list(self.steps), list(self.steps.values()))[0]
        if not self.model.first:
            name = "save"
        getattr(self, name)()

    def next_content(self) -> Content:
        """Mostly an edit of a text of some KB, so that entries differ from keyframes; at times another text."""
        kind = self.choose.random()
        if not self.texts or kind < 0.02:
            self.texts = [
                "".join(self.choose.choices("abcdefgh ", k=60)) for _ in range(self.choose.choice((1, 90, 200)))
            ]
        at = self.choose.randrange(len(self.texts))
        self.texts[at] = "".join(self.choose.choices("ijklmnop ", k=60))
        return canonicalise({"comment": "\n".join(self.texts)})

    def save(self) -> None:
        content = self.next_content()
        self.drafts.save(self.draft, AUTHOR, content, ANY_VERSION if self.model.first else NOTHING_SAID)
        self.model.add(content.text, self.clock[0])

    def same(self) -> None:
        text = self.model.head.content
        written = self.drafts.read(self.draft)
        again = self.drafts.save(self.draft, AUTHOR, Content(text, written.head.snapshot.content_hash), ANY_VERSION)
        assert again.state.head.version == len(self.model.entries)

    def undo(self) -> None:
        head = self.model.head
        if head.parent is None:
            with pytest.raises(NothingToUndo):
                self.drafts.undo(self.draft, AUTHOR, ANY_VERSION)
            return
        self.drafts.undo(self.draft, AUTHOR, ANY_VERSION)
        self.model.move(head.parent, (head.cursor, *head.redo), self.clock[0])

    def redo(self) -> None:
        head = self.model.head
        if not head.redo:
            with pytest.raises(NothingToRedo):
                self.drafts.redo(self.draft, AUTHOR, ANY_VERSION)
            return
        self.drafts.redo(self.draft, AUTHOR, ANY_VERSION)
        self.model.move(head.redo[0], head.redo[1:], self.clock[0])

    def restore(self) -> None:
        version = self.choose.choice(self.model.contents())
        self.history.restore(self.draft, AUTHOR, version, ANY_VERSION)
        if self.model.past(version).content != self.model.head.content:
            self.model.add(self.model.past(version).content, self.clock[0])

    def pin(self) -> None:
        version, pinned = self.choose.choice(self.model.contents()), self.choose.choice((True, False, None))
        label = self.choose.choice(("v1", "a longer label", "", None))
        self.history.annotate(self.draft, version, pinned=pinned, label=label)
        past = self.model.past(version)
        past.pinned = past.pinned if pinned is None else pinned
        past.label = past.label if label is None else label or None

    def discard(self) -> None:
        self.check_all(self.history)
        self.drafts.discard(self.draft, AUTHOR, ANY_VERSION)
        self.model.discard()

    def check_now(self) -> None:
        """The head, and what was current at some time."""
        if not self.model.first:
            with pytest.raises(NotFound):
                self.drafts.read(self.draft)
            return
        state = self.drafts.read(self.draft)
        assert (state.head.version, state.content) == (len(self.model.entries), self.model.head.content)
        self.check_at(self.history, self.choose.randint(self.model.past(self.model.first).time - 2, self.clock[0] + 1))

    def check_at(self, history: History, time: int) -> None:
        """What was current at a time."""
        found = history.at(self.draft, time).entries
        assert [entry.version for entry in found] == [
            version for version in [self.model.current_at(time)] if version is not None
        ]

    def check_all(self, history: History) -> None:
        """Every readable entry, by pages and one by one. history: the one that has edited, or another container's"""
        if not self.model.first:
            return
        listed: list[Entry] = []
        before: int | None = None
        while True:
            page = history.page(self.draft, 37, before)
            listed += page.entries
            assert page.cursor == self.model.head.cursor
            before = page.next
            if before is None:
                break
        assert [entry.version for entry in listed] == self.model.contents()[::-1]
        for entry in listed:
            past = self.model.past(entry.version)
            assert (entry.pinned, entry.label) == (past.pinned, past.label)
            assert (entry.position.parent, entry.position.branch) == (past.parent, past.branch)
            assert history.writing.log.content(self.draft, entry) == past.content
        self.compared += len(listed)

    def check_times(self, history: History) -> None:
        """Every moment at which something was written, and the one before it."""
        times = {past.time for past in self.model.entries[self.model.first - 1 :] if past}
        for time in sorted(times | {time - 1 for time in times}):
            self.check_at(history, time)


def editing(client: DynamoDBClient, table: str, seed: int, steps: Mapping[str, int] = STEPS) -> Editing:
    clock = [1_000_000]
    writing = new_writing(client, table, clock=lambda: clock[0])
    return Editing(Drafts(writing), History(writing), a_draft(), clock, random.Random(seed), steps)


def test_100_random_operations_agree_with_a_plain_list(client: DynamoDBClient, table: str) -> None:
    edited = editing(client, table, seed=1)

    for _ in range(100):
        edited.step()
        edited.check_now()

    edited.check_all(History(new_writing(client, table)))
    edited.check_times(edited.history)


def test_a_search_by_time_needs_few_reads(client: DynamoDBClient, table: str) -> None:
    ticks = count(1_000_000, 10)
    writing = new_writing(client, table, clock=lambda: next(ticks))
    drafts, history, draft = Drafts(writing), History(writing), a_draft()
    saved = [
        drafts.save(draft, AUTHOR, canonicalise({"comment": str(number)}), ANY_VERSION if number else NOTHING_SAID)
        for number in range(30)
    ]
    times = [one.state.head.created_at_ms for one in saved]

    found = [history.at(draft, time + 3).entries[0].version for time in times]

    assert found == list(range(1, 31))
    assert history.at(draft, times[0] - 1).entries == ()


def test_a_search_by_time_reads_as_often_as_the_16_logarithm_says(
    client: DynamoDBClient, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(1_000_000, 10)
    edited = desk(client, table, clock=lambda: next(ticks))
    edited.save(*(str(number) for number in range(255)))
    first = edited.drafts.log.entries(edited.draft, [1])[1].created_at_ms
    reads: list[int] = []
    entries = edited.drafts.log.entries

    def counted(draft: Draft, versions: Iterable[int]) -> dict[int, Entry]:
        wanted = set(versions)
        reads[-1] += bool(wanted)
        return entries(draft, wanted)

    monkeypatch.setattr(edited.drafts.log, "entries", counted)
    for number in (*range(0, 225, 45), *range(225, 235, 2)):
        reads.append(0)
        assert numbers(edited.history.at(edited.draft, first + number * 10)) == [number + 1]

    # Two to find it among 255, and one for the entry itself.
    assert max(reads) <= 3


def test_what_is_not_a_content_entry_is_not_found(client: DynamoDBClient, table: str) -> None:
    edited = editing(client, table, 1)
    edited.save()
    edited.save()
    edited.undo()

    refused: list[type[DraftkeepError]] = []
    for seq_no in (0, 3, 4):
        with pytest.raises(NotFound) as refusal:
            edited.history.read(edited.draft, seq_no)
        refused.append(type(refusal.value))
        with pytest.raises(NotFound):
            edited.history.annotate(edited.draft, seq_no, pinned=True, label=None)

    assert refused == [NotFound] * 3
    assert edited.history.read(edited.draft, 2)[1] == edited.model.past(2).content


# ---------------------------------------------------------------------------------------------------- one draft


@dataclass
class Desk:
    """One draft and what is done with it, step by step, as one container does it."""

    drafts: Drafts
    history: History
    draft: Draft

    def save(self, *contents: str | Content) -> Written:
        """Save contents one after the other, whatever is there."""
        for one in contents:
            content = one if isinstance(one, Content) else a_content(one)
            written = self.drafts.save(self.draft, AUTHOR, content, ANY_VERSION if self.exists else NOTHING_SAID)
        return written

    @property
    def exists(self) -> bool:
        return self.drafts.log.read(self.draft, limit=1).head is not None

    def undo(self, times: int = 1) -> Written:
        for _ in range(times):
            written = self.drafts.undo(self.draft, AUTHOR, ANY_VERSION)
        return written

    def redo(self) -> Written:
        return self.drafts.redo(self.draft, AUTHOR, ANY_VERSION)

    def discard(self) -> None:
        self.drafts.discard(self.draft, AUTHOR, ANY_VERSION)

    def restore(self, seq_no: int, precondition: Precondition = ANY_VERSION, claim: Claim | None = None) -> Written:
        return self.history.restore(self.draft, AUTHOR, seq_no, precondition, claim)

    def annotate(
        self, seq_no: int, *, pinned: bool | None = None, label: str | None = None, claim: Claim | None = None
    ) -> Annotated:
        return self.history.annotate(self.draft, seq_no, pinned=pinned, label=label, claim=claim)

    def pages(self, limit: int) -> list[HistoryPage]:
        """The whole history, page by page."""
        pages = [self.history.page(self.draft, limit, None)]
        while pages[-1].next is not None:
            pages.append(self.history.page(self.draft, limit, pages[-1].next))
        return pages

    def merge(
        self, content: Content, precondition: Precondition, claim: Claim | None = None, *, merges: bool = True
    ) -> Written:
        return self.drafts.save_merging(
            self.draft, AUTHOR, content, precondition, claim, terms=AgentTerms(), merges=merges
        )


def desk(client: DynamoDBClient, table: str, draft: Draft | None = None, **given: Any) -> Desk:
    """A draft, by default a new one, as a fresh container sees it."""
    writing = new_writing(client, table, **given)
    return Desk(Drafts(writing), History(writing), draft or a_draft())


def claim(about: str = "this request", key: str = "k1") -> Claim:
    return Claim(key, about.encode().hex().ljust(64, "0"))


def numbers(page: HistoryPage) -> list[int]:
    return [entry.version for entry in page.entries]


# -------------------------------------------------------------------------------------------------------- pages


def test_after_many_moves_a_page_may_be_empty_and_its_next_one_goes_on(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    for _ in range(12):
        edited.undo()
        edited.redo()
    edited.save("c")

    pages = edited.pages(1)

    # The last save, then ten records a page, 24 of them moves.
    assert [numbers(page) for page in pages] == [[27], [], [], [2], [1]]
    assert all(later.next is None or (one.next or 0) > later.next for one, later in pairwise(pages))
    assert {page.cursor for page in pages} == {27}
    assert [numbers(page) for page in edited.pages(100)] == [[27, 2, 1]]


def test_500_records_are_read_for_one_page_and_not_more(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    for _ in range(260):
        edited.undo()
        edited.redo()

    first = edited.history.page(edited.draft, 100, None)
    rest = edited.history.page(edited.draft, 100, first.next)

    assert (numbers(first), first.next) == ([], 23)
    assert (numbers(rest), rest.next) == ([2, 1], None)


@pytest.mark.parametrize(("before", "listed"), [(0, []), (1, []), (2, [1]), (3, [2, 1]), (10**14, [3, 2, 1])])
def test_a_page_holds_what_is_older_than_a_version_whether_that_is_there_or_not(
    client: DynamoDBClient, table: str, before: int, listed: list[int]
) -> None:
    edited = desk(client, table)
    edited.save("a", "b", "c")

    page = edited.history.page(edited.draft, 20, before)

    assert (numbers(page), page.next) == (listed, None)


def test_a_draft_begun_anew_has_nothing_of_the_history_before_its_discard(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    edited.discard()
    edited.save("c")
    before = items_of(client, table)

    assert [numbers(page) for page in edited.pages(1)] == [[4]]
    assert numbers(edited.history.page(edited.draft, 20, 4)) == []
    for lost in (1, 2, 3):
        with pytest.raises(NotFound):
            edited.history.read(edited.draft, lost)
        with pytest.raises(NotFound):
            edited.history.contents(edited.draft, lost, None)
        with pytest.raises(NotFound):
            edited.annotate(lost, pinned=True)
        with pytest.raises(UnknownEntry):
            edited.restore(lost)
    assert items_of(client, table) == before


def test_without_a_draft_there_is_no_history(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    asked: list[Callable[[], object]] = [
        lambda: edited.history.page(edited.draft, 20, None),
        lambda: edited.history.at(edited.draft, 1),
        lambda: edited.history.read(edited.draft, 1),
        lambda: edited.history.contents(edited.draft, 1, None),
        lambda: edited.annotate(1, pinned=True),
        lambda: edited.annotate(1, pinned=True, claim=claim()),
        lambda: edited.restore(1),
        lambda: edited.restore(1, claim=claim()),
    ]

    for one in asked:
        with pytest.raises(NotFound):
            one()

    assert items_of(client, table) == []


# ------------------------------------------------------------------------------------------------------ by time


def test_of_many_entries_of_one_time_the_newest_was_current_then(client: DynamoDBClient, table: str) -> None:
    now = [1_000]
    edited = desk(client, table, clock=lambda: now[0])
    for time in (1_000, 2_000, 3_000):
        now[0] = time
        edited.save(*(f"{time}.{number}" for number in range(40)))

    found = [numbers(edited.history.at(edited.draft, time)) for time in (999, 1_000, 1_999, 2_000, 2_999, 3_000, 9_999)]

    assert found == [[], [40], [40], [80], [80], [120], [120]]


def test_what_a_move_made_current_is_the_content_entry_that_it_moved_to(client: DynamoDBClient, table: str) -> None:
    ticks = count(10, 10)
    edited = desk(client, table, clock=lambda: next(ticks))
    edited.save("a", "b", "c")
    edited.undo(2)
    edited.redo()

    times = [edited.drafts.log.entries(edited.draft, [version])[version].created_at_ms for version in range(1, 7)]

    assert [numbers(edited.history.at(edited.draft, time)) for time in times] == [[1], [2], [3], [2], [1], [2]]
    assert edited.history.at(edited.draft, times[0]).cursor == 2


def test_a_clock_that_runs_backwards_does_not_hide_an_entry(client: DynamoDBClient, table: str) -> None:
    times = iter([1_000, 5_000, 2_000, 3_000])
    edited = desk(client, table, clock=lambda: next(times))
    edited.save("a", "b", "c", "d")

    assert [numbers(edited.history.at(edited.draft, time)) for time in (4_999, 5_000)] == [[1], [4]]


# ------------------------------------------------------------------------------------------------------ restore


def test_a_content_of_an_abandoned_branch_is_restored_as_a_new_one_that_can_be_undone(
    client: DynamoDBClient, table: str
) -> None:
    edited = desk(client, table)
    edited.save("a", "abandoned")
    edited.undo()
    edited.save("b")

    restored = edited.restore(2, seen(4))

    head = restored.state.head
    assert (restored.outcome, restored.state.content) == (Outcome.RESTORED, a_content("abandoned").text)
    assert (head.version, head.operation, head.position.cursor, head.position.parent) == (5, Operation.RESTORE, 5, 4)
    assert not head.position.can_redo
    assert [entry.version for entry in restored.state.history] == [5, 4, 2, 1]
    assert edited.drafts.read(edited.draft) == restored.state
    assert edited.undo().state.content == a_content("b").text


def test_a_restore_during_an_undo_begins_a_new_branch(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b", "c")
    edited.undo(2)

    edited.restore(3)

    with pytest.raises(NothingToRedo):
        edited.redo()
    assert edited.undo().state.content == a_content("a").text


def test_a_restore_stores_a_large_content_only_once(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(a_long_content(600_000, seed=1), a_long_content(600_000, seed=2))
    chunks = [item for item in items_of(client, table) if "chunk" in item]

    edited.restore(1)

    assert [item for item in items_of(client, table) if "chunk" in item] == chunks
    assert desk(client, table, edited.draft).drafts.read(edited.draft).content == a_long_content(600_000, seed=1).text


def test_a_restore_that_is_sent_again_after_a_lost_answer_changes_nothing(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    first = edited.restore(1, seen(2))
    before = items_of(client, table)

    again = edited.restore(1, seen(2))
    of_the_new_entry = edited.restore(3, seen(3))

    assert (again.outcome, again.state) == (Outcome.UNCHANGED, first.state)
    assert (of_the_new_entry.outcome, of_the_new_entry.state) == (Outcome.UNCHANGED, first.state)
    assert items_of(client, table) == before


def test_a_restore_must_say_which_version_it_saw_and_see_the_newest(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b", "c")
    before = items_of(client, table)

    for nothing_said in (NOTHING_SAID, Precondition(only_new=True)):
        for seq_no in (1, 3):
            with pytest.raises(PreconditionRequired):
                edited.restore(seq_no, nothing_said)
    with pytest.raises(VersionConflict) as conflict:
        edited.restore(1, seen(2))

    current = conflict.value.current
    assert (current.version, current.content, current.seen_content) == (3, a_content("c").text, a_content("b").text)
    assert items_of(client, table) == before


@pytest.mark.parametrize("seq_no", [3, 4, 10**11])
def test_a_number_of_no_content_entry_cannot_be_restored(client: DynamoDBClient, table: str, seq_no: int) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    edited.undo()
    before = items_of(client, table)

    with pytest.raises(UnknownEntry) as unknown:
        edited.restore(seq_no, claim=claim())

    assert unknown.value.seq_no == seq_no
    assert items_of(client, table) == before


def test_a_restore_with_an_operation_key_is_done_once(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")

    first = edited.restore(1, NOTHING_SAID, claim())
    again = edited.restore(1, seen(2), claim())
    edited.save("c")
    later = edited.restore(1, NOTHING_SAID, claim())

    assert (first.outcome, first.replayed, first.state.head.version) == (Outcome.RESTORED, False, 3)
    assert [(one.state, one.outcome, one.replayed) for one in (again, later)] == [
        (first.state, Outcome.RESTORED, True)
    ] * 2
    assert edited.drafts.read(edited.draft).head.version == 4
    with pytest.raises(OperationKeyReused):
        edited.restore(2, ANY_VERSION, claim("another request"))


def test_a_restore_that_changed_nothing_is_recorded_with_its_key_too(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    first = edited.restore(2, ANY_VERSION, claim())
    edited.save("c")

    again = edited.restore(2, ANY_VERSION, claim())

    assert (first.outcome, again.outcome, again.replayed) == (Outcome.UNCHANGED, Outcome.UNCHANGED, True)
    assert again.state == first.state
    assert edited.drafts.read(edited.draft).content == a_content("c").text


def test_of_eight_restores_with_one_version_one_wins(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(*(f"content {number}" for number in range(9)))

    def restoring(seq_no: int) -> Callable[[], int | None]:
        mine = desk(client, table, edited.draft)

        def run() -> int | None:
            try:
                return mine.restore(seq_no, seen(9)).state.head.version
            except VersionConflict:
                return None

        return run

    won = race([restoring(seq_no) for seq_no in range(1, 9)])

    assert sorted(one for one in won if one) == [10]
    (winner,) = [seq_no for seq_no, one in enumerate(won, 1) if one]
    assert edited.drafts.read(edited.draft).content == a_content(f"content {winner - 1}").text


# ----------------------------------------------------------------------------------------------- pins and labels


def test_a_pin_and_a_label_are_seen_wherever_the_entry_is(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")

    done = edited.annotate(1, pinned=True, label="Entwurf für Łódź \U0001f600")

    fresh = desk(client, table, edited.draft)
    state = fresh.drafts.read(edited.draft)
    assert (done.entry.pinned, done.entry.label, done.cursor, done.replayed) == (
        *(True, "Entwurf für Łódź \U0001f600"),
        *(2, False),
    )
    assert fresh.history.read(edited.draft, 1) == (done.entry, a_content("a").text)
    assert [(one.version, one.pinned, one.label) for one in state.history] == [
        (2, False, None),
        (1, True, done.entry.label),
    ]
    assert fresh.history.page(edited.draft, 20, None).entries == state.history


def test_what_is_not_said_of_a_pin_or_label_stays(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a")
    shown = []

    for pinned, label in [(True, None), (None, "x"), (False, None), (None, None), (None, ""), (None, "")]:
        entry = edited.annotate(1, pinned=pinned, label=label).entry
        shown.append((entry.pinned, entry.label))
        assert edited.history.read(edited.draft, 1)[0] == entry

    assert shown == [(True, None), (True, "x"), (False, "x"), (False, "x"), (False, None), (False, None)]


def test_a_pin_and_a_label_change_nothing_else(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    before = items_of(client, table)

    edited.annotate(2, pinned=True, label="x")
    annotated = items_of(client, table)
    edited.annotate(2, pinned=False, label="")

    gained = [item for item in annotated if item not in before]
    assert [(item["pin"], item["label"]) for item in gained] == [({"BOOL": True}, {"S": "x"})]
    assert items_of(client, table) == before
    assert edited.drafts.read(edited.draft).head.version == 2


def test_moves_and_restores_do_not_take_pins_and_labels_along(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    edited.annotate(1, pinned=True, label="x")

    undone, restored = edited.undo(), edited.restore(2)

    for written in (undone, restored):
        assert (written.state.head.pinned, written.state.head.label) == (False, None)
        assert [one.version for one in written.state.history if one.pinned] == [1]


def test_a_pin_and_a_label_that_come_at_once_both_stay(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a")

    for number in range(20):
        edited.annotate(1, pinned=False, label="")
        pinning, labelling = desk(client, table, edited.draft), desk(client, table, edited.draft)
        label = f"label {number}"

        race([partial(pinning.annotate, 1, pinned=True), partial(labelling.annotate, 1, label=label)])

        entry, _ = edited.history.read(edited.draft, 1)
        assert (entry.pinned, entry.label) == (True, label)


def test_an_entry_is_annotated_while_the_draft_is_saved(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")

    def saving() -> None:
        mine = desk(client, table, edited.draft)
        for number in range(10):
            mine.save(f"save {number}")

    def annotating() -> None:
        mine = desk(client, table, edited.draft)
        for number in range(10):
            mine.annotate(2, pinned=True, label=str(number), claim=claim(key=f"k{number}"))

    race([saving, annotating])

    assert [numbers(page) for page in edited.pages(100)] == [list(range(12, 0, -1))]
    assert edited.history.read(edited.draft, 2)[0].label == "9"


def test_an_annotation_with_an_operation_key_is_done_once(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a")
    first = edited.annotate(1, pinned=True, label="first", claim=claim())
    edited.annotate(1, label="second")
    before = items_of(client, table)

    again = edited.annotate(1, pinned=True, label="first", claim=claim())

    # A replay shows pins and labels as they are now: they are no part of what was done.
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.entry.pinned, again.entry.label) == (True, "second")
    assert items_of(client, table) == before
    with pytest.raises(OperationKeyReused):
        edited.annotate(1, label="third", claim=claim("another request"))


def test_an_annotation_that_is_answered_again_tells_what_was_current_then(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    first = edited.annotate(2, pinned=True, claim=claim())
    edited.save("c")

    again = edited.annotate(2, pinned=True, claim=claim())

    assert (again.entry, again.cursor, again.replayed) == (first.entry, first.cursor, True)


@pytest.mark.parametrize("begun_anew", [False, True])
def test_an_annotation_is_answered_again_after_the_discard_of_its_draft(
    client: DynamoDBClient, table: str, begun_anew: bool
) -> None:
    edited = desk(client, table)
    edited.save("a")
    first = edited.annotate(1, pinned=True, claim=claim())
    edited.discard()
    if begun_anew:
        edited.save("b")

    again = edited.annotate(1, pinned=True, claim=claim())

    assert (again.entry, again.replayed) == (first.entry, True)


def test_one_keyed_annotation_sent_by_eight_at_once_is_done_once(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("a")

    def annotating() -> Callable[[], Annotated]:
        mine = desk(client, table, edited.draft)
        return lambda: mine.annotate(1, label="x", claim=claim())

    answers = race([annotating() for _ in range(8)])

    assert sorted(one.replayed for one in answers) == [False] + [True] * 7
    assert {(one.entry.label, one.cursor) for one in answers} == {("x", 1)}


@pytest.mark.parametrize("keyed", [False, True])
def test_a_discarded_drafts_entry_is_not_annotated_and_nothing_is_stored(
    client: DynamoDBClient, table: str, keyed: bool
) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    edited.discard()
    before = items_of(client, table)

    for seq_no in (1, 2, 3, 4):
        with pytest.raises(NotFound):
            edited.annotate(seq_no, pinned=True, label="x", claim=claim() if keyed else None)

    assert items_of(client, table) == before


@pytest.mark.parametrize("keyed", [False, True])
def test_an_entry_that_goes_while_it_is_annotated_is_not_made_again(
    client: DynamoDBClient, table: str, keyed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = desk(client, table)
    edited.save("a", "b")
    key: Any = {"pk": {"S": keys.log_key(edited.draft)}, "sk": {"S": keys.version_key(1)}}
    log = new_log(client, table)
    write = log.write

    def swept_before(writes: Sequence[Write], attempt: str) -> None:
        client.delete_item(TableName=table, Key=key)
        write(writes, attempt)

    monkeypatch.setattr(log, "write", swept_before)
    history = History(Writing(log, Operations(Store(client, table))))
    left = [item for item in items_of(client, table) if item["sk"] != key["sk"]]

    with pytest.raises(NotFound):
        history.annotate(edited.draft, 1, pinned=True, label="x", claim=claim() if keyed else None)

    assert items_of(client, table) == left


# ----------------------------------------------------------------------------------------------------- contents


def test_contents_are_compared_across_keyframes_moves_and_branches(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    contents = [a_long_content(400_000, seed=1), a_long_content(400_000, seed=2), a_content("small")]
    edited.save(*contents)
    edited.undo(2)
    edited.save("branch")
    fresh = desk(client, table, edited.draft).history
    texts = [one.text for one in (*contents, contents[1], contents[0], a_content("branch"))]
    keyframes = {
        item["pk"]["S"] + item["sk"]["S"].rsplit("#", 1)[0] for item in items_of(client, table) if "chunk" in item
    }

    for start in range(1, 7):
        for end in (*range(1, 7), None):
            one, other, before, after = fresh.contents(edited.draft, start, end)

            assert (one.version, other.version) == (start, end or 6)
            assert (before, after) == (texts[start - 1], texts[(end or 6) - 1])
    assert len(keyframes) == 2


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 0), (3, 1), (1, 3), (10**14, None)])
def test_a_version_that_the_draft_never_had_cannot_be_compared(
    client: DynamoDBClient, table: str, start: int, end: int | None
) -> None:
    edited = desk(client, table)
    edited.save("a", "b")

    with pytest.raises(NotFound):
        edited.history.contents(edited.draft, start, end)


def spoil_missing(client: DynamoDBClient, table: str, chunk: dict[str, Any]) -> None:
    client.delete_item(TableName=table, Key={"pk": chunk["pk"], "sk": chunk["sk"]})


def spoil_corrupt(client: DynamoDBClient, table: str, chunk: dict[str, Any]) -> None:
    """Another keyframe's bytes: they decompress, and are not the content."""
    other = desk(client, table)
    other.save(a_long_content(300_000, seed=9))
    (theirs,) = [
        item
        for item in items_of(client, table)
        if "chunk" in item and item["pk"]["S"] == keys.keyframes_key(other.draft)
    ]
    client.put_item(TableName=table, Item=chunk | {"chunk": theirs["chunk"]})


@pytest.mark.parametrize("spoil", [spoil_missing, spoil_corrupt])
def test_a_keyframe_that_is_missing_or_wrong_is_an_error_and_never_a_wrong_content(
    client: DynamoDBClient, table: str, spoil: Callable[[DynamoDBClient, str, dict[str, Any]], None]
) -> None:
    edited = desk(client, table)
    long = a_long_content(300_000, seed=1)
    edited.save("small", long, canonicalise(json.loads(long.text) | {"slots": []}))
    (chunk,) = [item for item in items_of(client, table) if "chunk" in item]
    spoil(client, table, chunk)
    before = items_of(client, table)
    fresh = desk(client, table, edited.draft)

    for spoilt in (2, 3):
        asked: list[Callable[[], object]] = [
            partial(fresh.history.read, edited.draft, spoilt),
            partial(fresh.history.contents, edited.draft, spoilt, 1),
            partial(fresh.history.contents, edited.draft, 1, spoilt),
            partial(fresh.restore, spoilt, claim=claim()),
        ]
        for one in asked:
            with pytest.raises(CorruptSnapshot):
                one()

    assert items_of(client, table) == before
    assert numbers(fresh.history.page(edited.draft, 20, None)) == [3, 2, 1]
    # What does not need the keyframe can still be read, and made current again.
    assert fresh.history.read(edited.draft, 1)[1] == fresh.restore(1).state.content == a_content("small").text


# ------------------------------------------------------------------------------------------------------- merges


def test_disjoint_changes_are_merged_into_what_is_there(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(a_content("base"), a_content("theirs", assets=[{"id": "1"}]))

    written = edited.merge(a_content("base", slots=[{"name": "clerk"}]), seen(1))

    merged = a_content("theirs", assets=[{"id": "1"}], slots=[{"name": "clerk"}])
    head = written.state.head
    assert (written.outcome, written.state.content) == (Outcome.MERGED, merged.text)
    assert (head.version, head.operation, head.position.cursor, head.position.parent) == (3, Operation.SAVE, 3, 2)
    assert edited.drafts.read(edited.draft) == written.state
    assert edited.undo().state.content == a_content("theirs", assets=[{"id": "1"}]).text


def test_steps_are_merged_by_their_ids(client: DynamoDBClient, table: str) -> None:
    def flow(*steps: dict[str, Any]) -> Content:
        return canonicalise({"flow": {"steps": list(steps)}})

    a, b, c = ({"id": one, "prompt": one} for one in "abc")
    edited = desk(client, table)
    edited.save(flow(a, b), flow(c, a, b))

    written = edited.merge(flow(a, b | {"prompt": "edited"}), seen(1))

    assert written.state.content == flow(c, a, b | {"prompt": "edited"}).text


def test_changes_of_the_same_place_are_told_with_all_three_values(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(a_content("base", assets=[]), a_content("theirs", slots=[{"name": "boss"}]))
    before = items_of(client, table)

    with pytest.raises(MergeConflict) as conflict:
        edited.merge(a_content("mine", assets=[{"id": "1"}]), seen(1))

    told = conflict.value
    assert (told.base_version, told.current.version, told.current.disjoint) == (1, 2, False)
    assert told.current.content == a_content("theirs", slots=[{"name": "boss"}]).text
    assert sorted(told.places, key=lambda place: place.name) == [
        Place("/assets", [], [{"id": "1"}], ABSENT),
        Place("/comment", "base", "mine", "theirs"),
    ]
    assert items_of(client, table) == before


@pytest.mark.parametrize(
    ("mine", "disjoint"),
    [
        (a_content("base", slots=[]), True),
        (a_content("mine"), False),
        (a_content("mine", slots=[]), False),
    ],
)
def test_a_version_conflict_tells_whether_the_changes_are_disjoint(
    client: DynamoDBClient, table: str, mine: Content, disjoint: bool
) -> None:
    edited = desk(client, table)
    edited.save("base", "theirs")
    before = items_of(client, table)

    with pytest.raises(VersionConflict) as conflict:
        edited.merge(mine, seen(1), merges=False)

    current = conflict.value.current
    assert (current.version, current.disjoint) == (2, disjoint)
    assert (current.content, current.seen_content) == (a_content("theirs").text, a_content("base").text)
    assert items_of(client, table) == before


UNKNOWN_VERSIONS = {
    "before the discard": seen(1),
    "the tombstone": seen(2),
    "none": seen(0),
    "a future one": seen(99),
    "a list": Precondition(versions=frozenset({97, 98}), is_list=True),
    "no number": Precondition(versions=frozenset()),
}


@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize("unknown", UNKNOWN_VERSIONS.values(), ids=UNKNOWN_VERSIONS)
def test_from_a_version_that_is_not_known_nothing_can_be_merged(
    client: DynamoDBClient, table: str, unknown: Precondition, merges: bool
) -> None:
    edited = desk(client, table)
    edited.save("discarded")
    edited.discard()
    edited.save("base", "theirs")
    before = items_of(client, table)

    with pytest.raises(VersionConflict) as conflict:
        edited.merge(a_content("base", slots=[]), unknown, merges=merges)

    current = conflict.value.current
    assert (current.version, current.disjoint, current.seen_content) == (4, None, None)
    assert items_of(client, table) == before


@pytest.mark.parametrize("merges", [False, True])
def test_without_a_stale_version_a_save_is_as_ever(client: DynamoDBClient, table: str, merges: bool) -> None:
    edited = desk(client, table)
    with pytest.raises(VersionConflict) as no_draft:
        edited.merge(a_content("a"), seen(1), merges=merges)
    created = edited.merge(a_content("a"), seen(0), merges=merges)
    saved = edited.merge(a_content("b"), seen(1), merges=merges)
    overwritten = edited.merge(a_content("c"), ANY_VERSION, merges=merges)
    with pytest.raises(PreconditionRequired):
        edited.merge(a_content("d"), NOTHING_SAID, merges=merges)
    with pytest.raises(DraftExists):
        edited.merge(a_content("d"), Precondition(only_new=True), merges=merges)
    again = edited.merge(a_content("c"), seen(2), merges=merges)

    assert (no_draft.value.current.version, no_draft.value.current.disjoint) == (0, None)
    outcomes = [(one.outcome, one.state.head.version) for one in (created, saved, overwritten, again)]
    assert outcomes == [
        (Outcome.CREATED, 1),
        (Outcome.SAVED, 2),
        (Outcome.SAVED, 3),
        (Outcome.UNCHANGED, 3),
    ]


def test_changes_that_are_there_already_add_no_entry(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(a_content("base"), a_content("changed", slots=[]))

    written = edited.merge(a_content("changed"), seen(1))

    assert (written.outcome, written.state.head.version) == (Outcome.UNCHANGED, 2)
    assert written.state.content == a_content("changed", slots=[]).text


def test_the_base_itself_changes_nothing(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("base", "theirs")

    written = edited.merge(a_content("base"), seen(1))

    assert (written.outcome, written.state.content) == (Outcome.UNCHANGED, a_content("theirs").text)


def test_what_was_undone_since_is_merged_with_the_content_that_is_current(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("base", "theirs")
    edited.undo()

    from_the_base = edited.merge(a_content("base", slots=[]), seen(1))
    from_the_undone = edited.merge(a_content("theirs", assets=[]), seen(2))

    assert (from_the_base.outcome, from_the_base.state.content) == (Outcome.MERGED, a_content("base", slots=[]).text)
    assert from_the_undone.state.content == a_content("base", slots=[], assets=[]).text


def test_a_merge_that_leaves_an_approval_without_its_slot_is_refused(client: DynamoDBClient, table: str) -> None:
    def agent(slots: list[str], **step: Any) -> Content:
        return canonicalise({"slots": [{"name": one} for one in slots], "flow": {"steps": [{"id": "a", **step}]}})

    edited = desk(client, table)
    edited.save(agent(["boss", "clerk"]), agent(["clerk"]))
    mine = agent(["boss", "clerk"], humanApproval={"slotName": "boss"})
    before = items_of(client, table)

    with pytest.raises(InvalidFields) as refusal:
        edited.merge(mine, seen(1))
    with pytest.raises(VersionConflict) as conflict:
        edited.merge(mine, seen(1), merges=False)

    problems = [(problem.pointer, problem.code) for problem in refusal.value.problems]
    assert problems == [("/flow/steps/0/humanApproval/slotName", "unknown_slot")]
    assert conflict.value.current.disjoint is False
    assert items_of(client, table) == before


def test_a_merge_with_an_operation_key_is_done_once(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("base", "theirs")
    mine = a_content("base", slots=[])
    first = edited.merge(mine, seen(1), claim())
    edited.save("later")

    again = edited.merge(mine, seen(1), claim())

    assert (first.outcome, first.replayed) == (Outcome.MERGED, False)
    assert (again.outcome, again.replayed, again.state) == (Outcome.MERGED, True, first.state)
    assert edited.drafts.read(edited.draft).head.version == 4
    with pytest.raises(OperationKeyReused):
        edited.merge(a_content("other"), seen(1), claim("another request"))


def test_a_refused_merge_leaves_its_key_free(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save("base", "theirs")
    with pytest.raises(MergeConflict):
        edited.merge(a_content("mine"), seen(1), claim())

    written = edited.merge(a_content("mine"), seen(2), claim())

    assert (written.outcome, written.replayed) == (Outcome.SAVED, False)


def test_eight_who_merge_at_once_lose_nothing(client: DynamoDBClient, table: str) -> None:
    edited = desk(client, table)
    edited.save(a_content("base", slots=[]))

    def merging(number: int) -> Callable[[], Written]:
        mine = desk(client, table, edited.draft)
        return lambda: mine.merge(a_content("base", slots=[{"name": f"slot {number}"}]), seen(1))

    race([merging(number) for number in range(8)])

    state = edited.drafts.read(edited.draft)
    assert {slot["name"] for slot in json.loads(state.content)["slots"]} == {f"slot {number}" for number in range(8)}
    assert state.head.version == 9


def race(runners: list[Callable[[], Any]]) -> list[Any]:
    """Run all of them at once; what each answered, in their order."""
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], Any]) -> Any:
        start.wait()
        return runner()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))
