"""Puts the document together: paths from the apps' routes, bodies from the models, refusals from the error table."""

from __future__ import annotations

import re
from typing import Any

from draftkeep.http.app import App
from draftkeep.http.naming import CAMEL, SNAKE, Naming
from local.openapi import operations
from local.openapi.answers import (
    CHANGE,
    FIELD_ERROR,
    FORM_LISTED,
    Schema,
    agent_answers,
    catalog_answers,
    form_answers,
    listed,
    ref,
    spelled,
)
from local.openapi.hoisting import hoist
from local.openapi.links import draft_links, row_links
from local.openapi.models import FORMS, form_models, payload_schemas, request_name, response_name, state_name
from local.openapi.operations import ALWAYS, Words
from local.openapi.parameters import header_parameter, path_parameter, query_parameter
from local.openapi.problems import GATEWAY, PROBLEM, name_of, problem_schemas
from local.openapi.recorded import Recorded
from local.openapi.responses import HEADERS, responses

JSON = "application/json"
_OF_A_KIND = ("Envelope", "Moved", "HistoryContent", "Proposals")
_VARIABLE = re.compile(r"\{(\w+)\}")
_TABLES = {"agent": operations.AGENT, "catalog": operations.CATALOG}
_INTRODUCTION = (
    "Drafts that never lose an edit: autosave, undo and redo on the server, proposals, and forms whose server answer "
    "is the truth. Every refusal of a function is `application/problem+json` with a stable `code`; what the gateway "
    "refuses itself is `application/json` with a `message`."
)
_TAGS = {
    "agent": "Drafts of agents, by agent and base revision.",
    "persona": "Form drafts of personas.",
    "tool": "Form drafts of tools.",
    "eval": "Form drafts of evals.",
    "test": "Form drafts of tests (invocations to try).",
    "catalog": "The resources that drafts point to.",
}


def document(told: Recorded) -> dict[str, Any]:
    """The OpenAPI document of all apps, with what they answered as examples."""
    paths: dict[str, dict[str, Any]] = {}
    for kind, app in told.apps.items():
        for (method, path), name in app.routes.items():
            if method != "HEAD":
                paths.setdefault(path, {})[method.lower()] = _operation(kind, (method, path), name, told)
    for methods in paths.values():
        if "get" in methods:
            methods["head"] = _head(methods["get"])
    components: dict[str, Any] = {
        "schemas": _schemas(told.apps),
        "headers": HEADERS,
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    hoist(paths, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Draftkeep",
            "version": "1",
            "summary": "Drafts that never lose an edit.",
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": kind, "description": _TAGS[kind]} for kind in told.apps],
        "paths": paths,
        "components": components,
    }


def _naming(kind: str) -> Naming:
    return CAMEL if kind == "agent" else SNAKE


def _words(kind: str, name: str) -> Words:
    return _TABLES.get(kind, operations.FORM)[name]


def _operation(kind: str, route: tuple[str, str], name: str, told: Recorded) -> dict[str, Any]:
    words, path = _words(kind, name), route[1]
    exchanges = [one for one in told.exchanges if one.route == route]
    parameters = [path_parameter(variable) for variable in _VARIABLE.findall(path)]
    parameters += [query_parameter(one) for one in words.query]
    parameters += [header_parameter(one) for one in words.headers]
    schemas = {status: schema and _schema_of(kind, schema) for status, schema in words.answers.items()}
    codes = (*ALWAYS, *words.codes)
    refusals = {code: name_of(code, _naming(kind), kind) for code in codes}
    made: dict[str, Any] = {
        "operationId": name if kind == "catalog" else f"{kind}_{name}",
        "tags": [kind],
        "summary": words.summary,
        "description": words.does,
        "parameters": parameters,
        "responses": responses(words, schemas, refusals, exchanges),
    }
    for status, links in _links(kind, name, told.apps[kind]).items():
        made["responses"][status]["links"] = links
    if words.body:
        sent = {one.name: {"value": one.sent} for one in exchanges if one.status < 300 and one.sent is not None}
        content: dict[str, Any] = {"schema": ref(_schema_of(kind, words.body))}
        made["requestBody"] = {
            "required": words.needs_body,
            "content": {JSON: content | ({"examples": sent} if sent else {})},
        }
    return made


def _head(get: dict[str, Any]) -> dict[str, Any]:
    """The HEAD beside a GET: the same answers without their bodies."""
    answers = {
        status: {name: one for name, one in response.items() if name not in ("content", "links")}
        for status, response in get["responses"].items()
    }
    return {
        "operationId": f"{get['operationId']}_head",
        "tags": get["tags"],
        "summary": f"{get['summary']}: the headers alone",
        "description": "As GET, without the body; how long that is is not told.",
        "parameters": list(get["parameters"]),
        "responses": answers,
    }


def _links(kind: str, name: str, app: App) -> dict[str, Any]:
    """What can be asked next, by the status of the answer."""
    if name == "catalog_create":
        return {"200": row_links(), "201": row_links()}
    if name == "save":
        return {"200": draft_links(kind, _naming(kind), app.routes, _TABLES.get(kind, operations.FORM))}
    return {}


def _schema_of(kind: str, name: str) -> str:
    """The name of the schema that a row of the table means: the kind's own, or what all forms share."""
    if kind in FORMS:
        own = {"Patch": request_name(FORMS[kind]), "Answer": response_name(FORMS[kind])}
        if name in own:
            return own[name]
        return f"{kind.capitalize()}{name}" if name in _OF_A_KIND else f"Form{name}"
    if kind == "catalog" and name == "Keyed":
        return "FormKeyed"
    return name if name.startswith("Agent") else f"{kind.capitalize()}{name}"


def _schemas(apps: dict[str, App]) -> dict[str, Schema]:
    made: dict[str, Schema] = {"FieldError": FIELD_ERROR, "Change": CHANGE, "Problem": PROBLEM, "Gateway": GATEWAY}
    made |= spelled(CAMEL) | spelled(SNAKE) | payload_schemas() | form_models() | agent_answers() | catalog_answers()
    made["FormDrafts"] = listed(FORM_LISTED, 25)
    for kind, app in apps.items():
        content = ref("AgentPayload")
        if kind in FORMS:
            state = state_name(FORMS[kind])
            made |= form_answers(kind, state)
            content = ref(state)
        codes = {code for name in app.routes.values() for code in (*ALWAYS, *_words(kind, name).codes)}
        made |= problem_schemas(_naming(kind), codes, content, kind)
    return made
