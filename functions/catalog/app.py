"""GET, POST /catalog/{type}, GET, DELETE /catalog/{type}/{id}, POST /catalog/import."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from draftkeep import wiring
from draftkeep.canonical import clip
from draftkeep.catalog import Scope
from draftkeep.errors import MAX_PROBLEMS, InvalidFields, MalformedQuery, Problem
from draftkeep.http.answers import Answer, json_text
from draftkeep.http.app import App
from draftkeep.http.naming import SNAKE
from draftkeep.http.operation_keys import REPLAYED, claim_of
from draftkeep.http.pages import decoded_cursor, next_link
from draftkeep.http.requests import Request, refuse_unknown
from draftkeep.operations import Claim
from draftkeep.resources import Row, normalise
from draftkeep.service.catalog import MAX_RECORDS, Imported, Kept, raise_unless_admin

LIST_LIMIT = 100
# Lists show long values cut; the row itself has them whole.
LISTED_CODE_POINTS = 1000
# All errors of one import together, as JSON: a record keeps the answer, and an item has at most 400 KB.
MAX_ERRORS_BYTES = 128 * 1024
# How much of `q` is looked at: as much of a value as stands in its key.
PREFIX_CODE_POINTS = 64
SHARED_SCOPE, PRIVATE_SCOPE = "shared", "private"
_CURSOR = re.compile(r"VALUE#.{0,300}#[0-9a-f]{64}", re.DOTALL)

KEY = SNAKE.operation_key

resources = wiring.resources()
app = App("catalog", SNAKE)


def _scope(request: Request) -> Scope:
    return Scope(request.principal.tenant, request.principal.user)


@app.route("GET", "/catalog/{type}", "catalog_list")
def list_rows(request: Request) -> Answer:
    """List shared rows (`scope=private`: the caller's own), by the beginning of their value `q`."""
    limit = request.number("limit", 25, 1, LIST_LIMIT)
    which = request.query.get("scope", SHARED_SCOPE)
    if which not in (SHARED_SCOPE, PRIVATE_SCOPE):
        raise MalformedQuery("scope", "Send shared or private.")
    prefix = request.query.get("q", "")
    after = decoded_cursor(request, _CURSOR, begins=f"VALUE#{normalise(prefix)[:PREFIX_CODE_POINTS]}")
    type_ = request.param("type")
    page = resources.list_rows(_scope(request), type_, prefix, limit, after, private=which == PRIVATE_SCOPE)
    link = next_link(request, page.next, limit=str(limit), **({"q": prefix} if prefix else {}), scope=which)
    return Answer(200, json_text([_listed(row) for row in page.rows]), link)


@app.route("POST", "/catalog/{type}", "catalog_create")
def create(request: Request) -> Answer:
    """Create a shared row; 200 with the one there is when the value exists already."""
    record = request.json_object()
    claim = claim_of(request, record, KEY)
    type_ = request.param("type")

    def run() -> Kept:
        record.pop(KEY, None)
        row, created = resources.create(_scope(request), request.principal.groups, type_, record)
        request.notes["outcome"] = "created" if created else "unchanged"
        return Kept(201 if created else 200, json_text(_shown(row)))

    return _once(request, claim, run)


@app.route("GET", "/catalog/{type}/{id}", "catalog_read")
def read(request: Request) -> Answer:
    """Read one row, archived or not."""
    return Answer(200, json_text(_shown(resources.read(_scope(request), request.param("type"), request.param("id")))))


@app.route("DELETE", "/catalog/{type}/{id}", "catalog_archive")
def archive(request: Request) -> Answer:
    """Archive a shared row: what selected it keeps it, and it is not selected anew."""
    claim = claim_of(request, request.fields(KEY), KEY)

    def run() -> Kept:
        resources.archive(_scope(request), request.principal.groups, request.param("type"), request.param("id"))
        return Kept(204, "")

    return _once(request, claim, run)


@app.route("POST", "/catalog/import", "catalog_import")
def import_records(request: Request) -> Answer:
    """Create up to 500 shared rows, each for itself."""
    body = request.json_object()
    claim = claim_of(request, body, KEY)
    refuse_unknown(body, frozenset({"records", KEY}))
    records = body.get("records")
    if not isinstance(records, list) or len(records) > MAX_RECORDS:
        raise InvalidFields([Problem("/records", "wrong_type", f"Send a list of at most {MAX_RECORDS} records.")])
    wrong = [index for index, record in enumerate(records) if not isinstance(record, dict)]
    if wrong:
        listed = [Problem(f"/records/{i}", "wrong_type", "A record is an object.") for i in wrong[:MAX_PROBLEMS]]
        raise InvalidFields(listed, len(wrong))
    return _once(request, claim, lambda: _imported(request, records))


def _imported(request: Request, records: list[dict[str, Any]]) -> Kept:
    results = resources.import_records(_scope(request), request.principal.groups, records)
    members = {
        "created": sum(one.created for one in results),
        "existing": sum(one.row is not None and not one.created for one in results),
        "refused": sum(one.row is None for one in results),
        "results": _results(results),
    }
    return Kept(200, json_text(members))


def _once(request: Request, claim: Claim | None, run: Callable[[], Kept]) -> Answer:
    """Answer a write, from its record if it was done before."""
    if claim is not None:
        # A replay asks nothing else.
        raise_unless_admin(request.principal.groups)
    kept = resources.once(_scope(request), claim, run)
    if kept.replayed:
        request.notes["outcome"] = "replayed"
    return Answer(kept.status, kept.text or None, REPLAYED if kept.replayed else {})


def _results(imported: Sequence[Imported]) -> list[dict[str, Any]]:
    """What became of each record; what is wrong is listed until the lists are full, and counted always."""
    results: list[dict[str, Any]] = []
    left = MAX_ERRORS_BYTES
    for index, one in enumerate(imported):
        if one.row is not None:
            results.append({"index": index, "status": "created" if one.created else "existing", "id": one.row.id})
            continue
        errors = []
        for error in map(asdict, one.problems):
            left -= len(json_text(error).encode())
            if left < 0:
                break
            errors.append(error)
        results.append({"index": index, "status": "refused", "errors": errors, "total": one.total})
    return results


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "value": row.value,
        "attributes": dict(row.attributes),
        "archived": row.archived,
        "private": row.private,
    }


def _listed(row: Row) -> dict[str, Any]:
    return _shown(row) | {
        "value": clip(row.value, LISTED_CODE_POINTS),
        "truncated": len(row.value) > LISTED_CODE_POINTS,
    }


handler = app.handler
