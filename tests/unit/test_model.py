"""The history is a tree that only grows: undo and redo move in it, a content starts a branch."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draftkeep.model import Entry, Operation, Page, Position, Record, Tombstone, page_of
from tests.unit.builders import entry_of, tombstone_of

# -------------------------------------------------------------------------------------- the model and the log


@dataclass(frozen=True)
class Node:
    """One content in the model's tree."""

    content: str
    parent: Node | None


@dataclass
class Editor:
    """What a user believes a draft to be: a tree of contents, a place in it, and a stack of undone places."""

    first: Node
    cursor: Node
    undone: list[Node] = field(default_factory=list)

    def save(self, content: str) -> None:
        self.cursor = Node(content, self.cursor)
        self.undone = []

    def undo(self) -> None:
        assert self.cursor.parent is not None
        self.undone.append(self.cursor)
        self.cursor = self.cursor.parent

    def redo(self) -> None:
        self.cursor = self.undone.pop()


@dataclass
class Records:
    """A log as a list of records; every move is made from its head and the entries that the head names."""

    records: list[Record] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return page_of(self.records[::-1])

    @property
    def head(self) -> Entry:
        head = self.page.head
        assert head is not None
        return head

    def entry(self, version: int) -> Entry:
        found = self.page.entry(version)
        assert found is not None
        return found

    def append(self, operation: Operation, position: Position, content: str) -> None:
        self.records.append(entry_of(self.page.last_version + 1, position, operation, content))

    def save(self, content: str) -> None:
        version = self.page.last_version + 1
        position = self.head.position.advanced(version) if self.page.head else Position.started(version)
        self.append(Operation.SAVE, position, content)

    def undo(self) -> None:
        assert self.head.position.parent is not None
        target = self.entry(self.head.position.parent)
        position = self.head.position.undone(self.head.version, target.position.parent)
        self.append(Operation.UNDO, position, target.snapshot.content_hash)

    def redo(self) -> None:
        assert self.head.position.redo_target is not None
        target = self.entry(self.head.position.redo_target)
        rest = self.head.position.redo_rest
        position = self.head.position.redone(
            target.position.parent, None if rest is None else self.entry(rest).position
        )
        self.append(Operation.REDO, position, target.snapshot.content_hash)

    def reset(self) -> None:
        first = self.entry(self.head.position.first)
        position = self.head.position.advanced(self.page.last_version + 1)
        self.append(Operation.RESET, position, first.snapshot.content_hash)

    def discard(self) -> None:
        self.records.append(tombstone_of(self.page.last_version + 1))


def _path(node: Node) -> list[str]:
    return [node.content, *(_path(node.parent) if node.parent else [])]


def _walk_back(log: Records) -> list[str]:
    """The contents that undo goes through, from the current one to the first."""
    contents = [log.head.snapshot.content_hash]
    while log.head.position.can_undo:
        log.undo()
        contents.append(log.head.snapshot.content_hash)
    return contents


def _walk_on(log: Records) -> list[str]:
    """The contents that redo goes through, without the current one."""
    contents = []
    while log.head.position.can_redo:
        log.redo()
        contents.append(log.head.snapshot.content_hash)
    return contents


def _apply(step: str, number: int, editor: Editor, log: Records) -> Editor:
    content = f"{number:064x}"
    if step == "undo" and editor.cursor.parent is not None:
        editor.undo()
        log.undo()
    elif step == "redo" and editor.undone:
        editor.redo()
        log.redo()
    elif step == "save":
        editor.save(content)
        log.save(content)
    elif step == "reset":
        editor.save(editor.first.content)
        log.reset()
    elif step == "discard":
        log.discard()
        log.save(content)
        first = Node(content, None)
        return Editor(first, first)
    return editor


STEPS = st.lists(
    st.sampled_from(["save", "save", "undo", "undo", "undo", "redo", "redo", "reset", "discard"]), max_size=60
)


@settings(max_examples=150)
@given(STEPS)
def test_any_sequence_of_moves_agrees_with_a_tree_and_a_stack(steps: list[str]) -> None:
    root = Node(f"{0:064x}", None)
    editor, log = Editor(root, root), Records()
    log.save(root.content)

    for number, step in enumerate(steps, start=1):
        editor = _apply(step, number, editor, log)
        position = log.head.position

        assert log.head.snapshot.content_hash == editor.cursor.content
        assert position.can_undo == (editor.cursor.parent is not None)
        assert position.can_redo == bool(editor.undone)


@settings(max_examples=150)
@given(STEPS)
def test_after_any_sequence_redo_and_undo_walk_the_whole_branch(steps: list[str]) -> None:
    root = Node(f"{0:064x}", None)
    editor, log = Editor(root, root), Records()
    log.save(root.content)
    for number, step in enumerate(steps, start=1):
        editor = _apply(step, number, editor, log)

    redone = _walk_on(log)
    undone = _walk_back(log)
    redone_again = _walk_on(log)

    assert redone == [node.content for node in reversed(editor.undone)]
    assert undone == _path(editor.undone[0] if editor.undone else editor.cursor)
    assert redone_again == undone[::-1][1:]


@given(STEPS)
def test_every_position_names_only_living_entries_of_its_own_log(steps: list[str]) -> None:
    root = Node(f"{0:064x}", None)
    editor, log = Editor(root, root), Records()
    log.save(root.content)

    for number, step in enumerate(steps, start=1):
        editor = _apply(step, number, editor, log)
        position = log.head.position
        contents = [log.entry(version) for version in (position.cursor, position.first)]
        contents += [log.entry(at) for at in (position.parent, position.redo_target) if at is not None]

        assert all(entry.is_content for entry in contents)
        assert position.redo_rest is None or log.entry(position.redo_rest).position.can_redo


