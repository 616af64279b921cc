"""Judges recorded calls: whether what the clients of drafts were answered can have come from one log a draft.

Pure, and blind to any table: a history is a list of calls, each with what was asked, what was answered, and when. The
versions of a draft are a total order, so the history is linearizable exactly when each answer names a version that was
current at some moment of its call. A call that was not answered, or with a 503, may have been done or not.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter

# A head is read with the newest entries of its log, this many of them: docs/api.md, the envelope.
PAGE = 20

UNANSWERED = 0
UNAVAILABLE = 503


class Action(StrEnum):
    """What a call asks for."""

    READ = "read"
    HISTORY = "history"
    SAVE = "save"
    PROPOSE = "propose"
    ACCEPT = "accept"
    REJECT = "reject"
    UNDO = "undo"
    REDO = "redo"
    DISCARD = "discard"


CONTENT = frozenset({Action.SAVE, Action.ACCEPT})
WRITES = CONTENT | {Action.UNDO, Action.REDO}


class Rule(StrEnum):
    """What a history broke."""

    VERSION_TWICE = "two operations were told that they made one version"
    DUPLICATE = "an operation was done twice"
    UNACCOUNTED = "no operation that was accepted can have made the version"
    LOST_UPDATE = "an accepted change is gone, or was made over one that its client had not seen"
    MISSING = "an accepted operation is missing from the history"
    FOREIGN = "the history shows what was not accepted"
    TWO_CONTENTS = "one version was shown with two contents"
    WRONG_MOVE = "an undo or redo went elsewhere"
    STALE = "an answer shows a version that was replaced before its call began"
    BACKWARDS = "an answer shows an older version than a read that ended before its call began"
    FUTURE = "an answer shows a version that nobody had begun to make"
    GROUNDLESS = "a conflict was told of the version that the client had sent"
    REPLAY = "a repetition was answered otherwise"
    FINAL = "the last read does not show the last accepted content"
    UNREAD = "nobody read the draft after the last write"


Parts = Mapping[str, str]  # the members of a content, each with the hash of its value


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of an answer's history."""

    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class State:
    """What an answer tells about a draft.

    version: 0 when there is no draft
    content: None when the answer shows none; cursor, history: likewise
    whole: whether the history is all there is, and not its newest page
    """

    version: int
    content: Parts | None = None
    cursor: int | None = None
    history: tuple[Listed, ...] | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request over the wire, and its answer.

    operation: what it is a part of; a request that is sent again, by whomever, belongs to one operation
    started_s, ended_s: one clock for all clients; an unanswered call ends when its client gave it up
    status: 0 when no answer was awaited
    state: None when the answer tells nothing about the draft
    answer: hash of the answer's body and entity tag
    expected: the version in `If-Match`; None without one, or with `*`
    sent: the parts that must be there in what the operation wrote
    touched: the parts that it may have changed, those sent and those that follow from them
    unchanged: whether the answer says that nothing had to be written
    """

    client: str
    draft: str
    operation: str
    action: Action
    started_s: float
    ended_s: float
    status: int
    state: State | None = None
    code: str = ""
    answer: str = ""
    expected: int | None = None
    sent: Parts = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    keyed: bool = False
    replayed: bool = False
    unchanged: bool = False

    @property
    def wrote(self) -> bool:
        """Whether the answer says that its version was made by this operation."""
        return self.status == 200 and self.action in WRITES and not self.unchanged

    @property
    def version(self) -> int:
        """The version in the answer, which has one."""
        assert self.state
        return self.state.version

    @property
    def uncertain(self) -> bool:
        """Whether the call may have been done, and its client was not told."""
        return self.status in (UNANSWERED, UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot be, with the calls that show it."""

    rule: Rule
    draft: str
    detail: str

    def __str__(self) -> str:
        return f"{self.draft}: {self.rule}: {self.detail}"


def check(calls: Iterable[Call]) -> list[Finding]:
    """Everything that the recorded calls of any drafts show to be wrong; nothing when they are as they must be."""
    by_draft: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_draft[call.draft].append(call)
    return [found for draft, its in by_draft.items() for found in _History(draft, its).findings()]


def versions_made(calls: Iterable[Call]) -> int:
    """How many entries the accepted calls say that they wrote."""
    return len({(call.draft, call.version) for call in calls if call.wrote})


