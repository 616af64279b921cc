"""One DynamoDB Local for the whole tier; each test has a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from draftkeep.store import new_client
from local.engine import isolate
from tests.engine.dynamodb_local import dynamodb_local

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    with dynamodb_local() as url:
        yield url


@pytest.fixture(scope="session")
def client(engine_url: str) -> Iterator[DynamoDBClient]:
    environ: dict[str, str] = {"AWS_ENDPOINT_URL_DYNAMODB": engine_url}
    isolate(environ)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        yield new_client()
