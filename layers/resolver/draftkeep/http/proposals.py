"""The routes that list proposals, and what people are shown of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from draftkeep.canonical import canonical_text
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, Place, Problem
from draftkeep.http.answers import Answer, json_text
from draftkeep.http.app import App
from draftkeep.http.drafts import LIST_LIMIT, Surface
from draftkeep.http.naming import Naming
from draftkeep.http.pages import decoded_cursor, next_link
from draftkeep.http.places import listed_places
from draftkeep.http.requests import Request
from draftkeep.keys import proposals_prefix
from draftkeep.model import Draft
from draftkeep.operations import Owner
from draftkeep.service.proposals import Proposals, Waiting
from draftkeep.service.terms import Terms
from draftkeep.service.writing import owner_of

MAX_ACCEPTED = 1000
# As JSON: the record of the decision holds them, and an item has at most 400 KB.
MAX_ACCEPTED_BYTES = 64 * 1024
# A preview beside it would make an answer too large for a function; the base and the changes tell the same.
_PREVIEW_BYTES = 1024 * 1024
_CURSOR = re.compile(r"[A-Za-z0-9._~:@/-]{1,160}#[0-9]{15}#[A-Za-z0-9._~%-]{1,765}")

TermsOf = Callable[[Request], Terms]


def serve_draft_proposals(app: App, surface: Surface, proposals: Proposals, terms_of: TermsOf) -> None:
    """Register the list of one draft's pending proposals."""

    @app.route("GET", f"{surface.path}/proposals", "proposals")
    def list_proposals(request: Request) -> Answer:
        draft = surface.draft_of(request)
        return inbox(request, surface, proposals, owner_of(draft), draft, terms_of(request))


def inbox(
    request: Request, surface: Surface, proposals: Proposals, owner: Owner, draft: Draft | None, terms: Terms
) -> Answer:
    """Answer with one page of pending proposals, of an owner or of one draft.

    Raises: MalformedQuery, NotFound (a draft that is not there, where reading it is 404 too)
    """
    limit = request.number("limit", LIST_LIMIT, 1, LIST_LIMIT)
    after = decoded_cursor(request, _CURSOR, begins="" if draft is None else proposals_prefix(draft.id))
    page = proposals.inbox(owner, draft, limit, after, terms)
    if draft is not None and not page.waiting and after is None and surface.absent_status == 404:
        proposals.raise_unless_there(draft)
    body = f"[{','.join(_shown(surface, one) for one in page.waiting)}]"
    return Answer(200, body, next_link(request, page.next, limit=str(limit)))


def accepted_fields(body: Mapping[str, Any], member: str) -> tuple[str, ...] | None:
    """The fields that an ack accepts, None for all; checked for their types.

    Raises: InvalidFields
    """
    fields = body.get(member)
    if fields is None:
        return None
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_ACCEPTED:
        message = f"Name 1 to {MAX_ACCEPTED} fields; to reject all of them send accept: false."
        raise InvalidFields([Problem(pointer((member,)), "wrong_type", message)])
    wrong = [index for index, one in enumerate(fields) if not isinstance(one, str)]
    if wrong:
        message = "A field is named by a string."
        raise InvalidFields([Problem(pointer((member, index)), "wrong_type", message) for index in wrong])
    if len(canonical_text(fields).encode()) > MAX_ACCEPTED_BYTES:
        message = f"All names together have at most {MAX_ACCEPTED_BYTES} bytes as JSON; name a place above them."
        raise InvalidFields([Problem(pointer((member,)), "text_too_long", message)])
    return tuple(fields)


def _shown(surface: Surface, one: Waiting) -> str:
    naming = surface.naming
    members = surface.address(one.draft) | naming.spell(
        {
            "idempotencyKey": one.key,
            "proposedBy": one.proposal.author.user,
            "actor": one.proposal.author.actor,
            "createdAt": one.created_at_ms,
            "baseVersion": one.proposal.base_version,
            "currentVersion": one.version,
            **_places("changes", one.places, naming),
            **_places("conflicts", one.overlaps, naming, current=True),
            # What keeps the draft and the proposal from being put together; pointers into what they would make.
            "errors": [asdict(problem) for problem in one.problems],
        }
    )
    shown = one.preview is not None and len(one.preview) <= _PREVIEW_BYTES
    preview = surface.view.present(one.preview) if one.preview is not None and shown else None
    return json_text(members, {naming.content: preview})


def _places(name: str, places: Sequence[Place], naming: Naming, *, current: bool = False) -> dict[str, Any]:
    return {name: listed_places(places, naming, current=current), f"{name}Total": len(places)}