@dataclass(slots=True)
class _Operation:
    calls: list[Call]

    @property
    def first(self) -> Call:
        return self.calls[0]

    @property
    def started_s(self) -> float:
        return min(call.started_s for call in self.calls)

    @property
    def versions(self) -> set[int]:
        return {call.version for call in self.calls if call.wrote}

    @property
    def may_be_done(self) -> bool:
        """Whether it may have made a version that no answer of its own names."""
        if self.versions:
            return False
        if self.first.action is Action.DISCARD and any(call.status == 204 for call in self.calls):
            return True
        return self.first.action in WRITES | {Action.DISCARD} and any(call.uncertain for call in self.calls)


class _History:
    """The calls of one draft, and what follows from them."""

    def __init__(self, draft: str, calls: Sequence[Call]) -> None:
        self.draft = draft
        self.calls = sorted(calls, key=attrgetter("ended_s"))
        grouped: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            grouped[call.operation].append(call)
        self.operations = [_Operation(its) for its in grouped.values()]
        self.shown = [call for call in self.calls if call.state]
        self.last = max((call.version for call in self.shown), default=0)
        # Of each version: who made it, what it contains, which content entry is current in it.
        self.makers: dict[int, _Operation] = {}
        self.contents: dict[int, Parts] = {}
        self.cursors: dict[int, int] = {}

    def findings(self) -> list[Finding]:
        return [Finding(rule, self.draft, detail) for rule, detail in self._all()]

    def _all(self) -> Iterator[tuple[Rule, str]]:
        yield from self._claims()
        yield from self._one_content_each()
        yield from self._gaps()
        yield from self._updates()
        yield from self._moves_and_histories()
        yield from self._real_time()
        yield from self._refusals()
        yield from self._end()

    # --------------------------------------------------------------------------------------------- who made what

    def _claims(self) -> Iterator[tuple[Rule, str]]:
        for operation in self.operations:
            yield from _repetitions(operation)
            versions = operation.versions
            if len(versions) > 1:
                yield Rule.DUPLICATE, f"{_name(operation.first)} made the versions {sorted(versions)}"
            for version in versions:
                other = self.makers.setdefault(version, operation)
                if other is not operation:
                    yield Rule.VERSION_TWICE, f"{version}, {_name(other.first)} and {_name(operation.first)}"

    def _gaps(self) -> Iterator[tuple[Rule, str]]:
        """Versions that no answer claims were made by a discard, or by an operation whose answer was lost."""
        free = sorted((one for one in self.operations if one.may_be_done), key=attrgetter("started_s"))
        first_shown_s = self._first_shown()
        for version in range(1, self.last + 1):
            if version in self.makers:
                continue
            fitting = [one for one in free if self._fits(one, version, first_shown_s[version])]
            if not fitting:
                yield Rule.UNACCOUNTED, f"version {version} of {self.last}"
                continue
            # One that named the version before can have made no other.
            maker = min(fitting, key=lambda one: one.first.expected is None)
            self.makers[version] = maker
            free.remove(maker)
        self._discarded_last(free)

    def _discarded_last(self, free: Sequence[_Operation]) -> None:
        """A discard at the end has a version that no answer names."""
        reads = [call for call in self.shown if call.action is Action.READ]
        gone = bool(reads) and not reads[-1].version
        for one in free:
            sure = one.first.expected == self.last or (gone and one.first.expected is None)
            if one.first.action is Action.DISCARD and sure and self._fits(one, self.last + 1, math.inf):
                self.last += 1
                self.makers[self.last] = one
                return

    def _fits(self, operation: _Operation, version: int, shown_s: float) -> bool:
        first, content = operation.first, self.contents.get(version)
        if first.expected not in (None, version - 1) and not (first.expected == 0 and self._is_gone(version - 1)):
            return False
        if operation.started_s > shown_s:
            return False
        if first.action is Action.DISCARD:
            return content is None and version - 1 in self.makers and not self._is_gone(version - 1)
        return content is None or first.sent.items() <= content.items()

    def _first_shown(self) -> list[float]:
        """Of each version, when somebody first knew of it or of a later one."""
        times = [math.inf] * (self.last + 2)
        for call in self.shown:
            times[call.version] = min(times[call.version], call.ended_s)
        for version in range(self.last, -1, -1):
            times[version] = min(times[version], times[version + 1])
        return times

    def _is_gone(self, version: int) -> bool:
        """Whether there is no draft at a version: none was made yet, or it is the version of a discard."""
        return version == 0 or (version in self.makers and self.makers[version].first.action is Action.DISCARD)

    # ------------------------------------------------------------------------------------------------- contents

    def _one_content_each(self) -> Iterator[tuple[Rule, str]]:
        of_hash: dict[str, Parts] = {}
        # What the maker was told comes first, so that a later reader is the one who is wrong.
        for call in sorted(self.shown, key=lambda call: not call.wrote):
            state = call.state
            if state is None or not state.version:
                continue
            if state.content is not None and self.contents.setdefault(state.version, state.content) != state.content:
                yield Rule.TWO_CONTENTS, f"version {state.version}, in {_name(call)}"
            if state.cursor is not None and self.cursors.setdefault(state.version, state.cursor) != state.cursor:
                yield Rule.TWO_CONTENTS, f"version {state.version} has two cursors, in {_name(call)}"
            hashed = next((item.hash for item in state.history or () if item.version == state.cursor), None)
            if hashed and state.content is not None and of_hash.setdefault(hashed, state.content) != state.content:
                yield Rule.TWO_CONTENTS, f"one hash, {hashed}, in {_name(call)}"

    def _updates(self) -> Iterator[tuple[Rule, str]]:
        for version, maker in self.makers.items():
            call, content = maker.first, self.contents.get(version)
            if call.action not in WRITES:
                continue
            if call.expected is not None and call.expected != version - 1:
                # To have seen no draft is to have seen the discard before.
                if call.expected or not self._is_gone(version - 1):
                    yield Rule.LOST_UPDATE, f"{_name(call)} had seen {call.expected} and made {version}"
                continue
            if call.action not in CONTENT or content is None:
                continue
            if not call.sent.items() <= content.items():
                yield Rule.LOST_UPDATE, f"{_name(call)} is not in version {version}, which it made"
            before = {} if self._is_gone(version - 1) else self.contents.get(version - 1)
            if before and (changed := _changed(before, content) - call.touched):
                yield Rule.LOST_UPDATE, f"{_name(call)} changed {sorted(changed)} too, in version {version}"

    def _moves_and_histories(self) -> Iterator[tuple[Rule, str]]:
        """Do what the makers did, version by version, and compare it with what was shown."""
        shown: dict[int, list[Call]] = defaultdict(list)
        for call in self.shown:
            if call.state and call.state.history is not None:
                shown[call.version].append(call)
        tree, hashes = _Tree(), dict[int, str]()
        for version in range(1, self.last + 1):
            if version not in self.makers:
                return  # Told already; what came after it cannot be known.
            call = self.makers[version].first
            if not tree.follow(version, call.action):
                yield Rule.WRONG_MOVE, f"{_name(call)} had nowhere to go, in version {version}"
                return
            if self.cursors.get(version, tree.cursor) != tree.cursor:
                yield Rule.WRONG_MOVE, f"version {version} is at {self.cursors[version]}, not {tree.cursor}"
            elif self._differ(version, tree.cursor):
                yield Rule.WRONG_MOVE, f"version {version} does not show the content of {tree.cursor}"
            for reader in shown[version]:
                yield from _listing(reader, tree.contents, hashes)

    def _differ(self, version: int, other: int) -> bool:
        return version in self.contents and self.contents[version] != self.contents.get(other, self.contents[version])

    # ------------------------------------------------------------------------------------------------ real time

    def _real_time(self) -> Iterator[tuple[Rule, str]]:
        gone = [version for version in range(self.last + 1) if self._is_gone(version)]
        known = _Known()
        for call in self.shown:
            floor, witness = known.before(call.started_s)
            version = call.version
            if not version:
                # There is no draft: at the first discard that is not older than what was known.
                at = bisect_left(gone, floor)
                version = gone[at] if at < len(gone) else self.last + 1
            if not call.replayed:
                yield from self._moment(call, version, floor, witness)
            known.add(call, min(version, self.last))

    def _moment(self, call: Call, version: int, floor: int, witness: Call | None) -> Iterator[tuple[Rule, str]]:
        """Whether a version was current at some moment of a call, given what was known before it."""
        if version > self.last:
            yield Rule.STALE, f"{_name(call)} found no draft after version {floor} was known, and none was discarded"
        elif version < floor and witness:
            rule = Rule.STALE if witness.wrote else Rule.BACKWARDS
            yield rule, f"{_name(call)} shows {version}, after {_name(witness)} showed {floor}"
        elif version in self.makers and self.makers[version].started_s > call.ended_s:
            yield Rule.FUTURE, f"{_name(call)} shows {version}"

    def _refusals(self) -> Iterator[tuple[Rule, str]]:
        for call in self.shown:
            if call.code == "version_conflict" and call.version and call.version == call.expected:
                yield Rule.GROUNDLESS, f"{_name(call)} at {call.version}"

    def _end(self) -> Iterator[tuple[Rule, str]]:
        writes = [call for call in self.calls if call.action in WRITES | {Action.DISCARD}]
        over_s = max((call.ended_s for call in writes), default=-math.inf)
        final = [call for call in self.shown if call.action is Action.READ and call.started_s >= over_s]
        if not final:
            yield Rule.UNREAD, f"after {len(writes)} writes"
        gone = self._is_gone(self.last)
        for call in final:
            state = call.state
            assert state
            if state.version != (0 if gone else self.last):
                yield Rule.FINAL, f"{_name(call)} shows {state.version}, not {self.last}"
            elif not gone and state.content != self.contents.get(self.last):
                yield Rule.FINAL, f"{_name(call)} shows another content of {self.last}"


