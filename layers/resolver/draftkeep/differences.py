"""What leads from one JSON value to another: additions, removals, replacements and moves. Pure.

Objects are compared by key; lists by the identity of their items where a rule names one, else by index. So a step that
was moved is one move, and an edit of it is told at its place, not as everything after it.

Source: RFC 6901 for pointers, RFC 6902 for the names of the operations; a longest increasing subsequence keeps the
number of moves least
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from draftkeep.merging import ABSENT, Path, RuleOf, by_identity, no_rules

MAX_DIFFERENCES = 100


class Op(StrEnum):
    """What was done at a place."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    at: in the later value; of a removal, in the earlier one
    before, after: the values there, ABSENT where there is none; of a move ABSENT both
    moved_from: of a move, where the item was in the earlier value
    """

    op: Op
    at: Path
    before: Any = ABSENT
    after: Any = ABSENT
    moved_from: Path | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """The first differences of two values in document order, at most 100, and how many there are in all."""

    listed: tuple[Difference, ...]
    total: int


def differences(before: Any, after: Any, rule_of: RuleOf = no_rules) -> Differences:
    """List how a value became another one. An added or removed member is one difference, whatever it holds.

    rule_of: the rule of the list at a path, None to compare it by index
    Cost: one step a leaf, nothing kept for those that are equal (1 s for 2 million)
    """
    walk = _Walk(rule_of)
    walk.values(before, after)
    return Differences(tuple(walk.listed), walk.total)


@dataclass
class _Walk:
    """Two values walked side by side; `at` and `old_at` are where the walk is in the later and the earlier one."""

    rule_of: RuleOf
    at: list[str | int] = field(default_factory=list)
    old_at: list[str | int] = field(default_factory=list)
    listed: list[Difference] = field(default_factory=list)
    total: int = 0

    def values(self, before: Any, after: Any) -> None:
        if before is ABSENT:
            self._note(Op.ADD, after=after)
        elif after is ABSENT:
            self._note(Op.REMOVE, before=before)
        elif isinstance(before, dict) and isinstance(after, dict):
            for key in sorted(before.keys() | after.keys()):
                self._member(key, key, before.get(key, ABSENT), after.get(key, ABSENT))
        elif isinstance(before, list) and isinstance(after, list):
            self._lists(before, after)
        # In Python True == 1; in JSON they are two values.
        elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
            self._note(Op.REPLACE, before, after)

    def _lists(self, before: list[Any], after: list[Any]) -> None:
        rule = self.rule_of(tuple(self.at)) if self.at and isinstance(self.at[-1], str) else None
        old, new = (by_identity(rule, before), by_identity(rule, after)) if rule else (None, None)
        if rule is None or old is None or new is None:
            for index, (one, other) in enumerate(zip_longest(before, after, fillvalue=ABSENT)):
                self._member(index, index, one, other)
            return
        for key, (index, item) in old.items():
            if key not in new:
                self._member(index, index, item, ABSENT)
        stays = _unmoved(old, new) if rule.ordered else new.keys()
        for key, (index, item) in new.items():
            old_index, old_item = old.get(key, (index, ABSENT))
            self._member(old_index, index, old_item, item, moved=key in old and key not in stays)

    def _member(self, old_key: str | int, key: str | int, before: Any, after: Any, *, moved: bool = False) -> None:
        self.old_at.append(old_key)
        self.at.append(key)
        if moved:
            self._note(Op.MOVE)
        self.values(before, after)
        self.old_at.pop()
        self.at.pop()

    def _note(self, op: Op, before: Any = ABSENT, after: Any = ABSENT) -> None:
        self.total += 1
        if len(self.listed) < MAX_DIFFERENCES:
            at = tuple(self.old_at if op is Op.REMOVE else self.at)
            moved_from = tuple(self.old_at) if op is Op.MOVE else None
            self.listed.append(Difference(op, at, before, after, moved_from))


def _unmoved(old: Mapping[Hashable, tuple[int, Any]], new: Mapping[Hashable, tuple[int, Any]]) -> set[Hashable]:
    """The most items that keep their order: a longest increasing subsequence of their old places."""
    tails: list[int] = []
    last: list[Hashable] = []
    previous: dict[Hashable, Hashable | None] = {}
    for key in new:
        if key in old:
            place = old[key][0]
            length = bisect_left(tails, place)
            previous[key] = last[length - 1] if length else None
            tails[length : length + 1] = [place]
            last[length : length + 1] = [key]
    stays: set[Hashable] = set()
    key = last[-1] if last else None
    while key is not None:
        stays.add(key)
        key = previous[key]
    return stays
