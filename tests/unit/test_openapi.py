"""The committed OpenAPI document is what the code says now, and is true in itself."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from draftkeep.http.problems import TABLE
from local.template import parse_template
from reference.app import handler, policy
from tests.tables import ROOT

REFERENCE = ROOT / "functions" / "reference"
DOCUMENT: dict[str, Any] = json.loads((REFERENCE / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
OWN_ROUTES = {(method, path) for method in ("GET", "HEAD") for path in ("/openapi.json", "/docs")}

PROBLEM = {"$ref": "#/components/schemas/Problem"}

Place = tuple[str, ...]


def nodes(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of the document, with the keys that lead to it; examples are not looked into."""
    yield at, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        if key not in ("example", "examples") or at[-1:] == ("properties",):
            yield from nodes(member, (*at, str(key)))


def shown() -> Iterator[tuple[str, Any, Any]]:
    """Every example: where it stands, its schema, its value."""
    for at, value in nodes(DOCUMENT):
        if isinstance(value, dict) and "schema" in value:
            for name, example in value.get("examples", {}).items():
                yield f"{'/'.join(at)}#{name}", value["schema"], example["value"]
        if isinstance(value, dict) and at[:2] == ("components", "schemas"):
            for number, example in enumerate(value.get("examples", [])):
                yield f"{'/'.join(at)}#{number}", value, example


def operation_ids() -> list[str]:
    return [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]


def validator(schema: Any) -> OAS31Validator:
    return OAS31Validator({**schema, "components": {"schemas": SCHEMAS}})


def test_the_committed_files_are_what_the_code_makes(tmp_path: Path) -> None:
    # A process of its own: the handlers are wired to tables that no other test shall meet.
    paths = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/resolver", ""))
    command = [sys.executable, "-m", "local.openapi", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})

    for name in ("openapi.json", "docs.html"):
        stale = (tmp_path / name).read_text() != (REFERENCE / name).read_text()
        assert not stale, f"functions/reference/{name} is not current: make openapi"


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_it_has_the_routes_of_the_template() -> None:
    template = parse_template((ROOT / "template.yaml").read_text())
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert told == {(route.method, route.path) for route in template.routes} - OWN_ROUTES


def test_it_has_every_problem_code_and_no_other_with_its_status() -> None:
    told: dict[str, int] = {}
    for schema in SCHEMAS.values():
        for part in schema.get("allOf", []):
            fixed = part.get("properties", {})
            if "code" in fixed:
                told[fixed["code"]["const"]] = fixed["status"]["const"]
                assert fixed["type"]["const"] == f"/problems/{fixed['code']['const']}"

    assert told == {row.code: row.status for row in TABLE.values()}


def test_every_code_can_be_given_by_an_operation() -> None:
    referred = {value["$ref"] for at, value in nodes(DOCUMENT) if isinstance(value, dict) and "$ref" in value}

    unused = {name for name in SCHEMAS if f"#/components/schemas/{name}" not in referred}
    assert unused == set()


def test_a_head_is_where_a_get_is_and_has_its_parameters_and_headers_but_no_body() -> None:
    for path, methods in DOCUMENT["paths"].items():
        assert ("get" in methods) == ("head" in methods), path
        if "get" in methods:
            got, head = methods["get"], methods["head"]
            assert (head["parameters"], head["responses"].keys()) == (got["parameters"], got["responses"].keys())
            for status in got["responses"]:
                of_get, of_head = (resolved(one["responses"][status]) for one in (got, head))
                assert of_head["headers"] == of_get["headers"]
                assert "content" not in of_head


def test_every_write_that_is_answered_with_a_content_can_be_answered_without() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            headers = resolved(operation["responses"].get("200", {})).get("headers", {})
            wishes = {"$ref": "#/components/parameters/Prefer"} in operation["parameters"]
            has_state = method in ("put", "post") and "ETag" in headers
            assert wishes == has_state == ("Preference-Applied" in headers), (method, path)


def resolved(one: dict[str, Any]) -> dict[str, Any]:
    found: Any = one
    if "$ref" in one:
        found = DOCUMENT
        for part in one["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    assert isinstance(found, dict)
    return found


def test_every_reference_leads_somewhere() -> None:
    for at, value in nodes(DOCUMENT):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            found: Any = DOCUMENT
            for part in value["$ref"].removeprefix("#/").split("/"):
                assert part in found, (at, value["$ref"])
                found = found[part]


def test_every_operation_needs_a_token_and_has_an_id_of_its_own() -> None:
    operations = [one for methods in DOCUMENT["paths"].values() for one in methods.values()]
    ids = operation_ids()

    assert DOCUMENT["security"] == [{"token": []}]
    assert not any("security" in one for one in operations)
    assert len(set(ids)) == len(ids)


def test_every_success_with_a_body_and_every_problem_has_an_example() -> None:
    operations = [one for methods in DOCUMENT["paths"].values() for one in methods.values()]
    successes = [
        (one["operationId"], status, content)
        for one in operations
        for status, response in one["responses"].items()
        for content in response.get("content", {}).values()
        if status.startswith("2")
    ]

    assert [(operation, status) for operation, status, content in successes if not content.get("examples")] == []
    problems = [schema for schema in SCHEMAS.values() if PROBLEM in schema.get("allOf", [])]
    assert len(problems) >= len(TABLE)
    assert all(schema["examples"] for schema in problems)


def test_the_reference_is_served_as_it_was_made_to_whoever_asks() -> None:
    answers = {path: handler({"routeKey": f"GET {path}"}, None) for path in ("/openapi.json", "/docs")}
    bodies = {
        path: base64.b64decode(answer["body"]).decode() if answer["isBase64Encoded"] else answer["body"]
        for path, answer in answers.items()
    }

    assert bodies["/openapi.json"] == (REFERENCE / "openapi.json").read_text()
    assert bodies["/docs"] == (REFERENCE / "docs.html").read_text()
    assert answers["/openapi.json"]["headers"]["Content-Type"] == "application/json"
    assert answers["/docs"]["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert {answer["statusCode"] for answer in answers.values()} == {200}
    # An answer of Lambda's has at most 6,291,556 bytes.
    assert all(len(json.dumps(answer)) < 3_000_000 for answer in answers.values())


def test_the_page_needs_nothing_but_its_own_style() -> None:
    html = (REFERENCE / "docs.html").read_text()

    assert re.findall(r"<(?:script|link|img|iframe|form|object|base)\b", html) == []
    assert re.findall(r"\s(?:style|src|on\w+)=", re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)) == []
    assert set(re.findall(r'href="([^#"][^"]*)"', html)) == {"/openapi.json"}
    (style,) = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy(html).startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "url(" not in style
    assert "@import" not in style


def test_every_link_of_the_page_leads_somewhere() -> None:
    html = (REFERENCE / "docs.html").read_text()
    ids = re.findall(r'\sid="([^"]+)"', html)

    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    # HEAD stands in the row of its GET.
    assert {one for one in operation_ids() if not one.endswith("_head")} <= set(ids)


@pytest.mark.parametrize(("schema", "value"), [pytest.param(s, v, id=at) for at, s, v in shown()])
def test_every_example_fits_its_schema(schema: Any, value: Any) -> None:
    assert [error.message for error in validator(schema).iter_errors(value)] == []
