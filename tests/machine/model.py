"""The model: a draft is a list of entries, a path of contents, a stack of undos, and the proposals that wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Content = dict[str, Any]

# What a precondition may say; a number stands for `If-Match: <number>`.
NOTHING, ANY, NEW = "nothing", "any", "new"
Said = int | str

# What a judgement may be, beside the code of a refusal.
GO, SAME = "go", "same"
STATUS = {
    GO: 200,
    SAME: 200,
    "not_found": 404,
    "version_conflict": 409,
    "draft_exists": 409,
    "merge_conflict": 409,
    "proposal_conflict": 409,
    "already_decided": 409,
    "not_a_proposal": 409,
    "draft_discarded": 409,
    "invalid_fields": 422,
    "unknown_entry": 422,
    "nothing_to_undo": 422,
    "nothing_to_redo": 422,
    "operation_key_reused": 422,
    "precondition_required": 428,
}

_PAGE = 20


@dataclass
class Entry:
    """One record of a log: what it did, and the content entry whose content it made current.

    time: epoch ms, as the server told it; proposed_by: of an accepted proposal
    """

    version: int
    operation: str
    cursor: int
    content: Content
    parent: int | None
    branch: int
    time: int = 0
    pinned: bool = False
    label: str | None = None
    proposed_by: str | None = None

    @property
    def is_content(self) -> bool:
        return self.cursor == self.version


@dataclass
class Draft:
    """A draft of one owner: `log` since it was begun, `path` from its first content to the current one."""

    empty: Content
    last: int = 0
    log: list[Entry] = field(default_factory=list)
    path: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    ended: int = 0

    @property
    def version(self) -> int:
        return self.log[-1].version if self.log else 0

    @property
    def first(self) -> int:
        return self.log[0].version

    @property
    def content(self) -> Content:
        """What is current; the empty content when there is no draft."""
        return self.log[-1].content if self.log else self.empty

    @property
    def contents(self) -> list[Entry]:
        """The content entries, newest first."""
        return [entry for entry in reversed(self.log) if entry.is_content]

    def entry(self, version: int) -> Entry:
        return self.log[version - self.first]

    def has(self, version: int) -> bool:
        return bool(self.log) and self.first <= version <= self.version

    def shown_history(self, page: int = _PAGE) -> list[Entry]:
        """The content entries among the newest ones, or else the current one."""
        newest = [entry for entry in reversed(self.log[-page:]) if entry.is_content]
        return newest[:_PAGE] or [self.entry(self.path[-1])]

    def write(self, operation: str, content: Content, proposed_by: str | None = None) -> None:
        """Add a content."""
        version = self.last + 1
        parent = self.path[-1] if self.path else None
        branch = version if self.undone or parent is None else self.entry(parent).branch
        self.path, self.undone = [*self.path, version], []
        self._append(Entry(version, operation, version, content, parent, branch, proposed_by=proposed_by))

    def undo(self) -> None:
        self.undone.append(self.path.pop())
        self._move("undo")

    def redo(self) -> None:
        self.path.append(self.undone.pop())
        self._move("redo")

    def discard(self) -> None:
        """End the draft; its tombstone takes a version."""
        self.last += 1
        self.ended = self.last
        self.log, self.path, self.undone = [], [], []

    def at(self, time: int) -> int | None:
        """The content entry that was current at a time."""
        return next((entry.cursor for entry in reversed(self.log) if entry.time <= time), None)

    def _move(self, operation: str) -> None:
        target = self.entry(self.path[-1])
        self._append(Entry(self.last + 1, operation, target.version, target.content, target.parent, target.branch))

    def _append(self, entry: Entry) -> None:
        self.log.append(entry)
        self.last = entry.version


@dataclass
class Decision:
    """How a proposal was decided: `fields` None for all; `answer` is given again to the same ack."""

    accepted: bool
    fields: frozenset[str] | None
    answer: Any


@dataclass
class Proposal:
    """A change that waits: what it was made of, and the last version when it was made."""

    key: str
    draft: Draft
    draft_id: str
    base_version: int
    base: Content
    proposed: Content
    seen: int
    decision: Decision | None = None

    @property
    def is_dead(self) -> bool:
        """Whether its draft was discarded since."""
        return self.draft.ended > self.seen

    @property
    def is_pending(self) -> bool:
        return self.decision is None and not self.is_dead


@dataclass(frozen=True)
class Request:
    """A request that can be sent again: the key comes in a header or in the body."""

    method: str
    path: str
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Done:
    """A keyed request that was done, and its answer."""

    key: str
    request: Request
    answer: Any


def judge_save(said: Said, version: int, *, identical: bool) -> str:
    """A save of a whole content; version 0: there is no draft."""
    if version == 0:
        return GO if said in (NOTHING, NEW, 0) else "version_conflict"
    if identical:
        return SAME
    if said == NOTHING:
        return "precondition_required"
    if said == NEW:
        return "draft_exists"
    return GO if said in (ANY, version) else "version_conflict"


def judge_patch(said: Said, version: int, *, identical: bool = False) -> str:
    """A patch of a form, a proposal of one, an ack: nothing said goes over whatever is there."""
    if said == NOTHING:
        return SAME if identical and version else GO
    return judge_save(said, version, identical=identical)


def judge_move(said: Said, version: int, *, keyed: bool) -> str:
    """A move of a draft that exists."""
    if said == NEW or (said == NOTHING and not keyed):
        return "precondition_required"
    return GO if said in (NOTHING, ANY, version) else "version_conflict"


def judge_discard(said: Said, version: int, *, free: bool) -> str:
    """A discard; free: nothing needs to be said."""
    if version == 0:
        return GO
    if said == NEW:
        return "draft_exists"
    if said == NOTHING:
        return GO if free else "precondition_required"
    return GO if said in (ANY, version) else "version_conflict"


def judge_proposed_payload(said: Said, draft: Draft) -> str:
    """A proposal of an agent: the version that it was made of need not be the current one."""
    if not draft.log:
        return judge_save(said, 0, identical=False)
    if said == NOTHING:
        return "precondition_required"
    if said == NEW:
        return "draft_exists"
    return GO if said == ANY or (isinstance(said, int) and draft.has(said)) else "version_conflict"
