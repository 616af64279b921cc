"""What no function may import as it starts: imports are most of a cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from local.template import parse_template
from tests.tables import ROOT

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
MODULES = sorted({function.handler.rpartition(".")[0] for function in TEMPLATE.functions.values()})
# Each takes a tenth of a start or more, and what of them is needed comes without: botocore, pydantic's core.
HEAVY = {"boto3", "pydantic"}


@pytest.mark.parametrize("module", MODULES)
def test_a_function_starts_without_the_heavy_packages(module: str) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/resolver")),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "DRAFTS_TABLE": "drafts",
        "CATALOG_TABLE": "catalog",
        "POWERTOOLS_METRICS_NAMESPACE": "Draftkeep",
    }
    code = f"import json, sys, {module}; print(json.dumps([name for name in sys.modules if '.' not in name]))"

    told = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)

    assert HEAVY & set(json.loads(told.stdout)) == set()
