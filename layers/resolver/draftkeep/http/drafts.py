"""The routes that every kind of draft has: read, undo, redo, reset and discard; and the envelope they answer with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from draftkeep.errors import NotFound
from draftkeep.http.answers import Answer, entity_tag, json_text
from draftkeep.http.app import VIEW, App
from draftkeep.http.headers import is_unmodified
from draftkeep.http.naming import Naming, View
from draftkeep.http.operation_keys import REPLAYED, claim_of
from draftkeep.http.pages import decoded_cursor, next_link
from draftkeep.http.preferences import APPLIED
from draftkeep.http.requests import Request
from draftkeep.log import Listing
from draftkeep.model import Author, Draft, Entry, Kind
from draftkeep.operations import Claim
from draftkeep.preconditions import Precondition
from draftkeep.service.drafts import Drafts
from draftkeep.service.states import Outcome, State, Written

LIST_LIMIT = 25
_CURSOR = re.compile(r"[0-9]{15}#[A-Za-z0-9._~:@/-]{1,160}")


@dataclass(frozen=True, slots=True)
class Surface:
    """How one kind of draft appears over HTTP: what differs between kinds, as data.

    path: of one draft; separator: stands before a move's name (`:` or `/`); absent_status: of a read without a draft
    draft_of: the draft that a request names; address: the members that name a draft
    shows_key: whether answers carry an operation key
    derived: the members that follow from a content: its canonical bytes, and its value where it is at hand, else None
    view: how contents are shown and compared; guarded: whether a discard must say a version
    """

    kind: Kind
    naming: Naming
    path: str
    separator: str
    absent_status: int
    draft_of: Callable[[Request], Draft]
    address: Callable[[Draft], dict[str, Any]]
    derived: Callable[[bytes, Any], dict[str, Any]] = lambda _content, _value: {}
    view: View = VIEW
    guarded: bool = False
    shows_key: bool = False

    def identity(self, draft: Draft, key: str) -> dict[str, Any]:
        """The members that name a draft in its envelope, with the operation key of the request, or of the head."""
        return self.address(draft) | ({self.naming.operation_key: key} if self.shows_key else {})


def serve_draft(app: App, surface: Surface, drafts: Drafts) -> None:
    """Register the common routes of a kind."""

    @app.route("GET", surface.path, "read")
    def read(request: Request) -> Answer:
        draft = surface.draft_of(request)
        if_none_match = request.headers.get("if-none-match")
        is_unmodified(if_none_match, 0)  # an unreadable header is refused whether there is a draft or not
        try:
            state = drafts.read(draft)
        except NotFound:
            if surface.absent_status == 404:
                raise
            return Answer(surface.absent_status)
        request.notes["version"] = state.head.version
        if is_unmodified(if_none_match, state.head.version):
            return Answer(304, headers=entity_tag(state.head.version))
        return envelope(surface, state)

    @app.route("DELETE", surface.path, "discard")
    def discard(request: Request) -> Answer:
        draft = surface.draft_of(request)
        key = surface.naming.operation_key
        claim = claim_of(request, request.fields(key), key)
        precondition = request.precondition()
        done = drafts.discard(draft, request.principal.author, precondition, claim, guarded=surface.guarded)
        if done.version is not None:
            note(request, Outcome.DISCARDED, done.version, replayed=done.replayed)
        return Answer(204, headers=REPLAYED if done.replayed else {})

    for name, move in (("undo", drafts.undo), ("redo", drafts.redo), ("reset", drafts.reset)):
        app.route("POST", f"{surface.path}{surface.separator}{name}", name)(_moving(surface, move))


Move = Callable[[Draft, Author, Precondition, Claim | None], Written]


def _moving(surface: Surface, move: Move) -> Callable[[Request], Answer]:
    def serve(request: Request) -> Answer:
        draft = surface.draft_of(request)
        key = surface.naming.operation_key
        claim = claim_of(request, request.fields(key), key)
        precondition = request.precondition()
        result = move(draft, request.principal.author, precondition, claim)
        return written(request, surface, result, claim, minimal=request.takes_minimal())

    return serve


def written(
    request: Request,
    surface: Surface,
    result: Written,
    claim: Claim | None = None,
    *,
    minimal: bool,
    value: Any = None,
    **more: Any,
) -> Answer:
    """Answer a write with the envelope of the state after it, and note it for the log.

    minimal: without the content; value: the content of that state, where it is at hand
    """
    note(request, result.outcome, result.state.head.version, replayed=result.replayed)
    return envelope(surface, result.state, claim, value=value, minimal=minimal, replayed=result.replayed, **more)


def note(request: Request, outcome: Outcome, version: int, *, replayed: bool) -> None:
    """Note for the log what a request did; one that was done before did nothing."""
    request.notes |= {"outcome": "replayed" if replayed else outcome, "version": version}


def envelope(
    surface: Surface,
    state: State,
    claim: Claim | None = None,
    *,
    value: Any = None,
    minimal: bool = False,
    replayed: bool = False,
    **more: Any,
) -> Answer:
    """Answer with a draft's whole state.

    Members: the kind's identity, version, history cursor, what can be undone and redone, time, history, what follows
    from the content, `more`, and the content itself; at most 4 MiB, and some 100 KB beside it
    minimal: without the history and the content
    """
    head = state.head
    members = surface.identity(state.draft, claim.key if claim else head.key or head.attempt) | surface.naming.spell(
        {
            "version": head.version,
            "historyCursor": head.position.cursor,
            "canUndo": head.position.can_undo,
            "canRedo": head.position.can_redo,
            "updatedAt": head.created_at_ms,
        }
    )
    if not minimal:
        members["history"] = [listed_entry(surface.naming, entry) for entry in state.history]
    members |= surface.derived(state.content, value) | more
    return answered(surface, head.version, members, state.content, minimal=minimal, replayed=replayed)


def answered(
    surface: Surface,
    version: int,
    members: Mapping[str, Any],
    content: bytes,
    *,
    minimal: bool = False,
    replayed: bool = False,
) -> Answer:
    """Answer with members and a content, or as the client prefers (`minimal`) without the content."""
    shown = {} if minimal else {surface.naming.content: surface.view.present(content)}
    headers = entity_tag(version) | (REPLAYED if replayed else {}) | (APPLIED if minimal else {})
    return Answer(200, json_text(members, shown), headers)


def page_of_drafts(
    request: Request, listing: Listing, listed: Callable[[Draft, Entry], dict[str, Any]], **parameters: str
) -> Answer:
    """Answer with one page of a list of drafts; `parameters` are those of the next page."""
    body = json_text([listed(draft, head) for draft, head in listing.drafts])
    return Answer(200, body, next_link(request, listing.next, **parameters))


def page_cursor(request: Request) -> str | None:
    """Where the page of drafts before this one ended.

    Raises: MalformedQuery
    """
    return decoded_cursor(request, _CURSOR)


def listed_entry(naming: Naming, entry: Entry) -> dict[str, Any]:
    """What every list of entries tells about one."""
    proposer = entry.proposer
    return naming.spell(
        {
            "seqNo": entry.version,
            "contentHash": entry.snapshot.content_hash,
            "pinned": entry.pinned,
            "label": entry.label,
            "createdAt": entry.created_at_ms,
            "createdBy": entry.author.user,
            "actor": entry.author.actor,
            "operation": entry.operation,
            # Whoever accepted a proposal made the entry; this is who had proposed it.
            "proposedBy": {"user": proposer.user, "actor": proposer.actor} if proposer else None,
        }
    )
