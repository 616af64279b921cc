"""The routes of one kind of form draft: POST creates, patches, proposes and acknowledges."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from draftkeep import wiring
from draftkeep.catalog import Scope
from draftkeep.changes import pointer
from draftkeep.errors import MAX_PROBLEMS, InvalidFields, NotFound, Problem
from draftkeep.http.answers import Answer
from draftkeep.http.app import App
from draftkeep.http.drafts import LIST_LIMIT, Surface, answered, note, page_cursor, page_of_drafts, serve_draft
from draftkeep.http.history import serve_history
from draftkeep.http.naming import SNAKE, View
from draftkeep.http.operation_keys import claim_of, fingerprint, header_key, key_problem
from draftkeep.http.proposals import accepted_fields, inbox, serve_draft_proposals
from draftkeep.http.requests import Request, wrong_members
from draftkeep.http.shapes import Shape
from draftkeep.model import Draft, Entry, Kind
from draftkeep.operations import Claim, Owner
from draftkeep.resolver.engine import Form, decode
from draftkeep.resolver.merging import form_rule_of
from draftkeep.resources import MAX_VALUE_BYTES
from draftkeep.service.acks import Ack, Decided
from draftkeep.service.proposals import Proposed
from draftkeep.service.states import Outcome, Written

DRAFT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Members of a request that are other names of others.
ALIASES = {"input_draft_id": "draft_id", "args_outputs_ids": "args_output_ids"}
KEY, ACCEPT, ACCEPT_FIELDS = SNAKE.operation_key, "accept", SNAKE.accepted_fields
OPERATION = ("draft_id", "input_draft_id", KEY, "soft", ACCEPT, ACCEPT_FIELDS)
_MESSAGES = {
    Outcome.CREATED: "Draft created.",
    Outcome.SAVED: "Draft saved.",
    Outcome.UNCHANGED: "Nothing to save: the draft is as you sent it.",
    Outcome.PROPOSED: "Proposed: the draft stays as it is until the proposal is accepted.",
    Outcome.ACCEPTED: "Proposal accepted.",
    Outcome.REJECTED: "Proposal rejected: the draft is as it was.",
}


@dataclass(frozen=True, slots=True)
class FormContract:
    """One kind of form draft, as data.

    request: the members of its POST; form: the fields that resolve them, and the members of its form_state
    """

    kind: Kind
    request: Shape
    form: Form


def form_draft_app(contract: FormContract) -> App:
    """Make the app of one kind of form draft."""
    forms, acks = wiring.forms(), wiring.acks()
    surface = _surface(contract)
    app = App(contract.kind, SNAKE, surface.view)
    serve_draft(app, surface, forms.drafts)
    serve_history(app, surface, wiring.history())
    serve_draft_proposals(app, surface, forms.proposals, lambda request: forms.terms(contract.form, _scope(request)))

    @app.route("POST", f"/{contract.kind}/draft", "save")
    def save(request: Request) -> Answer:
        body = request.json_object()
        precondition = request.precondition()
        header_key(request)
        patch = checked(contract, body)
        claim = claim_of(request, body, KEY)
        author = request.principal.author
        if ACCEPT in patch:
            request.notes["operation"] = "ack"
            ack = _ack(patch, claim)
            terms = forms.terms(contract.form, _scope(request))
            decided = acks.decide(_owner(contract.kind, request), author, ack, precondition, terms)
            return _decided(request, surface, decided, terms.empty())
        _refuse_without_ack(patch)
        draft_id = patch.get("draft_id")
        if draft_id is not None and not DRAFT_ID.fullmatch(draft_id):
            raise NotFound
        fields = {name: value for name, value in patch.items() if name not in OPERATION}
        new = draft_id is None
        draft = forms.begin(contract.kind, _scope(request)) if new else _draft(contract.kind, request, str(draft_id))
        if patch.get("soft"):
            request.notes["operation"] = "propose"
            claim = claim or Claim(str(uuid.uuid4()), fingerprint(request, body, KEY))
            proposed = forms.propose(contract.form, draft, author, fields, precondition, claim, new=new)
            return _proposed(request, surface, proposed)
        result = forms.save(contract.form, draft, author, fields, precondition, claim, new=new)
        return _saved(request, surface, result, claim)

    @app.route("GET", f"/{contract.kind}/proposals", "inbox")
    def list_proposals(request: Request) -> Answer:
        terms = forms.terms(contract.form, _scope(request))
        return inbox(request, surface, forms.proposals, _owner(contract.kind, request), None, terms)

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
    if isinstance(body.get(KEY), str) and (problem := key_problem(body, KEY)):
        problems.append(problem)
    for alias, name in ALIASES.items():
        if alias in patch:
            value = patch.pop(alias)
            if patch.setdefault(name, value) != value:
                problems.append(Problem(pointer((alias,)), "alias_conflict", f"It disagrees with {name}."))
    if problems:
        raise InvalidFields(problems, total + len(problems) - found)
    return patch


def _ack(patch: Mapping[str, Any], claim: Claim | None) -> Ack:
    """The decision that a request asks for.

    Raises: InvalidFields
    """
    allowed = ("draft_id", KEY, ACCEPT, ACCEPT_FIELDS)
    problems = [
        Problem(pointer((name,)), "not_with_ack", "An acknowledgement has no other fields.")
        for name, value in patch.items()
        if name not in allowed and value is not None and not (name == "soft" and value is False)
    ]
    if claim is None:
        problems.append(Problem(pointer((KEY,)), "missing", "Say which proposal: send its operation key."))
    fields = accepted_fields(patch, ACCEPT_FIELDS)
    if fields is not None and not patch[ACCEPT]:
        problems.append(Problem(pointer((ACCEPT_FIELDS,)), "not_with_reject", "A rejection is one of all fields."))
    if problems or claim is None:
        raise InvalidFields(problems)
    return Ack(claim.key, patch[ACCEPT], patch.get("draft_id"), fields)


def _refuse_without_ack(patch: Mapping[str, Any]) -> None:
    """Refuse what only an ack has.

    Raises: InvalidFields
    """
    if patch.get(ACCEPT_FIELDS) is not None:
        raise InvalidFields([Problem(pointer((ACCEPT_FIELDS,)), "only_with_accept", "Send it with accept: true.")])


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
        address=lambda draft: {"draft_id": draft.id},
        view=View(present, form_rule_of),
        guarded=True,
        shows_key=True,
    )


def _saved(request: Request, surface: Surface, result: Written, claim: Claim | None) -> Answer:
    head, draft = result.state.head, result.state.draft
    note(request, result.outcome, head.version, replayed=result.replayed)
    key = claim.key if claim else head.key or head.attempt
    return _answer(
        request,
        surface,
        draft,
        key,
        result.outcome,
        version=head.version,
        content=result.state.content,
        replayed=result.replayed,
    )


def _proposed(request: Request, surface: Surface, proposed: Proposed) -> Answer:
    record = proposed.record
    note(request, Outcome.PROPOSED, record.version, replayed=proposed.replayed)
    return _answer(
        request,
        surface,
        proposed.draft,
        record.key,
        Outcome.PROPOSED,
        version=record.version,
        content=proposed.content,
        replayed=proposed.replayed,
    )


def _decided(request: Request, surface: Surface, decided: Decided, empty: bytes) -> Answer:
    state = decided.state
    version, content = (state.head.version, state.content) if state else (0, empty)
    note(request, decided.outcome, version, replayed=decided.replayed)
    outcome = Outcome.ACCEPTED if decided.accepted else Outcome.REJECTED
    return _answer(
        request,
        surface,
        decided.draft,
        decided.key,
        outcome,
        version=version,
        content=content,
        replayed=decided.replayed,
    )


def _answer(
    request: Request,
    surface: Surface,
    draft: Draft,
    key: str,
    outcome: Outcome,
    *,
    version: int,
    content: bytes,
    replayed: bool,
) -> Answer:
    members = {
        "success": True,
        **surface.identity(draft, key),
        "message": _MESSAGES[outcome],
        "version": version,
    }
    return answered(surface, version, members, content, minimal=request.takes_minimal(), replayed=replayed)


def _owner(kind: Kind, request: Request) -> Owner:
    return Owner(kind, request.principal.tenant, request.principal.user)


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
