"""The history, on DynamoDB Local; and long lives against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draftkeep.service.history import History
from tests.evidence import budget, keep
from tests.suites.history import *  # noqa: F403
from tests.suites.history import STEPS, editing
from tests.tables import new_writing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATIONS = 5_000


def test_5000_random_operations_agree_with_a_plain_list(client: DynamoDBClient, table: str) -> None:
    edited = editing(client, table, seed=5)

    for number in range(1, OPERATIONS + 1):
        edited.step()  # Before a discard, every content of the draft is compared.
        edited.check_now()
        if number % 1_000 == 0:
            edited.check_all(History(new_writing(client, table)))

    made = sum(past is not None and past.cursor == version for version, past in enumerate(edited.model.entries, 1))
    assert edited.compared >= made
    keep(
        "history",
        count=OPERATIONS,
        unit="random operations",
        result=f"all {made:,} contents byte for byte, and what was current at a random time after each",
    )


def test_one_draft_of_many_operations_agrees_with_a_plain_list(client: DynamoDBClient, table: str) -> None:
    operations = budget(500, OPERATIONS)
    edited = editing(client, table, seed=6, steps=STEPS | {"discard": 0})

    for _ in range(operations):
        edited.step()
        edited.check_now()

    other = History(new_writing(client, table))
    edited.check_all(other)
    edited.check_times(other)
    keep(
        "history-deep",
        count=operations,
        unit="random operations on one draft",
        result=f"all {edited.compared:,} contents byte for byte by a container that wrote none, and at each time",
    )
