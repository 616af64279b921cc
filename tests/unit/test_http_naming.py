"""Agents spell their keys in camelCase, forms in snake_case; the rest of an answer is the same."""

from __future__ import annotations

from typing import Any

import pytest

from draftkeep.http.naming import CAMEL, SNAKE


@pytest.mark.parametrize(
    ("key", "snake"),
    [
        ("version", "version"),
        ("historyCursor", "history_cursor"),
        ("canUndo", "can_undo"),
        ("canRedo", "can_redo"),
        ("updatedAt", "updated_at"),
        ("seqNo", "seq_no"),
        ("contentHash", "content_hash"),
        ("currentVersion", "current_version"),
        ("createdAt", "created_at"),
        ("sizeBytes", "size_bytes"),
        ("errors", "errors"),
    ],
)
def test_forms_spell_every_key_of_an_answer_with_underscores(key: str, snake: str) -> None:
    assert SNAKE.spell({key: 1}) == {snake: 1}
    assert CAMEL.spell({key: 1}) == {key: 1}


@pytest.mark.parametrize("naming", [CAMEL, SNAKE])
def test_spelling_changes_neither_order_nor_values(naming: Any) -> None:
    members = {"updatedAt": 1, "canUndo": {"notMine": [{"stayHere": 2}]}, "actor": None}

    spelled = naming.spell(members)

    assert list(spelled.values()) == list(members.values())


def test_each_kind_has_its_own_key_for_the_content() -> None:
    assert (CAMEL.content, SNAKE.content) == ("headData", "form_state")


def test_spelling_leaves_the_given_members_alone() -> None:
    members = {"canUndo": True}

    CAMEL.spell(members)["more"] = 1
    SNAKE.spell(members)["more"] = 1

    assert members == {"canUndo": True}
