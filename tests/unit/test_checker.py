"""The checker of recorded histories: silent about good ones, and each kind of broken one is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.checker import UNANSWERED, UNAVAILABLE, Action, Call, Listed, Rule, State, check, versions_made

DRAFT = "support/3"


def a_call(action: Action, started_s: float, **given: Any) -> Call:
    """A call that takes half a second, and is an operation of its own."""
    client = given.get("client", "ann")
    fields: dict[str, Any] = {"client": client, "draft": DRAFT, "operation": f"{started_s} of {client}", "status": 200}
    return Call(action=action, started_s=started_s, **fields | {"ended_s": started_s + 0.5} | given)


def a_state(version: int, text: str, cursor: int | None = None, listed: Iterable[int] = (), **others: str) -> State:
    content = {"comment": text, **others}
    history = tuple(Listed(number, f"hash {number}") for number in listed)
    return State(version, content, version if cursor is None else cursor, history or None)


def a_save(started_s: float, version: int, text: str, **given: Any) -> Call:
    """A save of a whole content over the version before, with all that came before it in its history."""
    fields: dict[str, Any] = {
        "state": a_state(version, text, listed=range(version, 0, -1)),
        "expected": version - 1,
        "sent": {"comment": text},
        "touched": frozenset({"comment"}),
    }
    return a_call(Action.SAVE, started_s, **fields | given)


def a_patch(started_s: float, version: int, name: str, content: dict[str, str], **given: Any) -> Call:
    """A save of one part over whatever is newest; its answer shows no history."""
    fields: dict[str, Any] = {
        "state": State(version, content),
        "sent": {name: content[name]},
        "touched": frozenset({name}),
    }
    return a_call(Action.SAVE, started_s, **fields | given)


def a_read(started_s: float, version: int, text: str, **given: Any) -> Call:
    fields: dict[str, Any] = {"state": a_state(version, text, given.pop("cursor", None), given.pop("listed", ()))}
    return a_call(Action.READ, started_s, **fields | given)


def nothing_there(started_s: float, **given: Any) -> Call:
    return a_call(Action.READ, started_s, **{"status": 204, "state": State(0)} | given)


def a_conflict(started_s: float, expected: int, version: int, text: str, **given: Any) -> Call:
    fields: dict[str, Any] = {"status": 409, "code": "version_conflict", "expected": expected}
    return a_call(Action.SAVE, started_s, **fields | {"state": State(version, {"comment": text})} | given)


def a_move(action: Action, started_s: float, version: int, text: str, cursor: int, **given: Any) -> Call:
    return a_call(action, started_s, **{"state": a_state(version, text, cursor), "expected": version - 1} | given)


def a_discard(started_s: float, expected: int | None, **given: Any) -> Call:
    return a_call(Action.DISCARD, started_s, **{"status": 204, "state": State(0), "expected": expected} | given)


def rules(calls: Iterable[Call]) -> set[Rule]:
    return {finding.rule for finding in check(calls)}


# ---------------------------------------------------------------------------------------------------- good ones


def saved() -> list[Call]:
    """Three saves one after the other, one refused, and a last read."""
    return [
        a_save(1, 1, "a"),
        a_save(2, 2, "b"),
        a_conflict(2.1, 1, 2, "b"),
        a_save(3, 3, "c"),
        a_read(9, 3, "c", listed=(3, 2, 1)),
    ]


def moved() -> list[Call]:
    return [
        a_save(1, 1, "a"),
        a_save(2, 2, "b"),
        a_move(Action.UNDO, 3, 3, "a", 1),
        a_move(Action.REDO, 4, 4, "b", 2),
        a_move(Action.UNDO, 5, 5, "a", 1),
        a_save(6, 6, "c", state=a_state(6, "c", listed=(6, 2, 1))),
        a_move(Action.UNDO, 7, 7, "a", 1),
        a_read(9, 7, "a", cursor=1, listed=(6, 2, 1)),
    ]


def begun_anew() -> list[Call]:
    return [
        a_save(1, 1, "a"),
        a_discard(2, 1),
        nothing_there(3),
        a_save(4, 3, "b", expected=0, state=a_state(3, "b", listed=(3,))),
        a_conflict(5, 1, 3, "b"),
        a_read(9, 3, "b", listed=(3,)),
    ]


def discarded() -> list[Call]:
    """The version of the last discard is in no answer."""
    return [a_save(1, 1, "a"), a_discard(2, 1), a_discard(3, 1), nothing_there(9)]


def repeated() -> list[Call]:
    """One key, sent four times: unavailable, unanswered, done, repeated after somebody else's save."""
    keyed: dict[str, Any] = {"operation": "key", "keyed": True, "answer": "one"}
    return [
        a_save(1, 1, "a"),
        a_save(2, 2, "b", **keyed | {"status": UNAVAILABLE, "state": None}),
        a_save(3, 2, "b", **keyed | {"status": UNANSWERED, "state": None}),
        a_save(4, 2, "b", **keyed),
        a_save(5, 3, "c"),
        a_save(6, 2, "b", **keyed, replayed=True),
        a_read(9, 3, "c"),
    ]