@given(STEPS)
def test_a_version_is_one_more_than_the_last_and_never_used_twice(steps: list[str]) -> None:
    root = Node(f"{0:064x}", None)
    editor, log = Editor(root, root), Records()
    log.save(root.content)

    for number, step in enumerate(steps, start=1):
        editor = _apply(step, number, editor, log)

    assert [record.version for record in log.records] == list(range(1, len(log.records) + 1))


@given(STEPS, st.integers(1, 60))
def test_a_draft_begins_right_after_the_newest_tombstone_however_short_the_page(steps: list[str], limit: int) -> None:
    root = Node(f"{0:064x}", None)
    editor, log = Editor(root, root), Records()
    log.save(root.content)

    for number, step in enumerate(steps, start=1):
        editor = _apply(step, number, editor, log)
        ended = [record.version for record in log.records if isinstance(record, Tombstone)]

        assert page_of(log.records[::-1][:limit]).ended_at == max(ended, default=0)


# ----------------------------------------------------------------------------------------------- single moves


def test_a_first_content_can_be_neither_undone_nor_redone() -> None:
    position = Position.started(5)

    assert position == Position(cursor=5, parent=None, first=5)
    assert not position.can_undo
    assert not position.can_redo


def test_a_save_after_an_undo_starts_a_branch_and_takes_redo_away() -> None:
    undone = Position.started(1).advanced(2).undone(at=2, parent_of_target=None)

    saved = undone.advanced(4)

    assert undone.can_redo
    assert saved == Position(cursor=4, parent=1, first=1, branch=4)
    assert saved.advanced(5).branch == 4
    assert not saved.can_redo


def test_an_undo_remembers_where_redo_goes_and_where_the_rest_of_the_stack_lies() -> None:
    third = Position(cursor=3, parent=2, first=1)

    once = third.undone(at=3, parent_of_target=1)
    twice = once.undone(at=4, parent_of_target=None)

    assert once == Position(cursor=2, parent=1, first=1, redo_target=3, redo_rest=None)
    assert twice == Position(cursor=1, parent=None, first=1, redo_target=2, redo_rest=4)


def test_a_redo_copies_the_rest_of_the_stack_from_the_entry_that_holds_it() -> None:
    once = Position(cursor=2, parent=1, first=1, redo_target=3)
    twice = once.undone(at=4, parent_of_target=None)

    redone = twice.redone(parent_of_target=1, rest=once)

    assert redone == once


def test_undoing_a_first_content_is_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nothing to undo"):
        Position.started(1).undone(at=1, parent_of_target=None)


def test_redoing_without_an_undo_is_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nothing to redo"):
        Position.started(1).advanced(2).redone(parent_of_target=None, rest=None)


def test_an_entry_is_a_content_only_when_its_own_content_is_current() -> None:
    content = entry_of(2, Position(cursor=2, parent=1, first=1))
    move = entry_of(3, Position(cursor=1, parent=None, first=1, redo_target=2), Operation.UNDO)

    assert content.is_content
    assert not move.is_content


# ------------------------------------------------------------------------------------------------------ pages


def test_an_empty_log_has_no_head_and_version_0() -> None:
    page = page_of([])

    assert (page.head, page.version, page.last_version, page.last_time_ms) == (None, 0, 0, 0)


def test_a_page_begins_with_the_newest_entry() -> None:
    older, newer = entry_of(6), entry_of(7, Position(cursor=7, parent=6, first=6))

    page = page_of([newer, older])

    assert page.head == newer
    assert page.version == page.last_version == 7
    assert page.last_time_ms == newer.created_at_ms


def test_a_discarded_draft_is_seen_as_none_but_its_versions_go_on() -> None:
    page = page_of([tombstone_of(8), entry_of(7)])

    assert page.head is None
    assert page.version == 0
    assert page.last_version == 8
    assert page.last_time_ms == tombstone_of(8).created_at_ms


def test_nothing_at_or_below_the_newest_tombstone_is_read() -> None:
    page = page_of([entry_of(9), tombstone_of(8), entry_of(7), tombstone_of(6), entry_of(5)])

    assert [entry.version for entry in page.entries] == [9]
    assert page.entry(7) is None


def test_a_log_that_was_never_discarded_ended_at_0() -> None:
    assert page_of([]).ended_at == 0
    assert page_of([entry_of(2, Position(cursor=2, parent=1, first=1)), entry_of(1)]).ended_at == 0


def test_a_discarded_draft_ended_at_its_newest_tombstone() -> None:
    assert page_of([tombstone_of(8), entry_of(7)]).ended_at == 8
    assert page_of([tombstone_of(9), tombstone_of(8)]).ended_at == 9
    assert page_of([entry_of(9), tombstone_of(8), entry_of(7)]).ended_at == 8


def test_a_page_finds_its_entries_by_version() -> None:
    page = page_of([entry_of(9), entry_of(8)])

    assert page.entry(8) == entry_of(8)
    assert page.entry(10) is None


def test_a_page_with_a_new_head_keeps_the_entries_below_it() -> None:
    head = entry_of(10, Position(cursor=10, parent=9, first=9))

    page = page_of([entry_of(9)]).with_head(head)

    assert [entry.version for entry in page.entries] == [10, 9]
    assert (page.head, page.version, page.last_version) == (head, 10, 10)
    assert page.last_time_ms == head.created_at_ms
