"""The history, on DynamoDB Local; and a long life against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.evidence import keep
from tests.suites.history import *  # noqa: F403
from tests.suites.history import editing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATIONS = 5_000


def test_5000_random_operations_agree_with_a_plain_list(client: DynamoDBClient, table: str) -> None:
    edited = editing(client, table, seed=5)

    for number in range(1, OPERATIONS + 1):
        edited.step()
        edited.check_now()
        if number % 1_000 == 0:
            edited.check_all()
    keep(
        "history",
        count=OPERATIONS,
        unit="random operations",
        result="every content byte for byte, every time as it was",
    )
