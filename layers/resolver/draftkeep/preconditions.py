"""The table of preconditions: what If-Match and If-None-Match decide. Pure.

Source: RFC 9110 section 13.1; docs/api.md, "Preconditions" (If-Match carries the version last seen)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a client said about the version it saw.

    versions: the numbers in If-Match (a tag that is no number is left out); None without the header.
    is_list: If-Match named several tags.
    any_version: `If-Match: *`; only_new: `If-None-Match: *`.
    """

    versions: frozenset[int] | None = None
    any_version: bool = False
    only_new: bool = False
    is_list: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the client said nothing."""
        return self.versions is None and not self.any_version and not self.only_new

    @property
    def single_version(self) -> int | None:
        """The version that the client saw, when it named exactly one."""
        return next(iter(self.versions)) if self.versions and not self.is_list else None

    def matches(self, version: int) -> bool:
        """Whether If-Match lets the current version pass (0: there is no draft)."""
        if self.any_version:
            return version > 0
        return self.versions is not None and version in self.versions


class Verdict(Enum):
    """What a precondition says to a write."""

    PROCEED = auto()
    UNCHANGED = auto()
    REQUIRED = auto()
    CONFLICT = auto()
    EXISTS = auto()


def judge_save(precondition: Precondition, version: int, *, identical: bool) -> Verdict:
    """Judge a save of a whole content.

    version: the current one, 0 when there is no draft; identical: the content is the head's already
    Source: docs/api.md, "Preconditions"
    """
    if version == 0:
        if precondition.is_empty or precondition.only_new or precondition.matches(0):
            return Verdict.PROCEED
        return Verdict.CONFLICT
    # Before any number: the retry of a save whose answer was lost carries the old version and must succeed.
    if identical:
        return Verdict.UNCHANGED
    if precondition.is_empty:
        return Verdict.REQUIRED
    if precondition.only_new:
        return Verdict.EXISTS
    return Verdict.PROCEED if precondition.matches(version) else Verdict.CONFLICT


def judge_patch(precondition: Precondition, version: int, *, identical: bool) -> Verdict:
    """Judge a patch: without a precondition it applies to whatever is there, so that no field of anyone is lost."""
    if version > 0 and precondition.is_empty:
        return Verdict.UNCHANGED if identical else Verdict.PROCEED
    return judge_save(precondition, version, identical=identical)


def judge_move(precondition: Precondition, version: int, *, keyed: bool = False) -> Verdict:
    """Judge an undo, redo or reset of an existing draft: it must say which version it moves.

    keyed: or have an operation key, which keeps a move that is sent again from moving twice
    """
    if precondition.versions is None and not precondition.any_version:
        return Verdict.PROCEED if keyed and not precondition.only_new else Verdict.REQUIRED
    return Verdict.PROCEED if precondition.matches(version) else Verdict.CONFLICT


def judge_proposal(precondition: Precondition, version: int, first: int) -> tuple[Verdict, int]:
    """Judge the proposal of a whole content: it must say which version it was made of, not that this is current.

    first: the first version of the draft that there is
    Returns: the verdict, and the version that the content was made of, 0 for none
    """
    if version == 0:
        return judge_save(precondition, 0, identical=False), 0
    if precondition.is_empty:
        return Verdict.REQUIRED, 0
    if precondition.only_new:
        return Verdict.EXISTS, 0
    if precondition.any_version:
        return Verdict.PROCEED, version
    known = [seen for seen in precondition.versions or () if first <= seen <= version]
    return (Verdict.PROCEED, max(known)) if known else (Verdict.CONFLICT, 0)


def judge_discard(precondition: Precondition, version: int, *, guarded: bool = False, keyed: bool = False) -> Verdict:
    """Judge the discard of an existing draft: with If-Match only that version, else whatever is there.

    guarded: a version must be said, as the kinds do whose drafts are found by id alone; or, `keyed`, an operation key
    """
    if precondition.only_new:
        return Verdict.EXISTS
    if precondition.versions is None and not precondition.any_version:
        return Verdict.REQUIRED if guarded and not keyed else Verdict.PROCEED
    return Verdict.PROCEED if precondition.matches(version) else Verdict.CONFLICT
