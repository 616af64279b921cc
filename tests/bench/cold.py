"""Cold starts: import and initialisation in a fresh process, against the stack that is usual for such functions."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from tests.bench.figures import Figure
from tests.tables import ROOT

RUNS = 15

# What each stack does before its first request.
STACKS = {
    "python alone": "pass",
    "boto3 client": "import boto3; boto3.client('dynamodb')",
    "usual stack": """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent_function
from pydantic import BaseModel
class Model(BaseModel):
    name: str
app, logger, metrics = APIGatewayHttpResolver(enable_validation=True), Logger(), Metrics(namespace="x")
layer, client = DynamoDBPersistenceLayer(table_name="t"), boto3.client("dynamodb")
""",
    "agent function": "import agent_draft.app; from draftkeep import wiring; wiring.client()",
    "persona function": "import persona_draft.app; from draftkeep import wiring; wiring.client()",
}
TARGET = 0.8


def cold_starts() -> list[Figure]:
    """Milliseconds of whole processes, median of 15, the stacks in turn."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/resolver")),
        "DRAFTS_TABLE": "d",
        "CATALOG_TABLE": "c",
        "POWERTOOLS_METRICS_NAMESPACE": "Draftkeep",
    }
    times: dict[str, list[float]] = {name: [] for name in STACKS}
    for _ in range(RUNS):
        for name, code in STACKS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, check=True)
            times[name].append((time.perf_counter() - start) * 1000)
    medians = {name: median(taken) for name, taken in times.items()}
    against = [
        Figure(f"cold start: {name} against the usual stack", medians[name] / medians["usual stack"], "x", TARGET)
        for name in ("agent function", "persona function")
    ]
    return [*(Figure(f"cold start: {name}", value, "ms") for name, value in medians.items()), *against]
