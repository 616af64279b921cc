"""The contract of the use cases: saves, moves, conflicts and history, on every engine."""

from __future__ import annotations

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep.canonical import canonicalise
from draftkeep.errors import DraftkeepError, NotFound, NothingToRedo, NothingToUndo, VersionConflict
from draftkeep.service.drafts import Drafts
from draftkeep.service.states import Outcome, Written
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_content, a_draft, a_long_content, seen
from tests.tables import new_drafts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def comment_of(written: Written) -> str:
    return str(json.loads(written.state.content)["comment"])


def test_undo_and_redo_walk_the_branch_and_a_save_begins_a_new_one(drafts: Drafts) -> None:
    draft = a_draft()
    for number, text in enumerate("abc"):
        drafts.save(draft, AUTHOR, a_content(text), seen(number))

    undone = [drafts.undo(draft, AUTHOR, ANY_VERSION) for _ in range(2)]
    redone = drafts.redo(draft, AUTHOR, ANY_VERSION)
    branched = drafts.save(draft, AUTHOR, a_content("d"), seen(6))
    back = drafts.undo(draft, AUTHOR, seen(7))

    assert [comment_of(one) for one in (*undone, redone, branched, back)] == ["b", "a", "b", "d", "b"]
    assert (branched.state.head.position.can_redo, back.state.head.position.can_redo) == (False, True)
    drafts.save(draft, AUTHOR, a_content("e"), seen(8))
    with pytest.raises(NothingToRedo):
        drafts.redo(draft, AUTHOR, ANY_VERSION)


def test_an_identical_save_after_an_undo_changes_nothing_so_redo_stays_possible(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content("a"), NOTHING_SAID)
    drafts.save(draft, AUTHOR, a_content("b"), seen(1))
    drafts.undo(draft, AUTHOR, seen(2))

    same = drafts.save(draft, AUTHOR, a_content("a"), seen(1))
    redone = drafts.redo(draft, AUTHOR, seen(3))

    assert (same.outcome, same.state.head.version) == (Outcome.UNCHANGED, 3)
    assert comment_of(redone) == "b"


def test_reset_appends_the_first_content_and_can_be_undone(drafts: Drafts) -> None:
    draft = a_draft()
    for number, text in enumerate("abc"):
        drafts.save(draft, AUTHOR, a_content(text), seen(number))

    reset = drafts.reset(draft, AUTHOR, seen(3))
    again = drafts.reset(draft, AUTHOR, seen(4))
    undone = drafts.undo(draft, AUTHOR, seen(4))

    assert (comment_of(reset), reset.state.head.position.cursor) == ("a", 4)
    assert (again.outcome, again.state.head.version) == (Outcome.UNCHANGED, 4)
    assert comment_of(undone) == "c"


def test_the_retry_of_a_reset_whose_answer_was_lost_succeeds(drafts: Drafts) -> None:
    draft = a_draft()
    for number, text in enumerate("ab"):
        drafts.save(draft, AUTHOR, a_content(text), seen(number))
    drafts.reset(draft, AUTHOR, seen(2))

    again = drafts.reset(draft, AUTHOR, seen(2))

    assert (again.outcome, again.state.head.version) == (Outcome.UNCHANGED, 3)


def test_moves_at_the_ends_are_refused_with_the_current_version(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID)

    with pytest.raises(NothingToUndo) as undo:
        drafts.undo(draft, AUTHOR, seen(1))
    with pytest.raises(NothingToRedo) as redo:
        drafts.redo(draft, AUTHOR, seen(1))

    assert undo.value.current_version == redo.value.current_version == 1


def test_after_200_moves_the_answers_are_right_and_the_history_is_not_empty(drafts: Drafts) -> None:
    draft = a_draft()
    contents = [a_long_content(30_000, seed) for seed in range(3)]
    for number, content in enumerate(contents):
        drafts.save(draft, AUTHOR, content, seen(number))

    for _ in range(50):
        for move, expected in ((drafts.undo, 1), (drafts.undo, 0), (drafts.redo, 1), (drafts.redo, 2)):
            moved = move(draft, AUTHOR, ANY_VERSION)
            assert moved.state.content == contents[expected].text
    read = drafts.read(draft)

    assert read.head.version == 203
    assert [entry.version for entry in read.history] == [3]
    assert read.content == contents[2].text


def test_undo_reaches_back_beyond_the_newest_page(drafts: Drafts) -> None:
    draft = a_draft()
    for number in range(50):
        drafts.save(draft, AUTHOR, a_content(str(number)), seen(number))

    undone = [comment_of(drafts.undo(draft, AUTHOR, ANY_VERSION)) for _ in range(49)]
    redone = [comment_of(drafts.redo(draft, AUTHOR, ANY_VERSION)) for _ in range(49)]

    assert undone == [str(number) for number in range(48, -1, -1)]
    assert redone == [str(number) for number in range(1, 50)]


def test_a_conflict_carries_the_current_content_and_the_one_that_the_caller_saw(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, canonicalise({"comment": "a", "assets": [{"id": "1"}]}), NOTHING_SAID)
    drafts.save(draft, AUTHOR, canonicalise({"comment": "b", "assets": [{"id": "2"}]}), seen(1))

    with pytest.raises(VersionConflict) as caught:
        drafts.save(draft, AUTHOR, a_content("c"), seen(1))

    current = caught.value.current
    assert (current.version, current.updated_by, current.actor, current.operation) == (2, "ann", "console", "save")
    assert json.loads(current.seen_content or b"") == {"comment": "a", "assets": [{"id": "1"}]}
    assert json.loads(current.content or b"") == {"comment": "b", "assets": [{"id": "2"}]}


