"""Counts what a client asks of DynamoDB: round trips, and units by the service's own rules.

DynamoDB Local misreports transactions, so units are computed from item sizes. Source: Amazon DynamoDB Developer Guide,
"DynamoDB read and write operations": writes in started KB, transactional ones twice; reads in started 4 KB, consistent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from draftkeep.items import item_bytes, write_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Usage:
    """What was asked since the meter was last read.

    calls: (operation, start, end), in seconds
    written_bytes: of all items that were put, as DynamoDB bills them
    reported: DynamoDB Local's own units by operation, of single ones only: it misreports transactions
    """

    write_units: float = 0
    read_units: float = 0
    written_bytes: int = 0
    reported: dict[str, float] = field(default_factory=dict)
    calls: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def round_trips(self) -> int:
        """Calls one after the other: those that overlap count once."""
        trips, busy_until = 0, 0.0
        for _, start, end in sorted(self.calls, key=lambda call: call[1]):
            if start >= busy_until:
                trips += 1
            busy_until = max(busy_until, end)
        return trips

    @property
    def waiting_s(self) -> float:
        """Time spent in calls, overlaps counted once."""
        waited, busy_until = 0.0, 0.0
        for _, start, end in sorted(self.calls, key=lambda call: call[1]):
            waited += max(0.0, end - max(start, busy_until))
            busy_until = max(busy_until, end)
        return waited


class Meter:
    """Watches one client through its event hooks."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._usage = Usage()
        self._open: dict[int, tuple[str, float, Any]] = {}
        events: Any = client.meta.events
        self._events = events
        events.register("provide-client-params.dynamodb", self._started)
        events.register("after-call.dynamodb", self._ended)

    def stop(self) -> None:
        """Watch no longer."""
        self._events.unregister("provide-client-params.dynamodb", self._started)
        self._events.unregister("after-call.dynamodb", self._ended)

    @contextmanager
    def usage(self) -> Iterator[Usage]:
        """Collect what is asked inside the context."""
        self._usage = Usage()
        try:
            yield self._usage
        finally:
            self._usage = Usage()

    def _started(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in _SINGLE:
            params["ReturnConsumedCapacity"] = "TOTAL"
        self._open[threading.get_ident()] = (model.name, time.perf_counter(), params)

    def _ended(self, parsed: dict[str, Any], **_: Any) -> None:
        operation, start, params = self._open.pop(threading.get_ident())
        self._usage.calls.append((operation, start, time.perf_counter()))
        self._usage.write_units += _written(operation, params)
        self._usage.read_units += _read(operation, params, parsed)
        self._usage.written_bytes += sum(item_bytes(item) for item in _items_put(operation, params))
        if operation in _SINGLE:
            reported = parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0)
            self._usage.reported[operation] = self._usage.reported.get(operation, 0) + reported


# What DynamoDB Local reports as the service would.
_SINGLE = ("PutItem", "Query")


def _items_put(operation: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    if operation == "PutItem":
        return [params["Item"]]
    if operation == "TransactWriteItems":
        return [action["Put"]["Item"] for action in params["TransactItems"] if "Put" in action]
    if operation == "BatchWriteItem":
        requests = [one for table in params["RequestItems"].values() for one in table]
        return [one["PutRequest"]["Item"] for one in requests if "PutRequest" in one]
    return []


def _written(operation: str, params: dict[str, Any]) -> float:
    if operation == "PutItem":
        return write_units(item_bytes(params["Item"]))
    if operation == "TransactWriteItems":
        return sum(2 * _one(action.get("Put")) for action in params["TransactItems"])
    if operation == "BatchWriteItem":
        requests = [one for table in params["RequestItems"].values() for one in table]
        return sum(_one(one.get("PutRequest")) for one in requests)
    return 1 if operation == "UpdateItem" else 0


def _one(put: dict[str, Any] | None) -> int:
    # A delete costs what the item weighed: index items, which take one unit.
    return write_units(item_bytes(put["Item"])) if put else 1


def _read(operation: str, params: dict[str, Any], parsed: dict[str, Any]) -> float:
    if operation == "Query":
        # A query's items are added up, then rounded.
        return max(1, -(-sum(item_bytes(item) for item in parsed.get("Items", [])) // 4096))
    if operation == "BatchGetItem":
        found = [item for table in parsed.get("Responses", {}).values() for item in table]
        asked = sum(len(table["Keys"]) for table in params["RequestItems"].values())
        # A key without an item costs a unit too.
        return sum(max(1, -(-item_bytes(item) // 4096)) for item in found) + asked - len(found)
    return 0
