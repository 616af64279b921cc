"""The one table from error to answer: status, code and wording of every refusal. Source: RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from draftkeep import errors
from draftkeep.changes import pointer
from draftkeep.differences import differences
from draftkeep.errors import CurrentState, DraftkeepError, MergeConflict, ProposalConflict
from draftkeep.http.answers import PROBLEM, Answer, entity_tag, json_text
from draftkeep.http.naming import Naming, View
from draftkeep.http.places import listed_places

_RETRY_AFTER_S = "1"


def _nothing(_: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class _Row:
    """How one class of error is answered.

    detail: the sentence for people; members: what else the body carries, in camelCase; headers: beside the usual ones
    """

    status: int
    code: str
    title: str
    detail: Callable[[Any], str]
    members: Callable[[Any], dict[str, Any]] = _nothing
    headers: Callable[[Any], dict[str, str]] = _nothing


def _current_version(error: Any) -> dict[str, Any]:
    return {"currentVersion": error.current_version}


def _current_state(error: Any) -> dict[str, Any]:
    current: CurrentState = error.current
    return {
        "currentVersion": current.version,
        "updatedAt": current.updated_at_ms,
        "updatedBy": current.updated_by,
        "actor": current.actor,
        "operation": current.operation,
        **({} if current.disjoint is None else {"disjoint": current.disjoint}),
    }


def _changed(current: CurrentState, view: View) -> dict[str, Any] | None:
    if current.content is None or current.seen_content is None:
        return None
    before, after = (json.loads(view.present(text)) for text in (current.seen_content, current.content))
    found = differences(before, after, view.rule_of)
    return {"pointers": list(dict.fromkeys(pointer(one.at) for one in found.listed)), "total": found.total}


def _current_tag(error: Any) -> dict[str, str]:
    return entity_tag(error.current.version) if error.current.version else {}


def _fields(error: Any) -> dict[str, Any]:
    return {"errors": [asdict(problem) for problem in error.problems], "total": error.total}


def _retry(_: Any) -> dict[str, str]:
    return {"Retry-After": _RETRY_AFTER_S}


_MISSING = "There is nothing here, or nothing that you may see."
# Also after a throttle or a collision: what failed then may have been a repetition of a write whose answer was lost.
_AGAIN = "Send the same request again. A write may have been done; an identical content changes nothing."

TABLE: Mapping[type[DraftkeepError], _Row] = {
    errors.MalformedJson: _Row(400, "malformed_json", "The body cannot be read", lambda e: e.reason),
    errors.MalformedHeader: _Row(
        400, "malformed_header", "A header cannot be read", lambda e: f"{e.header}: {e.reason}"
    ),
    errors.MalformedQuery: _Row(
        400, "malformed_query", "A query parameter cannot be read", lambda e: f"{e.parameter}: {e.reason}"
    ),
    errors.Unauthenticated: _Row(
        401,
        "unauthenticated",
        "No valid token",
        lambda _: "Send a token that names a tenant and a user.",
        headers=lambda _: {"WWW-Authenticate": "Bearer"},
    ),
    errors.Forbidden: _Row(
        403, "forbidden", "Not allowed", lambda _: "Writing shared resources needs the group catalog-admin."
    ),
    errors.IdTaken: _Row(
        409, "id_taken", "The id is taken", lambda e: f"Another resource of the type {e.type} has this id."
    ),
    errors.NotFound: _Row(404, "not_found", "Not found", lambda _: _MISSING),
    errors.VersionConflict: _Row(
        409,
        "version_conflict",
        "The draft has moved on",
        lambda e: f"The draft is at version {e.current.version} now." if e.current.version else "There is no draft.",
        _current_state,
        _current_tag,
    ),
    errors.DraftExists: _Row(
        409,
        "draft_exists",
        "There is a draft already",
        lambda e: f"The draft is at version {e.current.version}.",
        _current_state,
        _current_tag,
    ),
    errors.AlreadyDecided: _Row(
        409,
        "already_decided",
        "The proposal is decided",
        lambda e: f"It was {'accepted' if e.accepted else 'rejected'} before, and a decision stands.",
        lambda e: {
            "accepted": e.accepted,
            "acceptedFields": None if e.fields is None else list(e.fields),
            "decidedAt": e.decided_at_ms,
            "decidedBy": e.decided_by,
            "actor": e.actor,
        },
    ),
    errors.NotAProposal: _Row(
        409, "not_a_proposal", "Nothing was proposed", lambda _: "The operation key is that of another request."
    ),
    errors.ProposalConflict: _Row(
        409,
        "proposal_conflict",
        "The draft has changed at the same places",
        lambda e: (
            f"Made of version {e.base_version}; the draft is at version {e.current_version} now. "
            "Send the ack with If-Match to apply it over what is there."
        ),
        lambda e: {"currentVersion": e.current_version, "baseVersion": e.base_version},
        lambda e: entity_tag(e.current_version),
    ),
    errors.MergeConflict: _Row(
        409,
        "merge_conflict",
        "Both changed the same places",
        lambda e: f"Made of version {e.base_version}; the draft is at version {e.current.version} now. See overlaps.",
        lambda e: _current_state(e) | {"baseVersion": e.base_version},
        _current_tag,
    ),
    errors.UnknownEntry: _Row(
        422, "unknown_entry", "No such content", lambda e: f"The draft has no content entry {e.seq_no}."
    ),
    errors.DraftDiscarded: _Row(
        409, "draft_discarded", "The draft was discarded", lambda _: "It was discarded since, with its history."
    ),
    errors.OperationKeyReused: _Row(
        422,
        "operation_key_reused",
        "The operation key was used before",
        lambda _: "It belongs to another request; take a new key for each request, and the same one to send it again.",
    ),
    errors.KeysDiffer: _Row(
        400,
        "operation_keys_differ",
        "Two operation keys",
        lambda _: "The Idempotency-Key header and the body name different ones; send one of them, or the same twice.",
    ),
    errors.ContentTooLarge: _Row(
        413, "content_too_large", "Too large", lambda e: f"A content has at most {e.limit_bytes} bytes."
    ),
    errors.UnsupportedMediaType: _Row(415, "unsupported_media_type", "Not JSON in UTF-8", lambda e: e.reason),
    errors.InvalidFields: _Row(
        422, "invalid_fields", "Fields are wrong", lambda e: f"{e.total} to mend; see errors.", _fields
    ),
    errors.NestingTooDeep: _Row(
        422,
        "nesting_too_deep",
        "Nested too deeply",
        lambda e: f"At most {e.limit} containers inside each other.",
    ),
    errors.NumberOutOfRange: _Row(
        422,
        "number_out_of_range",
        "A number is out of range",
        lambda e: f"{e.literal} is neither a double nor an integer of at most 300 digits.",
    ),
    errors.NothingToUndo: _Row(
        422,
        "nothing_to_undo",
        "Nothing to undo",
        lambda _: "This is the draft's first content.",
        _current_version,
    ),
    errors.NothingToRedo: _Row(
        422,
        "nothing_to_redo",
        "Nothing to redo",
        lambda _: "No undo stands to be taken back.",
        _current_version,
    ),
    errors.PreconditionRequired: _Row(
        428,
        "precondition_required",
        "Say which version you saw",
        lambda _: "Send If-Match with the version that you last saw.",
        _current_version,
    ),
    errors.Throttled: _Row(503, "throttled", "Too busy", lambda _: _AGAIN, headers=_retry),
    errors.Unreachable: _Row(
        503,
        "unreachable",
        "No answer from the store",
        lambda _: _AGAIN,
        headers=_retry,
    ),
    errors.Contended: _Row(503, "contended", "Too many writers at once", lambda _: _AGAIN, headers=_retry),
    errors.CorruptSnapshot: _Row(
        500,
        "internal_error",
        "Something failed inside",
        lambda _: "Quote the request id when you report this.",
    ),
}

_INTERNAL = TABLE[errors.CorruptSnapshot]


def problem_answer(error: Exception, naming: Naming, view: View, request_id: str) -> Answer:
    """Answer an error; one that is not in the table is an internal one, of which nothing is told.

    view: what a client is shown of a stored content
    """
    row = TABLE.get(type(error), _INTERNAL)  # type: ignore[arg-type]
    members = {
        "type": f"/problems/{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": row.detail(error),
        "instance": request_id,
        "code": row.code,
        **naming.spell(row.members(error)),
    }
    if isinstance(error, ProposalConflict | MergeConflict):
        name = "conflicts" if isinstance(error, ProposalConflict) else "overlaps"
        members[name] = listed_places(error.places, naming, current=True)
        members |= naming.spell({f"{name}Total": len(error.places)})
    current = getattr(error, "current", None)
    content: dict[str, bytes | None] = {}
    if isinstance(current, CurrentState):
        members["changed"] = _changed(current, view)
        content[naming.content] = None if current.content is None else view.present(current.content)
    return Answer(row.status, json_text(members, content), row.headers(error), PROBLEM)


def is_internal(error: Exception) -> bool:
    """Whether an error is a defect, to be logged with its trace."""
    return TABLE.get(type(error), _INTERNAL) is _INTERNAL  # type: ignore[arg-type]