def overlapping() -> list[Call]:
    """Calls that overlap a save may show what was before it, or what is after it."""
    return [
        a_save(1, 1, "a"),
        a_save(2, 2, "b", ended_s=5),
        a_read(2.5, 1, "a", ended_s=6, client="bob"),
        a_read(2.5, 2, "b", ended_s=3, client="cid"),
        a_read(2.6, 1, "a", ended_s=4, client="dan"),
        a_read(9, 2, "b"),
    ]


def patched() -> list[Call]:
    """Two editors at two parts, who name no version; a proposal for one of them is accepted."""
    return [
        a_patch(1, 1, "name", {"name": "a"}),
        a_patch(2, 3, "color", {"name": "b", "color": "red"}),
        a_patch(2, 2, "name", {"name": "b"}, client="bob"),
        a_call(Action.PROPOSE, 3, state=State(3), sent={"name": "c"}),
        a_call(
            Action.ACCEPT,
            4,
            state=State(4, {"name": "c", "color": "red"}),
            sent={"name": "c"},
            touched=frozenset({"name"}),
        ),
        a_call(Action.READ, 9, state=State(4, {"name": "c", "color": "red"}, 4)),
    ]


def done_without_a_word() -> list[Call]:
    """An unavailable save was done; sent again, it was told of its own version as of another's."""
    one: dict[str, Any] = {"operation": "one", "expected": 1, "sent": {"comment": "b"}}
    return [
        a_save(1, 1, "a"),
        a_call(Action.SAVE, 2, status=UNAVAILABLE, **one),
        a_save(3, 3, "c"),
        a_conflict(4, 1, 3, "c", operation="one", sent={"comment": "b"}),
        a_read(9, 3, "c", listed=(3, 2, 1)),
    ]


@pytest.mark.parametrize(
    "history", [saved, moved, begun_anew, discarded, repeated, overlapping, patched, done_without_a_word, list]
)
def test_a_good_history_is_found_to_be_good(history: Any) -> None:
    assert check(history()) == []


def test_each_draft_is_judged_for_itself() -> None:
    other = [replace(call, draft="other", operation=f"other {call.operation}") for call in begun_anew()]

    assert check(saved() + other) == []
    assert rules([*saved(), *other[:-1]]) == {Rule.UNREAD}


def test_versions_made_are_counted_once_whoever_was_told() -> None:
    assert versions_made(saved()) == versions_made(repeated()) == 3


# --------------------------------------------------------------------------------------------------- broken ones


def changed(calls: list[Call], number: int, **fields: Any) -> list[Call]:
    return [*calls[:number], replace(calls[number], **fields), *calls[number + 1 :]]


def test_a_version_that_two_operations_were_given() -> None:
    assert rules([*saved(), a_save(2, 2, "b", operation="another's", client="bob")]) == {Rule.VERSION_TWICE}


def test_a_save_over_a_version_that_its_client_had_not_seen() -> None:
    assert rules(changed(saved(), 3, expected=1)) == {Rule.LOST_UPDATE}


def test_a_creation_over_a_draft_that_exists() -> None:
    assert rules(changed(saved(), 3, expected=0)) == {Rule.LOST_UPDATE}


def test_an_accepted_part_that_is_not_in_what_was_made_of_it() -> None:
    assert rules(changed(patched(), 2, sent={"name": "lost"})) == {Rule.LOST_UPDATE}


