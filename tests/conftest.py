"""What every tier with an engine shares; the `client` of the engine is the tier's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from draftkeep.log import Log
from draftkeep.operations import Operations
from draftkeep.service.drafts import Drafts
from draftkeep.service.writing import Writing
from draftkeep.store import Store
from tests.tables import new_log, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def table(client: DynamoDBClient) -> Iterator[str]:
    name = new_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def log(client: DynamoDBClient, table: str) -> Log:
    return new_log(client, table)


@pytest.fixture
def drafts(client: DynamoDBClient, table: str, log: Log) -> Drafts:
    return Drafts(Writing(log, Operations(Store(client, table))))
