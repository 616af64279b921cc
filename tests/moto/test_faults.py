"""What no engine can be made to do: throttles and transaction conflicts, as the service would send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import BotocoreStubber

from draftkeep.canonical import hash_of
from draftkeep.deadline import Deadline
from draftkeep.errors import Contended, Throttled, Unreachable
from draftkeep.model import Draft
from draftkeep.operations import Claim
from draftkeep.preconditions import Precondition
from draftkeep.service.drafts import Drafts
from draftkeep.service.states import Outcome
from draftkeep.service.writing import CONTENTION_BUDGET_S
from draftkeep.store import new_client
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_content, a_draft, seen
from tests.tables import new_drafts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class _Body:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._raw


@contextmanager
def answering(operation: str, code: str, times: int, **members: Any) -> Iterator[list[str]]:
    """Answer the next requests of an operation with an error, before they reach the engine."""
    answered: list[str] = []
    engine = BotocoreStubber.__call__

    def answer(self: BotocoreStubber, event_name: str, request: Any, **options: Any) -> AWSResponse | None:
        if not event_name.endswith(f".{operation}") or len(answered) >= times:
            return engine(self, event_name, request, **options)
        answered.append(code)
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **members}
        headers = {"content-type": "application/x-amz-json-1.0"}
        status = 500 if code == "InternalServerError" else 400
        return AWSResponse(request.url, status, headers, _Body(json.dumps(body).encode()))  # type: ignore[arg-type]

    with patch.object(BotocoreStubber, "__call__", answer):
        yield answered


def quick(client: DynamoDBClient, table: str) -> Drafts:
    """The use cases with a clock that jumps over every wait."""
    now = [0.0]
    return new_drafts(client, table, sleep=lambda s: now.__setitem__(0, now[0] + s + 0.1), elapsed=lambda: now[0])


def test_a_transaction_conflict_on_a_put_is_tried_again_and_is_no_version_conflict(
    client: DynamoDBClient, table: str
) -> None:
    drafts, draft = quick(client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with answering("PutItem", "TransactionConflictException", 3) as answered:
        written = drafts.save(draft, AUTHOR, a_content("2"), seen(1))

    assert (len(answered), written.state.head.version) == (3, 2)


def test_a_cancelled_transaction_for_a_conflict_is_tried_again(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "busy"}]

    with answering("TransactWriteItems", "TransactionCanceledException", 2, CancellationReasons=reasons) as answered:
        written = drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID)

    assert (len(answered), written.state.head.version) == (2, 1)


@contextmanager
def colliding_after_success(operation: str) -> Iterator[list[str]]:
    """Do the next request of an operation, and answer with a conflict, as a retry of a lost answer may be."""
    answered: list[str] = []
    engine = BotocoreStubber.__call__

    def answer(self: BotocoreStubber, event_name: str, request: Any, **options: Any) -> AWSResponse | None:
        response = engine(self, event_name, request, **options)
        if not event_name.endswith(f".{operation}") or answered:
            return response
        answered.append(operation)
        body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "message": ""}
        headers = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 400, headers, _Body(json.dumps(body).encode()))  # type: ignore[arg-type]

    with patch.object(BotocoreStubber, "__call__", answer):
        yield answered


@pytest.mark.parametrize("precondition", [seen(3), ANY_VERSION])
def test_an_undo_that_was_done_before_it_collided_is_not_done_twice(
    client: DynamoDBClient, table: str, precondition: Precondition
) -> None:
    drafts, draft = quick(client, table), a_draft()
    for number in range(3):
        drafts.save(draft, AUTHOR, a_content(str(number)), seen(number))

    with colliding_after_success("PutItem") as answered:
        undone = drafts.undo(draft, AUTHOR, precondition)

    assert answered
    assert (undone.outcome, undone.state.head.version) == (Outcome.UNDONE, 4)
    assert undone.state.content == a_content("1").text
    assert drafts.read(draft).head == undone.state.head


def test_a_save_that_was_done_before_it_collided_is_answered_though_a_rival_followed(
    client: DynamoDBClient, table: str
) -> None:
    rival, draft = new_drafts(client, table), a_draft()
    rival.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    def follow(_: float) -> None:
        rival.save(draft, AUTHOR, a_content("rival"), seen(2))

    with colliding_after_success("PutItem"):
        saved = new_drafts(client, table, sleep=follow).save(draft, AUTHOR, a_content("2"), seen(1))

    assert (saved.outcome, saved.state.head.version, saved.state.content) == (Outcome.SAVED, 2, a_content("2").text)
    assert drafts_head_version(rival, draft) == 3


def test_a_save_that_was_done_before_it_collided_has_the_answer_that_it_is_given_again(
    client: DynamoDBClient, table: str
) -> None:
    rival, draft, claim = new_drafts(client, table), a_draft(), Claim("k", hash_of(b"the request"))
    for number in range(30):
        rival.save(draft, AUTHOR, a_content(f"{number}"), ANY_VERSION if number else NOTHING_SAID)

    def follow(_: float) -> None:
        for number in range(5):
            rival.save(draft, AUTHOR, a_content(f"rival {number}"), ANY_VERSION)

    with colliding_after_success("TransactWriteItems"):
        first = new_drafts(client, table, sleep=follow).save(draft, AUTHOR, a_content("mine"), ANY_VERSION, claim)
    again = rival.save(draft, AUTHOR, a_content("mine"), ANY_VERSION, claim)

    assert again.replayed
    assert (first.outcome, first.state) == (again.outcome, again.state)
    assert len(first.state.history) == 20


def test_a_save_that_was_done_in_its_last_try_is_told_to_have_been(client: DynamoDBClient, table: str) -> None:
    draft = a_draft()
    new_drafts(client, table).save(draft, AUTHOR, a_content("1"), NOTHING_SAID)
    now = iter([0.0, CONTENTION_BUDGET_S + 1])
    hurried = new_drafts(client, table, elapsed=lambda: next(now), sleep=lambda _: None)

    with colliding_after_success("PutItem") as answered:
        saved = hurried.save(draft, AUTHOR, a_content("2"), seen(1))

    assert answered
    assert (saved.outcome, saved.state.head.version, saved.state.content) == (Outcome.SAVED, 2, a_content("2").text)


@pytest.mark.parametrize("then", ["many rivals", "discarded", "begun anew"])
def test_a_save_that_was_done_before_it_collided_is_not_done_twice_whatever_followed(
    client: DynamoDBClient, table: str, then: str
) -> None:
    rival, draft = new_drafts(client, table), a_draft()
    rival.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    def follow(_: float) -> None:
        for number in range(30 if then == "many rivals" else 0):
            rival.save(draft, AUTHOR, a_content(f"rival {number}"), ANY_VERSION)
        if then != "many rivals":
            rival.discard(draft, AUTHOR, NOTHING_SAID)
        if then == "begun anew":
            rival.save(draft, AUTHOR, a_content("anew"), NOTHING_SAID)

    with colliding_after_success("PutItem"):
        saved = new_drafts(client, table, sleep=follow).save(draft, AUTHOR, a_content("2"), ANY_VERSION)

    last = {"many rivals": 32, "discarded": 3, "begun anew": 4}[then]
    assert (saved.outcome, saved.state.head.version, saved.state.content) == (Outcome.SAVED, 2, a_content("2").text)
    assert rival.log.read(draft).last_version == last


def test_a_discard_that_was_done_before_it_collided_does_not_end_the_draft_begun_since(
    client: DynamoDBClient, table: str
) -> None:
    rival, draft = new_drafts(client, table), a_draft()
    rival.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    def follow(_: float) -> None:
        rival.save(draft, AUTHOR, a_content("begun anew"), NOTHING_SAID)

    with colliding_after_success("TransactWriteItems"):
        tombstone = new_drafts(client, table, sleep=follow).discard(draft, AUTHOR, NOTHING_SAID)

    assert (tombstone.version, drafts_head_version(rival, draft)) == (2, 3)


def drafts_head_version(drafts: Drafts, draft: Draft) -> int:
    return drafts.read(draft).head.version


def test_a_move_reads_nothing_after_its_write(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)
    drafts.save(draft, AUTHOR, a_content("2"), seen(1))
    for _ in range(12):
        drafts.undo(draft, AUTHOR, ANY_VERSION)
        drafts.redo(draft, AUTHOR, ANY_VERSION)
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    try:
        undone = drafts.undo(draft, AUTHOR, ANY_VERSION)
    finally:
        client.meta.events.unregister("before-call.dynamodb", note)

    assert calls == ["Query", "BatchGetItem", "PutItem"]
    assert [entry.version for entry in undone.state.history] == [1]


def test_contention_that_outlives_the_budget_is_said_so(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with (
        answering("PutItem", "TransactionConflictException", 10_000),
        pytest.raises(Contended),
    ):
        drafts.save(draft, AUTHOR, a_content("2"), ANY_VERSION)

    assert drafts.read(draft).head.version == 1


def test_throttling_that_outlives_the_sdks_retries_is_throttled(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with (
        answering("PutItem", "ProvisionedThroughputExceededException", 99) as answered,
        pytest.raises(Throttled),
    ):
        drafts.save(draft, AUTHOR, a_content("2"), seen(1))

    assert len(answered) == 3
    assert drafts.read(draft).head.version == 1


def test_a_throttled_transaction_is_throttled_and_writes_nothing(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    reasons = [{"Code": "ThrottlingError", "Message": "slow down"}, {"Code": "None"}]

    with (
        answering("TransactWriteItems", "TransactionCanceledException", 1, CancellationReasons=reasons),
        pytest.raises(Throttled),
    ):
        drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID)

    assert drafts.log.read(draft).last_version == 0


class Elapsed:
    """A monotonic clock that stands until it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(("left_s", "tries"), [(25, 3), (20, 3), (19, 2), (14, 2), (13, 1), (8, 1), (7, 0), (-1, 0)])
