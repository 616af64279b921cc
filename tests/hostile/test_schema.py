"""Schemathesis reads the OpenAPI document and sends what fits it, what does not, and chains of requests."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.token import mint_token
from tests.evidence import IS_FULL, budget, keep
from tests.served import ROOT, Api, served

TENANT = "local"
SECRET = "the-secret-of-the-tests-by-the-schema"
DOCUMENT = ROOT / "functions" / "reference" / "openapi.json"
CATALOG = ROOT / "local" / "catalog.jsonl"
CONFIG = ROOT / "tests" / "hostile" / "schemathesis.toml"
SCHEMAS = "#/components/schemas/"
METHODS = {"get", "head", "put", "post", "patch", "delete"}

_TYPE = re.compile(r"(?:One of|Of) `(\w+)`")
_CURATED = ("departments", "parameter_fields", "voices")


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the promise that answers may have more members: none may have, here."""
    schemas = document["components"]["schemas"]
    parts = [part for one in objects(schemas) for part in one.get("allOf", [])]
    bases = [schemas[part["$ref"].removeprefix(SCHEMAS)] for part in parts if "$ref" in part]
    open_ones = {id(one) for one in (*parts, *bases)}
    for one in objects(schemas):
        is_object = "allOf" in one or (one.get("type") == "object" and "properties" in one)
        if is_object and "additionalProperties" not in one and id(one) not in open_ones:
            one["unevaluatedProperties"] = False
    return document


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside of schemas; examples are not looked into."""
    if isinstance(value, dict):
        yield value
        for key, member in value.items():
            if key != "examples":
                yield from objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from objects(member)


def with_known_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the token's tenant, and the ids and names of the sample catalog: what fits it is found too."""
    document["components"]["parameters"]["Tenant"]["schema"] = {"type": "string", "const": TENANT}
    ids: dict[str, list[str]] = defaultdict(list)
    values: dict[str, list[str]] = defaultdict(list)
    for line in CATALOG.read_text().splitlines():
        record = json.loads(line)
        ids[record["type"]] += [record["id"]] if "id" in record else []
        values[record["type"]] += [record["value"]] if "value" in record else []
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Patch") and name.endswith("Request"):
            for member, one in schema["properties"].items():
                found = _TYPE.match(one.get("description", ""))
                known = ids[found[1]] if found else values[member] if member in _CURATED else []
                if known and "anyOf" in one:
                    text = one["anyOf"][0]
                    text.get("items", text)["enum"] = known
    return document


def run(api: Api, folder: Path, *options: str) -> dict[str, Any]:
    """Run Schemathesis as an administrator of the sample catalog's tenant.

    Returns: its report, once nothing was found
    """
    document, report = folder / "openapi.json", folder / "report.json"
    document.write_text(json.dumps(with_known_names(strict(json.loads(DOCUMENT.read_text())))))
    token = mint_token(SECRET, TENANT, "ann", groups=["catalog-admin"])
    seed = random.SystemRandom().randrange(10**9) if IS_FULL else 1
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(document)]
    command += ["--url", f"http://127.0.0.1:{api.port}", "--header", f"Authorization: Bearer {token}"]
    command += ["--seed", str(seed), "--report-json-path", str(report), *options]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=env)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"
    told: dict[str, Any] = json.loads(report.read_text())
    assert told["errors"] == told["failures"] == []
    print(done.stdout)
    return told | {"seed": seed}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with served(LOCAL_AUTH="required", LOCAL_JWT_SECRET=SECRET) as running:
        yield running
    assert [line for line in running.output if "FUNCTION FAILED" in line or "internal_error" in line] == []


def test_every_operation_answers_as_the_document_says(api: Api, tmp_path: Path) -> None:
    phases = ("--phases", "examples,coverage,fuzzing", "--max-examples", str(budget(5, 60)))

    told = run(api, tmp_path, *phases)

    operations = sum(len(METHODS & methods.keys()) for methods in json.loads(DOCUMENT.read_text())["paths"].values())
    assert told["operations"]["tested"] == told["operations"]["total"] == operations
    count, seed = told["test_cases"]["generated"], told["seed"]
    result = f"all answered as the document says, {operations} operations; seed {seed}"
    keep("schema", count=count, unit="requests", result=result)


def test_chains_of_requests_are_answered_as_the_document_says(api: Api, tmp_path: Path) -> None:
    # Positive: each request of a chain fits the document, so that chains are long.
    chains = ("--phases", "stateful", "--mode", "positive", "--max-examples", str(budget(20, 100)))

    told = run(api, tmp_path, *chains)

    count, seed = told["test_cases"]["generated"], told["seed"]
    result = f"all answered as the document says; seed {seed}"
    keep("schema-chains", count=count, unit="requests in chains", result=result)
