"""The sample catalog of tenant `local`: believable resources of every type, for trying things out."""

from __future__ import annotations

import json
from pathlib import Path

from draftkeep.catalog import Catalog, Scope
from draftkeep.operations import Operations
from draftkeep.service.catalog import ADMINS, Resources
from draftkeep.store import Store, new_client

SAMPLE = Path(__file__).with_name("catalog.jsonl")
TENANT = "local"


def load_sample(table: str) -> int:
    """Put the sample into a catalog table that does not have it yet.

    Returns: int, the number of resources that were created
    """
    store = Store(new_client(), table)
    resources = Resources(Catalog(store), Operations(store))
    records = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    scope = Scope(TENANT, "sample")
    if resources.catalog.get(scope, records[-1]["type"], records[-1]["id"]):
        return 0
    return sum(one.created for one in resources.import_records(scope, frozenset({ADMINS}), records))