@dataclass(slots=True)
class _Tree:
    """What undo and redo are to do: docs/api.md, Undo, redo, reset."""

    cursor: int = 0
    parents: dict[int, int] = field(default_factory=dict)
    undone: list[int] = field(default_factory=list)

    @property
    def contents(self) -> list[int]:
        """The content entries since the last discard, oldest first."""
        return list(self.parents)

    def follow(self, version: int, action: Action) -> bool:
        """Do what made a version; False when it cannot be done."""
        match action:
            case Action.UNDO:
                if not self.parents.get(self.cursor):
                    return False
                self.undone.append(self.cursor)
                self.cursor = self.parents[self.cursor]
            case Action.REDO:
                if not self.undone:
                    return False
                self.cursor = self.undone.pop()
            case Action.DISCARD:
                self.cursor, self.parents, self.undone = 0, {}, []
            case _:
                self.parents[version] = self.cursor
                self.cursor, self.undone = version, []
        return True


class _Known:
    """The newest version that had been told to anybody by a moment."""

    def __init__(self) -> None:
        self._ended_s: list[float] = []
        self._newest: list[tuple[int, Call]] = []

    def before(self, moment_s: float) -> tuple[int, Call | None]:
        at = bisect_left(self._ended_s, moment_s)
        return self._newest[at - 1] if at else (0, None)

    def add(self, call: Call, version: int) -> None:
        """Add a call; they come in the order of their ends."""
        told = version, call
        # Of those that tell the same, a write counts before a read: it is the stronger witness.
        if self._newest and (version, call.wrote) <= (self._newest[-1][0], self._newest[-1][1].wrote):
            told = self._newest[-1]
        self._ended_s.append(call.ended_s)
        self._newest.append(told)


