"""moto with one lock round each call, and at a cost that does not grow with its tables.

Unlocked, several threads win one conditional write. A transaction copies each table whole, once for each of its writes,
to be able to take it back: here it keeps the items that it names. A query sorts the whole table: here the partition.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_transact, _query = DynamoDBBackend.transact_write_items, Table.query


@contextmanager
def locked_moto() -> Iterator[None]:
    """Answer every AWS call of this process from memory, one call at a time.

    Starts empty. Make clients inside of it, and after this module was imported.
    """
    lock = threading.RLock()
    unlocked = BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return unlocked(self, *args, **kwargs)

    with (
        patch.object(BotocoreStubber, "__call__", locked),
        patch.object(DynamoDBBackend, "transact_write_items", _transact_by_items),
        patch.object(models, "copy", _WithoutTables()),
        patch.object(Table, "query", _query_partition),
        mock_aws(),
    ):
        yield


class _WithoutTables:
    """In the place of the module `copy`: what copies a table gets the table."""

    def deepcopy(self, value: Any, *memo: Any) -> Any:
        return value if isinstance(value, Table) else copy.deepcopy(value, *memo)

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)


def _transact_by_items(backend: DynamoDBBackend, transact_items: Sequence[Mapping[str, Any]]) -> None:
    kept = [(places, key, copy.deepcopy(places.get(key))) for places, key in _named(backend, transact_items)]
    try:
        _transact(backend, transact_items)  # type: ignore[arg-type]
    except Exception:
        for places, key, item in kept:
            if item is None:
                places.pop(key, None)
            else:
                places[key] = item
        raise


def _named(backend: DynamoDBBackend, writes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[dict[Any, Any], Any]]:
    """Where the items of a transaction stand, and by what sort key: every table here has one."""
    for write in writes:
        for action in write.values():
            table, key = backend.tables.get(action.get("TableName")), action.get("Key") or action.get("Item")
            if table is None or not key or not {table.hash_key_attr, table.range_key_attr} <= key.keys():
                continue  # refused before anything is written
            yield table.items[DynamoType(key[table.hash_key_attr])], DynamoType(key[table.range_key_attr])


def _query_partition(table: Table, hash_key: DynamoType, *args: Any, **kwargs: Any) -> Any:
    if table.indexes or table.global_indexes:
        return _query(table, hash_key, *args, **kwargs)
    whole = table.items
    # No other call sees it: each has the lock.
    table.items = {hash_key: whole.get(hash_key, {})}  # type: ignore[assignment]
    try:
        return _query(table, hash_key, *args, **kwargs)
    finally:
        table.items = whole
