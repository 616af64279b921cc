"""What can go wrong with one call of DynamoDB, as data; and what makes it go wrong, below the SDK and its own retries.

A fault is a row of acts, one for each try that the SDK makes of the call. An act sends the request or does not, and
answers, fails or says nothing.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.engine.calls import name_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PLAIN_WRITES = frozenset({"PutItem", "UpdateItem"})
_TRANSACTION = frozenset({"TransactWriteItems"})
_BATCHES = frozenset({"BatchGetItem", "BatchWriteItem"})
_WRITES = _PLAIN_WRITES | _TRANSACTION | {"BatchWriteItem"}

_DRAFT_ITEMS = frozenset({"draft", "index", "keyframe", "op", "proposal", "trash"})

# Longer than any function may take.
SLOW_S = 30.0
_HOUR_S = 3600.0


@dataclass
class Clock:
    """The time that the container sees: it moves when somebody waits, or when it is moved.

    elapsed_s: of the monotonic clock; wall_s: of the clock that people set; jump_s: how wrong that is
    """

    elapsed_s: float = 0.0
    wall_s: float = 0.0
    jump_s: float = 0.0

    def elapsed(self) -> float:
        return self.elapsed_s

    def now_ms(self) -> int:
        return int((self.wall_s + self.jump_s) * 1000)

    def wait(self, seconds: float) -> None:
        """Wait as long, and at least a second: so that patience ends soon."""
        self.move(max(seconds, 1.0))

    def move(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.wall_s += seconds


@dataclass(frozen=True)
class Try:
    """One try of a call, on its way out."""

    request: Any
    operation: str
    send: Callable[[], Any]
    clock: Clock


Act = Callable[[Try], Any]


def _passed(one: Try) -> Any:
    return one.send()


def _unconnected(one: Try) -> Any:
    raise ConnectTimeoutError(endpoint_url=one.request.url)


def _lost(one: Try) -> Any:
    one.send()
    raise ReadTimeoutError(endpoint_url=one.request.url)


def _refused(code: str, status: int = 400) -> Act:
    return lambda one: _answer(one.request, status, code)


def _failed_after(one: Try) -> Any:
    one.send()
    return _answer(one.request, 500, "InternalServerError")


def _cancelled(reason: str) -> Act:
    def act(one: Try) -> Any:
        actions = len(json.loads(one.request.body)["TransactItems"])
        reasons = [{"Code": "None"}] * (actions - 1) + [{"Code": reason, "Message": reason}]
        return _answer(one.request, 400, "TransactionCanceledException", CancellationReasons=reasons)

    return act


def _left_over(one: Try) -> Any:
    """A batch of which nothing was done, for load."""
    wanted = json.loads(one.request.body)["RequestItems"]
    if one.operation == "BatchGetItem":
        return _answer(one.request, 200, Responses={table: [] for table in wanted}, UnprocessedKeys=wanted)
    return _answer(one.request, 200, UnprocessedItems=wanted)


def _late(act: Act) -> Act:
    def late(one: Try) -> Any:
        one.clock.move(SLOW_S)
        return act(one)

    return late


def _timed_out(one: Try) -> Any:
    raise ReadTimeoutError(endpoint_url=one.request.url)


def _jumped(seconds: float) -> Act:
    def act(one: Try) -> Any:
        one.clock.jump_s = seconds
        return one.send()

    return act


class _Body:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._raw


def _answer(request: Any, status: int, code: str | None = None, **members: Any) -> AWSResponse:
    told = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code} if code else {}
    headers = {"content-type": "application/x-amz-json-1.0"}
    body = _Body(json.dumps(told | members).encode())
    return AWSResponse(request.url, status, headers, body)  # type: ignore[arg-type]


_THROTTLED, _THROTTLED_OTHERWISE = _refused("ProvisionedThroughputExceededException"), _refused("ThrottlingException")
_TRANSACTION_THROTTLED = _cancelled("ThrottlingError")
_FAILED = _refused("InternalServerError", 500)
_COLLIDED = _refused("TransactionConflictException")
_CANCELLED = _cancelled("TransactionConflict")
_IN_PROGRESS = _refused("TransactionInProgressException")


@dataclass(frozen=True)
class Fault:
    """One way in which a call goes wrong.

    first: what becomes of its first tries; then: of the further ones
    lasting: so does every later call of its name, as `then` says
    code: of the 503 that may be answered; None when there must be none
    hidden: a try before the last one may have been done, though the last one says that it was not
    on: the operations that can go wrong so; None for all
    """

    kind: str
    name: str
    first: tuple[Act, ...]
    then: Act = _passed
    code: str | None = None
    lasting: bool = False
    hidden: bool = False
    on: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def can_hit(self, operation: str) -> bool:
        return self.on is None or operation in self.on

    def act(self, number: int) -> Act:
        """What becomes of a try, counted from 0."""
        return self.first[number] if number < len(self.first) else self.then


CONNECTION, LOST, THROTTLING, INTERNAL = "connection error", "lost answer", "throttling", "internal error"
CONFLICT, SLOW, JUMP, EXPIRED = "transaction conflict", "slow answer", "clock jump", "expired record"
KINDS = (CONNECTION, LOST, THROTTLING, INTERNAL, CONFLICT, SLOW, JUMP, EXPIRED)

FAULTS = (
    Fault(CONNECTION, "first try", (_unconnected,)),
    Fault(CONNECTION, "all tries", (), _unconnected, "unreachable"),
    Fault(LOST, "first try", (_lost,)),
    Fault(LOST, "all tries", (), _lost, "unreachable"),
    Fault(LOST, "first try, then no connection", (_lost,), _unconnected, "unreachable", on=_WRITES),
    Fault(LOST, "first try, then throttled", (_lost,), _THROTTLED, "throttled", hidden=True, on=_WRITES),
    Fault(THROTTLING, "provisioned, first try", (_THROTTLED,)),
    Fault(THROTTLING, "provisioned, all tries", (), _THROTTLED, "throttled"),
    Fault(THROTTLING, "on demand, first try", (_THROTTLED_OTHERWISE,)),
    Fault(THROTTLING, "on demand, all tries", (), _THROTTLED_OTHERWISE, "throttled"),
    Fault(THROTTLING, "of a transaction, once", (_TRANSACTION_THROTTLED,), code="throttled", on=_TRANSACTION),
    Fault(THROTTLING, "of a transaction, lasting", (), _TRANSACTION_THROTTLED, "throttled", True, on=_TRANSACTION),
    Fault(THROTTLING, "of a batch, once", (_left_over,), on=_BATCHES),
    Fault(THROTTLING, "of a batch, lasting", (), _left_over, "throttled", True, on=_BATCHES),
    Fault(INTERNAL, "first try", (_FAILED,)),
    Fault(INTERNAL, "all tries", (), _FAILED, "unreachable"),
    Fault(INTERNAL, "first try, done", (_failed_after,), on=_WRITES),
    Fault(INTERNAL, "all tries, done", (), _failed_after, "unreachable", on=_WRITES),
    Fault(CONFLICT, "once", (_COLLIDED,), on=_PLAIN_WRITES),
    Fault(CONFLICT, "lasting", (), _COLLIDED, "contended", True, on=_PLAIN_WRITES),
    Fault(CONFLICT, "after a lost try", (_lost, _COLLIDED), on=_PLAIN_WRITES),
    Fault(CONFLICT, "lasting, after a lost try", (_lost,), _COLLIDED, "contended", True, True, _PLAIN_WRITES),
    Fault(CONFLICT, "once, of a transaction", (_CANCELLED,), on=_TRANSACTION),
    Fault(CONFLICT, "lasting, of a transaction", (), _CANCELLED, "contended", True, on=_TRANSACTION),
    Fault(CONFLICT, "of a transaction, after a lost try", (_lost, _CANCELLED), on=_TRANSACTION),
    Fault(CONFLICT, "with itself, after a lost try", (_lost, _IN_PROGRESS), on=_TRANSACTION),
    Fault(CONFLICT, "with itself, for all further tries", (_lost,), _IN_PROGRESS, on=_TRANSACTION),
    Fault(SLOW, "answered", (_late(_passed),), code="unreachable"),
    Fault(SLOW, "done and lost", (_late(_lost),), code="unreachable"),
    Fault(SLOW, "not done", (_late(_timed_out),), code="unreachable", on=_WRITES),
    Fault(JUMP, "an hour forwards", (_jumped(_HOUR_S),)),
    Fault(JUMP, "an hour backwards", (_jumped(-_HOUR_S),)),
)


@dataclass(frozen=True)
class Call:
    """A call of a request: of several of one name the `nth`, from 0. Those that run side by side come in any order."""

    name: str
    nth: int

    @property
    def operation(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def is_of_drafts(self) -> bool:
        return not _DRAFT_ITEMS.isdisjoint(self.name.split())

    @property
    def writes(self) -> bool:
        return self.operation in _WRITES

    def __str__(self) -> str:
        return f"{self.name} #{self.nth + 1}"


class Injector:
    """Stands between a client and the network: notes each call, and lets one go wrong."""

    def __init__(self, client: DynamoDBClient, clock: Clock) -> None:
        session = client._endpoint.http_session  # type: ignore[attr-defined]
        self._send: Callable[[Any], Any] = session.send
        session.send = self._try
        client.meta.events.register("before-call.dynamodb", self._begin)
        self._clock = clock
        self._lock = threading.Lock()
        self._own = threading.local()
        self._target: tuple[Call, Fault] | None = None
        self._seen: Counter[str] = Counter()
        self._noted: list[Call] = []
        self.fired = 0

    @contextmanager
    def noting(self, call: Call | None = None, fault: Fault | None = None) -> Iterator[list[Call]]:
        """Note the calls of one request; the call goes wrong as the fault says."""
        self._seen.clear()
        self.fired = 0
        self._target = (call, fault) if call and fault else None
        self._noted = []
        try:
            yield self._noted
        finally:
            self._target = None

    def _begin(self, params: Any, **_: Any) -> None:
        name = name_of(params["headers"]["X-Amz-Target"], params["body"])
        with self._lock:
            call = Call(name, self._seen[name])
            self._seen[name] += 1
            self._noted.append(call)
        self._own.call, self._own.tries = call, 0

    def _try(self, request: Any) -> Any:
        call, number = self._own.call, self._own.tries
        self._own.tries += 1
        act = self._act(call, number)
        if act is not None:
            # Calls run side by side, and adding is not one step.
            with self._lock:
                self.fired += 1
        one = Try(request, call.operation, lambda: self._send(request), self._clock)
        return act(one) if act else self._send(request)

    def _act(self, call: Call, number: int) -> Act | None:
        if self._target is None:
            return None
        wanted, fault = self._target
        if call == wanted:
            return fault.act(number)
        is_later = call.name == wanted.name and call.nth > wanted.nth
        return fault.then if fault.lasting and is_later else None
