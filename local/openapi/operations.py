"""What the code does not say about an operation: its words, and which refusals it can give. One row an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ALWAYS = ("unauthenticated", "internal_error", "throttled", "unreachable")
_BODY = (
    "malformed_json",
    "malformed_header",
    "content_too_large",
    "unsupported_media_type",
    "nesting_too_deep",
    "number_out_of_range",
    "invalid_fields",
)
_WRITE = (*_BODY, "operation_keys_differ", "operation_key_reused", "contended")
_STATE = ("version_conflict", "draft_exists", "precondition_required", "draft_discarded")
_MOVE = (*_WRITE, "not_found", "version_conflict", "precondition_required", "draft_discarded")
_ACK = ("not_found", "already_decided", "not_a_proposal", "proposal_conflict")
_GROUP = (*_WRITE, "forbidden")


@dataclass(frozen=True)
class Words:
    """One operation.

    does: what it does, with `{kind}` where the kind is named
    answers: status -> the name of the answer's schema (`answers.py`), None for no body
    codes: the problem codes that it can give beside ALWAYS
    query, headers: names of parameters (`parameters.py`)
    body: the name of the request's schema, None when no body is read; needs_body: whether an empty one is refused
    tells: headers of a success beside the usual ones
    """

    summary: str
    does: str
    answers: Mapping[int, str | None]
    codes: tuple[str, ...]
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    body: str | None = None
    needs_body: bool = False
    tells: tuple[str, ...] = ()


_CONDITIONS = ("If-Match", "If-None-Match", "Idempotency-Key")
_STATED = (*_CONDITIONS, "Prefer")
_MOVED = ("ETag", "Idempotency-Replayed", "Preference-Applied")


def _move(summary: str, does: str, code: str | None, body: str = "Keyed", *, needs_body: bool = False) -> Words:
    codes = (*_MOVE, code) if code else _MOVE
    return Words(summary, does, {200: "Moved"}, codes, (), _STATED, body=body, needs_body=needs_body, tells=_MOVED)


_COMMON = {
    "undo": _move("Undo", "Make the content before the current one current.", "nothing_to_undo"),
    "redo": _move("Redo", "Take the newest undo back.", "nothing_to_redo"),
    "reset": _move("Reset", "Make the draft's first content current, as a new content that can be undone.", None),
    "restore": _move(
        "Restore", "Make an older content current, as a new content.", "unknown_entry", "Restore", needs_body=True
    ),
    "history": Words(
        "List the history",
        "Content entries, newest first, without their contents. A page may be short and yet have a `next`.",
        {200: "HistoryPage"},
        ("not_found", "malformed_query"),
        query=("limit:history", "before", "at"),
    ),
    "history_read": Words(
        "Read an entry", "One content entry with its content.", {200: "HistoryContent"}, ("not_found",)
    ),
    "annotate": Words(
        "Pin or label an entry",
        "A member that is absent stays as it is. Makes no new version.",
        {200: "HistoryEntry"},
        (*_WRITE, "not_found", "draft_discarded"),
        headers=("Idempotency-Key",),
        body="Annotation",
        tells=("Idempotency-Replayed",),
    ),
    "diff": Words(
        "Compare two versions",
        "What leads from one content to another, in the order of the document; at most 100 changes are listed.",
        {200: "Comparison"},
        ("not_found", "malformed_query"),
        query=("from", "to"),
    ),
    "proposals": Words(
        "List a draft's proposals",
        "Pending proposals of one draft, the oldest first.",
        {200: "Proposals"},
        ("not_found", "malformed_query"),
        query=("limit:drafts", "cursor"),
        tells=("Link",),
    ),
}

AGENT: Mapping[str, Words] = _COMMON | {
    "save": Words(
        "Autosave",
        "Make the body the draft's content; creates the draft. A content that is current already changes nothing. "
        "With `soft=true` it is proposed, not saved; with `merge=true` a stale save is merged where the changes are "
        "disjoint.",
        {200: "Saved"},
        (
            *(code for code in _WRITE if code != "operation_keys_differ"),
            *_STATE,
            "not_found",
            "malformed_query",
            "merge_conflict",
        ),
        query=("soft", "merge"),
        headers=_STATED,
        body="AgentPayload",
        needs_body=True,
        tells=_MOVED,
    ),
    "read": Words(
        "Read",
        "The draft's whole state. 204 when there is no draft.",
        {200: "Envelope", 204: None, 304: None},
        ("not_found", "malformed_header"),
        headers=("If-None-Match:read",),
        tells=("ETag",),
    ),
    "discard": Words(
        "Discard",
        "Discard the draft and its history; also when there is none.",
        {204: None},
        (*_WRITE, "not_found", "version_conflict", "draft_exists", "draft_discarded"),
        headers=_CONDITIONS,
        body="Keyed",
        tells=("Idempotency-Replayed",),
    ),
    "ack": Words(
        "Decide a proposal",
        "Accept or reject a proposal, which its operation key names. 204 when there is no draft after it.",
        {200: "Moved", 204: None},
        (*_WRITE, *_ACK, "version_conflict", "draft_exists", "draft_discarded"),
        headers=_STATED,
        body="Ack",
        needs_body=True,
        tells=_MOVED,
    ),
    "list": Words(
        "List drafts",
        "The caller's drafts of this agent, newest created first.",
        {200: "Drafts"},
        ("not_found", "malformed_query"),
        query=("limit:drafts", "cursor"),
        tells=("Link",),
    ),
}

FORM: Mapping[str, Words] = _COMMON | {
    "save": Words(
        "Create, patch, propose or decide",
        "Without `draft_id` a draft is created, with it patched: absent is unchanged, null clears. `soft: true` "
        "proposes the patch; `accept` with `idempotency_key` decides a proposal. Values are resolved to ids.",
        {200: "Answer"},
        (*_WRITE, *_ACK, "version_conflict", "draft_exists", "draft_discarded"),
        headers=_STATED,
        body="Patch",
        needs_body=True,
        tells=_MOVED,
    ),
    "read": Words(
        "Read",
        "The draft's whole state.",
        {200: "Envelope", 304: None},
        ("not_found", "malformed_header"),
        headers=("If-None-Match:read",),
        tells=("ETag",),
    ),
    "discard": Words(
        "Discard",
        "Discard the draft and its history; also when there is none. A draft that exists needs `If-Match` or an "
        "operation key.",
        {204: None},
        (*_WRITE, *_STATE, "not_found"),
        headers=_CONDITIONS,
        body="Keyed",
        tells=("Idempotency-Replayed",),
    ),
    "inbox": Words(
        "List proposals",
        "The caller's pending proposals of this kind, by draft.",
        {200: "Proposals"},
        ("malformed_query",),
        query=("limit:drafts", "cursor"),
        tells=("Link",),
    ),
    "list": Words(
        "List drafts",
        "The caller's drafts of this kind, newest created first. A page may be empty and yet have a next one.",
        {200: "Drafts"},
        ("malformed_query",),
        query=("limit:drafts", "cursor", "search"),
        tells=("Link",),
    ),
}

CATALOG: Mapping[str, Words] = {
    "catalog_list": Words(
        "List resources",
        "Rows in use, in the order of their values; long values are cut.",
        {200: "Rows"},
        ("not_found", "malformed_query"),
        query=("q", "scope", "limit:catalog", "cursor"),
        tells=("Link",),
    ),
    "catalog_create": Words(
        "Create a resource",
        "Create a shared row; 200 with the row that has the value already. Needs the group `catalog-admin`.",
        {200: "Row", 201: "Row"},
        (*_GROUP, "not_found", "id_taken"),
        headers=("Idempotency-Key",),
        body="NewRow",
        needs_body=True,
        tells=("Idempotency-Replayed",),
    ),
    "catalog_read": Words("Read a resource", "One row, archived or not.", {200: "Row"}, ("not_found",)),
    "catalog_archive": Words(
        "Archive a resource",
        "Take a shared row out of lists and of new selections. Needs the group `catalog-admin`.",
        {204: None},
        (*_GROUP, "not_found"),
        headers=("Idempotency-Key",),
        body="Keyed",
        tells=("Idempotency-Replayed",),
    ),
    "catalog_import": Words(
        "Import resources",
        "Create up to 500 shared rows of any types, each for itself. Needs the group `catalog-admin`.",
        {200: "Imported"},
        _GROUP,
        headers=("Idempotency-Key",),
        body="Import",
        needs_body=True,
        tells=("Idempotency-Replayed",),
    ),
}
