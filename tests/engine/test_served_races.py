"""Real handlers in separate processes on one DynamoDB Local: what a race over HTTP leaves behind."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.served import Api, Reply, served
from tests.suites.builders import a_long_content

PROCESSES = 4
SAVERS = 16
ROUNDS = 50


@pytest.fixture(scope="module")
def apis(engine_url: str) -> Iterator[list[Api]]:
    """Containers of one deployment: processes that share nothing but the table."""
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as pool:
        started = [served(AWS_ENDPOINT_URL_DYNAMODB=engine_url) for _ in range(PROCESSES)]
        yield list(pool.map(stack.enter_context, started))


@pytest.fixture
def draft() -> str:
    return f"/v1/tenants/acme/agents/agent-{uuid.uuid4().hex}/revisions/3/draft"


def race(apis: list[Api], draft: str, version: int, bodies: list[bytes]) -> list[Reply]:
    start = threading.Barrier(len(bodies))

    def put(number: int) -> Reply:
        start.wait()
        return apis[number % len(apis)].call("PUT", draft, bodies[number], if_match=str(version))

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(put, range(len(bodies))))


def test_16_savers_with_one_version_50_rounds_exactly_one_wins_each(apis: list[Api], draft: str) -> None:
    apis[0].call("PUT", draft, {"comment": "base"})

    for version in range(1, ROUNDS + 1):
        bodies = [json.dumps({"comment": f"{version} by {saver}"}).encode() for saver in range(SAVERS)]
        replies = race(apis, draft, version, bodies)

        (winner,) = [reply for reply in replies if reply.status == 200]
        losers = [reply for reply in replies if reply.status == 409]
        assert len(losers) == SAVERS - 1
        assert winner.json["version"] == version + 1
        for loser in losers:
            assert loser.json["currentVersion"] == version + 1
            assert loser.json["headData"] == winner.json["headData"]


def test_16_savers_with_large_contents_the_head_is_always_the_winners_bytes(apis: list[Api], draft: str) -> None:
    contents = [a_long_content(500_000, seed).text for seed in range(SAVERS)]
    apis[0].call("PUT", draft, {"comment": "base"})

    version = 1
    for number in range(10):
        # Another order each round, so that no process holds the winner's keyframe by habit.
        bodies = contents[number:] + contents[:number]
        before = apis[0].call("GET", draft).json["headData"]
        replies = race(apis, draft, version, bodies)

        winners = [reply for reply in replies if reply.status == 200]
        version = max(reply.json["version"] for reply in winners)
        # The content that is current already changes nothing and is no loser.
        moved = [reply for reply in winners if reply.json["headData"] != before]
        assert len({json.dumps(reply.json["headData"]) for reply in moved}) == 1
        for api in apis:
            head = api.call("GET", draft)
            assert head.json["version"] == version == number + 2
            assert head.json["headData"] == moved[0].json["headData"]


def test_16_creators_of_one_draft_have_one_winner_and_one_list_entry(apis: list[Api]) -> None:
    for _ in range(10):
        agent = f"/v1/tenants/acme/agents/agent-{uuid.uuid4().hex}"
        bodies = [json.dumps({"comment": f"creator {saver}"}).encode() for saver in range(SAVERS)]

        replies = race(apis, f"{agent}/revisions/1/draft", 0, bodies)

        assert sorted(reply.status for reply in replies) == [200] + [409] * (SAVERS - 1)
        assert len(apis[1].call("GET", f"{agent}/drafts").json) == 1


def test_moves_and_saves_that_race_leave_no_gap(apis: list[Api], draft: str) -> None:
    apis[0].call("PUT", draft, {"comment": "base"})
    apis[0].call("PUT", draft, {"comment": "second"}, if_match="1")

    def work(number: int) -> list[int]:
        api, versions = apis[number % len(apis)], []
        for turn in range(20):
            if number % 4 == 0:
                reply = api.call("POST", f"{draft}:undo", {}, if_match="*")
            elif number % 4 == 1:
                reply = api.call("POST", f"{draft}:redo", {}, if_match="*")
            else:
                reply = api.call("PUT", draft, {"comment": f"{number}.{turn}"}, if_match="*")
            assert reply.status in (200, 422), reply.body
            if reply.status == 200:
                versions.append(reply.json["version"])
        return versions

    with ThreadPoolExecutor(8) as pool:
        versions = sorted(version for found in pool.map(work, range(8)) for version in found)

    assert versions == list(range(3, 3 + len(versions)))
    assert apis[0].call("GET", draft).json["version"] == versions[-1]