def test_a_patch_that_takes_back_what_another_one_had_changed() -> None:
    # The second editor's patch was applied to version 1, and written as version 3.
    calls = changed(patched(), 1, state=State(3, {"name": "a", "color": "red"}))

    assert rules(calls) == {Rule.LOST_UPDATE}


def test_an_acceptance_that_takes_back_what_was_saved_beside_it() -> None:
    content = {"name": "c", "color": "blue"}
    accept = replace(patched()[4], state=State(4, content))
    calls = [*patched()[:4], accept, a_call(Action.READ, 9, state=State(4, content, 4))]

    assert rules(calls) == {Rule.LOST_UPDATE}


def test_a_version_that_nobody_made() -> None:
    calls = saved()

    assert rules([calls[0], *calls[2:]]) == {Rule.UNACCOUNTED}


def test_an_operation_that_was_done_again_though_its_first_time_was_answered() -> None:
    keyed: dict[str, Any] = {"operation": "key", "keyed": True}
    calls = [a_save(1, 1, "a", **keyed), a_save(2, 2, "b", **keyed), a_read(9, 2, "b")]

    assert rules(calls) == {Rule.DUPLICATE, Rule.LOST_UPDATE}


def test_an_operation_that_was_done_again_behind_a_lost_answer() -> None:
    # The unanswered call made version 2, the repetition did not know it and made version 3.
    keyed: dict[str, Any] = {"operation": "key", "keyed": True, "expected": None}
    calls = [
        a_save(1, 1, "a"),
        a_save(2, 2, "b", **keyed | {"status": UNANSWERED, "state": None}),
        a_save(3, 3, "b", **keyed),
        a_read(9, 3, "b"),
    ]

    assert rules(calls) == {Rule.UNACCOUNTED}


def test_a_repetition_that_is_not_told_that_it_is_one() -> None:
    assert rules(changed(repeated(), 5, replayed=False)) == {Rule.DUPLICATE, Rule.STALE}


def test_a_repetition_with_another_answer() -> None:
    assert rules(changed(repeated(), 5, answer="another")) == {Rule.REPLAY}


def test_an_accepted_save_that_the_answer_of_the_next_one_does_not_list() -> None:
    assert rules(changed(saved(), 3, state=a_state(3, "c", listed=(3, 1)))) == {Rule.MISSING}


def test_an_accepted_save_that_the_whole_history_does_not_list() -> None:
    whole = State(30, history=tuple(Listed(number, f"hash {number}") for number in range(30, 1, -1)), whole=True)
    calls = [a_save(number, number, f"text {number}") for number in range(1, 31)]

    found = rules([*calls, a_read(40, 30, "text 30"), a_call(Action.HISTORY, 41, state=whole)])

    assert found == {Rule.MISSING}


def test_a_history_that_lists_an_entry_twice() -> None:
    assert rules(changed(saved(), 4, state=a_state(3, "c", listed=(3, 2, 2, 1)))) == {Rule.DUPLICATE}


def test_a_history_that_lists_a_move_or_what_was_discarded() -> None:
    assert rules(changed(moved(), 7, state=a_state(7, "a", 1, (6, 3, 2, 1)))) == {Rule.FOREIGN}
    assert rules(changed(begun_anew(), 5, state=a_state(3, "b", listed=(3, 1)))) == {Rule.FOREIGN}


def test_a_version_with_two_contents() -> None:
    assert rules(changed(saved(), 2, state=State(2, {"comment": "other"}))) == {Rule.TWO_CONTENTS}


def test_a_version_with_two_hashes_in_the_history() -> None:
    state = replace(a_state(3, "c"), history=(Listed(3, "hash 3"), Listed(2, "other"), Listed(1, "hash 1")))

    assert rules(changed(saved(), 4, state=state)) == {Rule.TWO_CONTENTS}


def test_two_contents_with_one_hash() -> None:
    state = replace(a_state(3, "c"), history=(Listed(3, "hash 2"), Listed(2, "hash 2"), Listed(1, "hash 1")))

    assert rules([*changed(saved()[:4], 3, state=state), a_read(9, 3, "c")]) == {Rule.TWO_CONTENTS}


def test_a_read_that_does_not_see_a_save_that_was_answered_before() -> None:
    assert rules([*saved(), a_read(2.6, 1, "a")]) == {Rule.STALE}


