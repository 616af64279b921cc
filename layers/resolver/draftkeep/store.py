"""One table in DynamoDB: requests out, items and named refusals back. The only module that knows botocore.

Source: Amazon DynamoDB API reference; figures of the service in comments where they matter
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from draftkeep.deadline import Deadline
from draftkeep.errors import Throttled, Unreachable
from draftkeep.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A try takes at most 5 s, and the SDK waits up to 2 s after it: full jitter, 1 s at first, then doubling.
_CONNECT_S, _READ_S, _SDK_WAIT_S = 1, 4, 2
# A try begins only while there is time to see it fail, to wait as the SDK does, and to answer then. So three tries of
# one call fit into a function's 25 s, and a request of many calls ends in an answer, not in the function's time-out.
_TRY_NEEDS_S = _CONNECT_S + _READ_S + _SDK_WAIT_S + 1
_CLIENT = Config(
    connect_timeout=_CONNECT_S,
    read_timeout=_READ_S,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=25,
    tcp_keepalive=True,
)

_COLLISIONS = {"TransactionConflictException", "TransactionInProgressException", "TransactionConflict"}
_THROTTLES = {
    "ProvisionedThroughputExceededException",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ThrottlingException",
    "ThrottlingError",
}
_OUTAGES = {"InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException"}

# The attribute by which the tables let items expire: epoch seconds.
EXPIRES_AT = "expires_at_s"

# Of the system: functions that start from one snapshot would wait alike with a generator of their own.
_random = random.SystemRandom()

_BATCH_GET_KEYS = 100
_BATCH_WRITE_ITEMS = 25
_BATCH_ROUNDS = 8

NO_DEADLINE = Deadline()


@dataclass(frozen=True, slots=True)
class Items:
    """One page of a query; `next` is the sort key to continue after, None at the end."""

    items: list[Item]
    next: str | None


class Refused(Exception):
    """A condition did not hold. `index` is the write's place in its transaction, `item` what stands there."""

    def __init__(self, index: int, item: Item | None) -> None:
        self.index = index
        self.item = item


class Collided(Exception):
    """Another transaction touched the same item at this moment, so this try wrote nothing.

    An earlier try of the SDK may have: look for the attempt before trying anew.
    """


