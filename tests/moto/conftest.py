"""One locked moto for the whole tier; each test has a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from draftkeep.store import new_client
from local.engine import isolate
from local.locked_moto import locked_moto

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def client() -> Iterator[DynamoDBClient]:
    with pytest.MonkeyPatch.context() as patch, locked_moto():
        patch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
        environ: dict[str, str] = {}
        isolate(environ)
        for name, value in environ.items():
            patch.setenv(name, value)
        yield new_client()