def test_a_refusal_that_names_a_version_that_was_replaced_before() -> None:
    assert rules([*saved(), a_conflict(4, 1, 2, "b")]) == {Rule.STALE}


def test_a_read_that_goes_behind_another_read() -> None:
    # The save is not answered yet, but its version was seen.
    assert rules([*overlapping(), a_read(3.5, 1, "a", ended_s=4, client="eve")]) == {Rule.BACKWARDS}


def test_a_read_of_a_version_that_nobody_had_sent_yet() -> None:
    assert rules([*saved(), a_read(2.1, 3, "c", ended_s=2.6)]) == {Rule.FUTURE}


def test_a_draft_that_is_gone_though_nobody_discarded_it() -> None:
    assert rules([*saved(), nothing_there(2.6)]) == {Rule.STALE}


def test_a_draft_that_is_gone_before_somebody_discards_it() -> None:
    assert rules([*begun_anew(), nothing_there(1.6, ended_s=1.8)]) == {Rule.FUTURE}


def test_a_draft_that_is_there_after_its_discard_was_answered() -> None:
    assert rules([*begun_anew(), a_read(3.6, 1, "a", ended_s=3.8)]) == {Rule.BACKWARDS}


def test_a_discard_over_a_version_that_its_client_had_not_seen() -> None:
    assert rules(changed(begun_anew(), 1, expected=7)) >= {Rule.UNACCOUNTED}


def test_a_conflict_about_the_version_that_was_sent() -> None:
    assert rules([*saved(), a_conflict(2.6, 2, 2, "b", ended_s=2.8)]) == {Rule.GROUNDLESS}


def test_an_undo_that_goes_elsewhere() -> None:
    assert rules(changed(moved(), 6, state=a_state(7, "b", 2))) >= {Rule.WRONG_MOVE}


def test_an_undo_that_shows_another_content_than_the_one_it_went_to() -> None:
    calls = [*changed(moved()[:3], 2, state=a_state(3, "b", 1)), a_read(9, 3, "b", cursor=1)]

    assert rules(calls) == {Rule.WRONG_MOVE}


def test_a_redo_that_a_save_had_made_impossible() -> None:
    calls = [*moved()[:6], a_move(Action.REDO, 7, 7, "b", 2), a_read(9, 7, "b", cursor=2)]

    assert rules(calls) == {Rule.WRONG_MOVE}


def test_a_last_read_of_another_content() -> None:
    assert rules(changed(saved(), 4, state=a_state(3, "other"))) == {Rule.FINAL, Rule.TWO_CONTENTS}


def test_a_last_read_of_an_older_version() -> None:
    assert rules(changed(saved(), 4, state=a_state(2, "b"))) == {Rule.FINAL, Rule.STALE}


def test_a_last_read_that_finds_nothing() -> None:
    assert rules(changed(saved(), 4, status=204, state=State(0))) == {Rule.FINAL, Rule.STALE}


def test_a_history_that_ends_without_a_read() -> None:
    assert rules(saved()[:4]) == {Rule.UNREAD}


def test_a_finding_names_draft_rule_and_calls() -> None:
    (finding,) = check([*saved(), a_read(2.6, 1, "a", client="bob")])

    assert str(finding).startswith(
        f"{DRAFT}: {Rule.STALE}: read 2.6 of bob by bob (2.6000 to 3.1000, 200) shows 1, after"
    )


# -------------------------------------------------------------------------------------------- histories by chance


