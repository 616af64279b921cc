"""Every refusal that the service can answer with, as data.

Classes carry what a client needs to act, never an HTTP status and never text from inside; `draftkeep.http.problems`
holds the one table from class to status, code and wording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one place of a body.

    pointer: JSON pointer (RFC 6901) to the place; `code` is stable; `message` is for people.
    """

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What a draft holds now, as told to a client whose precondition failed.

    version: 0 when there is no draft; every other field is None then.
    content: canonical JSON bytes; seen_content: that of the caller's version, None when that is unknown, 0, or a list.
    disjoint: whether what the caller sent could be merged with what changed since; None when that is not known.
    """

    version: int
    updated_at_ms: int | None = None
    updated_by: str | None = None
    actor: str | None = None
    operation: str | None = None
    content: bytes | None = None
    seen_content: bytes | None = None
    disjoint: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a content with its values: in the base, now, and as proposed.

    name: a field of a form, or a JSON pointer; a value is JSON, or ABSENT (`draftkeep.merging`) where there is none
    """

    name: str
    base: Any
    proposed: Any
    current: Any = None


class DraftkeepError(Exception):
    """The root of all refusals."""


class MalformedJson(DraftkeepError):
    """The body is not one JSON object in UTF-8. `reason` names the place."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class MalformedHeader(DraftkeepError):
    """A request header cannot be read."""

    def __init__(self, header: str, reason: str) -> None:
        self.header = header
        self.reason = reason


class MalformedQuery(DraftkeepError):
    """A query parameter cannot be read."""

    def __init__(self, parameter: str, reason: str) -> None:
        self.parameter = parameter
        self.reason = reason


class Unauthenticated(DraftkeepError):
    """The event carries no verified principal."""


class NotFound(DraftkeepError):
    """No such route or draft, or none that the caller may know of."""


class ContentTooLarge(DraftkeepError):
    """A body, or its canonical form, is over the published limit in bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes


class UnsupportedMediaType(DraftkeepError):
    """A body in another media type, charset or encoding than JSON in UTF-8."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class InvalidFields(DraftkeepError):
    """Fields of a body are wrong.

    problems: those that were found, of which the first 100 are kept; total: how many there are, where it is more
    """

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        self.total = len(problems) if total is None else total


class NestingTooDeep(DraftkeepError):
    """More containers inside each other than the published limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit


class NumberOutOfRange(DraftkeepError):
    """A number that is neither a double nor an integer of at most 300 digits."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


class PreconditionRequired(DraftkeepError):
    """The write needs an If-Match and has none."""

    def __init__(self, current_version: int) -> None:
        self.current_version = current_version


class VersionConflict(DraftkeepError):
    """The caller's version is not the current one."""

    def __init__(self, current: CurrentState) -> None:
        self.current = current


class DraftExists(DraftkeepError):
    """The caller asked for a new draft, and there is one with another content."""

    def __init__(self, current: CurrentState) -> None:
        self.current = current


class NothingToUndo(DraftkeepError):
    """The cursor is at the draft's first content."""

    def __init__(self, current_version: int) -> None:
        self.current_version = current_version


class NothingToRedo(DraftkeepError):
    """No undo stands to be taken back."""

    def __init__(self, current_version: int) -> None:
        self.current_version = current_version


class OperationKeyReused(DraftkeepError):
    """The operation key was used for another request."""


class KeysDiffer(DraftkeepError):
    """The body and the header name two operation keys."""


class UnknownEntry(DraftkeepError):
    """The draft has no content entry of this number."""

    def __init__(self, seq_no: int) -> None:
        self.seq_no = seq_no


class MergeConflict(DraftkeepError):
    """What was sent cannot be merged: the draft changed at the same places since the version that it was made of.

    base_version: that version; places: as of a `ProposalConflict`, what was sent is what is proposed
    """

    def __init__(self, current: CurrentState, base_version: int, places: Sequence[Place]) -> None:
        self.current = current
        self.base_version = base_version
        self.places = tuple(places)


class NotAProposal(DraftkeepError):
    """The operation key is that of a request that proposed nothing."""


class AlreadyDecided(DraftkeepError):
    """The proposal was decided otherwise before.

    accepted: the verdict; fields: those accepted, None for all; decided_at_ms, decided_by, actor: when and by whom
    """

    def __init__(
        self, *, accepted: bool, fields: Sequence[str] | None, decided_at_ms: int, decided_by: str, actor: str | None
    ) -> None:
        self.accepted = accepted
        self.fields = fields
        self.decided_at_ms = decided_at_ms
        self.decided_by = decided_by
        self.actor = actor


class ProposalConflict(DraftkeepError):
    """The draft changed since the proposal was made, at the same places.

    places: what both changed, with the value in the proposal's base, now, and as proposed
    """

    def __init__(self, current_version: int, base_version: int, places: Sequence[Place]) -> None:
        self.current_version = current_version
        self.base_version = base_version
        self.places = tuple(places)


class DraftDiscarded(DraftkeepError):
    """The draft that the operation was about was discarded since."""


class Forbidden(DraftkeepError):
    """The caller lacks the group that may write a tenant's shared resources."""


class IdTaken(DraftkeepError):
    """Another resource of the type has this id."""

    def __init__(self, type_: str, id_: str) -> None:
        self.type = type_
        self.id = id_


class Unavailable(DraftkeepError):
    """The store cannot answer now; the same request may be sent again."""


class Throttled(Unavailable):
    """DynamoDB refused for load, and went on refusing through the SDK's retries."""


class Unreachable(Unavailable):
    """DynamoDB gave no answer in time. Whether a write was done is not known."""


class Contended(Unavailable):
    """Other writers kept winning for longer than a request may take."""


class CorruptSnapshot(DraftkeepError):
    """A stored content cannot be restored: a keyframe is missing, or the bytes do not fit their hash."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place
