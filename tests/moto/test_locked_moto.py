"""The embedded engine: refused transactions leave nothing, and calls cost what they touch, however large the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from tests.suites.log import items_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITIONS, EACH = 40, 5
FEW = 60


def key(partition: int, number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{partition}"}, "sk": {"S": f"s{number}"}}


@pytest.fixture
def filled(client: DynamoDBClient, table: str) -> str:
    for partition in range(PARTITIONS):
        for number in range(EACH):
            client.put_item(TableName=table, Item=key(partition, number) | {"n": {"N": "1"}})
    return table


def put(table: str, at: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": at | {"n": {"N": "2"}}, **more}}


def update(table: str, at: dict[str, Any]) -> dict[str, Any]:
    values = {":n": {"N": "3"}}
    expression = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": table, "Key": at, **expression}}


def delete(table: str, at: dict[str, Any]) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": at}}


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_refused_transaction_leaves_every_item_as_it_was(client: DynamoDBClient, filled: str, where: str) -> None:
    refused = put(filled, key(3, 0), ConditionExpression="attribute_not_exists(pk)")
    writes: list[Any] = [
        *(put(filled, key(0, 0)), put(filled, key(0, 9)), put(filled, key(99, 0))),
        *(update(filled, key(1, 0)), update(filled, key(98, 0)), delete(filled, key(2, 0)), delete(filled, key(97, 0))),
    ]
    writes.insert(0 if where == "first" else len(writes), refused)
    before = items_of(client, filled)

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=writes)

    assert items_of(client, filled) == before


def test_a_transaction_of_a_table_that_is_not_there_writes_nothing(client: DynamoDBClient, filled: str) -> None:
    writes: list[Any] = [put(filled, key(0, 9)), put("absent", key(0, 0))]
    before = items_of(client, filled)

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=writes)

    assert items_of(client, filled) == before


@contextmanager
def counted(owner: type, name: str) -> Iterator[list[None]]:
    """The calls of a method."""
    calls: list[None] = []
    method: Callable[..., Any] = getattr(owner, name)

    def count(*args: Any) -> Any:
        calls.append(None)
        return method(*args)

    with patch.object(owner, name, count):
        yield calls


def test_a_transaction_copies_the_items_that_it_names(client: DynamoDBClient, filled: str) -> None:
    writes: list[Any] = [put(filled, key(0, 0)), update(filled, key(1, 0))]
    with counted(Item, "__deepcopy__") as copies:
        client.transact_write_items(TransactItems=writes)

    assert 0 < len(copies) <= FEW < PARTITIONS * EACH


def test_a_query_sorts_its_partition(client: DynamoDBClient, filled: str) -> None:
    with counted(DynamoType, "__lt__") as comparisons:
        found = client.query(
            TableName=filled, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "p7"}}
        )

    assert [item["sk"]["S"] for item in found["Items"]] == [f"s{number}" for number in range(EACH)]
    assert 0 < len(comparisons) <= FEW < PARTITIONS * EACH
