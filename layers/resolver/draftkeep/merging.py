"""Three-way merge of JSON values: what two sides made of one base, put together. Pure.

Objects are merged by key; lists by the identity of their items where a rule names one, else as one value. What only
one side changed is taken from that side; what both changed alike is taken once; what both changed otherwise is an
overlap, which is listed, and there the value is theirs.

    merge(base, base, theirs) is theirs; merge(base, ours, base) is ours
    without overlaps, merge(base, ours, theirs) is merge(base, theirs, ours)

Source: S. Khanna, K. Kunal, B. C. Pierce, "A Formal Investigation of Diff3" (2007), for what to expect of a merge
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from draftkeep.canonical import canonical_text

Path = tuple[str | int, ...]


class _Absent:
    """The value of a member that is not there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class ListRule:
    """How the items of a list are told apart.

    key: an item's identity, None for an item that has none; ordered: whether two different new orders overlap
    A list with an item without an identity, or with two of the same, is merged as one value.
    """

    key: Callable[[Any], Hashable | None]
    ordered: bool = True


RuleOf = Callable[[Path], ListRule | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One place at which a value differs from its base; ABSENT where there is nothing.

    at: with list indices of the new value; for what is not there any more, of the base
    """

    at: Path
    base: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Overlap:
    """One place that both sides changed, each otherwise; `at` as in `Change`, seen from theirs."""

    at: Path
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged value, and where the sides overlap (theirs is in the value there)."""

    value: Any
    overlaps: tuple[Overlap, ...]


def no_rules(_: Path) -> ListRule | None:
    """Every list is one value."""
    return None


def merge(base: Any, ours: Any, theirs: Any, rule_of: RuleOf = no_rules) -> Merged:
    """Merge two values that were made of one base.

    rule_of: the rule of the list at a path, None to merge it as one value
    Cost: one step a member of each value, and one encoding of those lists that are one value
    """
    work = _Merge(rule_of)
    value = work.value(base, ours, theirs, ())
    return Merged(value, tuple(work.overlaps))


def changes(base: Any, value: Any, rule_of: RuleOf = no_rules) -> list[Change]:
    """List where a value differs from its base, at the places that a merge takes or leaves as one."""
    found: list[Change] = []

    def note(change: Change) -> bool:
        found.append(change)
        return True

    _Merge(rule_of, note).value(base, base, value, ())
    return found


def partial(base: Any, value: Any, takes: Callable[[Change], bool], rule_of: RuleOf = no_rules) -> Any:
    """Make only some of the changes that lead from a base to a value.

    takes: whether to make a change, asked for each one that `changes` lists
    """
    return _Merge(rule_of, takes).value(base, base, value, ())


def is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1 is not true."""
    if one is other:
        return True
    if one is ABSENT or other is ABSENT or one != other:
        return False
    return canonical_text(one) == canonical_text(other)


_START = object()


@dataclass
class _Merge:
    rule_of: RuleOf
    takes: Callable[[Change], bool] = lambda _: True
    overlaps: list[Overlap] = field(default_factory=list)

    def value(self, base: Any, ours: Any, theirs: Any, at: Path) -> Any:
        if all(isinstance(one, dict) for one in (base, ours, theirs)):
            return self._object(base, ours, theirs, at)
        if all(isinstance(one, list) for one in (base, ours, theirs)):
            rule = self.rule_of(at)
            if rule is not None:
                old, mine, new = (by_identity(rule, one) for one in (base, ours, theirs))
                if old is not None and mine is not None and new is not None:
                    return self._list(rule, old, mine, new, at)
        return self._whole(base, ours, theirs, at)

    def _whole(self, base: Any, ours: Any, theirs: Any, at: Path) -> Any:
        if is_same(ours, theirs) or is_same(base, theirs):
            return ours
        if is_same(base, ours):
            return theirs if self.takes(Change(at, base, theirs)) else ours
        self.overlaps.append(Overlap(at, base, ours, theirs))
        return theirs

    def _object(self, base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], at: Path) -> dict[str, Any]:
        merged = {}
        for key in dict.fromkeys([*base, *ours, *theirs]):
            old, mine, new = (one.get(key, ABSENT) for one in (base, ours, theirs))
            value = self.value(old, mine, new, (*at, key))
            if value is not ABSENT:
                merged[key] = value
        return merged

    def _list(self, rule: ListRule, base: _Items, ours: _Items, theirs: _Items, at: Path) -> list[Any]:
        merged = {}
        for key in dict.fromkeys([*base, *ours, *theirs]):
            old, mine, new = (items[key][1] if key in items else ABSENT for items in (base, ours, theirs))
            index = next(items[key][0] for items in (theirs, base, ours) if key in items)
            value = self.value(old, mine, new, (*at, index))
            if value is not ABSENT:
                merged[key] = value
        return [merged[key] for key in self._order(rule, base, ours, theirs, set(merged), at)]

    def _order(
        self, rule: ListRule, base: _Items, ours: _Items, theirs: _Items, kept: set[Hashable], at: Path
    ) -> list[Hashable]:
        """The order of the kept items: that of the side that moved some, with each side's own ones after the item
        that they follow there.
        """
        common = {key for key in kept if key in ours and key in theirs}
        order = self._common_order(rule, base, ours, theirs, common, at)
        runs: dict[Any, list[list[Hashable]]] = {}
        for side in (ours, theirs):
            for anchor, run in _runs((key for key in side if key in kept), common):
                runs.setdefault(anchor, []).append(run)
        placed: list[Hashable] = []
        for anchor in (_START, *order):
            if anchor is not _START:
                placed.append(anchor)
            # In an order that does not depend on which side is which; merge.js of the console has the same one.
            for run in sorted(runs.get(anchor, ()), key=canonical_text):
                placed += run
        return placed

    def _common_order(
        self, rule: ListRule, base: _Items, ours: _Items, theirs: _Items, common: set[Hashable], at: Path
    ) -> list[Hashable]:
        our_order, their_order = ([key for key in side if key in common] for side in (ours, theirs))
        if our_order == their_order:
            return our_order
        before = [key for key in base if key in common]
        we_moved = [key for key in our_order if key in base] != before
        they_moved = [key for key in their_order if key in base] != before
        if they_moved and we_moved and rule.ordered:
            self.overlaps.append(Overlap(at, *(_values(side) for side in (base, ours, theirs))))
            return their_order
        if they_moved and not we_moved:
            return their_order if self.takes(Change(at, _values(base), _values(theirs))) else our_order
        if we_moved and not they_moved:
            return our_order
        # Both added the same items at other places, or their order does not matter: one of the two orders, the same
        # one for either side.
        return min(our_order, their_order, key=canonical_text)


# Items by identity, in their order, each with its index.
_Items = Mapping[Hashable, tuple[int, Any]]


def by_identity(rule: ListRule, items: Sequence[Any]) -> Mapping[Hashable, tuple[int, Any]] | None:
    """The items of a list by their identity, each with its index; None when they cannot be told apart."""
    found: dict[Hashable, tuple[int, Any]] = {}
    for index, item in enumerate(items):
        key = rule.key(item)
        if key is None or key in found:
            return None
        found[key] = (index, item)
    return found


def _values(items: _Items) -> list[Any]:
    return [item for _, item in items.values()]


def _runs(keys: Iterable[Hashable], common: set[Hashable]) -> Iterable[tuple[Any, list[Hashable]]]:
    """The items of one side alone, as runs after the common item that they follow."""
    anchor: Any = _START
    run: list[Hashable] = []
    for key in keys:
        if key not in common:
            run.append(key)
            continue
        if run:
            yield anchor, run
        anchor, run = key, []
    if run:
        yield anchor, run