def test_a_call_is_tried_only_while_there_is_time_to_see_it_fail_and_to_answer(
    client: DynamoDBClient, table: str, left_s: float, tries: int
) -> None:
    elapsed = Elapsed()
    deadline = Deadline(elapsed)
    drafts = new_drafts(new_client(deadline), table)
    deadline.begin(left_s * 1000)

    def fail_slowly(**_: Any) -> None:
        elapsed.now_s += 6

    with answering("Query", "InternalServerError", 99) as answered:
        drafts.log._store._client.meta.events.register("needs-retry.dynamodb", fail_slowly)
        with pytest.raises(Unreachable):
            drafts.read(a_draft())

    assert len(answered) == tries


def test_what_is_too_late_to_be_answered_is_not_written(client: DynamoDBClient, table: str) -> None:
    elapsed = Elapsed()
    deadline = Deadline(elapsed)
    draft, drafts = a_draft(), new_drafts(new_client(deadline), table)
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)
    deadline.begin(25_000)

    def slow_head(**_: Any) -> None:
        elapsed.now_s += 18

    drafts.log._store._client.meta.events.register("after-call.dynamodb.Query", slow_head)
    with pytest.raises(Unreachable):
        drafts.save(draft, AUTHOR, a_content("2"), seen(1))

    assert new_drafts(client, table).read(draft).head.version == 1


def test_an_internal_error_of_the_service_is_unreachable(client: DynamoDBClient, table: str) -> None:
    drafts = quick(client, table)

    with answering("Query", "InternalServerError", 99), pytest.raises(Unreachable):
        drafts.read(a_draft())


def test_keys_that_dynamodb_left_over_are_asked_for_again(client: DynamoDBClient, table: str) -> None:
    drafts, draft = quick(client, table), a_draft()
    for number in range(3):
        drafts.save(draft, AUTHOR, a_content(str(number)), seen(number))
    left_over = []

    def leave_one_over(parsed: dict[str, Any], **_: Any) -> None:
        found = parsed["Responses"][table]
        if len(found) > 1:
            item = found.pop()
            left_over.append(item)
            key = {"pk": item["pk"], "sk": item["sk"]}
            parsed["UnprocessedKeys"] = {table: {"Keys": [key], "ConsistentRead": True}}

    client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_one_over)
    try:
        entries = drafts.log.entries(draft, [1, 2, 3])
    finally:
        client.meta.events.unregister("after-call.dynamodb.BatchGetItem", leave_one_over)

    assert len(left_over) == 1
    assert sorted(entries) == [1, 2, 3]
