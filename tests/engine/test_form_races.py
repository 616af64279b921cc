"""Form drafts under parallel clients, over separate processes on one DynamoDB Local: no field and no id is lost."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.evidence import keep
from tests.served import Api, Reply, served

PROCESSES = 4
CLIENTS = 8
PATCHES = 50
RACERS = 16
TRIES = 10


@pytest.fixture(scope="module")
def apis(engine_url: str) -> Iterator[list[Api]]:
    """Containers of one deployment: processes that share nothing but the tables."""
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as pool:
        started = [served(AWS_ENDPOINT_URL_DYNAMODB=engine_url) for _ in range(PROCESSES)]
        yield list(pool.map(stack.enter_context, started))


def save(api: Api, kind: str, body: dict[str, Any]) -> Any:
    reply = api.call("POST", f"/{kind}/draft", body)
    assert reply.status == 200, reply.body[:500]
    return reply.json


def patched(api: Api, body: dict[str, Any], busy: list[Reply]) -> Reply:
    """Send a patch until it is taken, as the answers to contention ask for; `busy` gets those answers."""
    for _ in range(TRIES):
        reply = api.call("POST", "/persona/draft", body)
        if reply.status != 503:
            return reply
        busy.append(reply)
        time.sleep(float(reply.headers["retry-after"]))
    return reply


def at_once(apis: list[Api], send: Callable[[Api, int], Reply], count: int = RACERS) -> list[Reply]:
    """Send that many requests at the same moment, spread over the processes."""
    start = threading.Barrier(count)

    def one(number: int) -> Reply:
        start.wait(30)
        return send(apis[number % len(apis)], number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_8_clients_patch_8_fields_50_times_and_no_field_is_lost(apis: list[Api]) -> None:
    mark = uuid.uuid4().hex
    records = [
        {"type": type_, "value": f"{mark} {type_} {turn}", "id": f"{mark}-{type_}-{turn}"}
        for type_ in ("departments", "voices")
        for turn in range(PATCHES)
    ]
    assert apis[0].call("POST", "/catalog/import", {"records": records}).json["created"] == len(records)
    values: dict[str, Callable[[int], Any]] = {
        "name": lambda turn: f"name {turn}",
        "description": lambda turn: f"description {turn} " + "x" * 2000,
        "instructions": lambda turn: f"instructions {turn}",
        "color": lambda turn: f"#{turn:06x}",
        "examples": lambda turn: [f"example {number}" for number in range(turn)],
        "active": lambda turn: turn % 2 == 1,
        "department_ids": lambda turn: [f"{mark}-departments-{turn}"],
        "voice_ids": lambda turn: [f"{mark}-voices-{number}" for number in range(turn)],
    }
    assert len(values) == CLIENTS
    draft_id = save(apis[0], "persona", {})["draft_id"]
    start, busy = threading.Barrier(CLIENTS), list[Reply]()

    def patch(number: int, field: str) -> list[Reply]:
        start.wait(30)
        api, value = apis[number % len(apis)], values[field]
        return [patched(api, {"draft_id": draft_id, field: value(turn)}, busy) for turn in range(PATCHES)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = dict(zip(values, pool.map(patch, range(CLIENTS), values), strict=True))

    for field, replies in answers.items():
        assert [(reply.status, reply.body) for reply in replies if reply.status != 200] == []
        shown = [reply.json["form_state"][field] for reply in replies]
        assert shown == [values[field](turn) for turn in range(PATCHES)]
    for api in apis:
        head = api.call("GET", f"/persona/draft/{draft_id}").json
        assert {field: head["form_state"][field] for field in values} == {
            field: value(PATCHES - 1) for field, value in values.items()
        }
    versions = [reply.json["version"] for replies in answers.values() for reply in replies]
    assert head["version"] == max(versions)
    # Clearing a list that is empty adds no entry; every other patch is one of its own.
    assert len(set(versions)) >= CLIENTS * PATCHES - 2
    keep(
        "races-patches",
        count=CLIENTS * PATCHES,
        unit=f"patches by {CLIENTS} clients",
        result=f"every one accepted and every field kept; {len(busy)} were answered 503 first",
    )


RESOURCES: list[tuple[str, dict[str, Any], str]] = [
    ("persona", {"color": "#{mark6}"}, "color_id"),
    ("persona", {"active": True}, "flag_ids"),
    ("tool", {"args": [{"name": "{mark}"}, {"name": "{mark}"}]}, "arg_ids"),
    ("tool", {"args_drafts": [{"name": "{mark}", "outputs": [{"name": "{mark}"}]}]}, "args_output_ids"),
    ("test", {"model_flag_values": [{"model_id": "{mark}", "type": "speed", "value": "{mark}"}]}, "model_flag_ids"),
]


def filled(value: Any, mark: str) -> Any:
    """A body with the marks of a round put in."""
    if isinstance(value, dict):
        return {name: filled(member, mark) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(item, mark) for item in value]
    return value.replace("{mark6}", mark[:6]).replace("{mark}", mark) if isinstance(value, str) else value


@pytest.mark.parametrize(("kind", "body", "shows"), RESOURCES, ids=[next(iter(body)) for _, body, _ in RESOURCES])
def test_16_racing_creators_of_one_value_have_one_resource(
    apis: list[Api], kind: str, body: dict[str, Any], shows: str
) -> None:
    for _ in range(5):
        mark = uuid.uuid4().hex
        apis[0].call("POST", "/catalog/models", {"value": mark, "id": mark})
        apis[0].call("POST", "/catalog/flags", {"value": mark, "attributes": {"type": "speed"}})
        sent = filled(body, mark)

        replies = at_once(apis, lambda api, _, sent=sent: api.call("POST", f"/{kind}/draft", sent))  # type: ignore[misc]

        assert {reply.status for reply in replies} == {200}
        assert len({reply.json["draft_id"] for reply in replies}) == RACERS
        states = [reply.json["form_state"] for reply in replies]
        assert states[0][shows]
        assert [state for state in states if state != states[0]] == []


def test_16_racing_creators_of_one_catalog_value_with_ids_of_their_own_get_one(apis: list[Api]) -> None:
    for _ in range(10):
        mark = uuid.uuid4().hex

        def create(api: Api, number: int, mark: str = mark) -> Reply:
            return api.call("POST", "/catalog/departments", {"value": f"Sales {mark}", "id": f"{mark}-{number}"})

        replies = at_once(apis, create)

        assert sorted(reply.status for reply in replies) == [200] * (RACERS - 1) + [201]
        assert len({reply.json["id"] for reply in replies}) == 1
        reads = [apis[0].call("GET", f"/catalog/departments/{mark}-{number}") for number in range(RACERS)]
        assert sorted(read.status for read in reads) == [200] + [404] * (RACERS - 1)
        assert len(apis[1].call("GET", f"/catalog/departments?q=sales%20{mark}").json) == 1


def test_of_16_patches_with_one_version_exactly_one_wins(apis: list[Api]) -> None:
    draft_id = save(apis[0], "persona", {})["draft_id"]

    for version in range(1, 11):

        def patch(api: Api, number: int, version: int = version) -> Reply:
            body = {"draft_id": draft_id, "name": f"{version} by {number}"}
            return api.call("POST", "/persona/draft", body, if_match=str(version))

        replies = at_once(apis, patch)

        (winner,) = [reply for reply in replies if reply.status == 200]
        losers = [reply for reply in replies if reply.status == 409]
        assert (winner.json["version"], len(losers)) == (version + 1, RACERS - 1)
        assert all(loser.json["form_state"] == winner.json["form_state"] for loser in losers)
