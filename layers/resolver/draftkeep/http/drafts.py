"""The routes that every kind of draft has: read, undo, redo, reset and discard; and the envelope they answer with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from draftkeep.errors import NotFound
from draftkeep.http.answers import Answer, entity_tag, json_text
from draftkeep.http.app import App
from draftkeep.http.headers import is_unmodified
from draftkeep.http.naming import Naming, Present
from draftkeep.http.pages import decoded_cursor, next_link
from draftkeep.http.requests import Request
from draftkeep.log import Listing
from draftkeep.model import Author, Draft, Entry, Kind
from draftkeep.preconditions import Precondition
from draftkeep.service.drafts import Drafts
from draftkeep.service.states import Outcome, State, Written

LIST_LIMIT = 25
_CURSOR = re.compile(r"[0-9]{15}#[A-Za-z0-9._~:@/-]{1,160}")


@dataclass(frozen=True, slots=True)
class Surface:
    """How one kind of draft appears over HTTP: what differs between kinds, as data.

    path: of one draft; separator: stands before a move's name (`:` or `/`); absent_status: of a read without a draft
    draft_of: the draft that a request names; identity: the members that name a draft in its envelope
    derived: the members that follow from a content (canonical bytes)
    present: what a client is shown of a stored content; guarded: whether a discard must say a version
    """

    kind: Kind
    naming: Naming
    path: str
    separator: str
    absent_status: int
    draft_of: Callable[[Request], Draft]
    identity: Callable[[Draft, Entry], dict[str, Any]]
    derived: Callable[[bytes], dict[str, Any]] = lambda _: {}
    present: Present = lambda text: text
    guarded: bool = False


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
        request.no_fields()
        precondition = request.precondition()
        request.refuse_unbuilt()
        tombstone = drafts.discard(draft, request.principal.author, precondition, guarded=surface.guarded)
        if tombstone:
            request.notes |= {"outcome": Outcome.DISCARDED, "version": tombstone.version}
        return Answer(204)

    for name, move in (("undo", drafts.undo), ("redo", drafts.redo), ("reset", drafts.reset)):
        app.route("POST", f"{surface.path}{surface.separator}{name}", name)(_moving(surface, move))


def _moving(surface: Surface, move: Callable[[Draft, Author, Precondition], Written]) -> Callable[[Request], Answer]:
    def serve(request: Request) -> Answer:
        draft = surface.draft_of(request)
        request.no_fields()
        precondition = request.precondition()
        request.refuse_unbuilt()
        return written(request, surface, move(draft, request.principal.author, precondition))

    return serve


def written(request: Request, surface: Surface, result: Written) -> Answer:
    """Answer a write with the envelope of the state after it, and note it for the log."""
    request.notes |= {"outcome": result.outcome, "version": result.state.head.version}
    return envelope(surface, result.state)


def envelope(surface: Surface, state: State) -> Answer:
    """Answer with a draft's whole state.

    Members: the kind's identity, version, history cursor, what can be undone and redone, time, history, what follows
    from the content, and the content itself; at most 4 MiB and 40 KB beside it
    """
    head = state.head
    members = surface.identity(state.draft, head) | surface.naming.spell(
        {
            "version": head.version,
            "historyCursor": head.position.cursor,
            "canUndo": head.position.can_undo,
            "canRedo": head.position.can_redo,
            "updatedAt": head.created_at_ms,
            "history": [surface.naming.spell(_listed(entry)) for entry in state.history],
        }
    )
    members |= surface.derived(state.content)
    body = json_text(members, {surface.naming.content: surface.present(state.content)})
    return Answer(200, body, entity_tag(head.version))


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


def _listed(entry: Entry) -> dict[str, Any]:
    return {
        "seqNo": entry.version,
        "contentHash": entry.snapshot.content_hash,
        "pinned": entry.pinned,
        "label": entry.label,
        "createdAt": entry.created_at_ms,
    }
