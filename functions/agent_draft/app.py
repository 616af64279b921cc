"""PUT, GET, DELETE …/agents/{agent}/revisions/{revision}/draft, its moves and proposals, and an agent's drafts."""

import uuid
from typing import Any

from agent_draft import contract
from agent_draft.merging import AgentTerms, rule_of
from draftkeep import canonical, wiring
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, NotFound, Problem
from draftkeep.http.answers import Answer
from draftkeep.http.app import App
from draftkeep.http.drafts import (
    LIST_LIMIT,
    Surface,
    answered,
    envelope,
    note,
    page_cursor,
    page_of_drafts,
    serve_draft,
    written,
)
from draftkeep.http.headers import NUMBER
from draftkeep.http.history import serve_history
from draftkeep.http.naming import CAMEL, View
from draftkeep.http.operation_keys import REPLAYED, fingerprint, header_key, operation_key
from draftkeep.http.proposals import accepted_fields, serve_draft_proposals
from draftkeep.http.requests import Request, refuse_unknown
from draftkeep.model import Draft, Entry, Kind
from draftkeep.operations import Claim
from draftkeep.service.acks import Ack
from draftkeep.service.proposals import Proposed
from draftkeep.service.states import Outcome
from draftkeep.service.writing import owner_of

BASE = "/v1/tenants/{tenant}/agents/{agent}"
DRAFT = BASE + "/revisions/{revision}/draft"


def _agent_of(request: Request) -> str:
    if request.param("tenant") != request.principal.tenant:
        raise NotFound
    return request.param("agent")


def _draft_of(request: Request) -> Draft:
    agent, revision = _agent_of(request), request.param("revision", NUMBER)
    return Draft(Kind.AGENT, request.principal.tenant, request.principal.user, f"{agent}/{revision}", group=agent)


def _address(draft: Draft) -> dict[str, Any]:
    agent, _, revision = draft.id.partition("/")
    return {"agentId": agent, "baseRevision": int(revision)}


AGENT = Surface(
    kind=Kind.AGENT,
    naming=CAMEL,
    path=DRAFT,
    separator=":",
    absent_status=204,
    draft_of=_draft_of,
    address=_address,
    derived=contract.review,
    view=View(rule_of=rule_of),
)

KEY = CAMEL.operation_key
TERMS = AgentTerms()

drafts, proposals, acks = wiring.drafts(), wiring.proposals(), wiring.acks()
app = App(Kind.AGENT, CAMEL, AGENT.view)
serve_draft(app, AGENT, drafts)
serve_history(app, AGENT, wiring.history())
serve_draft_proposals(app, AGENT, proposals, lambda _: TERMS)


@app.route("PUT", DRAFT, "save")
def save(request: Request) -> Answer:
    """Autosave the head; `?soft=true` proposes instead, `?merge=true` merges into a newer head.

    Source: docs/api.md, "Preconditions" and "Proposals"
    """
    draft = _draft_of(request)
    payload = request.json_object()
    precondition = request.precondition()
    # The payload has no member for it: the key comes in the header.
    key = header_key(request)
    claim = Claim(key, fingerprint(request, payload, KEY)) if key is not None else None
    soft, merges = request.switch("soft"), request.switch("merge")
    content, author = canonical.canonicalise(payload), request.principal.author
    contract.check(payload, content.text)
    if soft:
        request.notes["operation"] = "propose"
        claim = claim or Claim(str(uuid.uuid4()), fingerprint(request, payload, KEY))
        return _proposed(request, proposals.propose(draft, author, content, precondition, claim))
    result = drafts.save_merging(draft, author, content, precondition, claim, terms=TERMS, merges=merges)
    own = result.state.content == content.text
    # Merged with what others have saved; also where that has all of it, and nothing was left to write.
    more = {"merged": result.outcome is Outcome.MERGED or not own} if merges else {}
    minimal, value = own and request.takes_minimal(own=True), payload if own else None
    return written(request, AGENT, result, claim, minimal=minimal, value=value, **more)


@app.route("POST", DRAFT + ":ack", "ack")
def acknowledge(request: Request) -> Answer:
    """Accept or reject a proposal. Body: {idempotencyKey, accept, acceptFields?}."""
    draft = _draft_of(request)
    body = request.json_object()
    precondition = request.precondition()
    ack = _ack(draft, body, operation_key(request, body, KEY))
    decided = acks.decide(owner_of(draft), request.principal.author, ack, precondition, TERMS)
    version = decided.state.head.version if decided.state else 0
    note(request, decided.outcome, version, replayed=decided.replayed)
    if decided.state is None:
        return Answer(204, headers=REPLAYED if decided.replayed else {})
    return envelope(AGENT, decided.state, minimal=request.takes_minimal(), replayed=decided.replayed)


def _ack(draft: Draft, body: dict[str, Any], key: str | None) -> Ack:
    refuse_unknown(body, frozenset({KEY, "accept", CAMEL.accepted_fields}))
    accept, fields = body.get("accept"), accepted_fields(body, CAMEL.accepted_fields)
    problems = []
    if not isinstance(accept, bool):
        problems.append(Problem("/accept", "wrong_type", "Send true to accept, false to reject."))
    if key is None:
        problems.append(Problem(pointer((KEY,)), "missing", "Say which proposal: send its operation key."))
    if fields is not None and accept is False:
        at = pointer((CAMEL.accepted_fields,))
        problems.append(Problem(at, "not_with_reject", "A rejection is one of all changes."))
    if problems:
        raise InvalidFields(problems)
    return Ack(str(key), bool(accept), draft.id, fields)


def _proposed(request: Request, proposed: Proposed) -> Answer:
    record = proposed.record
    note(request, Outcome.PROPOSED, record.version, replayed=proposed.replayed)
    members = _address(proposed.draft) | {
        "version": record.version,
        KEY: record.key,
        "baseVersion": record.proposal.base_version if record.proposal else 0,
        "createdAt": record.created_at_ms,
        **contract.review(proposed.content),
    }
    minimal, replayed = request.takes_minimal(own=True), proposed.replayed
    return answered(AGENT, record.version, members, proposed.content, minimal=minimal, replayed=replayed)


@app.route("GET", BASE + "/drafts", "list")
def list_drafts(request: Request) -> Answer:
    """List the caller's drafts of this agent, newest created first."""
    agent = _agent_of(request)
    limit, after = request.number("limit", LIST_LIMIT, 1, LIST_LIMIT), page_cursor(request)
    listing = drafts.list_drafts(Kind.AGENT, request.principal.tenant, request.principal.user, agent, limit, after)
    return page_of_drafts(request, listing, _listed, limit=str(limit))


def _listed(draft: Draft, head: Entry) -> dict[str, Any]:
    return _address(draft) | {"version": head.version, "updatedAt": head.created_at_ms}


handler = app.handler
