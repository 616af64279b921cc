"""The embedded engine is atomic under threads, and no login of the developer's machine is used."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.core.botocore_stubber import BotocoreStubber

from local.engine import create_tables, isolate, running_engine
from local.template import parse_template
from tests.unit.local.samples import TEMPLATE


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    # Registers these with monkeypatch, so that what `isolate` sets is undone.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.setenv(name, "")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "")
    isolate(os.environ)


def test_tables_are_created_once_with_their_expiry() -> None:
    [table] = tables = parse_template(TEMPLATE).tables

    with running_engine(None):
        create_tables(tables)
        create_tables(tables)

        client = boto3.client("dynamodb")
        ttl = client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
        assert client.list_tables()["TableNames"] == [table.name]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at_s"}


def test_calls_of_the_embedded_engine_never_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    running, at_once = 0, []
    process_request = BotocoreStubber.process_request

    def watched(stubber: BotocoreStubber, request: Any) -> Any:
        nonlocal running
        running += 1
        at_once.append(running)
        time.sleep(0.005)
        try:
            return process_request(stubber, request)
        finally:
            running -= 1

    monkeypatch.setattr(BotocoreStubber, "process_request", watched)
    with running_engine(None):
        client = boto3.client("dynamodb")

        _in_threads(client.list_tables, 8)

    assert at_once == [1] * 8


def test_of_many_writers_with_one_condition_exactly_one_wins() -> None:
    [table] = tables = parse_template(TEMPLATE).tables
    outcomes: list[str] = []

    with running_engine(None):
        create_tables(tables)
        client = boto3.client("dynamodb")

        def write() -> None:
            try:
                client.put_item(
                    TableName=table.name, Item={"pk": {"S": "one"}}, ConditionExpression="attribute_not_exists(pk)"
                )
                outcomes.append("won")
            except client.exceptions.ConditionalCheckFailedException:
                outcomes.append("lost")

        _in_threads(write, 16)

    assert Counter(outcomes) == {"won": 1, "lost": 15}


def _in_threads(call: Callable[[], object], count: int) -> None:
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_profiles_and_other_addresses_are_forgotten() -> None:
    environ = {
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "https://example.com",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ACCESS_KEY_ID": "only half of a pair",
        "AWS_REGION": "eu-central-1",
    }

    isolate(environ)

    assert environ == {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_keys_that_are_given_are_kept() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}

    isolate(environ)

    assert [environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")] == [*"abc"]
