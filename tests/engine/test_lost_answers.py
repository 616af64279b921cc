"""The SDK's own retries against a real engine: a lost answer is not a rival, and an outage is not a conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from draftkeep.errors import Unreachable
from draftkeep.service.states import Outcome
from draftkeep.store import new_client
from tests.suites.builders import AUTHOR, NOTHING_SAID, a_content, a_draft, a_long_content, seen
from tests.tables import new_drafts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def own_client(client: DynamoDBClient) -> DynamoDBClient:
    """A client of the same engine, to be tampered with."""
    return new_client()


@contextmanager
def lost_answers(client: DynamoDBClient, operation: str, times: int) -> Iterator[list[str]]:
    """Do the next requests of an operation, and lose their answers on the way back."""
    session = client._endpoint.http_session  # type: ignore[attr-defined]
    send: Callable[[Any], Any] = session.send
    lost: list[str] = []

    def send_and_lose(request: Any) -> Any:
        response = send(request)
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        if target.endswith(f".{operation}") and len(lost) < times:
            lost.append(target)
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    session.send = send_and_lose
    try:
        yield lost
    finally:
        session.send = send


def test_a_save_whose_answer_was_lost_is_recognised_as_its_own(own_client: DynamoDBClient, table: str) -> None:
    drafts, draft = new_drafts(own_client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with lost_answers(own_client, "PutItem", 2) as lost:
        written = drafts.save(draft, AUTHOR, a_content("2"), seen(1))

    assert len(lost) == 2
    assert (written.outcome, written.state.head.version) == (Outcome.SAVED, 2)
    assert drafts.read(draft).head == written.state.head


@pytest.mark.parametrize("text", ["small", "large"])
def test_a_creation_whose_answer_was_lost_is_recognised_as_its_own(
    own_client: DynamoDBClient, table: str, text: str
) -> None:
    drafts, draft = new_drafts(own_client, table), a_draft()
    content = a_content() if text == "small" else a_long_content(700_000, seed=3)

    with lost_answers(own_client, "TransactWriteItems", 2) as lost:
        written = drafts.save(draft, AUTHOR, content, NOTHING_SAID)

    assert len(lost) == 2
    assert (written.outcome, written.state.head.version) == (Outcome.CREATED, 1)
    assert drafts.read(draft).content == content.text


def test_a_discard_whose_answer_was_lost_leaves_one_tombstone(own_client: DynamoDBClient, table: str) -> None:
    drafts, draft = new_drafts(own_client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID)

    with lost_answers(own_client, "TransactWriteItems", 1):
        tombstone = drafts.discard(draft, AUTHOR, NOTHING_SAID)

    assert drafts.log.read(draft).last_version == tombstone.version == 2


def test_a_save_that_never_got_an_answer_is_unreachable_and_its_retry_succeeds(
    own_client: DynamoDBClient, table: str
) -> None:
    drafts, draft = new_drafts(own_client, table), a_draft()
    drafts.save(draft, AUTHOR, a_content("1"), NOTHING_SAID)

    with lost_answers(own_client, "PutItem", 99), pytest.raises(Unreachable):
        drafts.save(draft, AUTHOR, a_content("2"), seen(1))
    again = drafts.save(draft, AUTHOR, a_content("2"), seen(1))

    assert (again.outcome, again.state.head.version) == (Outcome.UNCHANGED, 2)