@pytest.mark.parametrize("version", [0, 9, 77])
def test_a_conflict_with_an_unknown_version_carries_no_content_that_was_seen(drafts: Drafts, version: int) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content("gone"), NOTHING_SAID)
    drafts.discard(draft, AUTHOR, NOTHING_SAID)
    drafts.save(draft, AUTHOR, a_content("a"), NOTHING_SAID)

    with pytest.raises(VersionConflict) as caught:
        drafts.save(draft, AUTHOR, a_content("b"), seen(version))

    assert (caught.value.current.version, caught.value.current.seen_content) == (3, None)


def test_an_old_version_never_matches_a_draft_that_was_begun_anew(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)
    drafts.discard(draft, AUTHOR, NOTHING_SAID)
    begun = drafts.save(draft, AUTHOR, a_content("2"), seen(0))

    with pytest.raises(VersionConflict):
        drafts.save(draft, AUTHOR, a_content("3"), seen(1))

    assert begun.state.head.version == 3
    assert [entry.version for entry in begun.state.history] == [3]


def test_discard_of_nothing_is_nothing_and_a_stale_one_is_refused(drafts: Drafts) -> None:
    draft = a_draft()
    nothing = drafts.discard(draft, AUTHOR, seen(5))
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with pytest.raises(VersionConflict):
        drafts.discard(draft, AUTHOR, seen(5))

    assert nothing.version is None
    assert drafts.read(draft).head.version == 1


def test_times_of_a_log_do_not_run_backwards_when_the_clock_does(client: DynamoDBClient, table: str) -> None:
    times = iter([5000, 1000, 1000, 9000])
    drafts = new_drafts(client, table, clock=lambda: next(times))
    draft = a_draft()

    written = [drafts.save(draft, AUTHOR, a_content(str(number)), seen(number)) for number in range(4)]

    assert [one.state.head.created_at_ms for one in written] == [5000, 5000, 5000, 9000]


def test_of_16_savers_with_one_version_one_wins_and_the_others_see_its_content(
    client: DynamoDBClient, table: str
) -> None:
    draft = a_draft()
    new_drafts(client, table).save(draft, AUTHOR, a_content("base"), NOTHING_SAID)
    start = threading.Barrier(16)

    def run(number: int) -> Written | VersionConflict:
        drafts = new_drafts(client, table)
        start.wait()
        try:
            return drafts.save(draft, AUTHOR, a_content(f"racer {number}"), seen(1))
        except VersionConflict as conflict:
            return conflict

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(run, range(16)))

    (winner,) = [answer for answer in answers if isinstance(answer, Written)]
    assert all(
        answer.current.content == winner.state.content for answer in answers if isinstance(answer, VersionConflict)
    )


def test_writers_who_overwrite_deliberately_all_succeed_without_a_gap(client: DynamoDBClient, table: str) -> None:
    draft = a_draft()
    new_drafts(client, table).save(draft, AUTHOR, a_content("base"), NOTHING_SAID)

    def run(number: int) -> int:
        drafts = new_drafts(client, table)
        return drafts.save(draft, AUTHOR, a_content(f"writer {number}"), ANY_VERSION).state.head.version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(run, range(24)))

    assert sorted(versions) == list(range(2, 26))


@dataclass
class _Model:
    """A draft as a list of contents, a branch, and a stack: what the log must agree with."""

    version: int = 0
    first: str = ""
    branch: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    def save(self, text: str) -> bool:
        if self.branch and self.branch[-1] == text:
            return False
        self.first = self.first if self.branch else text
        self.branch, self.undone, self.version = [*self.branch, text], [], self.version + 1
        return True

    def undo(self) -> bool:
        if len(self.branch) < 2:
            return False
        self.undone.append(self.branch.pop())
        self.version += 1
        return True

    def redo(self) -> bool:
        if not self.undone:
            return False
        self.branch.append(self.undone.pop())
        self.version += 1
        return True

    def reset(self) -> bool:
        return self.save(self.first) if self.branch else False

    def discard(self) -> bool:
        if not self.branch:
            return False
        self.version, self.branch, self.undone = self.version + 1, [], []
        return True


@pytest.mark.parametrize("seed", range(3))
def test_random_operations_agree_with_a_list_and_a_stack(drafts: Drafts, seed: int) -> None:
    choose = random.Random(seed)
    draft, model, texts = a_draft(), _Model(), count()

    for _ in range(60):
        operation = choose.choices(["save", "undo", "redo", "reset", "discard"], [6, 5, 4, 1, 0.3])[0]
        changed = _apply(drafts, draft, model, operation, f"text {next(texts) if choose.random() < 0.9 else 0}")
        if not model.branch:
            assert drafts.log.read(draft).last_version == model.version, operation
            continue
        state = drafts.read(draft)
        assert state.head.version == model.version, (operation, changed)
        assert json.loads(state.content)["comment"] == model.branch[-1]
        assert state.head.position.can_undo is (len(model.branch) > 1)
        assert state.head.position.can_redo is bool(model.undone)


def _apply(drafts: Drafts, draft: Any, model: _Model, operation: str, text: str) -> bool:
    if operation == "save":
        written = drafts.save(draft, AUTHOR, a_content(text), ANY_VERSION if model.branch else NOTHING_SAID)
        changed = model.save(text)
        assert (written.outcome is not Outcome.UNCHANGED) is changed
        return changed
    if operation == "discard":
        return (drafts.discard(draft, AUTHOR, NOTHING_SAID).version is not None) is model.discard()
    had_draft, changed = bool(model.branch), getattr(model, operation)()
    try:
        written = getattr(drafts, operation)(draft, AUTHOR, ANY_VERSION)
    except NotFound:
        assert not had_draft
    except DraftkeepError:
        assert not changed
    else:
        assert (written.outcome is not Outcome.UNCHANGED) is changed
    return bool(changed)
