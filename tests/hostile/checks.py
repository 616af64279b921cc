"""Checks of our own beside Schemathesis's: what a request that fits the document may still be refused for."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.specs.openapi.checks import ensure_resource_availability

# Refusals of what the document describes wholly: a request that fits it never gets them.
SYNTAX = {
    "malformed_json",
    "malformed_header",
    "malformed_query",
    "operation_keys_differ",
    "content_too_large",
    "unsupported_media_type",
    "nesting_too_deep",
    "number_out_of_range",
}
FIELD_SYNTAX = {"unknown_field", "wrong_type", "too_many_items", "bad_operation_key"}
KEYS = ("idempotency_key", "idempotencyKey")
# The same, where an answer has no body to tell the code: the statuses that only such refusals have.
SYNTAX_STATUSES = {400, 413, 415}


def is_fitting(case: schemathesis.Case[Any]) -> bool:
    """Whether a request was made to fit the document."""
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(ctx: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Take out of a fitting request what no schema of single parameters can say."""
    if not is_fitting(case):
        return
    # These exclude each other.
    if "If-Match" in case.headers:
        case.headers.pop("If-None-Match", None)
    if "before" in case.query:
        case.query.pop("at", None)
    if isinstance(case.body, dict) and any(case.body.get(key) for key in KEYS):
        case.headers.pop("Idempotency-Key", None)
    # Only a `Link` header can give one.
    case.query.pop("cursor", None)


def excused_field(case: schemathesis.Case[Any], pointer: str) -> bool:
    """Members whose names or values depend on the kind of content, which is not said for each type of resource."""
    is_record = case.operation.path == "/catalog/{type}" and pointer.startswith(("/value", "/attributes"))
    return is_record or pointer.startswith(("/accept_fields", "/acceptFields"))


@schemathesis.check
def refused_for_its_state(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """A request that fits the document is refused for what is stored, never for how it is written."""
    if (
        not is_fitting(case)
        or response.status_code < 400
        or "problem" not in response.headers.get("content-type", [""])[0]
    ):
        return
    if case.method.upper() == "HEAD":
        assert not response.content, response.content
        assert response.status_code not in SYNTAX_STATUSES, response.status_code
        return
    problem: dict[str, Any] = response.json()
    assert problem["code"] not in SYNTAX, problem
    for error in problem.get("errors", []):
        assert error["code"] not in FIELD_SYNTAX or excused_field(case, error["pointer"]), problem


@schemathesis.check
def created_drafts_are_there(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """What a save has created can be read, moved and compared.

    What was proposed or decided need not be a draft, and an answer that is given again tells what was, not what is.
    """
    parent = ctx.internals.find_parent(case_id=case.id)
    answer = ctx.internals.find_response(case_id=parent.id) if parent is not None else None
    if parent is None or answer is None or "idempotency-replayed" in answer.headers:
        return None
    if isinstance(parent.body, dict) and (parent.body.get("soft") or parent.body.get("accept") is not None):
        return None
    return ensure_resource_availability(ctx, response, case)
