"""Tables as template.yaml defines them, on whatever engine a client talks to."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from draftkeep.catalog import Catalog
from draftkeep.keyframes import Keyframes
from draftkeep.log import Log
from draftkeep.operations import Operations
from draftkeep.service.drafts import Drafts
from draftkeep.service.forms import Forms
from draftkeep.service.proposals import Proposals
from draftkeep.service.writing import Writing
from draftkeep.store import Store
from local.template import parse_template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).resolve().parents[1]
_TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
_DRAFTS = next(table for table in _TEMPLATE.tables if table.name.endswith("DraftsTable"))


def new_table(client: DynamoDBClient) -> str:
    """Make an empty drafts table under a name of its own."""
    name = f"drafts-{uuid.uuid4().hex}"
    client.create_table(TableName=name, **_DRAFTS.definition)
    return name


def new_drafts(client: DynamoDBClient, table: str, **given: Any) -> Drafts:
    """The use cases of drafts on a table, as a fresh container has them; `given`: clock, ids and waits."""
    return Drafts(new_writing(client, table, **given))


def new_forms(drafts: Drafts, catalog: Catalog) -> Forms:
    """The use cases of form drafts over those of all drafts."""
    return Forms(drafts, Proposals(drafts.writing), catalog)


def new_writing(client: DynamoDBClient, table: str, **given: Any) -> Writing:
    """How a table is written, as a fresh container has it."""
    return Writing(new_log(client, table), Operations(Store(client, table)), **given)


def new_log(client: DynamoDBClient, table: str) -> Log:
    """A log with an empty keyframe cache, as a fresh container has it."""
    store = Store(client, table)
    return Log(store, Keyframes(store))
