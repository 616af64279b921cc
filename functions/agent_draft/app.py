"""PUT, GET, DELETE …/agents/{agent}/revisions/{revision}/draft, its moves, and the list of an agent's drafts."""

from typing import Any

from agent_draft import contract
from draftkeep import canonical, wiring
from draftkeep.errors import NotFound
from draftkeep.http.answers import Answer
from draftkeep.http.app import App
from draftkeep.http.drafts import LIST_LIMIT, Surface, page_cursor, page_of_drafts, serve_draft, written
from draftkeep.http.headers import NUMBER
from draftkeep.http.naming import CAMEL
from draftkeep.http.requests import Request
from draftkeep.model import Draft, Entry, Kind

BASE = "/v1/tenants/{tenant}/agents/{agent}"
DRAFT = BASE + "/revisions/{revision}/draft"


def _agent_of(request: Request) -> str:
    if request.param("tenant") != request.principal.tenant:
        raise NotFound
    return request.param("agent")


def _draft_of(request: Request) -> Draft:
    agent, revision = _agent_of(request), request.param("revision", NUMBER)
    return Draft(Kind.AGENT, request.principal.tenant, request.principal.user, f"{agent}/{revision}", group=agent)


def _identity(draft: Draft, _head: Entry) -> dict[str, Any]:
    agent, _, revision = draft.id.partition("/")
    return {"agentId": agent, "baseRevision": int(revision)}


AGENT = Surface(
    kind=Kind.AGENT,
    naming=CAMEL,
    path=DRAFT,
    separator=":",
    absent_status=204,
    draft_of=_draft_of,
    identity=_identity,
    derived=contract.review,
)

drafts = wiring.drafts()
app = App(Kind.AGENT, CAMEL)
serve_draft(app, AGENT, drafts)


@app.route("PUT", DRAFT, "save")
def save(request: Request) -> Answer:
    """Autosave the head. Source: docs/api.md "Preconditions"."""
    draft = _draft_of(request)
    payload = request.json_object()
    precondition = request.precondition()
    contract.check(payload)
    request.refuse_unbuilt("soft", "merge")
    content = canonical.canonicalise(payload)
    return written(request, AGENT, drafts.save(draft, request.principal.author, content, precondition))


@app.route("GET", BASE + "/drafts", "list")
def list_drafts(request: Request) -> Answer:
    """List the caller's drafts of this agent, newest created first."""
    agent = _agent_of(request)
    limit, after = request.number("limit", LIST_LIMIT, 1, LIST_LIMIT), page_cursor(request)
    listing = drafts.list_drafts(Kind.AGENT, request.principal.tenant, request.principal.user, agent, limit, after)
    return page_of_drafts(request, listing, _listed, limit=str(limit))


def _listed(draft: Draft, head: Entry) -> dict[str, Any]:
    return _identity(draft, head) | {"version": head.version, "updatedAt": head.created_at_ms}


handler = app.handler