def _repetitions(operation: _Operation) -> Iterator[tuple[Rule, str]]:
    """One operation has one answer, and all but one of those who got it are told that it is a repetition."""
    done = [call for call in operation.calls if call.keyed and call.status in (200, 204)]
    if len({(call.status, call.answer) for call in done}) > 1:
        yield Rule.REPLAY, f"{_name(operation.first)} in {len(done)} answers"
    if sum(not call.replayed for call in done) > 1:
        yield Rule.DUPLICATE, f"{_name(operation.first)} was no repetition more than once"


def _changed(before: Parts, after: Parts) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _listing(call: Call, contents: Sequence[int], hashes: dict[int, str]) -> Iterator[tuple[Rule, str]]:
    """Compare the history in an answer with the content entries that were accepted up to its version."""
    assert call.state
    assert call.state.history is not None
    listed = [item.version for item in call.state.history]
    if any(newer <= older for newer, older in pairwise(listed)):
        yield Rule.DUPLICATE, f"{_name(call)} lists {listed}"
    since = 0 if call.state.whole else call.version - PAGE
    if missing := {version for version in contents if version > since} - set(listed):
        yield Rule.MISSING, f"{sorted(missing)} in the history of {_name(call)}"
    if foreign := set(listed) - set(contents):
        yield Rule.FOREIGN, f"{sorted(foreign)} in the history of {_name(call)}"
    for item in call.state.history:
        if hashes.setdefault(item.version, item.hash) != item.hash:
            yield Rule.TWO_CONTENTS, f"{item.version} has two hashes in the history, in {_name(call)}"


def _name(call: Call) -> str:
    return (
        f"{call.action} {call.operation} by {call.client} ({call.started_s:.4f} to {call.ended_s:.4f}, {call.status})"
    )
