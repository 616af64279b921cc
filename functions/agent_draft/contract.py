"""The agent payload: what is refused at save, and what is only told as an issue.

Work in progress is saved even when the flow is not valid yet; a payload is refused for a wrong type, a top-level key
that is not part of the contract, and an approval that names no declared slot. Unknown keys further in pass through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from agent_draft.flow import approvals, issues
from agent_draft.payload import PAYLOAD
from draftkeep import canonical
from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import MAX_PROBLEMS, InvalidFields, Problem
from draftkeep.http.requests import wrong_members


def check(payload: dict[str, Any], text: bytes | None = None) -> None:
    """Refuse a payload that must not be stored.

    text: its canonical form, where it is at hand: most flows have no approvals, and need not be walked for them
    Raises: InvalidFields (unknown_field, wrong_type, unknown_slot), each with its pointer
    """
    problems, total = wrong_members(payload, PAYLOAD)
    if problems:
        raise InvalidFields(problems, total)
    _raise_if_any(_wrong_bindings(payload))
    if text is None or b'"humanApproval"' in text:
        _raise_if_any(_unknown_slots(payload))


def review(content: bytes, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    """The members of the envelope that follow from a content.

    payload: the content as a value, where it is at hand; else it is read from its bytes
    Returns: {issues: [{pointer, code, message}], issuesTotal, publishable}, at most 100 issues
    """
    found, total = issues(canonical.load(content) if payload is None else payload)
    listed = [{"pointer": one.pointer, "code": one.code, "message": one.message} for one in found]
    return {"issues": listed, "issuesTotal": total, "publishable": not listed}


def _raise_if_any(found: Iterator[Problem]) -> None:
    listed = list(islice(found, MAX_PROBLEMS))
    if listed:
        raise InvalidFields(listed, len(listed) + sum(1 for _ in found))


def _wrong_bindings(payload: dict[str, Any]) -> Iterator[Problem]:
    for integration, slot in (payload.get("integrationBindings") or {}).items():
        if not isinstance(slot, str | None):
            at = pointer(("integrationBindings", integration))
            yield Problem(at, "wrong_type", "Input should be a valid string.")


def _unknown_slots(payload: dict[str, Any]) -> Iterator[Problem]:
    declared = {slot.get("name") for slot in payload.get("slots") or []}
    for place, name in approvals(payload):
        if name not in declared:
            yield Problem(pointer(place), "unknown_slot", f"No slot named {clip(name)!r} is declared in slots.")