class Simulated:
    """A draft that does one thing after the other, and callers whose calls overlap round those moments."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.calls: list[Call] = []
        self.version = 0
        self.at_s = 10.0
        # The contents that undo and redo go between: the current one is the last of `done`.
        self.done: list[tuple[int, dict[str, str]]] = []
        self.undone: list[tuple[int, dict[str, str]]] = []
        self.listed: list[Listed] = []

    def run(self, acts: int) -> list[Call]:
        for _ in range(acts):
            self.random.choice([self.save, self.save, self.patch, self.undo, self.redo, self.read, self.discard])()
        self.at_s += 10
        self.tell(Action.READ, self.shown())
        return self.calls

    def save(self) -> None:
        """A whole content over a version that was seen: the current one, or one that is not current any more."""
        stale = self.version > 2 and self.random.random() < 0.3
        content = {"name": f"name {self.at_s}", "comment": f"comment {self.at_s}"}
        whole: dict[str, Any] = {"sent": content, "touched": frozenset(content)}
        if stale:
            self.tell(Action.SAVE, self.shown(), 409, code="version_conflict", expected=self.version - 1, **whole)
            return
        expected = self.version if self.done else 0
        self.write(content)
        self.tell_perhaps_twice(Action.SAVE, expected=expected, **whole)

    def patch(self) -> None:
        part = {"name": f"name {self.at_s}"}
        self.write((self.done[-1][1] if self.done else {}) | part)
        self.tell_perhaps_twice(Action.SAVE, sent=part, touched=frozenset(part))

    def undo(self) -> None:
        if len(self.done) > 1:
            self.undone.append(self.done.pop())
            self.version += 1
            self.tell_perhaps_twice(Action.UNDO)

    def redo(self) -> None:
        if self.undone:
            self.done.append(self.undone.pop())
            self.version += 1
            self.tell_perhaps_twice(Action.REDO)

    def read(self) -> None:
        self.tell(Action.READ, self.shown())

    def discard(self) -> None:
        if self.done and self.random.random() < 0.2:
            self.done, self.undone, self.listed = [], [], []
            self.version += 1
            self.tell(Action.DISCARD, self.shown(), 204, expected=self.version - 1)

    def write(self, content: dict[str, str]) -> None:
        self.version += 1
        self.done.append((self.version, content))
        self.undone = []
        self.listed.insert(0, Listed(self.version, f"hash {self.version}"))

    def shown(self) -> State:
        if not self.done:
            return State(0)
        cursor, content = self.done[-1]
        return State(self.version, content, cursor, tuple(self.listed[:20]))

    def tell_perhaps_twice(self, action: Action, **given: Any) -> None:
        """Record what was done; now and then its answer was lost, and a later repetition is told."""
        if self.random.random() < 0.7:
            self.tell(action, self.shown(), **given)
            return
        keyed: dict[str, Any] = {"operation": f"key {self.at_s}", "keyed": True, **given}
        state = self.shown()
        self.tell(action, None, self.random.choice([UNANSWERED, UNAVAILABLE]), **keyed)
        self.at_s += 3
        self.tell(action, state, replayed=True, **keyed)

    def tell(self, action: Action, state: State | None, status: int = 200, **given: Any) -> None:
        started_s, ended_s = self.at_s - self.random.uniform(0, 3), self.at_s + self.random.uniform(0, 3)
        fields: dict[str, Any] = {"operation": f"{self.at_s}", "status": status, "state": state, "ended_s": ended_s}
        self.calls.append(a_call(action, started_s, **fields | given))
        self.at_s += self.random.uniform(0.1, 1)


SEEDS = range(150)


def test_what_one_log_can_have_answered_is_always_good() -> None:
    for seed in SEEDS:
        assert check(Simulated(seed).run(60)) == [], seed


def test_a_write_that_is_taken_out_of_any_history_is_always_missed() -> None:
    for seed in SEEDS:
        calls = Simulated(seed).run(60)
        written = Random(seed).choice([call for call in calls if call.wrote])

        assert check(call for call in calls if call.operation != written.operation), seed


def test_a_content_that_is_changed_in_any_answer_is_always_found() -> None:
    for seed in SEEDS:
        calls = Simulated(seed).run(60)
        shows = [number for number, call in enumerate(calls) if call.state and call.state.content is not None]
        number = Random(seed).choice(shows)
        state = calls[number].state
        assert state

        assert check(changed(calls, number, state=replace(state, content={"name": "other"}))), seed


def test_a_read_that_is_replaced_by_an_older_one_is_always_found() -> None:
    found = 0
    for seed in SEEDS:
        calls = Simulated(seed).run(60)
        told = [call for call in calls if call.state and call.version and not call.replayed]
        for number, call in enumerate(calls):
            over = {other.version for other in told if other.ended_s < call.started_s}
            older = [other for other in told if over and other.version < max(over)]
            if call.action is Action.READ and call.state and call.version and older:
                found += 1
                assert check(changed(calls, number, state=older[0].state)), seed
    assert found > len(SEEDS)
