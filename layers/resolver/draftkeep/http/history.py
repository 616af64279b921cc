"""The routes of a draft's history: list, read, pin and label, restore, compare."""

from __future__ import annotations

import json
from typing import Any

from draftkeep.changes import pointer
from draftkeep.differences import Difference, Op, differences
from draftkeep.errors import InvalidFields, MalformedQuery, Problem
from draftkeep.http.answers import Answer, json_text
from draftkeep.http.app import App
from draftkeep.http.drafts import Surface, listed_entry, note, written
from draftkeep.http.headers import NUMBER
from draftkeep.http.operation_keys import REPLAYED, claim_of
from draftkeep.http.places import Values
from draftkeep.http.requests import Request
from draftkeep.merging import ABSENT
from draftkeep.model import Entry
from draftkeep.service.history import History, HistoryPage
from draftkeep.service.states import Outcome

LIST_LIMIT = 100
MAX_LABEL = 120


def serve_history(app: App, surface: Surface, history: History) -> None:
    """Register the history routes of a kind."""
    naming = surface.naming
    (seq_no,) = naming.spell({"seqNo": None})
    key = naming.operation_key

    @app.route("GET", f"{surface.path}/history", "history")
    def list_entries(request: Request) -> Answer:
        draft = surface.draft_of(request)
        before, at = _number(request, "before"), _number(request, "at")
        limit = request.number("limit", 20, 1, LIST_LIMIT)
        if before is not None and at is not None:
            raise MalformedQuery("at", "Send at or before, not both.")
        page = history.page(draft, limit, before) if at is None else history.at(draft, at)
        return Answer(200, json_text(_page(surface, page)))

    @app.route("GET", f"{surface.path}/history/{{{seq_no}}}", "history_read")
    def read_entry(request: Request) -> Answer:
        entry, content = history.read(surface.draft_of(request), int(request.param(seq_no, NUMBER)))
        return Answer(200, json_text(listed_entry(naming, entry), {naming.content: surface.view.present(content)}))

    @app.route("PATCH", f"{surface.path}/history/{{{seq_no}}}", "annotate")
    def annotate(request: Request) -> Answer:
        draft, number = surface.draft_of(request), int(request.param(seq_no, NUMBER))
        body = request.fields("pinned", "label", key)
        pinned, label = _annotation(body)
        claim = claim_of(request, body, key)
        done = history.annotate(draft, number, pinned=pinned, label=label, claim=claim)
        note(request, Outcome.ANNOTATED, number, replayed=done.replayed)
        shown = _shown(surface, done.entry, done.cursor)
        return Answer(200, json_text(shown), REPLAYED if done.replayed else {})

    @app.route("POST", f"{surface.path}{surface.separator}restore", "restore")
    def restore(request: Request) -> Answer:
        draft = surface.draft_of(request)
        body = request.fields(seq_no, key)
        number = body.get(seq_no)
        if type(number) is not int or number < 1:
            message = "Send the number of a content entry."
            raise InvalidFields([Problem(pointer((seq_no,)), "wrong_type", message)])
        claim = claim_of(request, body, key)
        result = history.restore(draft, request.principal.author, number, request.precondition(), claim)
        return written(request, surface, result, claim, minimal=request.takes_minimal())

    @app.route("GET", f"{surface.path}{surface.separator}diff", "diff")
    def compare(request: Request) -> Answer:
        draft = surface.draft_of(request)
        start, end = _number(request, "from"), _number(request, "to")
        if start is None:
            raise MalformedQuery("from", "Send the version to compare from.")
        one, other, before, after = history.contents(draft, start, end)
        old, new = (json.loads(surface.view.present(content)) for content in (before, after))
        found = differences(old, new, surface.view.rule_of)
        values = Values(naming)
        changes = [_difference(values, one) for one in found.listed]
        return Answer(
            200, json_text({"from": one.version, "to": other.version, "changes": changes, "total": found.total})
        )


def _page(surface: Surface, page: HistoryPage) -> dict[str, Any]:
    return {"entries": [_shown(surface, entry, page.cursor) for entry in page.entries], "next": page.next}


def _shown(surface: Surface, entry: Entry, cursor: int) -> dict[str, Any]:
    return listed_entry(surface.naming, entry) | surface.naming.spell(
        {
            "sizeBytes": entry.snapshot.size_bytes,
            "parent": entry.position.parent,
            "branch": entry.position.branch,
            "current": entry.version == cursor,
        }
    )


def _difference(values: Values, one: Difference) -> dict[str, Any]:
    shown: dict[str, Any] = {"op": one.op, "pointer": pointer(one.at)}
    if one.op is Op.MOVE and one.moved_from is not None:
        return shown | {"from": pointer(one.moved_from)}
    sides = {"from": one.before, "to": one.after}
    return shown | {side: values.shown(value) for side, value in sides.items() if value is not ABSENT}


def _annotation(body: dict[str, Any]) -> tuple[bool | None, str | None]:
    """The pin and label that a body sets: None for what it leaves; a label of null is the empty one.

    Raises: InvalidFields
    """
    pinned, label = body.get("pinned"), body.get("label")
    problems = []
    if pinned is not None and not isinstance(pinned, bool):
        problems.append(Problem("/pinned", "wrong_type", "Send true or false."))
    if label is not None and not isinstance(label, str):
        problems.append(Problem("/label", "wrong_type", "Send a text, or null."))
    elif label is not None and len(label) > MAX_LABEL:
        problems.append(Problem("/label", "text_too_long", f"A label has at most {MAX_LABEL} characters."))
    if problems:
        raise InvalidFields(problems)
    return pinned, (label or "") if "label" in body else None


def _number(request: Request, parameter: str) -> int | None:
    """A version or time in the query.

    Raises: MalformedQuery
    """
    value = request.query.get(parameter)
    if value is None:
        return None
    if not NUMBER.fullmatch(value):
        raise MalformedQuery(parameter, "Send a whole number.")
    return int(value)
