"""The routes of one kind of form draft: POST creates and patches; the rest is what every draft has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel

from draftkeep import wiring
from draftkeep.catalog import Scope
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, NotFound, NotImplementedYet, Problem
from draftkeep.http.answers import Answer, entity_tag, json_text
from draftkeep.http.app import App
from draftkeep.http.drafts import LIST_LIMIT, Surface, page_cursor, page_of_drafts, serve_draft
from draftkeep.http.naming import SNAKE
from draftkeep.http.requests import MAX_PROBLEMS, Request, wrong_members
from draftkeep.model import Draft, Entry, Kind
from draftkeep.resolver.engine import Form, decode
from draftkeep.resources import MAX_VALUE_BYTES
from draftkeep.service.states import Outcome, Written

DRAFT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Members of a request that are other names of others.
ALIASES = {"input_draft_id": "draft_id", "args_outputs_ids": "args_output_ids"}
OPERATION = ("draft_id", "input_draft_id", "idempotency_key", "soft", "accept")
_MESSAGES = {
    Outcome.CREATED: "Draft created.",
    Outcome.SAVED: "Draft saved.",
    Outcome.UNCHANGED: "Nothing to save: the draft is as you sent it.",
}


@dataclass(frozen=True, slots=True)
class FormContract:
    """One kind of form draft, as data: its request and answer models, and the fields that resolve them."""

    kind: Kind
    request: type[BaseModel]
    response: type[BaseModel]
    form: Form


def form_draft_app(contract: FormContract) -> App:
    """Make the app of one kind of form draft."""
    forms = wiring.forms()
    surface = _surface(contract)
    app = App(contract.kind, SNAKE, surface.present)
    serve_draft(app, surface, forms.drafts)

    @app.route("POST", f"/{contract.kind}/draft", "save")
    def save(request: Request) -> Answer:
        body = request.json_object()
        precondition = request.precondition()
        patch = checked(contract, body)
        request.refuse_unbuilt()
        refuse_unbuilt_members(patch)
        draft_id = patch.get("draft_id")
        if draft_id is not None and not DRAFT_ID.fullmatch(draft_id):
            raise NotFound
        fields = {name: value for name, value in patch.items() if name not in OPERATION}
        new = draft_id is None
        draft = forms.begin(contract.kind, _scope(request)) if new else _draft(contract.kind, request, str(draft_id))
        result = forms.save(contract.form, draft, request.principal.author, fields, precondition, new=new)
        return _saved(request, surface, result)

    @app.route("GET", f"/{contract.kind}/drafts", "list")
    def list_drafts(request: Request) -> Answer:
        limit, after = request.number("limit", LIST_LIMIT, 1, LIST_LIMIT), page_cursor(request)
        search = request.query.get("search", "")
        listing = forms.list_drafts(contract.kind, _scope(request), limit, after, search)
        return page_of_drafts(request, listing, _listed, limit=str(limit), **({"search": search} if search else {}))

    return app


def checked(contract: FormContract, body: dict[str, Any]) -> dict[str, Any]:
    """Check the members of a request by name, type, length and alias.

    Returns: the members that were sent, aliases folded, nulls of the operation left out
    Raises: InvalidFields, with every problem found
    """
    problems, total = wrong_members(body, contract.request)
    found = len(problems)
    problems += islice(_too_long(body), MAX_PROBLEMS)
    patch = {name: value for name, value in body.items() if value is not None or name not in OPERATION}
    for alias, name in ALIASES.items():
        if alias in patch:
            value = patch.pop(alias)
            if patch.setdefault(name, value) != value:
                problems.append(Problem(pointer((alias,)), "alias_conflict", f"It disagrees with {name}."))
    if problems:
        raise InvalidFields(problems[:MAX_PROBLEMS], total + len(problems) - found)
    return patch


def refuse_unbuilt_members(patch: Mapping[str, Any]) -> None:
    """Refuse the members of proposals and replay, which this release does not have, rather than ignore them.

    Raises: NotImplementedYet
    """
    for name in ("idempotency_key", "accept", "soft"):
        if patch.get(name) not in (None, False) or (name == "accept" and name in patch):
            raise NotImplementedYet(name)


def _too_long(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    if isinstance(value, str) and len(value) * 4 > MAX_VALUE_BYTES and len(value.encode()) > MAX_VALUE_BYTES:
        yield Problem(pointer(at), "text_too_long", f"A text has at most {MAX_VALUE_BYTES} bytes.")
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_long(member, (*at, key))


def _surface(contract: FormContract) -> Surface:
    def draft_of(request: Request) -> Draft:
        return _draft(contract.kind, request, request.param("draft_id", DRAFT_ID))

    def present(text: bytes) -> bytes:
        return json.dumps(dict(decode(text, contract.form).state), ensure_ascii=False, separators=(",", ":")).encode()

    return Surface(
        kind=contract.kind,
        naming=SNAKE,
        path=f"/{contract.kind}/draft/{{draft_id}}",
        separator="/",
        absent_status=404,
        draft_of=draft_of,
        identity=lambda draft, head: {"draft_id": draft.id, "idempotency_key": head.attempt},
        present=present,
        guarded=True,
    )


def _saved(request: Request, surface: Surface, result: Written) -> Answer:
    head = result.state.head
    request.notes |= {"outcome": result.outcome, "version": head.version}
    members = {
        "success": True,
        **surface.identity(result.state.draft, head),
        "message": _MESSAGES[result.outcome],
        "version": head.version,
    }
    body = json_text(members, {surface.naming.content: surface.present(result.state.content)})
    return Answer(200, body, entity_tag(head.version))


def _draft(kind: Kind, request: Request, draft_id: str) -> Draft:
    return Draft(kind, request.principal.tenant, request.principal.user, draft_id)


def _scope(request: Request) -> Scope:
    return Scope(request.principal.tenant, request.principal.user)


def _listed(draft: Draft, head: Entry) -> dict[str, Any]:
    return {
        "id": draft.id,
        "name": head.name,
        "version": head.version,
        "created_at": head.draft_created_at_ms,
        "updated_at": head.created_at_ms,
    }