@dataclass(frozen=True, slots=True)
class Put:
    """Put an item, if its condition holds; a refusal brings back what stands there.

    only_new: nothing may stand there; expired_at_s: but for an item that expired by then (epoch seconds)
    holding: an item must stand there whose attribute of this name is this string
    """

    item: Item
    only_new: bool = False
    expired_at_s: int | None = None
    holding: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the item of a key, if there is one."""

    key: Item


@dataclass(frozen=True, slots=True)
class Update:
    """Set and remove attributes of an item whose attribute `holding` has this value; no item is made.

    key: pk and sk
    """

    key: Item
    sets: Mapping[str, Mapping[str, Any]]
    removes: Sequence[str]
    holding: tuple[str, Mapping[str, Any]]


Write = Put | Delete | Update


def new_client(deadline: Deadline = NO_DEADLINE) -> DynamoDBClient:
    """Make a DynamoDB client: once per process, since it takes hundreds of milliseconds.

    botocore without boto3: the same client, a fifth of a cold start sooner.
    deadline: calls, and the SDK's further tries of them, that could not be answered in time raise Unreachable
    """

    def raise_when_late(**_: object) -> None:
        if deadline.left_s < _TRY_NEEDS_S:
            raise Unreachable

    client = botocore.session.get_session().create_client("dynamodb", config=_CLIENT)
    # Once before each try.
    client.meta.events.register("request-created.dynamodb", raise_when_late)
    return client  # type: ignore[return-value]


class Store:
    """The items of one table.

    Every call may raise Throttled or Unreachable; a write that raises one of them may have been done: an earlier try
    of the SDK's may have been, whose answer was lost.
    """

    def __init__(self, client: DynamoDBClient, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def query(
        self,
        partition: str,
        *,
        prefix: str | None = None,
        before: str | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int,
        projection: str | None = None,
    ) -> Items:
        """Read up to `limit` items of a partition in key order, consistently, in one page of at most 1 MB.

        prefix, before: only such sort keys, one of the two; after: where the page before this one ended
        newest_first: from the highest sort key down
        Cost: 1 request; 1 read unit per started 4 KB of all items together
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
            "Limit": limit,
        }
        if after is not None:
            request["ExclusiveStartKey"] = {"pk": {"S": partition}, "sk": {"S": after}}
        bounds = {"begins_with(sk, :sk)": prefix, "sk < :sk": before}
        for condition, bound in bounds.items():
            if bound is not None:
                request["KeyConditionExpression"] += f" AND {condition}"
                request["ExpressionAttributeValues"][":sk"] = {"S": bound}
        if projection is not None:
            request["ProjectionExpression"] = projection
        with _named_errors():
            answer: Any = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Items(answer["Items"], last["sk"]["S"] if last else None)

    def scan_keys(self, segment: int, segments: int) -> Iterator[Item]:
        """Read the keys of all items of one of several parts of the table, partition by partition.

        Not consistent: what was written just now may be missing.
        Cost: 1 request per 1 MB; 0.5 read units per 4 KB of the items, whole
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": segments,
            "ProjectionExpression": "pk, sk",
        }
        while True:
            with _named_errors():
                answer: Any = self._client.scan(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get_many(self, keys: Sequence[Item]) -> list[Item]:
        """Read the items of these keys, consistently, in any order; a missing one is left out.

        keys: without duplicates
        Cost: 1 request per 100 keys and 16 MB; what DynamoDB left over is asked for again
        """
        found: list[Item] = []
        for start in range(0, len(keys), _BATCH_GET_KEYS):
            wanted: Any = {self._table: {"Keys": list(keys[start : start + _BATCH_GET_KEYS]), "ConsistentRead": True}}
            for _ in self._rounds():
                with _named_errors():
                    answer: Any = self._client.batch_get_item(RequestItems=wanted)
                found.extend(answer["Responses"].get(self._table, []))
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
        return found

    def put(self, write: Put) -> None:
        """Put one item.

        Raises: Refused (it had to be new and is not; carries what stands there), Collided
        """
        with _named_errors():
            self._client.put_item(**self._request_of(write))

    def update(self, write: Update) -> None:
        """Update one item.

        Raises: Refused (it does not hold what it must, or is not there), Collided
        """
        with _named_errors():
            self._client.update_item(**self._request_of(write))

    def write(self, writes: Sequence[Write], token: str) -> None:
        """Do all writes or none: a single put as such, at half the price, several as a transaction (`transact`)."""
        if len(writes) == 1 and isinstance(writes[0], Put):
            self.put(writes[0])
        elif len(writes) == 1 and isinstance(writes[0], Update):
            self.update(writes[0])
        else:
            self.transact(writes, token)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """Do all writes or none.

        writes: at most 100, 4 MB together, no key twice; judged in their order when several are refused
        token: the attempt; the SDK's own retry of the same attempt is then done once
        Raises: Refused (with the index of the first refused write), Collided
        Cost: 1 request; twice the units of the same writes alone
        """
        actions: Any = [{type(write).__name__: self._request_of(write)} for write in writes]
        with _named_errors():
            self._client.transact_write_items(TransactItems=actions, ClientRequestToken=token)

    def put_many(self, items: Sequence[Item]) -> None:
        """Put items without a condition: for items that nothing refers to yet."""
        self._batch_write([{"PutRequest": {"Item": item}} for item in items])

    def delete_many(self, keys: Sequence[Item]) -> None:
        """Delete the items of these keys, those that are there."""
        self._batch_write([{"DeleteRequest": {"Key": key}} for key in keys])

    def _batch_write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(requests), _BATCH_WRITE_ITEMS):
            left: Any = {self._table: list(requests[start : start + _BATCH_WRITE_ITEMS])}
            for _ in self._rounds():
                with _named_errors():
                    left = self._client.batch_write_item(RequestItems=left).get("UnprocessedItems")
                if not left:
                    break

    def _rounds(self) -> Iterator[int]:
        """Rounds of a batch, with waits between them; leftovers after the last one are a throttle."""
        for attempt in count():
            yield attempt
            if attempt + 1 == _BATCH_ROUNDS:
                raise Throttled
            self._sleep(jittered(attempt))

    def _request_of(self, write: Write) -> dict[str, Any]:
        if isinstance(write, Delete):
            return {"TableName": self._table, "Key": write.key}
        if isinstance(write, Update):
            return {"TableName": self._table, "Key": write.key} | _update_of(write)
        request: dict[str, Any] = {"TableName": self._table, "Item": write.item}
        condition = _condition_of(write)
        if condition:
            request |= condition | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return request


def _condition_of(put: Put) -> dict[str, Any]:
    if put.holding is not None:
        name, value = put.holding
        return {
            "ConditionExpression": "#held = :held",
            "ExpressionAttributeNames": {"#held": name},
            "ExpressionAttributeValues": {":held": {"S": value}},
        }
    if put.expired_at_s is not None:
        # The service removes expired items within days: until then they count as absent.
        return {
            "ConditionExpression": f"attribute_not_exists(pk) OR {EXPIRES_AT} <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(put.expired_at_s)}},
        }
    return {"ConditionExpression": "attribute_not_exists(pk)"} if put.only_new else {}


def _update_of(update: Update) -> dict[str, Any]:
    held, value = update.holding
    names = {"#held": held} | {f"#{name}": name for name in (*update.sets, *update.removes)}
    values = {":held": value} | {f":{name}": value for name, value in update.sets.items()}
    sets = ", ".join(f"#{name} = :{name}" for name in update.sets)
    removes = ", ".join(f"#{name}" for name in update.removes)
    return {
        "UpdateExpression": " ".join(
            part for part in (sets and f"SET {sets}", removes and f"REMOVE {removes}") if part
        ),
        # An item that is not there holds nothing: it is refused, not made.
        "ConditionExpression": "#held = :held",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def jittered(attempt: int) -> float:
    """Seconds to wait before try `attempt` + 1: full jitter, doubling from 20 ms to at most half a second."""
    return _random.uniform(0, min(0.5, 0.02 * 2**attempt))


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _named(error) from error
    except (NoConnection, HTTPClientError) as error:
        raise Unreachable from error


def _named(error: ClientError) -> Exception:
    """Name what the service answered; an answer that means a defect of ours stays what it is."""
    response: Any = error.response
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return Refused(0, response.get("Item"))
    if code == "TransactionCanceledException":
        return _named_cancellation(error, response["CancellationReasons"])
    return _by_code(code) or error


def _named_cancellation(error: ClientError, reasons: Sequence[Mapping[str, Any]]) -> Exception:
    for index, reason in enumerate(reasons):
        if reason["Code"] == "ConditionalCheckFailed":
            return Refused(index, reason.get("Item"))
    named = (_by_code(reason["Code"]) for reason in reasons)
    return next((found for found in named if found), error)


def _by_code(code: str) -> Exception | None:
    if code in _COLLISIONS:
        return Collided()
    if code in _THROTTLES:
        return Throttled()
    return Unreachable() if code in _OUTAGES else None
