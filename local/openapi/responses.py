"""The answers of an operation, by status: what it does, what it refuses, and what the gateway says itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from draftkeep.http.answers import JSON, PROBLEM
from local.openapi.answers import Schema, ref
from local.openapi.operations import Words
from local.openapi.problems import STATUS
from local.openapi.recorded import Exchange

_NO_STORE = {"type": "string", "const": "no-store"}
HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "The draft's version: send it in `If-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,14})"$'},
    },
    "CurrentETag": {
        "description": "The current version, where there is a draft and a state is told.",
        "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,14}"$'},
    },
    "Link": {
        "description": "The next page; absent on the last one.",
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="next"$'},
    },
    "Idempotency-Replayed": {
        "description": "The answer is one that the same request got before.",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {
        "description": "The content was left out, as preferred.",
        "schema": {"type": "string", "const": "return=minimal"},
    },
    "Retry-After": {"description": "Seconds to wait; absent when the gateway answers.", "schema": {"type": "integer"}},
    "Cache-Control": {"description": "No answer may be kept.", "required": True, "schema": _NO_STORE},
    "FunctionCacheControl": {"description": "Absent when the gateway answers.", "schema": _NO_STORE},
    "WWW-Authenticate": {"description": "What a token needs.", "required": True, "schema": {"type": "string"}},
    "Apigw-Requestid": {
        "description": "The request's id; problems repeat it as `instance`.",
        "required": True,
        "schema": {"type": "string"},
    },
}
# What the gateway says itself, whatever the route; 413 only where there is a body.
_GATEWAY = {401: "Unauthorized", 404: "Not Found", 413: "Request Entity Too Large", 429: "Too Many Requests"} | {
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_OF_A_STATE = frozenset({"ETag", "Preference-Applied"})
_TAGGED = frozenset({"version_conflict", "draft_exists", "merge_conflict", "proposal_conflict"})


def responses(
    words: Words, schemas: Mapping[int, str | None], refusals: Mapping[str, str], exchanges: Sequence[Exchange]
) -> dict[str, Any]:
    """All answers of an operation.

    schemas: status of a success -> name of its schema; refusals: code -> name of its schema
    exchanges: what the route has answered: the examples
    """
    made = {}
    for status, schema in schemas.items():
        made[status] = _success(status, schema, words.tells, exchanges)
    for status in sorted({STATUS[code] for code in refusals} | _gateway_statuses(words)):
        codes = sorted(code for code in refusals if STATUS[code] == status)
        made[status] = _refusal(status, codes, refusals, exchanges, by_gateway=status in _gateway_statuses(words))
    return {str(status): one for status, one in made.items()}


def _gateway_statuses(words: Words) -> set[int]:
    return {
        status for status in _GATEWAY if (status != 413 or words.body) and (status != 404 or "not_found" in words.codes)
    }


def _success(status: int, schema: str | None, tells: Sequence[str], exchanges: Sequence[Exchange]) -> dict[str, Any]:
    # Only answers with a state have a tag; an ack or a read that finds none has no state to tell.
    names = [name for name in tells if name not in _OF_A_STATE or status != 204]
    if status == 304:
        names = ["ETag"]
    headers = {name: _header(name) for name in (*names, "Cache-Control", "Apigw-Requestid")}
    made: dict[str, Any] = {"description": HTTPStatus(status).phrase, "headers": headers}
    if schema:
        made["content"] = {JSON: {"schema": ref(schema)} | _examples(status, exchanges)}
    return made


def _refusal(
    status: int, codes: list[str], refusals: Mapping[str, str], exchanges: Sequence[Exchange], *, by_gateway: bool
) -> dict[str, Any]:
    headers = {"Apigw-Requestid": _header("Apigw-Requestid")}
    headers["Cache-Control"] = _header("FunctionCacheControl" if by_gateway else "Cache-Control")
    if status == 401:
        headers["WWW-Authenticate"] = _header("WWW-Authenticate")
    if status == 503:
        headers["Retry-After"] = _header("Retry-After")
    if _TAGGED & set(codes):
        headers["ETag"] = _header("CurrentETag")
    content: dict[str, Any] = {}
    if codes:
        schemas: list[Schema] = [ref(refusals[code]) for code in codes]
        schema = schemas[0] if len(schemas) == 1 else _one_of(codes, schemas)
        content[PROBLEM] = {"schema": schema} | _examples(status, exchanges)
    if by_gateway:
        example = {"gateway": {"value": {"message": _GATEWAY[status]}}}
        content[JSON] = {"schema": ref("Gateway"), "examples": example}
    told = ", ".join(f"`{code}`" for code in codes) or "By the gateway."
    return {"description": told, "headers": headers, "content": content}


def _one_of(codes: list[str], schemas: list[Schema]) -> Schema:
    mapping = {code: schema["$ref"] for code, schema in zip(codes, schemas, strict=True)}
    return {"oneOf": schemas, "discriminator": {"propertyName": "code", "mapping": mapping}}


def _examples(status: int, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    shown = {one.name: {"value": one.body} for one in exchanges if one.status == status and one.body is not None}
    return {"examples": shown} if shown else {}


def _header(name: str) -> Schema:
    return {"$ref": f"#/components/headers/{name}"}
