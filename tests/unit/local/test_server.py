"""`python -m local.server` as a program: what it prints, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.serving import bind

ROOT = Path(__file__).resolve().parents[3]

TEMPLATE = """
Globals: {Function: {Environment: {Variables: {TABLE: !Ref Things}}}}
Resources:
  Counter:
    Type: AWS::Serverless::Function
    Properties:
      Handler: counter_fn.handler
      Events: {Get: {Type: HttpApi, Properties: {Method: GET, Path: /count}}}
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
"""

HANDLER = """
import os

import boto3

table = boto3.client("dynamodb")


def handler(event, context):
    counted = table.update_item(
        TableName=os.environ["TABLE"],
        Key={"pk": {"S": "count"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return {"statusCode": 200, "body": counted["Attributes"]["n"]["N"]}
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "counter_fn.py").write_text(HANDLER, encoding="utf-8")
    return tmp_path


PATHS = f"{ROOT}:{ROOT / 'layers' / 'resolver'}"


@contextmanager
def _started(project: Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCAL_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "local.server", "--template", str(project / "template.yaml")],
        env=inherited | {"PYTHONPATH": f"{PATHS}:{project}", "PORT": "0"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _wait_until_ready(process: subprocess.Popen[str]) -> tuple[str, list[str]]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if ready := re.fullmatch(r"Draftkeep is ready on (http://127\.0\.0\.1:\d+)", lines[-1]):
            return ready[1], lines
    raise AssertionError(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_ends_with_one_line(project: Path, number: signal.Signals) -> None:
    with _started(project) as process:
        url, greeting = _wait_until_ready(process)
        with urllib.request.urlopen(f"{url}/count", timeout=10) as answer:
            counted = answer.read()

        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)

    assert counted == b"1"
    assert sum("curl" in line for line in greeting) == 2
    assert any("embedded" in line for line in greeting)
    assert (process.returncode, rest, errors) == (0, "Draftkeep stopped.\n", "")


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"PORT": "many"}, "PORT must be a number from 0 to 65535, not 'many'"),
        ({"LOCAL_AUTH": "maybe"}, "LOCAL_AUTH must be `off` or `required`, not 'maybe'"),
        ({"PYTHONPATH": PATHS}, "Counter: cannot import counter_fn.handler: ModuleNotFoundError"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}, "cannot create the tables: Could not connect"),
    ],
    ids=["port", "auth", "handler", "engine"],
)
def test_what_prevents_the_start_is_one_line_and_status_1(
    project: Path, environ: dict[str, str], complaint: str
) -> None:
    with _started(project, **environ) as process:
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output) == (1, "")
    assert errors.startswith(f"Draftkeep cannot start: {complaint}")
    assert errors.count("\n") == 1


def test_a_taken_port_is_one_line_and_status_1(project: Path) -> None:
    with bind(0) as other:
        other.listen()
        port = other.getsockname()[1]
        with _started(project, PORT=str(port)) as process:
            output, errors = process.communicate(timeout=60)

    assert (process.returncode, output) == (1, "")
    assert errors == f"Draftkeep cannot start: port {port} is taken by another program; choose another with PORT=\n"
